//! Remembers exactly once: the ledger, holds, orders, webhook inbox and outbox of a shop, on SQLite or PostgreSQL.
//!
//! ```text
//! submit ─► queue (≤ 4096, else STORE_BUSY) ─► Work::run: a batch at a time
//!             BEGIN ─► load and lock what the batch touches ─► commerce::decide, in order of arrival
//!                   ─► one statement a table ─► COMMIT (fsync) ─► view, listeners, answers
//! ```
//!
//! SQLite: one file, WAL, `synchronous=FULL`, one writer. PostgreSQL: as many processes as you like on one database;
//! shelves are locked in one order, counters travel by NOTIFY. Both give the same answers: the judgement is
//! `vitrine_commerce::decide`.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! use vitrine_commerce::{Command, Location, Sku};
//! use vitrine_show::ports::shop::{IdempotencyKey, Shop};
//! let folder = std::env::temp_dir().join(format!("vitrine-doc-{}", std::process::id()));
//! std::fs::create_dir_all(&folder).unwrap();
//! let url = folder.join("shop.db").display().to_string();
//! let (store, work) = vitrine_store::Store::open(&url, vitrine_store::Options::default()).await.unwrap();
//! let running = tokio::spawn(work.run());
//! let mug = Sku::new("MUG").unwrap();
//! let receive = Command::AdjustStock { sku: mug, location: Location::main(), by: 12, note: "delivery".into() };
//! store.submit(receive, IdempotencyKey::new("delivery-1").unwrap()).await.unwrap();
//! drop(store);
//! running.await.unwrap();
//! assert!(vitrine_store::check(&url).await.unwrap().clean());
//! # std::fs::remove_dir_all(&folder).unwrap();
//! # });
//! ```

pub mod bench;
mod check;
mod checkpoint;
mod conn;
mod errands;
mod error;
mod export;
mod judge;
pub mod limits;
mod listen;
mod save;
mod sheet;
mod shop;
mod slice;
mod sql;
mod view;
mod writer;

pub use check::{Audit, check};
pub use conn::Gate;
pub use error::StoreError;
pub use export::{Format, ledger, orders};
pub use shop::{Clock, Options, Store, Work};
