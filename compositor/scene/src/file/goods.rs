//! How layers and overlays name what is sold.

use super::base::{Text, text_of};
use super::reader::{Cx, Kind, Mention, Read, Rule, Value};
use crate::limits::{OVERLAY_MARQUEE_MAX, OVERLAY_TEXT_CHARS_MAX};
use schemars::{Schema, SchemaGenerator, json_schema};
use toml::de::DeValue;

/// What is written for "whatever is on stage".
const STAGE: &str = "@stage";

/// A product, or whatever the seller has on stage.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Goods {
    /// The product of this SKU.
    Sku(String),
    /// What is on stage.
    Stage,
}

impl Goods {
    /// As the file says it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Sku(sku) => sku,
            Self::Stage => STAGE,
        }
    }
}

impl Read for Goods {
    fn read(value: Value<'_>, cx: &mut Cx<'_>) -> Option<Self> {
        if text_of(value, "a product's SKU, or \"@stage\"", cx)? == STAGE {
            return Some(Self::Stage);
        }
        let sku: Option<String> = SkuUsed.read(value, cx)?;
        sku.map(Self::Sku)
    }
    fn schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": 64 })
    }
}

words! {
    /// What viewers play, as a board on the picture.
    pub enum Board {
        /// The newest poll.
        #[default]
        Poll = "poll",
        /// The newest giveaway.
        Giveaway = "giveaway",
    }
}

impl Ord for Board {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.word().cmp(other.word())
    }
}

impl PartialOrd for Board {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// News that run along the picture, one behind the other.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticker(Vec<String>);

impl Ticker {
    /// The texts, in the order in which they run.
    #[must_use]
    pub fn texts(&self) -> &[String] {
        &self.0
    }
}

/// What one text of a ticker may be long, in characters.
const NEWS: Text = Text(OVERLAY_TEXT_CHARS_MAX);

impl Read for Ticker {
    fn read(value: Value<'_>, cx: &mut Cx<'_>) -> Option<Self> {
        let DeValue::Array(items) = value.get_ref() else {
            cx.wrong_type(value, "a list of texts");
            return None;
        };
        if !(1..=OVERLAY_MARQUEE_MAX).contains(&items.len()) {
            let what = format!("a ticker of {} texts", items.len());
            cx.problem(value.span(), "FILE_RANGE", what, format!("write 1 to {OVERLAY_MARQUEE_MAX} texts"));
            return None;
        }
        items.iter().map(|item| NEWS.read(item, cx)).collect::<Option<Vec<String>>>().map(Self)
    }
    fn schema(generator: &mut SchemaGenerator) -> Schema {
        let text = Rule::<String>::schema(&NEWS, generator);
        json_schema!({ "type": "array", "items": text, "minItems": 1, "maxItems": OVERLAY_MARQUEE_MAX })
    }
}

/// Reads the SKU of a product that the file defines elsewhere.
pub(crate) struct SkuUsed;

impl Rule<Option<String>> for SkuUsed {
    fn read(&self, value: Value<'_>, cx: &mut Cx<'_>) -> Option<Option<String>> {
        let sku: String = Text(64).read(value, cx)?;
        cx.wanted.push(Mention { kind: Kind::Product, name: sku.clone(), span: value.span() });
        Some(Some(sku))
    }
    fn schema(&self, generator: &mut SchemaGenerator) -> Schema {
        Rule::<String>::schema(&Text(64), generator)
    }
}
