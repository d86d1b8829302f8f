//! HLS: every listed segment plays and nothing is missing between them.

use crate::common::*;
use std::path::Path;
use vitrine_pipeline::outputs::{HLS_PLAYLIST, OutputKind};

fn playlist(dir: &Path) -> String {
    std::fs::read_to_string(dir.join(HLS_PLAYLIST)).unwrap_or_default()
}

#[test]
fn segments_follow_each_other_without_a_gap() {
    let (_keep, dir) = folder();
    let dir = dir.join("hls");
    let mut studio = Studio::start();
    let hls = studio.output("hls", OutputKind::Hls { folder: dir.clone(), segment_ms: 1000 });
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
    assert!(std::fs::read_dir(&dir).unwrap().all(|e| e.unwrap().path().extension().unwrap() != "part"));
}
