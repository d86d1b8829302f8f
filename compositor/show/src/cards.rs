//! What the show's own graphics say: the shop as it is, in the words of the picture.

use vitrine_commerce::{Money, ProductView, ShopView, ShowId};
use vitrine_scene::file::{Board, Goods};
use vitrine_scene::own::{Face, GiveawayFace, GiveawayState, GoodsFace, Own, PollFace};

/// What a graphic shows at `now_ms`; `None` when there is no such product, nothing on stage, nothing played.
/// `address` is where viewers reach the pages, such as `https://live.example.com`.
#[must_use]
pub fn face(view: &ShopView, show: &ShowId, own: &Own, now_ms: u64, address: &str) -> Option<Face> {
    match own {
        Own::Card(goods) | Own::Qr(goods) => product(view, show, goods, now_ms, address).map(Face::Goods),
        Own::Board(Board::Poll) => poll(view, show).map(Face::Poll),
        Own::Board(Board::Giveaway) => giveaway(view, show, now_ms, address).map(Face::Giveaway),
        Own::Ticker(_) => Some(Face::Told),
    }
}

fn poll(view: &ShopView, show: &ShowId) -> Option<PollFace> {
    let mine = || view.polls.iter().filter(|poll| poll.show == *show);
    let poll = mine().rfind(|poll| poll.open).or_else(|| mine().next_back())?;
    let votes = poll.votes.iter().copied().chain(std::iter::repeat(0));
    let choices = poll.choices.iter().cloned().zip(votes).collect();
    Some(PollFace { question: poll.question.clone(), choices, open: poll.open })
}

/// Letters of a viewer's id that people can say; the page tells the winner in full.
const SAID_CHARS: usize = 6;

/// A viewer as the picture and the pages name one: `Guest 3F9A2C`.
#[must_use]
pub fn guest(id: &str) -> String {
    let short: String = id.chars().filter(char::is_ascii_alphanumeric).take(SAID_CHARS).collect();
    format!("Guest {}", short.to_ascii_uppercase())
}

fn giveaway(view: &ShopView, show: &ShowId, now_ms: u64, address: &str) -> Option<GiveawayFace> {
    let giveaway = view.giveaways.iter().rfind(|giveaway| giveaway.show == *show)?;
    let state = match (&giveaway.draw, giveaway.closes_ms) {
        (Some(draw), _) => {
            GiveawayState::Drawn { winner: guest(&draw.winner), seed: draw.seed_hex.chars().take(12).collect() }
        }
        (None, Some(at)) if at <= now_ms => GiveawayState::Closed,
        (None, Some(at)) => GiveawayState::Closing(at),
        (None, None) => GiveawayState::Open,
    };
    let link = format!("{address}/watch/{show}");
    Some(GiveawayFace { prize: giveaway.prize.clone(), entries: giveaway.entries, state, link })
}

fn product(view: &ShopView, show: &ShowId, goods: &Goods, now_ms: u64, address: &str) -> Option<GoodsFace> {
    let staged = || {
        let offered = view.offer_now(show, now_ms).map(|offer| &offer.sku);
        offered.or_else(|| view.featured.get(show)?.sku.as_ref())
    };
    let product = match goods {
        Goods::Sku(sku) => view.products.values().find(|product| product.sku.as_str() == sku),
        Goods::Stage => view.products.get(staged()?),
    }?;
    let offer = view.offers.iter().find(|offer| {
        offer.show == *show && offer.sku == product.sku && offer.runs(now_ms) && offer.units_left() != Some(0)
    });
    let was = offer.map(|_| product.price).or(product.was);
    Some(GoodsFace {
        sku: product.sku.to_string(),
        pictured: product.image.is_some(),
        title: product.title.clone(),
        price: money(offer.map_or(product.price, |offer| offer.price)),
        was: was.map(money),
        stock: stock(view, product),
        ends_unix_ms: offer.map(|offer| offer.ends_ms),
        short_code: product.sku.to_string(),
        link: short_link(address, product.sku.as_str()),
    })
}

/// The next instant at which a graphic changes by itself: an offer begins or ends, a giveaway closes.
#[must_use]
pub fn changes_next_ms(view: &ShopView, now_ms: u64) -> Option<u64> {
    let offers = view.offers.iter().filter(|offer| !offer.ended).flat_map(|offer| [offer.starts_ms, offer.ends_ms]);
    let turns = offers.chain(view.giveaways.iter().filter_map(|giveaway| giveaway.closes_ms));
    turns.filter(|at| *at > now_ms).min()
}

/// The address on a QR code. What can't stand in a path is written as `%41`.
#[must_use]
pub fn short_link(address: &str, code: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    let code: String =
        code.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect();
    format!("{address}/b/{code}")
}

/// Units left and units there are; a product that is sold as its variants has theirs together.
fn stock(view: &ShopView, product: &ProductView) -> Option<(i64, i64)> {
    let variants = || view.products.values().filter(|other| other.variant_of.as_ref() == Some(&product.sku));
    if variants().next().is_none() {
        return (!product.unlimited()).then_some((product.left, product.on_hand));
    }
    let counted = variants().all(|variant| !variant.unlimited());
    counted.then(|| variants().fold((0, 0), |(left, all), variant| (left + variant.left, all + variant.on_hand)))
}

