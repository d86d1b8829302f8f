//! Requests over the real network: every address is looked up and judged here, and only judged addresses are dialled.

use crate::bindings::Fault;
use crate::limits;
use crate::outside::{Incoming, Outgoing, Transport};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, Method, redirect};
use std::error::Error;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use url::Host;
use vitrine_show::ports::Answer;

/// What kind of address an IP is, for dialling.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Address {
    /// On the internet.
    Public,
    /// This machine, this network, or no place at all.
    Private,
}

/// Judges an address. IPv4 in IPv6 (mapped, compatible, 6to4, Teredo, NAT64) is judged as what it leads to.
/// Source: the IANA special-purpose address registries (RFC 6890 and its updates).
#[must_use]
pub fn may_dial(ip: IpAddr) -> Address {
    let private = match ip {
        IpAddr::V4(v4) => private_v4(v4),
        IpAddr::V6(v6) => private_v6(v6),
    };
    if private { Address::Private } else { Address::Public }
}

fn private_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    ip.is_loopback()
        || ip.is_private()
        || ip.is_link_local()
        || ip.is_multicast()
        || ip.is_documentation()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 192 && b == 88 && c == 99)
        || (a == 198 && (b == 18 || b == 19))
}

fn private_v6(ip: Ipv6Addr) -> bool {
    let s = ip.segments();
    let [a, b, ..] = s;
    let inner = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        private_v4(Ipv4Addr::new(a, b, c, d))
    };
    if let [0, 0, 0, 0, 0, 0 | 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] = s {
        return inner(high, low);
    }
    let six_to_four = a == 0x2002;
    let teredo = a == 0x2001 && b == 0;
    let local_nat64 = a == 0x64 && b == 0xff9b;
    // Everything outside global unicast (2000::/3) is local, multicast or unassigned.
    six_to_four || teredo || local_nat64 || (a & 0xe000) != 0x2000 || (a == 0x2001 && b == 0xdb8)
}

/// Looks up names.
pub trait Lookup: Send + Sync {
    /// The addresses of a name.
    fn lookup(&self, name: String) -> Answer<'static, std::io::Result<Vec<IpAddr>>>;
}

/// The system's resolver.
pub struct SystemLookup;

impl Lookup for SystemLookup {
    fn lookup(&self, name: String) -> Answer<'static, std::io::Result<Vec<IpAddr>>> {
        Box::pin(async move { Ok(tokio::net::lookup_host((name.as_str(), 0)).await?.map(|a| a.ip()).collect()) })
    }
}

/// Resolves for the client, and hands on only addresses that may be dialled.
struct Guarded {
    lookup: Arc<dyn Lookup>,
    private: bool,
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let found = self.lookup.lookup(name.as_str().to_owned());
        let private = self.private;
        Box::pin(async move {
            let all = found.await?;
            let good: Vec<SocketAddr> = all
                .iter()
                .filter(|ip| private || may_dial(**ip) == Address::Public)
                .map(|ip| SocketAddr::new(*ip, 0))
                .collect();
            if good.is_empty() {
                return Err(Box::<dyn Error + Send + Sync>::from(PRIVATE));
            }
            Ok(Box::new(good.into_iter()) as Addrs)
        })
    }
}

const PRIVATE: &str =
    "the address leads to this machine or a private network; the operator can add it to `private` in grants.toml";

/// HTTP over the network.
pub struct Wire {
    public: Client,
    private: Client,
}

impl Wire {
    /// A wire that looks names up with `lookup`.
    ///
    /// # Errors
    /// A text when TLS can't be set up on this machine.
    pub fn new(lookup: &Arc<dyn Lookup>) -> Result<Self, String> {
        let client = |private: bool| {
            Client::builder()
                .redirect(redirect::Policy::none())
                .no_proxy()
                .referer(false)
                .pool_max_idle_per_host(2)
                .connect_timeout(limits::HTTP_TIMEOUT)
                .user_agent(concat!("vitrine/", env!("CARGO_PKG_VERSION")))
                .dns_resolver(Arc::new(Guarded { lookup: Arc::clone(lookup), private }))
                .build()
                .map_err(|e| format!("HTTP can't be set up: {e}"))
        };
        Ok(Self { public: client(false)?, private: client(true)? })
    }

    async fn exchange(&self, request: Outgoing) -> Result<Incoming, Fault> {
        // A literal address is dialled without asking the resolver, so it is judged here.
        let literal = match request.url.host() {
            Some(Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
            Some(Host::Ipv6(ip)) => Some(IpAddr::V6(ip)),
            _ => None,
        };
        if !request.private && literal.is_some_and(|ip| may_dial(ip) == Address::Private) {
            return Err(Fault::Denied(PRIVATE.to_owned()));
        }
        let client = if request.private { &self.private } else { &self.public };
        let method = Method::from_bytes(request.method.as_bytes()).map_err(|e| Fault::Invalid(e.to_string()))?;
        let mut builder = client.request(method, request.url.clone()).timeout(request.timeout).body(request.body);
        for (name, value) in &request.headers {
            builder = builder.header(name, value.reveal());
        }
        let mut response = builder.send().await.map_err(upstream)?;
        let status = response.status().as_u16();
        let header = |(name, value): (&reqwest::header::HeaderName, &reqwest::header::HeaderValue)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        let headers = response.headers().iter().take(limits::HTTP_HEADERS_MAX).map(header).collect();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(upstream)? {
            if body.len() + chunk.len() > request.bytes_max {
                return Err(Fault::Upstream(format!("the answer has more than {} bytes", request.bytes_max)));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Incoming { status, headers, body })
    }
}

/// What went wrong, without the address: it may hold what the author would not want in a log.
fn upstream(error: reqwest::Error) -> Fault {
    let error = error.without_url();
    let mut chain: Vec<String> = Vec::new();
    let mut source: Option<&dyn Error> = Some(&error);
    while let Some(e) = source {
        chain.push(e.to_string());
        source = e.source();
    }
    if chain.iter().any(|text| text.contains(PRIVATE)) {
        return Fault::Denied(PRIVATE.to_owned());
    }
    if error.is_timeout() {
        return Fault::Timeout;
    }
    Fault::Upstream(chain.last().cloned().unwrap_or_else(|| "no answer".to_owned()))
}

impl Transport for Wire {
    fn send(&self, request: Outgoing) -> Answer<'_, Result<Incoming, Fault>> {
        Box::pin(self.exchange(request))
    }
}
