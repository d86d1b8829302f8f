//! A configuration under which the fake shop sells.

use super::support::fake_shop::SHOW;
use std::path::PathBuf;
use vitrine_server::{ServerConfig, TEST_PROVIDER};

/// `FAKE_HLS=FOLDER` with an `index.m3u8` gives the page a real stream to play.
#[allow(clippy::expect_used, reason = "a show without its pictures is no example")]
pub(crate) fn shop_config() -> ServerConfig {
    let hls = std::env::var_os("FAKE_HLS").map(|folder| ("web".to_owned(), PathBuf::from(folder)));
    ServerConfig {
        slug: SHOW.to_owned(),
        stream: hls.is_some().then(|| "/hls/web/index.m3u8".to_owned()),
        hls: hls.into_iter().collect(),
        assets: Some(
            PathBuf::from(
                std::env::var_os("CARGO_MANIFEST_DIR").expect("run by cargo, which says where the pictures are"),
            )
            .join("tests/support/goods"),
        ),
        providers: vec![TEST_PROVIDER.to_owned()],
        ..ServerConfig::default()
    }
}
