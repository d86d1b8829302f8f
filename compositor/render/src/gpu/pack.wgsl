// Packs the finished canvas as I420: eight pixels of two rows, and their four chroma samples, at a time.

struct Shape {
    width: u32,
    height: u32,
    // Words from one luma row to the next; chroma rows have half as many.
    luma_words: u32,
    cb_at: u32,
    cr_at: u32,
}

@group(0) @binding(0) var luma: texture_2d<f32>;
@group(0) @binding(1) var chroma: texture_2d<f32>;
@group(0) @binding(2) var<storage, read_write> words: array<u32>;
@group(0) @binding(3) var<uniform> shape: Shape;

fn code(value: f32) -> u32 {
    return u32(clamp(value * 255.0, 0.0, 255.0) + 0.5);
}

// Four luma samples from `at`, as one word; beyond the edge nothing is read by anyone.
fn four(at: vec2<i32>) -> u32 {
    var word = 0u;
    for (var i = 0; i < 4; i++) {
        word |= code(textureLoad(luma, min(at + vec2(i, 0), vec2<i32>(textureDimensions(luma)) - 1), 0).r) << u32(i * 8);
    }
    return word;
}

@compute @workgroup_size(8, 8)
fn pack(@builtin(global_invocation_id) id: vec3<u32>) {
    let x = i32(id.x * 8u);
    let y = i32(id.y * 2u);
    if u32(x) >= shape.width || u32(y) >= shape.height {
        return;
    }
    let at = id.y * 2u * shape.luma_words + id.x * 2u;
    words[at] = four(vec2(x, y));
    words[at + 1u] = four(vec2(x + 4, y));
    words[at + shape.luma_words] = four(vec2(x, y + 1));
    words[at + shape.luma_words + 1u] = four(vec2(x + 4, y + 1));
    var cb = 0u;
    var cr = 0u;
    for (var i = 0; i < 4; i++) {
        let place = min(vec2(x / 2 + i, y / 2), vec2<i32>(textureDimensions(chroma)) - 1);
        let sample = textureLoad(chroma, place, 0);
        cb |= code(sample.r) << u32(i * 8);
        cr |= code(sample.g) << u32(i * 8);
    }
    let chroma_at = id.y * (shape.luma_words / 2u) + id.x;
    words[shape.cb_at + chroma_at] = cb;
    words[shape.cr_at + chroma_at] = cr;
}
