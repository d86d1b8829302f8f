//! The door: every request passes here before its handler, in this order: host, origin, rate, role.

mod origin;
mod rate;
mod token;

pub(crate) use origin::{host_is_loopback, host_is_ours};
pub(crate) use rate::{Rate, Rates};
pub(crate) use token::Sessions;

use crate::config::{Role, ServerConfig};
use crate::errors::ApiError;
use crate::routes::Route;
use crate::state::App;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::{IpAddr, SocketAddr};

/// The name of the login cookie.
pub(crate) const COOKIE: &str = "vitrine_session";

/// Who asks, as the door found out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caller {
    /// What the caller may do.
    pub(crate) role: Role,
    /// Where the caller comes from, for rates.
    pub(crate) ip: IpAddr,
}

/// Everything that proves who asks.
struct Proof {
    bearer: bool,
    cookie: bool,
    role: Role,
}

/// Lets a request through to its route, or answers for it.
pub(crate) async fn door(
    State((app, route)): State<(App, &'static Route)>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    match admit(&app, route, peer, &request) {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(error) => error.into_response(),
    }
}

fn admit(app: &App, route: &Route, peer: SocketAddr, request: &Request) -> Result<Caller, ApiError> {
    let headers = request.headers();
    let host = host_of(request);
    if !host_is_ours(host, &app.config.hosts) {
        return Err(ApiError::WrongHost);
    }
    let proof = prove(app, peer, host, headers);
    let changes = route.upgrade || !matches!(*request.method(), Method::GET | Method::HEAD);
    // A webhook comes from a server, which sends no Origin and no cookie; its signature is checked over its bytes.
    if changes && !origin::may_change(headers, host, proof.bearer, proof.cookie) {
        return Err(ApiError::ForeignOrigin);
    }
    let ip = caller_ip(&app.config, peer, headers);
    app.rates.take(route.rate, ip).map_err(ApiError::TooFast)?;
    if proof.role >= route.role {
        return Ok(Caller { role: proof.role, ip });
    }
    Err(if proof.role == Role::Public { ApiError::NeedsToken } else { ApiError::RoleTooLow })
}

/// The name that the caller used for this server: HTTP/2 has it in the address, HTTP/1 in a header.
fn host_of(request: &Request) -> &str {
    let header = request.headers().get(header::HOST).and_then(|v| v.to_str().ok());
    header.or_else(|| request.uri().authority().map(|a| a.as_str())).unwrap_or_default()
}

fn prove(app: &App, peer: SocketAddr, host: &str, headers: &HeaderMap) -> Proof {
    let bearer = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
    if let Some(text) = bearer {
        let role = text.strip_prefix("Bearer ").and_then(|t| app.sessions.role_of_token(t)).unwrap_or(Role::Public);
        return Proof { bearer: true, cookie: false, role };
    }
    let session = cookie_of(headers).map(|value| app.sessions.role_of_session(value));
    let local = peer.ip().to_canonical().is_loopback() && host_is_loopback(host) && !forwarded(headers);
    let role = if local { Role::Owner } else { session.flatten().unwrap_or(Role::Public) };
    Proof { bearer: false, cookie: session.is_some(), role }
}

/// A proxy that forwards strangers also calls from loopback: its requests are not local.
fn forwarded(headers: &HeaderMap) -> bool {
    ["x-forwarded-for", "forwarded", "x-real-ip", "via"].iter().any(|name| headers.contains_key(*name))
}

fn caller_ip(config: &ServerConfig, peer: SocketAddr, headers: &HeaderMap) -> IpAddr {
    let peer = peer.ip().to_canonical();
    if !config.behind_proxy || !peer.is_loopback() {
        return peer;
    }
    let list = headers.get("x-forwarded-for").and_then(|v| v.to_str().ok());
    list.and_then(|l| l.rsplit(',').next()).and_then(|ip| ip.trim().parse().ok()).unwrap_or(peer)
}

/// The login cookie's value.
pub(crate) fn cookie_of(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| (name == COOKIE).then_some(value))
}
