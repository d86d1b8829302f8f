//! A machine with nothing left to give: pictures repeat, their places and the sound stay, and it recovers.

use crate::harness::Air;
use crate::pictures::assert_gapless;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const CAMERA: &str = "[input.cam]\nkind = \"test\"\npattern = \"ball\"\nsize = [320, 180]\ntone_hz = 440.0\n\
    [[scene]]\nname = \"A\"\n[[scene.layer]]\ninput = \"cam\"\n\
    [[output]]\nname = \"copy\"\nkind = \"record\"\npath = \"copy.mp4\"\n\
    video = { bitrate_kbps = 1500, preset = \"ultrafast\" }\n";

#[test]
fn four_busy_loops_cost_no_place_in_time() {
    let air = Air::start(CAMERA, |_| {});
    air.wait_for("outputs", "copy", "live");
    let stop = Arc::new(AtomicBool::new(false));
    let busy = || {
        let stop = Arc::clone(&stop);
        std::thread::spawn(move || while !stop.load(Ordering::Relaxed) {})
    };
    let loops: Vec<_> = (0..4).map(|_| busy()).collect();
    air.ticks(120);
    stop.store(true, Ordering::Relaxed);
    loops.into_iter().for_each(|one| one.join().unwrap());
    air.ticks(60);
    let folder = air.end();
    assert_gapless(&folder.path().join("copy.mp4"));
}
