//! Another process holds the SQLite file locked: orders wait, nothing acknowledged is lost.

use super::world::{World, answers_of, block_on, file, hold, product, put, receive};
use sqlx::{ConnectOptions, Connection};
use std::time::{Duration, Instant};

#[test]
fn a_database_locked_for_ten_seconds_delays_orders_and_loses_none() {
    let folder = tempfile::tempdir().unwrap();
    let url = file(folder.path());
    block_on(async {
        let world = World::open(&url).await;
        world.ok("p", put(&[product("MUG", 1490)])).await;
        world.ok("s", receive("MUG", 100)).await;
        let mut other = sqlx::sqlite::SqliteConnectOptions::new().filename(&url).connect().await.unwrap();
        sqlx::query("BEGIN EXCLUSIVE").execute(&mut other).await.unwrap();
        let locked = Instant::now();
        let ids: Vec<String> = (0..6_000).map(|n| format!("o{n}")).collect();
        let orders = ids.iter().map(|id| Box::pin(world.submit(id, hold(id, id, &[("MUG", 1)]))) as _).collect();
        let unlock = async {
            tokio::time::sleep(Duration::from_secs(10)).await;
            assert_eq!(world.store_left(), 100, "the view can be read while the file is locked");
            sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
        };
        let (answers, ()) = tokio::join!(answers_of(orders), unlock);
        assert!(locked.elapsed() >= Duration::from_secs(10));
        let busy = answers.iter().filter(|a| a.as_ref().is_err_and(|r| r.code() == "STORE_BUSY")).count();
        let won = answers.iter().filter(|a| a.is_ok()).count();
        assert_eq!(won, 100);
        // One batch (1,024 at most) is in the writer's hands, 4,096 wait, all others were told at once.
        assert!((6_000 - 4_096 - 1_024..=6_000 - 4_096).contains(&busy), "{busy}");
        assert_eq!(world.counters("MUG"), [0, 100, 0, 100]);
        other.close().await.unwrap();
        world.audit().await;
        world.close().await;
    });
}

impl World {
    fn store_left(&self) -> i64 {
        self.counters("MUG")[0]
    }
}
