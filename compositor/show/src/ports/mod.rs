//! What the pure rooms ask of the world, and what the world may ask of the show: one file a port.

use std::future::Future;
use std::pin::Pin;

pub mod chat;
pub mod desk;
pub mod plugins;
pub mod shop;

/// A boxed future: ports are objects, so their asynchronous answers are boxed.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
