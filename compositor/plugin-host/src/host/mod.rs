//! The host: all plugins of a show, each with a task of its own on the plugin threads.

mod actor;
mod version;
mod workers;

use crate::compile::{Cache, CompileError};
use crate::convert;
use crate::engine::{self, Allocation, EngineError};
use crate::grants::{Consent, PluginGrant};
use crate::guest::{GuestCall, State, linker};
use crate::limits;
use crate::mailbox::{Letter, Mailbox};
use crate::outside::{Outside, View};
use crate::package::Package;
use crate::powers::telemetry::Figure;
use crate::webhook;
use actor::Actor;
use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;
use thiserror::Error;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Semaphore, oneshot};
use vitrine_media::PluginId;
use vitrine_show::ports::Answer;
use vitrine_show::ports::plugins::{
    Call, CallError, ChatMessage, Event, Order, OrderView, PluginState, PluginStatus, Plugins, Proposed, Reply,
};
use wasmtime::Engine;
use wasmtime::component::Linker;

pub(crate) use version::Version;

/// Why there is no host.
#[derive(Debug, Error)]
pub enum HostError {
    /// WebAssembly doesn't run here.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// No threads.
    #[error("no threads for plugins: {0}; raise the limit on threads")]
    Threads(#[from] io::Error),
}

/// Why a plugin could not be loaded.
#[derive(Debug, Error)]
pub enum LoadError {
    /// The component could not be made ready.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// The component doesn't fit the host.
    #[error("plugin `{0}` does not fit this host: {1}")]
    Link(String, String),
    /// The manifest says other than the component.
    #[error(
        "plugin `{plugin}`: plugin.toml says that it exports {said}, the component exports {found}; make them equal"
    )]
    Exports {
        /// Which plugin.
        plugin: String,
        /// What the manifest says.
        said: String,
        /// What the component has.
        found: String,
    },
    /// Settings don't fit the schema.
    #[error("plugin `{0}`: {1}")]
    Settings(String, String),
    /// The package could not be read.
    #[error("plugin `{0}`: {1}")]
    Source(String, String),
}

/// Where a plugin's package and grant come from, now and at each reload. Called on a thread that may block.
pub trait Source: Send + Sync {
    /// The package and what it is granted.
    ///
    /// # Errors
    /// A text for the operator.
    fn load(&self) -> Result<(Package, PluginGrant), String>;
}

/// What all plugins share.
pub(crate) struct Shared {
    pub engine: Engine,
    pub linker: Linker<State>,
    pub outside: Arc<Outside>,
    pub view: Arc<View>,
    pub cache: Cache,
    /// Main instances that were started, and plugins that ended.
    pub turns: AtomicU64,
}

/// What the console sees of one plugin, kept by its task.
pub(crate) struct Standing {
    pub state: PluginState,
    pub last_fault: Option<String>,
    pub faults: u64,
}

/// One plugin of the show.
pub(crate) struct Plugin {
    pub name: PluginId,
    pub source: Box<dyn Source>,
    pub mailbox: Arc<Mailbox>,
    pub settings: Mutex<serde_json::Value>,
    pub standing: Mutex<Standing>,
    pub version: RwLock<Option<Arc<Version>>>,
    pub memory: Arc<AtomicU64>,
    pub calls: AtomicU64,
    /// Closed when its task has ended.
    pub ended: Semaphore,
}

impl Plugin {
    pub(crate) fn version(&self) -> Option<Arc<Version>> {
        self.version.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn state(&self) -> PluginState {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner).state
    }

    fn status(&self) -> PluginStatus {
        let standing = self.standing.lock().unwrap_or_else(PoisonError::into_inner);
        let version = self.version();
        let about = version.as_ref().map(|v| &v.manifest.plugin);
        PluginStatus {
            plugin: self.name.clone(),
            package: about.map(|a| a.id.clone()).unwrap_or_default(),
            version: about.map(|a| a.version.clone()).unwrap_or_default(),
            state: standing.state,
            last_fault: standing.last_fault.clone(),
            faults: standing.faults,
            calls: self.calls.load(Ordering::Relaxed),
            dropped: self.mailbox.dropped(),
            memory_bytes: self.memory.load(Ordering::Relaxed),
            layers: version.as_ref().map(|v| v.powers.overlay.names()).unwrap_or_default(),
            exports: version.map(|v| v.manifest.exports.clone()).unwrap_or_default(),
        }
    }
}

/// All plugins of a show. Dropping it ends them.
pub struct PluginHost {
    shared: Arc<Shared>,
    plugins: RwLock<BTreeMap<PluginId, Arc<Plugin>>>,
    leaving: Mutex<BTreeMap<PluginId, Arc<Plugin>>>,
    allocation: Allocation,
    down: AtomicBool,
    runtime: Option<Runtime>,
}

