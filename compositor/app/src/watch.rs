//! Sees that the show file on disk was saved. Looks at its time and length: editors that write a new file and rename
//! it are seen as well as those that write in place, and nothing is missed that a watch on a folder would lose.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use vitrine_media::ShowTime;

/// How often it looks.
const EVERY: Duration = Duration::from_millis(250);

/// A watch over one file.
pub struct Watch {
    path: PathBuf,
    last: Option<Stamp>,
    looked_at: ShowTime,
}

impl Watch {
    /// Watches the file as it is now.
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_path_buf(), last: stamp(path), looked_at: ShowTime::ZERO }
    }

    /// Whether it was saved since the last look. A file that is gone for a moment is not a change.
    pub fn changed(&mut self, now: ShowTime) -> bool {
        if now.since(self.looked_at) < EVERY {
            return false;
        }
        self.looked_at = now;
        let Some(new) = stamp(&self.path) else { return false };
        let changed = self.last != Some(new);
        self.last = Some(new);
        changed
    }
}

/// What differs after a file was saved: its time and length.
pub type Stamp = (SystemTime, u64);

/// A file's stamp; `None`: it isn't there.
pub fn stamp(path: &Path) -> Option<Stamp> {
    let meta = std::fs::metadata(path).ok()?;
    Some((meta.modified().ok()?, meta.len()))
}
