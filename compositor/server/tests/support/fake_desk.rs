//! A desk without a show behind it: scenes switch, transitions run, overlays move, meters dance, pictures change.

use super::fake_picture;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use vitrine_media::{CanvasName, InputId, OutputId, PluginId, SceneName, ShowTime};
use vitrine_show::ports::desk::{
    CanvasState, Command, Desk, HotspotBox, Hotspots, InputState, InputStatus, LaneState, Level, LogLine, Loudness,
    Meters, Monitor, MonitorPicture, OutputState, OutputStatus, OverlayState, OverlayStatus, PluginState, PluginStatus,
    ProposalState, ProposedDeal, Refusal, SceneState, Snapshot, Stats, StripChange, StripMeter, StripState, Tally,
    TickMs, TransitionChoice, TransitionKind, TransitionState,
};

/// How long overlays and fade to black take.
const MOTION: Duration = Duration::from_millis(350);
/// Pictures per second of moving monitors.
const MONITOR_FPS: u128 = 15;

struct Running {
    since: Instant,
    length: Duration,
    /// `take` leaves preview alone, `auto` swaps.
    swap: bool,
}

struct State {
    show: Snapshot,
    running: Option<Running>,
    overlays: HashMap<String, Instant>,
    black_since: Instant,
    commands: Vec<Command>,
    pictures: HashMap<Monitor, MonitorPicture>,
}

/// The fake.
pub struct FakeDesk {
    start: Instant,
    state: Mutex<State>,
}

fn text<T: TryFrom<String>>(name: &str) -> T
where
    T::Error: std::fmt::Debug,
{
    T::try_from(name.to_owned()).unwrap()
}

impl FakeDesk {
    /// A show of five scenes with one lost camera and one output that tries again.
    pub fn start() -> Arc<Self> {
        let state = State {
            show: first_snapshot(),
            running: None,
            overlays: HashMap::new(),
            black_since: Instant::now(),
            commands: Vec::new(),
            pictures: HashMap::new(),
        };
        Arc::new(Self { start: Instant::now(), state: Mutex::new(state) })
    }

