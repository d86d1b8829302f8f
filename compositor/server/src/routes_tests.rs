//! The door, over every route of the table: who may (S12), and what other sites may not (S11).

use super::*;
use crate::Server;
use crate::config::{AccessToken, ServerConfig};
use crate::support::fake_desk::FakeDesk;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode};
use std::net::SocketAddr;
use tower::ServiceExt;
use vitrine_media::Secret;

const LOCAL: &str = "127.0.0.1:50000";
const REMOTE: &str = "198.51.100.7:50000";
const HOST: &str = "live.example.com";

/// Who may use what. A new route needs a line here, and a changed role shows.
const WHO_MAY: &str = include_str!("routes_roles.txt");

fn app() -> App {
    let token = |role, text: &str| AccessToken { role, token: Secret::new(text.to_owned()) };
    let tokens = vec![token(Role::Viewer, "viewer"), token(Role::Operator, "operator"), token(Role::Owner, "owner")];
    let config = ServerConfig { tokens, hosts: vec![HOST.to_owned()], ..ServerConfig::default() };
    App::new(Server::new(config, FakeDesk::start()).shared)
}

async fn ask(app: &App, route: &Route, peer: &str, headers: &[(&str, &str)]) -> (StatusCode, HeaderMap) {
    let path = route.path.replace("{*file}", "x.js").replace('{', "x").replace('}', "");
    let mut request = Request::builder().method(route.method.to_uppercase().as_str()).uri(path);
    request = request.header("content-type", "application/json");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if route.upgrade {
        request = request.header("upgrade", "websocket").header("connection", "upgrade");
    }
    let peer: SocketAddr = peer.parse().unwrap();
    let request = request.extension(ConnectInfo(peer)).body(Body::from("{}")).unwrap();
    let response = router(app).oneshot(request).await.unwrap();
    (response.status(), response.headers().clone())
}

fn changes(route: &Route) -> bool {
    route.upgrade || route.method != "get"
}

#[tokio::test]
async fn every_route_asks_for_its_role() {
    let app = app();
    let callers = [
        (Role::Public, None),
        (Role::Viewer, Some("Bearer viewer")),
        (Role::Operator, Some("Bearer operator")),
        (Role::Owner, Some("Bearer owner")),
    ];
    for route in ROUTES {
        for (role, bearer) in callers {
            let mut headers = vec![("host", HOST)];
            headers.extend(bearer.map(|b| ("authorization", b)));
            let (status, _) = ask(&app, route, REMOTE, &headers).await;
            let refused = matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
            assert_eq!(refused, role < route.role, "{} {} as {role:?}: {status}", route.method, route.path);
        }
    }
}

#[test]
fn the_table_of_roles_is_the_one_that_was_agreed() {
    let row = |r: &Route| format!("{:6} {:34} {:?}", r.method, r.path, r.role);
    let rows: Vec<_> = ROUTES.iter().map(row).collect();
    assert_eq!(rows.join("\n"), WHO_MAY.trim_end());
}

#[tokio::test]
async fn no_other_site_changes_anything() {
    let app = app();
    let session = format!("vitrine_session={}", app.sessions.open(Role::Owner));
    let ours = format!("https://{HOST}");
    let attacks = [
        ("foreign origin, local", LOCAL, vec![("host", "127.0.0.1:8080"), ("origin", "https://evil.example")]),
        ("null origin, local", LOCAL, vec![("host", "127.0.0.1:8080"), ("origin", "null")]),
        ("other port, local", LOCAL, vec![("host", "127.0.0.1:8080"), ("origin", "http://127.0.0.1:3000")]),
        ("rebound name, local", LOCAL, vec![("host", "evil.example:8080")]),
        ("cross-site without origin", LOCAL, vec![("host", "localhost"), ("sec-fetch-site", "cross-site")]),
        (
            "sibling with cookie",
            REMOTE,
            vec![
                ("host", HOST),
                ("origin", "https://shop.live.example.com"),
                ("sec-fetch-site", "same-site"),
                ("cookie", &session),
            ],
        ),
        ("cookie alone", REMOTE, vec![("host", HOST), ("cookie", &session)]),
        ("our origin, wrong host", REMOTE, vec![("host", "other.example"), ("origin", &ours), ("cookie", &session)]),
    ];
    let mut checked = 0;
    for route in ROUTES.iter().filter(|r| changes(r)) {
        for (attack, peer, headers) in &attacks {
            let (status, _) = ask(&app, route, peer, headers).await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{} {}: {attack}", route.method, route.path);
            checked += 1;
        }
        let honest =
            [("host", HOST), ("origin", ours.as_str()), ("sec-fetch-site", "same-origin"), ("cookie", &session)];
        let (status, _) = ask(&app, route, REMOTE, &honest).await;
        assert_ne!(status, StatusCode::FORBIDDEN, "{} {}: our own page", route.method, route.path);
    }
    assert!(checked >= 8 * 5);
}

#[tokio::test]
async fn a_proxied_stranger_is_not_local() {
    let app = app();
    let route = ROUTES.iter().find(|r| r.path == "/api/snapshot").unwrap();
    let (status, _) = ask(&app, route, LOCAL, &[("host", "127.0.0.1"), ("x-forwarded-for", "203.0.113.9")]).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let (status, _) = ask(&app, route, LOCAL, &[("host", "127.0.0.1")]).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn every_answer_carries_the_policy() {
    let app = app();
    for route in ROUTES {
        let (_, headers) = ask(&app, route, LOCAL, &[("host", "localhost")]).await;
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("script-src 'self';") && !policy.contains("unsafe"), "{}", route.path);
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert!(headers.contains_key("cache-control"));
    }
}
