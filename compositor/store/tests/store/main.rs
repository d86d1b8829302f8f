//! The store over both databases: same operations, same answers.
#![allow(missing_docs, reason = "a test binary has no readers of its docs")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test says what went wrong by failing")]

mod acid;
mod clash;
mod cluster;
mod crash;
mod disk;
mod export;
mod interleave;
mod locked;
mod model;
mod same;
mod world;
