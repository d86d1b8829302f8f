//! A slow, plain renderer in `f64`: what a draw list means, pixel by pixel. Renderers are compared with it.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::too_many_lines,
    reason = "shared by several test programs, each of which uses a part; a reference reads best in one piece"
)]

pub mod random;

use vitrine_media::{Picture, PixelFormat, Size};
use vitrine_render::Pictures;
use vitrine_scene::draw::{Blend, Color, Draw, DrawList, Rect, Scaling, Source};

/// Premultiplied Y', Cb, Cr (0 to 255) and alpha (0 to 1) at both sizes.
#[derive(Clone)]
pub struct Surf {
    pub w: usize,
    pub h: usize,
    pub planes: [Vec<f64>; 5],
}

impl Surf {
    fn clear(w: usize, h: usize) -> Self {
        let (even_w, even_h) = (w.next_multiple_of(2), h.next_multiple_of(2));
        let full = vec![0.0; even_w * even_h];
        let half = vec![0.0; even_w * even_h / 4];
        Self { w, h, planes: [full.clone(), half.clone(), half.clone(), full, half] }
    }

    pub fn stride(&self, plane: usize) -> usize {
        if matches!(plane, 0 | 3) { self.w.next_multiple_of(2) } else { self.w.div_ceil(2) }
    }

    fn size(&self, plane: usize) -> (usize, usize) {
        if matches!(plane, 0 | 3) { (self.w, self.h) } else { (self.w.div_ceil(2), self.h.div_ceil(2)) }
    }

    fn at(&self, plane: usize, x: i64, y: i64) -> f64 {
        let (w, h) = self.size(plane);
        let (x, y) = (x.clamp(0, w as i64 - 1) as usize, y.clamp(0, h as i64 - 1) as usize);
        self.planes[plane][y * self.stride(plane) + x]
    }
}

pub fn to_ycc([r, g, b]: [f64; 3]) -> [f64; 3] {
    let y = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    [16.0 + 219.0 * y, 128.0 + 224.0 * (b - y) / 1.8556, 128.0 + 224.0 * (r - y) / 1.5748]
}

pub fn to_rgb([y, cb, cr]: [f64; 3]) -> [f64; 3] {
    let (y, b, r) = ((y - 16.0) / 219.0, (cb - 128.0) / 224.0 * 1.8556, (cr - 128.0) / 224.0 * 1.5748);
    [y + r, y - (0.2126 * r + 0.0722 * b) / 0.7152, y + b]
}

fn color_ycc(c: Color) -> [f64; 3] {
    to_ycc([c.r, c.g, c.b].map(|v| f64::from(v) / 255.0))
}

