//! `/metrics`: the live figures in Prometheus' text format.

use crate::state::App;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use std::fmt::Write;
use vitrine_show::ports::desk::{InputStatus, Meters, OutputStatus, Snapshot};

const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// `GET /metrics`
pub(crate) async fn metrics(State(app): State<App>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], text(&app.desk.snapshot(), &app.desk.meters()))
}

/// Collects samples of one metric after another; each has its help and type once.
struct Page(String);

impl Page {
    fn metric<'a, T: std::fmt::Display>(
        &mut self,
        name: &str,
        kind: &str,
        help: &str,
        samples: impl IntoIterator<Item = (&'a str, &'a str, T)>,
    ) {
        // Writing to a String can't fail.
        let _always = write!(self.0, "# HELP vitrine_{name} {help}\n# TYPE vitrine_{name} {kind}\n");
        for (label, value, sample) in samples {
            let _always = if label.is_empty() {
                writeln!(self.0, "vitrine_{name} {sample}")
            } else {
                writeln!(self.0, "vitrine_{name}{{{label}=\"{}\"}} {sample}", escaped(value))
            };
        }
    }

    fn one(&mut self, name: &str, kind: &str, help: &str, sample: impl std::fmt::Display) {
        self.metric(name, kind, help, [("", "", sample)]);
    }
}

fn escaped(label: &str) -> String {
    label.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn text(show: &Snapshot, meters: &Meters) -> String {
    let mut page = Page(String::with_capacity(4096));
    let stats = &show.stats;
    page.one("ticks_total", "counter", "Ticks due since the start.", stats.ticks);
    page.one("ticks_late_total", "counter", "Ticks that missed their time.", stats.ticks_late);
    page.one("frames_dropped_total", "counter", "Pictures that outputs could not take.", stats.frames_dropped);
    let ticks = [("quantile", "0.5", stats.tick_ms.p50), ("quantile", "0.99", stats.tick_ms.p99)];
    page.metric("tick_ms", "gauge", "Time of a tick over the last ten seconds, milliseconds.", ticks);
    page.one("cpu_seconds_total", "counter", "Processor time used.", stats.cpu_seconds);
    inputs(&mut page, show);
    outputs(&mut page, show);
    lanes(&mut page, show);
    let loudness = &meters.loudness;
    let lufs = [("window", "momentary", loudness.momentary_lufs), ("window", "short_term", loudness.short_term_lufs)];
    let lufs = lufs.into_iter().chain([("window", "integrated", loudness.integrated_lufs)]);
    let lufs = lufs.filter_map(|(label, window, value)| Some((label, window, value?)));
    page.metric("loudness_lufs", "gauge", "Loudness of program.", lufs);
    page.0
}

fn inputs(page: &mut Page, show: &Snapshot) {
    let each = |f: fn(&vitrine_show::ports::desk::InputState) -> f64| {
        show.inputs.iter().map(move |i| ("input", i.name.as_str(), f(i))).collect::<Vec<_>>()
    };
    page.metric("input_live", "gauge", "1 while pictures arrive.", each(|i| flag(i.status == InputStatus::Live)));
    page.metric("input_fps", "gauge", "Pictures per second that arrive.", each(|i| i.fps));
    page.metric("input_reconnects_total", "counter", "Reconnects of an input.", each(|i| count(i.reconnects)));
}

fn outputs(page: &mut Page, show: &Snapshot) {
    let each = |f: fn(&vitrine_show::ports::desk::OutputState) -> f64| {
        show.outputs.iter().map(move |o| ("output", o.name.as_str(), f(o))).collect::<Vec<_>>()
    };
    page.metric("output_live", "gauge", "1 while the output sends.", each(|o| flag(o.status == OutputStatus::Live)));
    page.metric("output_bitrate_kbps", "gauge", "Bits sent, thousands a second.", each(|o| f64::from(o.bitrate_kbps)));
    page.metric("output_frames_dropped_total", "counter", "Pictures dropped.", each(|o| count(o.frames_dropped)));
    page.metric("output_reconnects_total", "counter", "Reconnects of an output.", each(|o| count(o.reconnects)));
}

fn lanes(page: &mut Page, show: &Snapshot) {
    let depths = show.lanes.iter().map(|l| ("lane", l.name.as_str(), l.depth));
    page.metric("lane_depth", "gauge", "Entries waiting in a lane.", depths);
    let drops = show.lanes.iter().map(|l| ("lane", l.name.as_str(), l.dropped));
    page.metric("lane_dropped_total", "counter", "Entries dropped by a full lane.", drops);
}

fn flag(yes: bool) -> f64 {
    f64::from(u8::from(yes))
}

#[allow(clippy::cast_precision_loss, reason = "a counter of a show stays far below 2^53")]
fn count(n: u64) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use vitrine_show::ports::desk::LaneState;

    #[test]
    fn labels_are_escaped_and_every_line_is_one_sample() {
        let lane = LaneState { name: "a\"\\\nb".into(), depth: 3, capacity: 8, high_water: 3, pushed: 9, dropped: 1 };
        let show = Snapshot { lanes: vec![lane], ..Snapshot::default() };
        let page = text(&show, &Meters::default());
        assert!(page.contains("vitrine_lane_depth{lane=\"a\\\"\\\\\\nb\"} 3\n"), "{page}");
        for line in page.lines().filter(|l| !l.starts_with('#')) {
            assert!(line.rsplit_once(' ').is_some_and(|(_, n)| n.parse::<f64>().is_ok()), "{line}");
        }
    }
}
