//! A glazed mug on a turntable: one ray for each pixel, marched to the nearest surface.
//!
//! Surfaces are distance functions, composed as Inigo Quilez describes them (iquilezles.org, "distance functions").

use crate::film::{FPS, Reel, byte, chance, encoded, linear};
use std::f32::consts::TAU;
use std::path::Path;

/// Size of the clip and its length: one turn in six seconds.
const REEL: Reel = Reel { width: 960, height: 720, frames: 6 * FPS };
/// Half the mug's height, its radius, and the thickness of its wall.
const HALF: f32 = 1.05;
const RADIUS: f32 = 1.0;
const WALL: f32 = 0.07;
/// Steps of a ray before it counts as lost, and the distance that counts as a hit.
const STEPS: usize = 90;
const HIT: f32 = 0.0015;
/// The ball that holds the mug with its handle: rays outside meet the table only.
const REACH: f32 = 2.15;

type V = [f32; 3];

fn dot(a: V, b: V) -> f32 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn along(from: V, way: V, far: f32) -> V {
    [from[0] + way[0] * far, from[1] + way[1] * far, from[2] + way[2] * far]
}

fn unit(v: V) -> V {
    let long = dot(v, v).sqrt().max(1e-6);
    v.map(|c| c / long)
}

/// Distance to a box around the origin with rounded corners.
fn slab(x: f32, y: f32, half: (f32, f32), round: f32) -> f32 {
    let (dx, dy) = (x.abs() - half.0 + round, y.abs() - half.1 + round);
    dx.max(0.0).hypot(dy.max(0.0)) + dx.max(dy).min(0.0) - round
}

fn soft_min(a: f32, b: f32, k: f32) -> f32 {
    let h = (k - (a - b).abs()).max(0.0) / k;
    a.min(b) - h * h * k * 0.25
}

/// Distance to the mug, in its own frame: the handle points along x.
fn mug(p: V) -> f32 {
    let r = p[0].hypot(p[2]);
    let wall = slab(r - RADIUS + WALL, p[1], (WALL, HALF), 0.06);
    let floor = slab(r, p[1] + HALF - 0.09, (RADIUS - 0.02, 0.09), 0.06);
    let ring = (p[0] - RADIUS + 0.02).hypot((p[1] - 0.02) * 0.86) - 0.56;
    let handle = ring.hypot(p[2] * 0.8) - 0.115;
    let handle = handle.max(RADIUS - WALL - r);
    soft_min(wall.min(floor), handle, 0.12)
}

fn normal(p: V) -> V {
    const E: f32 = 0.002;
    let slope = |axis: usize| {
        let (mut a, mut b) = (p, p);
        a[axis] += E;
        b[axis] -= E;
        mug(a) - mug(b)
    };
    unit([slope(0), slope(1), slope(2)])
}

/// Where a camera sits and looks: above the table, in front of the mug.
struct Camera {
    eye: V,
    ahead: V,
    up: V,
}

/// Focal length, in half heights of the picture.
const FOCUS: f32 = 3.0;
const CAMERA: Camera = Camera { eye: [0.0, 2.2, -6.6], ahead: [0.0, -0.3162, 0.9487], up: [0.0, 0.9487, 0.3162] };

impl Camera {
    fn ray(&self, x: f32, y: f32) -> V {
        unit([x, self.ahead[1] * FOCUS + self.up[1] * y, self.ahead[2] * FOCUS + self.up[2] * y])
    }
}

/// Paints the clip.
///
/// # Errors
/// When it can't be encoded.
pub(crate) fn shoot(to: &Path) -> anyhow::Result<()> {
    REEL.shoot(to, paint)
}

#[allow(clippy::cast_precision_loss, reason = "pixels and frames are few")]
fn paint(frame: u32, sheet: &mut [u8]) {
    let turn = TAU * frame as f32 / REEL.frames as f32 + 0.6;
    let middle = (REEL.width as f32 / 2.0, REEL.height as f32 / 2.0);
    for (index, out) in sheet.chunks_exact_mut(3).enumerate() {
        let x = (index % REEL.width) as f32 + 0.5 - middle.0;
        let y = middle.1 - (index / REEL.width) as f32 - 0.5;
        let light = seen(CAMERA.ray(x / middle.1, y / middle.1), turn, 1.0 / (FOCUS * middle.1));
        let seed = frame.wrapping_mul(0x0100_0193) ^ u32::try_from(index).unwrap_or(0);
        let grain = (chance(seed) - 0.5) * 2.0 / 255.0;
        for (out, value) in out.iter_mut().zip(light) {
            *out = byte(encoded(value) + grain);
        }
    }
}

