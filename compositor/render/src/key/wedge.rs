//! The acceptance wedge: how much of the screen's colour is in a colour.

/// How the key value falls with the square of the distance from the screen's hue. A wedge with round flanks: half-way
/// to skin little is lost, so that blurred edges keep their measure; a hue of its own, as of lime or teal, costs all.
pub(crate) const HUE_BEND: f32 = 1.0;
/// How fast that sets in with the part along the screen's hue: what has little of it is a blur of something of the
/// opposite hue (skin, wood, a red mug) rather than goods of a hue beside it.
pub(crate) const BEND_RISE: f32 = 1.4;

/// The screen's chroma, ready to split others into a part along its hue and one across it.
#[derive(Clone, Copy)]
pub(crate) struct Wedge {
    pub(crate) u: f32,
    pub(crate) v: f32,
}

/// The key value of something with these parts along and across the screen's hue.
#[allow(clippy::inline_always, reason = "part of the kernels; must take their instruction set")]
#[inline(always)]
pub(crate) fn bent(along: f32, across: f32) -> f32 {
    along - across * across * HUE_BEND * (along * BEND_RISE).clamp(0.0, 1.0)
}

impl Wedge {
    /// For a screen of colour differences `u`, `v`.
    #[allow(clippy::inline_always, reason = "part of the kernels; must take their instruction set")]
    #[inline(always)]
    pub(crate) fn of(u: f32, v: f32) -> Self {
        // A screen without colour gives a wedge that holds nothing much; it must not divide by zero.
        let inverse = 1.0 / (u * u + v * v).max(1e-4);
        Self { u: u * inverse, v: v * inverse }
    }

    /// Parts along and across the screen's hue; the screen itself is (1, 0). Across is never negative.
    #[allow(clippy::inline_always, reason = "part of the kernels; must take their instruction set")]
    #[inline(always)]
    pub(crate) fn split(self, u: f32, v: f32) -> (f32, f32) {
        (u * self.u + v * self.v, (v * self.u - u * self.v).abs())
    }

    /// The key value: 1 on the screen, 0 and below where nothing of its hue is left.
    #[allow(clippy::inline_always, reason = "part of the kernels; must take their instruction set")]
    #[inline(always)]
    pub(crate) fn key(self, u: f32, v: f32) -> f32 {
        let (along, across) = self.split(u, v);
        bent(along, across)
    }
}
