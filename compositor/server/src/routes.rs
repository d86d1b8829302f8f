//! Every route in one table: path, role, rate, handler, words. The router, the OpenAPI document and the tests of
//! the door are made from it, so a route can't be without any of them.

use crate::config::Role;
use crate::guard::{Rate, door};
use crate::shop::{api, hooks, pages, seller, test_pay};
use crate::state::App;
use crate::{desk_api, errors::ApiError, events, hls, live, metrics, monitor, openapi, session, ui};
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{Extensions, HeaderMap, StatusCode, Version, header};
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, delete, get, post};
use tower_http::compression::CompressionLayer;

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

use Rate::{Checkout, Command, Free, Hook, Login, Read};
use Role::{Operator, Owner, Public, Viewer};

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
    route("get", "/api/snapshot", Viewer, Read, "The state of the show.", || get(desk_api::snapshot)).gives("Snapshot"),
    route("get", "/api/meters", Viewer, Read, "Sound levels and loudness now.", || get(desk_api::meters))
        .gives("Meters"),
    route("get", "/api/stats", Viewer, Read, "Live figures of ticks, inputs, outputs, lanes.", || get(desk_api::stats)),
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
    route("get", "/watch/{show}", Public, Free, "The shopper's page.", || get(pages::watch)),
    route("get", "/b/{code}", Public, Read, "Where a QR code leads: the offer on the shopper's page.", || {
        get(pages::short)
    }),
    route("get", "/host", Viewer, Free, "The host's monitor.", || get(pages::host)),
    route("get", "/api/shop/{show}", Public, Read, "Products, offers, polls and the stream of a show.", || {
        get(api::shop)
    }),
    route("get", "/api/products/{sku}/image", Public, Free, "A product's picture.", || get(api::image)),
    route("post", "/api/holds", Public, Checkout, "Holds units; the order id is the idempotency key.", || {
        post(api::hold)
    })
    .reads("HoldAsked"),
    route("post", "/api/holds/{order}/extend", Public, Checkout, "Holds them longer.", || post(api::extend)),
    route("delete", "/api/holds/{order}", Public, Checkout, "Gives held units back.", || delete(api::release)),
    route("get", "/api/orders/{order}", Public, Read, "The buyer's own order.", || get(api::order)),
    route("post", "/api/orders/{order}/pay", Public, Checkout, "Begins to pay an order.", || post(api::pay))
        .reads("PayAsked"),
    route("post", "/api/test-pay/{order}", Public, Checkout, "Presses a button on the test provider's page.", || {
        post(test_pay::press)
    })
    .reads("TestPay"),
    route("post", "/api/line", Public, Checkout, "Waits for a product that is sold out.", || post(api::join_line))
        .reads("LineAsked"),
    route("delete", "/api/line/{order}", Public, Checkout, "Leaves the waiting line.", || delete(api::leave_line)),
    route("get", "/api/giveaways/{giveaway}/entries", Public, Read, "Who entered a giveaway that has closed.", || {
        get(api::entries)
    }),
    route("get", "/api/live/{show}", Public, Read, "WebSocket: shop, chat, reactions, polls, hotspots.", || {
        get(live::socket)
    })
    .socket(),
    route("get", "/api/seller", Viewer, Read, "The shop with its shelves and totals.", || get(seller::view)),
    route("get", "/api/seller/orders", Operator, Read, "Orders, newest first.", || get(seller::orders)),
    route("get", "/api/seller/dead", Operator, Read, "Errands that were given up, and why.", || get(seller::dead)),
    route(
        "post",
        "/api/seller/dead/{seq}/revive",
        Owner,
        Command,
        "Tries one of them again, under its old key.",
        || post(seller::revive),
    ),
    route("post", "/api/seller/command", Operator, Command, "Gives the shop one command.", || post(seller::command))
        .reads("ShopCommand"),
    route("post", "/hooks/{plugin}/{hook}", Public, Hook, "A webhook's raw bytes, handed to its plugin.", || {
        post(hooks::receive)
    }),
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
        .layer(CompressionLayer::new().compress_when(is_page_text))
        .layer(DefaultBodyLimit::max(crate::limits::BODY_BYTES_MAX))
        .layer(axum::middleware::map_response(crate::headers::safe))
        .with_state(app.clone())
}

/// Scripts, styles and pages shrink to a third on a slow phone; pictures, streams and API answers stay as they are.
fn is_page_text(_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions) -> bool {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    ["text/html", "text/javascript", "text/css", "image/svg+xml"].iter().any(|text| kind.starts_with(text))
}

#[cfg(test)]
#[path = "routes_tests.rs"]
mod tests;
