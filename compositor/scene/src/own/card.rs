//! The product card and the QR sign.

use super::part::{ACCENT, PANEL, Part, Words};
use crate::overlay::{BarNode, ImageNode, Node, NumSrc, Paint, Shape, Token};
use crate::raster::{Align, Fit};

/// Unit of the layouts: pixels of a 1080p design.
pub(super) const CARD: (f32, f32) = (800.0, 248.0);
pub(super) const SIGN: (f32, f32) = (216.0, 264.0);
/// From this many units on, a stock is low; from a fifth of it on, nearly gone.
pub const LOW_FROM: i64 = 10;

/// What a product looks like at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct GoodsFace {
    /// Its SKU.
    pub sku: String,
    /// Whether it has a picture.
    pub pictured: bool,
    /// Its title.
    pub title: String,
    /// What it costs now, as people write it.
    pub price: String,
    /// What it cost before, struck through.
    pub was: Option<String>,
    /// Units left and units there were; `None` if nobody counts them.
    pub stock: Option<(i64, i64)>,
    /// The end of a price for a while, in milliseconds since 1970.
    pub ends_unix_ms: Option<u64>,
    /// What people type instead of scanning.
    pub short_code: String,
    /// Where the QR code leads.
    pub link: String,
}

/// How a stock looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stock {
    Uncounted,
    Plenty(i64),
    Low(i64),
    Last(i64),
    SoldOut,
}

fn judge(stock: Option<(i64, i64)>) -> Stock {
    match stock {
        None => Stock::Uncounted,
        Some((left, _)) if left <= 0 => Stock::SoldOut,
        Some((left, _)) if left * 5 <= LOW_FROM => Stock::Last(left),
        Some((left, _)) if left <= LOW_FROM => Stock::Low(left),
        Some((left, _)) => Stock::Plenty(left),
    }
}

/// About how wide a price is: Inter's figures are 0.62 em, its dots 0.28 em.
fn width_of(text: &str, size: f32) -> f32 {
    text.chars().map(|c| if matches!(c, '.' | ',' | ' ') { 0.28 } else { 0.63 }).sum::<f32>() * size
}

/// Sizes of the price and of the one before.
const PRICE: f32 = 56.0;
const OLD_PRICE: f32 = 26.0;
/// Right edge of the words on the card: the code begins behind it.
const RIGHT: f32 = 600.0;

/// Left edge and width of the words on the card; without a picture they take its room.
const fn words_at(face: &GoodsFace) -> (f32, f32) {
    let left = if face.pictured { 256.0 } else { 28.0 };
    (left, RIGHT - left)
}

pub(super) fn card(face: &GoodsFace) -> Vec<Node> {
    let stock = judge(face.stock);
    let sold_out = stock == Stock::SoldOut;
    let flash = face.ends_unix_ms.filter(|_| !sold_out);
    let (x, width) = words_at(face);
    let mut part = Part::new(CARD);
    part.block([0.0, 0.0, CARD.0, CARD.1], true, PANEL, 24.0, true);
    let image = ImageNode { asset: format!("product:{}", face.sku), fit: Fit::Cover, radius: 16 };
    part.add([16.0, 16.0, 216.0, 216.0], face.pictured, Shape::Image(image));
    let (plain, short) = if flash.is_some() { ("", face.title.as_str()) } else { (face.title.as_str(), "") };
    part.text([x, 16.0, width, 84.0], Words { lines: 2, ..Words::new(plain, 30.0, 500, Token::Ink) });
    part.block([x, 20.0, 216.0, 40.0], flash.is_some(), ACCENT, 10.0, false);
    let flashing = if flash.is_some() { "FLASH" } else { "" };
    part.text([x + 14.0, 22.0, 100.0, 36.0], Words::new(flashing, 26.0, 700, Token::Ink));
    let ends = Words { until: flash, align: Align::End, ..Words::new("", 26.0, 700, Token::Ink) };
    part.text([x + 104.0, 22.0, 98.0, 36.0], ends);
    part.text([x, 66.0, width, 40.0], Words::new(short, 30.0, 500, Token::Ink));
    let (price, token) = if sold_out { ("Sold out", Token::InkMuted) } else { (face.price.as_str(), Token::Ink) };
    part.text([x, 98.0, width, 72.0], Words::new(price, PRICE, 700, token));
    old_price(face, sold_out, &mut part);
    left(face, stock, &mut part);
    let scan = !sold_out && !face.link.is_empty();
    part.qr([624.0, 16.0, 160.0, 160.0], scan, &face.link, 3);
    let code = if scan { face.short_code.as_str() } else { "" };
    part.text([608.0, 188.0, 192.0, 44.0], Words { align: Align::Center, ..Words::new(code, 28.0, 700, Token::Ink) });
    part.nodes
}

