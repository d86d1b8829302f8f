//! The secrets power: the host signs and fills in; reading one is a permission of its own.

use crate::bindings::Fault;
use crate::bindings::takes::secrets as wit;
use crate::guest::State;
use crate::outside::Outside;
use crate::powers::permit::Permit;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::sync::Arc;
use vitrine_media::Secret;

/// One plugin's secrets.
pub(crate) struct Secrets {
    permit: Arc<Permit>,
    outside: Arc<Outside>,
}

impl Secrets {
    pub(crate) fn new(permit: &Arc<Permit>, outside: &Arc<Outside>) -> Self {
        Self { permit: Arc::clone(permit), outside: Arc::clone(outside) }
    }

    /// For the host's own use on the plugin's behalf.
    pub(crate) fn used(&self, name: &str) -> Result<Secret, Fault> {
        let line = format!("[permission] secrets = {{ use = [\"{name}\"], reason = \"…\" }}");
        self.permit.check(&format!("secrets use {name}"), &line)?;
        self.found(name)
    }

    fn found(&self, name: &str) -> Result<Secret, Fault> {
        let found = self.outside.secrets.secret(self.permit.package(), name);
        found.ok_or_else(|| {
            Fault::NotConfigured(format!("the secret `{name}` is not set; the operator sets it in grants.toml"))
        })
    }

    pub(super) fn reveal(&self, name: &str) -> Result<String, Fault> {
        let line = format!("[permission] secrets = {{ reveal = [\"{name}\"], … }}");
        self.permit.check(&format!("secrets reveal {name}"), &line)?;
        Ok(self.found(name)?.reveal().to_owned())
    }
}

/// HMAC-SHA-256 (RFC 2104).
pub(crate) fn hmac_sha256(key: &[u8], data: &[u8]) -> Vec<u8> {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    mac.update(data);
    mac.finalize().into_bytes().to_vec()
}

impl wit::Host for State {
    fn exists(&mut self, name: String) -> wasmtime::Result<Result<bool, Fault>> {
        self.enter()?;
        Ok(match self.powers.secrets.used(&name) {
            Ok(_) => Ok(true),
            Err(Fault::NotConfigured(_)) => Ok(false),
            Err(fault) => Err(fault),
        })
    }

    fn hmac_sha256(&mut self, name: String, data: Vec<u8>) -> wasmtime::Result<Result<Vec<u8>, Fault>> {
        self.enter()?;
        Ok(self.powers.secrets.used(&name).map(|key| hmac_sha256(key.reveal().as_bytes(), &data)))
    }

    fn reveal(&mut self, name: String) -> wasmtime::Result<Result<String, Fault>> {
        self.enter()?;
        Ok(self.powers.secrets.reveal(&name))
    }
}
