//! Plugins: what the show tells them, what they may read, what they are asked, and what they propose.
//!
//! ```text
//! show ──tell(Event)──► mailbox ──► guest ──commit / say / propose──► Proposals::propose ──► show::step judges
//! desk ──call(Call)───► worker  ──► guest ──► Reply
//! ```
//!
//! Plain values only: nothing here knows how a guest is run.

mod calls;

use crate::ports::Answer;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use vitrine_media::PluginId;
use vitrine_scene::overlay::Op;

pub use calls::{
    Call, CallError, Checkout, Fact, Inbound, NextStep, Notice, Outcome, PaymentNews, PaymentState, Quote, Reply,
    Shipment, StockLevel,
};

/// An amount as it crosses to a plugin: minor units and the ISO 4217 code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    /// In the currency's smallest unit.
    pub minor: i64,
    /// Such as `EUR`.
    pub currency: String,
}

/// A product in the shop window.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductView {
    /// Its stock keeping unit.
    pub sku: String,
    /// Its title.
    pub title: String,
    /// Its price now.
    pub price: Amount,
    /// The price before, if it is reduced.
    #[serde(default)]
    pub old_price: Option<Amount>,
    /// What can still be bought; `None` is unlimited.
    #[serde(default)]
    pub available: Option<u32>,
    /// What the show started with; `None` is unlimited.
    #[serde(default)]
    pub total: Option<u32>,
}

/// The offer that is on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferView {
    /// Its id.
    pub id: String,
    /// What is offered.
    pub sku: String,
    /// `plain` or `flash`.
    pub kind: String,
    /// The offer's price.
    pub price: Amount,
    /// The price before.
    #[serde(default)]
    pub old_price: Option<Amount>,
    /// When it ends, in milliseconds since 1970.
    #[serde(default)]
    pub ends_unix_ms: Option<u64>,
    /// What viewers type.
    #[serde(default)]
    pub short_code: String,
    /// What the QR code says.
    #[serde(default)]
    pub buy_url: String,
}

/// The shop window as plugins see it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ShopView {
    /// All products, in the show's order.
    pub products: Vec<ProductView>,
    /// The offer that is on.
    pub offer: Option<OfferView>,
    /// The SKU that comes next.
    pub next: Option<String>,
}

/// Someone in the audience.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ViewerView {
    /// Id at the platform.
    pub id: String,
    /// Name shown.
    pub name: String,
    /// Such as `youtube`.
    pub platform: String,
    /// Such as `moderator`.
    pub roles: Vec<String>,
}

/// A chat message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatMessage {
    /// Id at the platform.
    pub id: String,
    /// Who wrote it.
    pub who: ViewerView,
    /// What it says; any script, hostile.
    pub text: String,
    /// When, in milliseconds since 1970.
    #[serde(default)]
    pub at_unix_ms: u64,
    /// Such as `amount` for a paid message.
    #[serde(default)]
    pub extra: Vec<(String, String)>,
}

/// One line of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineView {
    /// What.
    pub sku: String,
    /// Its title when it was bought.
    pub title: String,
    /// How many.
    pub quantity: u32,
    /// Price of one.
    pub unit_price: Amount,
}

/// An order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderView {
    /// Its id.
    pub id: String,
    /// `held`, `paid`, `packed`, `shipped`, `cancelled` or `refunded`.
    pub status: String,
    /// What was bought.
    pub lines: Vec<LineView>,
    /// What it costs.
    pub total: Amount,
    /// Who bought it; left out where a plugin may not see buyers.
    #[serde(default)]
    pub buyer: Option<ViewerView>,
    /// When, in milliseconds since 1970.
    #[serde(default)]
    pub placed_unix_ms: u64,
    /// Such as the shipping address, where a fulfilment plugin is asked.
    #[serde(default)]
    pub extra: Vec<(String, String)>,
}

/// An answer of a poll and its votes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChoiceView {
    /// Its id.
    pub id: String,
    /// What it says.
    pub title: String,
    /// Votes so far.
    pub votes: u64,
}

/// A poll.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PollView {
    /// Its id.
    pub id: String,
    /// The question.
    pub question: String,
    /// The answers.
    pub choices: Vec<ChoiceView>,
    /// Whether votes still count.
    pub open: bool,
    /// When it closes, in milliseconds since 1970.
    #[serde(default)]
    pub closes_unix_ms: Option<u64>,
    /// The winning choice's id, once closed and one leads.
    #[serde(default)]
    pub winner: Option<String>,
}

