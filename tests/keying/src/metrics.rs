//! How far a keyer's answer is from the truth.

use crate::methods::Cut;
use crate::truth::{Truth, decode, encode};
use serde::{Deserialize, Serialize};

/// Coverage between these is edge: hair, blur, glass.
const EDGE: std::ops::Range<f32> = 0.02..0.98;

/// Figures of one method on one axis. Lower is better but for the two in decibels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// Mean absolute error of alpha over all pixels, times 1000.
    pub sad: f64,
    /// Mean squared error of alpha over all pixels, times 1000.
    pub mse: f64,
    /// Mean squared error of alpha over edge pixels, times 1000.
    pub edge_mse: f64,
    /// Mean squared error of alpha's gradient, times 1000.
    pub gradient: f64,
    /// Mean excess of the screen's colour over the truth on edge and subject pixels, times 1000.
    pub residue: f64,
    /// PSNR of the composite on three backgrounds, every method blended in linear light.
    pub psnr_db: f64,
    /// The same with the blend that the method's own program uses.
    pub psnr_on_air_db: f64,
    /// Change of alpha from picture to picture where the still background is, times 1000.
    pub flicker: f64,
}

impl Scores {
    /// Means of several.
    pub(crate) fn mean(all: &[Self]) -> Self {
        let count = all.len().max(1) as f64;
        let of = |get: fn(&Self) -> f64| all.iter().map(get).sum::<f64>() / count;
        Self {
            sad: of(|s| s.sad),
            mse: of(|s| s.mse),
            edge_mse: of(|s| s.edge_mse),
            gradient: of(|s| s.gradient),
            residue: of(|s| s.residue),
            psnr_db: of(|s| s.psnr_db),
            psnr_on_air_db: of(|s| s.psnr_on_air_db),
            flicker: of(|s| s.flicker),
        }
    }
}

/// Compares the last of `cuts` with the truth; all of them for flicker.
pub(crate) fn score(truth: &Truth, cuts: &[Cut], blends_light: bool) -> Scores {
    let Some(cut) = cuts.last() else { return Scores::default() };
    let (mut sad, mut mse, mut edge, mut edges) = (0.0, 0.0, 0.0, 0.0_f64);
    for (found, alpha) in cut.alpha.iter().zip(&truth.alpha) {
        let error = f64::from(found - alpha);
        sad += error.abs();
        mse += error * error;
        if EDGE.contains(alpha) {
            edge += error * error;
            edges += 1.0;
        }
    }
    let pixels = truth.alpha.len().max(1) as f64;
    Scores {
        sad: sad / pixels * 1e3,
        mse: mse / pixels * 1e3,
        edge_mse: edge / edges.max(1.0) * 1e3,
        gradient: gradient(truth, cut),
        residue: residue(truth, cut),
        psnr_db: psnr(truth, cut, true),
        psnr_on_air_db: psnr(truth, cut, blends_light),
        flicker: flicker(truth, cuts),
    }
}

/// The composite's PSNR alone: what the search looks at.
pub(crate) fn psnr_of(truth: &Truth, cuts: &[Cut]) -> f64 {
    cuts.last().map_or(0.0, |cut| psnr(truth, cut, true))
}

fn gradient(truth: &Truth, cut: &Cut) -> f64 {
    let slope = |plane: &[f32], at: usize| [plane[at + 1] - plane[at], plane[at + truth.width] - plane[at]];
    let inner = (0..truth.height - 1).flat_map(|y| (0..truth.width - 1).map(move |x| (x, y)));
    let errors = inner.map(|(x, y)| {
        let at = y * truth.width + x;
        let [a, b] = [slope(&truth.alpha, at), slope(&cut.alpha, at)];
        f64::from((a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2))
    });
    errors.sum::<f64>() / truth.alpha.len() as f64 * 1e3
}

/// How much more of the screen's leading channel is left than truth has, weighed by coverage.
fn residue(truth: &Truth, cut: &Cut) -> f64 {
    let lead = if truth.picked[2] > truth.picked[1] { 2 } else { 1 };
    let excess = |c: [f32; 3], a: f32| {
        let other = (0..3).filter(|i| *i != lead).map(|i| c[i]).fold(f32::MIN, f32::max);
        f64::from((c[lead] - other).max(0.0) * a)
    };
    let (mut sum, mut count) = (0.0, 0.0_f64);
    for at in (0..truth.alpha.len()).filter(|at| truth.alpha[*at] > EDGE.start) {
        let own = excess(truth.subject[at].map(encode), truth.alpha[at]);
        sum += (excess(cut.rgb[at], cut.alpha[at]) - own).max(0.0);
        count += 1.0;
    }
    sum / count.max(1.0) * 1e3
}

/// A background's R'G'B' at a place, each from 0 to 1: a dark stage, a bright shop, a textured room.
pub(crate) fn background(which: usize, x: f32, y: f32) -> [f32; 3] {
    match which {
        0 => [0.08 + 0.1 * y, 0.07, 0.16 + 0.12 * x],
        1 => [0.86, 0.84 - 0.1 * y, 0.8 - 0.06 * x],
        _ => {
            let stripe = if ((x * 16.0) as i32 + (y * 9.0) as i32) % 2 == 0 { 0.62 } else { 0.38 };
            [stripe, stripe * 0.82, stripe * 0.66]
        }
    }
}

/// A composite, one pixel of it.
pub(crate) fn over(rgb: [f32; 3], alpha: f32, under: [f32; 3], light: bool) -> [f32; 3] {
    std::array::from_fn(|c| {
        if light {
            encode(alpha * decode(rgb[c]) + (1.0 - alpha) * decode(under[c]))
        } else {
            alpha * rgb[c] + (1.0 - alpha) * under[c]
        }
    })
}

fn psnr(truth: &Truth, cut: &Cut, light: bool) -> f64 {
    let one = |which: usize| {
        let errors = (0..truth.alpha.len()).map(|at| {
            let (x, y) = ((at % truth.width) as f32, (at / truth.width) as f32);
            let under = background(which, x / truth.width as f32, y / truth.height as f32);
            let found = over(cut.rgb[at], cut.alpha[at], under, light);
            let wanted: [f32; 3] = std::array::from_fn(|c| {
                let a = truth.alpha[at];
                encode(a * truth.subject[at][c] + (1.0 - a) * decode(under[c]))
            });
            (0..3).map(|c| f64::from(found[c] - wanted[c]).powi(2)).sum::<f64>() / 3.0
        });
        let mse = errors.sum::<f64>() / truth.alpha.len() as f64;
        -10.0 * mse.max(1e-10).log10()
    };
    (0..3).map(one).sum::<f64>() / 3.0
}

fn flicker(truth: &Truth, cuts: &[Cut]) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0_f64);
    // The first picture is where a keyer learns; it is not on air yet.
    for pair in cuts.windows(2).skip(1) {
        for at in (0..truth.alpha.len()).filter(|at| truth.alpha[*at] == 0.0) {
            sum += f64::from((pair[1].alpha[at] - pair[0].alpha[at]).abs());
            count += 1.0;
        }
    }
    sum / count.max(1.0) * 1e3
}
