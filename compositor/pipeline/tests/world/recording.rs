//! A recording holds every picture, plays at its end, and survives what happens to it.

use crate::common::*;

#[test]
fn a_recording_holds_every_picture_and_the_sound() {
    let (_keep, dir) = folder();
    for name in ["show.mp4", "show.mkv"] {
        let path = dir.join(name);
        let mut studio = Studio::start();
        let record = studio.record(&path);
        wait_for_live(&record);
        studio.pictures(90);
        studio.finish();
        let counts = counts_in(&path);
        assert_consecutive(&counts);
        assert!(counts.len() >= 90, "{} pictures", counts.len());
        let stats = record.stats();
        assert_eq!(stats.frames_sent, counts.len() as u64, "{stats:?}");
        let streams = ffprobe(path.to_str().unwrap(), "stream=codec_name,sample_rate,r_frame_rate");
        for wanted in ["codec_name=h264", "codec_name=aac", "sample_rate=48000"] {
            assert!(streams.contains(wanted), "{name}: {streams}");
        }
    }
}
