//! The GPU renderer against the slow reference and against the CPU renderer, on draws from a seed.

#[allow(dead_code, unreachable_pub, reason = "shared with the CPU renderer's test, which uses more of it")]
mod reference;

use reference::random::{Rng, album, list};
use reference::render;
use vitrine_media::{Picture, ShowTime};
use vitrine_render::cpu::CpuRenderer;
use vitrine_render::gpu::{GpuOptions, GpuRenderer};
use vitrine_render::{RenderError, Renderer};

const SCENES: u64 = 500;

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
    let (mut all, mut from_reference, mut from_cpu) = (0_usize, 0_usize, 0_usize);
    for seed in 0..SCENES {
        let mut rng = Rng(seed);
        let (album, list) = (album(&mut rng), list(&mut rng));
        let early = gpu.draw(&list, &album, ShowTime::ZERO).unwrap();
        let got = gpu.flush().unwrap().pop().or(early).unwrap();
        let other = samples(&cpu.draw(&list, &album, ShowTime::ZERO).unwrap().unwrap());
        let wanted = render(&list, &album);
        let mut worst = (0.0, 0, 0, 0);
        let mut here = 0;
        for ((plane, x, y, sample), (.., cpu_sample)) in samples(&got).into_iter().zip(other) {
            let want = wanted.planes[plane][y * wanted.stride(plane) + x].clamp(0.0, 255.0);
            let off = (f64::from(sample) - want).abs();
            all += 1;
            here += usize::from(off > 1.5);
            from_cpu += usize::from(sample.abs_diff(cpu_sample) > 2);
            if off > worst.0 {
                worst = (off, plane, x, y);
            }
        }
        from_reference += here;
        if here > 0 && std::env::var_os("VERBOSE").is_some() {
            eprintln!("seed {seed}: {here} differ, worst {worst:?} on {}", list.canvas);
        }
    }
    eprintln!(
        "of {all} samples, {from_reference} are more than 1.5 from the reference, {from_cpu} more than 2 from the CPU"
    );
    assert!(from_reference * 2000 < all, "{from_reference} of {all} differ from the reference");
    assert!(from_cpu * 1000 < all, "{from_cpu} of {all} differ from the CPU renderer");
}