/// An amount with the sign that people know, where there is one.
fn money(money: Money) -> String {
    let text = money.to_string();
    let Some((amount, code)) = text.rsplit_once(' ') else { return text };
    match code {
        "EUR" => format!("{amount} €"),
        "USD" => format!("${amount}"),
        "GBP" => format!("£{amount}"),
        "JPY" => format!("¥{amount}"),
        "INR" => format!("₹{amount}"),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails")]
    use super::*;
    use crate::goods;
    use std::collections::BTreeMap;
    use std::sync::Arc;
    use vitrine_commerce::{Featured, Offer, OfferId, Sku};

    const FILE: &str = "vitrine = 1\nname = \"Shop\"\n[[canvas]]\nname = \"main\"\nsize = [640, 360]\n\
        [[product]]\nsku = \"MUG\"\ntitle = \"Mug\"\nprice = \"14.90 EUR\"\nwas = \"19.90 EUR\"\nstock = 120\n\
        [[product]]\nsku = \"TEE\"\ntitle = \"Tee\"\nprice = \"24 USD\"\n\
        [[product.variant]]\nsku = \"TEE-M\"\ntitle = \"M\"\nstock = 4\n\
        [[product.variant]]\nsku = \"TEE-L\"\ntitle = \"L\"\nstock = 3\n";

    fn shelf() -> ShopView {
        goods::shelf(&vitrine_scene::file::parse(FILE, "show.toml").unwrap()).unwrap()
    }

    fn show() -> ShowId {
        ShowId::new("shop").unwrap()
    }

    fn see(view: &ShopView, goods: &Goods, now_ms: u64) -> Option<GoodsFace> {
        match face(view, &show(), &Own::Card(goods.clone()), now_ms, "https://x.example")? {
            Face::Goods(goods) => Some(goods),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_card_says_what_the_shop_says() {
        let view = shelf();
        let mug = see(&view, &Goods::Sku("MUG".into()), 0).unwrap();
        assert_eq!((mug.price.as_str(), mug.was.as_deref(), mug.stock), ("14.90 €", Some("19.90 €"), Some((120, 120))));
        assert_eq!(mug.link, "https://x.example/b/MUG");
        let tee = see(&view, &Goods::Sku("TEE".into()), 0).unwrap();
        assert_eq!((tee.price.as_str(), tee.stock), ("$24.00", Some((7, 7))));
        assert_eq!(see(&view, &Goods::Sku("CUP".into()), 0), None);
        assert_eq!(see(&view, &Goods::Stage, 0), None, "nothing is on stage");
    }

    #[test]
    fn the_stage_and_a_price_for_a_while_are_followed() {
        let mut view = shelf();
        let mug = Sku::new("MUG").unwrap();
        let price = Money { minor: 990, ..view.products[&mug].price };
        let offer = Offer {
            id: OfferId::new("o1").unwrap(),
            show: show(),
            sku: mug.clone(),
            price,
            starts_ms: 100,
            ends_ms: 200,
            units: None,
            taken: 0,
            ended: false,
        };
        view.offers = Arc::new(vec![offer]);
        view.featured = Arc::new(BTreeMap::from([(show(), Featured { show: show(), sku: Some(mug), offer: None })]));
        let seen = |at| see(&view, &Goods::Stage, at).map(|face| (face.price, face.ends_unix_ms)).unwrap();
        assert_eq!(seen(150), ("9.90 €".to_owned(), Some(200)));
        assert_eq!(seen(200), ("14.90 €".to_owned(), None));
        assert_eq!((changes_next_ms(&view, 50), changes_next_ms(&view, 100)), (Some(100), Some(200)));
        assert_eq!(changes_next_ms(&view, 200), None);
    }

    #[test]
    fn the_newest_poll_and_giveaway_are_played() {
        use vitrine_commerce::{Giveaway, GiveawayId, Poll, PollId, draw};
        let mut view = shelf();
        let poll = |id: &str, open| Poll {
            id: PollId::new(id).unwrap(),
            show: show(),
            question: id.to_owned(),
            choices: vec!["a".into(), "b".into()],
            votes: vec![2],
            open,
            ends_ms: None,
        };
        view.polls = Arc::new(vec![poll("open", true), poll("closed", false)]);
        let seen = face(&view, &show(), &Own::Board(Board::Poll), 0, "");
        let Some(Face::Poll(seen)) = seen else { panic!("{seen:?}") };
        assert_eq!((seen.question.as_str(), seen.choices.clone()), ("open", vec![("a".into(), 2), ("b".into(), 0)]));
        let mut giveaway = Giveaway {
            id: GiveawayId::new("g").unwrap(),
            show: show(),
            prize: "Mug".into(),
            commit_hex: String::new(),
            beacon: String::new(),
            list_hex: None,
            entries: 3,
            closes_ms: Some(100),
            draw: None,
        };
        let mut see = |giveaway: &Giveaway, now_ms| {
            view.giveaways = Arc::new(vec![giveaway.clone()]);
            match face(&view, &show(), &Own::Board(Board::Giveaway), now_ms, "https://x.example") {
                Some(Face::Giveaway(seen)) => seen.state,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!((see(&giveaway, 50), see(&giveaway, 100)), (GiveawayState::Closing(100), GiveawayState::Closed));
        giveaway.draw = draw::draw("00ff10", "", &["abc-def-ghi"]);
        let drawn = GiveawayState::Drawn { winner: "Guest ABCDEF".into(), seed: "00ff10".into() };
        assert_eq!(see(&giveaway, 100), drawn);
    }
}
