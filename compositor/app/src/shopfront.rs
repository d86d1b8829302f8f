//! The shop of a show: its database opened, its shelves filled from the show file, its news told to plugins.

use crate::load::{Loaded, read_asset, resolve};
use crate::wiring;
use anyhow::{Context, anyhow};
use std::path::Path;
use std::sync::Arc;
use vitrine_commerce::{Currency, Refusal, ShowId};
use vitrine_show::goods;
use vitrine_show::ports::shop::{IdempotencyKey, Shop};
use vitrine_store::{Options, Store};

/// A show's name as an address and an id: `Autumn drop` is `autumn-drop`.
pub fn slug(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let slug = words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("-");
    let slug: String = slug.chars().take(48).collect();
    if slug.is_empty() { "show".to_owned() } else { slug }
}

/// The shop's database beside the show file, unless one is named.
pub fn database(named: Option<&str>, loaded: &Loaded) -> String {
    let beside = || loaded.dir.join(format!("{}.db", slug(&loaded.show.name))).display().to_string();
    named.map_or_else(beside, str::to_owned)
}

/// Opens the shop and puts on its shelves what the show file lists and the database does not know yet.
///
/// # Errors
/// When the database can't be opened, or the show file's products can't be sold.
pub async fn open(url: &str, loaded: &Loaded) -> anyhow::Result<Arc<Store>> {
    let (store, work) = Store::open(url, Options::default()).await.context("can't open the shop's database")?;
    wiring::start_store(work)?;
    stock(&store, loaded).await?;
    Ok(store)
}

/// Brings the products of a show file into the shop. What was sold stays sold.
///
/// # Errors
/// When a product can't be sold as the file says; what stands before it is taken.
pub async fn stock(store: &Store, loaded: &Loaded) -> anyhow::Result<()> {
    let mut catalogues = vec![goods::catalogue(&loaded.file).map_err(|why| anyhow!(why))?];
    if let Some(path) = &loaded.file.catalogue {
        catalogues.push(catalogue_file(&resolve(&loaded.dir, path))?);
    }
    for (n, command) in catalogues.iter().flat_map(|c| c.commands()).enumerate() {
        let key = IdempotencyKey::new(&format!("show-file-{}-{n}", uuid_like())).map_err(|e| anyhow!("{e}"))?;
        match store.submit(command, key).await {
            // A shelf that was filled before keeps what is left on it.
            Ok(_) | Err(Refusal::Stale { .. }) => {}
            Err(refusal) => return Err(anyhow!("the shop refused the show file's products: {refusal}")),
        }
    }
    Ok(())
}

/// A name for one reading of the file, so that a later reading is not taken for a repeat of this one.
fn uuid_like() -> u128 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default().as_nanos()
}

fn catalogue_file(path: &Path) -> anyhow::Result<vitrine_commerce::import::Catalogue> {
    let text = String::from_utf8(read_asset(path)?).with_context(|| format!("{} is not UTF-8", path.display()))?;
    let euro = Currency::new("EUR").map_err(|e| anyhow!("{e}"))?;
    vitrine_commerce::import::catalogue(&text, euro).map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(|error| format!("{}: {error}", path.display())).collect();
        anyhow!(lines.join("\n"))
    })
}

/// The shop's id of a show.
pub fn show_id(name: &str) -> Option<ShowId> {
    ShowId::new(&slug(name)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_show_s_name_makes_an_address() {
        assert_eq!(slug("Autumn drop: 2026!"), "autumn-drop-2026");
        assert_eq!(slug("秋"), "show");
        assert!(show_id("Autumn drop").is_some());
    }
}
