//! What a guest's store holds: its powers, and the caps that wasmtime asks while it runs.

use crate::limits;
use crate::powers::Powers;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use wasmtime::component::ResourceTable;
use wasmtime::{ResourceLimiter, bail};
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

/// The data of one guest's store.
pub(crate) struct State {
    pub powers: Arc<Powers>,
    pub table: ResourceTable,
    pub ticks_left: u32,
    pub host_calls_left: u32,
    pub print: MemoryOutputPipe,
    pub memory: MemoryCap,
    wasi: WasiCtx,
}

impl State {
    pub(crate) fn new(powers: Arc<Powers>, memory_mib: u32, gauge: Arc<AtomicU64>) -> Self {
        let print = MemoryOutputPipe::new(limits::STDIO_BYTES_MAX);
        let wasi = WasiCtx::builder()
            .stdout(print.clone())
            .stderr(print.clone())
            .max_random_size(limits::WASI_RANDOM_BYTES_MAX)
            .build();
        let mut table = ResourceTable::new();
        table.set_max_capacity(limits::TABLE_ENTRIES_MAX);
        let memory = MemoryCap { cap_mib: memory_mib, bytes: 0, elements: 0, gauge };
        Self { powers, table, ticks_left: 0, host_calls_left: 0, print, memory, wasi }
    }

    /// Counts a host call; the flood of one guest call ends here.
    pub(crate) fn enter(&mut self) -> wasmtime::Result<()> {
        match self.host_calls_left.checked_sub(1) {
            Some(left) => {
                self.host_calls_left = left;
                Ok(())
            }
            None => bail!("more than {} host calls in one call", limits::HOSTCALLS_PER_CALL_MAX),
        }
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

/// Caps the sum of all memories and tables of one instance. A breach ends the instance with a text for the author.
pub(crate) struct MemoryCap {
    cap_mib: u32,
    bytes: usize,
    elements: usize,
    gauge: Arc<AtomicU64>,
}

impl ResourceLimiter for MemoryCap {
    fn memory_growing(&mut self, current: usize, desired: usize, _max: Option<usize>) -> wasmtime::Result<bool> {
        let sum = self.bytes.saturating_sub(current).saturating_add(desired);
        if sum > (self.cap_mib as usize) << 20 {
            bail!("the memory cap of {} MiB is reached; a larger `runtime.memory-mib` can be asked for", self.cap_mib);
        }
        self.gauge.fetch_add(sum.saturating_sub(self.bytes) as u64, Ordering::Relaxed);
        self.bytes = sum;
        Ok(true)
    }

    fn table_growing(&mut self, current: usize, desired: usize, _max: Option<usize>) -> wasmtime::Result<bool> {
        let sum = self.elements.saturating_sub(current).saturating_add(desired);
        if sum > limits::TABLE_ELEMENTS_MAX {
            bail!("the cap of {} table elements is reached", limits::TABLE_ELEMENTS_MAX);
        }
        self.elements = sum;
        Ok(true)
    }

    fn instances(&self) -> usize {
        limits::CORE_INSTANCES_MAX
    }

    fn tables(&self) -> usize {
        limits::CORE_INSTANCES_MAX
    }

    fn memories(&self) -> usize {
        16
    }
}

impl Drop for MemoryCap {
    fn drop(&mut self) {
        self.gauge.fetch_sub(self.bytes as u64, Ordering::Relaxed);
    }
}
