//! A rehearsal: a plugin runs through a script against a fake host, and everything that it does becomes a transcript.
//!
//! The clock stands still unless the script moves it, ids count up, answers from the net are canned, fuel is counted:
//! two rehearsals of one plugin give the same transcript, byte for byte.

mod script;
mod stage;
mod words;

use crate::convert;
use crate::engine;
use crate::grants::PluginGrant;
use crate::guest::{Guest, GuestCall, GuestReply, Program, linker};
use crate::mailbox::{Letter, Mailbox};
use crate::outside::{HostClock, Outside, View};
use crate::package::Package;
use crate::powers::{Means, Powers};
use script::{Granted, Script, Step};
use stage::Stage;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use vitrine_media::{PluginId, ShowTime};
use vitrine_scene::overlay::Layer;
use wasmtime::Engine;
use wasmtime::component::Component;

/// What a rehearsal came to.
#[derive(Clone, Debug, Default)]
pub struct Transcript {
    /// What the plugin did, line by line; compare it with the file kept beside the script.
    pub lines: Vec<String>,
    /// Fuel for each event: about one for each instruction.
    pub fuel: Vec<(String, u64)>,
    /// The layers after `init` and after each step.
    pub shots: Vec<Shot>,
}

/// What is on the picture at one moment of a rehearsal.
#[derive(Clone, Debug)]
pub struct Shot {
    /// Show time.
    pub at: ShowTime,
    /// The wall clock then, in milliseconds since 1970.
    pub unix_ms: u64,
    /// The layers by name.
    pub layers: BTreeMap<String, Layer>,
}

/// A component compiled for rehearsals: with fuel.
pub struct Rehearsed {
    engine: Engine,
    component: Component,
    package: Package,
}

impl Rehearsed {
    /// Compiles a package's component with fuel counting. Seconds for JavaScript and Python guests.
    ///
    /// # Errors
    /// A text when the component can't be compiled.
    pub fn new(package: Package) -> Result<Self, String> {
        let mut config = engine::config();
        config.consume_fuel(true);
        let engine = Engine::new(&config).map_err(|e| format!("{e:#}"))?;
        engine::start_ticker(&engine).map_err(|e| e.to_string())?;
        let component = Component::new(&engine, &package.component).map_err(|e| format!("{e:#}"))?;
        Ok(Self { engine, component, package })
    }

    /// Plays a script, given as TOML.
    ///
    /// # Errors
    /// A text when the script can't be read or doesn't fit the package. What the plugin does wrong is in the transcript.
    pub fn play(&self, script: &str) -> Result<Transcript, String> {
        let script: Script = toml::from_str(script).map_err(|e| e.to_string())?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| e.to_string())?;
        runtime.block_on(self.run(script))
    }

    fn grant(&self, granted: &Granted) -> PluginGrant {
        let asked = self.package.manifest.asks().into_iter().map(|a| a.key);
        let granted = match granted {
            Granted::All(_) => asked.collect(),
            Granted::Some(keys) => keys.iter().cloned().collect::<BTreeSet<_>>(),
        };
        PluginGrant { granted, ..PluginGrant::default() }
    }

    async fn run(&self, script: Script) -> Result<Transcript, String> {
        let plugin =
            PluginId::new(crate::folder::short_name(&self.package.manifest.plugin.id)).map_err(|e| e.to_string())?;
        let stage = Arc::new(Stage::new(&script));
        let outside = Arc::new(Outside {
            clock: stage.clone(),
            proposals: stage.clone(),
            transport: stage.clone(),
            datagrams: stage.clone(),
            finder: Arc::new(crate::outside::NoFinder),
            kv: Arc::new(crate::outside::MemoryKv::default()),
            secrets: stage.clone(),
            log: stage.clone(),
        });
        let mut grant = self.grant(&script.grant);
        grant.udp = script.udp.clone();
        let (view, mailbox) = (Arc::new(View::default()), Arc::new(Mailbox::default()));
        let means = Means {
            plugin: &plugin,
            manifest: &self.package.manifest,
            grant: &grant,
            outside: &outside,
            view: &view,
            mailbox: &mailbox,
            files: &self.package.files,
        };
        let powers = Arc::new(Powers::new(&means, None));
        let settings = match &self.package.settings_schema {
            Some(schema) => crate::schema::check(schema, &script.settings)?,
            None => script.settings.clone(),
        };
        powers.settings.set(&settings.to_string());
        let linker = linker(&self.engine).map_err(|e| e.to_string())?;
        let mut program = Program::link(&linker, &self.component).map_err(|e| e.to_string())?;
        program.metered = true;
        let mut play = Play { rehearsed: self, stage, view, mailbox, powers, program, guest: None, fuel: Vec::new() };
        play.start("start").await;
        let mut shots = vec![play.shot()];
        for step in script.step {
            play.step(step).await;
            shots.push(play.shot());
        }
        let Play { stage, fuel, .. } = play;
        Ok(Transcript { lines: stage.lines(), fuel, shots })
    }
}

