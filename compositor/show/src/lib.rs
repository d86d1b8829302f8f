//! The run of show: `step(now, input) -> effects`. Joins scene, audio and commerce; declares the ports that
//! machines plug into.
//!
//! ```text
//! desk, plugins, show file ──Input──► RunOfShow::step ──Effect──► machines (inputs, strips, outputs)
//!                                          │
//!                                          └──► Air ──► the tick plans and draws it
//! ```
//! No clock, no I/O: a whole show can be played in a test.

pub mod cards;
pub mod goods;
pub mod lost;
pub mod ports;
pub mod run;
pub mod tally;
