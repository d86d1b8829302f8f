//! Who buys: a random cookie on the first visit. What the shop and the seller know is its digest, never the cookie.

use crate::errors::ApiError;
use crate::guard::{cookie_named, host_is_loopback};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::RngCore;
use sha2::{Digest, Sha256};
use vitrine_commerce::CustomerId;

const COOKIE: &str = "vitrine_buyer";
/// Days that a buyer is known: an order's status is looked up for weeks, not for years.
const DAYS: u32 = 90;
/// Characters of a cookie value that this server made: 192 bits.
const VALUE_CHARS: usize = 32;

/// A shopper.
pub(crate) struct Buyer {
    /// As the shop knows the shopper.
    pub(crate) id: CustomerId,
    /// Set on the first visit.
    new_cookie: Option<HeaderValue>,
}

impl<S: Send + Sync> FromRequestParts<S> for Buyer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let known = cookie_named(&parts.headers, COOKIE).filter(|value| value.len() == VALUE_CHARS);
        if let Some(value) = known {
            return Ok(Self { id: id_of(value)?, new_cookie: None });
        }
        let mut random = [0_u8; 24];
        rand::rng().fill_bytes(&mut random);
        let value = URL_SAFE_NO_PAD.encode(random);
        let host = parts.headers.get(header::HOST).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let secure = if host_is_loopback(host) { "" } else { "; Secure" };
        let seconds = DAYS * 24 * 60 * 60;
        let cookie = format!("{COOKIE}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
        Ok(Self { id: id_of(&value)?, new_cookie: HeaderValue::try_from(cookie).ok() })
    }
}

fn id_of(value: &str) -> Result<CustomerId, ApiError> {
    let digest = URL_SAFE_NO_PAD.encode(Sha256::digest(value.as_bytes()));
    let short = digest.get(..24).unwrap_or(&digest);
    CustomerId::new(short).map_err(|error| ApiError::BadBody(error.to_string()))
}

impl Buyer {
    /// The answer, with the cookie if it is the first.
    pub(crate) fn answer(self, answer: impl IntoResponse) -> Response {
        let mut response = answer.into_response();
        if let Some(cookie) = self.new_cookie {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        response
    }
}