pub fn surf_of(picture: &Picture) -> Surf {
    let Size { width, height } = picture.size();
    let (w, h) = (width as usize, height as usize);
    let mut surf = Surf::clear(w, h);
    let byte = |plane: usize, x: usize, y: usize| {
        let plane = picture.plane(plane);
        f64::from(plane.bytes[y * plane.stride + x])
    };
    let (stride, half) = (surf.stride(0), surf.stride(1));
    match picture.format() {
        PixelFormat::I420 | PixelFormat::A420 => {
            let alpha = |x: usize, y: usize| {
                if picture.format() == PixelFormat::I420 { 1.0 } else { byte(3, x.min(w - 1), y.min(h - 1)) / 255.0 }
            };
            for y in 0..h {
                for x in 0..w {
                    surf.planes[3][y * stride + x] = alpha(x, y);
                    surf.planes[0][y * stride + x] = byte(0, x, y) * alpha(x, y);
                }
            }
            for y in 0..h.div_ceil(2) {
                for x in 0..w.div_ceil(2) {
                    let (u, v) = (2 * x, 2 * y);
                    let a = (alpha(u, v) + alpha(u + 1, v) + alpha(u, v + 1) + alpha(u + 1, v + 1)) / 4.0;
                    surf.planes[1][y * half + x] = byte(1, x, y) * a;
                    surf.planes[2][y * half + x] = byte(2, x, y) * a;
                    surf.planes[4][y * half + x] = a;
                }
            }
        }
        PixelFormat::Rgba => {
            // Premultiplied code values: the matrix applies to colour, its offset to alpha.
            let pixel = |x: usize, y: usize| {
                let (x, y) = (x.min(w - 1), y.min(h - 1));
                let v = [0, 1, 2, 3].map(|c| byte(0, 4 * x + c, y) / 255.0);
                let [ly, lcb, lcr] = to_ycc([v[0], v[1], v[2]]);
                [ly - 16.0 * (1.0 - v[3]), lcb - 128.0 * (1.0 - v[3]), lcr - 128.0 * (1.0 - v[3]), v[3]]
            };
            for y in 0..h {
                for x in 0..w {
                    let p = pixel(x, y);
                    surf.planes[0][y * stride + x] = p[0];
                    surf.planes[3][y * stride + x] = p[3];
                }
            }
            for y in 0..h.div_ceil(2) {
                for x in 0..w.div_ceil(2) {
                    let mut sum = [0.0; 4];
                    for (dx, weight) in [(-1, 0.25), (0, 0.5), (1, 0.25)] {
                        for dy in 0..2 {
                            let p = pixel((2 * x as i64 + dx).max(0) as usize, 2 * y + dy);
                            sum.iter_mut().zip(p).for_each(|(s, v)| *s += v * weight / 2.0);
                        }
                    }
                    surf.planes[1][y * half + x] = sum[1];
                    surf.planes[2][y * half + x] = sum[2];
                    surf.planes[4][y * half + x] = sum[3];
                }
            }
        }
    }
    surf
}

fn weights(center: f64, ratio: f64, scaling: Scaling) -> Vec<(i64, f64)> {
    let stretch = ratio.max(1.0);
    let sinc =
        |t: f64| if t.abs() < 1e-9 { 1.0 } else { (std::f64::consts::PI * t).sin() / (std::f64::consts::PI * t) };
    let reach = if scaling == Scaling::Lanczos { 3.0 * stretch } else { stretch / 2.0 };
    let (from, to) = ((center - reach).floor() as i64, (center + reach).ceil() as i64);
    let raw: Vec<(i64, f64)> = (from..to)
        .map(|i| {
            let weight = if scaling == Scaling::Lanczos {
                let t = (i as f64 + 0.5 - center) / stretch;
                if t.abs() < 3.0 { sinc(t) * sinc(t / 3.0) } else { 0.0 }
            } else {
                ((center + reach).min(i as f64 + 1.0) - (center - reach).max(i as f64)).max(0.0)
            };
            (i, weight)
        })
        .collect();
    let sum: f64 = raw.iter().map(|w| w.1).sum();
    raw.into_iter().map(|(i, w)| (i, w / sum)).collect()
}

struct Lay {
    seen: [f64; 4],
    rect: [f64; 4],
    deg: f64,
    flip: [bool; 2],
    scaling: Scaling,
}

impl Lay {
    /// From a canvas position to one in the source, in pixels.
    fn map(&self, px: f64, py: f64) -> (f64, f64) {
        let (cx, cy) = (self.rect[0] + self.rect[2] / 2.0, self.rect[1] + self.rect[3] / 2.0);
        let (sin, cos) = self.deg.to_radians().sin_cos();
        let (lx, ly) = ((px - cx) * cos + (py - cy) * sin, (py - cy) * cos - (px - cx) * sin);
        let (mut u, mut v) = (lx / self.rect[2] + 0.5, ly / self.rect[3] + 0.5);
        if self.flip[0] {
            u = 1.0 - u;
        }
        if self.flip[1] {
            v = 1.0 - v;
        }
        (self.seen[0] + u * self.seen[2], self.seen[1] + v * self.seen[3])
    }

