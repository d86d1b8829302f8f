//! This room against the real world: files, peers, servers, and the faults they bring.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that can't go on says where")]

mod common;
mod files;
mod hls;
mod recording;
mod rtmp;
mod srt;
