//! The encoders of a running show: outputs that agree share one; it ends with the last of them. Outputs of raw
//! pictures stand beside them: they get the canvas as it is.

use crate::wiring;
use arc_swap::ArcSwap;
use std::sync::Arc;
use std::thread::JoinHandle;
use vitrine_media::{AudioBlock, Lane, LaneStats, Picture};
use vitrine_pipeline::encode::{Encoder, EncoderControl, EncoderPorts, EncoderSpec, PacketLane};

/// Lanes that a canvas's pictures go into.
pub type PictureLanes = Arc<ArcSwap<Vec<Lane<Picture>>>>;
/// Lanes that the mix goes into.
pub type SoundLanes = Arc<ArcSwap<Vec<Lane<AudioBlock>>>>;

struct Running {
    spec: EncoderSpec,
    canvas: usize,
    control: EncoderControl,
    pictures: Lane<Picture>,
    sound: Lane<AudioBlock>,
    fed: usize,
    thread: Option<JoinHandle<()>>,
}

/// All encoders.
pub struct Encoders {
    all: Vec<Running>,
    raw: Vec<(usize, Lane<Picture>)>,
    canvases: Vec<PictureLanes>,
    sound: SoundLanes,
    made: usize,
}

impl Encoders {
    /// No encoders yet; they will take pictures from these canvases and sound from this mix.
    pub const fn new(canvases: Vec<PictureLanes>, sound: SoundLanes) -> Self {
        Self { all: Vec::new(), raw: Vec::new(), canvases, sound, made: 0 }
    }

    /// Feeds an output from the encoder that suits it, starting that if need be.
    pub fn attach(&mut self, canvas: usize, spec: &EncoderSpec, lane: &PacketLane) -> anyhow::Result<()> {
        if let Some(running) = self.all.iter_mut().find(|running| running.spec == *spec) {
            running.fed += 1;
            running.control.attach(lane);
            return Ok(());
        }
        self.made += 1;
        let name = format!("{}-{}", spec.canvas, self.made);
        let (pictures, sound) = (wiring::pictures(&name), wiring::encoder_sound(&name));
        let ports = EncoderPorts { pictures: pictures.clone(), sound: sound.clone() };
        let (encoder, control) = Encoder::new(spec.clone(), ports);
        control.attach(lane);
        let thread = Some(wiring::start_encoder(&name, encoder)?);
        self.all.push(Running { spec: spec.clone(), canvas, control, pictures, sound, fed: 1, thread });
        self.connect();
        Ok(())
    }

    /// Feeds an output no longer; an encoder without outputs ends.
    pub fn detach(&mut self, spec: &EncoderSpec, lane: &PacketLane) {
        let Some(at) = self.all.iter().position(|running| running.spec == *spec) else { return };
        let Some(running) = self.all.get_mut(at) else { return };
        running.control.detach(lane);
        running.fed -= 1;
        if running.fed == 0 {
            let gone = self.all.swap_remove(at);
            self.connect();
            gone.pictures.close();
            gone.sound.close();
            // Its thread ends when it has finished what it has.
            drop(gone.thread);
        }
    }

    /// Feeds an output the canvas's pictures as they are, until its lane is closed by [`Self::detach_raw`].
    pub fn attach_raw(&mut self, canvas: usize, lane: Lane<Picture>) {
        self.raw.push((canvas, lane));
        self.connect();
    }

    /// Feeds an output of raw pictures no longer.
    pub fn detach_raw(&mut self, lane: &Lane<Picture>) {
        self.raw.retain(|(_, other)| !other.same(lane));
        self.connect();
        lane.close();
    }

    /// Tells tick and audio which lanes there are.
    fn connect(&self) {
        for (index, lanes) in self.canvases.iter().enumerate() {
            let of_canvas = self.all.iter().filter(|running| running.canvas == index);
            let raw = self.raw.iter().filter(|(canvas, _)| *canvas == index).map(|(_, lane)| lane.clone());
            lanes.store(Arc::new(of_canvas.map(|running| running.pictures.clone()).chain(raw).collect()));
        }
        self.sound.store(Arc::new(self.all.iter().map(|running| running.sound.clone()).collect()));
    }

    /// The encoder element at work, by name; for the log and the API.
    pub fn elements(&self) -> Vec<&'static str> {
        self.all.iter().map(|running| running.control.stats().element).collect()
    }

    /// The lanes of all encoders.
    pub fn lanes(&self) -> Vec<LaneStats> {
        let encoders = self.all.iter().flat_map(|running| [running.pictures.stats(), running.sound.stats()]);
        encoders.chain(self.raw.iter().map(|(_, lane)| lane.stats())).collect()
    }

    /// Pictures that encoders were too slow for.
    pub fn dropped(&self) -> u64 {
        self.all.iter().map(|running| running.pictures.stats().dropped).sum()
    }

    /// Finishes all: what they hold is encoded, then their outputs' lanes close.
    pub fn end(&mut self) {
        for running in &mut self.all {
            running.pictures.close();
            running.sound.close();
        }
        self.raw.iter().for_each(|(_, lane)| lane.close());
        for thread in self.all.iter_mut().filter_map(|running| running.thread.take()) {
            let _ = thread.join();
        }
    }
}
