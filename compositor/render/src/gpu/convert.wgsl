// Turns an uploaded picture with alpha into what is drawn from: luma and chroma of its own size and half,
// premultiplied, each with alpha. Code values over 255.

@group(0) @binding(0) var plane0: texture_2d<f32>;
@group(0) @binding(1) var plane1: texture_2d<f32>;
@group(0) @binding(2) var plane2: texture_2d<f32>;
@group(0) @binding(3) var plane3: texture_2d<f32>;

@vertex
fn whole(@builtin(vertex_index) index: u32) -> @builtin(position) vec4<f32> {
    return vec4(f32(index & 1u) * 2.0 - 1.0, 1.0 - f32(index >> 1u) * 2.0, 0.0, 1.0);
}

fn alpha(at: vec2<i32>) -> f32 {
    return textureLoad(plane3, min(at, vec2<i32>(textureDimensions(plane3)) - 1), 0).r;
}

@fragment
fn keyed_luma(@builtin(position) at: vec4<f32>) -> @location(0) vec4<f32> {
    let a = alpha(vec2<i32>(at.xy));
    return vec4(textureLoad(plane0, vec2<i32>(at.xy), 0).r * a, a, 0.0, 1.0);
}

@fragment
fn keyed_chroma(@builtin(position) at: vec4<f32>) -> @location(0) vec4<f32> {
    let block = vec2<i32>(at.xy);
    let p = block * 2;
    let a = (alpha(p) + alpha(p + vec2(1, 0)) + alpha(p + vec2(0, 1)) + alpha(p + vec2(1, 1))) * 0.25;
    return vec4(textureLoad(plane1, block, 0).r * a, textureLoad(plane2, block, 0).r * a, 0.0, a);
}

// Premultiplied R'G'B' to premultiplied code values: the matrix's offsets ride on alpha.
fn code_of(c: vec4<f32>) -> vec3<f32> {
    let light = dot(c.rgb, LUMA);
    let code = vec3(LUMA_STEPS * light, CHROMA_STEPS * (c.b - light) / CB, CHROMA_STEPS * (c.r - light) / CR);
    return (code + vec3(16.0, 128.0, 128.0) * c.a) / 255.0;
}

fn bitmap(at: vec2<i32>) -> vec4<f32> {
    return textureLoad(plane0, clamp(at, vec2(0), vec2<i32>(textureDimensions(plane0)) - 1), 0);
}

@fragment
fn bitmap_luma(@builtin(position) at: vec4<f32>) -> @location(0) vec4<f32> {
    let c = bitmap(vec2<i32>(at.xy));
    return vec4(code_of(c).x, c.a, 0.0, 1.0);
}

// Chroma is sited left: a sample takes its own column, and half of each neighbour.
@fragment
fn bitmap_chroma(@builtin(position) at: vec4<f32>) -> @location(0) vec4<f32> {
    let p = vec2<i32>(at.xy) * 2;
    let rows = array<vec2<i32>, 2>(p, p + vec2(0, 1));
    var sum = vec4(0.0);
    for (var i = 0; i < 2; i++) {
        let q = rows[i];
        sum += bitmap(q - vec2(1, 0)) + 2.0 * bitmap(q) + bitmap(q + vec2(1, 0));
    }
    let c = sum / 8.0;
    return vec4(code_of(c).yz, 0.0, c.a);
}
