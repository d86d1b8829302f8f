//! Everything that a guest may touch: one struct, one file and one WIT interface each, one deny test each.
//!
//! ```text
//! guest ──import──► power: permit? ──no──► fault::denied, with the line to add
//!                             └──yes─► within its limits? ──► the outside (a trait) or a proposal to the show
//! ```

pub(crate) mod assets;
pub(crate) mod chat;
pub(crate) mod devices;
pub(crate) mod http;
pub(crate) mod kv;
pub(crate) mod log;
pub(crate) mod orders;
pub mod overlay;
pub(crate) mod permit;
pub(crate) mod polls;
pub(crate) mod rate;
pub(crate) mod secrets;
pub(crate) mod settings;
pub(crate) mod shop;
pub(crate) mod system;
pub(crate) mod telemetry;
pub(crate) mod timers;
pub(crate) mod udp;

use crate::bindings::FullPlugin;
use crate::grants::PluginGrant;
use crate::guest::State;
use crate::mailbox::Mailbox;
use crate::outside::{Outside, View};
use permit::Permit;
use std::collections::BTreeMap;
use std::sync::Arc;
use vitrine_media::PluginId;
use vitrine_plugin_manifest::Manifest;
use wasmtime::component::{HasSelf, Linker};

/// All that one plugin may touch, shared by its instances. It has no other way to the world:
/// its WASI has no files, no sockets, no environment.
pub struct Powers {
    /// Layers on the picture, as proposals.
    pub(crate) overlay: overlay::Overlay,
    /// Pictures from allowed addresses.
    pub(crate) assets: assets::Assets,
    /// Requests to allowed addresses.
    pub(crate) http: Arc<http::Http>,
    /// Its own small store.
    pub(crate) kv: kv::Kv,
    /// Secrets, used unseen.
    pub(crate) secrets: Arc<secrets::Secrets>,
    /// What the operator set.
    pub(crate) settings: settings::Settings,
    /// Clock and ids.
    pub(crate) system: system::System,
    /// Wake-ups.
    pub(crate) timers: timers::Timers,
    /// Datagrams to bound equipment.
    pub(crate) udp: udp::Udp,
    /// What answers in the studio's network.
    pub(crate) devices: devices::Devices,
    /// Words to the audience, as proposals.
    pub(crate) chat: chat::Chat,
    /// The shop window; offers as proposals.
    pub(crate) shop: shop::Shop,
    /// Orders.
    pub(crate) orders: orders::Orders,
    /// Polls; new ones as proposals.
    pub(crate) polls: polls::Polls,
    /// Its own figures.
    pub(crate) telemetry: telemetry::Telemetry,
    /// Its own lines.
    pub(crate) log: log::Log,
}

/// What a plugin's powers are made of.
pub(crate) struct Means<'a> {
    pub plugin: &'a PluginId,
    pub manifest: &'a Manifest,
    pub grant: &'a PluginGrant,
    pub outside: &'a Arc<Outside>,
    pub view: &'a Arc<View>,
    pub mailbox: &'a Arc<Mailbox>,
    pub files: &'a Arc<BTreeMap<String, Arc<[u8]>>>,
}

impl Powers {
    /// The powers of manifest ∩ grant. What an earlier version of the plugin drew and logged stays.
    pub(crate) fn new(means: &Means<'_>, before: Option<&Self>) -> Self {
        let Means { plugin, manifest, grant, outside, view, mailbox, files } = means;
        let permit = Arc::new(Permit::new(manifest, grant));
        let secrets = Arc::new(secrets::Secrets::new(&permit, outside));
        let http = Arc::new(http::Http::new(&permit, manifest, grant, &secrets, outside, mailbox));
        Self {
            overlay: overlay::Overlay::new(&permit, manifest, plugin, outside, before.map(|b| &b.overlay)),
            assets: assets::Assets::new(&http, files, before.map(|b| &b.assets)),
            kv: kv::Kv::new(&permit, manifest, outside),
            settings: settings::Settings::new(before.map(|b| &b.settings)),
            system: system::System::new(outside),
            timers: timers::Timers::new(outside, mailbox),
            udp: udp::Udp::new(&permit, grant, outside),
            devices: devices::Devices::new(&permit, outside),
            chat: chat::Chat::new(&permit, plugin, outside),
            shop: shop::Shop::new(&permit, plugin, outside, view),
            orders: orders::Orders::new(&permit, view),
            polls: polls::Polls::new(&permit, plugin, outside, view),
            telemetry: telemetry::Telemetry::new(before.map(|b| &b.telemetry)),
            log: log::Log::new(plugin, outside, before.map(|b| &b.log)),
            http,
            secrets,
        }
    }
}

/// Links every power into a linker.
pub(crate) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    FullPlugin::add_to_linker::<_, HasSelf<State>>(linker, |s| s)
}

impl crate::bindings::takes::types::Host for State {}
