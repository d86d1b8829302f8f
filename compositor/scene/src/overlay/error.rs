//! Why a commit was refused: what, where, and what to do.

use crate::limits;
use thiserror::Error;

/// Why a commit was refused. Nothing of it was taken.
#[derive(Debug, Error, PartialEq, Eq, Clone)]
pub enum OverlayError {
    /// Too many operations at once.
    #[error("{0} operations in one commit; send at most {max}", max = limits::OVERLAY_OPS_MAX)]
    TooManyOps(usize),
    /// The layer would hold too many nodes.
    #[error("the layer would hold {0} nodes; keep at most {max}", max = limits::OVERLAY_NODES_MAX)]
    TooManyNodes(usize),
    /// The commit, or the layer after it, would be too large.
    #[error("the layer would hold {0} bytes of text; keep at most {max}", max = limits::OVERLAY_BYTES_MAX)]
    TooLarge(usize),
    /// A number is not finite or out of range.
    #[error("node {node}: {field} is {value}; use {low} to {high}")]
    Number {
        /// The node.
        node: u32,
        /// Which number.
        field: &'static str,
        /// What it is.
        value: String,
        /// Least.
        low: i32,
        /// Most.
        high: i32,
    },
    /// A text is too long or holds control characters.
    #[error("node {node}: {why}")]
    Text {
        /// The node; 0 for a binding.
        node: u32,
        /// Which rule it breaks, and what to do.
        why: String,
    },
    /// A node's parent is not there.
    #[error("node {node}: its parent {parent} is not on the layer; put the parent in the same commit or before")]
    NoParent {
        /// The node.
        node: u32,
        /// Its parent.
        parent: u32,
    },
    /// Nodes lie in each other in a circle, or too deep.
    #[error("node {0} lies in itself or deeper than {max} nodes", max = limits::DEPTH_MAX)]
    Nesting(u32),
    /// An operation names a node that is not there.
    #[error("there is no node {0} on the layer")]
    NoNode(u32),
    /// An animation can't be played.
    #[error("animation of node {node}: {why}")]
    Animation {
        /// The node.
        node: u32,
        /// Which rule it breaks, and what to do.
        why: &'static str,
    },
    /// Too many animations or bindings.
    #[error("the layer would hold {count} {what}; keep at most {max}")]
    TooMany {
        /// How many.
        count: usize,
        /// Of what.
        what: &'static str,
        /// Most.
        max: usize,
    },
}

impl OverlayError {
    /// A stable code for APIs and logs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooManyOps(_) => "OVERLAY_OPS",
            Self::TooManyNodes(_) => "OVERLAY_NODES",
            Self::TooLarge(_) => "OVERLAY_SIZE",
            Self::Number { .. } => "OVERLAY_NUMBER",
            Self::Text { .. } => "OVERLAY_TEXT",
            Self::NoParent { .. } => "OVERLAY_PARENT",
            Self::Nesting(_) => "OVERLAY_NESTING",
            Self::NoNode(_) => "OVERLAY_NO_NODE",
            Self::Animation { .. } => "OVERLAY_ANIMATION",
            Self::TooMany { .. } => "OVERLAY_TOO_MANY",
        }
    }
}
