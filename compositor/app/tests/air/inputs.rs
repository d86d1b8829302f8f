//! A camera that dies is held, then covered by its slate, and seen again when it is back.

use crate::harness::{Air, Peer, free_port};
use crate::pictures::{assert_gapless, counted_clip, numbers_in};
use std::path::Path;
use std::process::Command;

fn send(clip: &Path, port: u16) -> Peer {
    let to = format!("srt://127.0.0.1:{port}?mode=caller&latency=120000");
    Peer::start(Command::new("ffmpeg").args(["-re", "-i"]).arg(clip).args(["-c", "copy", "-f", "mpegts", &to]))
}

#[test]
fn a_killed_srt_sender_is_held_covered_and_seen_again_and_no_program_picture_is_missing() {
    let port = free_port();
    let show = format!(
        "[input.cam]\nkind = \"srt\"\nuri = \"srt://127.0.0.1:{port}?mode=listener\"\n\
         [[scene]]\nname = \"A\"\n[[scene.layer]]\ninput = \"cam\"\n\
         [[output]]\nname = \"copy\"\nkind = \"record\"\npath = \"copy.mp4\"\n\
         video = {{ bitrate_kbps = 3000, preset = \"ultrafast\" }}\n"
    );
    let air = Air::start(&show, |folder| {
        counted_clip(&folder.join("first.mp4"), 0, 900);
        counted_clip(&folder.join("second.mp4"), 2000, 900);
    });
    let mut sender = send(&air.path("first.mp4"), port);
    air.wait_for("inputs", "cam", "live");
    air.wait_for("outputs", "copy", "live");
    air.ticks(60);
    sender.kill();
    // Back at once, while its old connection is not yet known to be dead.
    air.wait_for("inputs", "cam", "holding");
    let _again = send(&air.path("second.mp4"), port);
    let back = air.wait_for("inputs", "cam", "live");
    println!("seen again {back:?} after the sender was started");
    air.ticks(60);
    let folder = air.end();
    let copy = folder.path().join("copy.mp4");
    assert_gapless(&copy);
    let numbers = numbers_in(&copy);
    let last = numbers.iter().rposition(|n| n.is_some_and(|n| n < 2000)).expect("pictures of the first sender");
    let next = numbers.iter().position(|n| n.is_some_and(|n| n >= 2000)).expect("pictures of the second sender");
    let held = numbers[..=last].iter().rev().take_while(|n| **n == numbers[last]).count();
    // Half a second, and the three pictures' time after which a silence is called one.
    assert!((10..=24).contains(&held), "the last picture was held for {held} pictures: {numbers:?}");
    assert!(last < next && numbers[last + 1..next].iter().all(Option::is_none), "no slate between the two senders");
    for half in [&numbers[..=last], &numbers[next..]] {
        let seen: Vec<u32> = half.iter().filter_map(|n| *n).collect();
        assert!(seen.len() > 30 && seen.is_sorted(), "a picture came back: {seen:?}");
    }
}
