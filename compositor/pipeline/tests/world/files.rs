//! Files play in real time, in the house's colours, with loop, in and out points, seek and pause.

use crate::common::*;
use vitrine_pipeline::inputs::{FileSpec, InputKind};

#[test]
fn a_file_with_sound_plays() {
    let (_keep, dir) = folder();
    let path = dir.join("a.mp4");
    make_clip(
        &path,
        "-f lavfi -i testsrc2=size=322x182:rate=25:duration=3 -f lavfi -i sine=440:duration=3 -c:v libx264 -pix_fmt yuv420p -c:a aac",
    );
    let source = Source::open(InputKind::File(FileSpec::once(path.to_str().unwrap())));
    source.wait_live();
    let first = source.wait_for_picture();
    assert_eq!((first.size().width, first.size().height), (322, 182));
    source.wait_for("Ended", |s| s.word() == "ended");
    let stats = source.control.stats();
    println!("{stats:?} {:?} {:?}", source.slot.stats(), source.sound.stats());
    assert_eq!(stats.pictures, 75);
}
