//! The telemetry power: a plugin's own counters and observations.

use crate::bindings::takes::telemetry as wit;
use crate::guest::State;
use crate::limits;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// One figure of a plugin.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figure {
    /// Times that it was counted or observed.
    pub times: u64,
    /// Sum of what was counted or observed.
    pub sum: f64,
    /// The last value.
    pub last: f64,
}

/// A plugin's figures.
pub(crate) struct Telemetry {
    figures: Mutex<BTreeMap<String, Figure>>,
}

impl Telemetry {
    pub(crate) fn new(before: Option<&Self>) -> Self {
        Self { figures: Mutex::new(before.map(Self::figures).unwrap_or_default()) }
    }

    /// All figures now.
    pub(crate) fn figures(&self) -> BTreeMap<String, Figure> {
        self.figures.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, name: String, value: f64) {
        let named = !name.is_empty()
            && name.len() <= 64
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b));
        let mut figures = self.figures.lock().unwrap_or_else(PoisonError::into_inner);
        if !named || !value.is_finite() || (figures.len() >= limits::METRICS_MAX && !figures.contains_key(&name)) {
            figures.entry("dropped".to_owned()).or_default().times += 1;
            return;
        }
        let figure = figures.entry(name).or_default();
        figure.times += 1;
        figure.sum += value;
        figure.last = value;
    }
}

impl wit::Host for State {
    #[allow(clippy::cast_precision_loss, reason = "a count above 2^53 is not one")]
    fn count(&mut self, name: String, by: u64) -> wasmtime::Result<()> {
        self.enter()?;
        self.powers.telemetry.note(name, by as f64);
        Ok(())
    }

    fn observe(&mut self, name: String, value: f64) -> wasmtime::Result<()> {
        self.enter()?;
        self.powers.telemetry.note(name, value);
        Ok(())
    }
}