    fn sample(&self, src: &Surf, plane: usize, px: f64, py: f64) -> f64 {
        let (sx, sy) = self.map(px, py);
        let full = matches!(plane, 0 | 3);
        let (ix, iy) = if full { (sx, sy) } else { ((sx - 0.5) / 2.0 + 0.5, sy / 2.0) };
        let scale = if full { 1.0 } else { 0.5 };
        let (w, h) = src.size(plane);
        let bound = |from: f64, len: f64, have: usize| {
            let low = ((from * scale).floor() as i64).clamp(0, have as i64 - 1);
            (low, (((from + len) * scale).ceil() as i64 - 1).clamp(low, have as i64 - 1))
        };
        let (x_low, x_high) = bound(self.seen[0], self.seen[2], w);
        let (y_low, y_high) = bound(self.seen[1], self.seen[3], h);
        let turned = self.deg != 0.0;
        let ratio = |i: usize| if turned { 1.0 } else { self.seen[i + 2] / self.rect[i + 2] };
        let scaling = if turned { Scaling::Bilinear } else { self.scaling };
        let across = weights(ix, ratio(0), scaling);
        let down = weights(iy, ratio(1), scaling);
        let mut sum = 0.0;
        for (y, wy) in &down {
            for (x, wx) in &across {
                sum += wx * wy * src.at(plane, (*x).clamp(x_low, x_high), (*y).clamp(y_low, y_high));
            }
        }
        // Bytes end where they end: a filter that overshoots is cut.
        sum.clamp(0.0, if plane >= 3 { 1.0 } else { 255.0 })
    }
}

fn rounded(px: f64, py: f64, rect: [f64; 4], radius: f64, deg: f64) -> f64 {
    let (hw, hh) = (rect[2] / 2.0, rect[3] / 2.0);
    let (dx, dy) = (px - rect[0] - hw, py - rect[1] - hh);
    let r = radius.clamp(0.0, hw.min(hh));
    if r == 0.0 && deg == 0.0 {
        let one = |d: f64, h: f64| ((d + 0.5).min(h) - (d - 0.5).max(-h)).clamp(0.0, 1.0);
        return one(dx, hw) * one(dy, hh);
    }
    let (sin, cos) = deg.to_radians().sin_cos();
    let (lx, ly) = (dx * cos + dy * sin, dy * cos - dx * sin);
    let (qx, qy) = (lx.abs() - (hw - r), ly.abs() - (hh - r));
    let distance = qx.max(0.0).hypot(qy.max(0.0)) + qx.max(qy).min(0.0) - r;
    (0.5 - distance).clamp(0.0, 1.0)
}

fn array(r: Rect) -> [f64; 4] {
    [r.x, r.y, r.w, r.h].map(f64::from)
}

fn mask_at(draw: &Draw, rect: [f64; 4], radius: f64, px: f64, py: f64) -> f64 {
    let mut m = rounded(px, py, rect, radius, f64::from(draw.placement.rotation_deg));
    if let Some(clip) = draw.clip {
        m *= rounded(px, py, array(clip), 0.0, 0.0);
    }
    if let Some(wipe) = draw.wipe {
        let past = px * f64::from(wipe.direction.x) + py * f64::from(wipe.direction.y) - f64::from(wipe.edge);
        m *= if wipe.softness > 0.0 {
            (1.0 - past / f64::from(wipe.softness)).clamp(0.0, 1.0)
        } else {
            f64::from(u8::from(past < 0.0))
        };
    }
    m
}

fn mix(blend: Blend, under: f64, over: f64) -> f64 {
    match blend {
        Blend::Normal => over,
        Blend::Add => (under + over).min(1.0),
        Blend::Multiply => under * over,
        Blend::Screen => under + over - under * over,
        Blend::Subtract => (under - over).max(0.0),
        Blend::Lighten => under.max(over),
        Blend::Darken => under.min(over),
    }
}

