//! Scenes whose foreground, alpha and screen are known, because they are painted here. All light is linear.

use crate::noise::{Random, smooth};
use std::sync::LazyLock;

/// One axis of the benchmark: what is special about its pictures.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// Its name in the table.
    pub name: &'static str,
    /// The screen as R'G'B' codes.
    pub screen: [u8; 3],
    /// Fall-off of the light over the screen, 0 to 1.
    pub uneven: f32,
    /// Depth of wrinkles, 0 to 1.
    pub wrinkles: f32,
    /// Screen light reflected by the subject, as a part of the screen's.
    pub spill: f32,
    /// Noise of each R'G'B' sample, in codes (standard deviation).
    pub noise: f32,
    /// How the picture reaches the keyer.
    pub coding: Coding,
    /// Loose strands of hair.
    pub strands: usize,
    /// Length of the hand's motion blur, in 1/180 of the picture's height.
    pub blur: f32,
    /// A glass in the picture.
    pub glass: bool,
    /// Olive, lime, teal and gold goods in the picture.
    pub goods: bool,
    /// Depth of the subject's shadow on the screen, 0 to 1.
    pub shadow: f32,
}

/// What happens to the samples between camera and keyer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// 8-bit Y'CbCr 4:4:4.
    Full,
    /// 8-bit Y'CbCr 4:2:0.
    Half,
    /// As `Half`, through H.264 at 4 Mbit/s (as for 1080p30: the same bits a pixel).
    H264,
}

/// A plain studio: what the axes change.
const STUDIO: Axis = Axis {
    name: "clean-420",
    screen: [75, 160, 90],
    uneven: 0.15,
    wrinkles: 0.0,
    spill: 0.04,
    noise: 0.0,
    coding: Coding::Half,
    strands: 40,
    blur: 8.0,
    glass: false,
    goods: false,
    shadow: 0.0,
};

/// All axes, the two that the margins are promised on first.
#[must_use]
pub fn axes() -> Vec<Axis> {
    let camera = Axis { noise: 1.5, ..STUDIO };
    vec![
        Axis { name: "clean-444", coding: Coding::Full, ..STUDIO },
        Axis { name: "noisy-420", noise: 3.0, ..STUDIO },
        STUDIO,
        Axis { name: "screen-pure-green", screen: [20, 200, 40], ..camera },
        Axis { name: "screen-unsaturated", screen: [105, 150, 112], ..camera },
        Axis { name: "screen-yellowish", screen: [175, 190, 40], ..camera },
        Axis { name: "screen-blue", screen: [35, 80, 185], ..camera },
        Axis { name: "screen-dark", screen: [35, 85, 45], ..camera },
        Axis { name: "uneven", uneven: 0.5, ..camera },
        Axis { name: "wrinkles", wrinkles: 0.25, ..camera },
        Axis { name: "spill", spill: 0.14, ..camera },
        Axis { name: "h264", coding: Coding::H264, ..camera },
        Axis { name: "hair", strands: 220, ..camera },
        Axis { name: "motion-blur", blur: 30.0, ..camera },
        Axis { name: "glass", glass: true, ..camera },
        Axis { name: "greenish-goods", goods: true, ..camera },
        Axis { name: "shadow", shadow: 0.35, ..camera },
    ]
}

/// A painted scene.
#[derive(Clone, Debug)]
pub struct Truth {
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// The subject's light without spill, straight.
    pub subject: Vec<[f32; 3]>,
    /// Its coverage.
    pub alpha: Vec<f32>,
    /// What the camera's lens sees.
    pub seen: Vec<[f32; 3]>,
    /// The screen's mean colour as R'G'B', as a person would pick it.
    pub picked: [f32; 3],
}

/// BT.709's curve, for light up to 1 from a table: it is asked a million times for each figure.
pub(crate) fn encode(light: f32) -> f32 {
    static TABLE: LazyLock<Vec<f32>> = LazyLock::new(|| table(|light| 1.099 * light.powf(0.45) - 0.099));
    let light = light.max(0.0);
    if light < 0.018 { 4.5 * light } else { look_up(&TABLE, light) }
}

/// Its inverse.
pub(crate) fn decode(code: f32) -> f32 {
    static TABLE: LazyLock<Vec<f32>> = LazyLock::new(|| table(|code| ((code + 0.099) / 1.099).powf(1.0 / 0.45)));
    let code = code.max(0.0);
    if code < 0.081 { code / 4.5 } else { look_up(&TABLE, code) }
}

/// Steps of a table; between them the curves are straight to within 2 parts in a million.
const STEPS: usize = 8192;
/// Most that a table knows: spill and noise go a little beyond 1.
const MOST: f32 = 2.0;