    /// Every command that was taken, in order.
    #[allow(dead_code, reason = "the example has no use for it")]
    pub fn commands(&self) -> Vec<Command> {
        self.lock().commands.clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now_ms(&self) -> u64 {
        self.start.elapsed().as_millis() as u64
    }

    fn settle(&self, state: &mut State) {
        let now_ms = self.now_ms();
        let show = &mut state.show;
        show.at_ms = now_ms;
        if let Some(running) = &state.running {
            let progress = running.since.elapsed().as_secs_f32() / running.length.as_secs_f32();
            if running.length.is_zero() || progress >= 1.0 {
                let (from, to) = show.transition.take().map(|t| (t.from, t.to)).unwrap();
                if running.swap {
                    show.preview = Some(from);
                }
                show.program = Some(to);
                state.running = None;
            } else if let Some(transition) = &mut show.transition {
                transition.progress = progress;
            }
        }
        for overlay in &mut show.overlays {
            let done = state.overlays.get(overlay.name.as_str()).is_none_or(|since| since.elapsed() > MOTION);
            overlay.status = match overlay.status {
                OverlayStatus::Entering if done => OverlayStatus::On,
                OverlayStatus::Leaving if done => OverlayStatus::Off,
                other => other,
            };
        }
        let moved = (state.black_since.elapsed().as_secs_f32() / MOTION.as_secs_f32()).min(1.0);
        show.black = if show.black_on { moved } else { (1.0 - moved).min(show.black) };
        tallies(show);
        let ticks = now_ms * 30 / 1000;
        let drops = show.outputs.iter().map(|o| o.frames_dropped).sum();
        show.stats = Stats {
            ticks,
            ticks_late: ticks / 9000,
            frames_dropped: drops,
            tick_ms: TickMs { p50: 6.4, p99: 11.8 },
            cpu_seconds: (now_ms / 100) as f64 * 0.092,
        };
    }

    fn log(&self, state: &mut State, level: Level, from: &str, text: &str) {
        let seq = state.show.log.last().map_or(1, |l| l.seq + 1);
        let line = LogLine { seq, at_ms: self.now_ms(), level, from: from.to_owned(), text: text.to_owned() };
        state.show.log.push(line);
        let extra = state.show.log.len().saturating_sub(200);
        state.show.log.drain(..extra);
    }

    fn go(&self, state: &mut State, to: SceneName, cut: bool, swap: bool) {
        let show = &mut state.show;
        let own = show.scenes.iter().find(|s| s.name == to).and_then(|s| s.transition.clone());
        let choice = show.chosen.clone().or(own);
        let length = choice.filter(|c| !cut && c.kind != TransitionKind::Cut).map_or(0, |c| u64::from(c.ms));
        let from = show.program.clone().unwrap();
        show.transition = Some(TransitionState { from, to, progress: 0.0, by_hand: false });
        state.running = Some(Running { since: Instant::now(), length: Duration::from_millis(length), swap });
        self.settle(state);
    }

    fn tbar(&self, state: &mut State, position: f32) -> Result<(), Refusal> {
        let show = &mut state.show;
        let (from, to) = match &show.transition {
            Some(t) => (t.from.clone(), t.to.clone()),
            None => (show.program.clone().unwrap(), show.preview.clone().ok_or(Refusal::NothingOnPreview)?),
        };
        state.running = None;
        if position >= 1.0 {
            show.transition = None;
            show.program = Some(to);
            show.preview = Some(from);
        } else if position <= 0.0 {
            show.transition = None;
        } else {
            show.transition = Some(TransitionState { from, to, progress: position, by_hand: true });
        }
        Ok(())
    }

    fn obey(&self, state: &mut State, command: Command) -> Result<(), Refusal> {
        match command {
            Command::Preview { scene } => state.show.preview = Some(known_scene(&state.show, scene)?),
            Command::Cut => {
                let to = state.show.preview.clone().ok_or(Refusal::NothingOnPreview)?;
                self.go(state, to, true, true);
            }
            Command::Auto if state.running.is_some() => return Err(Refusal::TransitionRunning),
            Command::Auto => {
                let to = state.show.preview.clone().ok_or(Refusal::NothingOnPreview)?;
                self.go(state, to, false, true);
            }
            Command::Take { scene, cut } => {
                let to = known_scene(&state.show, scene)?;
                self.go(state, to, cut, false);
            }
            Command::Tbar { position } => self.tbar(state, position)?,
            Command::Transition { transition } => state.show.chosen = transition,
            Command::Overlay { overlay, on } => {
                let found = state.show.overlays.iter_mut().find(|o| o.name == overlay);
                let found = found.ok_or_else(|| Refusal::UnknownOverlay(overlay.to_string()))?;
                found.status = if on { OverlayStatus::Entering } else { OverlayStatus::Leaving };
                state.overlays.insert(overlay.to_string(), Instant::now());
            }
            Command::FadeToBlack { on } => {
                state.show.black_on = on;
                state.show.black = if on { state.show.black } else { 1.0 };
                state.black_since = Instant::now();
            }
            Command::Slate { on } => state.show.slate_on = on,
            Command::Rundown { on } => state.show.rundown.iter_mut().for_each(|rundown| rundown.running = on),
            Command::Strip { strip, change } => change_strip(&mut state.show, &strip, change)?,
            Command::InputSeek { input, position_ms } => file(&mut state.show, &input)?.position_ms = Some(position_ms),
            Command::InputPause { input, paused } => file(&mut state.show, &input)?.paused = paused,
            Command::InputLoop { input, looped } => file(&mut state.show, &input)?.looped = looped,
            Command::InputRestart { input } => {
                let now = self.now_ms();
                let found = state.show.inputs.iter_mut().find(|i| i.name == input);
                let found = found.ok_or_else(|| Refusal::UnknownInput(input.to_string()))?;
                (found.status, found.since_ms, found.error) = (InputStatus::Connecting, now, None);
            }
            Command::OutputStart { output } => self.switch_output(state, &output, OutputStatus::Live)?,
            Command::OutputStop { output } => self.switch_output(state, &output, OutputStatus::Stopped)?,
            Command::Marker { label } => self.log(state, Level::Info, "show", &format!("marker: {label}")),
            Command::Dismiss { proposal } => state.show.proposals.retain(|known| known.id != proposal),
            Command::ReloadShow => {
                self.log(state, Level::Info, "show", "the show file was read again; nothing changed")
            }
        }
        Ok(())
    }

    fn switch_output(&self, state: &mut State, output: &OutputId, status: OutputStatus) -> Result<(), Refusal> {
        let now = self.now_ms();
        let found = state.show.outputs.iter_mut().find(|o| o.name == *output);
        let found = found.ok_or_else(|| Refusal::UnknownOutput(output.to_string()))?;
        (found.status, found.since_ms, found.error) = (status, now, None);
        found.bitrate_kbps = if status == OutputStatus::Live { 4480 } else { 0 };
        Ok(())
    }
}

fn known_scene(show: &Snapshot, scene: SceneName) -> Result<SceneName, Refusal> {
    let known = show.scenes.iter().any(|s| s.name == scene);
    if known { Ok(scene) } else { Err(Refusal::UnknownScene(scene.to_string())) }
}

fn file<'a>(show: &'a mut Snapshot, input: &InputId) -> Result<&'a mut InputState, Refusal> {
    let found = show.inputs.iter_mut().find(|i| i.name == *input);
    let found = found.ok_or_else(|| Refusal::UnknownInput(input.to_string()))?;
    if found.kind == "file" { Ok(found) } else { Err(Refusal::NotSeekable(input.to_string())) }
}

