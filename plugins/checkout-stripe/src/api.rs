//! One exchange with Stripe: the host fills the key in, this side never sees it; an error becomes a fault that says
//! whether trying again can help.

use crate::form::Form;
use serde_json::Value;
use vitrine_plugin::{Fault, Result, http, settings};

/// The API version whose shapes are read here.
const VERSION: &str = "2024-06-20";

/// What the operator set.
pub(crate) struct Settings {
    pub(crate) element: bool,
    pub(crate) methods: Vec<String>,
    api: String,
}

impl Settings {
    pub(crate) fn read() -> Self {
        let all: Value = serde_json::from_str(&settings::get_json()).unwrap_or(Value::Null);
        let methods = all["methods"].as_array().into_iter().flatten().filter_map(Value::as_str);
        Self {
            element: all["page"] == "element",
            methods: methods.map(str::to_owned).collect(),
            api: all["api"].as_str().unwrap_or("https://api.stripe.com").trim_end_matches('/').to_owned(),
        }
    }

    pub(crate) fn post(&self, path: &str, form: Form, key: Option<&str>) -> Result<Value> {
        self.exchange("POST", path, form.into_bytes(), key)
    }

    pub(crate) fn get(&self, path: &str) -> Result<Value> {
        self.exchange("GET", path, Vec::new(), None)
    }

    fn exchange(&self, method: &str, path: &str, body: Vec<u8>, key: Option<&str>) -> Result<Value> {
        let plain = |text: &str| http::HeaderValue::Plain(text.to_owned());
        let mut headers = vec![
            ("Authorization".to_owned(), http::HeaderValue::BearerSecret("api-key".to_owned())),
            ("Stripe-Version".to_owned(), plain(VERSION)),
        ];
        if !body.is_empty() {
            headers.push(("Content-Type".to_owned(), plain("application/x-www-form-urlencoded")));
        }
        let answer = http::send(&http::Request {
            method: method.to_owned(),
            url: format!("{}{path}", self.api),
            headers,
            body,
            timeout_ms: None,
            idempotency_key: key.map(str::to_owned),
        })?;
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
        match answer.status {
            200..=299 if body.is_object() => Ok(body),
            200..=299 => Err(Fault::Upstream("Stripe answered with something that is no JSON object".to_owned())),
            status => Err(fault(status, &body["error"])),
        }
    }
}

/// What an error of Stripe's means here. Its status is looked at last: sources differ on which one comes with a key
/// that was used for something else, and the type says it.
fn fault(status: u16, error: &Value) -> Fault {
    let words = error["message"].as_str().unwrap_or("no reason given");
    let words: String = words.chars().take(300).collect();
    let code = error["code"].as_str().or(error["type"].as_str()).unwrap_or("error");
    let text = format!("Stripe says {status} {code}: {words}");
    match (error["type"].as_str(), status) {
        (Some("idempotency_error"), _) => Fault::Invalid(text),
        (_, 401 | 403) => Fault::NotConfigured(format!("the secret `api-key` is not taken: {text}")),
        // Another request with this key is under way, or too many are: the same key may come again.
        (_, 409 | 429) => Fault::RateLimited(2_000),
        (_, 400..=499) => Fault::Invalid(text),
        _ => Fault::Upstream(text),
    }
}
