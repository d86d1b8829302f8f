//! `kill -9` in a burst of orders, again and again; clients try again by key.

use super::world::{World, captured, hold, on_both, product, put, receive, together};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use vitrine_commerce::OrderState;
use vitrine_show::ports::shop::Shop;
use vitrine_store::Options;

const BUYERS: u64 = 24;
const UNITS: i64 = 100_000;

/// What a buyer does, step by step: hold, pay, hold, pay …
fn step(buyer: u64, n: u64) -> (String, vitrine_commerce::Command) {
    let order = format!("b{buyer}-{}", n / 2);
    match n % 2 {
        0 => (format!("hold-{order}"), hold(&order, &format!("buyer{buyer}"), &[("MUG", 1)])),
        _ => (format!("pay-{order}"), captured(&order, 1490)),
    }
}

/// The program that gets killed: not a test by itself.
#[test]
#[ignore = "started and killed by the test below"]
fn child() {
    let Ok(url) = std::env::var("VITRINE_CRASH_URL") else { return };
    let from: Vec<u64> = std::env::var("VITRINE_CRASH_FROM").unwrap().split(',').map(|n| n.parse().unwrap()).collect();
    super::world::block_on(async {
        let world = World::open_with(&url, Options::default()).await;
        println!("\nready");
        let first: u64 = std::env::var("VITRINE_CRASH_FIRST").unwrap().parse().unwrap();
        let buyers = (first..).zip(from).map(|(buyer, from)| {
            let world = &world;
            Box::pin(async move {
                for n in from.. {
                    let (key, command) = step(buyer, n);
                    let answer = world.submit(&key, command).await;
                    let word = answer.as_ref().map_or_else(|refusal| refusal.code(), |_| "ok");
                    println!("ack {buyer} {n} {word}");
                    std::io::stdout().flush().unwrap();
                }
            }) as _
        });
        together::<()>(buyers.collect()).await;
    });
}

/// Starts the program with buyers from `first` on, each at its next step.
fn start(url: &str, first: u64, next: &BTreeMap<u64, u64>) -> Child {
    let from: Vec<String> = (first..first + BUYERS).map(|b| next.get(&b).copied().unwrap_or(0).to_string()).collect();
    Command::new(std::env::current_exe().unwrap())
        .args(["crash::child", "--exact", "--ignored", "--nocapture"])
        .env("VITRINE_CRASH_URL", url)
        .env("VITRINE_CRASH_FIRST", first.to_string())
        .env("VITRINE_CRASH_FROM", from.join(","))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Writes an acknowledgement down; false for any other line.
fn acknowledged(line: &str, next: &mut BTreeMap<u64, u64>) -> bool {
    let words: Vec<&str> = line.split(' ').collect();
    let ["ack", buyer, n, word] = words.as_slice() else { return false };
    assert_eq!(*word, "ok", "{line}");
    next.insert(buyer.parse().unwrap(), n.parse::<u64>().unwrap() + 1);
    true
}

fn burst(url: &str, next: &mut BTreeMap<u64, u64>, acks_before_kill: u64) -> Duration {
    let began = Instant::now();
    let mut child = start(url, 0, next);
    let (mut acks, mut ready) = (0, Duration::ZERO);
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap_or_default();
        if line == "ready" {
            ready = began.elapsed();
        } else if acknowledged(&line, next) {
            // What stands in the pipe after the kill was acknowledged too.
            acks += 1;
            if acks == acks_before_kill {
                child.kill().unwrap();
            }
        }
    }
    child.wait().unwrap();
    assert!(acks >= acks_before_kill, "the child ended by itself after {acks} acknowledgements");
    ready
}

