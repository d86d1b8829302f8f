//! Plugins in a show that runs, by the whole program: how it follows their packages, and what they hear of it.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "a test ends where something is missing")]
#![allow(unreachable_pub, reason = "the kit of these tests")]

mod audience;
mod follow;
mod running;
