//! Webhook signatures: checked by the host over the raw bytes, before a plugin sees the call.

use crate::powers::secrets::hmac_sha256;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use vitrine_media::Secret;
use vitrine_plugin_manifest::{Scheme, Verify};
use vitrine_show::ports::plugins::Inbound;

/// Equal, in a time that doesn't tell where they differ.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |sum, (x, y)| sum | (x ^ y)) == 0
}

fn header<'a>(call: &'a Inbound, name: &str) -> Option<&'a str> {
    let mut found = call.headers.iter().filter(|(k, _)| k.eq_ignore_ascii_case(name));
    let value = found.next()?;
    // A header that is there twice is somebody's trick.
    found.next().is_none().then_some(value.1.as_str())
}

fn fresh(stamp: &str, now_unix_ms: u64, tolerance_s: u32) -> bool {
    let plain = !stamp.is_empty() && stamp.bytes().all(|b| b.is_ascii_digit());
    plain && stamp.parse::<u64>().is_ok_and(|t| (now_unix_ms / 1_000).abs_diff(t) <= u64::from(tolerance_s))
}

/// Whether a call is signed as the manifest says, with this secret, and is fresh where its scheme has a time. While a
/// secret is being changed the operator may set the old one and the new one, separated by a space: either will do.
#[must_use]
pub fn verified(call: &Inbound, verify: &Verify, secret: &Secret, now_unix_ms: u64) -> bool {
    secret.reveal().split_whitespace().any(|key| signed_with(call, verify, key, now_unix_ms))
}

fn signed_with(call: &Inbound, verify: &Verify, key: &str, now_unix_ms: u64) -> bool {
    match verify.scheme {
        Scheme::HmacSha256Hex => header(call, &verify.header).is_some_and(|found| {
            let found = found.strip_prefix("sha256=").unwrap_or(found);
            crate::package::unhex(found).is_some_and(|f| same(&f, &hmac_sha256(key.as_bytes(), &call.body)))
        }),
        Scheme::HmacSha256Base64 => header(call, &verify.header).is_some_and(|found| {
            STANDARD.decode(found).is_ok_and(|f| same(&f, &hmac_sha256(key.as_bytes(), &call.body)))
        }),
        Scheme::Stripe => stripe(call, verify, key, now_unix_ms),
        Scheme::StandardWebhooks => standard(call, verify, key, now_unix_ms),
    }
}

/// Stripe's scheme v1: HMAC over `t.body`; any one `v1` may fit (docs.stripe.com/webhooks, "verify manually").
fn stripe(call: &Inbound, verify: &Verify, key: &str, now_unix_ms: u64) -> bool {
    let Some(found) = header(call, &verify.header) else { return false };
    let parts: Vec<(&str, &str)> = found.split(',').filter_map(|p| p.trim().split_once('=')).collect();
    let mut stamps = parts.iter().filter(|(k, _)| *k == "t");
    let (Some((_, stamp)), None) = (stamps.next(), stamps.next()) else { return false };
    if !fresh(stamp, now_unix_ms, verify.tolerance_s) {
        return false;
    }
    let signed = [stamp.as_bytes(), b".", &call.body].concat();
    let wanted = hmac_sha256(key.as_bytes(), &signed);
    parts.iter().filter(|(k, _)| *k == "v1").any(|(_, v)| crate::package::unhex(v).is_some_and(|f| same(&f, &wanted)))
}

