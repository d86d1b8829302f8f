//! The outputs of a running show.

use super::Encoders;
use crate::load::Loaded;
use crate::moments::Moments;
use crate::spec::{self, FeedPlan, OutputPlan};
use crate::wiring;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use vitrine_media::{Lane, LaneStats, OutputId, Picture};
use vitrine_pipeline::encode::{EncoderSpec, PacketLane};
use vitrine_pipeline::outputs::{Output, OutputControl, OutputState, OutputStats, VirtualCamera, VirtualCameraControl};
use vitrine_scene::file;
use vitrine_scene::model::Show;

/// What an output at work is fed with, and its handle.
enum Feed {
    Packets { encoder: EncoderSpec, lane: PacketLane, control: OutputControl },
    Pictures { lane: Lane<Picture>, control: VirtualCameraControl },
}

struct Live {
    canvas: usize,
    feed: Feed,
    thread: Option<JoinHandle<()>>,
}

/// One output of the show file, running or not.
pub struct Running {
    /// What the show file says of it.
    pub output: file::Output,
    live: Option<Live>,
    /// Why it could not be started.
    pub refused: Option<String>,
}

/// All outputs, in the order of the show file.
pub struct Outputs {
    all: Vec<Running>,
    dir: PathBuf,
    started: String,
    moments: Arc<Moments>,
}

impl Outputs {
    /// No outputs yet. `started` names the start of the show in file names; `moments` go into streams that tell them.
    pub const fn new(dir: PathBuf, started: String, moments: Arc<Moments>) -> Self {
        Self { all: Vec::new(), dir, started, moments }
    }

    /// All outputs.
    pub fn all(&self) -> &[Running] {
        &self.all
    }

    /// Starts what is new, stops what is gone, leaves alone what did not change.
    pub fn update(&mut self, loaded: &Loaded, encoders: &mut Encoders) {
        let mut old = std::mem::take(&mut self.all);
        let mut fresh = Vec::new();
        for output in &loaded.file.outputs {
            if let Some(at) = old.iter().position(|running| running.output == *output) {
                self.all.push(old.swap_remove(at));
            } else {
                if output.start {
                    fresh.push(output.name.clone());
                }
                self.all.push(Running { output: output.clone(), live: None, refused: None });
            }
        }
        old.iter_mut().for_each(|running| running.stop(encoders));
        fresh.iter().for_each(|name| self.start(name, &loaded.show, encoders));
    }

    /// Starts an output that stands still.
    pub fn start(&mut self, id: &OutputId, show: &Show, encoders: &mut Encoders) {
        let (dir, started, moments) = (self.dir.clone(), self.started.clone(), Arc::clone(&self.moments));
        let Some(running) = self.all.iter_mut().find(|running| running.output.name == *id) else { return };
        if running.live.is_some() {
            return;
        }
        match spec::output(&running.output, show, &dir, &started, &moments).and_then(|plan| begin(plan, encoders)) {
            Ok(live) => {
                running.live = Some(live);
                running.refused = None;
            }
            Err(why) => {
                tracing::error!(output = %id, "can't start: {why:#}");
                running.refused = Some(format!("{why:#}"));
            }
        }
    }

    /// Stops an output; its file is finished by its own thread.
    pub fn stop(&mut self, id: &OutputId, encoders: &mut Encoders) {
        self.all.iter_mut().filter(|running| running.output.name == *id).for_each(|running| running.stop(encoders));
    }

    /// Lanes of all running outputs.
    pub fn lanes(&self) -> Vec<LaneStats> {
        let packets = |running: &Running| match &running.live.as_ref()?.feed {
            Feed::Packets { lane, .. } => Some(lane.lane_stats()),
            // Counted with the lanes of pictures.
            Feed::Pictures { .. } => None,
        };
        self.all.iter().filter_map(packets).collect()
    }

    /// Pictures that outputs could not take.
    pub fn dropped(&self) -> u64 {
        self.all.iter().filter_map(Running::stats).map(|stats| stats.frames_dropped).sum()
    }

    /// Waits for all to finish. Encoders have closed their lanes before.
    pub fn end(&mut self) {
        let threads = self.all.iter_mut().filter_map(|running| running.live.as_mut()?.thread.take());
        for thread in threads.collect::<Vec<_>>() {
            let _ = thread.join();
        }
    }
}

fn begin(plan: OutputPlan, encoders: &mut Encoders) -> anyhow::Result<Live> {
    let canvas = plan.canvas;
    match plan.feed {
        FeedPlan::Packets(encoder, spec) => {
            let lane = spec.lane();
            let (output, control) = Output::new(spec, lane.clone());
            let thread = Some(wiring::start_output(output)?);
            if let Err(why) = encoders.attach(canvas, &encoder, &lane) {
                control.stop();
                return Err(why);
            }
            Ok(Live { canvas, feed: Feed::Packets { encoder, lane, control }, thread })
        }
        FeedPlan::Camera(spec) => {
            let (id, lane) = (spec.id.clone(), wiring::raw_pictures(&spec.id));
            let (camera, control) = VirtualCamera::new(spec, lane.clone());
            let thread = Some(wiring::start_camera(&id, camera)?);
            encoders.attach_raw(canvas, lane.clone());
            Ok(Live { canvas, feed: Feed::Pictures { lane, control }, thread })
        }
    }
}

/// A virtual camera's figures in the words of all outputs: it has no bits to count.
fn of_camera(lane: &LaneStats, control: &VirtualCameraControl) -> OutputStats {
    let stats = control.stats();
    let last_error = match &stats.state {
        OutputState::Lost { why, .. } => Some(why.clone()),
        _ => None,
    };
    OutputStats {
        state: stats.state,
        frames_in: lane.pushed,
        frames_sent: stats.frames_sent,
        frames_dropped: lane.dropped,
        bytes: 0,
        bitrate_kbps: 0,
        reconnects: stats.reconnects,
        last_error,
        path: None,
    }
}

impl Running {
    /// Its figures, if it runs.
    pub fn stats(&self) -> Option<OutputStats> {
        self.live.as_ref().map(|live| match &live.feed {
            Feed::Packets { control, .. } => control.stats(),
            Feed::Pictures { lane, control } => of_camera(&lane.stats(), control),
        })
    }

    /// The canvas that it sends, by its index, if it runs.
    pub fn canvas(&self) -> Option<usize> {
        self.live.as_ref().map(|live| live.canvas)
    }

    fn stop(&mut self, encoders: &mut Encoders) {
        if let Some(live) = self.live.take() {
            match &live.feed {
                Feed::Packets { encoder, lane, control } => {
                    encoders.detach(encoder, lane);
                    control.stop();
                }
                Feed::Pictures { lane, .. } => encoders.detach_raw(lane),
            }
            // Its thread finishes the file and ends by itself.
            drop(live.thread);
        }
    }
}
