//! The GPU renderer against the slow reference and against the CPU renderer, on draws from a seed.

#![allow(clippy::panic, reason = "a test says what went wrong by failing")]

mod reference;

use reference::random::{Rng, album, list};
use reference::render;
use vitrine_media::{Picture, ShowTime};
use vitrine_render::cpu::CpuRenderer;
use vitrine_render::gpu::{GpuOptions, GpuRenderer};
use vitrine_render::{RenderError, Renderer};

const SCENES: u64 = 500;
/// The reference takes most of the time; what it says about the first it says about all.
const REFERENCE_SCENES: u64 = 120;

fn gpu() -> Option<GpuRenderer> {
    let options = GpuOptions { software: true, ..GpuOptions::default() };
    match GpuRenderer::new(&options) {
        Ok(renderer) => {
            println!("drawn by {}", renderer.info().adapter);
            Some(renderer)
        }
        Err(error @ RenderError::NoAdapter { .. }) => {
            println!("skipped: {error}");
            None
        }
        Err(error) => panic!("there is an adapter, and yet: {error}"),
    }
}

/// All samples of a picture, plane by plane, without padding.
fn samples(picture: &Picture) -> Vec<(usize, usize, usize, u8)> {
    let mut all = Vec::new();
    for plane in 0..3 {
        let size = if plane == 0 { picture.size() } else { picture.size().chroma() };
        let bytes = picture.plane(plane);
        for y in 0..size.height as usize {
            for x in 0..size.width as usize {
                all.push((plane, x, y, bytes.bytes[y * bytes.stride + x]));
            }
        }
    }
    all
}

#[test]
fn random_lists_look_as_the_reference_and_the_cpu_say() {
    let Some(mut gpu) = gpu() else { return };
    let mut cpu = CpuRenderer::new(2);
    let (mut all, mut from_cpu, mut compared, mut from_reference) = (0_usize, 0_usize, 0_usize, 0_usize);
    for seed in 0..SCENES {
        let mut rng = Rng(seed);
        let (album, list) = (album(&mut rng), list(&mut rng));
        let early = gpu.draw(&list, &album, ShowTime::ZERO).unwrap();
        let got = gpu.flush().unwrap().pop().or(early).unwrap();
        let other = samples(&cpu.draw(&list, &album, ShowTime::ZERO).unwrap().unwrap());
        let wanted = (seed < REFERENCE_SCENES).then(|| render(&list, &album));
        for ((plane, x, y, sample), (.., cpu_sample)) in samples(&got).into_iter().zip(other) {
            all += 1;
            from_cpu += usize::from(sample.abs_diff(cpu_sample) > 2);
            let Some(wanted) = &wanted else { continue };
            let want = wanted.planes[plane][y * wanted.stride(plane) + x].clamp(0.0, 255.0);
            compared += 1;
            from_reference += usize::from((f64::from(sample) - want).abs() > 1.5);
        }
    }
    println!("{from_reference} of {compared} samples are more than 1.5 from the reference");
    println!("{from_cpu} of {all} samples are more than 2 from the CPU renderer");
    assert!(from_reference * 1000 < compared, "{from_reference} of {compared} differ from the reference");
    assert!(from_cpu * 1000 < all, "{from_cpu} of {all} differ from the CPU renderer");
}