impl PluginHost {
    /// Starts the plugin threads (`plugins`, two of them) and the epoch ticker (`plugin-epoch`).
    ///
    /// # Errors
    /// [`HostError`] when WebAssembly or threads are not to be had; the show runs without plugins then.
    pub fn start(outside: Outside, cache: Cache) -> Result<Self, HostError> {
        let (engine, allocation) = engine::engine()?;
        engine::start_ticker(&engine)?;
        let linker = linker(&engine).map_err(|e| EngineError::Config(format!("{e:#}")))?;
        // Without `event_interval(1)` spinning guests would starve the timers that end them.
        let runtime = Builder::new_multi_thread()
            .worker_threads(limits::GUEST_THREADS)
            .thread_name("plugins")
            .on_thread_start(give_way)
            .event_interval(1)
            .enable_all()
            .build()?;
        let shared = Arc::new(Shared {
            engine,
            linker,
            outside: Arc::new(outside),
            view: Arc::default(),
            cache,
            turns: AtomicU64::new(0),
        });
        let (plugins, leaving) = (RwLock::default(), Mutex::default());
        Ok(Self { shared, plugins, leaving, allocation, down: AtomicBool::new(false), runtime: Some(runtime) })
    }

    /// How guests' memories are made on this machine.
    #[must_use]
    pub const fn allocation(&self) -> Allocation {
        self.allocation
    }

    /// How often a main instance was started or a plugin ended, so far: what it had asked for is free since.
    #[must_use]
    pub fn turns(&self) -> u64 {
        self.shared.turns.load(Ordering::Relaxed)
    }

    /// Adds a plugin and starts it in the background, once one of the same name that was there before has ended.
    pub fn add(&self, name: PluginId, source: Box<dyn Source>, settings: serde_json::Value) {
        let plugin = Arc::new(Plugin {
            name: name.clone(),
            source,
            mailbox: Arc::default(),
            settings: Mutex::new(settings),
            standing: Mutex::new(Standing { state: PluginState::Starting, last_fault: None, faults: 0 }),
            version: RwLock::new(None),
            memory: Arc::default(),
            calls: AtomicU64::new(0),
            ended: Semaphore::new(0),
        });
        self.remove(&name);
        let before = self.leaving.lock().unwrap_or_else(PoisonError::into_inner).remove(&name);
        self.plugins.write().unwrap_or_else(PoisonError::into_inner).insert(name, Arc::clone(&plugin));
        let actor = Actor::new(Arc::clone(&self.shared), plugin);
        if let Some(runtime) = &self.runtime {
            runtime.spawn(async move {
                if let Some(before) = before {
                    // There is never a permit: this returns when the semaphore is closed.
                    drop(before.ended.acquire().await);
                }
                actor.run().await;
            });
        }
    }

    /// Stops a plugin and forgets it; what it drew goes. `false`: there is none of this name.
    pub fn remove(&self, name: &PluginId) -> bool {
        let Some(old) = self.plugins.write().unwrap_or_else(PoisonError::into_inner).remove(name) else { return false };
        old.mailbox.post(Letter::Leave);
        let mut leaving = self.leaving.lock().unwrap_or_else(PoisonError::into_inner);
        leaving.retain(|_, plugin| !plugin.ended.is_closed());
        leaving.insert(name.clone(), old);
        true
    }

    /// Lets plugins read orders of before the start, newest first. No plugin is told: they are no news.
    pub fn remember_orders(&self, orders: &[OrderView]) {
        self.shared.view.remember_orders(orders);
    }

    /// A plugin's own counters and observations.
    #[must_use]
    pub fn figures(&self, name: &PluginId) -> BTreeMap<String, Figure> {
        self.find(name).and_then(|p| p.version()).map(|v| v.powers.telemetry.figures()).unwrap_or_default()
    }

    /// Lines of a plugin's log that were dropped, as they were too many.
    #[must_use]
    pub fn lines_dropped(&self, name: &PluginId) -> u64 {
        self.find(name).and_then(|p| p.version()).map_or(0, |v| v.powers.log.lines_lost())
    }

