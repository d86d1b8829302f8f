//! `[[product]]`: what is sold.

use super::base::{Between, LINE, Text};
use super::reader::{Cx, Fields, Kind, Mention, Rule, Value};
use super::units::Price;
use schemars::{Schema, SchemaGenerator};

table! {
    /// A product.
    pub struct Product {
        /// Its stock-keeping unit; one in the whole file.
        pub sku: String | (Sku),
        /// Its title.
        pub title: String | (Text(200)),
        /// What it costs.
        pub price: Price,
        /// What it used to cost; shown struck through.
        pub was: Option<Price> = None,
        /// How many there are; no limit if not said.
        pub stock: Option<u32> | (Between(0.0..=1_000_000_000.0)) = None,
        /// Its picture, relative to the show file.
        pub image: Option<String> | (LINE) = None,
        /// A sentence or two.
        pub description: Option<String> | (Text(2_000)) = None,
        /// Sizes, colours and the like, each with its own stock.
        pub variants as "variant": Vec<Variant> = Vec::new(),
    }
    check Product::check
}

impl Product {
    fn check(&self, fields: &Fields<'_>, cx: &mut Cx<'_>) {
        if self.was.is_some_and(|was| was.currency != self.price.currency) {
            let help = "give both prices in one currency";
            cx.problem(fields.span_of("was"), "FILE_MONEY", "\"was\" has another currency than \"price\"", help);
        }
    }
}

table! {
    /// One of several forms of a product.
    pub struct Variant {
        /// Its stock-keeping unit.
        pub sku: String | (Sku),
        /// What tells it from the others: `"L"`, `"blue"`.
        pub title: String | (Text(100)),
        /// What it costs; as the product if not said.
        pub price: Option<Price> = None,
        /// How many there are; no limit if not said.
        pub stock: Option<u32> | (Between(0.0..=1_000_000_000.0)) = None,
        /// Its picture.
        pub image: Option<String> | (LINE) = None,
    }
}

/// Reads a stock-keeping unit and remembers that it is given here.
struct Sku;

impl Rule<String> for Sku {
    fn read(&self, value: Value<'_>, cx: &mut Cx<'_>) -> Option<String> {
        let sku: String = Text(64).read(value, cx)?;
        cx.given.push(Mention { kind: Kind::Product, name: sku.clone(), span: value.span() });
        Some(sku)
    }
    fn schema(&self, generator: &mut SchemaGenerator) -> Schema {
        Rule::<String>::schema(&Text(64), generator)
    }
}
