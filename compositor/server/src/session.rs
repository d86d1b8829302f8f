//! Logging in with a token: a browser gets a cookie for at most twelve hours, because images and sockets of a page
//! can't carry an `Authorization` header.

use crate::body::Body;
use crate::config::Role;
use crate::errors::ApiError;
use crate::guard::{COOKIE, Caller, cookie_of, host_is_loopback};
use crate::limits::{LOGIN_DELAY_MAX, SESSION_LIFE};
use crate::state::App;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse};
use axum::{Extension, Json};
use rand::Rng;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The token to log in with.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Login {
    /// One of the server's tokens.
    token: String,
}

/// Who the caller is to the server.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Who {
    /// What the caller may do.
    #[schemars(with = "String")]
    role: Role,
}

/// `POST /api/session`
pub(crate) async fn open(
    State(app): State<App>,
    headers: HeaderMap,
    Body(login): Body<Login>,
) -> Result<impl IntoResponse, ApiError> {
    let Some(role) = app.sessions.role_of_token(&login.token) else {
        let wait = rand::rng().random_range(std::time::Duration::ZERO..LOGIN_DELAY_MAX);
        tokio::time::sleep(wait).await;
        return Err(ApiError::NeedsToken);
    };
    let cookie = cookie(&headers, &app.sessions.open(role), SESSION_LIFE.as_secs());
    Ok((AppendHeaders([(header::SET_COOKIE, cookie)]), Json(Who { role })))
}

/// `DELETE /api/session`
pub(crate) async fn close(State(app): State<App>, headers: HeaderMap) -> impl IntoResponse {
    if let Some(value) = cookie_of(&headers) {
        app.sessions.close(value);
    }
    (StatusCode::NO_CONTENT, AppendHeaders([(header::SET_COOKIE, cookie(&headers, "", 0))]))
}

/// `GET /api/session`
pub(crate) async fn who(Extension(caller): Extension<Caller>) -> Json<Who> {
    Json(Who { role: caller.role })
}

fn cookie(headers: &HeaderMap, value: &str, seconds: u64) -> String {
    let host = headers.get(header::HOST).and_then(|v| v.to_str().ok()).unwrap_or_default();
    // Plain HTTP is spoken on loopback only; elsewhere a proxy adds TLS.
    let secure = if host_is_loopback(host) { "" } else { "; Secure" };
    format!("{COOKIE}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}")
}
