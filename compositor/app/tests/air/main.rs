//! The program as people run it, in a process of its own, with the real faults of a live show injected.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test says what went wrong by failing")]

mod edits;
mod harness;
mod inputs;
mod outputs;
mod pictures;
mod signals;
mod starved;
