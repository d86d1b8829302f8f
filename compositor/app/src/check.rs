//! `vitrine check`: every problem of a show file, each with its line and cure.

use crate::load::{LoadError, load};
use std::path::Path;
use std::process::ExitCode;

/// Checks a show file; exit code 1 if anything is wrong.
pub fn check(file: &Path) -> ExitCode {
    match load(file, None) {
        Ok(loaded) => {
            let show = &loaded.file;
            println!(
                "{}: fine: {} canvases, {} inputs, {} scenes, {} overlays, {} outputs",
                file.display(),
                show.canvases.len(),
                show.inputs.0.len(),
                show.scenes.len(),
                show.overlays.len(),
                show.outputs.len()
            );
            ExitCode::SUCCESS
        }
        Err(error) => {
            error.lines().iter().for_each(|line| eprintln!("{line}"));
            if let LoadError::Problems(problems) = &error {
                let s = if problems.len() == 1 { "" } else { "s" };
                eprintln!("{}: {} problem{s}; nothing was changed", file.display(), problems.len());
            }
            ExitCode::FAILURE
        }
    }
}
