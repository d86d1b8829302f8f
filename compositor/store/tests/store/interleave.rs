//! Every interleaving of two buyers at statement boundaries on PostgreSQL: two stores, one unit, and a scheduler that
//! lets one statement through at a time. A writer that waits for the other's lock is seen in `pg_stat_activity` and
//! passed over until it is free.

use super::world::{World, block_on, hold, product, put, receive};
use sqlx::{ConnectOptions, Connection, Executor, Row};
use std::str::FromStr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;
use vitrine_store::{Gate, Options};

/// Statements that touch what both buyers want; the others only touch their own rows.
const SHARED: [&str; 6] = ["orders due", "stock", "answers", "new orders", "changed stock", "commit"];

#[derive(Default)]
struct Turnstile {
    waiting: Mutex<Option<&'static str>>,
    arrived: Notify,
    go: Notify,
    open: std::sync::atomic::AtomicBool,
}

impl Turnstile {
    fn gate(self: &Arc<Self>) -> Gate {
        let turnstile = Arc::clone(self);
        Arc::new(move |name| {
            let turnstile = Arc::clone(&turnstile);
            Box::pin(async move {
                if SHARED.contains(&name) && !turnstile.open.load(std::sync::atomic::Ordering::SeqCst) {
                    *turnstile.waiting.lock().unwrap() = Some(name);
                    turnstile.arrived.notify_one();
                    turnstile.go.notified().await;
                }
            })
        })
    }

    fn here(&self) -> bool {
        self.waiting.lock().unwrap().is_some()
    }

    fn pass(&self) {
        *self.waiting.lock().unwrap() = None;
        self.go.notify_one();
    }
}

/// Waits until both writers stand at a gate, are done, or wait for a lock.
async fn settle(
    stiles: &[Arc<Turnstile>; 2],
    done: &[Arc<std::sync::atomic::AtomicBool>; 2],
    db: &mut sqlx::PgConnection,
) {
    loop {
        let still = |i: usize| stiles[i].here() || done[i].load(std::sync::atomic::Ordering::SeqCst);
        if still(0) && still(1) {
            return;
        }
        let arrived = async {
            tokio::select! { () = stiles[0].arrived.notified() => {}, () = stiles[1].arrived.notified() => {} }
        };
        if tokio::time::timeout(Duration::from_millis(2), arrived).await.is_ok() {
            continue;
        }
        let query =
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let blocked: i64 = db.fetch_one(query).await.unwrap().get(0);
        if blocked > 0 && (still(0) || still(1)) {
            return;
        }
    }
}

/// One schedule: follows `prefix`, then always the first that can go. Gives the choices there were.
async fn play(
    url: &str,
    worlds: &[World; 2],
    stiles: &[Arc<Turnstile>; 2],
    round: usize,
    prefix: &[usize],
) -> Vec<(usize, usize)> {
    let mut db = sqlx::postgres::PgConnectOptions::from_str(url).unwrap().connect().await.unwrap();
    let done: [Arc<std::sync::atomic::AtomicBool>; 2] = Default::default();
    for stile in stiles {
        stile.open.store(false, std::sync::atomic::Ordering::SeqCst);
    }
    let buy = |i: usize| {
        let (world, done) = (&worlds[i], Arc::clone(&done[i]));
        let (stile, id) = (Arc::clone(&stiles[i]), format!("r{round}-{i}"));
        async move {
            let answer = world.submit(&id, hold(&id, "buyer", &[(&format!("M{round}"), 1)])).await;
            done.store(true, std::sync::atomic::Ordering::SeqCst);
            stile.arrived.notify_one();
            answer.is_ok()
        }
    };
    let mut trace = Vec::new();
    let schedule = async {
        loop {
            settle(stiles, &done, &mut db).await;
            let able: Vec<usize> = (0..2).filter(|i| stiles[*i].here()).collect();
            let over = done.iter().all(|done| done.load(std::sync::atomic::Ordering::SeqCst));
            let Some(first) = able.first() else {
                if over {
                    break;
                }
                // Whoever waited for a lock has it by now, and is on the way to a gate.
                continue;
            };
            let wanted = prefix.get(trace.len()).copied().unwrap_or(*first);
            let choice = if able.contains(&wanted) { wanted } else { *first };
            trace.push((choice, able.len()));
            stiles[choice].pass();
        }
    };
    let (a, b, ()) = tokio::join!(buy(0), buy(1), schedule);
    for stile in stiles {
        stile.open.store(true, std::sync::atomic::Ordering::SeqCst);
    }
    assert!(a != b, "schedule {trace:?}: one unit, sold to {}", u8::from(a) + u8::from(b));
    db.close().await.unwrap();
    trace
}

#[test]
fn every_interleaving_of_two_buyers_sells_the_last_unit_once() {
    let Some(url) = super::cluster::database() else { return };
    block_on(async {
        let stiles: [Arc<Turnstile>; 2] = Default::default();
        for stile in &stiles {
            stile.open.store(true, std::sync::atomic::Ordering::SeqCst);
        }
        let options = |i: usize| Options {
            gate: Some(stiles[i].gate()),
            sweep_every: Duration::from_secs(3600),
            ..Options::default()
        };
        let worlds = [World::open_with(&url, options(0)).await, World::open_with(&url, options(1)).await];
        let mut prefix: Vec<usize> = Vec::new();
        let mut round = 0;
        loop {
            let name = format!("M{round}");
            worlds[0].ok(&format!("p{round}"), put(&[product(&name, 100)])).await;
            worlds[0].ok(&format!("s{round}"), receive(&name, 1)).await;
            let trace = play(&url, &worlds, &stiles, round, &prefix).await;
            round += 1;
            // The last place where the other could have gone first, and did not yet.
            let Some(at) = trace.iter().rposition(|(choice, able)| *choice == 0 && *able == 2) else { break };
            prefix = trace.iter().take(at).map(|(choice, _)| *choice).chain([1]).collect();
            assert!(round < 20_000, "the schedules do not end");
        }
        println!("{round} interleavings");
        assert!(round > 20, "{round} interleavings are too few: the gates do not hold");
        worlds[0].audit().await;
        let [a, b] = worlds;
        a.close().await;
        b.close().await;
    });
}
