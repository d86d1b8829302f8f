//! Curves of motion: what comes eases out, what goes eases in.

use std::time::Duration;
use vitrine_media::ShowTime;

/// A curve from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Ease {
    /// Even.
    #[default]
    Linear,
    /// Starts slowly: for what leaves.
    In,
    /// Ends slowly: for what arrives.
    Out,
    /// Both: for what travels on.
    InOut,
    /// Stays, then jumps at the end.
    Hold,
}

impl Ease {
    /// The curve's height at `t`, both 0 to 1. Cubic.
    #[must_use]
    pub fn at(self, t: f32) -> f32 {
        let t = if t.is_finite() { t.clamp(0.0, 1.0) } else { 0.0 };
        match self {
            Self::Linear => t,
            Self::In => t * t * t,
            Self::Out => 1.0 - (1.0 - t).powi(3),
            Self::InOut if t < 0.5 => 4.0 * t * t * t,
            Self::InOut => 1.0 - (2.0 - 2.0 * t).powi(3) / 2.0,
            Self::Hold => t.floor(),
        }
    }

    /// By its name, as plugins say it.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "linear" => Some(Self::Linear),
            "in" | "ease-in" => Some(Self::In),
            "out" | "ease-out" => Some(Self::Out),
            "in-out" | "ease-in-out" | "ease" => Some(Self::InOut),
            "hold" | "step" => Some(Self::Hold),
            _ => None,
        }
    }
}

/// How much of `duration` has passed since `started`, 0 to 1; 1 when there is nothing to wait for.
#[must_use]
pub fn progress(started: ShowTime, duration: Duration, at: ShowTime) -> f32 {
    if duration.is_zero() { 1.0 } else { (at.since(started).as_secs_f32() / duration.as_secs_f32()).min(1.0) }
}

/// A fraction of a duration, to the microsecond; what is no fraction counts as none.
#[must_use]
pub fn part(duration: Duration, fraction: f32) -> Duration {
    let micros = duration.as_secs_f64() * 1e6 * f64::from(fraction.min(1.0));
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "positive; a cast from a float saturates"
    )]
    if fraction > 0.0 { Duration::from_micros(micros.round() as u64) } else { Duration::ZERO }
}

/// Between two numbers.
#[must_use]
pub fn lerp(from: f32, to: f32, t: f32) -> f32 {
    from + (to - from) * t
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_curve_runs_from_nothing_to_all_and_never_back() {
        for ease in [Ease::Linear, Ease::In, Ease::Out, Ease::InOut, Ease::Hold] {
            assert_eq!(ease.at(0.0), 0.0);
            assert_eq!(ease.at(1.0), 1.0);
            let steps: Vec<f32> = (0..=100_u8).map(|n| ease.at(f32::from(n) / 100.0)).collect();
            assert!(steps.windows(2).all(|w| w[0] <= w[1]), "{ease:?}");
        }
        assert_eq!(Ease::Out.at(f32::NAN), 0.0);
        assert!(Ease::Out.at(0.25) > 0.5 && Ease::In.at(0.75) < 0.5);
    }
}
