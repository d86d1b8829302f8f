//! HLS: every listed segment plays and nothing is missing between them.

use crate::common::*;
use std::path::Path;
use vitrine_pipeline::outputs::{DateRanges, HLS_PLAYLIST, HlsSpec, OutputKind};

fn playlist(dir: &Path) -> String {
    std::fs::read_to_string(dir.join(HLS_PLAYLIST)).unwrap_or_default()
}

/// The stamp of a stream's first packet.
fn ffprobe_first(file: &Path, stream: &str) -> String {
    let mut ffprobe = std::process::Command::new("ffprobe");
    ffprobe.args(["-v", "error", "-select_streams", stream, "-show_entries", "packet=pts_time", "-of", "csv=p=0"]);
    let out = ffprobe.arg(file).output().unwrap();
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    text.lines().next().unwrap_or_default().trim_end_matches(',').to_owned()
}

#[test]
fn segments_follow_each_other_without_a_gap() {
    let (_keep, dir) = folder();
    let dir = dir.join("hls");
    let mut studio = Studio::start();
    let (epoch, ranges) = (std::time::SystemTime::now(), DateRanges::default());
    let spec = HlsSpec { folder: dir.clone(), segment_ms: 1000, segments: Some(6), epoch, ranges };
    let hls = studio.output("hls", OutputKind::Hls(spec));
    wait_until("three segments", || playlist(&dir).matches("#EXTINF").count() >= 3);
    let live = playlist(&dir);
    assert!(!live.contains("#EXT-X-ENDLIST"), "{live}");
    assert!(live.contains("#EXT-X-PROGRAM-DATE-TIME:20"), "{live}");
    studio.finish();
    let ended = playlist(&dir);
    assert!(ended.ends_with("#EXT-X-ENDLIST\n"), "{ended}");
    let counts = counts_in(&dir.join(HLS_PLAYLIST));
    assert_consecutive(&counts);
    assert!(counts.len() > 90, "{}", counts.len());
    assert_eq!(hls.stats().frames_dropped, 0);
    let seen = ffprobe(dir.join(HLS_PLAYLIST).to_str().unwrap(), "stream=codec_name");
    assert!(seen.contains("h264") && seen.contains("aac"), "{seen}");
    for segment in ended.lines().filter(|line| line.ends_with(".ts")) {
        let begins = |stream| {
            let first = ffprobe_first(&dir.join(segment), stream);
            first.parse::<f64>().unwrap_or_else(|_| panic!("{segment} has no {stream}: {first}"))
        };
        let (picture, sound) = (begins("v:0"), begins("a:0"));
        assert!((picture - sound).abs() < 0.2, "{segment}: pictures from {picture} s, sound from {sound} s");
    }
    assert!(std::fs::read_dir(&dir).unwrap().all(|e| e.unwrap().path().extension().unwrap() != "part"));
}
