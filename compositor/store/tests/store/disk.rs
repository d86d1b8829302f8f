//! A disk that takes no more: a clear refusal, nothing half done, the process lives, and goes on when there is room.

use super::world::{World, block_on, file, hold, product, put, receive};
use std::process::Command;
use std::time::Duration;

/// Bytes that a file may have while the disk is full: the tables fit, the log of many orders does not.
const ROOM: u64 = 600_000;

/// Limits how long any file of this process may grow. Too long a write fails as on a full disk.
fn room(bytes: u64) {
    // SAFETY: both calls change settings of this process alone; the structure lives across the call.
    unsafe {
        libc::signal(libc::SIGXFSZ, libc::SIG_IGN);
        let limit = libc::rlimit { rlim_cur: bytes, rlim_max: libc::RLIM_INFINITY };
        assert_eq!(libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit), 0);
    }
}

/// Runs in a process of its own, whose files alone are limited.
#[test]
#[ignore = "started by the test below"]
fn child() {
    let Ok(url) = std::env::var("VITRINE_DISK_URL") else { return };
    block_on(async {
        let world = World::open(&url).await;
        world.ok("p", put(&[product("MUG", 1490)])).await;
        world.ok("s", receive("MUG", 100_000)).await;
        room(ROOM);
        let (mut taken, mut refused) = (Vec::new(), Vec::new());
        // A log that was put away on the way makes room for a while: several refusals are waited for.
        while refused.len() < 5 {
            let id = format!("o{}", taken.len() + refused.len());
            match world.submit(&id, hold(&id, &id, &[("MUG", 1)])).await {
                Ok(_) => taken.push(id),
                Err(refusal) => {
                    assert_eq!(refusal.code(), "STORE_UNAVAILABLE");
                    refused.push(id);
                }
            }
            assert!(taken.len() < 10_000, "the disk never was full");
            let held = i64::try_from(taken.len()).unwrap();
            assert_eq!(world.counters("MUG"), [100_000 - held, held, 0, 100_000], "what is shown is what was taken");
        }
        room(libc::RLIM_INFINITY);
        for id in &refused {
            world.ok(id, hold(id, id, &[("MUG", 1)])).await;
        }
        for id in taken.iter().chain(&refused) {
            world.order(id).await;
        }
        let held = i64::try_from(taken.len() + refused.len()).unwrap();
        assert_eq!(world.counters("MUG"), [100_000 - held, held, 0, 100_000]);
        world.audit().await;
        world.close().await;
        println!("{} were taken before the disk was full", taken.len());
    });
}

#[test]
fn a_full_disk_refuses_clearly_keeps_nothing_half_and_goes_on_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let out = Command::new(std::env::current_exe().unwrap())
        .args(["disk::child", "--exact", "--ignored", "--nocapture"])
        .env("VITRINE_DISK_URL", file(folder.path()))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&out.stdout) + String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success() && said.contains("were taken before the disk was full"), "{said}");
}

/// How long the log may lie: a loaded machine may be slow, and never this slow.
const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn what_is_written_is_carried_into_the_file_while_the_store_is_open() {
    let folder = tempfile::tempdir().unwrap();
    let url = file(folder.path());
    block_on(async {
        let world = World::open(&url).await;
        world.ok("p", put(&[product("MUG", 1490)])).await;
        world.ok("s", receive("MUG", 1_000)).await;
        let size = || std::fs::metadata(&url).unwrap().len();
        let before = size();
        for n in 0..200 {
            let id = format!("o{n}");
            world.ok(&id, hold(&id, &id, &[("MUG", 1)])).await;
        }
        let grown = async {
            while size() < before + 100_000 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, grown).await.expect("the orders are still in the log alone");
        world.audit().await;
        world.close().await;
    });
}
