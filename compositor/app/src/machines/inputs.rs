//! The inputs of a running show.

use crate::load::{Loaded, read_asset, resolve};
use crate::seats::{Seat, Seats};
use crate::sound::Order;
use crate::{spec, wiring};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use vitrine_media::{Clock, InputId, Lane, LaneStats, Picture, ShowTime};
use vitrine_pipeline::inputs::{Input, InputControl, InputEvent, InputPorts, InputSpec, InputStats};
use vitrine_render::overlay::Rasteriser;
use vitrine_scene::draw::Color;
use vitrine_scene::file::{self, Source};
use vitrine_scene::raster::{Align, RasterSpec, TextSpec, VerticalAlign};
use vitrine_show::run::strip_settings;

/// Size of the built-in slate, in pixels.
const SLATE_PX: (u32, u32) = (1280, 720);

/// One input at work.
pub struct Running {
    /// Its name.
    pub id: InputId,
    /// What the show file says of it.
    pub source: Source,
    lost: file::Lost,
    /// What the pipeline was told; `None` for stills, colours and texts.
    spec: Option<InputSpec>,
    /// Its handle, if a pipeline runs.
    pub control: Option<InputControl>,
    sound: Option<Lane<vitrine_media::AudioBlock>>,
    thread: Option<JoinHandle<()>>,
    seat: Arc<Seat>,
    /// Held by hand.
    pub paused: bool,
    /// Starts again at its end.
    pub looped: bool,
    /// Why it could not be opened at all.
    pub refused: Option<String>,
}

/// All inputs, in the order of the show file.
pub struct Inputs {
    all: Vec<Running>,
    clock: Arc<dyn Clock>,
    events: Lane<InputEvent>,
    audio: Lane<Order>,
    rasteriser: Rasteriser,
}

impl Inputs {
    /// No inputs yet.
    pub fn new(clock: Arc<dyn Clock>, events: Lane<InputEvent>, audio: Lane<Order>, rasteriser: Rasteriser) -> Self {
        Self { all: Vec::new(), clock, events, audio, rasteriser }
    }

    /// All inputs.
    pub fn all(&self) -> &[Running] {
        &self.all
    }

    /// Opens what is new, closes what is gone, leaves alone what did not change; then seats them.
    pub fn update(&mut self, loaded: &Loaded, seats: &Seats, now: ShowTime) {
        let mut old = std::mem::take(&mut self.all);
        for (id, input) in &loaded.file.inputs.0 {
            let wanted = spec::input(id, &input.source, &loaded.show, &loaded.dir);
            let kept = old.iter().position(|running| {
                running.id == *id
                    && running.lost == input.lost
                    && running.source == input.source
                    && wanted.as_ref().is_ok_and(|spec| *spec == running.spec)
            });
            let running = match kept {
                Some(at) => old.swap_remove(at),
                None => self.open(id, input, wanted, loaded, now),
            };
            self.all.push(running);
        }
        seats.store(Arc::new(self.all.iter().map(|running| Arc::clone(&running.seat)).collect()));
        old.into_iter().for_each(|running| self.close(running, &loaded.file));
    }

    fn open(
        &mut self,
        id: &InputId,
        input: &file::Input,
        wanted: anyhow::Result<Option<InputSpec>>,
        loaded: &Loaded,
        now: ShowTime,
    ) -> Running {
        let slate = self.slate(id, input, loaded);
        let hold = Duration::from_millis(u64::from(input.lost.hold_ms));
        let still = matches!(input.source, Source::Image(_));
        let seat = Arc::new(Seat::new(id.clone(), slate, hold, now, still));
        let looped = matches!(&input.source, Source::File(clip) if clip.looped);
        let mut running = Running {
            id: id.clone(),
            source: input.source.clone(),
            lost: input.lost.clone(),
            spec: None,
            control: None,
            sound: None,
            thread: None,
            seat,
            paused: false,
            looped,
            refused: None,
        };
        match wanted {
            Ok(Some(spec)) => self.open_pipeline(&mut running, spec, &input.audio),
            Ok(None) => self.open_still(&mut running, &input.source, loaded),
            Err(why) => running.refused = Some(format!("{why:#}")),
        }
        if let Some(why) = &running.refused {
            tracing::error!(input = %id, "can't open: {why}");
        }
        running
    }

    fn open_pipeline(&self, running: &mut Running, spec: InputSpec, strip: &file::Strip) {
        let sound = wiring::input_sound(&running.id);
        let ports = InputPorts {
            pictures: Arc::clone(&running.seat.slot),
            sound: sound.clone(),
            events: self.events.clone(),
            clock: Arc::clone(&self.clock),
        };
        let (input, control) = Input::new(spec.clone(), ports);
        match wiring::start_input(input) {
            Ok(thread) => {
                let order = Order::Add(running.id.clone(), strip_settings(strip), sound.clone());
                if !matches!(self.audio.push(order), Ok(true)) {
                    tracing::error!(input = %running.id, "the audio thread takes no orders; this input has no sound");
                }
                running.spec = Some(spec);
                running.control = Some(control);
                running.sound = Some(sound);
                running.thread = Some(thread);
            }
            Err(why) => running.refused = Some(format!("{why:#}")),
        }
    }