/// What the show tells every plugin that may know it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// The shop window changed; plugins are told what differs from the last one.
    Shop(Arc<ShopView>),
    /// Chat messages, oldest first.
    Chat(Arc<[ChatMessage]>),
    /// Orders that are new or changed.
    Orders(Arc<[OrderView]>),
    /// The poll that is open, or was just closed.
    Poll(Arc<PollView>),
}

/// What a plugin proposes. The show judges it like any stranger's input.
#[derive(Clone, Debug, PartialEq)]
pub enum Proposed {
    /// Changes of a layer, all or nothing. The host has committed them to a copy of the layer already, so
    /// [`vitrine_scene::overlay::Layer::commit`] takes them.
    Overlay {
        /// The layer's name in the plugin's manifest: the `slot` of an `[[overlay]]`.
        layer: Arc<str>,
        /// Design size of the layer, in pixels of a 1080-line picture.
        size: (u32, u32),
        /// Counts the commits of this layer since it was opened.
        revision: u64,
        /// The changes, in order.
        ops: Arc<[Op]>,
    },
    /// The host's doing, not the guest's: the plugin failed and its layers are hidden, or it is well again.
    LayersShown(bool),
    /// The host's doing: the plugin has left the show, and all that it drew goes.
    Gone,
    /// Words for the chats.
    Say {
        /// One channel, or all when empty.
        channel: String,
        /// At most 200 characters.
        text: String,
    },
    /// To offer a product.
    Offer {
        /// Which.
        sku: String,
        /// At what price, within the seller's bounds.
        price: Option<Amount>,
        /// For how long.
        seconds: Option<u32>,
    },
    /// To ask the audience.
    Poll {
        /// The question.
        question: String,
        /// Two to six answers.
        answers: Vec<String>,
        /// Open for so long.
        seconds: u32,
    },
}

/// Where proposals go. Called on plugin threads; must not wait.
pub trait Proposals: Send + Sync {
    /// Hands over one proposal. `false`: no room now, nothing was taken; the guest is told to try again.
    fn propose(&self, plugin: &PluginId, what: Proposed) -> bool;
}

/// Where a plugin stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PluginState {
    /// The operator has not granted what its manifest asks for.
    WaitsForConsent,
    /// Being compiled.
    Compiling,
    /// Being loaded and told to start.
    Starting,
    /// At work.
    Running,
    /// Failed; starts again by itself.
    Backoff,
    /// Failed too often; starts again only when someone says so.
    Quarantined,
    /// Switched off.
    Stopped,
}

/// One plugin as the console shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PluginStatus {
    /// Its name in the show file.
    pub plugin: PluginId,
    /// Its package's id.
    pub package: String,
    /// Its version.
    pub version: String,
    /// Where it stands.
    pub state: PluginState,
    /// The last trouble, for people.
    pub last_fault: Option<String>,
    /// Faults since the host started.
    pub faults: u64,
    /// Calls into the guest since the host started.
    pub calls: u64,
    /// Events that its full mailbox dropped.
    pub dropped: u64,
    /// Bytes of linear memory that its instances hold.
    pub memory_bytes: u64,
    /// Layers that it may draw on.
    pub layers: Vec<String>,
    /// What it offers, such as `payment-provider`.
    pub exports: Vec<String>,
}

/// What can be done to one plugin by hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// Starts it, also out of quarantine.
    Start,
    /// Stops it; its layers are hidden.
    Stop,
    /// Loads its package anew and swaps it in without a flicker.
    Reload,
}

/// The plugins, as show, server and app reach them.
pub trait Plugins: Send + Sync {
    /// Tells every plugin that may know it. Never waits: a full mailbox drops its oldest and counts it.
    fn tell(&self, event: Event);

    /// Asks one plugin something and waits for its answer at most `limit` (the host's own limit if that is less).
    fn call<'a>(&'a self, plugin: &'a PluginId, call: Call, limit: Duration) -> Answer<'a, Result<Reply, CallError>>;

    /// The bytes behind an image node's asset name: a packaged file or a fetched one. `product:SKU` is the show's.
    fn asset(&self, plugin: &PluginId, name: &str) -> Option<Arc<[u8]>>;

    /// All plugins, by name.
    fn list(&self) -> Vec<PluginStatus>;

    /// The newest lines of a plugin's log, oldest first, at most `lines`.
    fn logs(&self, plugin: &PluginId, lines: usize) -> Vec<String>;

    /// Does something to a plugin. `false`: there is no such plugin.
    fn order(&self, plugin: &PluginId, order: Order) -> bool;

    /// New settings of a plugin, as the JSON object of its `[plugin.NAME]` table.
    ///
    /// # Errors
    /// A text that names the key and what its schema wants; the old settings stay.
    fn set_settings(&self, plugin: &PluginId, settings: serde_json::Value) -> Result<(), String>;
}
