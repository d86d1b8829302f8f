//! The overlay rasteriser's limits: name, unit, reason.

/// Pixels along one side of a bitmap: the texture side that every WebGPU device takes.
pub const SIDE_PX_MAX: u32 = 8192;

/// Pixels of one bitmap: 64 MiB of RGBA. Eight 1080p canvases; more can only be a mistake.
pub const BITMAP_PX_MAX: u64 = 16 * 1024 * 1024;

/// Bytes that decoding one image may take beside its file.
pub const DECODE_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Bytes of an SVG's source: a logo has kilobytes; parsing costs grow with it.
pub const SVG_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Characters of a text that are looked at. What follows is never read, however long it is.
pub const TEXT_CHARS_READ_MAX: usize = 64 * 1024;

/// Characters of a text that are kept: a full screen of the smallest readable type.
pub const TEXT_CHARS_KEPT_MAX: usize = 8 * 1024;

/// Graphemes of a paragraph that are shaped; layout cost grows with a paragraph's length.
pub const PARAGRAPH_GRAPHEMES_MAX: usize = 200;

/// Graphemes of a whole text that are shaped.
pub const TEXT_GRAPHEMES_MAX: usize = 2000;

/// Paragraphs of a text, and lines of it, that are shaped: more don't fit a canvas at 26 px.
pub const TEXT_LINES_MAX: usize = 64;

/// Combining marks kept on one base: every living orthography needs fewer, zalgo needs more.
pub const MARKS_PER_BASE_MAX: usize = 4;

/// Characters kept in one grapheme: a family of four with skin tones has eleven.
pub const CHARS_PER_GRAPHEME_MAX: usize = 16;

/// Height of the em square in tenths of a pixel: from unreadable to half a 4K canvas.
pub const FONT_SIZE_PX10: std::ops::RangeInclusive<u32> = 40..=10_240;

/// Line height in per cent of the size.
pub const LINE_HEIGHT_PCT: std::ops::RangeInclusive<u16> = 50..=400;

/// Thickness of an outline in tenths of a pixel; beyond, letters are blots.
pub const OUTLINE_PX10_MAX: u16 = 400;

/// Blur of a text shadow in tenths of a pixel; beyond, it is no longer seen.
pub const SHADOW_BLUR_PX10_MAX: u16 = 2000;

/// Offset of a text shadow in tenths of a pixel, either way.
pub const SHADOW_OFFSET_PX10_MAX: i16 = 2000;

/// Rasterised glyphs remembered; at 100 px about 40 MiB.
pub const GLYPHS_KEPT_MAX: usize = 4096;

/// Characters whose presence in the fonts is remembered.
pub const COVERAGE_KEPT_MAX: usize = 16 * 1024;

/// Bytes of finished bitmaps that the store keeps; the least recently drawn go first.
pub const STORE_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Places whose last bitmap is remembered. A scene has tens.
pub const STORE_PLACES_MAX: usize = 4096;

/// Failed bitmaps remembered, so that they aren't tried at every tick.
pub const STORE_FAILURES_MAX: usize = 1024;

/// Requests in flight per asker; the rest is asked again at a later tick.
pub const REQUESTS_PENDING_MAX: usize = 256;

/// Ticks after which a request that got no answer is sent again: it may have been dropped from a full lane.
pub const REQUEST_AGAIN_TICKS: u64 = 60;
