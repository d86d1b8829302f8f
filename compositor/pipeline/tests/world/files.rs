//! Files play in real time, in the house's colours, with loop, in and out points, seek and pause.

use crate::common::*;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;
use vitrine_media::{FrameRate, Picture, PixelFormat, Size};
use vitrine_pipeline::decode_frame;
use vitrine_pipeline::inputs::{FileSpec, InputError, InputKind, InputState};

fn file(path: &Path) -> FileSpec {
    FileSpec::once(path.to_str().unwrap())
}

/// A counted clip of `frames` pictures at 30 a second, made through this room's own encoder.
fn counted_clip(path: &Path, frames: u64) {
    let mut studio = Studio::start();
    let record = studio.record(path);
    wait_for_live(&record);
    studio.pictures(frames);
    studio.finish();
}

fn count_of(picture: &Picture) -> u32 {
    let plane = picture.plane(0);
    read_count(&plane.bytes[8 * plane.stride..9 * plane.stride])
}

#[test]
fn a_file_with_sound_plays_at_its_own_pace() {
    let (_keep, dir) = folder();
    let path = dir.join("a.mp4");
    make_clip(
        &path,
        "-f lavfi -i testsrc2=size=322x182:rate=25:duration=2 -f lavfi -i sine=440:duration=2 -c:v libx264 -pix_fmt \
         yuv420p -c:a aac",
    );
    let source = Source::open(InputKind::File(file(&path)));
    let live = source.wait_for("Live", |s| *s == InputState::Live);
    assert_eq!(source.wait_for_picture().size(), Size::new(322, 182));
    let ended = source.wait_for("Ended", |s| *s == InputState::Ended);
    assert!(ended.at.since(live.at) > Duration::from_millis(1500), "{:?}", ended.at.since(live.at));
    assert!(source.sound.stats().pushed > 80, "{:?}", source.sound.stats());
    source.control.seek(Duration::ZERO);
    source.wait_for("Live again", |s| *s == InputState::Live);
}

#[test]
fn a_loop_has_no_gap() {
    let (_keep, dir) = folder();
    let path = dir.join("loop.mp4");
    counted_clip(&path, 45);
    let all = counts_in(&path);
    let spec = FileSpec { looping: true, ..file(&path) };
    let source = Source::open(InputKind::File(spec));
    let mut seen: Vec<(u64, u32)> = Vec::new();
    wait_until("two rounds", || {
        if let Some(picture) = source.now_showing() {
            let now = (picture.pts().nanos(), count_of(&picture));
            if seen.last() != Some(&now) {
                seen.push(now);
            }
        }
        seen.len() > all.len() * 5 / 2
    });
    let rounds = seen.windows(2).filter(|w| w[1].1 < w[0].1).count();
    assert!(rounds >= 2, "{seen:?}");
    // However many pictures a busy machine lets this test miss, each stands where its number says. A sound track a
    // little longer than the pictures may hold the last one; a real gap is much longer.
    let (frame, round) = (1_000_000_000 / 30, all.len() as u64 * 1_000_000_000 / 30);
    for pair in seen.windows(2) {
        let steps = (pair[1].1 + all.len() as u32 - pair[0].1) % all.len() as u32;
        let beyond = (pair[1].0 - pair[0].0 + round - u64::from(steps) * frame) % round;
        assert!(beyond.min(round - beyond) < 100_000_000, "{beyond} ns too many between {pair:?}");
    }
}

#[test]
fn in_and_out_points_and_pause_hold() {
    let (_keep, dir) = folder();
    let path = dir.join("points.mp4");
    counted_clip(&path, 60);
    let first = counts_in(&path)[0];
    let spec = FileSpec {
        in_point: Duration::from_millis(500),
        out_point: Some(Duration::from_millis(1000)),
        paused: true,
        ..file(&path)
    };
    let source = Source::open(InputKind::File(spec));
    wait_until("its first picture, standing", || source.now_showing().is_some_and(|p| count_of(&p) == first + 15));
    source.control.pause(false);
    let mut seen = BTreeSet::new();
    wait_until("the end", || {
        seen.extend(source.now_showing().map(|p| count_of(&p)));
        source.control.stats().state == InputState::Ended
    });
    assert!(seen.iter().all(|c| (first + 15..=first + 30).contains(c)), "{seen:?} of a clip from {first}");
    assert!(seen.len() > 8, "{seen:?}");
}

