//! A layer: what a plugin has committed, and since when.

use super::error::OverlayError;
use super::motion::{Change, Playing};
use super::node::{Node, NumSrc, Op, Shape, TextSrc};
use super::{commit, motion};
use std::collections::BTreeMap;
use std::sync::Arc;
use vitrine_media::ShowTime;

/// A plugin's layer. Cheap to clone: nodes are shared.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    pub(super) size_units: (f32, f32),
    pub(super) revision: u64,
    pub(super) nodes: BTreeMap<u32, Held>,
    /// Nodes in the order of drawing, each after its parent, with the parent's place in this order.
    pub(super) order: Vec<(u32, Option<usize>)>,
    pub(super) anims: Vec<Playing>,
    pub(super) texts: BTreeMap<String, Arc<str>>,
    pub(super) numbers: BTreeMap<String, f32>,
    pub(super) visible: Change<bool>,
    product: Option<Arc<str>>,
}

/// What an image of a product is called.
const PRODUCT_IMAGE: &str = "product:";

/// A node and what of it is on its way.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Held {
    pub(super) node: Arc<Node>,
    /// The revision that put it: part of what names its bitmaps.
    pub(super) revision: u64,
    /// Its text, now and before.
    pub(super) text: Change<Arc<str>>,
    /// Its number, now and before.
    pub(super) number: Change<f32>,
    /// When it was put: marquees start to run then.
    pub(super) since: ShowTime,
}

impl Layer {
    /// An empty layer. `size_units` is its own width and height in pixels of a 1080p design, from the plugin's
    /// manifest; a place in the show file may say another.
    #[must_use]
    pub fn new(size_units: (f32, f32)) -> Self {
        let side = |n: f32| if n.is_finite() { n.clamp(1.0, 8_192.0) } else { 1.0 };
        Self {
            size_units: (side(size_units.0), side(size_units.1)),
            revision: 0,
            nodes: BTreeMap::new(),
            order: Vec::new(),
            anims: Vec::new(),
            texts: BTreeMap::new(),
            numbers: BTreeMap::new(),
            visible: Change::still(true),
            product: None,
        }
    }

    /// The product that it shows, if it shows the picture of exactly one: what a click on it opens.
    #[must_use]
    pub const fn product(&self) -> Option<&Arc<str>> {
        self.product.as_ref()
    }

    /// Says what a click on it opens, until the next commit.
    pub fn set_product(&mut self, sku: &str) {
        self.product = Some(Arc::from(sku));
    }

    /// The layer with nothing on its way: every number and text as it will be.
    #[must_use]
    pub fn settled(mut self) -> Self {
        let ids: Vec<u32> = self.nodes.keys().copied().collect();
        for id in ids {
            let Some(node) = self.nodes.get(&id).map(|held| Arc::clone(&held.node)) else { continue };
            let (text, number) = (self.text_of(&node), self.number_of(&node));
            if let Some(held) = self.nodes.get_mut(&id) {
                (held.text, held.number) = (Change::still(text), Change::still(number));
            }
        }
        self
    }

    /// Its own width and height, in pixels of a 1080p design.
    #[must_use]
    pub const fn size_units(&self) -> (f32, f32) {
        self.size_units
    }

    /// How often it has changed.
    #[must_use]
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// How many nodes it holds.
    #[must_use]
    pub fn nodes(&self) -> usize {
        self.nodes.len()
    }

    /// Takes all of `ops`, or none. What changes begins to move at `at`. Returns the new revision.
    ///
    /// # Errors
    /// [`OverlayError`] says which rule the first bad operation breaks; the layer is then as it was.
    pub fn commit(&mut self, ops: &[Op], at: ShowTime) -> Result<u64, OverlayError> {
        let mut draft = self.clone();
        draft.revision = self.revision.saturating_add(1);
        commit::apply(&mut draft, ops, at)?;
        draft.follow(at);
        draft.product = draft.only_product();
        *self = draft;
        Ok(self.revision)
    }

    fn only_product(&self) -> Option<Arc<str>> {
        let mut shown = self.nodes.values().filter_map(|held| match &held.node.shape {
            Shape::Image(image) => image.asset.strip_prefix(PRODUCT_IMAGE),
            _ => None,
        });
        let first = shown.next()?;
        shown.all(|sku| sku == first).then(|| Arc::from(first))
    }

    /// Notes which texts and numbers have become others, so that they can roll.
    fn follow(&mut self, at: ShowTime) {
        let ids: Vec<u32> = self.nodes.keys().copied().collect();
        for id in ids {
            let Some(held) = self.nodes.get(&id) else { continue };
            let text = self.text_of(&held.node);
            let number = self.number_of(&held.node);
            if let Some(held) = self.nodes.get_mut(&id) {
                held.text.turn(text, at);
                held.number.turn_from(number, |change| motion::shown_number(change, at), at);
            }
        }
    }

    /// What a text node says now, apart from countdowns and marquees.
    pub(super) fn text_of(&self, node: &Node) -> Arc<str> {
        let Shape::Text(text) = &node.shape else { return Arc::from("") };
        match &text.src {
            TextSrc::Literal(text) => Arc::from(text.as_str()),
            TextSrc::Bound(key) => self
                .texts
                .get(key)
                .cloned()
                .or_else(|| self.numbers.get(key).map(|number| Arc::from(plain_number(*number))))
                .unwrap_or_else(|| Arc::from("")),
            TextSrc::Countdown(_) | TextSrc::Marquee(_) => Arc::from(""),
        }
    }

    fn number_of(&self, node: &Node) -> f32 {
        match &node.shape {
            Shape::Bar(bar) => match &bar.value {
                NumSrc::Fixed(number) => *number,
                NumSrc::Bound(key) => self.numbers.get(key).copied().unwrap_or(0.0),
                NumSrc::Between(..) => 0.0,
            },
            _ => 0.0,
        }
    }
}

/// A number as a text: whole ones without decimals, others with one.
fn plain_number(number: f32) -> String {
    if number.fract() == 0.0 { format!("{number:.0}") } else { format!("{number:.1}") }
}
