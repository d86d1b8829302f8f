// Draws one source on a 4:2:0 target: luma and alpha at full size, chroma and alpha at half, premultiplied
// code values of BT.709 limited range over 255. Meaning: vitrine_scene::draw; chroma is drawn on its own grid,
// a chroma sample covered as much as its four pixels are on average.

struct Draw {
    // Pixels touched: left, top, right, bottom.
    quad: vec4<f32>,
    // Source position = dot(row.xyz, (x, y, 1)); row.w is how many source pixels lie in a canvas pixel, at least 1.
    row_x: vec4<f32>,
    row_y: vec4<f32>,
    // Source pixels that may be read: left, top, right, bottom.
    seen: vec4<f32>,
    // Centre and half extent of the rectangle before its turn.
    shape: vec4<f32>,
    // Cosine, sine, corner radius, border width.
    turn: vec4<f32>,
    clip: vec4<f32>,
    // Direction, edge, softness.
    wipe: vec4<f32>,
    // Code values, straight; of the border with its alpha.
    color: vec4<f32>,
    border: vec4<f32>,
    // Opacity, the shadow's standard deviation, target width, target height.
    level: vec4<f32>,
    // Source, blend, bits, unused.
    flags: vec4<u32>,
}

const SOLID = 0u;
const PLANES = 1u;
const PAIR = 2u;
const SHADOW = 3u;

const BIT_BOX = 1u;
const BIT_CLIP = 2u;
const BIT_WIPE = 4u;
const BIT_LANCZOS = 8u;
// Source samples lie on the target's: nothing lies between them.
const BIT_LUMA_GRID = 16u;
const BIT_CHROMA_GRID = 32u;

const ADD = 1u;
const MULTIPLY = 2u;
const SCREEN = 3u;
const SUBTRACT = 4u;
const LIGHTEN = 5u;
const DARKEN = 6u;

const PI = 3.14159265358979;

@group(0) @binding(0) var<uniform> d: Draw;
@group(1) @binding(0) var plane0: texture_2d<f32>;
@group(1) @binding(1) var plane1: texture_2d<f32>;
@group(1) @binding(2) var plane2: texture_2d<f32>;
@group(1) @binding(3) var plane3: texture_2d<f32>;
@group(2) @binding(0) var under_luma: texture_2d<f32>;
@group(2) @binding(1) var under_chroma: texture_2d<f32>;

const BLACK = 16.0 / 255.0;
const GREY = 128.0 / 255.0;

fn corner(quad: vec4<f32>, size: vec2<f32>, index: u32) -> vec4<f32> {
    let right = (index & 1u) == 1u;
    let bottom = (index & 2u) == 2u;
    let unit = vec2(select(quad.x, quad.z, right), select(quad.y, quad.w, bottom)) / size;
    return vec4(unit.x * 2.0 - 1.0, 1.0 - unit.y * 2.0, 0.0, 1.0);
}

@vertex
fn vertex_luma(@builtin(vertex_index) index: u32) -> @builtin(position) vec4<f32> {
    return corner(d.quad, d.level.zw, index);
}

@vertex
fn vertex_chroma(@builtin(vertex_index) index: u32) -> @builtin(position) vec4<f32> {
    return corner(vec4(floor(d.quad.xy * 0.5), ceil(d.quad.zw * 0.5)), ceil(d.level.zw * 0.5), index);
}

fn has(bit: u32) -> bool {
    return (d.flags.z & bit) != 0u;
}

// Length of the pixel around `offset` that lies within `half` of zero.
fn overlap(offset: f32, half: f32) -> f32 {
    return clamp(min(offset + 0.5, half) - max(offset - 0.5, -half), 0.0, 1.0);
}

fn turned(p: vec2<f32>) -> vec2<f32> {
    let o = p - d.shape.xy;
    return vec2(o.x * d.turn.x + o.y * d.turn.y, o.y * d.turn.x - o.x * d.turn.y);
}

// How much of the pixel lies inside the shape whose edge is moved `inset` inwards.
fn inside(p: vec2<f32>, inset: f32) -> f32 {
    let half = max(d.shape.zw - inset, vec2(0.0));
    let radius = clamp(d.turn.z - inset, 0.0, min(half.x, half.y));
    if has(BIT_BOX) {
        let o = p - d.shape.xy;
        return overlap(o.x, half.x) * overlap(o.y, half.y);
    }
    let q = abs(turned(p)) - (half - radius);
    let distance = length(max(q, vec2(0.0))) + min(max(q.x, q.y), 0.0) - radius;
    return clamp(0.5 - distance, 0.0, 1.0);
}

