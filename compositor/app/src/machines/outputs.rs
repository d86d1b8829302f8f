//! The outputs of a running show.

use super::Encoders;
use crate::load::Loaded;
use crate::moments::Moments;
use crate::spec::{self, OutputPlan};
use crate::wiring;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use vitrine_media::{LaneStats, OutputId};
use vitrine_pipeline::encode::PacketLane;
use vitrine_pipeline::outputs::{Output, OutputControl, OutputStats};
use vitrine_scene::file;
use vitrine_scene::model::Show;

struct Live {
    plan: OutputPlan,
    lane: PacketLane,
    control: OutputControl,
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
                running.live = live;
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
        self.all.iter().filter_map(|running| running.live.as_ref().map(|live| live.lane.lane_stats())).collect()
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

fn begin(plan: Option<OutputPlan>, encoders: &mut Encoders) -> anyhow::Result<Option<Live>> {
    let Some(plan) = plan else { return Ok(None) };
    let lane = plan.spec.lane();
    let (output, control) = Output::new(plan.spec.clone(), lane.clone());
    let thread = Some(wiring::start_output(output)?);
    if let Err(why) = encoders.attach(plan.canvas, &plan.encoder, &lane) {
        control.stop();
        return Err(why);
    }
    Ok(Some(Live { plan, lane, control, thread }))
}

impl Running {
    /// Its figures, if it runs.
    pub fn stats(&self) -> Option<OutputStats> {
        self.live.as_ref().map(|live| live.control.stats())
    }

    /// The canvas that it sends, by its index, if it runs.
    pub fn canvas(&self) -> Option<usize> {
        self.live.as_ref().map(|live| live.plan.canvas)
    }

    fn stop(&mut self, encoders: &mut Encoders) {
        if let Some(live) = self.live.take() {
            encoders.detach(&live.plan.encoder, &live.lane);
            live.control.stop();
            // Its thread finishes the file and ends by itself.
            drop(live.thread);
        }
    }
}
