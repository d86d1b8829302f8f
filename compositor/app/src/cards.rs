//! The show's own graphics (cards, QR signs, boards): kept as the shop is, without any plugin.

use crate::on_air::Layers;
use arc_swap::ArcSwap;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use vitrine_commerce::{ShopView, ShowId};
use vitrine_media::ShowTime;
use vitrine_scene::file::ShowFile;
use vitrine_scene::overlay::{Layer, Op};
use vitrine_scene::own::{self, Face, Own};
use vitrine_show::{cards, goods};

/// The shop as cards see it, and what they show.
pub struct Cards {
    show: Option<ShowId>,
    address: String,
    view: ArcSwap<ShopView>,
    shown: Mutex<Shown>,
}

#[derive(Default)]
struct Shown {
    /// The view that was shown last, by its address: views are never changed, only replaced.
    seen: Option<Arc<ShopView>>,
    /// When they change though the view does not, milliseconds since 1970.
    turns_ms: Option<u64>,
    faces: BTreeMap<Own, Option<Face>>,
}

impl Cards {
    /// Cards of a show, filled from its file until a store is there.
    pub fn new(file: &ShowFile, show: Option<ShowId>, address: String) -> Self {
        let shelf = goods::shelf(file).unwrap_or_else(|why| {
            tracing::warn!("product cards stay empty: {why}");
            ShopView::default()
        });
        Self { show, address, view: ArcSwap::from_pointee(shelf), shown: Mutex::default() }
    }

    /// The shop has changed; it is shown within a thirtieth of a second.
    pub fn see(&self, view: Arc<ShopView>) {
        self.view.store(view);
    }

    /// The shop's id of the show, if its name makes one.
    pub const fn show(&self) -> Option<&ShowId> {
        self.show.as_ref()
    }

    /// Where viewers reach the pages.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The shop as it was seen last.
    pub fn view(&self) -> Arc<ShopView> {
        self.view.load_full()
    }

    /// Brings the cards of `file` up to date. `None` if nothing has changed since the last call.
    pub fn refresh(&self, file: &ShowFile, layers: &Layers, at: ShowTime, unix_ms: u64) -> Option<Layers> {
        let show = self.show.as_ref()?;
        let view = self.view.load_full();
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = own::wanted(file);
        let same_view = shown.seen.as_ref().is_some_and(|seen| Arc::ptr_eq(seen, &view));
        let same_cards = wanted.len() == shown.faces.len() && wanted.iter().all(|card| shown.faces.contains_key(card));
        if same_view && same_cards && shown.turns_ms.is_none_or(|at| unix_ms < at) {
            return None;
        }
        let face = |own: &Own| cards::face(&view, show, own, unix_ms, &self.address);
        let fresh: BTreeMap<Own, Option<Face>> = wanted.into_iter().map(|own| (own.clone(), face(&own))).collect();
        shown.turns_ms = cards::changes_next_ms(&view, unix_ms);
        shown.seen = Some(view);
        if fresh == shown.faces {
            return None;
        }
        let mut layers = layers.clone();
        let owner = own::owner()?;
        let slots: Vec<String> = fresh.keys().map(Own::slot).collect();
        layers.retain(|(plugin, slot), _| *plugin != owner || slots.contains(slot));
        for (own, face) in &fresh {
            if shown.faces.get(own) != Some(face) {
                let key = (owner.clone(), own.slot());
                let before = layers.get(&key).map(|layer| Layer::clone(layer));
                if let Some(layer) = drawn(own, face.as_ref(), before, at) {
                    layers.insert(key, Arc::new(layer));
                }
            }
        }
        shown.faces = fresh;
        Some(layers)
    }
}

/// A layer that shows a face. One that shows something for the first time shows it as it is; later, what changes
/// moves.
fn drawn(own: &Own, face: Option<&Face>, before: Option<Layer>, at: ShowTime) -> Option<Layer> {
    let first = before.is_none();
    let mut layer = before.unwrap_or_else(|| Layer::new(own.size()));
    let ops = face.map_or_else(|| vec![Op::Visible(false)], |face| own.ops(face));
    if let Err(why) = layer.commit(&ops, at) {
        tracing::warn!("a graphic can't be drawn: {why}");
        return None;
    }
    if let Some(Face::Goods(face)) = face {
        layer.set_product(&face.sku);
    }
    Some(if first { layer.settled() } else { layer })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
    use super::*;
    use vitrine_scene::file::Goods;

    const FILE: &str = "vitrine = 1\nname = \"Shop\"\n[[canvas]]\nname = \"main\"\nsize = [640, 360]\n\
        [[overlay]]\nname = \"mug\"\ncard = \"MUG\"\n[[overlay]]\nname = \"sign\"\nqr = \"@stage\"\n\
        [[product]]\nsku = \"MUG\"\ntitle = \"Mug\"\nprice = \"14.90 EUR\"\nstock = 120\n";

    #[test]
    fn cards_follow_the_shop_and_only_the_shop() {
        let file = vitrine_scene::file::parse(FILE, "show.toml").unwrap();
        let cards = Cards::new(&file, ShowId::new("shop").ok(), "https://x.example".to_owned());
        let at = ShowTime::ZERO;
        let first = cards.refresh(&file, &Layers::new(), at, 0).unwrap();
        let key = (own::owner().unwrap(), Own::Card(Goods::Sku("MUG".into())).slot());
        assert_eq!(first[&key].product().map(AsRef::as_ref), Some("MUG"));
        assert!(cards.refresh(&file, &first, at, 0).is_none(), "nothing has changed");
        let mut view = ShopView::clone(&cards.view.load());
        let (sku, product) = view.products.pop_first().unwrap();
        view.products.insert(sku, Arc::new(vitrine_commerce::ProductView { left: 119, ..(*product).clone() }));
        cards.see(Arc::new(view));
        let next = cards.refresh(&file, &first, at, 0).unwrap();
        assert!(next[&key].revision() > first[&key].revision());
        cards.see(Arc::new(ShopView::clone(&cards.view.load())));
        assert!(cards.refresh(&file, &next, at, 0).is_none(), "another view that says the same");
    }
}
