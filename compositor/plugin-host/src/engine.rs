//! The wasmtime engine: one configuration for compiler and host, pooled where the machine allows, ticked by a thread.

use crate::limits;
use std::io;
use std::time::Instant;
use thiserror::Error;
use vitrine_media::{ThreadName, spawn};
use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

/// Why there is no engine.
#[derive(Debug, Error)]
pub enum EngineError {
    /// wasmtime refused the configuration on this machine.
    #[error("WebAssembly can't run on this machine: {0}; plugins are off, the show is not touched")]
    Config(String),
    /// No thread for the ticker.
    #[error("no thread for the plugin ticker: {0}; raise the limit on threads")]
    Thread(#[from] io::Error),
}

/// How guests' memories are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allocation {
    /// From slots reserved at the start: no `mmap` while on air.
    Pooled,
    /// One by one, where address space is scarce.
    OnDemand,
}

/// What must be equal between the process that compiles and the one that runs.
pub(crate) fn config() -> Config {
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .epoch_interruption(true)
        .wasm_memory64(false)
        .memory_init_cow(true)
        .max_wasm_stack(limits::GUEST_STACK_BYTES)
        .async_stack_size(limits::FIBER_STACK_BYTES)
        // When its store goes; a guest's deep recursion would else stay in memory.
        .async_stack_zeroing(true);
    config
}

fn pool() -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(limits::POOL_COMPONENTS)
        .total_core_instances(limits::POOL_CORE_INSTANCES)
        .total_memories(limits::POOL_MEMORIES)
        .total_tables(limits::POOL_TABLES)
        .total_stacks(limits::POOL_STACKS)
        .max_memory_size((vitrine_plugin_manifest::limits::MEMORY_MIB_MAX as usize) << 20)
        .table_elements(limits::TABLE_ELEMENTS_MAX)
        .max_tables_per_component(64)
        .max_memories_per_component(16)
        .max_core_instances_per_component(200)
        .max_component_instance_size(10 << 20)
        .max_core_instance_size(10 << 20)
        .max_unused_warm_slots(16)
        // What a guest leaves is given back whole: a page fault at a start is cheaper than a hoard.
        .async_stack_keep_resident(0)
        .linear_memory_keep_resident(0)
        .table_keep_resident(0);
    pool
}

/// An engine, and how it allocates: pooled if the machine lets it reserve the address space, else on demand.
///
/// # Errors
/// [`EngineError::Config`] when wasmtime can't run here at all.
pub(crate) fn engine() -> Result<(Engine, Allocation), EngineError> {
    let mut pooled = config();
    pooled.allocation_strategy(InstanceAllocationStrategy::Pooling(pool()));
    if let Ok(engine) = Engine::new(&pooled) {
        return Ok((engine, Allocation::Pooled));
    }
    let engine = Engine::new(&config()).map_err(|e| EngineError::Config(format!("{e:#}")))?;
    Ok((engine, Allocation::OnDemand))
}

/// Starts the thread that moves the epoch on, to absolute deadlines. It ends when the last engine handle goes.
///
/// # Errors
/// [`EngineError::Thread`] when the system gives no thread.
pub(crate) fn start_ticker(engine: &Engine) -> Result<(), EngineError> {
    let weak = engine.weak();
    spawn(&ThreadName::new("plugin-epoch"), move || {
        let mut due = Instant::now();
        while let Some(engine) = weak.upgrade() {
            engine.increment_epoch();
            drop(engine);
            due += limits::EPOCH_TICK;
            let now = Instant::now();
            match due.checked_duration_since(now) {
                Some(wait) => std::thread::sleep(wait),
                None => due = now,
            }
        }
    })?;
    Ok(())
}
