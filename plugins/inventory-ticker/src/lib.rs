//! The product on offer as a card: picture, title, price, stock left, flash countdown, QR code.

use vitrine_plugin::{Ease, Layer, Num, Plugin, Prop, Result, Scene, Start, Tint, Words, at, export, log, settings, shop};

struct Ticker {
    card: Layer,
    seen: Option<String>,
    low_from: u32,
    qr: bool,
}

/// How a stock looks.
#[derive(Clone, Copy, PartialEq)]
enum Stock {
    Unlimited,
    Plenty(u32),
    Low(u32),
    Last(u32),
    SoldOut,
}

fn judge(available: Option<u32>, low_from: u32) -> Stock {
    match available {
        None => Stock::Unlimited,
        Some(0) => Stock::SoldOut,
        Some(left) if left.saturating_mul(5) <= low_from => Stock::Last(left),
        Some(left) if left <= low_from => Stock::Low(left),
        Some(left) => Stock::Plenty(left),
    }
}

impl Plugin for Ticker {
    fn start(why: Start) -> Result<Self> {
        let mut ticker = Self { card: Layer::open("card")?, seen: None, low_from: 10, qr: true };
        if why == Start::Reload {
            // What is on air already does not enter anew.
            ticker.seen = shop::current_offer()?.map(|o| o.id);
        }
        ticker.read_settings();
        ticker.draw()?;
        Ok(ticker)
    }

    fn settings_changed(&mut self) -> Result<()> {
        self.read_settings();
        self.draw()
    }

    fn on_shop(&mut self, _what: &[String]) -> Result<()> {
        self.draw()
    }
}

impl Ticker {
    fn read_settings(&mut self) {
        let Ok(value) = serde_json::from_str::<serde_json::Value>(&settings::get_json()) else { return };
        let low = value["threshold"].as_u64().unwrap_or(10);
        self.low_from = u32::try_from(low).unwrap_or(u32::MAX);
        self.qr = value["qr"].as_bool().unwrap_or(true);
    }

    fn draw(&mut self) -> Result<()> {
        let Some(offer) = shop::current_offer()? else {
            self.seen = None;
            return self.card.visible(false);
        };
        let products = shop::products()?;
        let Some(product) = products.iter().find(|p| p.sku == offer.sku) else {
            log::warn(&format!("the offer names the product {}, which is not in the shop", offer.sku));
            return self.card.visible(false);
        };
        let enters = self.seen.as_deref() != Some(offer.id.as_str());
        let stock = judge(product.available, self.low_from);
        let mut s = Scene::new();
        let card = s.group(at(0, 0, 800, 248), |s| {
            s.panel(at(0, 0, 800, 248));
            let dim = if stock == Stock::SoldOut { 0.4 } else { 1.0 };
            s.image(at(16, 16, 216, 216), &format!("product:{}", offer.sku)).opacity(dim);
            let width = if self.qr { 360 } else { 524 };
            s.text(at(256, 20, width, 84), product.title.as_str()).size(30).lines(2);
            if let Some(ends) = offer.ends.filter(|_| offer.kind == "flash" && stock != Stock::SoldOut) {
                flash(s, ends);
            }
            price(s, &offer, stock, width);
            bar(s, product, stock, width);
            if self.qr && stock != Stock::SoldOut && !offer.buy_url.is_empty() {
                s.qr(at(624, 16, 160, 160), &offer.buy_url);
                s.text(at(624, 188, 160, 44), offer.short_code.as_str()).size(32).bold().center();
            }
        });
        if enters {
            card.animate(Prop::Y, &[(0, 48.0), (350, 0.0)], Ease::Out)
                .animate(Prop::Opacity, &[(0, 0.0), (300, 1.0)], Ease::Out);
        }
        self.card.show(&s)?;
        if enters {
            self.card.visible(true)?;
        }
        self.seen = Some(offer.id);
        Ok(())
    }
}

/// The countdown of a flash offer, on the picture, so that the title keeps its two lines.
fn flash(s: &mut Scene, ends: u64) {
    s.block(at(24, 24, 200, 40), Tint::Accent).radius(12);
    let ink = Tint::Rgba(255, 255, 255, 255);
    s.text(at(36, 26, 90, 36), "FLASH").size(26).bold().tint(ink);
    s.text(at(120, 26, 92, 36), Words::Countdown(ends)).size(26).bold().end().tint(ink);
}

/// About how wide a price is: bold figures of Inter are 0.69 em, its dots 0.3 em.
fn width_of(text: &str, size: f32) -> f32 {
    text.chars().map(|c| if matches!(c, '.' | ',' | ' ') { 0.3 } else { 0.69 }).sum::<f32>() * size
}

fn price(s: &mut Scene, offer: &shop::Offer, stock: Stock, width: i32) {
    if stock == Stock::SoldOut {
        s.text(at(256, 108, width, 72), "Sold out").size(56).bold().tint(Tint::InkMuted);
        return;
    }
    let now = offer.price.text();
    // A price is never cut: one that is too long is set smaller.
    let size = (width as f32 / width_of(&now, 1.0)).clamp(26.0, 60.0);
    s.text(at(256, 106, width, 72), now.as_str()).size(size as u16).bold();
    if let Some(old) = &offer.old_price {
        let x = 256 + width_of(&now, size) as i32 + 20;
        let old = old.text();
        // At the weight of a text, not of a price.
        let long = (width_of(&old, 30.0) * 0.91) as i32;
        if x + long <= 256 + width {
            s.text(at(x, 130, long + 16, 40), old.as_str()).size(30).tint(Tint::InkMuted);
            s.block(at(x - 2, 149, long + 4, 3), Tint::InkMuted);
        }
    }
}

fn bar(s: &mut Scene, product: &shop::Product, stock: Stock, width: i32) {
    let (words, tint) = match stock {
        Stock::Unlimited => return,
        Stock::Plenty(left) => (format!("{left} left"), Tint::InkMuted),
        Stock::Low(left) => (format!("Only {left} left"), Tint::Warn),
        Stock::Last(left) => (format!("Last {left}!"), Tint::Danger),
        Stock::SoldOut => ("Next one coming up".to_owned(), Tint::InkMuted),
    };
    s.text(at(256, 178, width, 36), words.as_str()).size(26).bold().tint(tint);
    if let (Some(left), Some(total)) = (product.available, product.total) {
        let full = if total == 0 { 0.0 } else { left as f32 / total as f32 };
        let fill = if tint == Tint::InkMuted { Tint::Accent } else { tint };
        s.bar(at(256, 218, width, 14), Num::Fixed(full)).tint(fill).radius(7);
    }
}

export!(Ticker: shop);
