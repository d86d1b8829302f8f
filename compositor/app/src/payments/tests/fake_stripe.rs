//! Stripe as the plugin sees it, with faults on demand: payment intents with manual capture, idempotency keys, refunds.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};
use tokio::sync::Notify;
use vitrine_plugin_host::{Fault, Incoming, Outgoing, Transport};
use vitrine_show::ports::Answer;

pub(super) const API_KEY: &str = "sk_test_of_this_shop";

#[derive(Default)]
pub(super) struct FakeStripe {
    inside: Mutex<Inside>,
    heard: Notify,
}

#[derive(Default)]
struct Inside {
    intents: BTreeMap<String, Value>,
    /// By idempotency key: what was asked, and what was answered.
    answers: BTreeMap<String, (String, u16, Value)>,
    /// Paths asked for, each with its key.
    asked: Vec<(String, String)>,
    /// Requests that are carried out and then get no answer.
    lost_answers: u32,
    /// What the next request is refused with.
    refuse_next: Option<(u16, Value)>,
}

impl FakeStripe {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap()
    }

    pub(super) fn lose_answers(&self, count: u32) {
        self.inside().lost_answers = count;
    }

    pub(super) fn refuse_next(&self, status: u16, error: Value) {
        self.inside().refuse_next = Some((status, error));
    }

    pub(super) fn intent(&self, id: &str) -> Value {
        self.inside().intents[id].clone()
    }

    pub(super) fn intents(&self) -> usize {
        self.inside().intents.len()
    }

    /// Paths that were asked for under a key.
    pub(super) fn asked(&self, key: &str) -> Vec<String> {
        self.inside().asked.iter().filter(|(_, k)| k == key).map(|(path, _)| path.clone()).collect()
    }

    /// Waits until an intent stands so.
    pub(super) async fn stands(&self, id: &str, status: &str) -> Value {
        loop {
            let heard = self.heard.notified();
            let intent = self.inside().intents.get(id).cloned();
            if let Some(intent) = intent.filter(|intent| intent["status"] == status) {
                return intent;
            }
            heard.await;
        }
    }

    /// The buyer pays: the amount is reserved.
    pub(super) fn confirm(&self, id: &str) -> Value {
        let mut inside = self.inside();
        let intent = inside.intents.get_mut(id).unwrap();
        intent["status"] = json!("requires_capture");
        intent["amount_capturable"] = intent["amount"].clone();
        intent.clone()
    }

    fn answer(&self, request: &Outgoing) -> Result<Incoming, Fault> {
        let mut inside = self.inside();
        let header = |name: &str| {
            let found = request.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
            found.map(|(_, value)| value.reveal().to_owned()).unwrap_or_default()
        };
        assert_eq!(header("authorization"), format!("Bearer {API_KEY}"), "the host fills the key in");
        let body = String::from_utf8(request.body.clone()).unwrap();
        let (path, key) = (request.url.path().to_owned(), header("idempotency-key"));
        inside.asked.push((path.clone(), key.clone()));
        let (status, answer) = inside.once(&request.method, &path, &key, &body);
        self.heard.notify_waiters();
        if inside.lost_answers > 0 && request.method == "POST" {
            inside.lost_answers -= 1;
            return Err(Fault::Timeout);
        }
        Ok(Incoming { status, headers: Vec::new(), body: answer.to_string().into_bytes() })
    }
}

impl Inside {
    fn once(&mut self, method: &str, path: &str, key: &str, body: &str) -> (u16, Value) {
        if let Some((status, error)) = self.refuse_next.take() {
            return (status, json!({ "error": error }));
        }
        let asked = format!("{method} {path} {body}");
        if let Some((before, status, answer)) = self.answers.get(key).filter(|_| !key.is_empty()) {
            if *before == asked {
                return (*status, answer.clone());
            }
            return (
                400,
                json!({ "error": { "type": "idempotency_error", "message": "another request had this key" } }),
            );
        }
        let (status, answer) = self.carry_out(method, path, body);
        if !key.is_empty() {
            self.answers.insert(key.to_owned(), (asked, status, answer.clone()));
        }
        (status, answer)
    }

    fn carry_out(&mut self, method: &str, path: &str, body: &str) -> (u16, Value) {
        let form: BTreeMap<String, String> = body.split('&').filter_map(|f| f.split_once('=')).map(decoded).collect();
        let minor = |name: &str| form.get(name).and_then(|text| text.parse::<i64>().ok());
        let parts: Vec<&str> = path.trim_start_matches("/v1/").split('/').collect();
        let refused = |text: &str| (400, json!({ "error": { "type": "invalid_request_error", "message": text } }));
        match (method, parts.as_slice()) {
            ("POST", ["payment_intents"]) => {
                assert_eq!((form["capture_method"].as_str(), form["currency"].as_str()), ("manual", "eur"));
                let id = format!("pi_{}", self.intents.len() + 1);
                let intent = json!({ "id": id, "object": "payment_intent", "status": "requires_payment_method",
                    "amount": minor("amount"), "amount_capturable": 0, "amount_received": 0, "currency": "eur",
                    "client_secret": format!("{id}_secret_1"),
                    "metadata": { "vitrine_order": form["metadata[vitrine_order]"] } });
                self.intents.insert(id, intent.clone());
                (200, intent)
            }
            ("GET", ["payment_intents", id]) => (200, self.intents[*id].clone()),
            ("POST", ["payment_intents", id, act]) => {
                let intent = self.intents.get_mut(*id).unwrap();
                match (*act, intent["status"].as_str().unwrap()) {
                    ("capture", "requires_capture") => {
                        intent["status"] = json!("succeeded");
                        intent["amount_received"] = json!(minor("amount_to_capture"));
                        intent["amount_capturable"] = json!(0);
                    }
                    ("cancel", "requires_capture" | "requires_payment_method") => intent["status"] = json!("canceled"),
                    (_, status) => return refused(&format!("it is {status}")),
                }
                (200, intent.clone())
            }
            ("POST", ["refunds"]) => {
                let intent = self.intents.get_mut(&form["payment_intent"]).unwrap();
                let so_far = intent["amount_refunded"].as_i64().unwrap_or(0) + minor("amount").unwrap();
                intent["amount_refunded"] = json!(so_far);
                intent["status"] = json!("refunded");
                (200, json!({ "id": "re_1", "object": "refund", "status": "succeeded" }))
            }
            _ => (404, json!({ "error": { "type": "invalid_request_error", "message": "no such thing" } })),
        }
    }
}

fn decoded((name, value): (&str, &str)) -> (String, String) {
    let text = |text: &str| {
        let (mut bytes, mut rest) = (Vec::new(), text.bytes());
        while let Some(byte) = rest.next() {
            let hex = |b: Option<u8>| char::from(b.unwrap()).to_digit(16).unwrap();
            bytes.push(if byte == b'%' {
                u8::try_from(hex(rest.next()) * 16 + hex(rest.next())).unwrap()
            } else {
                byte
            });
        }
        String::from_utf8(bytes).unwrap()
    };
    (text(name), text(value))
}

impl Transport for FakeStripe {
    fn send(&self, request: Outgoing) -> Answer<'_, Result<Incoming, Fault>> {
        let answer = self.answer(&request);
        Box::pin(async move { answer })
    }
}
