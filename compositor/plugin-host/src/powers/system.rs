//! The system power: the host's clock and unique ids.

use crate::bindings::takes::system as wit;
use crate::guest::State;
use crate::outside::Outside;
use std::sync::Arc;

/// Clock and ids.
pub(crate) struct System {
    outside: Arc<Outside>,
}

impl System {
    pub(crate) fn new(outside: &Arc<Outside>) -> Self {
        Self { outside: Arc::clone(outside) }
    }
}

impl wit::Host for State {
    fn now(&mut self) -> wasmtime::Result<u64> {
        self.enter()?;
        Ok(self.powers.system.outside.clock.unix_ms())
    }

    fn utc_offset_minutes(&mut self) -> wasmtime::Result<i32> {
        self.enter()?;
        Ok(self.powers.system.outside.clock.utc_offset_minutes())
    }

    fn unique_id(&mut self) -> wasmtime::Result<String> {
        self.enter()?;
        Ok(self.powers.system.outside.clock.unique_id())
    }
}
