//! One plugin's task: loads, starts, serves its mailbox, restarts after faults, swaps versions.

use crate::bindings::Fault;
use crate::convert;
use crate::guest::{Guest, GuestCall, GuestReply, Trouble};
use crate::host::version::Loaded;
use crate::host::workers::failed;
use crate::host::{Plugin, Shared, Version, propose};
use crate::limits;
use crate::mailbox::Letter;
use crate::supervise::{Next, Supervisor};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use vitrine_plugin_manifest::OnFault;
use vitrine_show::ports::plugins::{Order, PluginState, Proposed, Reply};

/// What a plugin's task does next.
enum Step {
    /// Load the newest version and start it.
    Load,
    /// Start the loaded version.
    Start(&'static str),
    /// Serve this instance.
    Serve(Box<Guest>),
    /// Wait for something to change.
    Rest(Wait),
    /// End.
    End,
}

/// What a plugin that is down waits for, besides orders.
#[derive(Clone, Copy, PartialEq)]
enum Wait {
    /// For nothing else.
    Orders,
    /// So long, then it starts again.
    Time(Duration),
    /// For other settings.
    Settings,
}

/// Times that the show is asked to take what a new instance drew, 20 ms apart.
const RELEASES_MAX: u32 = 100;

/// A plugin's task.
pub(crate) struct Actor {
    shared: Arc<Shared>,
    plugin: Arc<Plugin>,
    supervisor: Supervisor,
    hidden: bool,
    waited: bool,
    left: bool,
    chat_at: Instant,
    poll_at: Instant,
}

impl Actor {
    pub(crate) fn new(shared: Arc<Shared>, plugin: Arc<Plugin>) -> Self {
        let now = Instant::now();
        let supervisor = Supervisor::default();
        Self { shared, plugin, supervisor, hidden: false, waited: false, left: false, chat_at: now, poll_at: now }
    }

    /// Runs until the host ends or the plugin is removed.
    pub(crate) async fn run(mut self) {
        let mut step = Step::Load;
        loop {
            step = match step {
                Step::Load => self.load().await,
                Step::Start(reason) => self.start(reason).await,
                Step::Serve(guest) => self.serve(guest).await,
                Step::Rest(wait) => self.rest(wait).await,
                Step::End => break,
            };
        }
        if self.left {
            propose(&self.shared, &self.plugin.name, Proposed::Gone);
        }
        self.set(PluginState::Stopped, None);
        // Programs, files and logs go now, not with the last one who knows the plugin's name.
        drop(self.plugin.version.write().unwrap_or_else(PoisonError::into_inner).take());
        self.shared.turns.fetch_add(1, Ordering::Relaxed);
        self.plugin.ended.close();
    }

    fn set(&self, state: PluginState, fault: Option<String>) {
        let mut standing = self.plugin.standing.lock().unwrap_or_else(PoisonError::into_inner);
        standing.state = state;
        if let Some(text) = fault {
            tracing::warn!(plugin = %self.plugin.name, "{text}");
            standing.last_fault = Some(text);
        }
    }

    /// It runs. What it waited for is no news any more; what it failed of still is.
    fn runs(&mut self) {
        if std::mem::take(&mut self.waited) {
            self.plugin.standing.lock().unwrap_or_else(PoisonError::into_inner).last_fault = None;
        }
        self.set(PluginState::Running, None);
    }

    /// It can't run before something changes: says what.
    fn waits(&mut self, state: PluginState, text: String, wait: Wait) -> Step {
        self.waited = true;
        self.set(state, Some(text));
        Step::Rest(wait)
    }

    /// Loads on a thread that may block; the plugin threads go on serving others.
    async fn fetch(&self) -> Result<Loaded, String> {
        let (shared, plugin) = (Arc::clone(&self.shared), Arc::clone(&self.plugin));
        match tokio::task::spawn_blocking(move || Version::load(&shared, &plugin)).await {
            Ok(loaded) => loaded.map_err(|e| format!("{} ({})", e, e.code())),
            Err(e) => Err(e.to_string()),
        }
    }

