//! `footage DIR`: paints the demo's clips into a folder, each unless it is there.
//!
//! ```text
//! host   SVG at an instant ─► sub-frames of an open shutter ─► over an uneven screen ─► noise ─┐
//! mug    a ray for each pixel, to the surface of a mug on a turntable ─────────────────────────┼─► ffmpeg ─► DIR
//! tune   notes of eight bars, wrapped round their end ─────────────────────────────────────────┘
//! ```
//!
//! Everything is a function of time with the clip's length as its period, so the clips loop without a jump, and the
//! same pictures come out each time.

mod film;
mod host;
mod mug;
mod tune;

use anyhow::Context;
use std::path::{Path, PathBuf};

/// A clip: its file and who makes it.
type Clip = (&'static str, fn(&Path) -> anyhow::Result<()>);

/// What there is to make.
const CLIPS: [Clip; 3] = [("host.mp4", host::shoot), ("mug.mp4", mug::shoot), ("tune.flac", tune::play)];

fn main() -> anyhow::Result<()> {
    let dir = std::env::args_os().nth(1).map(PathBuf::from).context("say where: footage DIR")?;
    std::fs::create_dir_all(&dir).with_context(|| format!("{} can't be made", dir.display()))?;
    for (name, make) in CLIPS {
        let path = dir.join(name);
        if path.exists() {
            continue;
        }
        // Under another name until it is whole: a stopped run leaves nothing that looks finished.
        let half = dir.join(format!("half-{name}"));
        make(&half).with_context(|| format!("{name} can't be made"))?;
        std::fs::rename(&half, &path).with_context(|| format!("{} can't be written", path.display()))?;
        eprintln!("\r{:60}\r{}", "", path.display());
    }
    Ok(())
}
