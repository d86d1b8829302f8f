//! Inputs, encoders and outputs that run: opened, compared with a changed show file, and closed.

mod encoders;
mod inputs;
mod outputs;

pub use encoders::Encoders;
pub use inputs::{Inputs, slate_card};
pub use outputs::Outputs;
