//! What tests and the example share: a fake desk, and a server on a loopback port.
#![allow(dead_code, unreachable_pub, missing_docs, reason = "each test uses its part of the kit")]
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "a kit for tests"
)]
#![allow(clippy::cast_sign_loss, clippy::cast_possible_wrap, clippy::too_many_lines, reason = "a kit for tests")]

pub mod fake_desk;
mod fake_picture;
pub mod fake_shop;
