//! What a chunk is at a glance: bare screen, a subject without spill, or something to be worked on.

use super::simd::{Level, by_level};

/// Alpha before clamping that makes a site solid whichever row's ramp its pixels have.
const PLAIN_ALPHA: f32 = 1.05;
/// Key value by which a subject must be free of spill before it is handed on untouched.
const PLAIN_MARGIN: f32 = 0.02;

/// What the sites of a chunk, and one to either side, say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    Clear,
    Plain,
    Mixed,
}

impl Look {
    /// What `1 − k` of a chunk's sites says, first with one site more to either side.
    pub(super) fn of(level: Level, [near, bare]: [&[f32]; 2], gain: &[f32], own: &[f32], low: f32) -> Self {
        let mut ends = Ends::new();
        glance(level, near, &mut ends);
        let (least, most) = ends.of();
        if most <= low {
            return Self::Clear;
        }
        if least <= low {
            return Self::Mixed;
        }
        let mut ends = Ends::new();
        glance_known(level, bare, gain, own, low, &mut ends);
        let (alpha, spill) = ends.of();
        if alpha >= PLAIN_ALPHA && spill < -PLAIN_MARGIN { Self::Plain } else { Self::Mixed }
    }
}

/// Values whose extremes are sought side by side.
const LANES: usize = 16;

/// Extremes, lane by lane.
struct Ends {
    least: [f32; LANES],
    most: [f32; LANES],
}

impl Ends {
    const fn new() -> Self {
        Self { least: [f32::MAX; LANES], most: [f32::MIN; LANES] }
    }

    fn of(&self) -> (f32, f32) {
        (self.least.into_iter().fold(f32::MAX, f32::min), self.most.into_iter().fold(f32::MIN, f32::max))
    }
}

by_level! {
    /// Extremes of `1 − k`.
    fn glance(bare: &[f32], ends: &mut Ends) {
        let mut lanes = |values: &[f32]| {
            for (lane, value) in values.iter().enumerate() {
                ends.least[lane] = if *value < ends.least[lane] { *value } else { ends.least[lane] };
                ends.most[lane] = if *value > ends.most[lane] { *value } else { ends.most[lane] };
            }
        };
        let (whole, rest) = bare.as_chunks::<LANES>();
        whole.iter().for_each(|values| lanes(values));
        lanes(rest);
    }
}

by_level! {
    /// Least alpha, not clamped, and most key value beyond the subject's own.
    fn glance_known(bare: &[f32], gain: &[f32], own: &[f32], low: f32, ends: &mut Ends) {
        let mut lanes = |bare: &[f32], gain: &[f32], own: &[f32]| {
            for (lane, ((bare, gain), own)) in bare.iter().zip(gain).zip(own).enumerate() {
                let (alpha, spill) = ((bare - low) * gain, 1.0 - bare - own);
                ends.least[lane] = if alpha < ends.least[lane] { alpha } else { ends.least[lane] };
                ends.most[lane] = if spill > ends.most[lane] { spill } else { ends.most[lane] };
            }
        };
        let ((bare, bare_rest), (gain, gain_rest)) = (bare.as_chunks::<LANES>(), gain.as_chunks::<LANES>());
        let (own, own_rest) = own.as_chunks::<LANES>();
        for ((bare, gain), own) in bare.iter().zip(gain).zip(own) {
            lanes(bare, gain, own);
        }
        lanes(bare_rest, gain_rest, own_rest);
    }
}
