//! Every way in which a request can fail, and the one table that turns it into HTTP.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use thiserror::Error;
use vitrine_commerce::Refusal as ShopRefusal;
use vitrine_show::ports::desk::Refusal;

/// A request that was not done. Answered as `{"error":{"code","text"}}`.
#[derive(Debug, Error)]
pub enum ApiError {
    /// The show did not take the command.
    #[error(transparent)]
    Desk(#[from] Refusal),
    /// The shop did not take the command.
    #[error(transparent)]
    Shop(#[from] ShopRefusal),
    /// This show sells nothing.
    #[error("this show has no shop; add [[product]] tables to the show file")]
    NoShop,
    /// The payment provider is none of the show's.
    #[error("this show takes no payment through “{0}”; the shop's answer lists its providers")]
    NoProvider(String),
    /// A seller's command without a name for retries.
    #[error("send an `Idempotency-Key` header: 1 to 120 visible ASCII characters, the same for each retry")]
    NeedsKey,
    /// The `Host` is none of ours.
    #[error("this server does not answer to that host name; add it to the server's `hosts`")]
    WrongHost,
    /// A page of another site asks for something that changes the show.
    #[error("a page of another site can't do this; open the console from this server")]
    ForeignOrigin,
    /// No token, or a wrong one.
    #[error("this needs a token; send `Authorization: Bearer …` or log in at /api/session")]
    NeedsToken,
    /// The token does not open this.
    #[error("this token does not open this; ask the show's owner for one that does")]
    RoleTooLow,
    /// The body is not what the route reads.
    #[error("the body can't be read: {0}")]
    BadBody(String),
    /// The body has another type.
    #[error("send the body as `Content-Type: application/json`")]
    NotJson,
    /// The body is too large.
    #[error("the body is too large; at most 256 KiB are read")]
    TooLarge,
    /// The caller is too fast.
    #[error("too many requests; try again in {0} s")]
    TooFast(u64),
    /// Nothing lies there.
    #[error("there is no such thing here")]
    NotFound,
    /// A path exists, the method doesn't.
    #[error("this path knows other methods; see /api/openapi.json")]
    WrongMethod,
    /// All places are taken.
    #[error("too many are connected; close a console or try again in a moment")]
    Full,
}

impl ApiError {
    /// The HTTP status and the code for programs. The only such table of the server.
    #[must_use]
    pub fn status_and_code(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Desk(refusal) => (desk_status(refusal), refusal.code()),
            Self::Shop(refusal) => (shop_status(refusal), refusal.code()),
            Self::NoShop => (StatusCode::NOT_FOUND, "NO_SHOP"),
            Self::NoProvider(_) => (StatusCode::UNPROCESSABLE_ENTITY, "NO_PROVIDER"),
            Self::NeedsKey => (StatusCode::BAD_REQUEST, "NEEDS_IDEMPOTENCY_KEY"),
            Self::WrongHost => (StatusCode::FORBIDDEN, "WRONG_HOST"),
            Self::ForeignOrigin => (StatusCode::FORBIDDEN, "FOREIGN_ORIGIN"),
            Self::NeedsToken => (StatusCode::UNAUTHORIZED, "NEEDS_TOKEN"),
            Self::RoleTooLow => (StatusCode::FORBIDDEN, "ROLE_TOO_LOW"),
            Self::BadBody(_) => (StatusCode::BAD_REQUEST, "BAD_BODY"),
            Self::NotJson => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "NOT_JSON"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "TOO_LARGE"),
            Self::TooFast(_) => (StatusCode::TOO_MANY_REQUESTS, "TOO_FAST"),
            Self::NotFound => (StatusCode::NOT_FOUND, "NOT_FOUND"),
            Self::WrongMethod => (StatusCode::METHOD_NOT_ALLOWED, "WRONG_METHOD"),
            Self::Full => (StatusCode::SERVICE_UNAVAILABLE, "FULL"),
        }
    }

    /// Seconds after which trying again makes sense.
    fn retry_after_s(&self) -> Option<u64> {
        match self {
            Self::TooFast(seconds) => Some(*seconds),
            Self::Full | Self::Desk(Refusal::Busy) => Some(1),
            Self::Shop(refusal) => refusal.retry_after_ms().map(|ms| ms.div_ceil(1000)),
            _ => None,
        }
    }
}

fn desk_status(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::UnknownScene(_)
        | Refusal::UnknownOverlay(_)
        | Refusal::UnknownInput(_)
        | Refusal::UnknownOutput(_)
        | Refusal::UnknownStrip(_) => StatusCode::NOT_FOUND,
        Refusal::OutOfRange { .. } | Refusal::BadText { .. } | Refusal::Nothing => StatusCode::UNPROCESSABLE_ENTITY,
        Refusal::TransitionRunning | Refusal::NothingOnPreview | Refusal::NotSeekable(_) | Refusal::ShowFileBad(_) => {
            StatusCode::CONFLICT
        }
        Refusal::Busy | Refusal::Ending => StatusCode::SERVICE_UNAVAILABLE,
    }
}

fn shop_status(refusal: &ShopRefusal) -> StatusCode {
    match refusal {
        ShopRefusal::ProductUnknown { .. } | ShopRefusal::OfferUnknown { .. } | ShopRefusal::OrderUnknown { .. } => {
            StatusCode::NOT_FOUND
        }
        ShopRefusal::QuantityInvalid { .. }
        | ShopRefusal::LinesInvalid { .. }
        | ShopRefusal::ProductInvalid { .. }
        | ShopRefusal::OfferInvalid { .. }
        | ShopRefusal::CurrencyMismatch { .. }
        | ShopRefusal::AmountInvalid { .. }
        | ShopRefusal::FieldInvalid { .. } => StatusCode::UNPROCESSABLE_ENTITY,
        ShopRefusal::StoreBusy { .. } | ShopRefusal::StoreUnavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
        // The rest is honest and well formed, but the shop stands otherwise: sold out, too late, too many.
        _ => StatusCode::CONFLICT,
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, code) = self.status_and_code();
        let mut body = json!({ "error": { "code": code, "text": self.to_string() } });
        if let (Self::Shop(refusal), Some(error)) = (&self, body.pointer_mut("/error")) {
            // The figures of the refusal, so that a page can say "2 left" in its own words.
            error["details"] = json!(refusal);
        }
        let mut response = (status, Json(body)).into_response();
        if let Some(seconds) = self.retry_after_s() {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