    fn open_still(&mut self, running: &mut Running, source: &Source, loaded: &Loaded) {
        let Source::Image(image) = source else { return };
        let path = resolve(&loaded.dir, &image.path);
        let picture = read_asset(&path).and_then(|bytes| Ok(self.rasteriser.load_image(&bytes)?));
        match picture {
            Ok(picture) => running.seat.slot.put(picture.at(ShowTime::ZERO)),
            Err(why) => running.refused = Some(format!("{}: {why:#}", path.display())),
        }
    }

    /// The picture that stands for a lost input: its own, else a plain card with its name.
    fn slate(&mut self, id: &InputId, input: &file::Input, loaded: &Loaded) -> Picture {
        if let Some(path) = &input.lost.slate {
            let picture =
                read_asset(&resolve(&loaded.dir, path)).and_then(|bytes| Ok(self.rasteriser.load_image(&bytes)?));
            match picture {
                Ok(picture) => return picture,
                Err(why) => tracing::error!(input = %id, "the slate {path} can't be used: {why:#}"),
            }
        }
        let card = self.rasteriser.raster(&slate_card(&format!("No signal\n{id}")));
        card.map_or_else(|_| plain_slate(), |text| over_panel(&text))
    }

    fn close(&self, mut running: Running, file: &file::ShowFile) {
        if let Some(control) = running.control.take() {
            control.stop();
        }
        let reopened = file.inputs.get(&running.id).is_some();
        if running.sound.is_some() && !reopened {
            let _ = self.audio.push(Order::Remove(running.id.clone()));
        }
        // Its thread ends by itself; a camera that hangs while closing must not hold up the show.
        drop(running.thread.take());
    }

    /// Steers an input that has a pipeline.
    pub fn control(&self, id: &InputId, order: impl FnOnce(&InputControl)) {
        if let Some(control) = self.all.iter().find(|running| running.id == *id).and_then(|r| r.control.as_ref()) {
            order(control);
        }
    }

    /// Remembers that a file is held by hand.
    pub fn set_paused(&mut self, id: &InputId, paused: bool) {
        self.all.iter_mut().filter(|r| r.id == *id).for_each(|r| r.paused = paused);
    }

    /// Remembers whether a file starts again, and reopens it that way.
    pub fn set_looped(&mut self, id: &InputId, looped: bool) {
        self.all.iter_mut().filter(|r| r.id == *id).for_each(|r| r.looped = looped);
        self.control(id, |control| control.set_looping(looped));
    }

    /// Whether an input's picture stands by its nature or by hand.
    pub fn stands(&self, id: &InputId) -> bool {
        let running = self.all.iter().find(|running| running.id == *id);
        running.is_some_and(|r| r.paused || matches!(r.source, Source::Image(_)))
    }

    /// The lanes that sound comes in by.
    pub fn lanes(&self) -> Vec<LaneStats> {
        self.all.iter().filter_map(|running| running.sound.as_ref().map(Lane::stats)).collect()
    }

    /// Tells every input to stop; their threads end by themselves.
    pub fn end(&mut self) {
        self.all.iter().filter_map(|running| running.control.as_ref()).for_each(InputControl::stop);
    }
}

impl Running {
    /// Its pipeline's figures.
    pub fn stats(&self) -> Option<InputStats> {
        self.control.as_ref().map(InputControl::stats)
    }

    /// Its seat.
    pub const fn seat(&self) -> &Arc<Seat> {
        &self.seat
    }
}

/// Words on a slate, in the house's type.
pub fn slate_card(text: &str) -> RasterSpec {
    RasterSpec::Text(TextSpec {
        text: text.to_owned(),
        family: "Inter".to_owned(),
        weight: 600,
        italic: false,
        size_px10: 560,
        line_height_pct: 140,
        color: Color { r: 232, g: 234, b: 237, a: 255 },
        box_px: SLATE_PX,
        align: Align::Center,
        valign: VerticalAlign::Middle,
        lines_max: 3,
        tabular: false,
        outline: None,
        shadow: None,
    })
}

/// A slate's ground: the console's dark panel, opaque.
const GROUND: [u8; 4] = [26, 29, 35, 255];

fn paint(size: vitrine_media::Size, pixel: impl Fn(usize, usize) -> [u8; 4]) -> Picture {
    let pool = vitrine_media::PicturePool::new(0);
    let mut picture = pool.take(size, vitrine_media::PixelFormat::Rgba);
    let [plane, ..] = picture.planes();
    for (y, row) in plane.bytes.chunks_mut(plane.stride.max(1)).enumerate() {
        for (x, out) in row.chunks_exact_mut(4).take(size.width as usize).enumerate() {
            out.copy_from_slice(&pixel(x, y));
        }
    }
    picture.freeze(ShowTime::ZERO)
}

fn plain_slate() -> Picture {
    paint(vitrine_media::Size::new(SLATE_PX.0, SLATE_PX.1), |_, _| GROUND)
}

/// Premultiplied words over the opaque ground.
fn over_panel(text: &Picture) -> Picture {
    let plane = text.plane(0);
    paint(text.size(), |x, y| {
        let at = y * plane.stride + x * 4;
        let Some([r, g, b, a]) = plane.bytes.get(at..at + 4) else { return GROUND };
        let over = |ink: u8, ground: u8| {
            let under = u32::from(ground) * (255 - u32::from(*a)) / 255;
            u8::try_from(u32::from(ink) + under).unwrap_or(255)
        };
        [over(*r, GROUND[0]), over(*g, GROUND[1]), over(*b, GROUND[2]), 255]
    })
}