// Abramowitz and Stegun 7.1.26; errs by less than 2e-7.
fn erf(x: f32) -> f32 {
    let t = 1.0 / (1.0 + 0.3275911 * abs(x));
    let p = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
    return sign(x) * (1.0 - p * exp(-x * x));
}

// Share of a Gaussian around `at` that falls within `half` of zero.
fn within(at: f32, half: f32, sigma: f32) -> f32 {
    let k = 0.70710678 / sigma;
    return 0.5 * (erf((half + at) * k) + erf((half - at) * k));
}

// The rounded rectangle under a Gaussian: exact across, summed over strips down where corners are round.
fn shadow(p: vec2<f32>) -> f32 {
    let q = turned(p);
    let half = d.shape.zw;
    let sigma = d.level.y;
    let radius = d.turn.z;
    if radius <= 0.0 {
        return within(q.x, half.x, sigma) * within(q.y, half.y, sigma);
    }
    let low = max(q.y - 3.5 * sigma, -half.y);
    let high = min(q.y + 3.5 * sigma, half.y);
    if high <= low {
        return 0.0;
    }
    let strips = 24.0;
    let step = (high - low) / strips;
    var sum = 0.0;
    for (var i = 0.0; i < strips; i += 1.0) {
        let y = low + (i + 0.5) * step;
        let into_corner = max(abs(y) - (half.y - radius), 0.0);
        let width = half.x - radius + sqrt(max(radius * radius - into_corner * into_corner, 0.0));
        let share = within(q.y - y, step * 0.5, sigma);
        sum += share * within(q.x, width, sigma);
    }
    return sum;
}

// Where one axis is read: filter centre in samples, half width, widening, first and last sample.
struct Axis {
    center: f32,
    reach: f32,
    stretch: f32,
    low: i32,
    high: i32,
}

fn axis(center: f32, stretch: f32, low: f32, high: f32) -> Axis {
    let wide = max(stretch, 1.0);
    let reach = select(wide * 0.5, wide * 3.0, has(BIT_LANCZOS));
    return Axis(clamp(center, low - reach - 1.0, high + reach + 1.0), reach, wide, i32(low), i32(high) - 1);
}

fn weight(a: Axis, sample: i32) -> f32 {
    let s = f32(sample);
    if has(BIT_LANCZOS) {
        let t = (s + 0.5 - a.center) / a.stretch * PI;
        if abs(t) < 1e-4 {
            return 1.0;
        }
        return select(0.0, sin(t) / t * sin(t / 3.0) / (t / 3.0), abs(t) < 3.0 * PI);
    }
    return max(min(a.center + a.reach, s + 1.0) - max(a.center - a.reach, s), 0.0);
}

fn first(a: Axis) -> i32 {
    return i32(floor(a.center - a.reach));
}

fn last(a: Axis) -> i32 {
    return i32(ceil(a.center + a.reach)) - 1;
}

fn at_sample(plane: texture_2d<f32>, x: Axis, y: Axis, column: i32, row: i32) -> vec4<f32> {
    return textureLoad(plane, vec2(clamp(column, x.low, x.high), clamp(row, y.low, y.high)), 0);
}

// The samples under the filter; the fewer ways of the two common cases come first.
fn filtered(plane: texture_2d<f32>, x: Axis, y: Axis, grid: bool) -> vec4<f32> {
    if grid {
        return at_sample(plane, x, y, i32(floor(x.center)), i32(floor(y.center)));
    }
    if x.stretch <= 1.0 && y.stretch <= 1.0 && !has(BIT_LANCZOS) {
        let start = vec2(x.center, y.center) - 0.5;
        let corner = vec2<i32>(floor(start));
        let part = fract(start);
        let upper = mix(at_sample(plane, x, y, corner.x, corner.y), at_sample(plane, x, y, corner.x + 1, corner.y), part.x);
        let lower = mix(at_sample(plane, x, y, corner.x, corner.y + 1), at_sample(plane, x, y, corner.x + 1, corner.y + 1), part.x);
        return mix(upper, lower, part.y);
    }
    var sum = vec4(0.0);
    var total = 0.0;
    for (var row = first(y); row <= last(y); row++) {
        let down = weight(y, row);
        let at_y = clamp(row, y.low, y.high);
        for (var column = first(x); column <= last(x); column++) {
            let w = down * weight(x, column);
            sum += w * textureLoad(plane, vec2(clamp(column, x.low, x.high), at_y), 0);
            total += w;
        }
    }
    return sum / total;
}

