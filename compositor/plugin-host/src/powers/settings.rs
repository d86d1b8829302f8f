//! The settings power: the plugin's own table of the show file, already checked.

use crate::bindings::takes::settings as wit;
use crate::guest::State;
use std::sync::{Arc, Mutex, PoisonError};

/// One plugin's settings as JSON.
pub(crate) struct Settings {
    json: Mutex<Arc<str>>,
}

impl Settings {
    pub(crate) fn new(before: Option<&Self>) -> Self {
        Self { json: Mutex::new(before.map_or_else(|| "{}".into(), Self::get)) }
    }

    pub(crate) fn set(&self, json: &str) {
        *self.json.lock().unwrap_or_else(PoisonError::into_inner) = json.into();
    }

    fn get(&self) -> Arc<str> {
        Arc::clone(&self.json.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl wit::Host for State {
    fn get_json(&mut self) -> wasmtime::Result<String> {
        self.enter()?;
        Ok(self.powers.settings.get().as_ref().to_owned())
    }
}
