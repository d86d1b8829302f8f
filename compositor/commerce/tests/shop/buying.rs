//! Prices, quantities, bundles, offers, codes, caps: what a buyer may and may not do.

use super::house::{House, eur, hold, order, pay, product, receive, show, sku, under, want, who};
use std::sync::Arc;
use vitrine_commerce::{
    CodeId, Command, Discount, DiscountCode, Money, Offer, OfferId, OrderState, Policy, Reply, ShowId, Wanted,
};

fn offer(id: &str, minor: i64, units: u32) -> Offer {
    Offer {
        id: OfferId::new(id).unwrap(),
        show: show(),
        sku: sku("TEA"),
        price: eur(minor),
        starts_ms: 1_000_000,
        ends_ms: 2_000_000,
        units: Some(units),
        taken: 0,
        ended: false,
    }
}

#[test]
fn prices_and_quantities_are_the_servers_own() {
    let mut house = House::new();
    house.ok(Command::PutOffer { offer: Offer { show: ShowId::new("other").unwrap(), ..offer("elsewhere", 1, 10) } });
    for qty in [0, -1, 1000, i64::MAX, i64::MIN] {
        assert_eq!(house.refused(hold("o", "eve", &[want("TEA", qty)])), "QUANTITY_INVALID");
    }
    let huge = r#"{"sku":"TEA","qty":9223372036854775808}"#;
    assert!(serde_json::from_str::<Wanted>(huge).is_err());
    assert!(serde_json::from_str::<Wanted>(r#"{"sku":"TEA","qty":1,"price":1}"#).is_err(), "a price has no place here");
    let seen = |text: &str| Wanted { seen_price: Some(text.parse().unwrap()), ..want("TEA", 1) };
    assert_eq!(house.refused(hold("o", "eve", &[seen("0.01 EUR")])), "PRICE_CHANGED");
    assert_eq!(house.refused(hold("o", "eve", &[seen("4.00 USD")])), "PRICE_CHANGED");
    assert_eq!(house.refused(hold("o", "eve", &[under("TEA", 1, "elsewhere")])), "OFFER_UNKNOWN");
    assert_eq!(house.refused(hold("o", "eve", &[under("TEA", 1, "nothing")])), "OFFER_UNKNOWN");
    assert_eq!(house.refused(hold("o", "eve", &[want("NOPE", 1)])), "PRODUCT_UNKNOWN");
    assert_eq!(house.refused(hold("o", "eve", &[])), "LINES_INVALID");
    assert_eq!(house.refused(hold("o", "eve", &vec![want("TEA", 1); 51])), "LINES_INVALID");
    house.ok(Command::PutProducts { products: vec![product("US", "5.00 USD")] });
    house.ok(receive("US", 5));
    assert_eq!(house.refused(hold("o", "eve", &[want("TEA", 1), want("US", 1)])), "CURRENCY_MISMATCH");
    let Reply::Order { order } = house.ok(hold("o", "ann", &[seen("4.00 EUR"), want("TEA", 2)])) else {
        panic!("no order")
    };
    assert_eq!(order.total, eur(1200));
}

#[test]
fn another_buyers_order_is_unknown() {
    let mut house = House::new();
    house.ok(hold("o", "ann", &[want("TEA", 1)]));
    assert_eq!(house.refused(pay("o", "eve")), "ORDER_UNKNOWN");
    assert_eq!(house.refused(Command::Release { order: order("o"), customer: Some(who("eve")) }), "ORDER_UNKNOWN");
    assert_eq!(house.refused(Command::Extend { order: order("o"), customer: who("eve") }), "ORDER_UNKNOWN");
}

#[test]
fn lines_that_share_a_part_are_summed_before_they_are_judged() {
    let mut house = House::new();
    // Two mugs are there; the kit needs both.
    assert_eq!(house.refused(hold("o", "ann", &[want("KIT", 1), want("MUG", 1)])), "STOCK_SOLD_OUT");
    assert_eq!(house.refused(hold("o", "ann", &[want("MUG", 1), want("MUG", 2)])), "STOCK_SOLD_OUT");
    assert_eq!(house.state.left(&sku("KIT")), 1);
    house.ok(hold("o", "ann", &[want("KIT", 1)]));
    assert_eq!((house.counters("MUG"), house.counters("TEA")), ([0, 2, 0], [49, 1, 0]));
    assert_eq!(house.state.left(&sku("KIT")), 0);
}

#[test]
fn an_offer_has_a_beginning_an_end_and_a_number() {
    let mut house = House::new();
    house.ok(Command::PutOffer { offer: offer("flash", 250, 3) });
    house.now = 999_999;
    assert_eq!(house.refused(hold("o", "ann", &[under("TEA", 1, "flash")])), "OFFER_CLOSED");
    house.now = 1_000_000;
    assert_eq!(
        house.refused(hold("o", "ann", &[under("TEA", 2, "flash"), under("TEA", 2, "flash")])),
        "OFFER_SOLD_OUT"
    );
    assert_eq!(house.refused(hold("o", "ann", &[under("MUG", 1, "flash")])), "OFFER_UNKNOWN");
    house.ok(hold("o", "ann", &[under("TEA", 2, "flash")]));
    assert_eq!(house.order("o").total, eur(500));
    assert_eq!(house.refused(hold("p", "bob", &[under("TEA", 2, "flash")])), "OFFER_SOLD_OUT");
    house.ok(Command::Release { order: order("o"), customer: None });
    house.ok(hold("p", "bob", &[under("TEA", 3, "flash")]));
    house.now = 2_000_000;
    assert_eq!(house.refused(hold("q", "cat", &[under("TEA", 1, "flash")])), "OFFER_CLOSED");
    assert_eq!(house.order("p").total, eur(750), "a hold keeps its price");
}

#[test]
fn codes_are_counted_given_back_and_once_for_each_buyer() {
    let mut house = House::new();
    let code = |off, once| DiscountCode {
        code: CodeId::new("Spring").unwrap(),
        off,
        starts_ms: 0,
        ends_ms: u64::MAX,
        min_total: Some(eur(1000)),
        uses_max: Some(2),
        uses: 0,
        once_per_customer: once,
    };
    let with = |id: &str, buyer: &str, qty| match hold(id, buyer, &[want("TEA", qty)]) {
        Command::Hold { order, show, customer, channel, lines, .. } => {
            Command::Hold { order, show, customer, channel, lines, code: Some(CodeId::new("sPRing").unwrap()) }
        }
        other => other,
    };
    assert_eq!(house.refused(with("o", "ann", 3)), "CODE_REFUSED");
    house.ok(Command::PutCode { code: code(Discount::BasisPoints(1250), true) });
    assert_eq!(house.refused(with("o", "ann", 1)), "CODE_REFUSED", "the sum is too small");
    house.ok(with("o", "ann", 3));
    assert_eq!((house.order("o").discount, house.order("o").total), (eur(150), eur(1050)));
    assert_eq!(house.refused(with("p", "ann", 3)), "CODE_REFUSED");
    house.ok(Command::Release { order: order("o"), customer: None });
    house.ok(with("p", "ann", 3));
    house.ok(with("q", "bob", 3));
    assert_eq!(house.refused(with("r", "cat", 3)), "CODE_REFUSED", "two uses");
    house.ok(Command::PutCode { code: DiscountCode { uses_max: None, ..code(Discount::Amount(eur(99_999)), false) } });
    house.ok(with("free", "dan", 5));
    assert_eq!(house.order("free").total, eur(0));
    house.ok(pay("free", "dan"));
    assert_eq!(house.order("free").state, OrderState::Captured, "nothing to pay is paid");
}

#[test]
fn a_buyer_has_a_cap_over_all_orders_until_they_are_let_go() {
    let mut house = House::new();
    house.ok(Command::SetPolicy { policy: Policy { cap_per_customer: Some(3), ..Policy::default() } });
    house.ok(hold("a", "ann", &[want("TEA", 2)]));
    assert_eq!(house.refused(hold("b", "ann", &[want("TEA", 2)])), "CUSTOMER_CAP");
    house.ok(hold("c", "bob", &[want("TEA", 3)]));
    house.ok(Command::Release { order: order("a"), customer: None });
    house.ok(hold("b", "ann", &[want("KIT", 1), want("TEA", 2)]));
    assert_eq!(house.refused(hold("d", "ann", &[want("KIT", 1)])), "CUSTOMER_CAP", "a bundle counts by its parts");
}

#[test]
fn a_hold_lives_as_long_as_the_buyer_is_there_but_not_for_ever() {
    let mut house = House::new();
    let minute = 60_000;
    house.ok(hold("o", "ann", &[want("MUG", 2)]));
    for _ in 0..3 {
        house.now += 9 * minute;
        house.ok(Command::Extend { order: order("o"), customer: who("ann") });
    }
    assert_eq!(house.order("o").expires_ms, 1_000_000 + 30 * minute);
    house.now += 3 * minute;
    assert_eq!(house.refused(Command::Extend { order: order("o"), customer: who("ann") }), "HOLD_EXPIRED");
    assert_eq!(house.counters("MUG"), [2, 0, 0]);
}

#[test]
fn the_shelf_keeps_its_promises() {
    let mut house = House::new();
    house.ok(hold("o", "ann", &[want("MUG", 2)]));
    assert_eq!(house.refused(receive("MUG", -1)), "STOCK_COMMITTED");
    assert_eq!(house.refused(receive("MUG", i64::MAX)), "STOCK_RANGE");
    let backorder = |units| Command::SetBackorder { sku: sku("MUG"), location: Default::default(), units };
    house.ok(backorder(1));
    house.ok(hold("p", "bob", &[want("MUG", 1)]));
    assert_eq!(house.refused(backorder(0)), "STOCK_COMMITTED");
    let count =
        Command::CountStock { sku: sku("MUG"), location: Default::default(), on_hand: 5, seen_version: Some(1) };
    assert_eq!(house.refused(count), "STALE");
    let price: Money = house.order("p").total;
    house.ok(super::house::fact("p", "e", vitrine_commerce::PaymentFact::Captured { amount: price }));
    house.ok(super::house::fact("o", "f", vitrine_commerce::PaymentFact::Captured { amount: eur(2980) }));
    let ship = |id: &str| Command::Ship {
        order: order(id),
        parcel: vitrine_commerce::Parcel { carrier: "p".into(), tracking: "1".into() },
    };
    house.ok(ship("o"));
    assert_eq!(house.refused(ship("p")), "STOCK_NOT_IN_HOUSE");
    house.ok(receive("MUG", 1));
    house.ok(ship("p"));
    assert_eq!(house.counters("MUG"), [1, 0, 0], "one more may be sold beyond the shelf");
}

#[test]
fn an_order_goes_only_where_its_state_lets_it() {
    let mut house = House::new();
    house.ok(hold("o", "ann", &[want("TEA", 1)]));
    let deliver = || Command::Deliver { order: order("o") };
    let back = || Command::Return { order: order("o"), restock: true };
    let ship = || Command::Ship {
        order: order("o"),
        parcel: vitrine_commerce::Parcel { carrier: "p".into(), tracking: "1".into() },
    };
    for command in [deliver(), back(), ship()] {
        assert_eq!(house.refused(command), "ORDER_STATE");
    }
    assert_eq!(house.refused(Command::Refund { order: order("o"), amount: None }), "AMOUNT_INVALID");
    house.ok(super::house::fact("o", "e", vitrine_commerce::PaymentFact::Captured { amount: eur(400) }));
    assert_eq!(house.refused(Command::Release { order: order("o"), customer: None }), "ORDER_STATE");
    house.ok(ship());
    assert_eq!(house.ok(ship()), Reply::Order { order: Arc::new(house.order("o").clone()) }, "twice is once");
    assert_eq!(house.refused(Command::Cancel { order: order("o"), reason: String::new() }), "ORDER_STATE");
    house.ok(deliver());
    house.ok(back());
    assert_eq!(house.counters("TEA"), [50, 0, 0]);
    assert_eq!(house.refused(ship()), "ORDER_STATE");
}
