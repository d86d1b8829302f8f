//! One running guest: its store, its caps, and one door for every call into it.

mod caps;
mod exports;
mod instance;
mod trouble;

pub(crate) use caps::State;
pub(crate) use instance::{Guest, GuestCall, GuestReply, Program, linker};
pub(crate) use trouble::{Trouble, fault_code, fault_text};
