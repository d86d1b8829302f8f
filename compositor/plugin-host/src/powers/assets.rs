//! The assets power: pictures by address, checked by their first bytes, kept for the picture side to draw.

use crate::bindings::Fault;
use crate::bindings::takes::assets as wit;
use crate::guest::State;
use crate::limits;
use crate::powers::http::Http;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

#[derive(Default)]
struct Fetched {
    by_id: BTreeMap<String, Arc<[u8]>>,
    by_url: BTreeMap<String, String>,
    order: VecDeque<(String, String)>,
}

/// One plugin's pictures: packaged and fetched.
pub(crate) struct Assets {
    http: Arc<Http>,
    files: Arc<BTreeMap<String, Arc<[u8]>>>,
    fetched: Arc<Mutex<Fetched>>,
}

impl Assets {
    pub(crate) fn new(http: &Arc<Http>, files: &Arc<BTreeMap<String, Arc<[u8]>>>, before: Option<&Self>) -> Self {
        let fetched = before.map(|b| Arc::clone(&b.fetched)).unwrap_or_default();
        Self { http: Arc::clone(http), files: Arc::clone(files), fetched }
    }

    /// The bytes behind a name: `assets/…` of the package, or an id of `fetch`.
    pub(crate) fn get(&self, name: &str) -> Option<Arc<[u8]>> {
        if let Some(bytes) = self.files.get(name).or_else(|| self.files.get(&format!("assets/{name}"))) {
            return Some(Arc::clone(bytes));
        }
        self.fetched.lock().unwrap_or_else(PoisonError::into_inner).by_id.get(name).cloned()
    }

    async fn fetch(&self, url: &str) -> Result<String, Fault> {
        if let Some(id) = self.fetched.lock().unwrap_or_else(PoisonError::into_inner).by_url.get(url) {
            return Ok(id.clone());
        }
        let bytes = self.http.fetch(url, limits::ASSET_BYTES_MAX).await?;
        if !is_picture(&bytes) {
            return Err(Fault::Upstream("the address did not answer with a PNG or JPEG".to_owned()));
        }
        let digest = Sha256::digest(&bytes);
        let id = format!("fetched:{}", crate::package::hex(&digest));
        let mut fetched = self.fetched.lock().unwrap_or_else(PoisonError::into_inner);
        if fetched.order.len() >= limits::ASSETS_MAX
            && let Some((url, id)) = fetched.order.pop_front()
        {
            fetched.by_url.remove(&url);
            if !fetched.order.iter().any(|(_, other)| *other == id) {
                fetched.by_id.remove(&id);
            }
        }
        fetched.by_id.insert(id.clone(), bytes.into());
        fetched.by_url.insert(url.to_owned(), id.clone());
        fetched.order.push_back((url.to_owned(), id.clone()));
        Ok(id)
    }
}

fn is_picture(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x89PNG\r\n\x1a\n") || bytes.starts_with(b"\xff\xd8\xff")
}

impl wit::Host for State {
    async fn fetch(&mut self, url: String) -> wasmtime::Result<Result<String, Fault>> {
        self.enter()?;
        let powers = Arc::clone(&self.powers);
        Ok(powers.assets.fetch(&url).await)
    }
}
