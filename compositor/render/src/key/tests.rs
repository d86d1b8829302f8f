//! What the keyer promises, on small pictures made here.

use super::*;
use vitrine_media::{Cover, ShowTime};

/// A grey disc before a green screen whose light falls off to the right.
fn disc(size: Size) -> Picture {
    disc_at(size, 0.0)
}

/// As [`disc`], `right` pixels right of the middle.
fn disc_at(size: Size, right: f32) -> Picture {
    let pool = PicturePool::new(1);
    let mut picture = pool.take(size, PixelFormat::I420);
    let [y, cb, cr, _] = picture.planes();
    let inside = |x: usize, row: usize| {
        let (dx, dy) = (x as f32 - size.width as f32 / 2.0 - right, row as f32 - size.height as f32 / 2.0);
        dx.hypot(dy) < size.height as f32 / 3.0
    };
    let code = |x: usize, row: usize| {
        let light = 1.0 - 0.3 * x as f32 / size.width as f32;
        let rgb = if inside(x, row) { [0.7, 0.68, 0.66] } else { [0.29 * light, 0.63 * light, 0.35 * light] };
        light::ycc(rgb)
    };
    for row in 0..size.height as usize {
        for x in 0..size.width as usize {
            y.bytes[row * y.stride + x] = code(x, row)[0].round() as u8;
        }
    }
    let half = size.chroma();
    for row in 0..half.height as usize {
        for x in 0..half.width as usize {
            let c = code(2 * x, 2 * row);
            cb.bytes[row * cb.stride + x] = c[1].round() as u8;
            cr.bytes[row * cr.stride + x] = c[2].round() as u8;
        }
    }
    picture.freeze(ShowTime::ZERO)
}

fn alpha_at(picture: &Picture, x: usize, y: usize) -> u8 {
    let plane = picture.plane(3);
    plane.bytes[y * plane.stride + x]
}

#[test]
fn the_screen_goes_and_the_subject_stays_in_both_grades_and_odd_sizes() {
    for grade in [KeyGrade::Fast, KeyGrade::Fine] {
        for size in [Size::new(320, 180), Size::new(321, 181), Size::new(1282, 722)] {
            let keyed = Keyer::new().apply(&disc(size), &Key { grade, ..Key::default() });
            assert_eq!(keyed.format(), PixelFormat::A420);
            let (w, h) = (size.width as usize, size.height as usize);
            for (x, y) in [(0, 0), (w - 1, 0), (0, h - 1), (w - 1, h - 1), (w / 2, 3), (w / 8, h / 2)] {
                assert_eq!(alpha_at(&keyed, x, y), 0, "{grade:?} {size} at {x}, {y}");
            }
            for (x, y) in [(w / 2, h / 2), (w / 2 + h / 4, h / 2), (w / 2, h / 2 - h / 4)] {
                assert_eq!(alpha_at(&keyed, x, y), 255, "{grade:?} {size} at {x}, {y}");
            }
        }
    }
}

#[test]
fn every_instruction_set_gives_the_portable_bits() {
    let levels = Level::here();
    for grade in [KeyGrade::Fast, KeyGrade::Fine] {
        let key = Key { grade, shrink_px: 1.3, feather_px: 2.5, ..Key::default() };
        for size in [Size::new(333, 187), Size::new(640, 360)] {
            let picture = disc(size);
            let all: Vec<_> = levels
                .iter()
                .map(|level| {
                    let mut keyer = Keyer::with_level(*level);
                    let _ = keyer.apply(&picture, &key);
                    keyer.apply(&picture, &key)
                })
                .collect();
            for (level, keyed) in levels.iter().zip(&all).skip(1) {
                for plane in 0..4 {
                    let (row, rows) = PixelFormat::A420.plane_bytes(size, plane);
                    for y in 0..rows {
                        let [a, b] = [&all[0], keyed].map(|p| p.plane(plane)).map(|p| &p.bytes[y * p.stride..][..row]);
                        assert_eq!(a, b, "{} differs in plane {plane}, row {y}, {grade:?}", level.name());
                    }
                }
            }
        }
    }
}

#[test]
fn a_parallel_loop_in_any_order_gives_the_same_picture() {
    let backwards = |count: usize, work: &(dyn Fn(usize) + Sync)| (0..count).rev().for_each(work);
    let picture = disc(Size::new(640, 360));
    for grade in [KeyGrade::Fast, KeyGrade::Fine] {
        let key = Key { grade, ..Key::default() };
        let (a, b) = (Keyer::new().apply(&picture, &key), Keyer::new().apply_on(&picture, &key, &backwards));
        for plane in 0..4 {
            assert!(a.plane(plane).bytes == b.plane(plane).bytes, "{grade:?} plane {plane}");
        }
    }
}

