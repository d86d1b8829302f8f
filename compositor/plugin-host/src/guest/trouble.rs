//! Why a call into a guest ended badly. After everything but `Fault` the instance is gone.

use crate::bindings::Fault;
use thiserror::Error;
use wasmtime::Trap;

/// Why a call ended badly.
#[derive(Debug, Error)]
pub(crate) enum Trouble {
    /// The guest said so itself; it lives on.
    #[error("{}: {}", fault_code(.0), fault_text(.0))]
    Fault(Fault),
    /// It isn't exported.
    #[error("the plugin does not export `{0}`")]
    NotExported(&'static str),
    /// It computed for too long.
    #[error("it computed for more than {0} ms without an end")]
    Cpu(u128),
    /// It took too long on the clock.
    #[error("it took longer than {0} ms")]
    Wall(u128),
    /// It trapped or broke a cap.
    #[error("{0}")]
    Trap(String),
    /// It could not be started.
    #[error("it could not be started: {0}")]
    Start(String),
}

impl Trouble {
    /// Whether the instance can be called again.
    pub(crate) const fn survived(&self) -> bool {
        matches!(self, Self::Fault(_) | Self::NotExported(_))
    }
}

/// The stable name of a fault's case.
pub(crate) const fn fault_code(fault: &Fault) -> &'static str {
    match fault {
        Fault::Invalid(_) => "invalid",
        Fault::NotConfigured(_) => "not-configured",
        Fault::Denied(_) => "denied",
        Fault::RateLimited(_) => "rate-limited",
        Fault::Upstream(_) => "upstream",
        Fault::Timeout => "timeout",
        Fault::Unsupported => "unsupported",
        Fault::Internal(_) => "internal",
    }
}

/// A fault's words.
pub(crate) fn fault_text(fault: &Fault) -> String {
    match fault {
        Fault::Invalid(t) | Fault::NotConfigured(t) | Fault::Denied(t) | Fault::Upstream(t) | Fault::Internal(t) => {
            crate::powers::log::one_line(t, 500)
        }
        Fault::RateLimited(ms) => format!("try again in {ms} ms"),
        Fault::Timeout => "it took too long".to_owned(),
        Fault::Unsupported => "this is not supported".to_owned(),
    }
}

/// What wasmtime's error means. Our own texts are the last of the chain, the first is the guest's backtrace.
pub(crate) fn of_error(error: &wasmtime::Error, cpu_ms: u128, printed: &str) -> Trouble {
    let said = match error.downcast_ref::<Trap>() {
        Some(Trap::Interrupt) => return Trouble::Cpu(cpu_ms),
        Some(Trap::UnreachableCodeReached) => "it stopped itself (a panic or an abort)".to_owned(),
        Some(Trap::StackOverflow) => "its stack overflowed".to_owned(),
        Some(trap) => trap.to_string(),
        None => error.chain().last().map_or_else(|| error.to_string(), ToString::to_string),
    };
    let printed = printed.trim();
    let tail = printed.lines().rev().find(|l| !l.trim().is_empty()).unwrap_or_default();
    let tail = if tail.is_empty() { String::new() } else { format!("; it printed: {tail}") };
    Trouble::Trap(crate::powers::log::one_line(&format!("{said}{tail}"), 500))
}
