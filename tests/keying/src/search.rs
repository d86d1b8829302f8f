//! The one search that finds every method's settings: each knob in turn, the value with the best composite.

use crate::methods::Method;
use crate::metrics::{Scores, score as compare};
use crate::{Scene, Skip};

/// Rounds over all knobs.
const ROUNDS: usize = 2;

pub(crate) fn score(method: Method, scene: &Scene, knobs: &[f32]) -> Result<Scores, Skip> {
    let cuts = method.key(&scene.frames, scene.truth.picked, knobs)?;
    Ok(compare(&scene.truth, &cuts, method.blends_light()))
}

/// The settings with the best mean PSNR over `tuning`.
pub(crate) fn best(method: Method, tuning: &[Scene]) -> Result<Vec<f32>, Skip> {
    let list = method.knobs();
    let mut knobs: Vec<f32> = list.iter().map(|k| k.start).collect();
    if knobs.is_empty() {
        return Ok(knobs);
    }
    let judge = |knobs: &[f32]| -> Result<f64, Skip> {
        let scores = tuning.iter().map(|scene| score(method, scene, knobs));
        Ok(scores.collect::<Result<Vec<_>, _>>()?.iter().map(|s| s.psnr_db).sum())
    };
    let mut most = judge(&knobs)?;
    for _ in 0..ROUNDS {
        let before = knobs.clone();
        for (at, knob) in list.iter().enumerate() {
            for value in knob.values {
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
    Ok(knobs)
}
