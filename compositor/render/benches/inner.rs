//! The inner loops on every instruction set, and the keyer's grades on 1080p pictures: `./dev bench inner`.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use vitrine_media::Size;
use vitrine_render::cases::{Bench, Case};
use vitrine_render::cpu::loops;
use vitrine_render::key::{Keyer, Level};
use vitrine_scene::grade::{Key, KeyGrade};

fn inner(criterion: &mut Criterion) {
    for mut one in loops() {
        let mut group = criterion.benchmark_group(one.name);
        group.throughput(Throughput::Elements(one.samples()));
        group.bench_function(BenchmarkId::from_parameter(one.isa.name()), |bencher| bencher.iter(|| one.run()));
        group.finish();
    }
}

/// On one thread.
fn key(criterion: &mut Criterion) {
    let bench = Bench::new(Case::Key, Size::new(1920, 1080));
    for (name, grade) in [("key fast", KeyGrade::Fast), ("key fine", KeyGrade::Fine)] {
        let key = Key { grade, ..Key::default() };
        let mut group = criterion.benchmark_group(name);
        for level in Level::here() {
            let mut keyer = Keyer::with_level(level);
            let mut index = 0;
            group.bench_function(BenchmarkId::from_parameter(level.name()), |bencher| {
                bencher.iter(|| {
                    index += 1;
                    bench.camera(1, index).map(|picture| black_box(keyer.apply(picture, &key)))
                });
            });
        }
        group.finish();
    }
}

criterion_group!(benches, inner, key);
criterion_main!(benches);
