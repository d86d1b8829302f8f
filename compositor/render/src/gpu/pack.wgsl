// Packs the finished canvas as I420, BT.709 limited range: eight pixels of two rows at a time.

struct Shape {
    width: u32,
    height: u32,
    // Words from one luma row to the next; chroma rows have half as many.
    luma_words: u32,
    cb_at: u32,
    cr_at: u32,
}

@group(0) @binding(0) var canvas: texture_2d<f32>;
@group(0) @binding(1) var<storage, read_write> words: array<u32>;
@group(0) @binding(2) var<uniform> shape: Shape;

fn pixel(x: i32, y: i32) -> vec3<f32> {
    let last = vec2<i32>(i32(shape.width), i32(shape.height)) - 1;
    return textureLoad(canvas, clamp(vec2(x, y), vec2(0), last), 0).rgb;
}

fn luma(rgb: vec3<f32>) -> f32 {
    return dot(rgb, vec3(0.2126, 0.7152, 0.0722));
}

fn code(value: f32) -> u32 {
    return u32(clamp(value, 0.0, 255.0) + 0.5);
}

@compute @workgroup_size(8, 8)
fn pack(@builtin(global_invocation_id) id: vec3<u32>) {
    let x = i32(id.x * 8u);
    let y = i32(id.y * 2u);
    if u32(x) >= shape.width || u32(y) >= shape.height {
        return;
    }
    // Chroma is sited left: a sample takes its own column, and half of each neighbour.
    var columns: array<vec3<f32>, 9>;
    columns[0] = pixel(x - 1, y) + pixel(x - 1, y + 1);
    var luma_row = array<array<u32, 2>, 2>(array<u32, 2>(0u, 0u), array<u32, 2>(0u, 0u));
    for (var i = 0; i < 8; i++) {
        let upper = pixel(x + i, y);
        let lower = pixel(x + i, y + 1);
        columns[i + 1] = upper + lower;
        let shift = u32(i & 3) * 8u;
        luma_row[0][i >> 2u] |= code(16.0 + 219.0 * luma(upper)) << shift;
        luma_row[1][i >> 2u] |= code(16.0 + 219.0 * luma(lower)) << shift;
    }
    let at = id.y * 2u * shape.luma_words + id.x * 2u;
    words[at] = luma_row[0][0];
    words[at + 1u] = luma_row[0][1];
    words[at + shape.luma_words] = luma_row[1][0];
    words[at + shape.luma_words + 1u] = luma_row[1][1];
    var cb = 0u;
    var cr = 0u;
    for (var i = 0; i < 4; i++) {
        let mean = (columns[2 * i] + 2.0 * columns[2 * i + 1] + columns[2 * i + 2]) / 8.0;
        let light = luma(mean);
        let shift = u32(i) * 8u;
        cb |= code(128.0 + 224.0 / 1.8556 * (mean.b - light)) << shift;
        cr |= code(128.0 + 224.0 / 1.5748 * (mean.r - light)) << shift;
    }
    let chroma_at = id.y * (shape.luma_words / 2u) + id.x;
    words[shape.cb_at + chroma_at] = cb;
    words[shape.cr_at + chroma_at] = cr;
}