fn change_strip(show: &mut Snapshot, strip: &InputId, change: StripChange) -> Result<(), Refusal> {
    let found = show.strips.iter_mut().find(|s| s.name == *strip);
    let found = found.ok_or_else(|| Refusal::UnknownStrip(strip.to_string()))?;
    found.gain_db = change.gain_db.unwrap_or(found.gain_db);
    found.muted = change.muted.unwrap_or(found.muted);
    found.pan = change.pan.unwrap_or(found.pan);
    found.delay_ms = change.delay_ms.unwrap_or(found.delay_ms);
    found.follow_video = change.follow_video.unwrap_or(found.follow_video);
    found.solo = change.solo.unwrap_or(found.solo);
    Ok(())
}

fn tallies(show: &mut Snapshot) {
    let seen = |name: Option<&SceneName>, input: &InputId| {
        show.scenes.iter().any(|s| Some(&s.name) == name && s.inputs.contains(input))
    };
    let coming = show.transition.as_ref().map(|t| t.to.clone());
    let tally = |input: &InputId| {
        if seen(show.program.as_ref(), input) || seen(coming.as_ref(), input) {
            Tally::Program
        } else if seen(show.preview.as_ref(), input) {
            Tally::Preview
        } else {
            Tally::Off
        }
    };
    let all: Vec<_> = show.inputs.iter().map(|i| tally(&i.name)).collect();
    let by_name: HashMap<_, _> = show.inputs.iter().map(|i| i.name.clone()).zip(all.iter().copied()).collect();
    for (input, tally) in show.inputs.iter_mut().zip(all) {
        input.tally = tally;
    }
    for strip in &mut show.strips {
        let on_screen = by_name.get(&strip.name) == Some(&Tally::Program);
        strip.on_air = !strip.muted && (!strip.follow_video || on_screen);
    }
}

impl Desk for FakeDesk {
    fn submit(&self, command: Command) -> Result<(), Refusal> {
        command.check()?;
        let mut state = self.lock();
        self.settle(&mut state);
        self.obey(&mut state, command.clone())?;
        if !matches!(command, Command::Tbar { .. } | Command::Strip { .. }) {
            let said = serde_json::to_string(&command).unwrap();
            self.log(&mut state, Level::Info, "desk", &said);
        }
        state.commands.push(command);
        Ok(())
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        let mut state = self.lock();
        self.settle(&mut state);
        Arc::new(state.show.clone())
    }

