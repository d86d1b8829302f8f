//! The numbers of a [`Key`], as the kernels want them.

use vitrine_media::Size;
use vitrine_scene::draw::Rect;
use vitrine_scene::grade::Key;

/// Part of `tolerance` that widens the band of key values taken for bare screen.
pub(crate) const TOLERANCE_BAND: f32 = 0.3;
/// Softness at which half of the ramp between screen and subject is used.
const SOFTNESS_HALF: f32 = 0.015;

/// The ramp and the spill of one key.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Setting {
    /// Alpha is 0 up to here on the scale of `1 − key value`.
    pub(crate) low: f32,
    /// Part of the rest over which alpha rises to 1.
    pub(crate) soft: f32,
    /// Part of the screen's light taken off the subject.
    pub(crate) spill: f32,
}

impl Setting {
    pub(crate) fn of(key: &Key) -> Self {
        let number = |value: f32, max: f32| if value.is_finite() { value.clamp(0.0, max) } else { 0.0 };
        let softness = number(key.softness, 1.0);
        Self {
            low: TOLERANCE_BAND * number(key.tolerance, 1.0),
            soft: (softness / (softness + SOFTNESS_HALF)).max(0.02),
            spill: number(key.spill, 1.0),
        }
    }
}

/// A rectangle of whole pixels: `x.0 ≤ column < x.1`, `y.0 ≤ row < y.1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) x: (usize, usize),
    pub(crate) y: (usize, usize),
}

impl Span {
    /// `rect` in fractions of a picture of `size`; numbers that are none become zero.
    pub(crate) fn of(rect: Rect, size: Size) -> Self {
        let edge = |at: f32, pixels: u32| {
            let at = if at.is_finite() { at.clamp(0.0, 1.0) } else { 0.0 };
            (at * pixels as f32).round() as usize
        };
        Self {
            x: (edge(rect.x, size.width), edge(rect.x + rect.w, size.width)),
            y: (edge(rect.y, size.height), edge(rect.y + rect.h, size.height)),
        }
    }

    const fn has_row(&self, row: usize) -> bool {
        row >= self.y.0 && row < self.y.1
    }
}

/// The regions that a person drew: outside `garbage` nothing is kept, inside `core` all is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Regions {
    pub(crate) garbage: Option<Span>,
    pub(crate) core: Option<Span>,
}

impl Regions {
    pub(crate) fn of(key: &Key, size: Size) -> Self {
        Self { garbage: key.garbage.map(|r| Span::of(r, size)), core: key.core.map(|r| Span::of(r, size)) }
    }

    /// Applies both to pixels `first`, `first + step` … of row `row`; `clear` and `solid` are what alpha becomes.
    pub(crate) fn apply<T: Copy>(&self, alpha: &mut [T], row: usize, first: usize, step: usize, clear: T, solid: T) {
        let index = |x: usize| x.saturating_sub(first).div_ceil(step).min(alpha.len());
        let core = self.core.filter(|c| c.has_row(row)).map(|c| (index(c.x.0), index(c.x.1)));
        let keep = self.garbage.map(|g| if g.has_row(row) { (index(g.x.0), index(g.x.1)) } else { (0, 0) });
        if let Some((from, to)) = core {
            alpha.get_mut(from..to).unwrap_or_default().fill(solid);
        }
        if let Some((from, to)) = keep {
            alpha.get_mut(..from).unwrap_or_default().fill(clear);
            alpha.get_mut(to..).unwrap_or_default().fill(clear);
        }
    }
}