struct Play<'a> {
    rehearsed: &'a Rehearsed,
    stage: Arc<Stage>,
    view: Arc<View>,
    mailbox: Arc<Mailbox>,
    powers: Arc<Powers>,
    program: Program,
    guest: Option<Guest>,
    fuel: Vec<(String, u64)>,
}

impl Play<'_> {
    fn shot(&self) -> Shot {
        let (at, unix_ms) = (ShowTime::from_millis(self.stage.mono()), self.stage.unix_ms());
        Shot { at, unix_ms, layers: self.stage.layers() }
    }

    async fn start(&mut self, reason: &'static str) {
        self.guest = None;
        self.powers.timers.clear();
        self.powers.log.new_pipe();
        let memory_mib = self.rehearsed.package.manifest.runtime.memory_mib;
        match Guest::start(&self.program, Arc::clone(&self.powers), memory_mib, Arc::new(AtomicU64::new(0))).await {
            Ok(guest) => {
                self.guest = Some(guest);
                self.call(&format!("init {reason}"), GuestCall::Init(reason)).await;
            }
            Err(trouble) => self.stage.write(&format!("! could not start: {trouble}")),
        }
    }

    async fn call(&mut self, name: &str, call: GuestCall) {
        self.stage.write(&format!("> {name}"));
        let Some(guest) = &mut self.guest else {
            self.stage.write("! the plugin is not running");
            return;
        };
        let before = guest.fuel_used();
        let result = guest.call(call).await;
        self.fuel.push((name.to_owned(), guest.fuel_used() - before));
        match result {
            Ok(GuestReply::Done | GuestReply::Say(None)) => {}
            Ok(GuestReply::Say(Some(text))) => {
                if let Err(fault) = self.powers.chat.say("", &text) {
                    self.stage.write(&format!("! its answer was refused: {}", words::fault(&fault)));
                }
            }
            Ok(GuestReply::Reply(reply)) => self.stage.write(&format!("< {reply:?}")),
            Err(trouble) => {
                self.stage.write(&format!("! {trouble}"));
                if !trouble.survived() {
                    self.guest = None;
                    self.stage.write("! the instance is gone");
                }
            }
        }
    }

    /// Answers of enqueued requests; each was sent by a task that has to run first.
    async fn answers(&mut self) {
        for _ in 0..32 {
            tokio::task::yield_now().await;
        }
        while let Some(letter) = self.mailbox.letter() {
            if let Letter::Response(tag, answer) = letter {
                let said = answer.as_ref().map_or_else(words::fault, |r| r.status.to_string());
                self.call(&format!("response {tag}: {said}"), GuestCall::Response(tag, answer)).await;
            }
        }
    }

    async fn advance(&mut self, by_ms: u64) {
        let until = self.stage.mono() + by_ms;
        while let Some(due) = self.powers.timers.next_due_ms().filter(|due| *due <= until) {
            self.stage.move_to(due);
            if let Some(name) = self.powers.timers.take_due() {
                self.call(&format!("timer {name}"), GuestCall::Timer(name)).await;
                self.answers().await;
            }
        }
        self.stage.move_to(until);
    }

    async fn step(&mut self, step: Step) {
        if let Some(ms) = step.advance_ms {
            self.advance(ms).await;
        }
        if step.reload {
            self.start("reload").await;
        }
        if let Some(shop) = step.shop {
            let what = self.view.put_shop(&Arc::new(shop));
            if self.powers.shop.reads() && !what.is_empty() {
                let what: Vec<String> = what.into_iter().map(str::to_owned).collect();
                self.call(&format!("shop {}", what.join(" ")), GuestCall::ShopChanged(what)).await;
            }
        }
        if let Some(poll) = step.poll {
            self.view.put_poll(&Arc::new(poll.clone()));
            if self.powers.polls.reads() {
                self.call("poll", GuestCall::Poll(convert::poll(&poll))).await;
            }
        }
        if !step.orders.is_empty() {
            self.view.put_orders(&step.orders);
            if self.powers.orders.reads() {
                let buyers = self.powers.orders.buyers();
                let batch = step.orders.iter().map(|o| convert::order(o, buyers)).collect();
                self.call("orders", GuestCall::Orders(batch)).await;
            }
        }
        if !step.chat.is_empty() && self.powers.chat.reads() {
            for message in &step.chat {
                if let Some((name, args)) = crate::host::command(message, &self.rehearsed.package.manifest.commands) {
                    let call = GuestCall::Command(name.clone(), args, convert::viewer(&message.who));
                    self.call(&format!("command {name}"), call).await;
                }
            }
            let batch = step.chat.iter().map(convert::message).collect();
            self.call("chat", GuestCall::Messages(batch)).await;
        }
        if let Some(panel) = step.panel {
            self.call(&format!("panel {}", panel.id), GuestCall::Panel(panel.id, panel.form.to_string())).await;
        }
        if step.settings_changed {
            self.call("settings-changed", GuestCall::SettingsChanged).await;
        }
        self.answers().await;
    }
}
