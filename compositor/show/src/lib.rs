//! The run of show: `step(now, input) -> effects`. Joins scene, audio and commerce; declares the ports that
//! machines plug into.

pub mod ports;