    fn meters(&self) -> Arc<Meters> {
        let mut state = self.lock();
        self.settle(&mut state);
        let t = self.start.elapsed().as_secs_f32();
        let level = |index: usize, strip: &StripState| {
            if !strip.on_air {
                return StripMeter::default();
            }
            let phase = t * (2.1 + index as f32) + index as f32;
            let rms = -26.0 + 6.0 * phase.sin() + 4.0 * (phase * 3.7).sin() + strip.gain_db;
            let peak = rms + 7.0 + 2.0 * (phase * 7.3).cos();
            StripMeter { peak_db: [peak, peak - 0.8], rms_db: [rms, rms - 1.0] }
        };
        let strips: Vec<_> = state.show.strips.iter().enumerate().map(|(i, s)| level(i, s)).collect();
        let loudest = |f: fn(&StripMeter) -> f32| strips.iter().map(f).fold(-120.0, f32::max);
        let (peak, rms) = (loudest(|m| m.peak_db[0]), loudest(|m| m.rms_db[0]));
        let program = StripMeter { peak_db: [peak, peak - 0.6], rms_db: [rms, rms - 0.7] };
        let loudness = Loudness {
            momentary_lufs: Some(-16.0 + 2.0 * (t * 1.3).sin()),
            short_term_lufs: Some(-16.4 + 0.7 * (t * 0.3).sin()),
            integrated_lufs: Some(-16.2),
            range_lu: Some(5.1),
            true_peak_max_dbtp: Some(-1.4),
            target_lufs: -16.0,
        };
        Arc::new(Meters { at: ShowTime::from_millis(self.now_ms()), strips, program, loudness })
    }

    fn monitor(&self, monitor: &Monitor) -> Option<MonitorPicture> {
        let mut state = self.lock();
        self.settle(&mut state);
        let moving = matches!(monitor, Monitor::Program(_) | Monitor::Preview(_));
        let fps = if moving { MONITOR_FPS } else { 2 };
        let seq = (self.start.elapsed().as_millis() * fps / 1000) as u64 + 1;
        if let Some(old) = state.pictures.get(monitor).filter(|p| p.seq == seq) {
            return Some(old.clone());
        }
        let jpeg = fake_picture::draw(&state.show, monitor, self.start.elapsed().as_secs_f32())?;
        let picture = MonitorPicture { jpeg: jpeg.into(), seq, age: Duration::from_millis(40) };
        state.pictures.insert(monitor.clone(), picture.clone());
        Some(picture)
    }

    fn hotspots(&self, after: u64) -> Vec<Arc<Hotspots>> {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let card = HotspotBox { sku: "MUG-BLUE".into(), x: 0.68, y: 0.62, w: 0.28, h: 0.3 };
        let pdt_ms = since_1970.as_millis() as i64;
        let set = Hotspots { seq: 1, pdt_ms, canvas: text("main"), boxes: vec![card] };
        if after < set.seq { vec![Arc::new(set)] } else { Vec::new() }
    }
}

fn first_snapshot() -> Snapshot {
    let fade = |ms| Some(TransitionChoice { kind: TransitionKind::Fade, ms });
    let scene = |name: &str, inputs: &[&str]| SceneState {
        name: text(name),
        transition: fade(500),
        inputs: inputs.iter().map(|i| text(i)).collect(),
    };
    let overlay = |name: &str, plugin: Option<&str>, status| OverlayState {
        name: text(name),
        status,
        plugin: plugin.map(text::<PluginId>),
    };
    let log = [
        (Level::Info, "show", "Autumn drop is on air: 2 canvases, 5 scenes, 3 outputs"),
        (Level::Info, "host", "live: 1920×1080 at 30 fps"),
        (Level::Warn, "phone", "no picture for 500 ms; the last one is held"),
        (Level::Error, "tiktok", "the server closed the connection; trying again in 4 s"),
    ];
    let log = log.into_iter().zip(1..).map(|((level, from, text), seq)| LogLine {
        seq,
        at_ms: seq * 400,
        level,
        from: from.to_owned(),
        text: text.to_owned(),
    });
    Snapshot {
        started_unix_ms: SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as i64,
        show: "Autumn drop".into(),
        accent: "#f2b84b".into(),
        canvases: vec![canvas("main", 1920, 1080), canvas("vertical", 1080, 1920)],
        scenes: vec![
            scene("Host", &["host", "room"]),
            scene("Two shot", &["host", "room", "product"]),
            scene("Product close-up", &["product"]),
            scene("Phone call", &["phone", "host"]),
            scene("Break", &["music"]),
        ],
        program: Some(text("Host")),
        preview: Some(text("Two shot")),
        overlays: vec![
            overlay("price card", Some("inventory-ticker"), OverlayStatus::On),
            overlay("ticker", None, OverlayStatus::Off),
            overlay("poll", Some("polls"), OverlayStatus::Off),
            overlay("logo", None, OverlayStatus::On),
        ],
        inputs: inputs(),
        outputs: outputs(),
        strips: ["host", "room", "phone", "product", "music"].map(strip).into(),
        plugins: vec![
            plugin("inventory-ticker", PluginStatus::Running, None),
            plugin(
                "polls",
                PluginStatus::NeedsGrant,
                Some("asks for `chat.read`; grant it with `vitrine plugin grant polls`"),
            ),
        ],
        proposals: proposals(),
        lanes: ["tick→tiktok", "tick→safety copy", "tick→web", "mix→encoder"].map(lane).into(),
        renderer: "cpu".into(),
        adapter: "AVX2, 2 threads".into(),
        log: log.collect(),
        ..Snapshot::default()
    }
}

