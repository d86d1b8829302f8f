//! The plugins of a show: started as the show file names them; what they propose is judged and put on the picture.

use crate::on_air::Layers;
use crate::studio::Studio;
use anyhow::{Context, anyhow};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use vitrine_media::PluginId;
use vitrine_plugin_host::{
    Compiler, FileKv, FolderLogs, LanFinder, Lookup, Outside, PluginFolder, PluginHost, SystemClock, SystemDatagrams,
    SystemLookup, Wire,
};
use vitrine_scene::file::ShowFile;
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
            Proposed::Say { text, .. } => {
                tracing::info!(plugin = %plugin, "says: {text}");
                true
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

/// The program with the compiler and the author's tools, beside this one: the live program carries no compiler.
///
/// # Errors
/// When this program can't find itself.
pub fn tools() -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe().context("can't find this program")?;
    Ok(program.with_file_name("vitrine-plugin"))
}

/// Starts the plugins that the show file names and that are installed beside it.
///
/// # Errors
/// When WebAssembly can't be had on this machine; the show goes on without plugins.
pub fn start(studio: &Arc<Studio>, show_file: &Path, file: &ShowFile) -> anyhow::Result<PluginHost> {
    let folder = PluginFolder::beside(show_file);
    let lookup: Arc<dyn Lookup> = Arc::new(SystemLookup);
    let outside = Outside {
        clock: Arc::new(SystemClock::start()),
        proposals: Arc::new(ToShow(Arc::downgrade(studio))),
        transport: Arc::new(Wire::new(&lookup).map_err(|why| anyhow!(why))?),
        datagrams: Arc::new(SystemDatagrams::open()),
        finder: Arc::new(LanFinder),
        kv: Arc::new(FileKv::new(&folder.data()).context("can't open the plugins' data")?),
        secrets: Arc::new(PluginFolder::beside(show_file)),
        log: Arc::new(FolderLogs::new(&folder)),
    };
    let compiler = Compiler::Process { program: tools()?, args: vec!["compile".into()] };
    let host = PluginHost::start(outside, folder.cache(compiler)?)?;
    let installed = folder.list();
    for (name, settings) in &file.plugins.0 {
        if installed.contains_key(name.as_str()) {
            host.add(name.clone(), folder.source(name.as_str()), serde_json::Value::Object(settings.0.clone()));
        } else {
            tracing::warn!(plugin = %name, "is not installed; vitrine plugin install FILE.vpk --show {}", show_file.display());
        }
    }
    Ok(host)
}
