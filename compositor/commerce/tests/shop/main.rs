//! The shop's judgement, without any database.
#![allow(missing_docs, reason = "a test binary has no readers of its docs")]

mod buying;
mod catalogues;
mod house;
mod lines;
mod payments;
mod playing;
mod signatures;