fn table(of: fn(f32) -> f32) -> Vec<f32> {
    (0..=STEPS + 1).map(|step| of(step as f32 * MOST / STEPS as f32)).collect()
}

fn look_up(table: &[f32], at: f32) -> f32 {
    let place = at.min(MOST) * (STEPS as f32 / MOST);
    let step = place as usize;
    let (low, high) = (table[step], table[step + 1]);
    low + (high - low) * (place - step as f32)
}

fn codes(rgb: [u8; 3]) -> [f32; 3] {
    rgb.map(|c| decode(f32::from(c) / 255.0))
}

/// A layer that is painted on: light times coverage, and coverage.
struct Canvas {
    width: usize,
    height: usize,
    light: Vec<[f32; 3]>,
    alpha: Vec<f32>,
}

impl Canvas {
    /// Paints `colour(x, y)` with `cover(x, y)` over everything within the box.
    fn paint(&mut self, area: [f32; 4], cover: impl Fn(f32, f32) -> f32, colour: impl Fn(f32, f32) -> [f32; 3]) {
        let limit = |v: f32, max: usize| v.clamp(0.0, max as f32) as usize;
        for y in limit(area[1], self.height)..limit(area[3].ceil(), self.height) {
            for x in limit(area[0], self.width)..limit(area[2].ceil(), self.width) {
                let (px, py) = (x as f32 + 0.5, y as f32 + 0.5);
                let a = cover(px, py).clamp(0.0, 1.0);
                if a > 0.0 {
                    let at = y * self.width + x;
                    let over = colour(px, py);
                    self.light[at] = std::array::from_fn(|c| self.light[at][c] * (1.0 - a) + over[c] * a);
                    self.alpha[at] += (1.0 - self.alpha[at]) * a;
                }
            }
        }
    }

    fn ellipse(&mut self, [cx, cy, rx, ry]: [f32; 4], strength: f32, colour: impl Fn(f32, f32) -> [f32; 3]) {
        let area = [cx - rx - 1.0, cy - ry - 1.0, cx + rx + 2.0, cy + ry + 2.0];
        let cover = |x: f32, y: f32| {
            let (dx, dy) = ((x - cx) / rx, (y - cy) / ry);
            strength * (0.5 + (1.0 - dx.hypot(dy)) * rx.min(ry)).clamp(0.0, 1.0)
        };
        self.paint(area, cover, colour);
    }

    fn card(&mut self, [x0, y0, x1, y1]: [f32; 4], radius: f32, strength: f32, colour: impl Fn(f32, f32) -> [f32; 3]) {
        let cover = |x: f32, y: f32| {
            let dx = ((x0 + x1) * 0.5 - x).abs() - (x1 - x0) * 0.5 + radius;
            let dy = ((y0 + y1) * 0.5 - y).abs() - (y1 - y0) * 0.5 + radius;
            let outside = dx.max(0.0).hypot(dy.max(0.0)) + dx.max(dy).min(0.0) - radius;
            strength * (0.5 - outside).clamp(0.0, 1.0)
        };
        self.paint([x0 - 1.0, y0 - 1.0, x1 + 1.0, y1 + 1.0], cover, colour);
    }

    /// A strand: a quadratic curve of the given half width.
    fn strand(&mut self, points: [[f32; 2]; 3], half: f32, colour: [f32; 3]) {
        let at = |t: f32| {
            let [a, b, c] = points;
            let mix = |i: usize| a[i] * (1.0 - t) * (1.0 - t) + 2.0 * b[i] * t * (1.0 - t) + c[i] * t * t;
            [mix(0), mix(1)]
        };
        let line: Vec<_> = (0..=16_u8).map(|s| at(f32::from(s) / 16.0)).collect();
        let bound = |i: usize, least: bool| {
            let values = line.iter().map(|p| p[i]);
            if least { values.fold(f32::MAX, f32::min) - 1.5 } else { values.fold(f32::MIN, f32::max) + 1.5 }
        };
        let area = [bound(0, true), bound(1, true), bound(0, false), bound(1, false)];
        let distance = |x: f32, y: f32| {
            line.windows(2).fold(f32::MAX, |least, w| {
                let (dx, dy) = (w[1][0] - w[0][0], w[1][1] - w[0][1]);
                let t = (((x - w[0][0]) * dx + (y - w[0][1]) * dy) / (dx * dx + dy * dy).max(1e-6)).clamp(0.0, 1.0);
                least.min((x - w[0][0] - t * dx).hypot(y - w[0][1] - t * dy))
            })
        };
        // A strand thinner than a pixel covers its width's part of it.
        self.paint(area, |x, y| (half + 0.5 - distance(x, y)).clamp(0.0, (2.0 * half).min(1.0)), |_, _| colour);
    }
}

