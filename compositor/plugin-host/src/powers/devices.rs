//! The devices power: the host searches, the plugin sees what answered.

use crate::bindings::Fault;
use crate::bindings::takes::devices as wit;
use crate::bindings::takes::types::Pair;
use crate::guest::State;
use crate::limits;
use crate::outside::{Found, Outside};
use crate::powers::permit::Permit;
use crate::powers::rate::Rate;
use std::sync::Arc;

/// Searching on one plugin's behalf.
pub(crate) struct Devices {
    permit: Arc<Permit>,
    outside: Arc<Outside>,
    rate: Rate,
}

impl Devices {
    pub(crate) fn new(permit: &Arc<Permit>, outside: &Arc<Outside>) -> Self {
        let rate = Rate::per_minute(limits::DEVICE_FINDS_PER_MIN);
        Self { permit: Arc::clone(permit), outside: Arc::clone(outside), rate }
    }

    fn check(&self, kind: &str) -> Result<(), Fault> {
        let line = format!("[permission] devices = {{ allow = [\"{kind}\"], reason = \"…\" }}");
        self.permit.check(&format!("devices {kind}"), &line)?;
        self.rate.take(self.outside.clock.mono_ms())
    }
}

fn device(kind: &str, found: Found) -> wit::Device {
    let props = found.props.into_iter().map(|(key, value)| Pair { key, value }).collect();
    wit::Device { id: found.id, kind: kind.to_owned(), name: found.name, address: found.address, props }
}

impl wit::Host for State {
    async fn find(&mut self, kind: String) -> wasmtime::Result<Result<Vec<wit::Device>, Fault>> {
        self.enter()?;
        let powers = Arc::clone(&self.powers);
        if let Err(fault) = powers.devices.check(&kind) {
            return Ok(Err(fault));
        }
        let found = powers.devices.outside.finder.find(&kind).await;
        let listed = found.map(|list| list.into_iter().take(limits::DEVICES_MAX).map(|f| device(&kind, f)).collect());
        Ok(listed.map_err(Fault::Upstream))
    }
}
