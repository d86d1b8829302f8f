//! The audio thread: every 10 ms, one block of the mix to every encoder, and levels to the desk.

use crate::on_air::OnAirCell;
use arc_swap::ArcSwap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use vitrine_audio::{BLOCK_FRAMES, Mixer, MixerMeters, StripSettings};
use vitrine_media::{AudioBlock, Clock, InputId, Lane, Popped, SAMPLE_RATE_HZ, ShowTime};
use vitrine_show::tally::Tallies;

/// Blocks between two readings of the meters: 50 ms, 20 a second.
const BLOCKS_PER_READING: u64 = 5;

/// What the audio thread is told.
pub enum Order {
    /// A strip comes, with the lane that its sound comes in.
    Add(InputId, StripSettings, Lane<AudioBlock>),
    /// A strip is set anew.
    Set(InputId, StripSettings),
    /// A strip goes.
    Remove(InputId),
}

/// Everything that the audio thread owns.
pub struct Sound {
    /// Show time.
    pub clock: Arc<dyn Clock>,
    /// The strips and the bus.
    pub mixer: Mixer,
    /// What it is told.
    pub orders: Lane<Order>,
    /// The encoders; swapped whole when one comes or goes.
    pub encoders: Arc<ArcSwap<Vec<Lane<AudioBlock>>>>,
    /// What is on air: follow-video and fade to black go by it.
    pub on_air: OnAirCell,
    /// Who is seen where.
    pub tallies: Arc<ArcSwap<Tallies>>,
    /// Where readings go.
    pub meters: Arc<ArcSwap<MixerMeters>>,
    /// Set when the show ends.
    pub stop: Arc<AtomicBool>,
}

/// Show time of block `n`.
fn due(n: u64) -> ShowTime {
    ShowTime::from_nanos(n * BLOCK_FRAMES as u64 * 1_000_000_000 / u64::from(SAMPLE_RATE_HZ))
}

impl Sound {
    /// Mixes until told to stop. The body of the thread `audio`. Never skips a block: encoders need sound without gaps.
    pub fn run(mut self) {
        let mut lanes: Vec<(InputId, Lane<AudioBlock>)> = Vec::new();
        let mut out = AudioBlock::default();
        let mut n = self.clock.now().nanos() / due(1).nanos() + 1;
        while !self.stop.load(Ordering::Relaxed) {
            let (now, at) = (self.clock.now(), due(n));
            if now < at {
                std::thread::sleep(at.since(now));
                continue;
            }
            self.obey(&mut lanes);
            self.follow(&lanes, at);
            for (id, lane) in &lanes {
                while let Popped::Next(block) = lane.pop(Duration::ZERO) {
                    self.mixer.push(id, &block);
                }
            }
            self.mixer.mix(at, &mut out);
            for lane in self.encoders.load().iter() {
                // A closed lane belongs to an encoder that is going; a full one counted its loss.
                let _ = lane.push(out.clone());
            }
            if n.is_multiple_of(BLOCKS_PER_READING) {
                self.meters.store(Arc::new(self.mixer.meters()));
            }
            n += 1;
        }
    }

    fn obey(&mut self, lanes: &mut Vec<(InputId, Lane<AudioBlock>)>) {
        while let Popped::Next(order) = self.orders.pop(Duration::ZERO) {
            match order {
                Order::Add(id, settings, lane) => {
                    self.mixer.set_strip(&id, settings);
                    lanes.retain(|(other, _)| *other != id);
                    lanes.push((id, lane));
                }
                Order::Set(id, settings) => self.mixer.set_strip(&id, settings),
                Order::Remove(id) => {
                    self.mixer.remove_strip(&id);
                    lanes.retain(|(other, _)| *other != id);
                }
            }
        }
    }

    fn follow(&mut self, lanes: &[(InputId, Lane<AudioBlock>)], at: ShowTime) {
        let (on_air, tallies) = (self.on_air.load(), self.tallies.load());
        for (id, _) in lanes {
            self.mixer.set_seen(id, tallies.on_air(&on_air.air, id, at));
        }
        self.mixer.set_master(1.0 - on_air.air.black.amount(at));
    }
}
