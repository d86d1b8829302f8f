//! Polls and giveaways.

use super::house::{House, show, who};
use vitrine_commerce::draw::Seed;
use vitrine_commerce::{Command, Giveaway, GiveawayId, Poll, PollId, Reply, draw};

#[test]
fn a_viewer_votes_once_and_only_while_it_is_open() {
    let mut house = House::new();
    let id = PollId::new("p").unwrap();
    let poll = |choices: &[&str]| Poll {
        id: PollId::new("p").unwrap(),
        show: show(),
        question: "Which next?".into(),
        choices: choices.iter().map(ToString::to_string).collect(),
        votes: vec![99; 7],
        open: false,
        ends_ms: Some(1),
    };
    assert_eq!(house.refused(Command::OpenPoll { poll: poll(&["one"]), lasts_ms: None }), "POLL_REFUSED");
    house.ok(Command::OpenPoll { poll: poll(&["blue", "red"]), lasts_ms: None });
    let vote = |viewer: &str, choice| Command::Vote { poll: id.clone(), viewer: who(viewer), choice };
    house.ok(vote("ann", 1));
    assert_eq!(house.ok(vote("ann", 0)), Reply::Already);
    house.ok(vote("bob", 1));
    assert_eq!(house.refused(vote("cat", 2)), "POLL_REFUSED");
    assert_eq!(house.state.book.polls[&id].votes, [0, 2]);
    house.ok(Command::ClosePoll { poll: id.clone() });
    assert_eq!(house.refused(vote("cat", 0)), "POLL_REFUSED");
}

#[test]
fn a_poll_that_has_an_end_takes_no_vote_after_it_and_closes_by_itself() {
    let mut house = House::new();
    let id = PollId::new("p").unwrap();
    let poll = Poll {
        id: id.clone(),
        show: show(),
        question: "Which next?".into(),
        choices: vec!["blue".into(), "red".into()],
        votes: vec![],
        open: false,
        ends_ms: None,
    };
    for wrong in [0, 25 * 60 * 60 * 1000] {
        assert_eq!(house.refused(Command::OpenPoll { poll: poll.clone(), lasts_ms: Some(wrong) }), "POLL_REFUSED");
    }
    house.ok(Command::OpenPoll { poll, lasts_ms: Some(30_000) });
    let vote = |viewer: &str| Command::Vote { poll: id.clone(), viewer: who(viewer), choice: 1 };
    house.now += 29_999;
    house.ok(vote("ann"));
    assert_eq!(house.ok(Command::EndPlays), Reply::Already);
    house.now += 1;
    assert_eq!(house.refused(vote("bob")), "POLL_REFUSED");
    assert!(house.state.book.polls[&id].open);
    house.ok(Command::EndPlays);
    assert!(!house.state.book.polls[&id].open);
    assert_eq!(house.state.book.polls[&id].votes, [0, 1]);
    assert_eq!(house.ok(Command::EndPlays), Reply::Already);
}

fn giveaway(commit_hex: String, beacon: &str) -> (GiveawayId, Giveaway) {
    let (id, beacon) = (GiveawayId::new("g").unwrap(), beacon.to_owned());
    let (prize, show) = ("A mug".into(), show());
    let giveaway = Giveaway {
        id: id.clone(),
        show,
        prize,
        commit_hex,
        beacon,
        entries: 0,
        closes_ms: None,
        list_hex: None,
        draw: None,
    };
    (id, giveaway)
}

#[test]
fn a_giveaway_waits_for_the_slowest_viewer_and_can_be_checked_by_anybody() {
    let mut house = House::new();
    let (id, giveaway) = giveaway(draw::commit(b"secret"), "drand round 7");
    house.ok(Command::OpenGiveaway { giveaway, seed: None });
    let enter = |viewer: &str| Command::Enter { giveaway: id.clone(), viewer: who(viewer) };
    for viewer in ["ann", "bob", "cat"] {
        house.ok(enter(viewer));
        assert_eq!(house.ok(enter(viewer)), Reply::Already);
    }
    let open = |seed: &[u8]| {
        let seed_hex = Some(draw::hex(seed));
        Command::Draw { giveaway: id.clone(), seed_hex, beacon: "5e3f".into() }
    };
    assert_eq!(house.refused(open(b"secret")), "GIVEAWAY_REFUSED");
    house.ok(Command::CloseGiveaway { giveaway: id.clone(), viewer_latency_ms: 12_000 });
    house.now += 11_999;
    house.ok(enter("dan"));
    house.now += 1;
    assert_eq!(house.refused(enter("eve")), "GIVEAWAY_REFUSED");
    assert_eq!(house.refused(open(b"another")), "GIVEAWAY_REFUSED");
    let Reply::Drawn { draw: result } = house.ok(open(b"secret")) else { panic!("no draw") };
    assert!(draw::verify(&result, &["dan", "cat", "bob", "ann"]));
    assert_eq!(house.ok(open(b"secret")), Reply::Drawn { draw: result }, "drawn once");
}

/// The shop keeps the seed: any of the seller's browsers can draw, and nobody can know the winner before.
#[test]
fn a_giveaway_s_seed_is_kept_by_the_shop_and_its_list_is_fixed_before_the_draw() {
    let mut house = House::new();
    let (id, giveaway) = giveaway(String::new(), "");
    let open = |seed: Option<&str>| Command::OpenGiveaway {
        giveaway: giveaway.clone(),
        seed: seed.map(|hex| Seed::new(hex.to_owned())),
    };
    for wrong in [None, Some("00ff"), Some("no hex")] {
        assert_eq!(house.refused(open(wrong)), "GIVEAWAY_REFUSED");
    }
    let seed = "00112233445566778899aabbccddeeff";
    house.ok(open(Some(seed)));
    let known = |house: &House| house.state.book.giveaways[&id].clone();
    assert_eq!(known(&house).commit_hex, draw::commit(&draw::unhex(seed).unwrap()));
    assert!(!format!("{:?}", open(Some(seed))).contains(seed), "a seed is never printed");
    for viewer in ["bob", "ann"] {
        house.ok(Command::Enter { giveaway: id.clone(), viewer: who(viewer) });
    }
    house.ok(Command::CloseGiveaway { giveaway: id.clone(), viewer_latency_ms: 5_000 });
    assert_eq!(house.ok(Command::EndPlays), Reply::Already, "entries are still taken");
    house.now += 5_000;
    house.ok(Command::EndPlays);
    let list_hex = draw::list_of(&["ann", "bob"]);
    assert_eq!(known(&house).list_hex.as_deref(), Some(list_hex.as_str()));
    let draw = |beacon: &str| Command::Draw { giveaway: id.clone(), seed_hex: None, beacon: beacon.into() };
    assert_eq!(house.refused(draw("one that suits")), "GIVEAWAY_REFUSED", "no randomness was named");
    let Reply::Drawn { draw: result } = house.ok(draw("")) else { panic!("no draw") };
    assert!(draw::verify(&result, &["ann", "bob"]) && result.list_hex == list_hex);
}
