//! The `hls` output: MPEG-TS segments cut at key pictures, and the playlist that names them.
//!
//! Each segment is a mux of its own, so a cut is exactly where we make it and a finished file is never touched again.
//! Format: RFC 8216, with `EXT-X-PROGRAM-DATE-TIME` so that players and stock cards can agree on "now".

use super::OutputError;
use super::sink::{Building, Ends, Formats, failed};
use crate::encode::{Packet, PacketKind};
use crate::{element::make, limits, retire::retire};
use gstreamer::{self as gst, prelude::*};
use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// What every segment's name begins with; files so named are ours to remove.
const PREFIX: &str = "live-";
/// The playlist's file name.
pub const PLAYLIST: &str = "index.m3u8";

/// A finished segment.
#[derive(Clone, Debug, PartialEq)]
struct Entry {
    name: String,
    lasts: Duration,
    begins: SystemTime,
}

/// The playlist and the files that may soon go.
#[derive(Default)]
struct Playlist {
    listed: VecDeque<Entry>,
    gone: VecDeque<String>,
    sequence: u64,
}

impl Playlist {
    /// Adds a segment; gives the file that no player needs any more.
    fn add(&mut self, entry: Entry) -> Option<String> {
        self.listed.push_back(entry);
        if self.listed.len() > limits::HLS_SEGMENTS {
            self.sequence += 1;
            self.gone.extend(self.listed.pop_front().map(|e| e.name));
        }
        if self.gone.len() > limits::HLS_SEGMENTS_KEPT { self.gone.pop_front() } else { None }
    }

    fn text(&self, ended: bool) -> String {
        use std::fmt::Write;
        let longest = self.listed.iter().map(|e| e.lasts.as_secs_f64()).fold(1.0, f64::max).ceil();
        let mut text = format!(
            "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:{longest:.0}\n#EXT-X-MEDIA-SEQUENCE:{}\n\
             #EXT-X-INDEPENDENT-SEGMENTS\n",
            self.sequence
        );
        for entry in &self.listed {
            if let Ok(begins) = jiff::Timestamp::try_from(entry.begins) {
                let _ = writeln!(text, "#EXT-X-PROGRAM-DATE-TIME:{begins:.3}");
            }
            let _ = write!(text, "#EXTINF:{:.6},\n{}\n", entry.lasts.as_secs_f64(), entry.name);
        }
        if ended {
            text.push_str("#EXT-X-ENDLIST\n");
        }
        text
    }
}

struct Segment {
    pipeline: gst::Pipeline,
    ends: Ends,
    name: String,
    begins_ns: i64,
}

/// Writes segments and playlist into a folder.
pub(super) struct Writer {
    folder: PathBuf,
    formats: Formats,
    target_ns: i64,
    zero_ns: i64,
    began: SystemTime,
    number: u64,
    segment: Option<Segment>,
    playlist: Playlist,
}

impl Writer {
    /// Begins anew in `folder`: old segments of ours go.
    pub(super) fn new(folder: &Path, segment_ms: u32, formats: Formats, zero_ns: i64) -> Result<Self, OutputError> {
        let began = SystemTime::now();
        fs::create_dir_all(folder).map_err(|e| file_error(folder, &e))?;
        for entry in fs::read_dir(folder).map_err(|e| file_error(folder, &e))?.flatten() {
            if entry.file_name().to_string_lossy().starts_with(PREFIX) {
                // One that can't be removed is only in the way of nobody.
                let _ = fs::remove_file(entry.path());
            }
        }
        let (folder, target_ns) = (folder.to_owned(), i64::from(segment_ms) * 1_000_000);
        let playlist = Playlist::default();
        Ok(Self { folder, formats, target_ns, zero_ns, began, number: 0, segment: None, playlist })
    }

    /// Writes a packet; a key picture may begin the next segment.
    pub(super) fn push(&mut self, packet: &Packet) -> Result<(), OutputError> {
        if packet.kind == (PacketKind::Video { key: true }) {
            // Half a picture of tolerance: stamps are rounded.
            let due = self.segment.as_ref().is_none_or(|s| packet.pts_ns - s.begins_ns >= self.target_ns - 10_000_000);
            if due {
                self.close(packet.pts_ns, false)?;
                self.open(packet.pts_ns)?;
            }
        }
        let Some(segment) = &self.segment else { return Ok(()) };
        if let Some(error) = segment.pipeline.bus().and_then(|b| b.pop_filtered(&[gst::MessageType::Error])) {
            return Err(super::run::in_words(&error).unwrap_or_else(|| failed("unknown")));
        }
        segment.ends.push(packet, self.zero_ns)
    }

