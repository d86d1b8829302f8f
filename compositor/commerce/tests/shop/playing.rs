//! Polls and giveaways.

use super::house::{House, show, who};
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
    };
    assert_eq!(house.refused(Command::OpenPoll { poll: poll(&["one"]) }), "POLL_REFUSED");
    house.ok(Command::OpenPoll { poll: poll(&["blue", "red"]) });
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
fn a_giveaway_waits_for_the_slowest_viewer_and_can_be_checked_by_anybody() {
    let mut house = House::new();
    let id = GiveawayId::new("g").unwrap();
    let giveaway = Giveaway {
        id: id.clone(),
        show: show(),
        prize: "A mug".into(),
        commit_hex: draw::commit(b"secret"),
        entries: 0,
        closes_ms: None,
        draw: None,
    };
    house.ok(Command::OpenGiveaway { giveaway });
    let enter = |viewer: &str| Command::Enter { giveaway: id.clone(), viewer: who(viewer) };
    for viewer in ["ann", "bob", "cat"] {
        house.ok(enter(viewer));
        assert_eq!(house.ok(enter(viewer)), Reply::Already);
    }
    let open =
        |seed: &[u8]| Command::Draw { giveaway: id.clone(), seed_hex: draw::hex(seed), beacon: "drand 7".into() };
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