fn old_price(face: &GoodsFace, sold_out: bool, part: &mut Part) {
    let (begin, width) = words_at(face);
    let x = begin + width_of(&face.price, PRICE) + 22.0;
    let old = face.was.as_deref().filter(|_| !sold_out).unwrap_or_default();
    let long = width_of(old, OLD_PRICE);
    let old = if x + long <= begin + width { old } else { "" };
    part.text([x.min(CARD.0), 120.0, long + 16.0, 40.0], Words::new(old, OLD_PRICE, 500, Token::InkMuted));
    let strike = Paint::Token(Token::InkMuted);
    part.block([x.min(CARD.0) - 2.0, 139.0, long + 4.0, 3.0], !old.is_empty(), strike, 0.0, false);
}

fn left(face: &GoodsFace, stock: Stock, part: &mut Part) {
    let (words, token) = match stock {
        Stock::Uncounted => (String::new(), Token::InkMuted),
        Stock::Plenty(left) => (format!("{left} left"), Token::InkMuted),
        Stock::Low(left) => (format!("Only {left} left"), Token::Warn),
        Stock::Last(left) => (format!("Last {left}!"), Token::Danger),
        Stock::SoldOut => ("All are gone".to_owned(), Token::InkMuted),
    };
    let (x, width) = words_at(face);
    part.text([x, 176.0, width, 36.0], Words::new(&words, 26.0, 700, token));
    let full = face.stock.map_or(0.0, |(left, total)| share(left, total));
    let fg = if token == Token::InkMuted { ACCENT } else { Paint::Token(token) };
    let bar = BarNode { value: NumSrc::Fixed(full), fg, bg: Paint::Token(Token::PanelRaised), radius: 7.0 };
    part.add([x, 216.0, width, 14.0], face.stock.is_some(), Shape::Bar(bar));
}

/// How full a stock bar is.
#[allow(clippy::cast_precision_loss, reason = "a bar is a few hundred pixels long")]
fn share(left: i64, total: i64) -> f32 {
    if total <= 0 { 0.0 } else { (left.clamp(0, total) as f32 / total as f32).clamp(0.0, 1.0) }
}

pub(super) fn sign(face: &GoodsFace) -> Vec<Node> {
    let mut part = Part::new(SIGN);
    part.block([0.0, 0.0, SIGN.0, SIGN.1], true, PANEL, 24.0, true);
    part.qr([16.0, 16.0, 184.0, 184.0], !face.link.is_empty(), &face.link, 3);
    let words = Words { align: Align::Center, ..Words::new(&face.short_code, 30.0, 700, Token::Ink) };
    part.text([8.0, 208.0, 200.0, 44.0], words);
    part.nodes
}

#[cfg(test)]
mod tests {
    use super::super::{Face, Own};
    use super::*;
    use crate::file::Goods;
    use crate::overlay::{Layer, TextNode, TextSrc};
    use vitrine_media::ShowTime;

    fn face(left: i64) -> GoodsFace {
        GoodsFace {
            sku: "MUG".into(),
            pictured: true,
            title: "Mug ".repeat(200),
            price: "14.90 €".into(),
            was: Some("19.90 €".into()),
            stock: Some((left, 120)),
            ends_unix_ms: None,
            short_code: "MUG".into(),
            link: "https://live.example.com/b/MUG".into(),
        }
    }

    #[test]
    fn every_state_is_a_layer_that_is_taken_and_names_its_product() {
        let mut flash = face(40);
        flash.ends_unix_ms = Some(1_000);
        let bare = GoodsFace { stock: None, was: None, link: String::new(), title: "\u{7}".into(), ..face(0) };
        for face in [face(120), face(10), face(2), face(0), flash, bare] {
            for own in [Own::Card(Goods::Stage), Own::Qr(Goods::Stage)] {
                let ops = own.ops(&Face::Goods(face.clone()));
                let mut layer = Layer::new(own.size());
                layer.commit(&ops, ShowTime::ZERO).unwrap();
                let again = layer.nodes();
                layer.commit(&ops, ShowTime::ZERO).unwrap();
                assert_eq!(layer.nodes(), again, "the same parts, not more");
                let product = layer.product().map(AsRef::as_ref);
                assert_eq!(product, matches!(own, Own::Card(_)).then_some("MUG"));
            }
        }
    }

    #[test]
    fn a_low_stock_is_said_and_a_sold_out_one_has_no_code() {
        let texts = |face: &GoodsFace| -> Vec<String> {
            let said = |node: Node| match node.shape {
                Shape::Text(TextNode { src: TextSrc::Literal(text), .. }) if node.opacity > 0.0 => Some(text),
                _ => None,
            };
            card(face).into_iter().filter_map(said).collect()
        };
        assert!(texts(&face(11)).contains(&"11 left".to_owned()));
        assert!(texts(&face(10)).contains(&"Only 10 left".to_owned()));
        assert!(texts(&face(2)).contains(&"Last 2!".to_owned()));
        let gone = texts(&face(0));
        assert!(gone.contains(&"Sold out".to_owned()) && !gone.contains(&"MUG".to_owned()), "{gone:?}");
    }
}