    fn open(&mut self, begins_ns: i64) -> Result<(), OutputError> {
        let since_epoch = self.began.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        let name = format!("{PREFIX}{since_epoch}-{:06}.ts", self.number);
        self.number += 1;
        let pipeline = gst::Pipeline::new();
        let building = Building { pipeline, formats: self.formats.clone() };
        let (mux, sink) = (make("mpegtsmux")?, make("filesink")?);
        sink.set_property("location", self.part(&name).to_string_lossy().as_ref());
        sink.set_property("sync", false);
        sink.set_property("async", false);
        let ends = building.join(&mux, &[&sink], true)?;
        let pipeline = building.pipeline;
        if pipeline.set_state(gst::State::Playing).is_err() {
            let error = pipeline.bus().and_then(|b| b.pop_filtered(&[gst::MessageType::Error]));
            retire(pipeline);
            let error = error.as_ref().and_then(super::run::in_words);
            return Err(error.unwrap_or_else(|| failed("the segment can't be begun")));
        }
        self.segment = Some(Segment { pipeline, ends, name, begins_ns });
        Ok(())
    }

    fn part(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.part"))
    }

    /// Finishes the segment that is being written, if there is one, and lists it.
    pub(super) fn close(&mut self, ends_ns: i64, ended: bool) -> Result<(), OutputError> {
        if let Some(segment) = self.segment.take() {
            segment.ends.end();
            let wanted = [gst::MessageType::Error, gst::MessageType::Eos];
            let wait = gst::ClockTime::try_from(limits::DRAIN).ok();
            let message = segment.pipeline.bus().and_then(|bus| bus.timed_pop_filtered(wait, &wanted));
            retire(segment.pipeline);
            match &message {
                None => return Err(OutputError::Stalled(limits::DRAIN)),
                Some(message) => super::run::in_words(message).map_or(Ok(()), Err)?,
            }
            let path = self.folder.join(&segment.name);
            fs::rename(self.part(&segment.name), &path).map_err(|e| file_error(&path, &e))?;
            let lasts = Duration::from_nanos(u64::try_from(ends_ns - segment.begins_ns).unwrap_or(0));
            let after = Duration::from_nanos(u64::try_from(segment.begins_ns - self.zero_ns).unwrap_or(0));
            let entry = Entry { name: segment.name, lasts, begins: self.began + after };
            if let Some(old) = self.playlist.add(entry) {
                let _ = fs::remove_file(self.folder.join(old));
            }
        } else if !ended {
            return Ok(());
        }
        self.write_playlist(ended)
    }

    /// Replaces the playlist in one step: a player never reads half of one.
    fn write_playlist(&self, ended: bool) -> Result<(), OutputError> {
        let path = self.folder.join(PLAYLIST);
        let part = self.part(PLAYLIST);
        fs::write(&part, self.playlist.text(ended)).map_err(|e| file_error(&part, &e))?;
        fs::rename(&part, &path).map_err(|e| file_error(&path, &e))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if let Some(segment) = self.segment.take() {
            retire(segment.pipeline);
        }
    }
}

fn file_error(path: &Path, error: &std::io::Error) -> OutputError {
    super::record::file_error(path, error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(number: u64) -> Entry {
        Entry {
            name: format!("{number}.ts"),
            lasts: Duration::from_millis(1500),
            begins: SystemTime::UNIX_EPOCH + Duration::from_millis(1_000 + 1_500 * number),
        }
    }

    #[test]
    fn the_list_slides_and_old_files_go_late() {
        let mut list = Playlist::default();
        let kept = limits::HLS_SEGMENTS + limits::HLS_SEGMENTS_KEPT;
        let removed: Vec<_> = (0..kept as u64 + 2).filter_map(|n| list.add(entry(n))).collect();
        assert_eq!(removed, ["0.ts", "1.ts"]);
        assert_eq!((list.sequence, list.listed.len()), (6, limits::HLS_SEGMENTS));
    }

    #[test]
    fn the_text_is_what_the_rfc_asks_for() {
        let mut list = Playlist::default();
        list.add(entry(0));
        let text = list.text(true);
        assert_eq!(
            text,
            "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:0\n\
             #EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:00:01.000Z\n\
             #EXTINF:1.500000,\n0.ts\n#EXT-X-ENDLIST\n"
        );
    }
}
