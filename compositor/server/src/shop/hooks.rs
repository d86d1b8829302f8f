//! Webhooks: raw bytes from outside, handed over as they came. Who they are from is proved by their signature,
//! which the receiver checks; nothing is parsed here.

use crate::body::raw;
use crate::errors::ApiError;
use crate::state::App;
use axum::body::Bytes;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use vitrine_show::ports::Answer;

/// A call from outside, as it came.
#[derive(Clone, Debug)]
pub struct HookCall {
    /// The plugin named in the path.
    pub plugin: String,
    /// The rest of the path.
    pub hook: String,
    /// Header names in lower case with their values, in their order; values that are no text are left out.
    pub headers: Vec<(String, String)>,
    /// The body's bytes.
    pub body: Bytes,
}

/// What to answer. A call that was kept gets 2xx; anything else makes the sender try again.
#[derive(Clone, Debug)]
pub struct HookAnswer {
    /// HTTP status.
    pub status: u16,
    /// Plain text.
    pub body: String,
}

/// Takes webhooks: verifies, remembers once, acts. Implemented by the program over its plugins and its store.
pub trait Hooks: Send + Sync {
    /// Takes one call. `None`: there is no such plugin or hook.
    fn deliver(&self, call: HookCall) -> Answer<'_, Option<HookAnswer>>;
}

/// `POST /hooks/{plugin}/{hook}`
pub(crate) async fn receive(
    State(app): State<App>,
    Path((plugin, hook)): Path<(String, String)>,
    request: Request,
) -> Result<Response, ApiError> {
    let hooks = app.hooks.as_ref().ok_or(ApiError::NotFound)?;
    let text = |value: &axum::http::HeaderValue| value.to_str().ok().map(str::to_owned);
    let headers = request.headers().iter().filter_map(|(name, value)| Some((name.to_string(), text(value)?))).collect();
    let body = tokio::time::timeout(crate::limits::READ_TIMEOUT, raw(request, &app)).await;
    let body = body.map_err(|_| ApiError::BadBody("it came too slowly".to_owned()))??;
    let answer = hooks.deliver(HookCall { plugin, hook, headers, body }).await.ok_or(ApiError::NotFound)?;
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Ok((status, answer.body).into_response())
}