/// Standard Webhooks: HMAC over `id.timestamp.body`, key after `whsec_` in base64 (standardwebhooks.com, spec).
fn standard(call: &Inbound, verify: &Verify, key: &str, now_unix_ms: u64) -> bool {
    let (Some(id), Some(stamp), Some(found)) =
        (header(call, "webhook-id"), header(call, "webhook-timestamp"), header(call, "webhook-signature"))
    else {
        return false;
    };
    let Ok(key) = STANDARD.decode(key.strip_prefix("whsec_").unwrap_or(key)) else { return false };
    if key.is_empty() || !fresh(stamp, now_unix_ms, verify.tolerance_s) {
        return false;
    }
    let signed = [id.as_bytes(), b".", stamp.as_bytes(), b".", &call.body].concat();
    let wanted = hmac_sha256(&key, &signed);
    found.split(' ').filter_map(|s| s.strip_prefix("v1,")).any(|s| STANDARD.decode(s).is_ok_and(|f| same(&f, &wanted)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(headers: &[(&str, &str)], body: &str) -> Inbound {
        let headers = headers.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Inbound { method: "POST".into(), path: "/".into(), headers, body: body.into() }
    }

    fn how(scheme: Scheme, header: &str) -> Verify {
        Verify { scheme, header: header.into(), secret: "k".into(), tolerance_s: 300 }
    }

    /// Vector of the Standard Webhooks libraries.
    #[test]
    fn the_published_vector_of_standard_webhooks_passes_and_no_flipped_bit_does() {
        let secret = Secret::new("whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD".into());
        let body = "{\"email\":\"test@example.com\",\"username\":\"test_user\"}";
        let good = "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=";
        let id = ("webhook-id", "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk");
        let stamp = ("webhook-timestamp", "1649367553");
        let with = |sig: &str, now: u64| {
            let call = call(&[id, stamp, ("webhook-signature", sig)], body);
            verified(&call, &how(Scheme::StandardWebhooks, "webhook-signature"), &secret, now)
        };
        let now = 1_649_367_553_000;
        assert!(with(good, now) && with(&format!("v1,AAAA {good}"), now));
        assert!(!with(good, now + 301_000) && !with(good, now - 301_000));
        for at in 0..good.len() {
            let mut bytes = good.as_bytes().to_vec();
            bytes[at] ^= 1;
            assert!(!with(&String::from_utf8_lossy(&bytes), now), "byte {at}");
        }
    }

    #[test]
    fn stripe_wants_one_fresh_time_and_a_v1_that_fits() {
        let secret = Secret::new("whsec_test".into());
        let body = "{\"id\":\"evt_1\"}";
        let sig = crate::package::hex(&hmac_sha256(b"whsec_test", format!("1700000000.{body}").as_bytes()));
        let with = |value: &str| {
            let call = call(&[("stripe-signature", value)], body);
            verified(&call, &how(Scheme::Stripe, "Stripe-Signature"), &secret, 1_700_000_100_000)
        };
        assert!(with(&format!("t=1700000000,v1={sig}")));
        assert!(with(&format!("t=1700000000,v1=00,v1={sig}")));
        for bad in [
            format!("t=1700000000,v0={sig}"),
            format!("t=1600000000,v1={sig}"),
            format!("t=1700000000,t=1700000000,v1={sig}"),
            format!("v1={sig}"),
            format!("t=+1700000000,v1={sig}"),
            String::new(),
            "t=,v1=".to_owned(),
        ] {
            assert!(!with(&bad), "{bad}");
        }
        let old_and_new = Secret::new("whsec_new whsec_test".into());
        let good = call(&[("stripe-signature", &format!("t=1700000000,v1={sig}"))], body);
        let how_stripe = how(Scheme::Stripe, "Stripe-Signature");
        assert!(verified(&good, &how_stripe, &old_and_new, 1_700_000_000_000), "a rotated secret");
        assert!(!verified(&good, &how_stripe, &Secret::new("whsec_new".into()), 1_700_000_000_000));
        assert!(
            !verified(&good, &how_stripe, &Secret::new(" ".into()), 1_700_000_000_000),
            "an empty secret signs nothing"
        );
        let twice = call(&[("stripe-signature", &format!("t=1700000000,v1={sig}")), ("Stripe-Signature", "x")], body);
        assert!(!verified(&twice, &how(Scheme::Stripe, "stripe-signature"), &secret, 1_700_000_000_000));
    }
}
