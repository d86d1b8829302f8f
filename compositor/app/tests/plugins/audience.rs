//! What viewers write, buy and vote reaches the plugins of the running program, and what plugins say reaches viewers.

use crate::running::{Running, SHOW, granted, package, with_overlay};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use vitrine_plugin_host::PluginFolder;

/// No step may take longer, on a machine that does other things too.
const PATIENCE: Duration = Duration::from_secs(60);
const WITNESS: &[u8] = include_bytes!("../../../plugin-host/tests/kept/witness.core.wasm");
const TOML: &str = r#"
manifest = 1
exports = ["lifecycle", "interactions", "shop-events", "order-events", "poll-events"]
commands = ["ping", "orders"]
[plugin]
id = "test.witness"
name = "Witness"
version = "1.0.0"
api = "1.0"
[permission]
chat = { allow = ["read", "write"], reason = "hears and says" }
shop = { allow = ["read"], reason = "sees the stock" }
orders = { allow = ["read"], reason = "sees the orders" }
polls = { allow = ["read"], reason = "sees the votes" }
[[permission.overlay]]
layer = "witness"
size = [640, 160]
reason = "shows what it heard"
"#;
const GOODS: &str = r#"
[[product]]
sku = "MUG"
title = "Mug"
price = "14.90 EUR"
stock = 12
"#;

/// A viewer of the running show.
struct Viewer {
    base: String,
    http: reqwest::Client,
    cookie: String,
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Viewer {
    async fn join(address: &str) -> Self {
        let base = format!("http://{address}");
        let http = reqwest::Client::builder().timeout(PATIENCE).no_proxy().build().unwrap();
        let answer = http.get(format!("{base}/api/shop/follow")).send().await.unwrap();
        let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let (socket, _) = connect_async(format!("ws://{address}/api/live/follow")).await.unwrap();
        Self { base, http, cookie, socket }
    }

    async fn post(&self, path: &str, body: Value) -> Value {
        let request = self.http.post(format!("{}{path}", self.base)).header("cookie", &self.cookie);
        let answer = request.header("idempotency-key", path).json(&body).send().await.unwrap();
        let (status, said) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{path}: {said}");
        serde_json::from_str(&said).unwrap()
    }

    async fn send(&mut self, what: Value) {
        self.socket.send(Message::Text(what.to_string().into())).await.unwrap();
    }

    async fn write(&mut self, text: &str) {
        self.send(json!({ "chat": { "name": "Mina", "text": text } })).await;
    }

    /// The next line of chat that somebody of this name says.
    async fn hear(&mut self, name: &str) -> String {
        let heard = async {
            loop {
                let Some(Ok(message)) = self.socket.next().await else { panic!("the socket ended") };
                let Message::Text(text) = message else { continue };
                let batch: Value = serde_json::from_str(&text).unwrap();
                assert_ne!(batch["type"], "refused", "{batch}");
                let lines = batch["chat"].as_array().filter(|_| batch["type"] == "batch").cloned().unwrap_or_default();
                if let Some(line) = lines.iter().find(|line| line["name"] == name) {
                    return line["text"].as_str().unwrap().to_owned();
                }
            }
        };
        tokio::time::timeout(PATIENCE, heard).await.unwrap_or_else(|_| panic!("{name} says nothing"))
    }
}

/// The plugin's own log, as it grows on disk.
struct Told(PathBuf);

impl Told {
    fn all(&self) -> String {
        std::fs::read_to_string(&self.0).unwrap_or_default()
    }

    fn has(&self, running: &Running, line: &str) {
        running.until(&format!("`{line}` is not in its log"), |_| self.all().contains(line));
    }
}

/// Installs the witness beside a show that sells; it may see orders but not who bought.
fn installed(folder: &Path) -> Told {
    std::fs::write(folder.join("show.toml"), format!("{SHOW}{}{GOODS}", with_overlay("witness"))).unwrap();
    let plugins = PluginFolder::beside(&folder.join("show.toml"));
    let (file, package) = package(folder, WITNESS, TOML);
    plugins.install(&file).unwrap();
    granted(&package).save(&plugins.grants_path()).unwrap();
    Told(plugins.log_path("witness"))
}

#[tokio::test(flavor = "multi_thread")]
async fn plugins_hear_the_chat_the_shop_and_the_votes_and_answer() {
    let folder = tempfile::tempdir().unwrap();
    let told = installed(folder.path());
    let running = Running::start(&folder.path().join("show.toml"));
    told.has(&running, "info: listens");
    let before = running.lower_left();
    let mut viewer = Viewer::join(&running.address).await;

    viewer.write("hello there").await;
    told.has(&running, "info: chat: Mina@page: hello there");
    running.until("what it heard is on the picture", |r| r.lower_left() != before);
    viewer.write("say welcome").await;
    assert_eq!(viewer.hear("Follow").await, "welcome");
    viewer.write("!ping now").await;
    assert_eq!(viewer.hear("Follow").await, "ping yourself, Mina");
    told.has(&running, "info: command: ping now of Mina");

    let order = json!({ "order": "o-1", "show": "follow", "lines": [{ "sku": "MUG", "qty": 2 }] });
    viewer.post("/api/holds", order).await;
    told.has(&running, "info: order: o-1 held 2xMUG 2980 by nobody");
    told.has(&running, "MUG=10");
    let contact = json!({ "name": "Ada", "email": "ada@example.com", "street": ["1"], "city": "B", "postcode": "1", "country": "DE" });
    let paying = json!({ "provider": "checkout-test", "attempt": 1, "contact": contact });
    viewer.post("/api/orders/o-1/pay", paying).await;
    viewer.post("/api/test-pay/o-1", json!({ "outcome": "pay" })).await;
    told.has(&running, "info: order: o-1 paid 2xMUG 2980 by nobody");

    let poll = json!({ "id": "p1", "show": "follow", "question": "Which?", "choices": ["Red", "Blue"], "open": true });
    viewer.post("/api/seller/command", json!({ "do": "open_poll", "poll": poll })).await;
    told.has(&running, "info: poll: Which? Red=0 Blue=0 is open");
    viewer.send(json!({ "vote": { "poll": "p1", "choice": 1 } })).await;
    told.has(&running, "info: poll: Which? Red=0 Blue=1 is open");

    let all = told.all();
    assert!(!all.contains("chat: Follow@"), "it heard itself: {all}");
    assert_eq!(all.matches("order: o-1").count(), 2, "each step of an order is told once: {all}");
    assert!(!all.contains("Ada"), "it may not see who bought: {all}");
    running.end();

    // Orders of before a restart can be read; they are no news.
    let running = Running::start(&folder.path().join("show.toml"));
    let mut viewer = Viewer::join(&running.address).await;
    loop {
        viewer.write("!orders").await;
        if viewer.hear("Follow").await == "I know 1 orders" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(600)).await;
    }
    assert_eq!(told.all().matches("order: o-1").count(), 2);
}