fn proposals() -> Vec<ProposalState> {
    let offer = ProposedDeal::Offer { sku: "TRAY".into(), price: Some((1_490, "EUR".into())), seconds: Some(120) };
    let answers = vec!["Celadon".into(), "Tenmoku".into()];
    let poll = ProposedDeal::Poll { question: "Which glaze next?".into(), answers, seconds: 60 };
    let from = |(id, plugin, deal)| ProposalState { id, plugin: text(plugin), at_ms: 300, deal };
    [(1, "inventory-ticker", offer), (2, "polls", poll)].map(from).into()
}

fn canvas(name: &str, width: u32, height: u32) -> CanvasState {
    CanvasState { name: text::<CanvasName>(name), width, height, fps: 30.0 }
}

fn inputs() -> Vec<InputState> {
    let input = |name: &str, kind: &str, status, error: Option<&str>| InputState {
        name: text(name),
        kind: kind.into(),
        status,
        since_ms: 400,
        last_picture_ms: Some(400),
        width: 1920,
        height: 1080,
        fps: if status == InputStatus::Live { 30.0 } else { 0.0 },
        tally: Tally::Off,
        reconnects: u64::from(error.is_some()),
        error: error.map(str::to_owned),
        position_ms: (kind == "file").then_some(12_000),
        duration_ms: (kind == "file").then_some(60_000),
        paused: false,
        looped: true,
        sound: true,
    };
    let lost = "nobody sends to srt://0.0.0.0:9710; start the sender, or check its passphrase";
    vec![
        input("host", "v4l2", InputStatus::Live, None),
        input("room", "file", InputStatus::Live, None),
        input("product", "file", InputStatus::Live, None),
        input("phone", "srt", InputStatus::Lost, Some(lost)),
        input("music", "file", InputStatus::Live, None),
    ]
}

fn outputs() -> Vec<OutputState> {
    let output = |name: &str, kind: &str, canvas: &str, status, error: Option<&str>| OutputState {
        name: text(name),
        kind: kind.into(),
        canvas: text(canvas),
        status,
        since_ms: 400,
        bitrate_kbps: if status == OutputStatus::Live { 4480 } else { 0 },
        frames_dropped: if error.is_some() { 118 } else { 0 },
        reconnects: u64::from(error.is_some()) * 2,
        error: error.map(str::to_owned),
        file: (kind == "record").then(|| "autumn-drop-2026-11-22.mp4".to_owned()),
    };
    let closed = "the server closed the connection; check the stream key at the platform";
    vec![
        output("tiktok", "rtmp", "vertical", OutputStatus::Retrying, Some(closed)),
        output("safety copy", "record", "main", OutputStatus::Live, None),
        output("web", "hls", "main", OutputStatus::Live, None),
    ]
}

fn strip(name: &str) -> StripState {
    StripState {
        name: text(name),
        gain_db: if name == "music" { -18.0 } else { 0.0 },
        muted: name == "room",
        pan: 0.0,
        delay_ms: if name == "host" { 80 } else { 0 },
        follow_video: name == "product",
        solo: false,
        on_air: true,
    }
}

fn plugin(name: &str, status: PluginStatus, error: Option<&str>) -> PluginState {
    PluginState {
        name: text(name),
        version: "1.0.0".into(),
        status,
        calls: 1240,
        faults: 0,
        error: error.map(str::to_owned),
    }
}

fn lane(name: &str) -> LaneState {
    let dropped = if name == "tick→tiktok" { 118 } else { 0 };
    LaneState { name: name.into(), depth: 1, capacity: 8, high_water: 5, pushed: 8123, dropped }
}
