//! The desk port over a running show: commands in, snapshots out.

use crate::guests::Guests;
use crate::journal::Journal;
use crate::monitors::Monitors;
use crate::stats::cpu_seconds;
use crate::studio::{Parts, Studio};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use vitrine_media::ShowTime;
use vitrine_pipeline::inputs::InputState as Told;
use vitrine_pipeline::outputs::OutputState as Said;
use vitrine_scene::file::{Source, Target};
use vitrine_show::lost::Shown;
use vitrine_show::ports::desk::{
    Command, Desk, Hotspots, InputState, InputStatus, LaneState, Loudness, Meters, Monitor, MonitorPicture,
    OutputState, OutputStatus, PluginState, PluginStatus, Refusal, Snapshot, Stats, StripMeter, TickMs,
};
use vitrine_show::ports::plugins::PluginState as Stand;

/// The desk of a running show.
pub struct StudioDesk {
    /// The show.
    pub studio: Arc<Studio>,
    /// Its monitors.
    pub monitors: Arc<Monitors>,
    /// Its log.
    pub journal: Journal,
    /// Since when what it is made of stands as it does.
    pub standings: Standings,
    /// Its plugins.
    pub guests: Arc<Guests>,
}

/// Since when each input and output has been as it is now.
#[derive(Default)]
pub struct Standings(Mutex<HashMap<String, Standing>>);

struct Standing {
    status: u8,
    since_ms: u64,
    asked_ms: u64,
}

impl Standings {
    /// Show time in milliseconds since which `name` has had this status.
    fn since(&self, name: String, status: u8, now: ShowTime) -> u64 {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = now.millis();
        let standing = all.entry(name).or_insert(Standing { status, since_ms: now, asked_ms: now });
        standing.asked_ms = now;
        if standing.status != status {
            (standing.status, standing.since_ms) = (status, now);
        }
        standing.since_ms
    }

    /// Forgets what nobody asked for since `now`: edits of the show file took it away.
    fn forget_before(&self, now: ShowTime) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, standing| standing.asked_ms >= now.millis());
    }
}

impl Desk for StudioDesk {
    fn submit(&self, command: Command) -> Result<(), Refusal> {
        if let Command::Dismiss { proposal } = command {
            self.studio.proposals.dismiss(proposal);
            return Ok(());
        }
        self.studio.command(&command)
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        let studio = &self.studio;
        let parts = studio.parts();
        let began = studio.now();
        let mut snapshot = parts.run.snapshot(began);
        snapshot.started_unix_ms = i64::try_from(studio.started_unix_ms).unwrap_or(i64::MAX);
        snapshot.inputs = inputs(studio, &parts, &self.standings);
        snapshot.outputs = outputs(&parts, began, &self.standings);
        self.standings.forget_before(began);
        snapshot.lanes = lanes(studio, &parts);
        snapshot.lanes.push(self.guests.news().into());
        let renderer = studio.renderer.load();
        snapshot.renderer = renderer.kind.to_owned();
        snapshot.adapter.clone_from(&renderer.adapter);
        snapshot.problems.clone_from(&parts.problems);
        let dropped = parts.outputs.dropped() + parts.encoders.dropped();
        drop(parts);
        snapshot.stats = stats(studio, dropped);
        snapshot.plugins = self.guests.list().iter().map(plugin).collect();
        snapshot.proposals = studio.proposals.all();
        snapshot.log = self.journal.tail();
        Arc::new(snapshot)
    }

    fn meters(&self) -> Arc<Meters> {
        let studio = &self.studio;
        let mixed = studio.meters.load();
        let (order, target) = {
            let parts = studio.parts();
            let all = parts.run.file().inputs.0.iter();
            let ids: Vec<_> =
                all.filter(|(id, _)| parts.run.strips().contains_key(id)).map(|(id, _)| id.clone()).collect();
            (ids, parts.run.file().audio.target_lufs)
        };
        let of = |id: &vitrine_media::InputId| {
            mixed
                .strips
                .iter()
                .find(|strip| strip.input == *id)
                .map_or_else(StripMeter::default, |strip| levels(strip.level))
        };
        #[allow(clippy::cast_possible_truncation, reason = "loudness in an f32 has more digits than a meter")]
        let lufs = |value: Option<f64>| value.map(|v| v as f32);
        Arc::new(Meters {
            at: studio.now(),
            strips: order.iter().map(of).collect(),
            program: levels(mixed.bus),
            loudness: Loudness {
                momentary_lufs: lufs(mixed.loudness.momentary_lufs),
                short_term_lufs: lufs(mixed.loudness.short_term_lufs),
                integrated_lufs: lufs(mixed.loudness.integrated_lufs),
                range_lu: lufs(mixed.loudness.range_lu),
                true_peak_max_dbtp: lufs(mixed.loudness.true_peak_max_dbtp),
                target_lufs: target,
            },
        })
    }