#[test]
fn a_still_is_the_exact_picture() {
    let (_keep, dir) = folder();
    let path = dir.join("still.mp4");
    counted_clip(&path, 40);
    let counts = counts_in(&path);
    for index in [0, 1, 17, 33] {
        let at = Duration::from_nanos(index as u64 * 1_000_000_000 / 30 + 1_000_000);
        let picture = decode_frame(path.to_str().unwrap(), at).unwrap();
        assert_eq!(count_of(&picture), counts[index], "at {at:?}");
    }
    let last = decode_frame(path.to_str().unwrap(), Duration::from_secs(99)).unwrap();
    assert_eq!(count_of(&last), *counts.last().unwrap());
    assert_eq!(decode_frame("/no/such.mp4", Duration::ZERO).unwrap_err().code(), "INPUT_BAD_URI");
}

/// The three planes in the middle of the red field.
fn colour(path: &Path) -> [f64; 3] {
    begin();
    let picture = decode_frame(path.to_str().unwrap(), Duration::from_millis(10)).unwrap();
    [mean(&picture, 0, 24, 24, 8), mean(&picture, 1, 12, 12, 4), mean(&picture, 2, 12, 12, 4)]
}

#[test]
fn every_matrix_and_range_arrives_as_bt709_limited() {
    // Red, RGB (200, 30, 40), in BT.709 limited range by the standard's own formula.
    let (r, g, b) = (200.0 / 255.0, 30.0 / 255.0, 40.0 / 255.0);
    let y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    let wanted = [16.0 + 219.0 * y, 128.0 + 224.0 * (b - y) / 1.8556, 128.0 + 224.0 * (r - y) / 1.5748];
    let (_keep, dir) = folder();
    for (name, matrix, range, spaces) in [
        ("709-limited", "bt709", "tv", "bt709:color_primaries=bt709:color_trc=bt709"),
        ("709-full", "bt709", "pc", "bt709:color_primaries=bt709:color_trc=bt709"),
        ("601-limited", "bt601", "tv", "smpte170m:color_primaries=smpte170m:color_trc=smpte170m"),
        ("601-full", "bt601", "pc", "smpte170m:color_primaries=smpte170m:color_trc=smpte170m"),
    ] {
        let path = dir.join(format!("{name}.mp4"));
        let tags = spaces.replace(":color_primaries", " -color_primaries").replace(":color_trc", " -color_trc");
        let tags = tags.replace('=', " ");
        make_clip(
            &path,
            &format!(
                "-f lavfi -i color=c=0xC81E28:size=64x64:rate=25:duration=1,format=rgb24,scale=out_color_matrix={matrix}:\
                 out_range={range},format=yuv420p -c:v libx264 -qp 1 -colorspace {tags} -color_range {range}"
            ),
        );
        let got = colour(&path);
        for plane in 0..3 {
            let off = (got[plane] - wanted[plane]).abs();
            assert!(off <= 2.0, "{name}: plane {plane} is {:.1}, should be {:.1}", got[plane], wanted[plane]);
        }
    }
}