#[test]
fn kill_nine_loses_nothing_acknowledged_doubles_nothing_and_oversells_nothing() {
    let kills: u64 = std::env::var("VITRINE_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(20);
    on_both(|url| async move {
        let world = World::open(&url).await;
        world.ok("p", put(&[product("MUG", 1490)])).await;
        world.ok("s", receive("MUG", UNITS)).await;
        world.close().await;
        let mut next = BTreeMap::new();
        let mut slowest = Duration::ZERO;
        for kill in 0..kills {
            slowest = slowest.max(burst(&url, &mut next, 20 + kill * 37 % 400));
            let audit = vitrine_store::check(&url).await.unwrap();
            assert!(audit.clean(), "after kill {kill}: {:#?}", audit.faults);
        }
        let (holds, paid) = verify(&url, &next).await;
        println!("{kills} kills, {holds} holds and {paid} payments acknowledged, ready after {slowest:?} at most");
    });
}

/// Everything that was acknowledged is there, nothing is there twice, nothing was sold beyond the shelf.
async fn verify(url: &str, next: &BTreeMap<u64, u64>) -> (i64, i64) {
    let world = World::open(url).await;
    let (mut holds, mut paid) = (0, 0);
    for (buyer, next) in next {
        for n in 0..*next {
            let order = world.order(&format!("b{buyer}-{}", n / 2)).await;
            let is_paid = order.state == OrderState::Captured;
            assert!(is_paid || n % 2 == 0 && order.state == OrderState::Held, "acknowledged and lost: {order:?}");
            holds += i64::from(n % 2 == 0);
            paid += i64::from(n % 2 == 1);
        }
    }
    let [left, held, allocated, on_hand] = world.counters("MUG");
    assert_eq!((left + held + allocated, on_hand), (UNITS, UNITS));
    // At most one step of each buyer was written and not acknowledged.
    let doubled = (held + allocated - holds).max(0) + (allocated - paid).max(0);
    assert!(doubled <= i64::try_from(next.len()).unwrap(), "{held} {allocated} {holds} {paid}");
    assert!(world.store.queue().dropped == 0 && world.store.view().version > 0);
    world.close().await;
    (holds, paid)
}

/// What two processes say, until both have ended: one is killed in the burst, the other has to go on selling.
fn burst_of_two(url: &str, next: &mut BTreeMap<u64, u64>, acks_before_kill: u64) {
    let mut children = [start(url, 0, next), start(url, BUYERS, next)];
    let (tell, told) = std::sync::mpsc::channel();
    let readers: Vec<_> = (0..2)
        .map(|which| {
            let (tell, out) = (tell.clone(), BufReader::new(children[which].stdout.take().unwrap()));
            std::thread::spawn(move || {
                for line in out.lines() {
                    tell.send((which, line.ok())).unwrap();
                }
                tell.send((which, None)).unwrap();
            })
        })
        .collect();
    drop(tell);
    let (mut acks, mut ended, mut after) = ([0_u64; 2], [false; 2], 0);
    for (which, line) in told {
        let Some(line) = line else {
            assert!(which == 0 || ended[0], "the other process ended with the killed one");
            ended[which] = true;
            continue;
        };
        if !acknowledged(&line, next) {
            continue;
        }
        acks[which] += 1;
        if which == 0 && acks[0] == acks_before_kill {
            children[0].kill().unwrap();
        }
        after += u64::from(which == 1 && ended[0]);
        if after == 2 * BUYERS {
            children[1].kill().unwrap();
        }
    }
    readers.into_iter().for_each(|reader| reader.join().unwrap());
    for child in &mut children {
        child.wait().unwrap();
    }
    assert!(acks[0] >= acks_before_kill && after >= 2 * BUYERS, "{acks:?} {after}");
}

#[test]
fn two_processes_on_one_postgresql_while_one_is_killed() {
    let kills: u64 = std::env::var("VITRINE_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(5);
    let Some(url) = super::cluster::database() else { return };
    super::world::block_on(async {
        let world = World::open(&url).await;
        world.ok("p", put(&[product("MUG", 1490)])).await;
        world.ok("s", receive("MUG", UNITS)).await;
        world.close().await;
        let mut next = BTreeMap::new();
        for kill in 0..kills {
            burst_of_two(&url, &mut next, 20 + kill * 37 % 200);
            let audit = vitrine_store::check(&url).await.unwrap();
            assert!(audit.clean(), "after kill {kill}: {:#?}", audit.faults);
        }
        let (holds, paid) = verify(&url, &next).await;
        println!("{kills} kills of one of two, {holds} holds and {paid} payments acknowledged");
    });
}
