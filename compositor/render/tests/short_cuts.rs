//! What the CPU renderer does in one step where it can: byte for byte what the plain formula says.

#![allow(clippy::unwrap_used, reason = "a test ends where something is missing")]

mod reference;

use reference::random::{Album, Rng, picture};
use vitrine_media::{Cover, InputId, Picture, PicturePool, PixelFormat, ShowTime, Size};
use vitrine_render::Renderer;
use vitrine_render::cpu::{CpuRenderer, Isa};
use vitrine_render::key::Keyer;
use vitrine_scene::draw::{Color, Draw, DrawList, Rect, Source};
use vitrine_scene::grade::{Key, KeyGrade};

fn source(name: &str) -> Source {
    Source::Input { id: InputId::new(name).unwrap(), grade: Default::default() }
}

fn over(size: Size, opacity: f32) -> DrawList {
    let all = Rect { x: 0.0, y: 0.0, w: size.width as f32, h: size.height as f32 };
    let upper = Draw { opacity, ..Draw::new(source("upper"), all) };
    DrawList { canvas: size, background: Color::BLACK, draws: vec![Draw::new(source("under"), all), upper] }
}

/// `under·(1 − part) + over·part`, to the nearest.
fn mix(under: u8, over: u8, part: u8) -> u8 {
    let sum = u32::from(under) * u32::from(255 - part) + u32::from(over) * u32::from(part);
    u8::try_from((2 * sum + 255) / 510).unwrap()
}

fn samples(picture: &Picture, plane: usize) -> Vec<&[u8]> {
    let (row, rows) = PixelFormat::A420.plane_bytes(picture.size(), plane);
    let plane = picture.plane(plane);
    (0..rows).map(|y| &plane.bytes[y * plane.stride..][..row]).collect()
}

fn each_isa(list: &DrawList, album: &Album, check: impl Fn(&Picture)) {
    for isa in Isa::available() {
        let mut renderer = CpuRenderer::with_isa(2, isa);
        check(&renderer.draw(list, album, ShowTime::ZERO).unwrap().unwrap());
    }
}

#[test]
fn a_cross_fade_is_the_mix_of_both_pictures() {
    let mut rng = Rng(11);
    for size in [Size::new(2, 2), Size::new(66, 34), Size::new(322, 182)] {
        let mut album = Album::default();
        for name in ["under", "upper"] {
            album.inputs.insert(name.to_owned(), picture(&mut rng, size, PixelFormat::I420));
        }
        for level in [1_u8, 77, 128, 254] {
            each_isa(&over(size, f32::from(level) / 255.0), &album, |drawn| {
                for plane in 0..3 {
                    let [under, upper] = ["under", "upper"].map(|name| samples(&album.inputs[name], plane));
                    for ((drawn, under), upper) in samples(drawn, plane).iter().zip(under).zip(upper) {
                        let wanted: Vec<u8> = under.iter().zip(upper).map(|(u, o)| mix(*u, *o, level)).collect();
                        assert_eq!(**drawn, wanted, "{size}, level {level}, plane {plane}");
                    }
                }
            });
        }
    }
}

#[test]
fn a_cross_fade_goes_on_around_a_box_that_hides_a_part_of_it() {
    let mut rng = Rng(15);
    let size = Size::new(66, 34);
    let mut album = Album::default();
    for name in ["under", "upper"] {
        album.inputs.insert(name.to_owned(), picture(&mut rng, size, PixelFormat::I420));
    }
    let mut list = over(size, 77.0 / 255.0);
    let box_rect = Rect { x: 16.0, y: 8.0, w: 24.0, h: 12.0 };
    list.draws.push(Draw::new(Source::Solid(Color::BLACK), box_rect));
    each_isa(&list, &album, |drawn| {
        for (plane, (shrink, black)) in [(1, 16), (2, 128), (2, 128)].into_iter().enumerate() {
            let [under, upper] = ["under", "upper"].map(|name| samples(&album.inputs[name], plane));
            for (y, row) in samples(drawn, plane).iter().enumerate() {
                for (x, sample) in row.iter().enumerate() {
                    let hidden = (16..40).contains(&(x * shrink)) && (8..20).contains(&(y * shrink));
                    let wanted = if hidden { black } else { mix(under[y][x], upper[y][x], 77) };
                    assert_eq!(*sample, wanted, "plane {plane}, {x}, {y}");
                }
            }
        }
    });
}

