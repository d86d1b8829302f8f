//! The desk's API over a real socket: commands, state, events, monitors, HLS, limits.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod running;
mod support;

use futures_util::StreamExt;
use running::start;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_tungstenite::tungstenite::Message;
use vitrine_server::{AccessToken, Role, ServerConfig};

#[tokio::test]
async fn a_command_is_done_and_seen_in_the_snapshot() {
    let server = start(ServerConfig::default()).await;
    assert_eq!(server.command(json!({ "command": "preview", "scene": "Break" })).await.0, 202);
    assert_eq!(server.command(json!({ "command": "cut" })).await.0, 202);
    let show: Value = server.get("/api/snapshot").await.json().await.unwrap();
    assert_eq!((&show["program"], &show["preview"]), (&json!("Break"), &json!("Host")));
}

#[tokio::test]
async fn refusals_have_codes_and_statuses() {
    let server = start(ServerConfig::default()).await;
    let cases = [
        (json!({ "command": "preview", "scene": "Nowhere" }), 404, "UNKNOWN_SCENE"),
        (json!({ "command": "tbar", "position": 7 }), 422, "OUT_OF_RANGE"),
        (json!({ "command": "strip", "strip": "host", "change": {} }), 422, "NOTHING_TO_CHANGE"),
        (json!({ "command": "input_seek", "input": "phone", "position_ms": 1 }), 409, "NOT_SEEKABLE"),
        (json!({ "command": "explode" }), 400, "BAD_BODY"),
        (json!({ "command": "slate", "on": true, "and": "more" }), 400, "BAD_BODY"),
    ];
    for (command, status, code) in cases {
        let (got, answer) = server.command(command.clone()).await;
        assert_eq!((got, &answer["error"]["code"]), (status, &json!(code)), "{command}");
        assert!(answer["error"]["text"].as_str().unwrap().len() > 10);
    }
    assert!(server.desk.commands().is_empty());
    let form = server.http.post(server.url("/api/command")).body("command=cut").send().await.unwrap();
    assert_eq!(form.status(), 415);
}

#[tokio::test]
async fn a_joiner_gets_the_state_then_changes_in_order_and_meters() {
    let server = start(ServerConfig::default()).await;
    let mut first = server.socket("/api/events").await;
    let snapshot = first.next_of("snapshot").await;
    let mut seq = snapshot["seq"].as_u64().unwrap();
    assert_eq!(snapshot["snapshot"]["program"], "Host");
    assert_eq!(
        first.command(7, json!({ "command": "slate", "on": true })).await,
        json!({ "type": "answer", "id": 7, "ok": true })
    );
    loop {
        let delta = first.next_of("delta").await;
        assert_eq!(delta["seq"].as_u64().unwrap(), seq + 1);
        seq += 1;
        if delta["changed"]["slate_on"] == true {
            assert!(delta["changed"]["log_new"].is_array(), "{delta}");
            assert!(delta["changed"].get("scenes").is_none(), "what did not change is not sent");
            break;
        }
    }
    assert_eq!(first.next_of("meters").await["meters"]["strips"].as_array().unwrap().len(), 5);
    let refused = first.command(8, json!({ "command": "preview", "scene": "Nowhere" })).await;
    assert_eq!((&refused["ok"], &refused["error"]["code"]), (&json!(false), &json!("UNKNOWN_SCENE")));
    let mut second = server.socket("/api/events").await;
    assert_eq!(second.next_of("snapshot").await["snapshot"]["slate_on"], true);
}

#[tokio::test]
async fn monitors_come_as_pictures_that_change() {
    let server = start(ServerConfig::default()).await;
    let mut socket = server.socket("/api/monitors").await;
    socket.send(json!(["program", "scene:Break"])).await;
    let mut programs: Vec<Vec<u8>> = Vec::new();
    let mut thumbnails = 0;
    while programs.len() < 3 || thumbnails == 0 {
        let Message::Binary(bytes) = socket.next().await else { continue };
        assert_eq!(bytes[5..8], [0xff, 0xd8, 0xff], "a JPEG");
        match bytes[0] {
            0 => programs.push(bytes[5..].to_vec()),
            1 => thumbnails += 1,
            other => panic!("nobody asked for {other}"),
        }
    }
    assert_ne!(programs[0], programs[2]);

    let still = server.get("/api/monitor/scene/Two%20shot").await;
    assert_eq!(still.headers()["content-type"], "image/jpeg");
    assert_eq!(server.get("/api/monitor/scene/Nowhere").await.status(), 404);

    let stream = server.get("/api/monitor/program.mjpg").await;
    assert!(stream.headers()["content-type"].to_str().unwrap().starts_with("multipart/x-mixed-replace"));
    let parts: Vec<_> = stream.bytes_stream().take(2).collect().await;
    assert!(parts[0].as_ref().unwrap().starts_with(b"--vitrine-picture\r\nContent-Type: image/jpeg\r\n"));
}