/// Light that comes back along a ray. `pixel` is the width of a pixel at distance one: edges are that soft.
fn seen(way: V, turn: f32, pixel: f32) -> V {
    let behind = table(way, turn);
    let near = -dot(CAMERA.eye, way);
    let closest = dot(CAMERA.eye, CAMERA.eye) - near * near;
    if closest > REACH * REACH {
        return behind;
    }
    let (sin, cos) = turn.sin_cos();
    let turned = |p: V| [p[0] * cos - p[2] * sin, p[1], p[0] * sin + p[2] * cos];
    let half = (REACH * REACH - closest).sqrt();
    let (mut far, mut cover) = (near - half, 0.0_f32);
    for _ in 0..STEPS {
        let at = turned(along(CAMERA.eye, way, far));
        let distance = mug(at);
        if distance < HIT {
            return shaded(at, turned(way), turn);
        }
        cover = cover.max(1.0 - distance / (pixel * far));
        far += distance * 0.9;
        if far > near + half {
            break;
        }
    }
    // A ray that just missed is partly the edge that it passed.
    if cover <= 0.0 {
        return behind;
    }
    let edge = [0.62, 0.22, 0.14].map(|c| c * linear(0.42));
    std::array::from_fn(|i| behind[i] + (edge[i] - behind[i]) * cover * 0.5)
}

/// The table with the mug's soft shadow, and the wall behind it.
fn table(way: V, turn: f32) -> V {
    let base = [0.94, 0.915, 0.88].map(linear);
    let far = (-HALF - CAMERA.eye[1]) / way[1].min(-1e-4);
    let at = along(CAMERA.eye, way, far);
    if way[1] > -0.02 || at[2] > 7.0 {
        return base.map(|c| c * (0.86 + 0.3 * way[1]));
    }
    let round = (at[0] - 0.35).hypot(at[2] - 0.35);
    let (sin, cos) = turn.sin_cos();
    let grip = (at[0] - 1.35 * cos - 0.2).hypot(at[2] + 1.35 * sin - 0.2);
    let soft = |d: f32, r: f32| (1.0 - ((d - r) / 0.75).clamp(0.0, 1.0)).powi(2);
    let dark = (0.62 * soft(round, 0.85)).max(0.34 * soft(grip, 0.15));
    let contact = 0.4 * (1.0 - ((at[0].hypot(at[2]) - RADIUS) / 0.14).clamp(0.0, 1.0));
    let distance = 1.0 - 0.028 * (at[2] + 2.0).max(0.0);
    base.map(|c| c * distance * (1.0 - dark) * (1.0 - contact))
}

/// Glaze above a wavy line, clay below it, in a window's light.
fn shaded(p: V, way: V, turn: f32) -> V {
    let face = normal(p);
    // Lights stand in the room; the mug turns under them.
    let (sin, cos) = turn.sin_cos();
    let room = |v: V| unit([v[0] * cos - v[2] * sin, v[1], v[0] * sin + v[2] * cos]);
    let (key, fill) = (room([-0.75, 0.9, -0.8]), room([0.9, 0.25, -0.5]));
    let angle = p[2].atan2(p[0]);
    let dip = -0.42 + 0.05 * (3.0 * angle).sin() + 0.03 * (7.0 * angle + 1.0).sin();
    let inside = p[0].hypot(p[2]) < RADIUS - WALL * 1.2 && p[1] > -HALF + 0.12;
    let glazed = inside || p[1] > dip;
    let (tone, gloss) = if glazed { ([0.72, 0.26, 0.16], 0.75) } else { ([0.82, 0.72, 0.58], 0.08) };
    let edge = if glazed && !inside { 1.0 - 0.25 * (1.0 - ((p[1] - dip) / 0.05).clamp(0.0, 1.0)) } else { 1.0 };
    let speck = if chance(cell(angle * 60.0) ^ cell(p[1] * 70.0).rotate_left(9)) > 0.975 { 0.82 } else { 1.0 };
    let depth = if inside { (0.35 + 0.55 * ((p[1] + HALF) / (2.0 * HALF))).clamp(0.0, 1.0) } else { 1.0 };
    let lit = 0.26 + 0.85 * dot(face, key).max(0.0) + 0.26 * dot(face, fill).max(0.0) + 0.1 * face[1].max(0.0);
    let shine = |light: V, power: i32| {
        let half = unit([light[0] - way[0], light[1] - way[1], light[2] - way[2]]);
        dot(face, half).max(0.0).powi(power)
    };
    let glint = gloss * (0.55 * shine(key, 90) + 0.18 * shine(fill, 40));
    let rim = gloss * 0.22 * (1.0 + dot(face, way)).clamp(0.0, 1.0).powi(4);
    tone.map(|c| linear(c) * lit * edge * speck * depth + glint + rim)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cell's number, wrapped on purpose")]
fn cell(value: f32) -> u32 {
    value.floor() as i32 as u32
}