#[test]
fn regions_and_views_have_the_last_word() {
    let picture = disc(Size::new(320, 180));
    let rect = |x, y, w, h| vitrine_scene::draw::Rect { x, y, w, h };
    for grade in [KeyGrade::Fast, KeyGrade::Fine] {
        let key = Key {
            grade,
            garbage: Some(rect(0.25, 0.0, 0.75, 1.0)),
            core: Some(rect(0.9, 0.9, 0.1, 0.1)),
            feather_px: 3.0,
            ..Key::default()
        };
        let keyed = Keyer::new().apply(&picture, &key);
        assert_eq!(alpha_at(&keyed, 79, 90), 0);
        assert_eq!(alpha_at(&keyed, 319, 179), 255);
        let matte = Keyer::new().apply(&picture, &Key { view: KeyView::Matte, ..key.clone() });
        assert_eq!(matte.format(), PixelFormat::I420);
        assert_eq!(matte.plane(0).bytes[90 * matte.plane(0).stride + 160], 235);
        assert_eq!(matte.plane(0).bytes[0], 16);
        let source = Keyer::new().apply(&picture, &Key { view: KeyView::Source, ..key });
        assert!(source.same_bytes(&picture));
    }
}

#[test]
fn shrink_moves_the_edge_by_as_many_pixels() {
    let picture = disc(Size::new(320, 180));
    let kept = |shrink_px| {
        let keyed = Keyer::new().apply(&picture, &Key { shrink_px, ..Key::default() });
        (0..320).map(|x| f64::from(alpha_at(&keyed, x, 90)) / 255.0).sum::<f64>()
    };
    let plain = kept(0.0);
    for shrink_px in [1.0, 2.5, 6.0, -3.0] {
        let moved = plain - kept(shrink_px);
        assert!((moved - 2.0 * f64::from(shrink_px)).abs() < 0.5, "{shrink_px}: {moved}");
    }
}

#[test]
fn a_picture_without_a_screen_is_left_alone() {
    let pool = PicturePool::new(1);
    let mut grey = pool.take(Size::new(64, 36), PixelFormat::I420);
    grey.planes().iter_mut().for_each(|p| p.bytes.fill(128));
    let grey = grey.freeze(ShowTime::ZERO);
    assert!(Keyer::new().apply(&grey, &Key::default()).same_bytes(&grey));
}

#[test]
fn hostile_numbers_and_tiny_pictures_do_no_harm() {
    for (width, height) in [(1, 1), (2, 2), (3, 1), (1, 5), (17, 9)] {
        let picture = disc(Size::new(width, height));
        for number in [f32::NAN, f32::INFINITY, -5.0, 1e30] {
            for grade in [KeyGrade::Fast, KeyGrade::Fine] {
                let rect = Some(vitrine_scene::draw::Rect { x: number, y: number, w: number, h: number });
                let key = Key {
                    screen: Screen::Color(Color { r: 75, g: 160, b: 90, a: 255 }),
                    tolerance: number,
                    softness: number,
                    spill: number,
                    shrink_px: number,
                    feather_px: number,
                    garbage: rect,
                    core: rect,
                    grade,
                    view: KeyView::Result,
                };
                assert_eq!(Keyer::new().apply(&picture, &key).size(), picture.size());
            }
        }
    }
}

#[test]
fn what_a_keyed_picture_says_of_its_alpha_is_true_in_buffers_used_again() {
    let rect = vitrine_scene::draw::Rect { x: 0.3, y: 0.0, w: 0.7, h: 1.0 };
    let plain = |grade| Key { grade, ..Key::default() };
    let keys = [
        plain(KeyGrade::Fast),
        plain(KeyGrade::Fine),
        Key { garbage: Some(rect), ..plain(KeyGrade::Fast) },
        Key { feather_px: 3.0, ..plain(KeyGrade::Fast) },
        Key { shrink_px: 1.5, ..plain(KeyGrade::Fine) },
    ];
    for size in [Size::new(640, 360), Size::new(333, 187), Size::new(1282, 100)] {
        let mut keyer = Keyer::new();
        let mut seen = [0; 3];
        let (across, rows) = Cover::tiles(size);
        for step in 0..24_u8 {
            // Mostly a plain key, and each of the others in between.
            let key = &keys[if step % 3 == 2 { usize::from(step / 3) % 5 } else { usize::from(step / 12) }];
            let keyed = keyer.apply(&disc_at(size, f32::from(step) * 9.0 - 100.0), key);
            for (row, at) in (0..rows).flat_map(|row| (0..across).map(move |at| (row, at))) {
                let what = keyed.cover(row).get(at).copied().unwrap_or_default();
                seen[what as usize] += 1;
                let tile = |plane: usize| {
                    let half = if matches!(plane, 1 | 2) { 2 } else { 1 };
                    let (width, height) = PixelFormat::A420.plane_bytes(size, plane);
                    let columns = at * 32 / half..((at + 1) * 32 / half).min(width);
                    let (plane, rows) = (keyed.plane(plane), 2 * row / half..((2 * row + 2) / half).min(height));
                    rows.flat_map(move |y| plane.bytes[y * plane.stride..][columns.clone()].to_vec())
                };
                let all = |plane: usize, code: u8| tile(plane).all(|byte| byte == code);
                let holds = match what {
                    Cover::Unknown => true,
                    Cover::Clear => all(3, 0) && all(0, 16) && all(1, 128) && all(2, 128),
                    Cover::Solid => all(3, 255),
                };
                assert!(holds, "{size}, picture {step}, tile {at} of row {row} is no {what:?}");
            }
        }
        assert!(seen.into_iter().all(|count| count > 100), "{size}: {seen:?}");
    }
}
