//! Named threads: every thread of the process can be told apart in `top -H` and in a crash.

use std::io;
use std::thread::{Builder, JoinHandle};

/// A thread's name; the kernel shows its first 15 bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadName(String);

impl ThreadName {
    /// A name such as `tick` or `out-tiktok`.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self(name.to_owned())
    }
}

/// Starts a named thread. Only `app/wiring` and a room's own tests call this.
///
/// # Errors
/// The operating system's, when it can start no further thread.
pub fn spawn<T, F>(name: &ThreadName, work: F) -> io::Result<JoinHandle<T>>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    Builder::new().name(name.0.clone()).spawn(work)
}