    fn monitor(&self, monitor: &Monitor) -> Option<MonitorPicture> {
        self.monitors.ask(monitor)
    }

    fn hotspots(&self, after: u64) -> Vec<Arc<Hotspots>> {
        self.studio.moments.after(after)
    }
}

fn levels(level: vitrine_audio::Level) -> StripMeter {
    StripMeter { peak_db: level.peak_db(), rms_db: level.rms_db() }
}

/// Figures since the start of the show.
pub fn stats(studio: &Studio, frames_dropped: u64) -> Stats {
    let recent = studio.stats.recent();
    Stats {
        ticks: studio.stats.ticks(),
        ticks_late: studio.stats.late(),
        frames_dropped,
        tick_ms: TickMs { p50: recent.p50, p99: recent.p99 },
        cpu_seconds: cpu_seconds(),
    }
}

fn inputs(studio: &Studio, parts: &Parts, standings: &Standings) -> Vec<InputState> {
    let now = studio.now();
    let states = parts.inputs.all().iter().map(|running| {
        let (seat, stats) = (running.seat(), running.stats());
        let size = seat.slot.shown().map(|picture| picture.size());
        let arrived = seat.slot.arrived_at().millis();
        let drawn = matches!(running.source, Source::Color(_) | Source::Text(_));
        let told = stats.as_ref().map(|s| &s.state);
        let only_sound = stats.as_ref().is_some_and(|s| s.pictures == 0 && s.blocks > 0);
        let shown = told.filter(|_| only_sound).map_or_else(|| seat.shown(), heard);
        let status = input_status(running.refused.as_deref(), told, shown, drawn);
        let seconds = |at: Option<Duration>| at.map(|at| at.as_secs() * 1000);
        InputState {
            name: running.id.clone(),
            kind: source_word(&running.source).to_owned(),
            status,
            since_ms: standings.since(format!("input {}", running.id), status as u8, now),
            last_picture_ms: (arrived > 0).then_some(arrived / 100 * 100),
            width: size.map_or(0, |size| size.width),
            height: size.map_or(0, |size| size.height),
            fps: (seat.fps() * 10.0).round() / 10.0,
            tally: parts.run.tally(&running.id, now),
            reconnects: stats.as_ref().map_or(0, |stats| stats.restarts),
            error: running
                .refused
                .clone()
                .or_else(|| stats.as_ref().and_then(|stats| stats.last_error.as_ref().map(ToString::to_string))),
            position_ms: seconds(stats.as_ref().and_then(|stats| stats.position)),
            duration_ms: seconds(stats.as_ref().and_then(|stats| stats.length)),
            paused: running.paused,
            looped: running.looped,
            sound: stats.as_ref().is_some_and(|stats| stats.blocks > 0),
        }
    });
    states.collect()
}

fn input_status(refused: Option<&str>, told: Option<&Told>, shown: Shown, drawn: bool) -> InputStatus {
    match told {
        _ if refused.is_some() => InputStatus::Lost,
        None if drawn => InputStatus::Live,
        Some(Told::Ended) => InputStatus::Ended,
        Some(Told::Connecting) if shown != Shown::Slate => InputStatus::Connecting,
        _ => match shown {
            Shown::Live => InputStatus::Live,
            Shown::Held => InputStatus::Holding,
            Shown::Slate => InputStatus::Lost,
        },
    }
}

/// What a source without pictures would be showing: it is judged by its sound alone.
const fn heard(told: &Told) -> Shown {
    match told {
        Told::Live | Told::Ended => Shown::Live,
        Told::Connecting | Told::Frozen => Shown::Held,
        Told::Lost { .. } | Told::Stopped => Shown::Slate,
    }
}

