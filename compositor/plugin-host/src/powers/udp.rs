//! The udp power: datagrams to endpoints whose addresses the operator bound.

use crate::bindings::Fault;
use crate::bindings::takes::udp as wit;
use crate::grants::PluginGrant;
use crate::guest::State;
use crate::limits;
use crate::outside::Outside;
use crate::powers::permit::Permit;
use crate::powers::rate::Rate;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

/// One plugin's endpoints.
pub(crate) struct Udp {
    permit: Arc<Permit>,
    outside: Arc<Outside>,
    bound: BTreeMap<String, (SocketAddr, Rate)>,
}

impl Udp {
    pub(crate) fn new(permit: &Arc<Permit>, grant: &PluginGrant, outside: &Arc<Outside>) -> Self {
        let bound = grant.udp.iter().map(|(name, at)| (name.clone(), (*at, Rate::per_second(limits::UDP_PER_S))));
        Self { permit: Arc::clone(permit), outside: Arc::clone(outside), bound: bound.collect() }
    }

    pub(super) fn send(&self, endpoint: &str, payload: &[u8]) -> Result<(), Fault> {
        let line = format!("[[permission.udp]] endpoint = \"{endpoint}\", protocol = \"…\", reason = \"…\"");
        self.permit.check(&format!("udp {endpoint}"), &line)?;
        let Some((at, rate)) = self.bound.get(endpoint) else {
            let text =
                format!("the endpoint `{endpoint}` has no address; the operator sets udp.{endpoint} in grants.toml");
            return Err(Fault::NotConfigured(text));
        };
        if payload.len() > limits::UDP_BYTES_MAX {
            return Err(Fault::Invalid(format!(
                "a datagram has at most {} bytes, not {}",
                limits::UDP_BYTES_MAX,
                payload.len()
            )));
        }
        rate.take(self.outside.clock.mono_ms())?;
        self.outside.datagrams.send(*at, payload).map_err(Fault::Upstream)
    }
}

impl wit::Host for State {
    fn send(&mut self, endpoint: String, payload: Vec<u8>) -> wasmtime::Result<Result<(), Fault>> {
        self.enter()?;
        Ok(self.powers.udp.send(&endpoint, &payload))
    }
}
