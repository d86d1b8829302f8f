//! The retained overlay of a plugin: a tree of nodes that the host lays out, animates, counts down and binds.
//!
//! ```text
//! plugin ──commit(ops)──► Layer (all or nothing, limits) ──layout(slot, at)──► draws
//!                                                        └─wanted(slot, at)──► bitmaps to make
//! ```
//!
//! No guest is asked per frame. What is committed at one instant is shown until the next commit; a number that
//! changes rolls, a text that changes fades over, a bar grows to its new value, a countdown ticks by itself.
//! Frames are fractions of the slot; sizes, radii and borders are in pixels of a 1080p design.

mod commit;
mod error;
mod layer;
mod layout;
mod motion;
mod node;
mod walk;

pub use error::OverlayError;
pub use layer::Layer;
pub use layout::{Slot, layout, wanted};
pub use node::{
    Anim, BarNode, BoxNode, Frame, ImageNode, Keyframe, Node, NumSrc, Op, Paint, Prop, QrNode, Shape, TextNode,
    TextSrc, Token,
};
