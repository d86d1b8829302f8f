//! How cost grows as the work grows: time of a frame against layers, sizes and cores, drawn to an SVG file.

use super::chart::{Chart, Line, svg};
use super::pace::{Runner, Work};
use super::render::ours;
use anyhow::Context;
use std::path::Path;
use std::time::Duration;
use vitrine_media::Size;
use vitrine_render::cases::{Bench, Case, all};
use vitrine_scene::grade::{Key, KeyGrade};

/// Layers that are laid over one camera.
const LAYERS: [u32; 7] = [1, 2, 4, 8, 16, 32, 64];
/// Canvas sizes by their names.
const SIZES: [(&str, Size); 6] = [
    ("360p", Size::new(640, 360)),
    ("540p", Size::new(960, 540)),
    ("720p", Size::new(1280, 720)),
    ("1080p", Size::new(1920, 1080)),
    ("1440p", Size::new(2560, 1440)),
    ("4K", Size::new(3840, 2160)),
];
const FULL_HD: Size = Size::new(1920, 1080);
/// Length of each point's runs: many points, so short ones.
const RUN: Duration = Duration::from_millis(80);

/// Measures, and writes the file.
pub(super) fn plot(path: &Path, cores: usize) -> anyhow::Result<()> {
    let charts = [layers(cores), sizes(cores), by_cores(cores)];
    let foot = format!("vitrine bench render --plot; CPU renderer, {cores} cores; both axes logarithmic");
    std::fs::write(path, svg(&charts, &foot)).with_context(|| format!("can't write {}", path.display()))?;
    eprintln!("wrote {}", path.display());
    Ok(())
}

/// Milliseconds of one frame.
fn time(bench: &Bench, threads: usize) -> f64 {
    let mut renderers = ours(threads, bench.canvases());
    1000.0 / Runner::new(&mut renderers, &Work::Case(bench)).pace(RUN).fps
}

/// Every case, keys in both grades. What is handed on untouched costs nothing that could be plotted.
fn cases() -> Vec<(String, Case, Option<KeyGrade>)> {
    let plain = all().into_iter().filter(|case| !matches!(case, Case::Pass | Case::Key));
    let keys = [("key-fast", KeyGrade::Fast), ("key-fine", KeyGrade::Fine)];
    let keys = keys.map(|(name, grade)| (name.to_owned(), Case::Key, Some(grade)));
    plain.map(|case| (case.name().to_owned(), case, None)).chain(keys).collect()
}

fn made(case: Case, size: Size, grade: Option<KeyGrade>) -> Bench {
    let bench = Bench::new(case, size);
    match grade {
        Some(grade) => bench.with_key(Key { grade, ..Key::default() }),
        None => bench,
    }
}

fn layers(cores: usize) -> Chart {
    let line = |threads: usize| {
        eprintln!("layers, {}", plural(threads));
        let at = |layers: u32| {
            let bench = Bench::new(Case::Cards, FULL_HD).with_cards(layers as usize);
            (f64::from(layers), time(&bench, threads))
        };
        Line { name: plural(threads), points: LAYERS.map(at).to_vec() }
    };
    Chart {
        title: "1080p: one camera under cards with alpha, in motion".to_owned(),
        across: "cards (each a quarter by an eighth of the canvas)".to_owned(),
        up: "ms per frame".to_owned(),
        marks: LAYERS.map(|layers| (f64::from(layers), layers.to_string())).to_vec(),
        lines: threads(cores).into_iter().map(line).collect(),
    }
}

fn sizes(cores: usize) -> Chart {
    #[allow(clippy::cast_precision_loss, reason = "pixels of a canvas")]
    let megapixels = |size: Size| size.pixels() as f64 / 1e6;
    let line = |(name, case, grade): (String, Case, Option<KeyGrade>)| {
        eprintln!("sizes, {name}");
        let points = SIZES.map(|(_, size)| (megapixels(size), time(&made(case, size, grade), cores)));
        Line { name, points: points.to_vec() }
    };
    Chart {
        title: format!("Canvas size, {}", plural(cores)),
        across: "canvas".to_owned(),
        up: "ms per frame".to_owned(),
        marks: SIZES.map(|(name, size)| (megapixels(size), name.to_owned())).to_vec(),
        lines: cases().into_iter().map(line).collect(),
    }
}

fn by_cores(cores: usize) -> Chart {
    let count = |threads: usize| f64::from(u32::try_from(threads).unwrap_or(u32::MAX));
    let line = |(name, case, grade): (String, Case, Option<KeyGrade>)| {
        eprintln!("cores, {name}");
        let bench = made(case, FULL_HD, grade);
        let points = threads(cores).into_iter().map(|threads| (count(threads), time(&bench, threads)));
        Line { points: points.collect(), name }
    };
    Chart {
        title: "1080p by cores".to_owned(),
        across: "threads that draw".to_owned(),
        up: "ms per frame".to_owned(),
        marks: threads(cores).into_iter().map(|threads| (count(threads), plural(threads))).collect(),
        lines: cases().into_iter().map(line).collect(),
    }
}

/// One thread, two, and so on in doubles up to the machine's.
fn threads(cores: usize) -> Vec<usize> {
    let mut all: Vec<usize> = std::iter::successors(Some(1), |n| Some(n * 2)).take_while(|n| *n < cores).collect();
    all.push(cores);
    all
}

fn plural(threads: usize) -> String {
    if threads == 1 { "1 core".to_owned() } else { format!("{threads} cores") }
}
