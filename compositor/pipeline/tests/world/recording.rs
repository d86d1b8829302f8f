//! A recording holds every picture, plays at its end, and survives kill -9 and a full disk.

use crate::common::*;
use std::path::Path;
use std::process::{Command, Stdio};
use vitrine_pipeline::outputs::{OutputError, OutputState};

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
        assert_eq!((stats.frames_sent, stats.frames_dropped), (counts.len() as u64, 0), "{stats:?}");
        let streams = ffprobe(path.to_str().unwrap(), "stream=codec_name,sample_rate,r_frame_rate");
        for wanted in ["codec_name=h264", "codec_name=aac", "sample_rate=48000", "r_frame_rate=30/1"] {
            assert!(streams.contains(wanted), "{name}: {streams}");
        }
    }
}

/// The names under which a child finds what it is to record into.
const CHILD: &str = "VITRINE_TEST_RECORDS_INTO";

/// Not a test of its own: the process that others kill. It records until then, saying each count on stdout.
#[test]
fn child_that_records() {
    let Some(path) = std::env::var_os(CHILD) else { return };
    let mut studio = Studio::start();
    let record = studio.record(Path::new(&path));
    loop {
        studio.pictures(1);
        let stats = record.stats();
        println!("sent {} {}", stats.frames_sent, stats.state.word());
    }
}

/// Records in a child for `pictures` pictures after it is live, and kills it; gives how many it had sent.
fn record_and_kill(path: &Path, pictures: u64) -> u64 {
    use std::io::{BufRead, BufReader};
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "recording::child_that_records", "--nocapture"])
        .env(CHILD, path)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut sent = 0;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        let Some((_, said)) = line.split_once("sent ") else { continue };
        sent = said.split(' ').next().unwrap().parse().unwrap();
        if said.ends_with("live") && sent >= pictures {
            break;
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    sent
}

#[test]
fn a_killed_recording_plays_to_its_last_second() {
    let (_keep, dir) = folder();
    for (name, pictures) in [("a.mp4", 75), ("b.mp4", 101), ("c.mkv", 95)] {
        let path = dir.join(name);
        let sent = record_and_kill(&path, pictures);
        let counts = counts_in(&path);
        assert_consecutive(&counts);
        let lost = sent.saturating_sub(counts.len() as u64);
        println!("{name}: {sent} pictures sent, {lost} lost to kill -9");
        assert!(lost <= 30, "{name}: {lost} of {sent} pictures lost, more than a second");
    }
}

#[test]
fn a_full_disk_ends_the_recording_and_nothing_else() {
    let (_keep, dir) = folder();
    let small = dir.join("small");
    std::fs::create_dir(&small).unwrap();
    let mut mount = Command::new("mount");
    mount.args(["-t", "tmpfs", "-o", "size=9m", "tmpfs"]).arg(&small).stderr(Stdio::null());
    if !mount.status().is_ok_and(|s| s.success()) {
        println!("skipped: mounting a small file system is not permitted");
        return;
    }
    let _unmount = Unmount(small.clone());
    let (full, safe) = (small.join("full.mp4"), dir.join("safe.mp4"));
    let mut studio = Studio::start();
    let record = studio.record(&full);
    let other = studio.record(&safe);
    wait_for_live(&record);
    wait_for_live(&other);
    studio.pictures(60);
    // Pictures are sent faster than they are watched: the disk must not fill up before the first fragment is on it.
    let mut before = 0;
    wait_until("the first pictures to be on the disk", || {
        before = counts_in(&full).len();
        before >= 10
    });
    let filler = std::fs::write(small.join("filler"), vec![1_u8; 16 << 20]);
    assert!(filler.is_err(), "the disk is not full");
    wait_until("the full disk to be noticed", || matches!(record.stats().state, OutputState::Lost { .. }));
    assert_eq!(record.stats().last_error, Some(OutputError::DiskFull), "{:?}", record.stats());
    let counts = counts_in(&full);
    assert_consecutive(&counts);
    assert!(counts.len() >= before, "{before} pictures played before the disk was full, {} after", counts.len());
    std::fs::remove_file(small.join("filler")).unwrap();
    wait_until("recording to go on in a new file", || record.stats().state == OutputState::Live);
    assert!(record.stats().path.unwrap().ends_with("full-2.mp4") || record.stats().reconnects > 1);
    studio.finish();
    assert_consecutive(&counts_in(&safe));
    assert_eq!(other.stats().frames_dropped, 0);
}

struct Unmount(std::path::PathBuf);

impl Drop for Unmount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}