fn source_at(p: vec2<f32>) -> vec2<f32> {
    return vec2(dot(d.row_x.xyz, vec3(p, 1.0)), dot(d.row_y.xyz, vec3(p, 1.0)));
}

// Bytes end where they end: a filter that overshoots is cut.
fn cut(v: vec4<f32>) -> vec4<f32> {
    return select(v, clamp(v, vec4(0.0), vec4(1.0)), has(BIT_LANCZOS));
}

// How much of the border's line lies in the pixel, its alpha counted in.
fn line(p: vec2<f32>) -> f32 {
    if d.turn.w <= 0.0 {
        return 0.0;
    }
    return (1.0 - inside(p, d.turn.w)) * d.border.a;
}

// Luma and alpha under a pixel's centre.
fn luma(p: vec2<f32>) -> vec2<f32> {
    var value = vec2(d.color.x, 1.0);
    if d.flags.x == PLANES || d.flags.x == PAIR {
        let at = source_at(p);
        let x = axis(at.x, d.row_x.w, d.seen.x, d.seen.z);
        let y = axis(at.y, d.row_y.w, d.seen.y, d.seen.w);
        let read = cut(filtered(plane0, x, y, has(BIT_LUMA_GRID)));
        value = select(read.rg, vec2(read.r, 1.0), d.flags.x == PLANES);
    }
    return mix(value, vec2(d.border.x, 1.0), line(p));
}

// The four pixels of a block.
fn pixel_of(block: vec2<f32>, index: u32) -> vec2<f32> {
    return block * 2.0 + vec2(0.5 + f32(index & 1u), 0.5 + f32(index >> 1u));
}

// Cb, Cr and alpha of a block. Chroma is sited left: between two rows, at the left column.
fn chroma(block: vec2<f32>) -> vec3<f32> {
    var value = vec3(d.color.yz, 1.0);
    if d.flags.x == PLANES || d.flags.x == PAIR {
        let at = source_at(block * 2.0 + vec2(0.5, 1.0));
        let low = floor(d.seen.xy * 0.5);
        let high = ceil(d.seen.zw * 0.5);
        let x = axis((at.x - 0.5) * 0.5 + 0.5, d.row_x.w, low.x, high.x);
        let y = axis(at.y * 0.5, d.row_y.w, low.y, high.y);
        let grid = has(BIT_CHROMA_GRID);
        if d.flags.x == PLANES {
            value = vec3(cut(filtered(plane1, x, y, grid)).r, cut(filtered(plane2, x, y, grid)).r, 1.0);
        } else {
            value = cut(filtered(plane1, x, y, grid)).rga;
        }
    }
    if d.turn.w > 0.0 {
        var part = 0.0;
        for (var i = 0u; i < 4u; i++) {
            part += line(pixel_of(block, i)) * 0.25;
        }
        value = mix(value, vec3(d.border.yz, 1.0), part);
    }
    return value;
}

// How much of the pixel is touched, opacity counted in.
fn coverage(p: vec2<f32>) -> f32 {
    var part = d.level.x;
    if d.flags.x == SHADOW && d.level.y > 0.0 {
        part *= shadow(p);
    } else {
        part *= inside(p, 0.0);
    }
    if has(BIT_CLIP) {
        let middle = (d.clip.xy + d.clip.zw) * 0.5;
        let half = (d.clip.zw - d.clip.xy) * 0.5;
        part *= overlap(p.x - middle.x, half.x) * overlap(p.y - middle.y, half.y);
    }
    if has(BIT_WIPE) {
        let past = dot(p, d.wipe.xy) - d.wipe.z;
        part *= select(select(0.0, 1.0, past < 0.0), clamp(1.0 - past / d.wipe.w, 0.0, 1.0), d.wipe.w > 0.0);
    }
    return part;
}

@fragment
fn luma_over(@builtin(position) at: vec4<f32>) -> @location(0) vec4<f32> {
    let part = coverage(at.xy);
    if part <= 0.0 {
        return vec4(0.0);
    }
    return luma(at.xy).xyyy * vec4(1.0, 1.0, 0.0, 1.0) * part;
}

