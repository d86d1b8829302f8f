//! The `hls` output: MPEG-TS segments cut at key pictures, and the playlist that names them.
//!
//! Each segment is a mux of its own, so a cut is exactly where we make it and a finished file is never touched again.
//! Format: RFC 8216, with `EXT-X-PROGRAM-DATE-TIME` so that players and stock cards can agree on "now", and
//! `EXT-X-DATERANGE` for what can be clicked and bought.

use super::sink::{Building, Ends, Formats, failed};
use super::{DateRanges, OutputError};
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

/// Settings of an HLS output.
#[derive(Clone, Debug, PartialEq)]
pub struct HlsSpec {
    /// Where; made if missing. Segments of an earlier run in it are removed.
    pub folder: PathBuf,
    /// Milliseconds that a segment should last; in truth a multiple of the distance of key pictures.
    pub segment_ms: u32,
    /// Segments that the playlist lists; older files are removed later. `None` keeps all: viewers can go back to
    /// the start, and the folder plays on when the show is over.
    pub segments: Option<usize>,
    /// The wall clock at show time zero: what the pictures' dates count from.
    pub epoch: SystemTime,
    /// What happens in the stream.
    pub ranges: DateRanges,
}

/// A finished segment.
#[derive(Clone, Debug, PartialEq)]
struct Entry {
    name: String,
    lasts: Duration,
    begins: SystemTime,
}

/// The playlist and the files that may soon go.
struct Playlist {
    /// Segments listed; `None` for all.
    length: Option<usize>,
    listed: VecDeque<Entry>,
    gone: VecDeque<String>,
    sequence: u64,
}

impl Playlist {
    const fn new(length: Option<usize>) -> Self {
        Self { length, listed: VecDeque::new(), gone: VecDeque::new(), sequence: 0 }
    }

    /// Adds a segment; gives the file that no player needs any more.
    fn add(&mut self, entry: Entry) -> Option<String> {
        self.listed.push_back(entry);
        if self.length.is_some_and(|length| self.listed.len() > length) {
            self.sequence += 1;
            self.gone.extend(self.listed.pop_front().map(|e| e.name));
        }
        if self.gone.len() > limits::HLS_SEGMENTS_KEPT { self.gone.pop_front() } else { None }
    }

    fn text(&self, ranges: &DateRanges, ended: bool) -> String {
        use std::fmt::Write;
        let longest = self.listed.iter().map(|e| e.lasts.as_secs_f64()).fold(1.0, f64::max).ceil();
        let mut text = format!(
            "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:{longest:.0}\n#EXT-X-MEDIA-SEQUENCE:{}\n\
             #EXT-X-INDEPENDENT-SEGMENTS\n",
            self.sequence
        );
        if self.length.is_none() {
            text.push_str("#EXT-X-PLAYLIST-TYPE:EVENT\n");
        }
        text.push_str(&self.listed.front().map_or_else(String::new, |first| ranges.tags(first.begins)));
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
    spec: HlsSpec,
    formats: Formats,
    target_ns: i64,
    zero_ns: i64,
    /// Part of the segments' names: no cache takes one of a later run for one of this.
    run: u64,
    number: u64,
    segment: Option<Segment>,
    playlist: Playlist,
}

impl Writer {
    /// Begins anew in the folder: old segments of ours go.
    pub(super) fn new(spec: &HlsSpec, formats: Formats, zero_ns: i64) -> Result<Self, OutputError> {
        let folder = &spec.folder;
        fs::create_dir_all(folder).map_err(|e| file_error(folder, &e))?;
        for entry in fs::read_dir(folder).map_err(|e| file_error(folder, &e))?.flatten() {
            if entry.file_name().to_string_lossy().starts_with(PREFIX) {
                // One that can't be removed is only in the way of nobody.
                let _ = fs::remove_file(entry.path());
            }
        }
        let run = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
        let (playlist, target_ns) = (Playlist::new(spec.segments), i64::from(spec.segment_ms) * 1_000_000);
        Ok(Self { spec: spec.clone(), formats, target_ns, zero_ns, run, number: 0, segment: None, playlist })
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
        let name = format!("{PREFIX}{}-{:06}.ts", self.run, self.number);
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
        self.spec.folder.join(format!("{name}.part"))
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
            let path = self.spec.folder.join(&segment.name);
            fs::rename(self.part(&segment.name), &path).map_err(|e| file_error(&path, &e))?;
            let lasts = Duration::from_nanos(u64::try_from(ends_ns - segment.begins_ns).unwrap_or(0));
            let shown = Duration::from_nanos(u64::try_from(segment.begins_ns).unwrap_or(0));
            let entry = Entry { name: segment.name, lasts, begins: self.spec.epoch + shown };
            if let Some(old) = self.playlist.add(entry) {
                let _ = fs::remove_file(self.spec.folder.join(old));
            }
        } else if !ended {
            return Ok(());
        }
        self.write_playlist(ended)
    }

    /// Replaces the playlist in one step: a player never reads half of one.
    fn write_playlist(&self, ended: bool) -> Result<(), OutputError> {
        let path = self.spec.folder.join(PLAYLIST);
        let part = self.part(PLAYLIST);
        fs::write(&part, self.playlist.text(&self.spec.ranges, ended)).map_err(|e| file_error(&part, &e))?;
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
        let mut list = Playlist::new(Some(6));
        let kept = 6 + limits::HLS_SEGMENTS_KEPT;
        let removed: Vec<_> = (0..kept as u64 + 2).filter_map(|n| list.add(entry(n))).collect();
        assert_eq!(removed, ["0.ts", "1.ts"]);
        assert_eq!((list.sequence, list.listed.len()), (6, 6));
    }

    #[test]
    fn the_text_is_what_the_rfc_asks_for() {
        let mut list = Playlist::new(Some(6));
        list.add(entry(0));
        let text = list.text(&DateRanges::default(), true);
        assert_eq!(
            text,
            "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:0\n\
             #EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:00:01.000Z\n\
             #EXTINF:1.500000,\n0.ts\n#EXT-X-ENDLIST\n"
        );
    }

    #[test]
    fn a_replay_keeps_all_and_says_so_with_what_happened() {
        let mut list = Playlist::new(None);
        assert!((0..100).all(|n| list.add(entry(n)).is_none()));
        let ranges = DateRanges::default();
        ranges.put(super::super::DateRange {
            id: "h1".to_owned(),
            class: "org.vitrine.hotspots".to_owned(),
            start: entry(3).begins,
            end: super::super::RangeEnd::OnNext,
            attributes: Vec::new(),
        });
        let text = list.text(&ranges, false);
        assert_eq!(text.matches("#EXTINF").count(), 100);
        let (kind, range) = (text.find("#EXT-X-PLAYLIST-TYPE:EVENT"), text.find("#EXT-X-DATERANGE:ID=\"h1\""));
        assert!(kind < range && range < text.find("#EXTINF"), "{text}");
    }
}
