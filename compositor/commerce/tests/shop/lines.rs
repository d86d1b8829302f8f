//! The waiting line and the channels' quotas.

use super::house::{House, hold, order, receive, show, sku, want, who};
use vitrine_commerce::{Channel, Command, Location, OrderState, Policy, Reply, Topic};

fn join(id: &str, customer: &str, qty: i64) -> Command {
    Command::JoinLine { order: order(id), show: show(), customer: who(customer), sku: sku("MUG"), qty }
}

fn quota(target: i64, seen_version: Option<u64>) -> Command {
    let (channel, location) = (Channel::new("tiktok").unwrap(), Location::main());
    Command::SetQuota { channel, sku: sku("MUG"), location, target, seen_version }
}

fn sold(id: &str, qty: i64) -> Command {
    let (channel, customer) = (Channel::new("tiktok").unwrap(), who("tt-user"));
    Command::ChannelSold { order: order(id), show: show(), channel, customer, sku: sku("MUG"), qty, contact: None }
}

#[test]
fn the_line_is_served_in_turn_and_each_turn_is_a_hold() {
    let mut house = House::new();
    assert_eq!(house.refused(join("w", "ann", 1)), "LINE_NOT_NEEDED");
    house.ok(hold("o", "zoe", &[want("MUG", 2)]));
    assert_eq!(house.ok(join("w1", "ann", 2)), Reply::Waiting { before: 0 });
    assert_eq!(house.ok(join("w2", "bob", 1)), Reply::Waiting { before: 1 });
    assert_eq!(house.ok(join("w3", "cat", 1)), Reply::Waiting { before: 2 });
    assert_eq!(house.ok(join("w2", "bob", 1)), Reply::Waiting { before: 1 }, "twice is once");
    house.ok(receive("MUG", 1));
    assert!(house.state.order(&order("w1")).is_none(), "ann wants two and nobody overtakes her");
    house.ok(Command::LeaveLine { order: order("w3"), customer: who("eve") });
    house.ok(Command::Release { order: order("o"), customer: None });
    assert_eq!([house.order("w1").state, house.order("w2").state], [OrderState::Held; 2]);
    assert_eq!((house.counters("MUG"), house.told(Topic::LineOffered)), ([0, 3, 0], 2));
    // Ann does not take it: cat is next, on the sweep, without anybody's click.
    house.now += 5 * 60_000;
    house.ok(Command::Sweep);
    assert_eq!(house.order("w1").state, OrderState::Expired);
    assert_eq!(house.order("w3").state, OrderState::Held);
}

#[test]
fn a_channel_sells_only_what_was_set_aside_or_is_left() {
    let mut house = House::new();
    house.ok(receive("MUG", 8));
    house.ok(quota(6, None));
    assert_eq!(house.counters("MUG"), [4, 6, 0]);
    assert_eq!(house.refused(hold("o", "ann", &[want("MUG", 5)])), "STOCK_SOLD_OUT");
    assert_eq!(house.refused(quota(7, Some(0))), "STALE");
    house.ok(quota(20, Some(1)));
    assert_eq!(house.counters("MUG"), [0, 10, 0], "as many as there are");
    house.ok(sold("tt-1", 7));
    assert_eq!((house.counters("MUG"), house.order("tt-1").state), ([0, 3, 7], OrderState::Captured));
    assert_eq!(house.refused(sold("tt-1", 7)), "ORDER_EXISTS");
    assert_eq!(house.refused(sold("tt-2", 4)), "QUOTA_SHORT");
    house.ok(quota(1, None));
    assert_eq!(house.counters("MUG"), [2, 1, 7]);
    house.ok(sold("tt-3", 3));
    assert_eq!(house.counters("MUG"), [0, 0, 10]);
}

#[test]
fn the_last_units_are_for_the_own_stream() {
    let mut house = House::new();
    house.ok(receive("MUG", 8));
    house.ok(Command::SetPolicy { policy: Policy { keep_for_own: 3, ..Policy::default() } });
    house.ok(quota(20, None));
    assert_eq!(house.counters("MUG"), [3, 7, 0]);
    house.ok(hold("o", "ann", &[want("MUG", 1)]));
    assert_eq!(house.counters("MUG"), [9, 1, 0], "the channel gave its units back");
    assert_eq!(house.told(Topic::QuotaChanged), 2);
}