@fragment
fn chroma_over(@builtin(position) at: vec4<f32>) -> @location(0) vec4<f32> {
    let block = floor(at.xy);
    var part = 0.0;
    for (var i = 0u; i < 4u; i++) {
        part += coverage(pixel_of(block, i)) * 0.25;
    }
    if part <= 0.0 {
        return vec4(0.0);
    }
    return chroma(block).xyzz * vec4(1.0, 1.0, 0.0, 1.0) * part;
}

// BT.709 limited range to R'G'B' and back (ITU-R BT.709-6, 3.2 to 3.5).
fn to_rgb(ycc: vec3<f32>) -> vec3<f32> {
    let code = ycc * 255.0 - vec3(16.0, 128.0, 128.0);
    let light = code.x / LUMA_STEPS;
    let blue = code.y * CB / CHROMA_STEPS;
    let red = code.z * CR / CHROMA_STEPS;
    let rgb = vec3(light + red, light - (LUMA.r * red + LUMA.b * blue) / LUMA.g, light + blue);
    return clamp(rgb, vec3(0.0), vec3(1.0));
}

fn to_ycc(rgb: vec3<f32>) -> vec3<f32> {
    let light = dot(rgb, LUMA);
    let chroma = vec2((rgb.b - light) / CB, (rgb.r - light) / CR) * CHROMA_STEPS;
    return (vec3(16.0, 128.0, 128.0) + vec3(LUMA_STEPS * light, chroma)) / 255.0;
}

fn mixed(under: vec3<f32>, over: vec3<f32>) -> vec3<f32> {
    switch d.flags.y {
        case ADD: { return min(vec3(1.0), under + over); }
        case MULTIPLY: { return under * over; }
        case SCREEN: { return under + over - under * over; }
        case SUBTRACT: { return max(vec3(0.0), under - over); }
        case LIGHTEN: { return max(under, over); }
        case DARKEN: { return min(under, over); }
        default: { return over; }
    }
}

// A value freed of its alpha; `absent` where there is nothing to free.
fn freed(value: f32, alpha: f32, absent: f32) -> f32 {
    return select(absent, min(value / max(alpha, 1e-6), 1.0), alpha > 1e-4);
}

// One pixel's colour and alpha after W3C Compositing and Blending Level 1, 5.1: what lies under counts as far as
// it is there, and a pixel takes the chroma of its block.
fn blended(over: vec2<f32>, over_chroma: vec3<f32>, under: vec2<f32>, block_under: vec4<f32>) -> vec3<f32> {
    let above = to_rgb(vec3(
        freed(over.x, over.y, BLACK), freed(over_chroma.x, over_chroma.z, GREY), freed(over_chroma.y, over_chroma.z, GREY)));
    let below = to_rgb(vec3(
        freed(under.x, under.y, BLACK), freed(block_under.x, block_under.a, GREY), freed(block_under.y, block_under.a, GREY)));
    return to_ycc(mix(above, mixed(below, above), under.y));
}

@fragment
fn luma_blended(@builtin(position) at: vec4<f32>) -> @location(0) vec4<f32> {
    let under = textureLoad(under_luma, vec2<i32>(at.xy), 0);
    let part = coverage(at.xy);
    if part <= 0.0 {
        return under;
    }
    let block = floor(at.xy * 0.5);
    let over = luma(at.xy);
    let color = blended(over, chroma(block), under.rg, textureLoad(under_chroma, vec2<i32>(block), 0));
    let a = over.y * part;
    return vec4(mix(under.r, color.x, a), mix(under.g, 1.0, a), 0.0, 1.0);
}

@fragment
fn chroma_blended(@builtin(position) at: vec4<f32>) -> @location(0) vec4<f32> {
    let block = floor(at.xy);
    let held = textureLoad(under_chroma, vec2<i32>(block), 0);
    let over_chroma = chroma(block);
    let last = vec2<i32>(textureDimensions(under_luma)) - 1;
    var sum = vec3(0.0);
    for (var i = 0u; i < 4u; i++) {
        let p = pixel_of(block, i);
        let over = luma(p);
        let under = textureLoad(under_luma, min(vec2<i32>(p), last), 0).rg;
        let a = over.y * coverage(p);
        let color = blended(over, over_chroma, under, held);
        sum += 0.25 * vec3(mix(held.rg, color.yz, a), a);
    }
    return vec4(sum.xy, 0.0, mix(held.a, 1.0, sum.z));
}
