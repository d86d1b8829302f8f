//! Is this our own page, called by our own name? Pure decisions over headers (S11: CSRF, DNS rebinding).

use axum::http::{HeaderMap, header};
use std::net::IpAddr;

/// The host of `host[:port]`, brackets of an IPv6 address taken off.
fn name_of(authority: &str) -> &str {
    if let Some(rest) = authority.strip_prefix('[') {
        return rest.split(']').next().unwrap_or_default();
    }
    authority.rsplit_once(':').map_or(authority, |(name, _)| name)
}

/// `localhost`, `127.x.x.x`, `::1`, and no other name that may resolve to them.
pub(crate) fn host_is_loopback(authority: &str) -> bool {
    let name = name_of(authority);
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// A loopback name, an address literal (which DNS can't rebind), or a name from the configuration.
pub(crate) fn host_is_ours(authority: &str, hosts: &[String]) -> bool {
    let name = name_of(authority);
    host_is_loopback(authority)
        || name.parse::<IpAddr>().is_ok()
        || hosts.iter().any(|ours| ours.eq_ignore_ascii_case(name))
}

/// Whether a request that changes something may come from where it says it comes from.
///
/// A browser always names its page: `Origin` must be this very host and port, and `Sec-Fetch-Site` must not be
/// another site. A request with neither is no page; it is let through unless it brings a cookie, which only
/// a browser has.
pub(crate) fn may_change(headers: &HeaderMap, host: &str, bearer: bool, cookie: bool) -> bool {
    let site = headers.get("sec-fetch-site").map(|v| v.as_bytes());
    if site.is_some_and(|site| !matches!(site, b"same-origin" | b"none")) {
        return false;
    }
    match headers.get(header::ORIGIN).map(|v| v.to_str().unwrap_or("null")) {
        Some(origin) => origin
            .strip_prefix("http://")
            .or_else(|| origin.strip_prefix("https://"))
            .is_some_and(|authority| authority.eq_ignore_ascii_case(host)),
        None => bearer || !cookie || site.is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_literals_and_localhost_are_loopback() {
        for host in ["localhost", "LOCALHOST:8080", "127.0.0.1:9", "127.9.9.9", "[::1]:8080", "[::1]"] {
            assert!(host_is_loopback(host), "{host}");
        }
        for host in ["", "localhost.evil.com", "127.0.0.1.nip.io", "evil.com:80", "10.0.0.1", "[fe80::1]:1"] {
            assert!(!host_is_loopback(host), "{host}");
        }
    }

    #[test]
    fn a_name_must_be_configured_an_address_need_not() {
        let hosts = ["live.example.com".to_owned()];
        assert!(host_is_ours("Live.Example.com:443", &hosts));
        assert!(host_is_ours("192.168.1.9:8080", &hosts));
        assert!(!host_is_ours("x.live.example.com", &hosts));
        assert!(!host_is_ours("", &hosts));
    }

    #[test]
    fn an_origin_is_ours_only_with_the_same_port() {
        let from = |origin: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ORIGIN, origin.parse().unwrap());
            may_change(&headers, "127.0.0.1:8080", true, false)
        };
        assert!(from("http://127.0.0.1:8080"));
        for foreign in ["http://127.0.0.1:8081", "null", "http://localhost:8080", "file://", "http://127.0.0.1:8080.x"]
        {
            assert!(!from(foreign), "{foreign}");
        }
    }
}
