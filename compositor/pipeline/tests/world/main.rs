//! This room against the real world: files, peers, servers, and the faults they bring.

mod common;
mod files;
mod hls;
mod recording;
mod rtmp;
mod srt;