#[test]
fn odd_sizes_and_interlaced_pictures_arrive() {
    let (_keep, dir) = folder();
    for (name, size, options) in [
        ("odd", "321x181", "-c:v ffv1 -pix_fmt yuv444p"),
        ("one", "1x1", "-c:v png"),
        ("interlaced", "320x240", "-c:v mpeg2video -flags +ildct+ilme -top 1 -b:v 4M"),
    ] {
        let path = dir.join(format!("{name}.mkv"));
        let scale = size.replace('x', ":");
        make_clip(
            &path,
            &format!("-f lavfi -i testsrc2=size=640x480:rate=25:duration=1,scale={scale},setsar=1 {options}"),
        );
        let source = Source::open(InputKind::File(file(&path)));
        let picture = source.wait_for_picture();
        assert_eq!(picture.size().to_string(), size.replace('x', "×"), "{name}");
        assert!(!matches!(source.control.stats().state, InputState::Lost { .. }), "{name}");
    }
}

#[test]
fn alpha_survives() {
    let (_keep, dir) = folder();
    let colour = "color=c=red@0.5:size=64x64:rate=25:duration=1,format=rgba";
    for (name, options) in [
        ("a.mov", "-c:v qtrle"),
        ("b.mov", "-c:v prores_ks -profile:v 4444 -pix_fmt yuva444p10le"),
        ("c.webm", "-c:v libvpx-vp9 -pix_fmt yuva420p -auto-alt-ref 0"),
        ("%03d.png", "-f image2"),
    ] {
        let path = dir.join(name);
        make_clip(&path, &format!("-f lavfi -i {colour} {options}"));
        let spec = FileSpec { series_rate: FrameRate::new(25, 1).unwrap(), ..file(&path) };
        // A series is numbered from one by ffmpeg, from zero by us.
        std::fs::copy(dir.join("001.png"), dir.join("000.png")).ok();
        let source = Source::open(InputKind::File(spec));
        let picture = source.wait_for_picture();
        assert_eq!(picture.format(), PixelFormat::A420, "{name}");
        let alpha = mean(&picture, 3, 20, 20, 8);
        assert!((alpha - 127.5).abs() < 3.0, "{name}: alpha {alpha}");
    }
}

#[test]
fn too_large_a_picture_is_refused_with_its_size() {
    let (_keep, dir) = folder();
    let path = dir.join("8k.mkv");
    make_clip(&path, "-f lavfi -i color=size=7680x64:rate=5:duration=1 -c:v mjpeg");
    let source = Source::open(InputKind::File(file(&path)));
    source.wait_for(
        "Lost",
        |s| matches!(s, InputState::Lost { why: InputError::TooLarge(size), .. } if *size == Size::new(7680, 64)),
    );
    assert!(source.now_showing().is_none());
}

#[test]
fn garbage_and_sound_alone_are_told_apart() {
    let (_keep, dir) = folder();
    let garbage = dir.join("x.mp4");
    std::fs::write(&garbage, [7_u8; 4096]).unwrap();
    let source = Source::open(InputKind::File(file(&garbage)));
    source.wait_for("Lost", |s| matches!(s, InputState::Lost { .. }));
    let sound = dir.join("s.wav");
    make_clip(&sound, "-f lavfi -i sine=440:duration=2");
    let source = Source::open(InputKind::File(file(&sound)));
    source.wait_live();
    assert!(source.sound.stats().pushed > 0);
}

#[test]
fn a_launch_line_and_a_test_picture_are_inputs_too() {
    let launch = "audiotestsrc is-live=true videotestsrc pattern=white is-live=true ! video/x-raw,width=64,height=64";
    let source = Source::open(InputKind::Pipeline { launch: launch.to_owned() });
    let white = source.wait_for_picture();
    assert!((mean(&white, 0, 16, 16, 16) - 235.0).abs() < 1.5);
    wait_until("sound", || source.sound.stats().pushed > 2);
    let source = Source::open(InputKind::Pipeline { launch: "videotestsrc ! nosuchelement".to_owned() });
    source.wait_for("Lost", |s| matches!(s, InputState::Lost { why: InputError::BadLaunch(_), .. }));
    let pattern = vitrine_pipeline::inputs::TestPattern::Green;
    let source = Source::open(InputKind::Test { size: SIZE, rate: rate(), pattern, tone_hz: Some(440.0) });
    assert!(mean(&source.wait_for_picture(), 1, 8, 8, 8) < 100.0);
}

