//! The kv power: keys and bytes of one plugin, within the room that it was granted.

use crate::bindings::Fault;
use crate::bindings::takes::kv as wit;
use crate::guest::State;
use crate::limits;
use crate::outside::{KvError, Outside, Stored};
use crate::powers::permit::Permit;
use crate::powers::rate::Rate;
use std::sync::{Arc, Mutex, PoisonError};
use vitrine_plugin_manifest::Manifest;

/// One plugin's store.
pub(crate) struct Kv {
    permit: Arc<Permit>,
    outside: Arc<Outside>,
    package: String,
    kib: u32,
    rate: Rate,
    turn: Mutex<()>,
}

impl Kv {
    pub(crate) fn new(permit: &Arc<Permit>, manifest: &Manifest, outside: &Arc<Outside>) -> Self {
        Self {
            permit: Arc::clone(permit),
            outside: Arc::clone(outside),
            package: manifest.plugin.id.clone(),
            kib: manifest.permission.kv.as_ref().map_or(0, |kv| kv.kib),
            rate: Rate::per_second(limits::KV_WRITES_PER_S),
            turn: Mutex::new(()),
        }
    }

    fn check(&self, key: &str) -> Result<(), Fault> {
        self.permit.check(&format!("kv {}", self.kib), "[permission] kv = { kib = 64, reason = \"…\" }")?;
        if key.is_empty() || key.len() > limits::KV_KEY_BYTES_MAX {
            return Err(Fault::Invalid(format!("a key has 1 to {} bytes", limits::KV_KEY_BYTES_MAX)));
        }
        Ok(())
    }

    pub(super) fn get(&self, key: &str) -> Result<Option<Stored>, Fault> {
        self.check(key)?;
        self.outside.kv.get(&self.package, key).map_err(internal)
    }

    pub(super) fn write(
        &self,
        key: &str,
        expect: Option<u64>,
        make: impl FnOnce(Option<&Stored>) -> Result<Vec<u8>, Fault>,
    ) -> Result<u64, Fault> {
        self.check(key)?;
        self.rate.take(self.outside.clock.mono_ms())?;
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let old = self.outside.kv.get(&self.package, key).map_err(internal)?;
        let version = old.as_ref().map_or(0, |o| o.version);
        if expect.is_some_and(|e| e != version) {
            return Err(Fault::Invalid(format!("the version is {version}, not {}", expect.unwrap_or(0))));
        }
        let value = make(old.as_ref())?;
        if value.len() > limits::KV_VALUE_BYTES_MAX {
            return Err(Fault::Invalid(format!("a value has at most {} bytes", limits::KV_VALUE_BYTES_MAX)));
        }
        let used = self.outside.kv.bytes(&self.package).map_err(internal)?;
        let before = old.as_ref().map_or(0, |o| key.len() + o.value.len());
        if used.saturating_sub(before) + key.len() + value.len() > (self.kib as usize) << 10 {
            return Err(Fault::Invalid(format!(
                "the {} KiB of this plugin's store are full; delete something",
                self.kib
            )));
        }
        let stored = Stored { value, version: version + 1 };
        self.outside.kv.put(&self.package, key, Some(stored)).map_err(internal)?;
        Ok(version + 1)
    }

    fn delete(&self, key: &str) -> Result<(), Fault> {
        self.check(key)?;
        self.rate.take(self.outside.clock.mono_ms())?;
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        self.outside.kv.put(&self.package, key, None).map_err(internal)
    }

    pub(super) fn increment(&self, key: &str, by: i64) -> Result<i64, Fault> {
        let mut sum = 0;
        self.write(key, None, |old| {
            let text = old.map_or("0", |o| std::str::from_utf8(&o.value).unwrap_or("?"));
            let number: i64 = text.parse().map_err(|_| Fault::Invalid(format!("`{key}` does not hold a number")))?;
            sum = number.checked_add(by).ok_or_else(|| Fault::Invalid("the sum is too large".to_owned()))?;
            Ok(sum.to_string().into_bytes())
        })?;
        Ok(sum)
    }
}

fn internal(error: KvError) -> Fault {
    Fault::Internal(error.to_string())
}

impl wit::Host for State {
    fn get(&mut self, key: String) -> wasmtime::Result<Result<Option<wit::Entry>, Fault>> {
        self.enter()?;
        let entry = |s: Stored| wit::Entry { value: s.value, version: s.version };
        Ok(self.powers.kv.get(&key).map(|found| found.map(entry)))
    }

    fn set(&mut self, key: String, value: Vec<u8>) -> wasmtime::Result<Result<u64, Fault>> {
        self.enter()?;
        Ok(self.powers.kv.write(&key, None, |_| Ok(value)))
    }

    fn compare_and_set(&mut self, key: String, expect: u64, value: Vec<u8>) -> wasmtime::Result<Result<u64, Fault>> {
        self.enter()?;
        Ok(self.powers.kv.write(&key, Some(expect), |_| Ok(value)))
    }

    fn delete(&mut self, key: String) -> wasmtime::Result<Result<(), Fault>> {
        self.enter()?;
        Ok(self.powers.kv.delete(&key))
    }

    fn increment(&mut self, key: String, by: i64) -> wasmtime::Result<Result<i64, Fault>> {
        self.enter()?;
        Ok(self.powers.kv.increment(&key, by))
    }

    fn keys(
        &mut self,
        prefix: String,
        after: Option<String>,
        limit: u32,
    ) -> wasmtime::Result<Result<Vec<String>, Fault>> {
        self.enter()?;
        let kv = &self.powers.kv;
        let limit = limit.min(limits::KV_KEYS_MAX) as usize;
        let listed = kv.check("-").and_then(|()| {
            self.powers.kv.outside.kv.keys(&kv.package, &prefix, after.as_deref(), limit).map_err(internal)
        });
        Ok(listed)
    }
}
