//! The one search that finds every method's settings: each knob in turn, the value with the best composite.

use crate::methods::Method;
use crate::metrics::{Scores, psnr_of as psnr, score as compare};
use crate::{Scene, Skip};

/// Rounds over all knobs.
const ROUNDS: usize = 2;

pub(crate) fn score(method: Method, scene: &Scene, knobs: &[f32]) -> Result<Scores, Skip> {
    let cuts = method.key(&scene.frames, scene.truth.picked, knobs)?;
    Ok(compare(&scene.truth, &cuts, method.blends_light()))
}

/// As [`score`], for the search: a keyer that learns nothing is shown the last picture alone.
fn glance(method: Method, scene: &Scene, knobs: &[f32]) -> Result<f64, Skip> {
    let first = if method.learns() { 0 } else { scene.frames.len().saturating_sub(1) };
    let cuts = method.key(&scene.frames[first..], scene.truth.picked, knobs)?;
    Ok(psnr(&scene.truth, &cuts))
}

/// The settings with the best mean PSNR over `tuning`.
pub(crate) fn best(method: Method, tuning: &[Scene]) -> Result<Vec<f32>, Skip> {
    let mut found = (f64::MIN, Vec::new());
    for start in method.starts() {
        let tried = climb(method, tuning, start)?;
        if tried.0 > found.0 {
            found = tried;
        }
    }
    Ok(found.1)
}

fn climb(method: Method, tuning: &[Scene], mut knobs: Vec<f32>) -> Result<(f64, Vec<f32>), Skip> {
    let list = method.knobs();
    let judge = |knobs: &[f32]| -> Result<f64, Skip> { tuning.iter().map(|s| glance(method, s, knobs)).sum() };
    if list.is_empty() {
        return Ok((0.0, knobs));
    }
    let mut most = judge(&knobs)?;
    for _ in 0..ROUNDS {
        let before = knobs.clone();
        for (at, knob) in list.iter().enumerate() {
            for value in *knob {
                let mut tried = knobs.clone();
                tried[at] = *value;
                if tried != knobs {
                    let found = judge(&tried)?;
                    if found > most {
                        (most, knobs) = (found, tried);
                    }
                }
            }
        }
        if knobs == before {
            break;
        }
    }
    Ok((most, knobs))
}