/// Draws a list over its background.
pub fn render(list: &DrawList, pictures: &dyn Pictures) -> Surf {
    let (w, h) = (list.canvas.width as usize, list.canvas.height as usize);
    let mut surf = Surf::clear(w, h);
    let b = list.background;
    let level = |v: u8| f64::from(v) * f64::from(b.a) / (255.0 * 255.0);
    let ycc = to_ycc([level(b.r), level(b.g), level(b.b)]);
    for (plane, value) in [(0, ycc[0]), (1, ycc[1]), (2, ycc[2]), (3, 1.0), (4, 1.0)] {
        surf.planes[plane].fill(value);
    }
    list.draws.iter().for_each(|draw| draw_on(&mut surf, draw, pictures));
    surf
}

fn draw_on(target: &mut Surf, draw: &Draw, pictures: &dyn Pictures) {
    let rect = array(draw.placement.rect_in_canvas);
    if rect[2] <= 0.0 || rect[3] <= 0.0 || draw.opacity <= 0.0 {
        return;
    }
    if let Some(shadow) = draw.shadow {
        shadow_on(target, draw, &shadow, rect);
    }
    let mut opacity = f64::from(draw.opacity.min(1.0));
    let src = match &draw.source {
        Source::Solid(color) => {
            opacity *= f64::from(color.a) / 255.0;
            let mut surf = Surf::clear(1, 1);
            let ycc = color_ycc(*color);
            for (plane, value) in [(0, ycc[0]), (1, ycc[1]), (2, ycc[2]), (3, 1.0), (4, 1.0)] {
                surf.planes[plane].fill(value);
            }
            Some(surf)
        }
        Source::Input { id, .. } => pictures.input(id).map(|p| surf_of(&p)),
        Source::Bitmap { id, place } => pictures.bitmap(*id, *place).map(|p| surf_of(&p)),
        Source::Group { size, draws } => {
            let mut surf = Surf::clear(size.width as usize, size.height as usize);
            draws.iter().for_each(|draw| draw_on(&mut surf, draw, pictures));
            Some(surf)
        }
    };
    let Some(mut src) = src else { return };
    let solid = matches!(draw.source, Source::Solid(_));
    let (sw, sh) = (src.w as f64, src.h as f64);
    let crop = draw.crop.filter(|_| !solid).map_or([0.0, 0.0, sw, sh], array);
    let (x, y) = (crop[0].clamp(0.0, sw), crop[1].clamp(0.0, sh));
    let seen = [x, y, (crop[0] + crop[2]).min(sw) - x, (crop[1] + crop[3]).min(sh) - y];
    if seen[2] <= 0.0 || seen[3] <= 0.0 {
        return;
    }
    let deg = f64::from(draw.placement.rotation_deg);
    let flip = [draw.placement.flip_h, draw.placement.flip_v];
    let mut lay = Lay { seen, rect, deg, flip, scaling: draw.scaling };
    if deg != 0.0 && (rect[2] < seen[2] || rect[3] < seen[3]) {
        src = reduced(&src, &mut lay);
    }
    let cover = |px: f64, py: f64| mask_at(draw, rect, f64::from(draw.corner_radius), px, py) * opacity;
    let rim = |px: f64, py: f64| {
        draw.border.map_or(0.0, |border| {
            let by = f64::from(border.width);
            let inner = [rect[0] + by, rect[1] + by, (rect[2] - 2.0 * by).max(0.0), (rect[3] - 2.0 * by).max(0.0)];
            let center = (rect[0] + rect[2] / 2.0, rect[1] + rect[3] / 2.0);
            let inner = [center.0 - inner[2] / 2.0, center.1 - inner[3] / 2.0, inner[2], inner[3]];
            let radius = f64::from(draw.corner_radius).clamp(0.0, rect[2].min(rect[3]) / 2.0) - by;
            (1.0 - rounded(px, py, inner, radius, deg)) * f64::from(border.color.a) / 255.0
        })
    };
    let edge = draw.border.map_or([0.0; 3], |border| color_ycc(border.color));
    let edged = |value: f64, rim: f64, to: f64| value + (to - value) * rim;
    for by in 0..target.h.div_ceil(2) {
        for bx in 0..target.w.div_ceil(2) {
            let places = [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(dx, dy)| (2 * bx + dx, 2 * by + dy));
            let centers = places.map(|(x, y)| (x as f64 + 0.5, y as f64 + 0.5));
            let m = centers.map(|(x, y)| cover(x, y));
            if m.iter().all(|m| *m == 0.0) {
                continue;
            }
            let rims = centers.map(|(x, y)| rim(x, y));
            let half_rim = rims.iter().sum::<f64>() / 4.0;
            let (cx, cy) = (2.0 * bx as f64 + 0.5, 2.0 * by as f64 + 1.0);
            let c = [1, 2, 4].map(|p| lay.sample(&src, p, cx, cy));
            let c = [edged(c[0], half_rim, edge[1]), edged(c[1], half_rim, edge[2]), edged(c[2], half_rim, 1.0)];
            let mut pixels = [[0.0; 2]; 4];
            for (slot, ((x, y), rim)) in pixels.iter_mut().zip(centers.into_iter().zip(rims)) {
                let (ly, la) = (lay.sample(&src, 0, x, y), lay.sample(&src, 3, x, y));
                *slot = [edged(ly, rim, edge[0]), edged(la, rim, 1.0)];
            }
            blend_block(target, (bx, by), places, &m, &pixels, &c, draw.blend);
        }
    }
}

