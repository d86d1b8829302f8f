//! Every limit of this room: name, unit, reason.

/// Longest show file, in bytes: a parser's time stays under 10 ms.
pub const FILE_BYTES_MAX: usize = 1 << 20;
/// Most layers in all scenes together: a draw list that one tick can still draw.
pub const LAYERS_MAX: usize = 512;
/// Deepest nesting of scenes within scenes, and of tables within tables: the walk is recursive.
pub const DEPTH_MAX: usize = 16;
/// Most problems told of one file: more than a person reads in one go.
pub const PROBLEMS_MAX: usize = 200;
/// Longest text layer, in characters: what fits on a picture and can be shaped in a few milliseconds.
pub const TEXT_CHARS_MAX: usize = 2_000;
/// Largest canvas side, in pixels: what both renderers can draw.
pub const CANVAS_SIDE_MAX: u32 = 8_192;
/// Largest side of an input's picture, in pixels: larger pictures don't fit the pools.
pub const INPUT_SIDE_MAX: u32 = 4_096;
/// Most draws of one picture, after scenes within scenes are unfolded: the tick has to draw them all.
pub const DRAWS_MAX: usize = 4_096;
/// Longest transition, in milliseconds: longer ones are a T-bar's work.
pub const TRANSITION_MS_MAX: u32 = 60_000;
/// Bitmaps wanted ahead of a change, in milliseconds: time to shape, raster and upload.
pub const RASTER_LOOKAHEAD_MS: u64 = 1_200;

/// Most nodes on one overlay layer: layout stays well under a millisecond.
pub const OVERLAY_NODES_MAX: usize = 2_000;
/// Largest commit and largest layer, in bytes of text, names and keyframes.
pub const OVERLAY_BYTES_MAX: usize = 512 << 10;
/// Most operations in one commit.
pub const OVERLAY_OPS_MAX: usize = 4_000;
/// Longest text of a node, in characters that take room (marks and joiners are not counted).
pub const OVERLAY_TEXT_CHARS_MAX: usize = 200;
/// Most lines of a text node.
pub const OVERLAY_LINES_MAX: u8 = 16;
/// Most lines that a marquee runs through.
pub const OVERLAY_MARQUEE_MAX: usize = 32;
/// Longest text in a QR code, in bytes: a larger code can't be read from a sofa.
pub const OVERLAY_QR_BYTES_MAX: usize = 2_048;
/// Most keyframes of one animation.
pub const OVERLAY_KEYS_MAX: usize = 64;
/// Most animations on one layer.
pub const OVERLAY_ANIMS_MAX: usize = 500;
/// Most bound values of one layer.
pub const OVERLAY_BINDS_MAX: usize = 500;
/// Longest name of a binding, a font, an asset, in bytes.
pub const OVERLAY_NAME_BYTES_MAX: usize = 128;
/// Most bitmaps that one layer may ask for at once: the rasteriser's share per overlay.
pub const OVERLAY_RASTERS_MAX: usize = 512;