    async fn load(&mut self) -> Step {
        self.set(PluginState::Compiling, None);
        match self.fetch().await {
            Ok(Loaded::Ready(version)) => {
                *self.plugin.version.write().unwrap_or_else(PoisonError::into_inner) = Some(version);
                Step::Start("start")
            }
            Ok(Loaded::Waits { text, .. }) => self.waits(PluginState::WaitsForConsent, text, Wait::Orders),
            Err(text) => self.waits(PluginState::Stopped, text, Wait::Settings),
        }
    }

    /// A new instance of a version with `init` done, in the place of the version before it. What it drew meanwhile
    /// appears at once when it is well, with the pictures of its own package behind it.
    async fn launch(&self, version: &Arc<Version>, reason: &'static str) -> Result<Guest, Trouble> {
        let powers = &version.powers;
        self.shared.turns.fetch_add(1, Ordering::Relaxed);
        powers.timers.clear();
        powers.log.new_pipe();
        powers.overlay.begin();
        let started = async {
            let memory = Arc::clone(&self.plugin.memory);
            let mib = version.manifest.runtime.memory_mib;
            let mut guest = Guest::start(&version.program, Arc::clone(powers), mib, memory).await?;
            self.plugin.calls.fetch_add(1, Ordering::Relaxed);
            guest.call(GuestCall::Init(reason)).await?;
            Ok(guest)
        };
        let result = started.await;
        if result.is_err() {
            powers.overlay.abandon();
            powers.timers.clear();
            return result;
        }
        let old = self.plugin.version.write().unwrap_or_else(PoisonError::into_inner).replace(Arc::clone(version));
        if let Some(old) = old.filter(|old| !Arc::ptr_eq(old, version)) {
            old.powers.overlay.mute();
        }
        for _ in 0..RELEASES_MAX {
            if powers.overlay.release() {
                return result;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        powers.overlay.abandon();
        Err(Trouble::Start("the show has no room for its layers".to_owned()))
    }

    async fn start(&mut self, reason: &'static str) -> Step {
        let Some(version) = self.plugin.version() else { return Step::Load };
        self.set(PluginState::Starting, None);
        match self.launch(&version, reason).await {
            Ok(guest) => {
                if self.hidden {
                    self.hidden = !propose(&self.shared, &self.plugin.name, Proposed::LayersShown(true));
                }
                self.runs();
                Step::Serve(Box::new(guest))
            }
            Err(Trouble::Fault(Fault::NotConfigured(text))) => {
                self.waits(PluginState::Backoff, format!("waits for a setting: {text}"), Wait::Settings)
            }
            Err(trouble) => self.fault(&trouble),
        }
    }

    fn fault(&mut self, trouble: &Trouble) -> Step {
        self.plugin.standing.lock().unwrap_or_else(PoisonError::into_inner).faults += 1;
        let text = trouble.to_string();
        if let Some(version) = self.plugin.version() {
            version.powers.timers.clear();
            version.powers.log.write("fault", &text);
            if version.manifest.runtime.on_fault == OnFault::Hide && !self.hidden {
                self.hidden = propose(&self.shared, &self.plugin.name, Proposed::LayersShown(false));
            }
        }
        match self.supervisor.fault(self.shared.outside.clock.mono_ms()) {
            Next::Again(wait) => {
                self.set(PluginState::Backoff, Some(text));
                Step::Rest(Wait::Time(wait))
            }
            Next::Quarantine => {
                self.set(PluginState::Quarantined, Some(text));
                Step::Rest(Wait::Orders)
            }
        }
    }

    async fn rest(&mut self, wait: Wait) -> Step {
        let until = match wait {
            Wait::Time(time) => Some(Instant::now() + time),
            Wait::Orders | Wait::Settings => None,
        };
        loop {
            match self.plugin.mailbox.order(wait == Wait::Settings) {
                Some(Letter::Close) => return Step::End,
                Some(Letter::Leave) => {
                    self.left = true;
                    return Step::End;
                }
                // Everything is judged anew: the package, the grant, the settings.
                Some(Letter::Order(Order::Start | Order::Reload)) => {
                    self.supervisor.forgive();
                    return Step::Load;
                }
                Some(Letter::SettingsChanged) => return Step::Load,
                Some(Letter::Order(Order::Stop)) => {
                    self.set(PluginState::Stopped, None);
                    return Step::Rest(Wait::Orders);
                }
                _ => {}
            }
            let changed = self.plugin.mailbox.changed();
            match until {
                None => changed.await,
                Some(at) => {
                    if tokio::time::timeout_at(at, changed).await.is_err() {
                        return Step::Start("restart");
                    }
                }
            }
        }
    }

    async fn serve(&mut self, mut guest: Box<Guest>) -> Step {
        loop {
            let Some(version) = self.plugin.version() else { return Step::Load };
            if let Some(letter) = self.plugin.mailbox.letter() {
                match letter {
                    Letter::Close | Letter::Leave => {
                        self.left = matches!(letter, Letter::Leave);
                        drop(guest.call(GuestCall::Shutdown).await);
                        return Step::End;
                    }
                    Letter::Order(order) => match self.obey(order, guest, &version).await {
                        Step::Serve(same) => guest = same,
                        other => return other,
                    },
                    other => {
                        if let Err(trouble) = self.deliver(&mut guest, other).await {
                            return self.fault(&trouble);
                        }
                    }
                }
                continue;
            }
            match self.next_call(&version) {
                Some(call) => {
                    if let Err(trouble) = self.call(&mut guest, &version, call).await {
                        return self.fault(&trouble);
                    }
                }
                None => self.wait(&version).await,
            }
        }
    }

    async fn obey(&mut self, order: Order, mut guest: Box<Guest>, version: &Arc<Version>) -> Step {
        match order {
            Order::Start => Step::Serve(guest),
            Order::Stop => {
                self.put_down(&mut guest, version).await;
                self.set(PluginState::Stopped, None);
                Step::Rest(Wait::Orders)
            }
            Order::Reload => self.reload(guest, version).await,
        }
    }

    /// Ends an instance that others may follow; its layers are hidden.
    async fn put_down(&mut self, guest: &mut Guest, version: &Version) {
        drop(guest.call(GuestCall::Shutdown).await);
        version.powers.timers.clear();
        self.hidden = propose(&self.shared, &self.plugin.name, Proposed::LayersShown(false));
    }

    /// Swaps in the newest version. The old one serves on if the new one may not or can not start, unless its own
    /// grant was taken back.
    async fn reload(&mut self, mut guest: Box<Guest>, old: &Arc<Version>) -> Step {
        let new = match self.fetch().await {
            Ok(Loaded::Ready(new)) => new,
            Ok(Loaded::Waits { text, grant }) if !old.granted(&grant) => {
                self.put_down(&mut guest, old).await;
                return self.waits(PluginState::WaitsForConsent, text, Wait::Orders);
            }
            Ok(Loaded::Waits { text, .. }) | Err(text) => {
                self.waited = true;
                self.set(PluginState::Running, Some(format!("not reloaded: {text}")));
                return Step::Serve(guest);
            }
        };
        match self.launch(&new, "reload").await {
            Ok(fresh) => {
                drop(guest.call(GuestCall::Shutdown).await);
                old.powers.timers.clear();
                self.runs();
                Step::Serve(Box::new(fresh))
            }
            Err(trouble) => {
                *self.plugin.version.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(old));
                old.powers.overlay.abandon();
                self.waited = true;
                self.set(PluginState::Running, Some(format!("not reloaded: {trouble}")));
                Step::Serve(guest)
            }
        }
    }

    /// One call; a fault that the guest survived is its own business and logged.
    async fn call(&self, guest: &mut Guest, version: &Version, call: GuestCall) -> Result<GuestReply, Trouble> {
        self.plugin.calls.fetch_add(1, Ordering::Relaxed);
        match guest.call(call).await {
            Err(Trouble::NotExported(_)) => Ok(GuestReply::Done),
            Err(trouble @ Trouble::Fault(_)) => {
                version.powers.log.write("warn", &format!("it answered an event with: {trouble}"));
                Ok(GuestReply::Done)
            }
            other => other,
        }
    }

    async fn deliver(&mut self, guest: &mut Guest, letter: Letter) -> Result<(), Trouble> {
        let Some(version) = self.plugin.version() else { return Ok(()) };
        match letter {
            Letter::Response(tag, answer) => {
                self.call(guest, &version, GuestCall::Response(tag, answer)).await?;
            }
            Letter::SettingsChanged => {
                self.call(guest, &version, GuestCall::SettingsChanged).await?;
            }
            Letter::Command { name, args, message } => {
                let call = GuestCall::Command(name, args, convert::viewer(&message.who));
                if let GuestReply::Say(Some(text)) = self.call(guest, &version, call).await?
                    && let Err(fault) = version.powers.chat.say(&message.who.platform, &text)
                {
                    version.powers.log.write("warn", &format!("its answer was not sent: {fault:?}"));
                }
            }
            Letter::Panel { id, form, answer } => {
                self.plugin.calls.fetch_add(1, Ordering::Relaxed);
                let result = guest.call(GuestCall::Panel(id, form)).await;
                let told = match &result {
                    Ok(GuestReply::Reply(reply)) => Ok(reply.clone()),
                    Ok(_) => Ok(Reply::Shown(String::new())),
                    Err(trouble) => Err(failed(&self.plugin, trouble)),
                };
                drop(answer.send(told));
                if let Err(trouble) = result
                    && !trouble.survived()
                {
                    return Err(trouble);
                }
            }
            Letter::Order(_) | Letter::Leave | Letter::Close => {}
        }
        Ok(())
    }

    /// What is due: timers before orders before the shop before polls before chat.
    fn next_call(&mut self, version: &Version) -> Option<GuestCall> {
        let mailbox = &self.plugin.mailbox;
        if let Some(name) = version.powers.timers.take_due() {
            return Some(GuestCall::Timer(name));
        }
        let orders = mailbox.take_orders();
        if !orders.is_empty() {
            let buyers = version.powers.orders.buyers();
            return Some(GuestCall::Orders(orders.iter().map(|o| convert::order(o, buyers)).collect()));
        }
        let shop = mailbox.take_shop();
        if !shop.is_empty() {
            return Some(GuestCall::ShopChanged(shop));
        }
        let now = Instant::now();
        if now >= self.poll_at
            && let Some(poll) = mailbox.take_poll()
        {
            self.poll_at = now + limits::POLL_EVERY;
            return Some(GuestCall::Poll(convert::poll(&poll)));
        }
        if now >= self.chat_at && mailbox.has_chat() {
            self.chat_at = now + limits::CHAT_EVERY;
            return Some(GuestCall::Messages(mailbox.take_chat().iter().map(convert::message).collect()));
        }
        None
    }

    async fn wait(&self, version: &Version) {
        let mailbox = &self.plugin.mailbox;
        let now_ms = self.shared.outside.clock.mono_ms();
        let timer = version
            .powers
            .timers
            .next_due_ms()
            .map(|due| Instant::now() + Duration::from_millis(due.saturating_sub(now_ms)));
        let poll = mailbox.has_poll().then_some(self.poll_at);
        let chat = mailbox.has_chat().then_some(self.chat_at);
        let changed = mailbox.changed();
        match [timer, poll, chat].into_iter().flatten().min() {
            Some(at) => drop(tokio::time::timeout_at(at, changed).await),
            None => changed.await,
        }
    }
}
