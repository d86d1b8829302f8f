//! The http power: allow-list, method, secrets and sizes here; the resolved address is checked where it is dialled.

use crate::bindings::Fault;
use crate::bindings::takes::http as wit;
use crate::bindings::takes::types::Pair;
use crate::grants::PluginGrant;
use crate::guest::State;
use crate::limits;
use crate::mailbox::{Letter, Mailbox};
use crate::outside::{Outgoing, Outside};
use crate::powers::permit::Permit;
use crate::powers::rate::Rate;
use crate::powers::secrets::Secrets;
use base64::Engine;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use url::{Host, Url};
use vitrine_media::Secret;
use vitrine_plugin_manifest::Manifest;

/// Headers that are the host's own.
const OWN_HEADERS: [&str; 10] = [
    "host",
    "connection",
    "content-length",
    "transfer-encoding",
    "upgrade",
    "te",
    "trailer",
    "proxy-authorization",
    "proxy-connection",
    "idempotency-key",
];

/// One plugin's way out.
pub(crate) struct Http {
    permit: Arc<Permit>,
    patterns: Vec<String>,
    private: BTreeSet<String>,
    secrets: Arc<Secrets>,
    outside: Arc<Outside>,
    mailbox: Arc<Mailbox>,
    rate: Rate,
    in_flight: Arc<Semaphore>,
}

impl Http {
    pub(crate) fn new(
        permit: &Arc<Permit>,
        manifest: &Manifest,
        grant: &PluginGrant,
        secrets: &Arc<Secrets>,
        outside: &Arc<Outside>,
        mailbox: &Arc<Mailbox>,
    ) -> Self {
        Self {
            permit: Arc::clone(permit),
            patterns: manifest.permission.http.iter().map(|h| h.allow.clone()).collect(),
            private: grant.private.clone(),
            secrets: Arc::clone(secrets),
            outside: Arc::clone(outside),
            mailbox: Arc::clone(mailbox),
            rate: Rate::per_second(per_second(permit, manifest)),
            in_flight: Arc::new(Semaphore::new(limits::HTTP_IN_FLIGHT_MAX.max(manifest.runtime.workers as usize))),
        }
    }