fn reduced(src: &Surf, lay: &mut Lay) -> Surf {
    let side = |i: usize| {
        if lay.rect[i] < lay.seen[i] { lay.rect[i].round().max(1.0) } else { lay.seen[i].ceil() }
    };
    let (w, h) = (side(2), side(3));
    let first = Lay { seen: lay.seen, rect: [0.0, 0.0, w, h], deg: 0.0, flip: [false; 2], scaling: lay.scaling };
    let mut out = Surf::clear(w as usize, h as usize);
    for plane in 0..5 {
        let full = matches!(plane, 0 | 3);
        let (pw, ph) = out.size(plane);
        for y in 0..ph {
            for x in 0..pw {
                let (px, py) =
                    if full { (x as f64 + 0.5, y as f64 + 0.5) } else { (2.0 * x as f64 + 0.5, 2.0 * y as f64 + 1.0) };
                let at = y * out.stride(plane) + x;
                out.planes[plane][at] = first.sample(src, plane, px, py);
            }
        }
    }
    lay.seen = [0.0, 0.0, w, h];
    out
}

fn blend_block(
    t: &mut Surf,
    (bx, by): (usize, usize),
    places: [(usize, usize); 4],
    m: &[f64; 4],
    pixels: &[[f64; 2]; 4],
    c: &[f64; 3],
    blend: Blend,
) {
    let half = by * t.stride(1) + bx;
    let stride = t.stride(0);
    let mean = m.iter().sum::<f64>() / 4.0;
    if blend == Blend::Normal {
        for (((x, y), m), [ly, la]) in places.into_iter().zip(m).zip(pixels) {
            let at = y * stride + x;
            t.planes[0][at] = t.planes[0][at] * (1.0 - la * m) + ly * m;
            t.planes[3][at] = t.planes[3][at] * (1.0 - la * m) + la * m;
        }
        for (plane, value) in [(1, c[0]), (2, c[1]), (4, c[2])] {
            t.planes[plane][half] = t.planes[plane][half] * (1.0 - c[2] * mean) + value * mean;
        }
        return;
    }
    let freed = |value: f64, alpha: f64, absent: f64| if alpha > 1e-6 { (value / alpha).min(255.0) } else { absent };
    let (held_cb, held_cr, held_a) = (t.planes[1][half], t.planes[2][half], t.planes[4][half]);
    let (ucb, ucr) = (freed(held_cb, held_a, 128.0), freed(held_cr, held_a, 128.0));
    let (ocb, ocr) = (freed(c[0], c[2], 128.0), freed(c[1], c[2], 128.0));
    let mut sum = [0.0; 3];
    for (((x, y), m), [ly, la]) in places.into_iter().zip(m).zip(pixels) {
        let at = y * stride + x;
        let (uy, ua, a) = (t.planes[0][at], t.planes[3][at], la * m);
        let below = to_rgb([freed(uy, ua, 16.0), ucb, ucr]).map(|v| v.clamp(0.0, 1.0));
        let above = to_rgb([freed(*ly, *la, 16.0), ocb, ocr]).map(|v| v.clamp(0.0, 1.0));
        let mixed: [f64; 3] = std::array::from_fn(|i| (1.0 - ua) * above[i] + ua * mix(blend, below[i], above[i]));
        let [y, cb, cr] = to_ycc(mixed);
        t.planes[0][at] = uy * (1.0 - a) + y * a;
        t.planes[3][at] = ua * (1.0 - a) + a;
        sum[0] += held_cb * (1.0 - a) + cb * a;
        sum[1] += held_cr * (1.0 - a) + cr * a;
        sum[2] += a;
    }
    t.planes[1][half] = sum[0] / 4.0;
    t.planes[2][half] = sum[1] / 4.0;
    t.planes[4][half] = held_a + (1.0 - held_a) * sum[2] / 4.0;
}

