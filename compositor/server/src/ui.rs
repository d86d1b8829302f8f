//! The pages, built by `./dev` and embedded; without them a plain page says how to get them.

use crate::errors::ApiError;
use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "ui/dist"]
#[allow_missing = true]
struct Dist;

/// What is shown when the program was built without the pages.
const UNBUILT: &str = include_str!("unbuilt.html");

/// `GET /`
pub(crate) async fn console() -> Response {
    page("index.html")
}

/// A page by its file name.
pub(crate) fn page(name: &str) -> Response {
    let html = Dist::get(name).map_or_else(|| UNBUILT.as_bytes().into(), |file| file.data);
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CACHE_CONTROL, "no-cache")], html).into_response()
}

/// `GET /assets/{file}`: names carry a hash of their content, so they can be kept for ever.
pub(crate) async fn asset(Path(file): Path<String>) -> Result<Response, ApiError> {
    let found = Dist::get(&format!("assets/{file}")).ok_or(ApiError::NotFound)?;
    let kind = content_type(&file);
    let forever = "public, max-age=31536000, immutable";
    Ok(([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, forever)], found.data).into_response())
}

fn content_type(file: &str) -> &'static str {
    match file.rsplit_once('.').map(|(_, ending)| ending) {
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("woff2") => "font/woff2",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    }
}
