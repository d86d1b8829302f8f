//! Every route in one table: path, role, rate, handler, words. The router, the OpenAPI document and the tests of
//! the door are made from it, so a route can't be without any of them.

use crate::config::Role;
use crate::guard::{Rate, door};
use crate::state::App;
use crate::{desk_api, errors::ApiError, events, hls, metrics, monitor, openapi, session, ui};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, delete, get, post};

/// One route.
#[derive(Clone, Copy)]
pub(crate) struct Route {
    /// `get`, `post` or `delete`: the key in OpenAPI.
    pub(crate) method: &'static str,
    /// The path, with `{names}`.
    pub(crate) path: &'static str,
    /// Who may.
    pub(crate) role: Role,
    /// How often.
    pub(crate) rate: Rate,
    /// It turns into a WebSocket, which cross-site pages may open too: checked like a change.
    pub(crate) upgrade: bool,
    /// What it does, for OpenAPI.
    pub(crate) what: &'static str,
    /// Schema of the JSON body, if it reads one.
    pub(crate) body: Option<&'static str>,
    /// Schema of the JSON answer, if it gives one.
    pub(crate) answer: Option<&'static str>,
    mount: fn() -> MethodRouter<App>,
}

const fn route(
    method: &'static str,
    path: &'static str,
    role: Role,
    rate: Rate,
    what: &'static str,
    mount: fn() -> MethodRouter<App>,
) -> Route {
    Route { method, path, role, rate, upgrade: false, what, body: None, answer: None, mount }
}

impl Route {
    const fn reads(self, schema: &'static str) -> Self {
        Self { body: Some(schema), ..self }
    }

    const fn gives(self, schema: &'static str) -> Self {
        Self { answer: Some(schema), ..self }
    }

    const fn socket(self) -> Self {
        Self { upgrade: true, ..self }
    }
}

use Rate::{Command, Free, Login, Read};
use Role::{Operator, Public, Viewer};

/// The table.
pub(crate) static ROUTES: &[Route] = &[
    route("get", "/", Public, Free, "The producer's console.", || get(ui::console)),
    route("get", "/assets/{*file}", Public, Free, "Scripts, styles and fonts of the pages.", || get(ui::asset)),
    route("get", "/healthz", Public, Free, "`ok` while the server answers.", || get(desk_api::healthz)),
    route("post", "/api/session", Public, Login, "Logs a browser in with a token.", || post(session::open))
        .reads("Login")
        .gives("Who"),
    route("delete", "/api/session", Public, Login, "Logs out.", || delete(session::close)),
    route("get", "/api/session", Public, Read, "Which role the caller has.", || get(session::who)).gives("Who"),
    route("post", "/api/command", Operator, Command, "Gives the show one command.", || post(desk_api::command))
        .reads("Command"),
    route("get", "/api/snapshot", Viewer, Read, "The state of the show.", || get(desk_api::snapshot))
        .gives("Snapshot"),
    route("get", "/api/meters", Viewer, Read, "Sound levels and loudness now.", || get(desk_api::meters))
        .gives("Meters"),
    route("get", "/api/stats", Viewer, Read, "Live figures of ticks, inputs, outputs, lanes.", || {
        get(desk_api::stats)
    }),
    route("get", "/api/lanes", Viewer, Read, "Queues between threads: depth, high water, drops.", || {
        get(desk_api::lanes)
    }),
    route("get", "/metrics", Viewer, Read, "The same figures for Prometheus.", || get(metrics::metrics)),
    route("get", "/api/openapi.json", Public, Read, "This document.", || get(openapi::document)),
    route("get", "/api/events", Viewer, Read, "WebSocket: snapshot, changes, meters; takes commands.", || {
        get(events::socket)
    })
    .socket(),
    route("get", "/api/monitors", Viewer, Read, "WebSocket: JPEG pictures of the monitors asked for.", || {
        get(monitor::socket)
    })
    .socket(),
    route("get", "/api/monitor/program.mjpg", Viewer, Free, "Program as a stream of JPEG.", || {
        get(monitor::program_stream)
    }),
    route("get", "/api/monitor/preview.mjpg", Viewer, Free, "Preview as a stream of JPEG.", || {
        get(monitor::preview_stream)
    }),
    route("get", "/api/monitor/program.jpg", Viewer, Free, "Program now, as JPEG.", || get(monitor::program_still)),
    route("get", "/api/monitor/preview.jpg", Viewer, Free, "Preview now, as JPEG.", || get(monitor::preview_still)),
    route("get", "/api/monitor/scene/{name}", Viewer, Free, "A scene now, as JPEG.", || get(monitor::scene_still)),
    route("get", "/api/monitor/input/{name}", Viewer, Free, "An input now, as JPEG.", || get(monitor::input_still)),
    route("get", "/hls/{output}/{file}", Public, Free, "Playlists and segments of an HLS output.", || get(hls::file)),
];

/// The router of the whole table, each route behind the door with its own policy.
pub(crate) fn router(app: &App) -> Router {
    let table = ROUTES.iter().fold(Router::new(), |router, route| {
        let guarded = (route.mount)().layer(from_fn_with_state((app.clone(), route), door));
        router.route(route.path, guarded)
    });
    table
        .fallback(|| async { ApiError::NotFound })
        .method_not_allowed_fallback(|| async { ApiError::WrongMethod })
        .layer(DefaultBodyLimit::max(crate::limits::BODY_BYTES_MAX))
        .layer(axum::middleware::map_response(crate::headers::safe))
        .with_state(app.clone())
}

#[cfg(test)]
#[path = "routes_tests.rs"]
mod tests;