/// The shadow by brute force: the shape's area under a Gaussian, summed over a fine grid.
fn shadow_on(target: &mut Surf, draw: &Draw, shadow: &vitrine_scene::draw::Shadow, rect: [f64; 4]) {
    let sigma = f64::from(shadow.blur) / 2.0;
    let strength = f64::from(draw.opacity.min(1.0)) * f64::from(shadow.color.a) / 255.0;
    let deg = f64::from(draw.placement.rotation_deg);
    let moved = [rect[0] + f64::from(shadow.offset.x), rect[1] + f64::from(shadow.offset.y), rect[2], rect[3]];
    let radius = f64::from(draw.corner_radius);
    let reach = (3.2 * sigma).ceil() as i64 + 1;
    let kernel: Vec<f64> = (-reach..=reach).map(|i| (-0.5 * (i as f64 / sigma).powi(2)).exp()).collect();
    let total: f64 = kernel.iter().sum();
    // The Gaussian is round, so the turned shape can be blurred along the canvas' own axes.
    let (w, h) = (target.w.next_multiple_of(2) as i64, target.h.next_multiple_of(2) as i64);
    let shape = |x: i64, y: i64| rounded(x as f64 + 0.5, y as f64 + 0.5, moved, radius, deg);
    let level = |x: i64, y: i64| {
        if sigma < 0.25 {
            return shape(x, y);
        }
        let mut sum = 0.0;
        for (ky, wy) in (-reach..=reach).zip(&kernel) {
            for (kx, wx) in (-reach..=reach).zip(&kernel) {
                sum += wx * wy * shape(x + kx, y + ky);
            }
        }
        sum / total / total
    };
    let ycc = color_ycc(shadow.color);
    let outside = Draw { placement: vitrine_scene::draw::Placement::default(), ..draw.clone() };
    let everywhere = [-1e5, -1e5, 2e5, 2e5];
    let m: Vec<f64> = (0..h)
        .flat_map(|y| (0..w).map(move |x| (x, y)))
        .map(|(x, y)| {
            let other = mask_at(&outside, everywhere, 0.0, x as f64 + 0.5, y as f64 + 0.5) * strength;
            if other > 0.0 { level(x, y) * other } else { 0.0 }
        })
        .collect();
    for y in 0..h as usize / 2 {
        for x in 0..w as usize / 2 {
            let places = [(0, 0), (1, 0), (0, 1), (1, 1)].map(|(dx, dy)| (2 * x + dx, 2 * y + dy));
            let four = places.map(|(x, y)| m[y * w as usize + x]);
            blend_block(target, (x, y), places, &four, &[[ycc[0], 1.0]; 4], &[ycc[1], ycc[2], 1.0], Blend::Normal);
        }
    }
}