/// A plugin as the desk shows it.
fn plugin(status: &vitrine_show::ports::plugins::PluginStatus) -> PluginState {
    PluginState {
        name: status.plugin.clone(),
        version: status.version.clone(),
        status: match status.state {
            Stand::WaitsForConsent => PluginStatus::NeedsGrant,
            Stand::Quarantined => PluginStatus::Quarantined,
            Stand::Stopped => PluginStatus::Broken,
            Stand::Compiling | Stand::Starting | Stand::Running | Stand::Backoff => PluginStatus::Running,
        },
        calls: status.calls,
        faults: status.faults,
        error: status.last_fault.clone(),
    }
}

const fn source_word(source: &Source) -> &'static str {
    match source {
        Source::Test(_) => "test",
        Source::Color(_) => "color",
        Source::Text(_) => "text",
        Source::Image(_) => "image",
        Source::File(_) => "file",
        Source::V4l2(_) => "v4l2",
        Source::Rtsp(_) => "rtsp",
        Source::Srt(_) => "srt",
        Source::Rtmp(_) => "rtmp",
        Source::Pipeline(_) => "pipeline",
    }
}

const fn target_word(target: &Target) -> &'static str {
    match target {
        Target::Rtmp(_) | Target::Rtmps(_) => "rtmp",
        Target::Srt(_) => "srt",
        Target::Record(_) => "record",
        Target::Hls(_) => "hls",
        Target::VirtualCamera(_) => "virtual-camera",
    }
}

fn outputs(parts: &Parts, now: ShowTime, standings: &Standings) -> Vec<OutputState> {
    let states = parts.outputs.all().iter().filter_map(|running| {
        let stats = running.stats();
        let index = running.canvas().or_else(|| match &running.output.canvas {
            Some(name) => parts.show.canvas_index(name),
            None => Some(0),
        })?;
        let status = match stats.as_ref().map(|stats| &stats.state) {
            None if running.refused.is_some() => OutputStatus::Failed,
            None | Some(Said::Stopped) => OutputStatus::Stopped,
            Some(Said::Connecting) => OutputStatus::Connecting,
            Some(Said::Live) => OutputStatus::Live,
            Some(Said::Lost { .. }) => OutputStatus::Retrying,
        };
        let file = stats.as_ref().and_then(|stats| stats.path.as_ref()?.file_name());
        Some(OutputState {
            name: running.output.name.clone(),
            kind: target_word(&running.output.target).to_owned(),
            canvas: parts.show.canvases.get(index)?.name.clone(),
            status,
            since_ms: standings.since(format!("output {}", running.output.name), status as u8, now),
            bitrate_kbps: stats.as_ref().map_or(0, |stats| stats.bitrate_kbps),
            frames_dropped: stats.as_ref().map_or(0, |stats| stats.frames_dropped),
            reconnects: stats.as_ref().map_or(0, |stats| stats.reconnects),
            file: file.map(|name| name.to_string_lossy().into_owned()),
            error: running
                .refused
                .clone()
                .or_else(|| stats.and_then(|stats| stats.last_error.map(|error| error.to_string()))),
        })
    });
    states.collect()
}

fn lanes(studio: &Studio, parts: &Parts) -> Vec<LaneState> {
    let own = [studio.audio.stats(), studio.events.stats(), studio.moments.lane().stats()];
    let all = own.into_iter().chain(parts.inputs.lanes()).chain(parts.encoders.lanes()).chain(parts.outputs.lanes());
    all.map(LaneState::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standing_begins_when_the_status_changes() {
        let (all, at) = (Standings::default(), ShowTime::from_millis);
        let since = |status, ms| all.since("input cam".to_owned(), status, at(ms));
        assert_eq!(
            [since(1, 10), since(1, 500), since(2, 900), since(2, 950), since(1, 1000)],
            [10, 10, 900, 900, 1000]
        );
        assert_eq!(all.since("output cam".to_owned(), 1, at(2000)), 2000);
        all.forget_before(at(2000));
        assert_eq!(all.since("input cam".to_owned(), 1, at(3000)), 3000);
        assert_eq!(all.since("output cam".to_owned(), 1, at(3000)), 2000);
    }
}