#[tokio::test]
async fn figures_come_as_json_and_for_prometheus() {
    let server = start(ServerConfig::default()).await;
    let stats: Value = server.get("/api/stats").await.json().await.unwrap();
    for key in ["seconds", "ticks", "ticks_late", "frames_dropped", "tick_ms", "cpu_seconds", "renderer", "adapter"] {
        assert!(!stats[key].is_null(), "{key}");
    }
    assert_eq!(stats["lanes"], server.get("/api/lanes").await.json::<Value>().await.unwrap());
    let metrics = server.get("/metrics").await.text().await.unwrap();
    assert!(metrics.contains("vitrine_output_live{output=\"tiktok\"} 0\n"), "{metrics}");
    let document: Value = server.get("/api/openapi.json").await.json().await.unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    assert!(document["paths"]["/api/command"]["post"]["requestBody"].is_object());
}

#[tokio::test]
async fn hls_files_are_served_with_their_cache_rules_and_nothing_else_is() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("live.m3u8"), "#EXTM3U\n").unwrap();
    std::fs::write(folder.path().join("seg1.ts"), vec![7_u8; 1000]).unwrap();
    std::fs::write(folder.path().join("secret.toml"), "key").unwrap();
    let hls = [("web".to_owned(), folder.path().to_owned())].into();
    let server = start(ServerConfig { hls, ..ServerConfig::default() }).await;
    let playlist = server.get("/hls/web/live.m3u8").await;
    assert_eq!(playlist.headers()["cache-control"], "no-cache");
    assert_eq!(playlist.headers()["content-type"], "application/vnd.apple.mpegurl");
    let part = server.http.get(server.url("/hls/web/seg1.ts")).header("range", "bytes=10-19").send().await.unwrap();
    assert_eq!((part.status().as_u16(), part.bytes().await.unwrap().len()), (206, 10));
    for path in ["/hls/web/secret.toml", "/hls/web/..%2Fx.ts", "/hls/web/none.ts", "/hls/other/live.m3u8"] {
        assert_eq!(server.get(path).await.status(), 404, "{path}");
    }
}

#[tokio::test]
async fn a_token_opens_a_cookie_and_logging_out_closes_it() {
    let token = AccessToken { role: Role::Operator, token: vitrine_media::Secret::new("k".repeat(43)) };
    let server = start(ServerConfig { tokens: vec![token], ..ServerConfig::default() }).await;
    let host = ("host", "192.0.2.9:8080");
    let ask = |path: &str| server.http.get(server.url(path)).header(host.0, host.1);
    assert_eq!(ask("/api/snapshot").send().await.unwrap().status(), 401);
    let origin = "http://192.0.2.9:8080";
    let login = server.http.post(server.url("/api/session")).header(host.0, host.1).header("origin", origin);
    let login = login.json(&json!({ "token": "k".repeat(43) })).send().await.unwrap();
    let cookie = login.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.contains("HttpOnly; SameSite=Strict; Secure"), "{cookie}");
    let value = cookie.split(';').next().unwrap().to_owned();
    assert_eq!(ask("/api/snapshot").header("cookie", &value).send().await.unwrap().status(), 200);
    let logout = server.http.delete(server.url("/api/session")).header(host.0, host.1).header("origin", origin);
    assert_eq!(logout.header("cookie", &value).send().await.unwrap().status(), 204);
    assert_eq!(ask("/api/snapshot").header("cookie", &value).send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn large_bodies_and_heads_are_refused() {
    let server = start(ServerConfig::default()).await;
    let large = json!({ "command": "marker", "label": "x".repeat(300 * 1024) });
    let (status, answer) = server.command(large).await;
    assert_eq!((status, &answer["error"]["code"]), (413, &json!("TOO_LARGE")));
    let mut raw = tokio::net::TcpStream::connect(server.address).await.unwrap();
    let head = format!("GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Long: {}\r\n\r\n", "y".repeat(20 * 1024));
    // The server may answer and close before all of it is written.
    let _written = raw.write_all(head.as_bytes()).await;
    let mut answer = [0_u8; 12];
    raw.read_exact(&mut answer).await.unwrap();
    assert_eq!(&answer, b"HTTP/1.1 431");
}

#[tokio::test]
async fn the_end_closes_streams_and_returns() {
    let server = start(ServerConfig::default()).await;
    let mut socket = server.socket("/api/events").await;
    socket.next_of("snapshot").await;
    let began = std::time::Instant::now();
    server.end().await.unwrap();
    loop {
        match socket.0.next().await {
            Some(Ok(Message::Close(Some(frame)))) => break assert_eq!(frame.reason.as_str(), "the show is ending"),
            Some(Ok(_)) => {}
            other => panic!("not closed in order: {other:?}"),
        }
    }
    assert!(began.elapsed() < std::time::Duration::from_secs(2));
}