#[test]
fn clear_and_solid_stretches_of_a_key_are_what_mixing_makes_of_them() {
    let mut rng = Rng(12);
    for size in [Size::new(34, 6), Size::new(200, 30), Size::new(450, 62)] {
        let pool = PicturePool::new(0);
        let mut upper = pool.take(size, PixelFormat::A420);
        let colours = picture(&mut rng, size, PixelFormat::A420);
        for (index, plane) in upper.planes().into_iter().enumerate() {
            plane.bytes.copy_from_slice(colours.plane(index).bytes);
            if index == 3 {
                // Stretches of every kind, of lengths that fit no register.
                for row in plane.bytes.chunks_mut(plane.stride) {
                    let mut x = 0;
                    while x < row.len() {
                        let end = (x + 1 + rng.below(90) as usize).min(row.len());
                        match rng.below(3) {
                            0 => row[x..end].fill(0),
                            1 => row[x..end].fill(255),
                            _ => {}
                        }
                        x = end;
                    }
                }
            }
        }
        let mut album = Album::default();
        album.inputs.insert("under".to_owned(), picture(&mut rng, size, PixelFormat::I420));
        album.inputs.insert("upper".to_owned(), upper.freeze(ShowTime::ZERO));
        each_isa(&over(size, 1.0), &album, |drawn| {
            let (under, upper) = (&album.inputs["under"], &album.inputs["upper"]);
            let alpha = samples(upper, 3);
            for plane in 0..3 {
                let rows = samples(drawn, plane).into_iter().zip(samples(under, plane)).zip(samples(upper, plane));
                for (y, ((drawn, under), upper)) in rows.enumerate() {
                    for (x, drawn) in drawn.iter().enumerate() {
                        let part = if plane == 0 {
                            alpha[y][x]
                        } else {
                            let at = |dx: usize, dy: usize| u32::from(alpha[2 * y + dy][2 * x + dx]);
                            u8::try_from((at(0, 0) + at(1, 0) + at(0, 1) + at(1, 1) + 2) / 4).unwrap()
                        };
                        assert_eq!(*drawn, mix(under[x], upper[x], part), "{size}, plane {plane}, {x}, {y}");
                    }
                }
            }
        });
    }
}

#[test]
fn what_is_known_of_the_alpha_changes_nothing() {
    let mut rng = Rng(13);
    for size in [Size::new(450, 62), Size::new(640, 90)] {
        let pool = PicturePool::new(1);
        let mut green = pool.take(size, PixelFormat::I420);
        let subject = picture(&mut rng, size, PixelFormat::I420);
        for ((index, plane), code) in green.planes().into_iter().enumerate().zip([150, 54, 44]) {
            let shrink = if index == 0 { 1 } else { 2 };
            let width = size.width as usize / shrink;
            for (to, from) in plane.bytes.chunks_mut(plane.stride).zip(subject.plane(index).bytes.chunks(plane.stride))
            {
                to.fill(code);
                to[width / 3..width / 2].copy_from_slice(&from[width / 3..width / 2]);
            }
        }
        let key = Key { grade: KeyGrade::Fast, ..Key::default() };
        let keyed = Keyer::new().apply(&green.freeze(ShowTime::ZERO), &key);
        assert!(keyed.cover(0).contains(&Cover::Clear), "{size}: {:?}", keyed.cover(0));
        let mut copy = pool.take(size, PixelFormat::A420);
        for (index, plane) in copy.planes().into_iter().enumerate() {
            plane.bytes.copy_from_slice(keyed.plane(index).bytes);
        }
        let mut album = Album::default();
        album.inputs.insert("under".to_owned(), picture(&mut rng, size, PixelFormat::I420));
        album.inputs.insert("upper".to_owned(), keyed);
        let mut plain = Album::default();
        plain.inputs.insert("under".to_owned(), album.inputs["under"].clone());
        plain.inputs.insert("upper".to_owned(), copy.freeze(ShowTime::ZERO));
        let wanted = CpuRenderer::new(1).draw(&over(size, 1.0), &plain, ShowTime::ZERO).unwrap().unwrap();
        each_isa(&over(size, 1.0), &album, |drawn| {
            for plane in 0..3 {
                assert_eq!(samples(drawn, plane), samples(&wanted, plane), "{size}, plane {plane}");
            }
        });
    }
}