/// Paints the scene of `axis` that belongs to `seed`.
#[must_use]
pub fn paint(axis: &Axis, seed: u64, width: usize, height: usize) -> Truth {
    let mut random = Random::new(seed);
    let mut canvas = Canvas { width, height, light: vec![[0.0; 3]; width * height], alpha: vec![0.0; width * height] };
    let place = (random.between(0.36, 0.56) * width as f32, random.between(0.40, 0.46) * height as f32);
    person(&mut canvas, axis, &mut random, place);
    if axis.goods {
        goods(&mut canvas, &mut random);
    }
    if axis.glass {
        let (w, h) = (width as f32, height as f32);
        let card = [0.78 * w, 0.35 * h, 0.92 * w, 0.8 * h];
        canvas.card(card, 0.05 * h, random.between(0.35, 0.6), |_, _| codes([200, 205, 210]));
        canvas.card([0.82 * w, 0.38 * h, 0.835 * w, 0.75 * h], 1.0, 0.8, |_, _| codes([245, 245, 245]));
    }
    finish(axis, seed, &canvas, place)
}

fn person(canvas: &mut Canvas, axis: &Axis, random: &mut Random, (cx, cy): (f32, f32)) {
    let h = canvas.height as f32;
    let shirts = [[40, 45, 80], [225, 225, 220], [150, 35, 45], [95, 95, 100], [60, 40, 70], [210, 170, 150]];
    let skins = [[224, 172, 140], [150, 100, 75], [240, 200, 175], [95, 62, 48]];
    let hairs = [[30, 24, 22], [120, 80, 45], [190, 160, 110], [150, 150, 150]];
    let mut pick = |list: &[[u8; 3]]| codes(list[(random.unit() * list.len() as f32) as usize % list.len()]);
    let (shirt, skin, hair) = (pick(&shirts), pick(&skins), pick(&hairs));
    let round = move |base: [f32; 3]| move |x: f32, _: f32| base.map(|c| c * (1.0 - 0.35 * ((x - cx) / h + 0.15)));
    let fold = move |x: f32, y: f32| shirt.map(|c| c * (1.0 + 0.25 * smooth(5, x * 9.0 / h, y * 5.0 / h)));
    canvas.ellipse([cx, cy - 0.04 * h, 0.155 * h, 0.2 * h], 1.0, round(hair));
    canvas.card([cx - 0.06 * h, cy + 0.1 * h, cx + 0.06 * h, cy + 0.36 * h], 0.03 * h, 1.0, round(skin));
    canvas.ellipse([cx, 1.08 * h, 0.44 * h, 0.42 * h], 1.0, fold);
    canvas.ellipse([cx, cy, 0.125 * h, 0.175 * h], 1.0, round(skin));
    for side in [-1.0, 1.0] {
        canvas.ellipse([cx + side * 0.05 * h, cy - 0.02 * h, 0.018 * h, 0.012 * h], 1.0, |_, _| codes([40, 35, 35]));
    }
    canvas.ellipse([cx, cy + 0.09 * h, 0.035 * h, 0.01 * h], 1.0, |_, _| codes([160, 70, 70]));
    let mut random = random.clone();
    for _ in 0..axis.strands {
        let angle = random.between(-2.9, -0.25);
        let (dx, dy) = (angle.cos(), angle.sin());
        let start = [cx + dx * 0.14 * h, cy - 0.04 * h + dy * 0.18 * h];
        let reach = random.between(0.05, 0.16) * h;
        let bend = random.between(-0.6, 0.6) * reach;
        let middle = [start[0] + dx * reach * 0.5 - dy * bend, start[1] + dy * reach * 0.5 + dx * bend];
        let end = [start[0] + dx * reach, start[1] + dy * reach + 0.3 * reach];
        let shade = random.between(0.7, 1.6);
        canvas.strand([start, middle, end], random.between(0.2, 0.5), hair.map(|c| (c * shade).min(1.0)));
    }
    // A hand that moves: the mean of its places while the shutter is open.
    let (hx, hy, length) = (cx + 0.48 * h, cy + 0.2 * h, axis.blur / 180.0 * h);
    let steps = 24_u8;
    let cover = |x: f32, y: f32| {
        let at = |step: u8| {
            let moved = (f32::from(step) / f32::from(steps) - 0.5) * length;
            let (dx, dy) = ((x - hx - moved) / (0.05 * h), (y - hy + 0.4 * moved) / (0.07 * h));
            (0.5 + (1.0 - dx.hypot(dy)) * 0.05 * h).clamp(0.0, 1.0)
        };
        (0..=steps).map(at).sum::<f32>() / f32::from(steps + 1)
    };
    let reach = 0.08 * h + length;
    canvas.paint([hx - reach, hy - reach, hx + reach, hy + reach], cover, |_, _| skin);
}

