//! Files of HLS outputs: playlists are always fresh, segments may be kept a while, nothing else in the folder is seen.

use crate::errors::ApiError;
use crate::state::App;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use tower::ServiceExt;
use tower_http::services::ServeFile;

/// Endings that are served: content type and how long a cache may keep them. A segment's name comes back after
/// a restart of the show, so it is never kept for long.
const KINDS: [(&str, &str, &str); 6] = [
    ("m3u8", "application/vnd.apple.mpegurl", "no-cache"),
    ("ts", "video/mp2t", "public, max-age=60"),
    ("m4s", "video/iso.segment", "public, max-age=60"),
    ("mp4", "video/mp4", "public, max-age=60"),
    ("aac", "audio/aac", "public, max-age=60"),
    ("vtt", "text/vtt", "public, max-age=60"),
];

/// `GET /hls/{output}/{file}`
pub(crate) async fn file(
    State(app): State<App>,
    Path((output, file)): Path<(String, String)>,
    request: Request,
) -> Result<Response, ApiError> {
    let folder = app.config.hls.get(&output).ok_or(ApiError::NotFound)?;
    let (kind, cache) = kind_of(&file).ok_or(ApiError::NotFound)?;
    let served = ServeFile::new(folder.join(&file)).oneshot(request).await;
    let mut response = served.map_err(|_| ApiError::NotFound)?.into_response();
    if response.status().is_client_error() && response.status() != axum::http::StatusCode::RANGE_NOT_SATISFIABLE {
        return Err(ApiError::NotFound);
    }
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    // The stream is public; players on other sites may show it.
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("cross-origin"));
    Ok(response)
}

/// Content type and cache rule of a plain file name; `None` for anything that could leave the folder.
fn kind_of(file: &str) -> Option<(&'static str, &'static str)> {
    let plain = file.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
    let (stem, ending) = file.rsplit_once('.')?;
    if !plain || stem.is_empty() || stem.starts_with('.') {
        return None;
    }
    KINDS.iter().find(|(known, ..)| *known == ending).map(|(_, kind, cache)| (*kind, *cache))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_media_names_are_served() {
        assert_eq!(kind_of("live.m3u8").unwrap().1, "no-cache");
        assert!(kind_of("seg-00012.ts").is_some());
        for bad in
            ["../show.toml", "..ts", ".ts", "a/b.ts", "a%2fb.ts", "show.toml", "a\0.ts", "", "a.ts.sh", "C:\\a.ts"]
        {
            assert!(kind_of(bad).is_none(), "{bad}");
        }
    }
}
