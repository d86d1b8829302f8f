//! The end of a show: one signal finishes everything, a second one doesn't wait for it.

use crate::harness::{Air, signal, wait_until};
use crate::pictures::{assert_gapless, stamps};
use std::io::Read;
use std::net::TcpListener;

const CAMERA: &str = "[input.cam]\nkind = \"test\"\npattern = \"ball\"\nsize = [320, 180]\ntone_hz = 440.0\n\
    [[scene]]\nname = \"A\"\n[[scene.layer]]\ninput = \"cam\"\n\
    [[output]]\nname = \"copy\"\nkind = \"record\"\npath = \"copy.mp4\"\n\
    video = { bitrate_kbps = 1500, preset = \"ultrafast\" }\n";

#[test]
fn sigterm_finishes_the_recording_to_its_last_picture() {
    let air = Air::start(CAMERA, |_| {});
    air.wait_for("outputs", "copy", "live");
    air.ticks(90);
    let ticks = air.snapshot()["stats"]["ticks"].as_u64().unwrap();
    let folder = air.end();
    let copy = folder.path().join("copy.mp4");
    assert_gapless(&copy);
    let pictures = stamps(&copy, "v:0").len() as u64;
    // The encoder starts some pictures after the tick does.
    assert!(pictures + 60 > ticks, "{pictures} pictures recorded of {ticks}");
}

#[test]
fn a_second_sigterm_does_not_wait_for_a_server_that_never_reads() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut show = CAMERA.to_owned();
    show += &format!("[[output]]\nname = \"stream\"\nkind = \"rtmp\"\nurl = \"rtmp://127.0.0.1:{port}/live/show\"\n");
    let mut air = Air::start(&show, |_| {});
    // It is spoken to, and never answers.
    let (mut held, _) = listener.accept().unwrap();
    held.read_exact(&mut [0; 16]).unwrap();
    air.wait_for("outputs", "copy", "live");
    signal(air.pid(), "TERM");
    wait_until("the console to close", || std::net::TcpStream::connect(("127.0.0.1", air.port())).is_err());
    signal(air.pid(), "TERM");
    // Waiting for that server would take seconds and end in success.
    assert_eq!(air.wait().code(), Some(130));
}
