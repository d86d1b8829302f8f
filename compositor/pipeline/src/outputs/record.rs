//! The `record` output: a file that plays to its last half second whatever happens to the program.

use super::OutputError;
use super::sink::{Building, Ends};
use crate::{element::make, limits};
use gstreamer::prelude::*;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

pub(super) fn build(path: &Path, into: &Building) -> Result<Ends, OutputError> {
    let path = fresh(path)?;
    let matroska = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("mkv"));
    let mux = if matroska { matroska_mux()? } else { mp4_mux()? };
    let sink = make("filesink")?;
    sink.set_property("location", path.to_string_lossy().as_ref());
    sink.set_property("sync", false);
    sink.set_property("async", false);
    // What is buffered in the process is lost with it.
    sink.set_property_from_str("buffer-mode", "unbuffered");
    let mut ends = into.join(&mux, &[&sink], false)?;
    ends.path = Some(path);
    Ok(ends)
}

fn mp4_mux() -> Result<gstreamer::Element, OutputError> {
    let mux = make("mp4mux")?;
    mux.set_property("fragment-duration", u32::try_from(limits::FRAGMENT.as_millis()).unwrap_or(500));
    // The other mode of 1.22.0 writes each fragment's index after its data: what is cut off there often does not open.
    mux.set_property_from_str("fragment-mode", "dash-or-mss");
    Ok(mux)
}

fn matroska_mux() -> Result<gstreamer::Element, OutputError> {
    let mux = make("matroskamux")?;
    let longest = i64::try_from(limits::FRAGMENT.as_nanos()).unwrap_or(500_000_000);
    mux.set_property("min-cluster-duration", longest / 2);
    mux.set_property("max-cluster-duration", longest);
    Ok(mux)
}

pub(super) fn file_error(path: &Path, error: &std::io::Error) -> OutputError {
    if error.kind() == ErrorKind::StorageFull || error.kind() == ErrorKind::QuotaExceeded {
        return OutputError::DiskFull;
    }
    OutputError::File { path: path.display().to_string(), why: error.to_string() }
}

/// Takes a name that no file has yet, after making sure that there is room to record into.
fn fresh(wanted: &Path) -> Result<PathBuf, OutputError> {
    if let Some(folder) = wanted.parent().filter(|f| !f.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(|e| file_error(folder, &e))?;
    }
    let mut number = 1_u32;
    loop {
        let path = numbered(wanted, number);
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(file) => return has_room(file, &path).map(|()| path),
            Err(e) if e.kind() == ErrorKind::AlreadyExists => number += 1,
            Err(e) => return Err(file_error(&path, &e)),
        }
    }
}

/// Tries to write what a few seconds of recording need; leaves no empty file behind on a full disk.
fn has_room(mut file: File, path: &Path) -> Result<(), OutputError> {
    let block = vec![0_u8; 1 << 20];
    let full = (0..limits::RECORD_ROOM_BYTES >> 20).try_for_each(|_| file.write_all(&block));
    match full.and_then(|()| file.set_len(0)) {
        Ok(()) => Ok(()),
        Err(error) => {
            let _ = fs::remove_file(path);
            Err(file_error(path, &error))
        }
    }
}

/// `a.mp4`, `a-2.mp4`, `a-3.mp4` …
fn numbered(path: &Path, number: u32) -> PathBuf {
    if number <= 1 {
        return path.to_owned();
    }
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let name = match path.extension() {
        Some(extension) => format!("{stem}-{number}.{}", extension.to_string_lossy()),
        None => format!("{stem}-{number}"),
    };
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_existing_file_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/show.mp4");
        let names: Vec<_> = (0..3).map(|_| fresh(&path).unwrap().file_name().unwrap().to_owned()).collect();
        assert_eq!(names, ["show.mp4", "show-2.mp4", "show-3.mp4"]);
    }
}
