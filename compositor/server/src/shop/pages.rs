//! The shopper's page, the host's monitor, and the short addresses of QR codes.

use crate::errors::ApiError;
use crate::state::App;
use crate::ui::page;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};

/// `GET /watch/{show}`
pub(crate) async fn watch(State(app): State<App>, Path(show): Path<String>) -> Result<Response, ApiError> {
    app.floor_of(&show)?;
    Ok(page("watch.html"))
}

/// `GET /host`
pub(crate) async fn host() -> Response {
    page("host.html")
}

/// `GET /b/{code}`: the address on a QR code; a code is a product's SKU in any case.
pub(crate) async fn short(State(app): State<App>, Path(code): Path<String>) -> Result<Response, ApiError> {
    let floor = app.floor()?;
    let view = floor.shop.view();
    let found = view.products.keys().find(|sku| sku.as_str().eq_ignore_ascii_case(&code));
    let sku = found.ok_or(ApiError::NotFound)?;
    let query: String = url_form(sku.as_str());
    Ok(Redirect::to(&format!("/watch/{}?p={query}", url_form(floor.show.as_str()))).into_response())
}

fn url_form(text: &str) -> String {
    text.bytes()
        .map(|b| if b.is_ascii_alphanumeric() || b == b'-' { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect()
}
