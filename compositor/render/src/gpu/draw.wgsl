// Draws one source on a premultiplied, gamma-encoded target. Meaning: vitrine_scene::draw.

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
    // Straight.
    color: vec4<f32>,
    border: vec4<f32>,
    // Opacity, the shadow's standard deviation, target width, target height.
    level: vec4<f32>,
    // Source, blend, bits, unused.
    flags: vec4<u32>,
}

const SOLID = 0u;
const I420 = 1u;
const A420 = 2u;
const RGBA = 3u;
const SHADOW = 4u;

const BIT_BOX = 1u;
const BIT_CLIP = 2u;
const BIT_WIPE = 4u;
const BIT_LANCZOS = 8u;

const NORMAL = 0u;
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
@group(2) @binding(0) var backdrop: texture_2d<f32>;

@vertex
fn vertex(@builtin(vertex_index) index: u32) -> @builtin(position) vec4<f32> {
    let right = (index & 1u) == 1u;
    let bottom = (index & 2u) == 2u;
    let pixel = vec2(select(d.quad.x, d.quad.z, right), select(d.quad.y, d.quad.w, bottom));
    let unit = pixel / d.level.zw;
    return vec4(unit.x * 2.0 - 1.0, 1.0 - unit.y * 2.0, 0.0, 1.0);
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

fn filtered(plane: texture_2d<f32>, x: Axis, y: Axis) -> vec4<f32> {
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

// Luma and alpha, luma weighed by alpha: hidden colours don't bleed.
fn luma_alpha(x: Axis, y: Axis) -> vec2<f32> {
    var sum = vec2(0.0);
    var total = 0.0;
    for (var row = first(y); row <= last(y); row++) {
        let down = weight(y, row);
        let at_y = clamp(row, y.low, y.high);
        for (var column = first(x); column <= last(x); column++) {
            let w = down * weight(x, column);
            let at = vec2(clamp(column, x.low, x.high), at_y);
            let alpha = textureLoad(plane3, at, 0).r;
            sum += w * alpha * vec2(textureLoad(plane0, at, 0).r, 1.0);
            total += w;
        }
    }
    return vec2(sum.x / max(sum.y, 1e-5), clamp(sum.y / total, 0.0, 1.0));
}

fn chroma_by_alpha(x: Axis, y: Axis) -> vec2<f32> {
    let size = vec2<i32>(textureDimensions(plane3)) - 1;
    var sum = vec3(0.0);
    for (var row = first(y); row <= last(y); row++) {
        let down = weight(y, row);
        let at_y = clamp(row, y.low, y.high);
        for (var column = first(x); column <= last(x); column++) {
            let at = vec2(clamp(column, x.low, x.high), at_y);
            let corner = at * 2;
            let far = min(corner + 1, size);
            let alpha = textureLoad(plane3, corner, 0).r + textureLoad(plane3, far, 0).r
                + textureLoad(plane3, vec2(far.x, corner.y), 0).r + textureLoad(plane3, vec2(corner.x, far.y), 0).r;
            let w = down * weight(x, column) * alpha;
            sum += w * vec3(textureLoad(plane1, at, 0).r, textureLoad(plane2, at, 0).r, 1.0);
        }
    }
    return select(vec2(128.0 / 255.0), sum.xy / sum.z, sum.z > 1e-4);
}

// BT.709 limited range to R'G'B' (ITU-R BT.709-6, 3.2 to 3.5).
fn to_rgb(ycc: vec3<f32>) -> vec3<f32> {
    let code = ycc * 255.0 - vec3(16.0, 128.0, 128.0);
    let luma = code.x / 219.0;
    let blue = code.y * 1.8556 / 224.0;
    let red = code.z * 1.5748 / 224.0;
    return vec3(luma + red, luma - (0.2126 * red + 0.0722 * blue) / 0.7152, luma + blue);
}

// The source under a canvas pixel, premultiplied.
fn content(p: vec2<f32>) -> vec4<f32> {
    if d.flags.x == SOLID || d.flags.x == SHADOW {
        return vec4(d.color.rgb * d.color.a, d.color.a);
    }
    let at = vec2(dot(d.row_x.xyz, vec3(p, 1.0)), dot(d.row_y.xyz, vec3(p, 1.0)));
    let x = axis(at.x, d.row_x.w, d.seen.x, d.seen.z);
    let y = axis(at.y, d.row_y.w, d.seen.y, d.seen.w);
    if d.flags.x == RGBA {
        let c = filtered(plane0, x, y);
        if !has(BIT_LANCZOS) {
            return c;
        }
        // The sinc's lobes may lift a colour above its alpha.
        let alpha = clamp(c.a, 0.0, 1.0);
        return vec4(clamp(c.rgb, vec3(0.0), vec3(alpha)), alpha);
    }
    // Chroma is sited left: sample i lies at pixel 2i + 0.5 across and between two rows down.
    let half_low = floor(d.seen.xy * 0.5);
    let half_high = ceil(d.seen.zw * 0.5);
    let cx = axis((at.x - 0.5) * 0.5 + 0.5, d.row_x.w * 0.5, half_low.x, half_high.x);
    let cy = axis(at.y * 0.5, d.row_y.w * 0.5, half_low.y, half_high.y);
    if d.flags.x == I420 {
        let ycc = vec3(filtered(plane0, x, y).r, filtered(plane1, cx, cy).r, filtered(plane2, cx, cy).r);
        return vec4(to_rgb(ycc), 1.0);
    }
    let luma = luma_alpha(x, y);
    if luma.y <= 0.0 {
        return vec4(0.0);
    }
    return vec4(to_rgb(vec3(luma.x, chroma_by_alpha(cx, cy))) * luma.y, luma.y);
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

fn layer(p: vec2<f32>) -> vec4<f32> {
    let part = coverage(p);
    if part <= 0.0 {
        return vec4(0.0);
    }
    var over = content(p);
    if d.turn.w > 0.0 {
        let line = (1.0 - inside(p, d.turn.w)) * d.border.a;
        over = over * (1.0 - line) + vec4(d.border.rgb, 1.0) * line;
    }
    return over * part;
}

@fragment
fn normal(@builtin(position) at: vec4<f32>) -> @location(0) vec4<f32> {
    return layer(at.xy);
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

// W3C Compositing and Blending Level 1, 5.1: what lies under counts as far as it is there.
@fragment
fn blended(@builtin(position) at: vec4<f32>) -> @location(0) vec4<f32> {
    let over = layer(at.xy);
    let under = textureLoad(backdrop, vec2<i32>(at.xy), 0);
    if over.a <= 0.0 {
        return under;
    }
    let cs = over.rgb / over.a;
    let cb = select(vec3(0.0), under.rgb / max(under.a, 1e-5), under.a > 0.0);
    let color = over.rgb * (1.0 - under.a) + mixed(cb, cs) * over.a * under.a + under.rgb * (1.0 - over.a);
    return vec4(color, over.a + under.a * (1.0 - over.a));
}
