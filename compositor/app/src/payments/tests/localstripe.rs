//! `localstripe` as the peer: a Stripe that somebody else wrote. What it leaves out (events of reservations and refunds,
//! idempotency keys) is said here in its place, signed as Stripe signs.

use super::fake_stripe::API_KEY;
use super::world::{HOOK, HOOK_SECRET, World, refunded_charge};
use serde_json::{Value, json};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use vitrine_commerce::{OrderId, OrderState};
use vitrine_plugin_host::{SystemLookup, Wire};

struct Peer {
    child: Child,
    api: String,
    http: reqwest::Client,
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `./dev test` installs it and says where.
fn program() -> Option<PathBuf> {
    let named = std::env::var_os("VITRINE_LOCALSTRIPE").map(PathBuf::from);
    named.filter(|path| path.is_file())
}

impl Peer {
    fn start(program: PathBuf, folder: &std::path::Path) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Command::new(program)
            .args(["--from-scratch", "--port", &port.to_string()])
            .current_dir(folder)
            .env("HOME", folder)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(began.elapsed() < Duration::from_secs(60), "localstripe did not start");
            std::thread::sleep(Duration::from_millis(50));
        }
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { child, api: format!("http://127.0.0.1:{port}"), http }
    }

    async fn post(&self, path: &str, form: &str) -> (u16, Value) {
        let request = self.http.post(format!("{}{path}", self.api)).bearer_auth(API_KEY);
        let form = request.header("content-type", "application/x-www-form-urlencoded").body(form.to_owned());
        let answer = form.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or(Value::Null))
    }

    async fn intent(&self, id: &str) -> Value {
        let request = self.http.get(format!("{}/v1/payment_intents/{id}", self.api)).bearer_auth(API_KEY);
        request.send().await.unwrap().json().await.unwrap()
    }

    /// What Stripe's element does in the buyer's page.
    async fn buyer_pays(&self, intent: &str, card: &str) -> (u16, Value) {
        let card = format!("type=card&card[number]={card}&card[exp_month]=12&card[exp_year]=2040&card[cvc]=123");
        let (status, method) = self.post("/v1/payment_methods", &card).await;
        assert_eq!(status, 200, "{method}");
        let chosen = format!("payment_method={}", method["id"].as_str().unwrap());
        assert_eq!(self.post(&format!("/v1/payment_intents/{intent}"), &chosen).await.0, 200);
        self.post(&format!("/v1/payment_intents/{intent}/confirm"), "").await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_whole_walk_with_localstripe_as_the_peer() {
    let Some(program) = program() else {
        println!("skipped: VITRINE_LOCALSTRIPE names no localstripe; ./dev test installs one");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let peer = Peer::start(program, folder.path());
    let wire = Wire::new(&(Arc::new(SystemLookup) as Arc<_>)).unwrap();
    let world = World::open(&peer.api, Arc::new(wire)).await;
    let hook = format!("url={}{HOOK}&secret={HOOK_SECRET}", world.address);
    assert_eq!(peer.post("/_config/webhooks/vitrine", &hook).await.0, 200);

    let paid = world.begin("paid", 1).await;
    let (status, confirmed) = peer.buyer_pays(&paid, "4242424242424242").await;
    assert_eq!((status, confirmed["status"].as_str()), (200, Some("requires_capture")), "{confirmed}");
    assert_eq!(confirmed["metadata"]["vitrine_order"], "paid");
    world.event("evt_reserved", "payment_intent.amount_capturable_updated", &confirmed).await;
    // localstripe captures, and signs and sends `payment_intent.succeeded` by itself.
    world.until("paid", |order| order.state == OrderState::Captured).await;
    assert_eq!(peer.intent(&paid).await["status"], "succeeded");
    world.ok(vitrine_commerce::Command::Refund { order: OrderId::new("paid").unwrap(), amount: None }).await;
    let began = Instant::now();
    while peer.intent(&paid).await["charges"]["data"][0]["amount_refunded"] != 1490 {
        assert!(began.elapsed() < Duration::from_secs(60), "{}", peer.intent(&paid).await);
    }
    world.event("evt_refunded", "charge.refunded", &refunded_charge(&paid, 1490)).await;
    assert_eq!((world.order("paid").await.state, world.mugs()), (OrderState::Refunded, [10, 0, 0, 10]));

    let declined = world.begin("declined", 1).await;
    assert_eq!(peer.buyer_pays(&declined, "4000000000000341").await.0, 402);
    let order = world.until("declined", |order| order.payment.failed.is_some()).await;
    assert_eq!((order.state, order.payment.failed.as_deref()), (OrderState::Paying, Some("Your card was declined.")));

    let late = world.begin("late", 9).await;
    world.advance(3_600_000);
    world.begin("quick", 10).await;
    let began = Instant::now();
    while peer.intent(&late).await["status"] != json!("canceled") {
        assert!(began.elapsed() < Duration::from_secs(60), "{}", peer.intent(&late).await);
    }
    assert_eq!(peer.buyer_pays(&late, "4242424242424242").await.0, 400, "nobody pays for what is gone");
    assert_eq!(world.order("late").await.state, OrderState::Expired);
}