    /// The address, if it may be called with this method. Also says whether private networks are granted for it.
    fn admit(&self, method: &str, url: &str) -> Result<(Url, bool), Fault> {
        if url.len() > limits::URL_BYTES_MAX {
            return Err(Fault::Invalid(format!("an address has at most {} bytes", limits::URL_BYTES_MAX)));
        }
        let parsed = Url::parse(url).map_err(|e| Fault::Invalid(format!("the address can't be read: {e}")))?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(Fault::Invalid(format!("the scheme `{}` is not http or https", parsed.scheme())));
        }
        if !parsed.username().is_empty() || parsed.password().is_some() {
            return Err(Fault::Invalid("an address can't hold a user or password; use a secret header".to_owned()));
        }
        let origin = origin(&parsed).ok_or_else(|| Fault::Invalid("the address names no host".to_owned()))?;
        let pattern = self.patterns.iter().find(|p| covers(p, &parsed));
        let line = format!("[[permission.http]] allow = \"{origin}\", methods = [\"{method}\"], reason = \"…\"");
        let key = format!("http {method} {}", pattern.map_or(origin.as_str(), String::as_str));
        self.permit.check(&key, &line)?;
        let private = pattern.is_some_and(|p| self.private.contains(p));
        Ok((parsed, private))
    }

    fn header(&self, value: &wit::HeaderValue) -> Result<Secret, Fault> {
        Ok(Secret::new(match value {
            wit::HeaderValue::Plain(text) => text.clone(),
            wit::HeaderValue::Secret(name) => self.secrets.used(name)?.reveal().to_owned(),
            wit::HeaderValue::BearerSecret(name) => format!("Bearer {}", self.secrets.used(name)?.reveal()),
            wit::HeaderValue::BasicSecret((user, name)) => {
                let pair = format!("{user}:{}", self.secrets.used(name)?.reveal());
                format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
            }
        }))
    }

    fn outgoing(&self, req: wit::Request) -> Result<Outgoing, Fault> {
        let (url, private) = self.admit(&req.method, &req.url)?;
        if req.body.len() > limits::HTTP_REQUEST_BYTES_MAX {
            return Err(Fault::Invalid(format!("a body has at most {} bytes", limits::HTTP_REQUEST_BYTES_MAX)));
        }
        if req.headers.len() > limits::HTTP_HEADERS_MAX {
            return Err(Fault::Invalid(format!("a request has at most {} headers", limits::HTTP_HEADERS_MAX)));
        }
        let mut headers = Vec::with_capacity(req.headers.len() + 1);
        for (name, value) in &req.headers {
            let name = name.to_ascii_lowercase();
            let token = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
            if !token || OWN_HEADERS.contains(&name.as_str()) {
                return Err(Fault::Invalid(format!(
                    "the header `{}` can't be set",
                    crate::powers::log::one_line(&name, 64)
                )));
            }
            let value = self.header(value)?;
            if value.reveal().bytes().any(|b| b < 0x20 && b != b'\t' || b == 0x7f) {
                return Err(Fault::Invalid(format!("the value of the header `{name}` holds a control character")));
            }
            headers.push((name, value));
        }
        if let Some(key) = req.idempotency_key {
            if key.is_empty() || key.len() > 255 || !key.bytes().all(|b| b.is_ascii_graphic()) {
                return Err(Fault::Invalid("an idempotency key has 1 to 255 visible ASCII characters".to_owned()));
            }
            headers.push(("idempotency-key".to_owned(), Secret::new(key)));
        }
        let asked = req.timeout_ms.map_or(limits::HTTP_TIMEOUT, |ms| Duration::from_millis(u64::from(ms)));
        Ok(Outgoing {
            method: req.method,
            url,
            headers,
            body: req.body,
            timeout: asked.min(limits::HTTP_TIMEOUT),
            private,
            bytes_max: limits::HTTP_RESPONSE_BYTES_MAX,
        })
    }

    /// Waits for its turn: a rush is a queue, not a failure.
    async fn turn(&self) -> Result<(), Fault> {
        let began = tokio::time::Instant::now();
        loop {
            match self.rate.take(self.outside.clock.mono_ms()) {
                Err(Fault::RateLimited(ms)) if began.elapsed() < limits::HTTP_TURN_MAX => {
                    tokio::time::sleep(Duration::from_millis(u64::from(ms))).await;
                }
                taken => return taken,
            }
        }
    }

    /// Checks, waits for a place among the requests under way, and sends.
    async fn send(&self, req: wit::Request) -> Result<wit::Response, Fault> {
        let outgoing = self.outgoing(req)?;
        self.turn().await?;
        let _place = self.in_flight.acquire().await.map_err(|_| Fault::Internal("closing".to_owned()))?;
        self.answer(outgoing).await
    }

    async fn answer(&self, outgoing: Outgoing) -> Result<wit::Response, Fault> {
        let incoming = self.outside.transport.send(outgoing).await?;
        let pair = |(key, value)| Pair { key, value };
        Ok(wit::Response {
            status: incoming.status,
            headers: incoming.headers.into_iter().map(pair).collect(),
            body: incoming.body,
        })
    }

    /// Fetches a body with GET, for pictures.
    pub(crate) async fn fetch(&self, url: &str, bytes_max: usize) -> Result<Vec<u8>, Fault> {
        let (url, private) = self.admit("GET", url)?;
        self.rate.take(self.outside.clock.mono_ms())?;
        let _place = self.in_flight.acquire().await.map_err(|_| Fault::Internal("closing".to_owned()))?;
        let outgoing = Outgoing {
            method: "GET".to_owned(),
            url,
            headers: Vec::new(),
            body: Vec::new(),
            timeout: limits::HTTP_TIMEOUT,
            private,
            bytes_max,
        };
        let incoming = self.outside.transport.send(outgoing).await?;
        if incoming.status != 200 {
            return Err(Fault::Upstream(format!("the address answered {}", incoming.status)));
        }
        Ok(incoming.body)
    }

    fn enqueue(self: &Arc<Self>, req: wit::Request, tag: String) -> Result<(), Fault> {
        if tag.len() > limits::NAME_BYTES_MAX {
            return Err(Fault::Invalid(format!("a tag has at most {} bytes", limits::NAME_BYTES_MAX)));
        }
        let outgoing = self.outgoing(req)?;
        self.rate.take(self.outside.clock.mono_ms())?;
        let Ok(place) = Arc::clone(&self.in_flight).try_acquire_owned() else { return Err(Fault::RateLimited(1_000)) };
        let this = Arc::clone(self);
        tokio::spawn(async move {
            let answer = this.answer(outgoing).await;
            drop(place);
            this.mailbox.post(Letter::Response(tag, answer));
        });
        Ok(())
    }
}

/// The greatest rate that was asked for and granted; one bucket serves all addresses.
fn per_second(permit: &Permit, manifest: &Manifest) -> u32 {
    let asked = manifest.permission.http.iter().filter_map(|h| Some((h.per_second?, &h.allow)));
    let granted = asked.filter(|(most, allow)| permit.has(&format!("http {most}/s {allow}"))).map(|(most, _)| most);
    granted.max().unwrap_or(limits::HTTP_PER_S)
}

/// `scheme://host[:port]`, as a manifest would write it.
fn origin(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    Some(match url.port() {
        Some(port) => format!("{}://{host}:{port}", url.scheme()),
        None => format!("{}://{host}", url.scheme()),
    })
}

/// Whether a manifest's pattern covers an address: scheme, host (or a name below `*.`) and port are equal.
fn covers(pattern: &str, url: &Url) -> bool {
    let (star, plain) = match pattern.split_once("://*.") {
        Some((scheme, rest)) => (true, format!("{scheme}://{rest}")),
        None => (false, pattern.to_owned()),
    };
    let Ok(allowed) = Url::parse(&plain) else { return false };
    if allowed.scheme() != url.scheme() || allowed.port_or_known_default() != url.port_or_known_default() {
        return false;
    }
    match (allowed.host(), url.host()) {
        (Some(Host::Domain(a)), Some(Host::Domain(b))) if star => {
            b.strip_suffix(a).is_some_and(|l| l.len() > 1 && l.ends_with('.'))
        }
        (a, b) => !star && a == b,
    }
}

impl wit::Host for State {
    async fn send(&mut self, req: wit::Request) -> wasmtime::Result<Result<wit::Response, Fault>> {
        self.enter()?;
        let http = Arc::clone(&self.powers.http);
        Ok(http.send(req).await)
    }

    fn enqueue(&mut self, req: wit::Request, tag: String) -> wasmtime::Result<Result<(), Fault>> {
        self.enter()?;
        Ok(self.powers.http.enqueue(req, tag))
    }
}
