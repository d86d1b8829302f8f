//! SRT both ways: senders that come, go, freeze, change size and return; receivers that come and go.

use crate::common::*;
use std::time::{Duration, Instant};
use vitrine_media::{Clock, Secret, Size};
use vitrine_pipeline::inputs::{InputKind, InputState};
use vitrine_pipeline::outputs::OutputKind;

fn listener(port: u16) -> InputKind {
    let url = Secret::new(format!("srt://127.0.0.1:{port}?mode=listener"));
    InputKind::Srt { url, latency_ms: 60, passphrase: None }
}

fn sender(port: u16, size: &str) -> Peer {
    Peer::ffmpeg(&format!(
        "-re -f lavfi -i testsrc2=size={size}:rate=30 -f lavfi -i sine=440:sample_rate=44100 -c:v libx264 -preset \
         ultrafast -tune zerolatency -g 15 -pix_fmt yuv420p -c:a aac -f mpegts srt://127.0.0.1:{port}?mode=caller"
    ))
}

/// How long from now until a picture arrives that is newer than now.
fn until_new_picture(source: &Source) -> Duration {
    let before = source.slot.stats().arrived;
    let began = Instant::now();
    wait_until("a new picture", || source.slot.stats().arrived > before);
    began.elapsed()
}

#[test]
fn a_sender_that_is_killed_and_returns_is_seen_again() {
    let port = free_port();
    let source = Source::open(listener(port));
    let mut first = sender(port, "320x180");
    let picture = source.wait_for_picture();
    assert_eq!(picture.size(), Size::new(320, 180));
    wait_until("sound", || source.sound.stats().pushed > 10);
    first.kill();
    let lost = source.wait_for("Lost", |s| matches!(s, InputState::Lost { .. }));
    println!("after the kill: {:?}", lost.state);
    source.wait_for("Connecting", |s| *s == InputState::Connecting);
    // It returns with another size, as a camera does that was set up anew.
    let _second = sender(port, "640x360");
    let took = until_new_picture(&source);
    println!("back after {took:?}, the sender's own start included");
    wait_until("the new size", || source.now_showing().is_some_and(|p| p.size() == Size::new(640, 360)));
}

#[test]
fn a_sender_that_freezes_is_noticed() {
    let port = free_port();
    let source = Source::open(listener(port));
    let sender = sender(port, "320x180");
    source.wait_live();
    sender.signal("STOP");
    source.wait_for("Frozen", |s| *s == InputState::Frozen);
    assert!(source.slot.pick(source.clock.now()).unwrap().silent_for >= Duration::from_millis(500));
    source.wait_for("Lost", |s| matches!(s, InputState::Lost { .. }));
}

#[test]
fn sound_and_picture_of_a_live_source_share_their_time() {
    let port = free_port();
    let source = Source::open(listener(port));
    let _sender = sender(port, "320x180");
    source.wait_live();
    wait_until("sound", || source.sound.stats().pushed > 30);
    source.sound.clear();
    let vitrine_media::Popped::Next(block) = source.sound.pop(PATIENCE) else { panic!("no sound") };
    let ahead = block.pts.nanos() as i64 - source.clock.now().nanos() as i64;
    assert!(ahead.abs() < 1_500_000_000, "sound lies {ahead} ns from now");
}

#[test]
fn a_receiver_gets_what_we_send_as_listener() {
    let (_keep, dir) = folder();
    let port = free_port();
    let mut studio = Studio::start();
    let url = Secret::new(format!("srt://127.0.0.1:{port}?mode=listener"));
    let srt = studio.output("srt", OutputKind::Srt { url, latency_ms: 60, passphrase: None });
    wait_for_live(&srt);
    for round in 0..2 {
        let file = dir.join(format!("got-{round}.ts"));
        let mut peer = Peer::ffmpeg(&format!(
            "-y -i srt://127.0.0.1:{port}?mode=caller -t 3 -c copy -f mpegts {}",
            file.display()
        ));
        let status = peer.0.wait().unwrap();
        assert!(status.success());
        let counts = counts_in(&file);
        assert!(counts.len() > 45, "round {round}: {counts:?}");
        assert_consecutive(&counts);
    }
    studio.finish();
}
