//! What a euro costs: a request every hour, with a secret that the plugin never sees and an answer that is remembered.

use vitrine_plugin::http::{HeaderValue, Request, Response, enqueue};
use vitrine_plugin::{Fault, Layer, Plugin, Result, Scene, Start, Words, at, export, kv, log, timers};

const HOUR_MS: u32 = 3_600_000;

struct Rate {
    layer: Layer,
}

impl Plugin for Rate {
    fn start(_why: Start) -> Result<Self> {
        let rate = Self { layer: Layer::open("rate")? };
        let mut scene = Scene::new();
        scene.panel(at(0, 0, 360, 96));
        scene.text(at(28, 24, 304, 48), Words::Bound("rate".to_owned())).size(34).bold();
        rate.layer.show(&scene)?;
        let last = kv::get("last")?.map(|entry| String::from_utf8_lossy(&entry.value).into_owned());
        rate.layer.set_text("rate", last.as_deref().unwrap_or("1 € = …"))?;
        timers::set("ask", 0, Some(HOUR_MS))?;
        Ok(rate)
    }

    fn on_timer(&mut self, _name: &str) -> Result<()> {
        let request = Request {
            method: "GET".to_owned(),
            url: "https://rates.example.org/v1/eur-usd".to_owned(),
            headers: vec![("authorization".to_owned(), HeaderValue::BearerSecret("rates-token".to_owned()))],
            body: Vec::new(),
            timeout_ms: Some(5_000),
            idempotency_key: None,
        };
        enqueue(&request, "rate")
    }

    fn on_response(&mut self, _tag: &str, response: Result<Response>) -> Result<()> {
        let body = match response {
            Ok(response) if response.status == 200 => response.body,
            Ok(response) => return Err(Fault::Upstream(format!("the service answered {}", response.status))),
            Err(fault) => {
                log::warn(&format!("no rate, the last one stays: {fault:?}"));
                return Ok(());
            }
        };
        let answer: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
        let Some(rate) = answer["rate"].as_f64() else {
            return Err(Fault::Upstream("the answer has no `rate`".to_owned()));
        };
        let words = format!("1 € = {rate:.2} $");
        kv::set("last", words.as_bytes())?;
        self.layer.set_text("rate", &words)
    }
}

export!(Rate: timers, http);
