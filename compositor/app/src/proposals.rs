//! What plugins propose, judged and put on the picture.

use crate::on_air::Layers;
use crate::studio::Studio;
use std::sync::{Arc, Weak};
use vitrine_media::PluginId;
use vitrine_scene::overlay::Layer;
use vitrine_show::ports::desk::ProposedDeal;
use vitrine_show::ports::plugins::{Proposals, Proposed};

/// Layers that all plugins together may have: the show file has far fewer overlays.
const LAYERS_MAX: usize = 256;

/// What plugins propose, brought to the show.
pub struct ToShow(pub Weak<Studio>);

impl Proposals for ToShow {
    fn propose(&self, plugin: &PluginId, what: Proposed) -> bool {
        let Some(studio) = self.0.upgrade() else { return false };
        match what {
            Proposed::Overlay { layer, size, ops, .. } => commit(&studio, plugin, &layer, size, &ops),
            Proposed::LayersShown(shown) => {
                show_layers(&studio, plugin, shown);
                true
            }
            Proposed::Gone => {
                forget_layers(&studio, plugin);
                true
            }
            Proposed::Say { channel, text } => {
                tracing::info!(plugin = %plugin, "says: {text}");
                studio.words.add(&channel, &text)
            }
            Proposed::Offer { sku, price, seconds } => {
                let price = price.map(|amount| (amount.minor, amount.currency));
                waits(&studio, plugin, ProposedDeal::Offer { sku, price, seconds })
            }
            Proposed::Poll { question, answers, seconds } => {
                waits(&studio, plugin, ProposedDeal::Poll { question, answers, seconds })
            }
        }
    }
}

/// Puts a deal before the seller, who accepts or declines it at the desk.
fn waits(studio: &Studio, plugin: &PluginId, deal: ProposedDeal) -> bool {
    let taken = studio.proposals.add(plugin, studio.now(), deal);
    if taken {
        tracing::info!(plugin = %plugin, "has a proposal for the seller");
    }
    taken
}

#[allow(clippy::cast_precision_loss, reason = "a layer is a few thousand pixels across")]
fn commit(
    studio: &Studio,
    plugin: &PluginId,
    name: &str,
    size: (u32, u32),
    ops: &[vitrine_scene::overlay::Op],
) -> bool {
    let now = studio.now();
    let key = (plugin.clone(), name.to_owned());
    let mut parts = studio.parts();
    let before = parts.layers.get(&key);
    if before.is_none() && parts.layers.len() >= LAYERS_MAX {
        return false;
    }
    let mut layer = before.map_or_else(|| Layer::new((size.0 as f32, size.1 as f32)), |layer| Layer::clone(layer));
    if let Err(why) = layer.commit(ops, now) {
        tracing::warn!(plugin = %plugin, "layer {name}: {why}");
        return false;
    }
    let mut layers = Layers::clone(&parts.layers);
    layers.insert(key, Arc::new(layer));
    parts.layers = Arc::new(layers);
    studio.publish(&parts);
    true
}

/// Hides a failed plugin's layers, or shows them again.
fn show_layers(studio: &Studio, plugin: &PluginId, shown: bool) {
    let now = studio.now();
    let mut parts = studio.parts();
    let mut layers = Layers::clone(&parts.layers);
    for ((owner, name), layer) in &mut layers {
        if owner == plugin {
            let mut changed = Layer::clone(layer);
            if let Err(why) = changed.commit(&[vitrine_scene::overlay::Op::Visible(shown)], now) {
                tracing::warn!(plugin = %plugin, "layer {name}: {why}");
            }
            *layer = Arc::new(changed);
        }
    }
    parts.layers = Arc::new(layers);
    studio.publish(&parts);
}

/// A plugin has left the show.
fn forget_layers(studio: &Studio, plugin: &PluginId) {
    let mut parts = studio.parts();
    let mut layers = Layers::clone(&parts.layers);
    layers.retain(|(owner, _), _| owner != plugin);
    parts.layers = Arc::new(layers);
    studio.publish(&parts);
}
