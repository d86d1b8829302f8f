//! Webhook signatures over raw bytes: Standard Webhooks and Stripe's scheme. Constant time, ±300 s, several
//! signatures while secrets rotate.

use crate::limits::WEBHOOK_TOLERANCE_S;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use thiserror::Error;
use vitrine_media::Secret;

/// Why a webhook is not believed.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum SignatureError {
    /// A header is missing or not of its form.
    #[error("the signature header is missing or malformed")]
    Malformed,
    /// The time stamp lies too far from now.
    #[error("the time stamp is more than 300 seconds from now")]
    Stale,
    /// No signature fits.
    #[error("no signature fits the body")]
    Forged,
    /// The secret itself is not of its form.
    #[error("the signing secret is malformed; copy it again from the provider")]
    Secret,
}

impl SignatureError {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "SIGNATURE_MALFORMED",
            Self::Stale => "SIGNATURE_STALE",
            Self::Forged => "SIGNATURE_FORGED",
            Self::Secret => "SIGNATURE_SECRET",
        }
    }
}

/// The three headers of Standard Webhooks.
#[derive(Clone, Copy, Debug)]
pub struct StandardHeaders<'a> {
    /// `webhook-id`.
    pub id: &'a str,
    /// `webhook-timestamp`, seconds since the epoch.
    pub timestamp: &'a str,
    /// `webhook-signature`: `v1,<base64>` once or more, separated by spaces.
    pub signature: &'a str,
}

fn mac(key: &[u8], parts: &[&[u8]]) -> Result<Hmac<Sha256>, SignatureError> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(|_| SignatureError::Secret)?;
    for part in parts {
        mac.update(part);
    }
    Ok(mac)
}

fn fresh(timestamp: &str, now_s: i64) -> Result<(), SignatureError> {
    let plain = !timestamp.is_empty() && timestamp.bytes().all(|b| b.is_ascii_digit());
    let at: i64 = timestamp.parse().ok().filter(|_| plain).ok_or(SignatureError::Malformed)?;
    if now_s.abs_diff(at) > WEBHOOK_TOLERANCE_S.unsigned_abs() { Err(SignatureError::Stale) } else { Ok(()) }
}

fn standard_key(secret: &Secret) -> Result<Vec<u8>, SignatureError> {
    let text = secret.reveal().trim();
    STANDARD.decode(text.strip_prefix("whsec_").unwrap_or(text)).map_err(|_| SignatureError::Secret)
}

/// Signs per Standard Webhooks 1.0: `v1,` and base64 of HMAC-SHA256 over `id.timestamp.body`.
///
/// # Errors
/// [`SignatureError::Secret`] if the secret is not base64, with or without `whsec_`.
pub fn sign_standard(secret: &Secret, id: &str, timestamp_s: i64, body: &[u8]) -> Result<String, SignatureError> {
    let stamp = timestamp_s.to_string();
    let parts: [&[u8]; 5] = [id.as_bytes(), b".", stamp.as_bytes(), b".", body];
    let mac = mac(&standard_key(secret)?, &parts)?;
    Ok(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

/// Checks a webhook per Standard Webhooks 1.0. Any secret may fit any `v1` signature: both sides may be rotating.
///
/// # Errors
/// [`SignatureError`]; the body must not be looked at then.
pub fn verify_standard(
    secrets: &[Secret],
    headers: StandardHeaders<'_>,
    body: &[u8],
    now_s: i64,
) -> Result<(), SignatureError> {
    if headers.id.is_empty() {
        return Err(SignatureError::Malformed);
    }
    fresh(headers.timestamp, now_s)?;
    let given: Vec<Vec<u8>> = headers
        .signature
        .split(' ')
        .filter_map(|one| one.strip_prefix("v1,"))
        .filter_map(|text| STANDARD.decode(text).ok())
        .collect();
    let parts: [&[u8]; 5] = [headers.id.as_bytes(), b".", headers.timestamp.as_bytes(), b".", body];
    fits(secrets.iter().map(standard_key), &parts, &given)
}

/// Signs as Stripe does: `t=<seconds>,v1=<hex>` with HMAC-SHA256 over `t.body`; the secret is used as it is.
///
/// # Errors
/// [`SignatureError::Secret`] never in practice: any bytes are a key.
pub fn sign_stripe(secret: &Secret, timestamp_s: i64, body: &[u8]) -> Result<String, SignatureError> {
    let stamp = timestamp_s.to_string();
    let mac = mac(secret.reveal().as_bytes(), &[stamp.as_bytes(), b".", body])?;
    Ok(format!("t={stamp},v1={}", crate::draw::hex(&mac.finalize().into_bytes())))
}

/// Checks a `Stripe-Signature` header. `v0` and other schemes are ignored; any `v1` may fit.
///
/// # Errors
/// [`SignatureError`]; the body must not be looked at then.
pub fn verify_stripe(secrets: &[Secret], header: &str, body: &[u8], now_s: i64) -> Result<(), SignatureError> {
    let fields: Vec<(&str, &str)> = header.split(',').filter_map(|field| field.trim().split_once('=')).collect();
    let mut stamps = fields.iter().filter(|(name, _)| *name == "t").map(|(_, value)| *value);
    let (Some(stamp), None) = (stamps.next(), stamps.next()) else { return Err(SignatureError::Malformed) };
    let given: Vec<Vec<u8>> =
        fields.iter().filter(|(name, _)| *name == "v1").filter_map(|(_, value)| crate::draw::unhex(value)).collect();
    fresh(stamp, now_s)?;
    let keys = secrets.iter().map(|secret| Ok(secret.reveal().as_bytes().to_vec()));
    fits(keys, &[stamp.as_bytes(), b".", body], &given)
}

/// Every pair is compared, each in constant time.
fn fits(
    keys: impl Iterator<Item = Result<Vec<u8>, SignatureError>>,
    parts: &[&[u8]],
    given: &[Vec<u8>],
) -> Result<(), SignatureError> {
    let mut found = false;
    for key in keys {
        let mac = mac(&key?, parts)?;
        for signature in given {
            found |= mac.clone().verify_slice(signature).is_ok();
        }
    }
    if found { Ok(()) } else { Err(SignatureError::Forged) }
}
