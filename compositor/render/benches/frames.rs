//! Whole frames of the CPU renderer: every case at every size. `cargo bench -p vitrine-render --features bench`.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use vitrine_media::{ShowTime, Size};
use vitrine_render::Renderer;
use vitrine_render::cases::{Bench, all};
use vitrine_render::cpu::CpuRenderer;

const SIZES: [(&str, Size); 3] =
    [("720p", Size::new(1280, 720)), ("1080p", Size::new(1920, 1080)), ("4k", Size::new(3840, 2160))];

fn frames(criterion: &mut Criterion) {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    for case in all() {
        let mut group = criterion.benchmark_group(case.name());
        for (name, size) in SIZES {
            let bench = Bench::new(case, size);
            let mut first = CpuRenderer::new(threads);
            let mut second = first.beside();
            let mut lists = [bench.list(0, 0), bench.list(bench.canvases() - 1, 0)];
            let mut index = 0;
            group.throughput(Throughput::Bytes(case.bytes_per_frame(size)));
            group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
                bencher.iter(|| {
                    let pictures = bench.pictures(index);
                    let renderers = [&mut first, &mut second].into_iter().take(bench.canvases());
                    for (canvas, (renderer, list)) in renderers.zip(&mut lists).enumerate() {
                        bench.write_list(canvas, index, list);
                        black_box(renderer.draw(list, &pictures, ShowTime::ZERO).is_ok());
                    }
                    index += 1;
                });
            });
        }
        group.finish();
    }
}

criterion_group!(benches, frames);
criterion_main!(benches);