fn goods(canvas: &mut Canvas, random: &mut Random) {
    let (w, h) = (canvas.width as f32, canvas.height as f32);
    let colours = [[107, 112, 50], [160, 190, 70], [40, 125, 125], [200, 165, 60]];
    for (at, colour) in colours.into_iter().enumerate() {
        let x = (0.03 + 0.07 * at as f32 + if at > 1 { 0.66 } else { 0.0 }) * w + random.between(0.0, 0.02 * w);
        let top = random.between(0.45, 0.6) * h;
        let shine =
            move |px: f32, _: f32| codes(colour).map(|c| c * (1.15 - 0.5 * ((px - x) / (0.05 * w) - 0.4).abs()));
        canvas.card([x, top, x + 0.05 * w, 0.93 * h], 0.015 * h, 1.0, shine);
    }
}

/// Screen, spill and shadow, and all of it before the lens.
fn finish(axis: &Axis, seed: u64, canvas: &Canvas, (cx, cy): (f32, f32)) -> Truth {
    let (width, height) = (canvas.width, canvas.height);
    let (w, h) = (width as f32, height as f32);
    let base = codes(axis.screen);
    let near = blurred(&canvas.alpha, width, height, height / 20);
    let mut truth = Truth {
        width,
        height,
        subject: vec![[0.0; 3]; width * height],
        alpha: canvas.alpha.clone(),
        seen: vec![[0.0; 3]; width * height],
        picked: [0.0; 3],
    };
    let (mut sum, mut count) = ([0.0; 3], 0.0);
    let lean = if seed.is_multiple_of(2) { 1.0 } else { -1.0 };
    for (at, near) in near.into_iter().enumerate() {
        let (x, y) = ((at % width) as f32, (at / width) as f32);
        let (dx, dy) = (x / w - 0.5 + 0.15 * lean, y / h - 0.4);
        let mut level = 1.0 + axis.uneven * (0.35 - 1.5 * (dx * dx + dy * dy) + 0.5 * lean * dx);
        let crease = smooth(seed + 9, (x + 0.35 * y) * 14.0 / h, y * 3.0 / h);
        level *= 1.0 + axis.wrinkles * crease;
        let (sx, sy) = ((x - cx - 0.25 * h) / (0.3 * h), (y - cy - 0.25 * h) / (0.5 * h));
        level *= 1.0 - axis.shadow * ((1.15 - sx.hypot(sy)) * 3.0).clamp(0.0, 1.0);
        let screen = base.map(|c| c * level.max(0.05));
        let a = canvas.alpha[at];
        let spill = axis.spill * (0.4 + 1.2 * (1.0 - near));
        for (c, screen) in screen.into_iter().enumerate() {
            truth.subject[at][c] = if a > 0.0 { canvas.light[at][c] / a } else { 0.0 };
            truth.seen[at][c] = canvas.light[at][c] + a * spill * screen + (1.0 - a) * screen;
        }
        if a == 0.0 {
            (0..3).for_each(|c| sum[c] += encode(screen[c]));
            count += 1.0;
        }
    }
    truth.picked = sum.map(|s: f32| s / count);
    truth
}

/// Mean over a square of the given radius.
pub(crate) fn blurred(from: &[f32], width: usize, height: usize, radius: usize) -> Vec<f32> {
    let line = |get: &dyn Fn(usize) -> f32, length: usize| -> Vec<f32> {
        let at = |i: isize| get(i.clamp(0, length as isize - 1) as usize);
        let r = radius as isize;
        let mut sum: f32 = (-r..=r).map(at).sum();
        (0..length as isize)
            .map(|i| {
                let mean = sum / (2 * r + 1) as f32;
                sum += at(i + r + 1) - at(i - r);
                mean
            })
            .collect()
    };
    let mut across = vec![0.0; from.len()];
    for y in 0..height {
        across[y * width..(y + 1) * width].copy_from_slice(&line(&|x| from[y * width + x], width));
    }
    let mut out = vec![0.0; from.len()];
    for x in 0..width {
        for (y, value) in line(&|y| across[y * width + x], height).into_iter().enumerate() {
            out[y * width + x] = value;
        }
    }
    out
}