#[test]
fn lips_and_voice_agree_after_encoding_recording_and_playing() {
    let (_keep, dir) = folder();
    for name in ["sync.mp4", "sync.mkv"] {
        let path = dir.join(name);
        counted_clip(&path, 120);
        let source = Source::open(InputKind::File(file(&path)));
        let off = lip_sync(&source, 4);
        println!("{name}: sound is late by {off:.1?} ms");
        assert!(off.iter().all(|ms| ms.abs() < 20.0), "{name}: {off:?}");
    }
}

#[test]
fn a_change_of_size_in_the_middle_goes_through() {
    let (_keep, dir) = folder();
    let mut both = Vec::new();
    for (name, size) in [("a.ts", "320x180"), ("b.ts", "640x360")] {
        let part = dir.join(name);
        make_clip(
            &part,
            &format!(
                "-f lavfi -i testsrc2=size={size}:rate=25:duration=1 -c:v libx264 -g 5 -bf 0 -pix_fmt yuv420p \
                 -output_ts_offset {}",
                if name == "a.ts" { 0 } else { 1 }
            ),
        );
        both.extend(std::fs::read(&part).unwrap());
    }
    let path = dir.join("both.ts");
    std::fs::write(&path, both).unwrap();
    let source = Source::open(InputKind::File(file(&path)));
    let mut sizes = Vec::new();
    wait_until("both sizes", || {
        if let Some(size) = source.now_showing().map(|p| p.size())
            && sizes.last() != Some(&size)
        {
            sizes.push(size);
        }
        sizes.len() == 2
    });
    assert_eq!(sizes, [Size::new(320, 180), Size::new(640, 360)]);
    assert_eq!(source.control.stats().restarts, 0);
}

#[test]
fn pictures_of_any_size_are_taken_or_refused_with_a_reason() {
    let source = |width: u32, height: u32| {
        let caps = format!("video/x-raw,format=I420,width={width},height={height},framerate=30/1");
        Source::open(InputKind::Pipeline { launch: format!("videotestsrc is-live=true pattern=white ! {caps}") })
    };
    for (width, height) in [(321, 181), (2, 2), (1, 1), (17, 4096)] {
        let source = source(width, height);
        let picture = source.wait_for_picture();
        assert_eq!(picture.size(), Size::new(width, height));
        assert!(picture.plane(0).bytes[0] > 220, "{width}×{height}");
    }
    for (width, height) in [(7680, 4320), (4098, 2)] {
        let refused = |s: &InputState| matches!(s, InputState::Lost { why: InputError::TooLarge(_), .. });
        source(width, height).wait_for("TooLarge", refused);
    }
}

#[test]
fn interlaced_pictures_have_no_comb() {
    let (_keep, dir) = folder();
    let path = dir.join("comb.ts");
    // Upright bars that move 12 pixels per field: woven fields would differ from row to row.
    make_clip(
        &path,
        "-f lavfi -i color=black:size=320x240:rate=50:duration=2,format=gray,geq=lum='if(lt(mod(X+N*12\\,64)\\,32)\\,235\\,16)',\
         format=yuv420p,interlace -c:v mpeg2video -flags +ildct+ilme -top 1 -qscale:v 2",
    );
    let picture = decode_frame(path.to_str().unwrap(), Duration::from_millis(500)).unwrap();
    let plane = picture.plane(0);
    let row = |y: usize| &plane.bytes[y * plane.stride..y * plane.stride + 320];
    let differs: f64 =
        (80..160).flat_map(|y| row(y).iter().zip(row(y + 1))).map(|(a, b)| f64::from(a.abs_diff(*b))).sum();
    let differs = differs / (80.0 * 320.0);
    assert!(differs < 12.0, "rows differ by {differs:.1} on average");
}