    fn find(&self, name: &PluginId) -> Option<Arc<Plugin>> {
        self.plugins.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    fn all(&self) -> Vec<Arc<Plugin>> {
        self.plugins.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Ends every plugin: `shutdown` is called, and what has not ended within a second is left to its fate. Blocks; not
    /// to be called on an async thread.
    pub fn shutdown(&self) {
        let Some(runtime) = self.runtime.as_ref().filter(|_| !self.down.swap(true, Ordering::Relaxed)) else { return };
        let all = self.all();
        for plugin in &all {
            plugin.mailbox.post(Letter::Close);
        }
        let ended = async {
            for plugin in &all {
                drop(plugin.ended.acquire().await);
            }
        };
        runtime.block_on(async { drop(tokio::time::timeout(Duration::from_secs(1), ended).await) });
    }
}

impl Drop for PluginHost {
    fn drop(&mut self) {
        // The last handle may be let go of on an async thread, where nothing may block.
        if tokio::runtime::Handle::try_current().is_err() {
            self.shutdown();
        }
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// A guest that spins must not take the cores from the picture: its thread goes behind all others of this process.
fn give_way() {
    #[cfg(target_os = "linux")]
    {
        #[allow(unsafe_code, reason = "the one way to lower a thread's own priority")]
        // SAFETY: setpriority changes only the scheduling of the calling thread (`0` on Linux is the thread).
        let refused = unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, limits::GUEST_NICENESS) } != 0;
        if refused {
            tracing::debug!("the plugin threads run as all others do");
        }
    }
}

/// A message's command, if it starts with one that the plugin answers: name and the rest.
pub(crate) fn command(message: &ChatMessage, known: &[String]) -> Option<(String, String)> {
    let rest = message.text.trim().strip_prefix('!')?;
    let (name, args) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let name = name.to_ascii_lowercase();
    known.contains(&name).then(|| (name, args.trim().chars().take(500).collect()))
}

fn tell_one(plugin: &Plugin, event: &Event, shop_changed: &[&'static str]) {
    let Some(version) = plugin.version() else { return };
    let powers = &version.powers;
    match event {
        Event::Shop(_) if powers.shop.reads() && !shop_changed.is_empty() => {
            plugin.mailbox.shop(shop_changed.iter().copied());
        }
        Event::Chat(messages) if powers.chat.reads() => {
            for message in messages.iter() {
                if let Some((name, args)) = command(message, &version.manifest.commands) {
                    plugin.mailbox.post(Letter::Command { name, args, message: message.clone() });
                }
            }
            plugin.mailbox.chat(messages);
        }
        Event::Orders(orders) if powers.orders.reads() => plugin.mailbox.orders(orders),
        Event::Poll(poll) if powers.polls.reads() => plugin.mailbox.poll(Arc::clone(poll)),
        _ => {}
    }
}

impl Plugins for PluginHost {
    fn tell(&self, event: Event) {
        let changed = match &event {
            Event::Shop(shop) => self.shared.view.put_shop(shop),
            Event::Poll(poll) => {
                self.shared.view.put_poll(poll);
                Vec::new()
            }
            Event::Orders(orders) => {
                self.shared.view.put_orders(orders);
                Vec::new()
            }
            Event::Chat(_) => Vec::new(),
        };
        for plugin in self.all() {
            tell_one(&plugin, &event, &changed);
        }
    }

    fn call<'a>(&'a self, plugin: &'a PluginId, call: Call, limit: Duration) -> Answer<'a, Result<Reply, CallError>> {
        Box::pin(async move {
            let name = || plugin.as_str().to_owned();
            let found = self.find(plugin).ok_or_else(|| CallError::Unknown(name()))?;
            let version = found.version().ok_or_else(|| CallError::NotRunning(name()))?;
            if found.state() != PluginState::Running {
                return Err(CallError::NotRunning(name()));
            }
            if let Call::Panel { id, form } = call {
                return panel(&found, &version, &id, &form, limit).await;
            }
            let call = guest_call(&version, &self.shared, plugin, call)?;
            let runtime = self.runtime.as_ref().ok_or_else(|| CallError::NotRunning(name()))?;
            // The guest runs on the plugin threads, whoever asks.
            let asked = runtime.spawn(async move { workers::ask(&found, &version, call, limit).await });
            asked.await.unwrap_or_else(|_| Err(CallError::NotRunning(plugin.as_str().to_owned())))
        })
    }

    fn asset(&self, plugin: &PluginId, name: &str) -> Option<Arc<[u8]>> {
        self.find(plugin)?.version()?.powers.assets.get(name)
    }

    fn list(&self) -> Vec<PluginStatus> {
        self.all().iter().map(|p| p.status()).collect()
    }

    fn logs(&self, plugin: &PluginId, lines: usize) -> Vec<String> {
        self.find(plugin).and_then(|p| p.version()).map(|v| v.powers.log.tail(lines)).unwrap_or_default()
    }

    fn order(&self, plugin: &PluginId, order: Order) -> bool {
        let found = self.find(plugin);
        if let Some(plugin) = &found {
            plugin.mailbox.post(Letter::Order(order));
        }
        found.is_some()
    }

    fn set_settings(&self, plugin: &PluginId, settings: serde_json::Value) -> Result<(), String> {
        let Some(found) = self.find(plugin) else { return Err(format!("there is no plugin `{plugin}` in this show")) };
        if let Some(version) = found.version() {
            version.apply_settings(&settings)?;
        }
        *found.settings.lock().unwrap_or_else(PoisonError::into_inner) = settings;
        found.mailbox.post(Letter::SettingsChanged);
        Ok(())
    }
}

async fn panel(
    plugin: &Plugin,
    version: &Version,
    id: &str,
    form: &serde_json::Value,
    limit: Duration,
) -> Result<Reply, CallError> {
    let name = || plugin.name.as_str().to_owned();
    let refused = |reason: String| CallError::Refused { plugin: name(), code: "invalid", reason };
    let Some(panel) = version.manifest.panel.iter().find(|p| p.id == id) else {
        return Err(refused(format!("there is no panel `{id}`")));
    };
    let form = match panel.form.as_ref().and_then(|f| version.files.get(f)) {
        Some(schema) => {
            let schema = serde_json::from_slice(schema).map_err(|e| refused(format!("the form's schema: {e}")))?;
            crate::schema::check(&schema, form).map_err(refused)?
        }
        None => serde_json::json!({}),
    };
    let (answer, wait) = oneshot::channel();
    plugin.mailbox.post(Letter::Panel { id: id.to_owned(), form: form.to_string(), answer });
    match tokio::time::timeout(limit.min(limits::EVENT.wall), wait).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(CallError::NotRunning(name())),
        Err(_) => Err(CallError::Timeout(name())),
    }
}

/// The guest's side of a call; a webhook's signature is checked here.
fn guest_call(version: &Version, shared: &Shared, plugin: &PluginId, call: Call) -> Result<GuestCall, CallError> {
    Ok(match call {
        Call::PaymentCreate(c) => GuestCall::PaymentCreate(convert::checkout(&c)),
        Call::PaymentStatus(reference) => GuestCall::PaymentStatus(reference),
        Call::PaymentRefund { reference, amount, idempotency_key } => {
            GuestCall::PaymentRefund(reference, convert::money(&amount), idempotency_key)
        }
        Call::PaymentCapture { reference, amount, idempotency_key } => {
            GuestCall::PaymentCapture(reference, convert::money(&amount), idempotency_key)
        }
        Call::PaymentVoid { reference, idempotency_key } => GuestCall::PaymentVoid(reference, idempotency_key),
        Call::FulfilmentQuotes(order) => GuestCall::Quotes(convert::order(&order, true)),
        Call::FulfilmentShip { order, service, idempotency_key } => {
            GuestCall::Ship(convert::order(&order, true), service, idempotency_key)
        }
        Call::FulfilmentTrack(reference) => GuestCall::Track(reference),
        Call::StockLevels(skus) => GuestCall::StockLevels(skus),
        Call::StockPublish(levels) => GuestCall::StockPublish(levels.iter().map(convert::level).collect()),
        Call::Webhook { hook, request } => {
            let refused =
                |reason: String| CallError::Refused { plugin: plugin.as_str().to_owned(), code: "invalid", reason };
            let Some(known) = version.manifest.webhook.iter().find(|w| w.id == hook) else {
                return Err(refused(format!("there is no hook `{hook}`")));
            };
            if request.body.len() > limits::WEBHOOK_BYTES_MAX {
                return Err(refused(format!("a webhook's body has at most {} bytes", limits::WEBHOOK_BYTES_MAX)));
            }
            let genuine = match &known.verify {
                None => false,
                Some(how) => {
                    let secret = version.powers.secrets.used(&how.secret);
                    let now = shared.outside.clock.unix_ms();
                    if !secret.is_ok_and(|s| webhook::verified(&request, how, &s, now)) {
                        return Err(CallError::BadSignature(hook));
                    }
                    true
                }
            };
            GuestCall::Webhook(hook, convert::inbound(&request, genuine))
        }
        Call::Panel { .. } => return Err(CallError::NotRunning(plugin.as_str().to_owned())),
    })
}

/// What the operator reads when a plugin waits.
pub(crate) fn consent_text(consent: &Consent, package: &str) -> Option<String> {
    match consent {
        Consent::Full => None,
        Consent::Missing(asks) => {
            let keys: Vec<String> = asks.iter().map(|a| format!("\"{}\" ({})", a.key, a.reason)).collect();
            Some(format!("waits for consent: {}; grant with: vitrine plugin grant {package} KEY…", keys.join(", ")))
        }
        Consent::OtherPublisher => Some(format!(
            "is signed by another key than the version that was granted; revoke it first: vitrine plugin revoke {package}"
        )),
    }
}

/// Proposes, and says whether there was room.
pub(crate) fn propose(shared: &Shared, plugin: &PluginId, what: Proposed) -> bool {
    shared.outside.proposals.propose(plugin, what)
}
