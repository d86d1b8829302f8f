//! The store between the overlay thread and the tick.

use super::*;
use std::sync::Arc;
use vitrine_media::{Lane, OnFull};
use vitrine_scene::raster::{BitmapId, RasterSpec};

fn bitmap(width: u32, height: u32) -> Picture {
    PicturePool::new(0).take(Size::new(width, height), PixelFormat::Rgba).freeze(ShowTime::ZERO)
}

#[test]
fn a_place_shows_its_last_bitmap_until_the_next_is_ready() {
    let store = BitmapStore::default();
    let (old, new) = (BitmapId(1), BitmapId(2));
    assert!(store.bitmap(old, 7).is_none());
    store.publish(old, 7, Ok(bitmap(16, 16)));
    let shown = store.bitmap(new, 7).unwrap();
    assert!(shown.same_bytes(&store.bitmap(old, 7).unwrap()));
    assert!(store.bitmap(new, 8).is_none(), "another place has nothing to show");
    store.publish(new, 7, Ok(bitmap(32, 32)));
    assert_eq!(store.bitmap(new, 7).unwrap().size(), Size::new(32, 32));
    let stats = store.stats();
    assert_eq!((stats.hits, stats.stand_ins, stats.misses, stats.bitmaps), (2, 1, 2, 2));
}

#[test]
fn the_least_recently_drawn_goes_first() {
    let one = 64 * 4 * 64;
    let store = BitmapStore::new(3 * one);
    for id in 0..3 {
        store.publish(BitmapId(id), id, Ok(bitmap(64, 64)));
    }
    let _ = store.bitmap(BitmapId(0), 0);
    store.publish(BitmapId(3), 3, Ok(bitmap(64, 64)));
    let kept: Vec<_> = (0..4).map(|id| store.settled(BitmapId(id), id)).collect();
    assert_eq!(kept, [true, false, true, true]);
    assert_eq!((store.stats().bytes, store.stats().evicted), (3 * one, 1));
    // One that is larger than everything still can be drawn.
    store.publish(BitmapId(9), 9, Ok(bitmap(512, 512)));
    assert!(store.bitmap(BitmapId(9), 9).is_some());
    assert_eq!(store.stats().bitmaps, 1);
}

#[test]
fn a_bitmap_is_asked_for_once_and_made_once() {
    let store = Arc::new(BitmapStore::default());
    let lane = Lane::new("tick→overlay", 8, OnFull::DropOldest);
    let mut tick = Requester::new(Arc::clone(&store), lane.clone());
    let spec = Arc::new(RasterSpec::Qr { data: "x".into(), dark: Color::BLACK, light: WHITE, quiet: 4, side_px: 64 });
    let broken = Arc::new(RasterSpec::Qr { data: "x".into(), dark: Color::BLACK, light: WHITE, quiet: 4, side_px: 3 });
    for _ in 0..10 {
        tick.want(spec.id(), 1, || Arc::clone(&spec));
        tick.want(broken.id(), 2, || Arc::clone(&broken));
        tick.end_tick();
    }
    assert_eq!(lane.stats().pushed, 2);
    let options = FontOptions { system: false, ..FontOptions::default() };
    let worker = Worker::new(Rasteriser::new(options), Arc::clone(&store), lane.clone());
    let thread = std::thread::spawn(move || worker.run());
    lane.close();
    thread.join().unwrap();
    assert!(store.bitmap(spec.id(), 1).is_some());
    assert_eq!(store.failure(broken.id()).unwrap().code(), "RASTER_QR_TOO_SMALL");
    for _ in 0..200 {
        tick.want(spec.id(), 1, || unreachable!("it is ready"));
        tick.want(broken.id(), 2, || unreachable!("it has failed"));
        tick.end_tick();
    }
}

#[test]
fn a_request_lost_in_a_full_lane_is_sent_again() {
    let lane = Lane::new("tick→overlay", 1, OnFull::DropOldest);
    let mut tick = Requester::new(Arc::new(BitmapStore::default()), lane.clone());
    let spec = Arc::new(RasterSpec::Text(text("x")));
    for _ in 0..=limits::REQUEST_AGAIN_TICKS {
        tick.want(BitmapId(1), 1, || Arc::clone(&spec));
        tick.end_tick();
    }
    assert_eq!(lane.stats().pushed, 2);
}
