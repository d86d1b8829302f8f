//! The shop's judgement, without any database.
#![allow(missing_docs, reason = "a test binary has no readers of its docs")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says what went wrong by failing")]

mod buying;
mod catalogues;
mod house;
mod lines;
mod payments;
mod playing;
mod signatures;
