//! Whatever the order in which a provider's events arrive, the end is the same.

use super::house::{House, eur, fact, hold, order, pay, want, who};
use vitrine_commerce::{Command, OrderState, PaymentFact, Topic};

fn permutations<T: Clone>(items: &[T]) -> Vec<Vec<T>> {
    if items.is_empty() {
        return vec![Vec::new()];
    }
    (0..items.len())
        .flat_map(|at| {
            let mut rest = items.to_vec();
            let first = rest.remove(at);
            permutations(&rest).into_iter().map(move |tail| [vec![first.clone()], tail].concat())
        })
        .collect()
}

fn facts() -> Vec<(&'static str, PaymentFact)> {
    let amount = eur(2980);
    vec![
        ("created", PaymentFact::Created),
        ("captured", PaymentFact::Captured { amount }),
        ("refunded", PaymentFact::Refunded { amount }),
        ("disputed", PaymentFact::Disputed),
        ("authorised", PaymentFact::Authorised { amount }),
    ]
}

fn end(mut house: House, events: &[(&'static str, PaymentFact)]) -> String {
    for (id, said) in events {
        house.ok(fact("o", id, said.clone()));
        house.ok(fact("o", id, said.clone()));
    }
    format!("{:?} {:?} {:?}", house.order("o").state, house.order("o").payment, house.counters("MUG"))
}

#[test]
fn all_24_orders_of_created_captured_refunded_disputed_end_alike() {
    let mut house = House::new();
    house.ok(hold("o", "ann", &[want("MUG", 2)]));
    house.ok(pay("o", "ann"));
    let four = permutations(&facts()[..4]);
    assert_eq!(four.len(), 24);
    let ends: std::collections::BTreeSet<String> = four.iter().map(|events| end(house.clone(), events)).collect();
    assert_eq!(ends.len(), 1, "{ends:#?}");
    assert!(ends.iter().all(|end| end.starts_with("Refunded") && end.ends_with("[2, 0, 0]")), "{ends:#?}");
    let five: std::collections::BTreeSet<String> =
        permutations(&facts()).iter().map(|events| end(house.clone(), events)).collect();
    assert_eq!(five, ends, "all 120 with the authorisation among them");
}

#[test]
fn all_24_orders_end_alike_when_the_hold_is_gone_and_sold_out() {
    let mut house = House::new();
    house.ok(hold("o", "ann", &[want("MUG", 2)]));
    house.ok(pay("o", "ann"));
    house.now += 3_600_000;
    house.ok(hold("p", "bob", &[want("MUG", 2)]));
    let ends: std::collections::BTreeSet<String> =
        permutations(&facts()[..4]).iter().map(|events| end(house.clone(), events)).collect();
    assert_eq!(ends.len(), 1, "{ends:#?}");
    assert!(ends.iter().all(|end| end.starts_with("Voided")), "{ends:#?}");
}

#[test]
fn without_a_refund_a_dispute_changes_no_stock() {
    let mut house = House::new();
    house.ok(hold("o", "ann", &[want("MUG", 2)]));
    let three: Vec<_> = facts().into_iter().filter(|(id, _)| *id != "refunded").collect();
    let ends: std::collections::BTreeSet<String> =
        permutations(&three).iter().map(|events| end(house.clone(), events)).collect();
    assert_eq!(ends.len(), 1, "{ends:#?}");
    assert!(ends.iter().all(|end| end.starts_with("Captured") && end.ends_with("[0, 0, 2]")), "{ends:#?}");
}

#[test]
fn a_payment_that_does_not_fit_is_refused_or_given_back() {
    let mut house = House::new();
    house.ok(hold("o", "ann", &[want("MUG", 2)]));
    house.ok(pay("o", "ann"));
    house.ok(Command::IntentCreated { order: order("o"), reference: "pi_1".into(), next_step: Some("url".into()) });
    let paid = |provider: &str, reference: &str, amount: &str| Command::PaymentEvent {
        provider: provider.into(),
        event: format!("{provider}{reference}{amount}"),
        order: order("o"),
        reference: Some(reference.into()),
        fact: PaymentFact::Authorised { amount: amount.parse().unwrap() },
    };
    assert_eq!(house.refused(paid("other", "pi_1", "29.80 EUR")), "PAYMENT_MISMATCH");
    assert_eq!(house.refused(paid("test", "pi_1", "29.80 USD")), "CURRENCY_MISMATCH");
    house.ok(paid("test", "pi_1", "0.01 EUR"));
    assert_eq!((house.order("o").state, house.told(Topic::PaymentVoid)), (OrderState::Paying, 1));
    house.ok(paid("test", "pi_1", "29.80 EUR"));
    assert_eq!((house.order("o").state, house.told(Topic::PaymentCapture)), (OrderState::Paid, 1));
}

#[test]
fn whichever_attempt_the_buyer_pays_counts_and_a_second_one_goes_back() {
    let mut house = House::new();
    house.ok(hold("o", "ann", &[want("MUG", 2)]));
    house.ok(pay("o", "ann"));
    house.ok(Command::IntentCreated { order: order("o"), reference: "pi_2".into(), next_step: None });
    let said = |event: &str, reference: &str, fact: PaymentFact| Command::PaymentEvent {
        provider: "test".into(),
        event: event.into(),
        order: order("o"),
        reference: Some(reference.into()),
        fact,
    };
    let amount = eur(2980);
    house.ok(said("e0", "pi_1", PaymentFact::Failed { reason: "an old attempt".into() }));
    assert_eq!(house.order("o").payment.failed, None);
    house.ok(said("e1", "pi_1", PaymentFact::Authorised { amount }));
    assert_eq!(
        (house.order("o").state, house.order("o").payment.reference.as_deref()),
        (OrderState::Paid, Some("pi_1"))
    );
    house.ok(said("e2", "pi_2", PaymentFact::Authorised { amount }));
    house.ok(said("e3", "pi_3", PaymentFact::Captured { amount }));
    let keys: Vec<&str> = house.errands.iter().map(|e| e.key.as_str()).collect();
    assert_eq!(keys, ["o:intent:1", "o:capture", "o:void:pi_2", "o:refund:pi_3"]);
    assert_eq!((house.order("o").state, house.counters("MUG")), (OrderState::Paid, [0, 0, 2]));
}

#[test]
fn an_intent_that_comes_after_the_hold_is_gone_is_voided() {
    let mut house = House::new();
    house.ok(hold("o", "ann", &[want("MUG", 1)]));
    house.ok(pay("o", "ann"));
    house.ok(Command::Release { order: order("o"), customer: Some(who("ann")) });
    house.ok(Command::IntentCreated { order: order("o"), reference: "pi_1".into(), next_step: None });
    assert_eq!(house.told(Topic::PaymentVoid), 1);
}

#[test]
fn a_failed_attempt_can_be_tried_again_under_a_new_key() {
    let mut house = House::new();
    house.ok(hold("o", "ann", &[want("MUG", 1)]));
    house.ok(pay("o", "ann"));
    house.ok(pay("o", "ann"));
    assert_eq!(house.told(Topic::PaymentIntent), 1, "a double click is one intent");
    house.ok(fact("o", "e1", PaymentFact::Failed { reason: "card_declined".into() }));
    assert_eq!(house.order("o").payment.failed.as_deref(), Some("card_declined"));
    house.ok(pay("o", "ann"));
    let keys: Vec<&str> = house.errands.iter().map(|e| e.key.as_str()).collect();
    assert_eq!(keys, ["o:intent:1", "o:intent:2"]);
}

#[test]
fn calling_off_gives_stock_and_money_back_once() {
    let mut house = House::new();
    house.ok(hold("o", "ann", &[want("MUG", 2)]));
    house.ok(fact("o", "e", PaymentFact::Captured { amount: eur(2980) }));
    let cancel = || Command::Cancel { order: order("o"), reason: "broken".into() };
    house.ok(cancel());
    house.ok(cancel());
    assert_eq!((house.counters("MUG"), house.told(Topic::PaymentRefund)), ([2, 0, 0], 1));
    assert_eq!(house.refused(Command::Refund { order: order("o"), amount: None }), "AMOUNT_INVALID");
    house.ok(fact("o", "r", PaymentFact::Refunded { amount: eur(2980) }));
    assert_eq!((house.order("o").state, house.counters("MUG")), (OrderState::Voided, [2, 0, 0]));
}

#[test]
fn refunds_in_parts_never_exceed_what_was_taken() {
    let mut house = House::new();
    house.ok(hold("o", "ann", &[want("MUG", 2)]));
    house.ok(fact("o", "e", PaymentFact::Captured { amount: eur(2980) }));
    let refund = |minor| Command::Refund { order: order("o"), amount: Some(eur(minor)) };
    house.ok(refund(1000));
    assert_eq!(house.refused(refund(1981)), "AMOUNT_INVALID");
    assert_eq!(house.refused(refund(-5)), "AMOUNT_INVALID");
    assert_eq!(house.refused(refund(0)), "AMOUNT_INVALID");
    house.ok(Command::Refund { order: order("o"), amount: None });
    assert_eq!(house.order("o").payment.refund_asked_minor, 2980);
    assert_eq!(house.order("o").state, OrderState::Captured, "until the provider says so");
    house.ok(fact("o", "r1", PaymentFact::Refunded { amount: eur(1000) }));
    assert_eq!(house.counters("MUG"), [0, 0, 2]);
    house.ok(fact("o", "r2", PaymentFact::Refunded { amount: eur(2980) }));
    assert_eq!((house.order("o").state, house.counters("MUG")), (OrderState::Refunded, [2, 0, 0]));
}
