//! A row that is there already although nothing that was read said so: SQLite takes the whole batch back by itself. What
//! was asked is refused clearly, nothing of it is kept, and it can be asked again.

use super::world::{World, block_on, file, hold, product, put, receive};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor, Row};

/// Each table whose rows are added with `OR ROLLBACK`, and what is put into it behind the store's back while a batch is
/// being written: a row that the batch adds as well.
const CLASHES: [(&str, &str); 2] = [
    // The ledger is written between the orders and the answers.
    (
        "answers",
        "AFTER INSERT ON ledger BEGIN INSERT INTO answer(key, hash, at_ms, body) VALUES(NEW.ref, '', 0, ''); END",
    ),
    (
        "orders",
        "BEFORE INSERT ON orders BEGIN INSERT INTO orders(id, customer, channel, state, created_ms, expires_ms, body)
         SELECT NEW.id, '', '', 'held', 0, 0, '' WHERE NEW.customer <> ''; END",
    ),
];

#[test]
fn a_batch_that_clashes_is_taken_back_whole_and_can_be_asked_again() {
    for (what, clash) in CLASHES {
        let folder = tempfile::tempdir().unwrap();
        let url = file(folder.path());
        block_on(async {
            let world = World::open(&url).await;
            world.ok("p", put(&[product("MUG", 1490)])).await;
            world.ok("s", receive("MUG", 10)).await;
            world.ok("before", hold("before", "ann", &[("MUG", 1)])).await;
            let mut db = SqliteConnectOptions::new().filename(&url).connect().await.unwrap();
            let rows =
                "SELECT (SELECT count(*) FROM orders), (SELECT count(*) FROM ledger), (SELECT count(*) FROM answer)";
            let [orders, ledger, answers] = counts(&mut db, rows).await;

            db.execute(sqlx::AssertSqlSafe(format!("CREATE TRIGGER clash {clash}"))).await.unwrap();
            assert_eq!(world.refused("o", hold("o", "bob", &[("MUG", 2)])).await, "STORE_UNAVAILABLE", "{what}");
            assert_eq!(counts(&mut db, rows).await, [orders, ledger, answers], "{what}: nothing is kept");
            assert_eq!(world.counters("MUG"), [9, 1, 0, 10], "{what}: nothing is shown");
            world.audit().await;

            db.execute("DROP TRIGGER clash").await.unwrap();
            world.ok("o", hold("o", "bob", &[("MUG", 2)])).await;
            assert_eq!(world.counters("MUG"), [7, 3, 0, 10], "{what}: asked again");
            assert_eq!(counts(&mut db, rows).await, [orders + 1, ledger + 1, answers + 1], "{what}");
            world.audit().await;
            db.close().await.unwrap();
            world.close().await;
        });
    }
}

async fn counts(db: &mut sqlx::SqliteConnection, rows: &'static str) -> [i64; 3] {
    let row = db.fetch_one(rows).await.unwrap();
    [0, 1, 2].map(|column| row.get(column))
}
