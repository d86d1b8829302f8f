//! The `record` output: a file that plays to its last half second whatever happens to the program.

use super::OutputError;
use super::sink::{Building, Ends};
use crate::{element::make, limits};
use gstreamer::prelude::*;
use std::fs::{self, File, OpenOptions};
use std::io::{BufReader, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// A box's length and kind at the beginning of each. Recordings have no box of 4 GiB, whose length is written longer.
const BOX_HEAD_BYTES: u64 = 8;

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

/// Cuts off what a recording that ended badly has begun and not finished. Players that read a file's fragments before
/// they show it (ffmpeg's among them) refuse all of it when the last one is half there.
pub(super) fn tidy(path: &Path) {
    let cut = OpenOptions::new().read(true).write(true).open(path).and_then(|file| {
        let whole = whole_bytes(&mut BufReader::new(&file), file.metadata()?.len())?;
        if whole > 0 { file.set_len(whole) } else { Ok(()) }
    });
    if let Err(error) = cut {
        tracing::warn!(%error, file = %path.display(), "the recording's unfinished end stays in it");
    }
}

/// Bytes of an MP4 file up to the end of its last fragment that has all its data; zero for what is not an MP4.
/// ISO/IEC 14496-12, 4.2: a file is a row of boxes, each with its length and its kind first.
fn whole_bytes(file: &mut (impl Read + Seek), length: u64) -> std::io::Result<u64> {
    let (mut at, mut whole) = (0, 0);
    while at + BOX_HEAD_BYTES <= length {
        let mut head = [0_u8; BOX_HEAD_BYTES as usize];
        file.seek(SeekFrom::Start(at))?;
        file.read_exact(&mut head)?;
        let [a, b, c, d, kind @ ..] = head;
        let bytes = u64::from(u32::from_be_bytes([a, b, c, d]));
        if bytes < BOX_HEAD_BYTES || at + bytes > length || (at == 0 && &kind != b"ftyp") {
            break;
        }
        at += bytes;
        if matches!(&kind, b"moov" | b"mdat") {
            whole = at;
        }
    }
    Ok(whole)
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

    #[test]
    fn an_unfinished_fragment_is_cut_off_and_a_finished_one_stays() {
        let piece = |kind: &[u8; 4], bytes: usize| {
            let length = u32::try_from(bytes + 8).unwrap().to_be_bytes();
            [&length[..], kind, &vec![7; bytes]].concat()
        };
        let whole = [piece(b"ftyp", 8), piece(b"moov", 90), piece(b"moof", 40), piece(b"mdat", 300)].concat();
        let next = [piece(b"moof", 40), piece(b"mdat", 300)].concat();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("show.mp4");
        for cut in [0, 1, 7, 8, 30, 48, 52, 56, 355] {
            fs::write(&path, [&whole[..], next.get(..cut).unwrap()].concat()).unwrap();
            tidy(&path);
            assert_eq!(fs::read(&path).unwrap(), whole, "{cut} bytes of the next fragment");
        }
        for left_alone in [b"\x1a\x45\xdf\xa3 Matroska".to_vec(), Vec::new(), [whole, next].concat()] {
            fs::write(&path, &left_alone).unwrap();
            tidy(&path);
            assert_eq!(fs::read(&path).unwrap(), left_alone);
        }
    }
}
