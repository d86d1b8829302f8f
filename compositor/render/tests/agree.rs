//! The CPU renderer against the slow reference, and its instruction sets against each other, on draws from a seed.

#![allow(clippy::unwrap_used, reason = "a test ends where something is missing")]

mod reference;

use reference::random::{Album, Rng, album, list};
use reference::{Surf, render};
use vitrine_media::{Picture, ShowTime};
use vitrine_render::Renderer;
use vitrine_render::cpu::{CpuRenderer, Isa};
use vitrine_scene::draw::DrawList;

fn drawn(renderer: &mut CpuRenderer, list: &DrawList, album: &Album) -> Picture {
    renderer.draw(list, album, ShowTime::ZERO).unwrap().unwrap()
}

/// Differences by size: how many samples differ by 0, 1, 2, … from the reference.
fn differences(picture: &Picture, wanted: &Surf) -> Vec<(f64, usize, usize, usize)> {
    let mut found = Vec::new();
    for plane in 0..3 {
        let size = if plane == 0 { picture.size() } else { picture.size().chroma() };
        let bytes = picture.plane(plane);
        for y in 0..size.height as usize {
            for x in 0..size.width as usize {
                let want = wanted.planes[plane][y * wanted.stride(plane) + x];
                let got = f64::from(bytes.bytes[y * bytes.stride + x]);
                found.push(((got - want.clamp(0.0, 255.0)).abs(), plane, x, y));
            }
        }
    }
    found
}

#[test]
fn random_lists_look_as_the_reference_says() {
    let mut renderer = CpuRenderer::new(2);
    let (mut all, mut far) = (0_usize, 0_usize);
    for seed in 0..400 {
        let mut rng = Rng(seed);
        let (album, list) = (album(&mut rng), list(&mut rng));
        let picture = drawn(&mut renderer, &list, &album);
        let wanted = render(&list, &album);
        let found = differences(&picture, &wanted);
        all += found.len();
        let over: Vec<_> = found.iter().filter(|d| d.0 > 2.5).collect();
        far += over.len();
        if !over.is_empty() && std::env::var_os("VERBOSE").is_some() {
            let worst = over.iter().max_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
            eprintln!("seed {seed}: {} of {} differ, worst {worst:?}", over.len(), found.len());
        }
    }
    eprintln!("{far} of {all} samples differ by more than 2");
    assert!(far * 1000 < all, "{far} of {all} samples differ by more than 2");
}

#[test]
fn every_instruction_set_gives_the_scalar_bytes() {
    let mut scalar = CpuRenderer::with_isa(1, Isa::Scalar);
    for isa in Isa::available() {
        let mut other = CpuRenderer::with_isa(2, isa);
        for seed in 0..300 {
            let mut rng = Rng(seed);
            let (album, list) = (album(&mut rng), list(&mut rng));
            let (one, two) = (drawn(&mut scalar, &list, &album), drawn(&mut other, &list, &album));
            for plane in 0..3 {
                let size = if plane == 0 { one.size() } else { one.size().chroma() };
                for y in 0..size.height as usize {
                    let row = |p: &Picture| {
                        let plane = p.plane(plane);
                        plane.bytes[y * plane.stride..][..size.width as usize].to_vec()
                    };
                    assert_eq!(row(&one), row(&two), "{isa:?}, seed {seed}, plane {plane}, row {y}");
                }
            }
        }
    }
}

#[test]
fn single_draws() {
    if std::env::var_os("SINGLE_DRAWS").is_none() {
        eprintln!("skipped: a tool for people that prints which single draws differ; run it with SINGLE_DRAWS=1");
        return;
    }
    let mut renderer = CpuRenderer::new(1);
    for seed in 0..400 {
        let mut rng = Rng(seed);
        let (album, list) = (album(&mut rng), list(&mut rng));
        for draw in &list.draws {
            let one = DrawList { draws: vec![draw.clone()], ..list.clone() };
            let found = differences(&drawn(&mut renderer, &one, &album), &render(&one, &album));
            let over: Vec<_> = found.iter().filter(|d| d.0 > 2.5).collect();
            if let Some(worst) = over.iter().max_by(|a, b| a.0.total_cmp(&b.0)) {
                eprintln!("SEED {seed} {} {} of {} worst {worst:?} {:?}", list.canvas, over.len(), found.len(), draw);
            }
        }
    }
}
