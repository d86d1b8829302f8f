//! The audit behind `vitrine store check`: ledger, counters and orders must tell one story.

use crate::conn::{Conn, Place};
use crate::{StoreError, slice, sql};
use serde::Serialize;
use std::collections::BTreeMap;
use vitrine_commerce::{Book, Event, Location, Order, Quota, Sku, Stock};

/// What the audit found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Audit {
    /// Shelves compared.
    pub shelves: u64,
    /// Orders read.
    pub orders: u64,
    /// Ledger lines summed.
    pub ledger_lines: u64,
    /// What does not agree; empty when all is well.
    pub faults: Vec<String>,
}

impl Audit {
    /// Whether ledger, counters and orders agree.
    #[must_use]
    pub fn clean(&self) -> bool {
        self.faults.is_empty()
    }
}

/// Compares the sum of the ledger with the counters, and the units of orders and quotas with `held` and `allocated`,
/// in one snapshot; asks SQLite for the integrity of its file. Can run beside a live store.
///
/// # Errors
/// [`StoreError`] if the database can't be opened or read; a disagreement is no error but a fault in the [`Audit`].
pub async fn check(url: &str) -> Result<Audit, StoreError> {
    let place = Place::parse(url)?;
    place.migrate().await?;
    let mut conn = place.connect().await?;
    conn.rows(sql::SNAPSHOT, None).await?;
    let audit = audit(&mut conn).await;
    conn.rows(sql::ROLLBACK, None).await?;
    conn.close().await?;
    audit
}

type Shelf = (Sku, Location);

async fn audit(conn: &mut Conn) -> Result<Audit, StoreError> {
    let mut audit = Audit::default();
    let integrity = conn.rows(sql::INTEGRITY, None).await?;
    audit.faults.extend(integrity.into_iter().filter(|line| line != "ok").map(|line| format!("file: {line}")));
    let mut counters: BTreeMap<Shelf, Stock> = BTreeMap::new();
    for row in conn.rows(sql::ALL_STOCK, None).await? {
        let (sku, location, stock) = slice::shelf(&row)?;
        counters.insert((sku, location), stock);
    }
    audit.shelves = u64::try_from(counters.len()).unwrap_or(u64::MAX);
    sum_ledger(conn, &counters, &mut audit).await?;
    let promised = promised(conn, &mut audit).await?;
    for (shelf, stock) in &counters {
        let (held, allocated) = promised.get(shelf).copied().unwrap_or_default();
        if (held, allocated) != (stock.held, stock.allocated) {
            audit.faults.push(format!(
                "{} at {}: orders and quotas hold {held} and have {allocated} allocated, the counters say {} and {}",
                shelf.0, shelf.1, stock.held, stock.allocated
            ));
        }
    }
    let lost = promised.keys().filter(|shelf| !counters.contains_key(*shelf));
    audit.faults.extend(lost.map(|(sku, location)| format!("orders promise {sku} at {location}, which has no shelf")));
    Ok(audit)
}

async fn sum_ledger(conn: &mut Conn, counters: &BTreeMap<Shelf, Stock>, audit: &mut Audit) -> Result<(), StoreError> {
    let mut sums: BTreeMap<Shelf, [i64; 4]> = BTreeMap::new();
    for row in conn.rows(sql::LEDGER_SUMS, None).await? {
        let (sku, location, on_hand, held, allocated, backorder, lines): (Sku, Location, i64, i64, i64, i64, u64) =
            serde_json::from_str(&row)?;
        sums.insert((sku, location), [on_hand, held, allocated, backorder]);
        audit.ledger_lines += lines;
    }
    let shelves: std::collections::BTreeSet<&Shelf> = sums.keys().chain(counters.keys()).collect();
    for shelf in shelves {
        let sum = sums.get(shelf).copied().unwrap_or_default();
        let row = counters.get(shelf).copied().unwrap_or_default();
        let row = [row.on_hand, row.held, row.allocated, row.backorder];
        if sum != row {
            audit.faults.push(format!(
                "{} at {}: the ledger sums to {sum:?}, the counters say {row:?} (on hand, held, allocated, backorder)",
                shelf.0, shelf.1
            ));
        }
    }
    Ok(())
}

/// Units that orders and quotas hold and have allocated.
async fn promised(conn: &mut Conn, audit: &mut Audit) -> Result<BTreeMap<Shelf, (i64, i64)>, StoreError> {
    let mut promised: BTreeMap<Shelf, (i64, i64)> = BTreeMap::new();
    let mut after = String::new();
    loop {
        let rows = conn.rows(sql::ORDERS_AFTER, Some(after.clone())).await?;
        for row in &rows {
            let order: Order = serde_json::from_str(row)?;
            audit.orders += 1;
            for units in &order.units {
                let entry = promised.entry((units.sku.clone(), units.location.clone())).or_default();
                entry.0 += if order.state.holds() { units.qty } else { 0 };
                entry.1 += if order.state.allocates() { units.qty } else { 0 };
            }
            after = order.id.as_str().to_owned();
        }
        if rows.is_empty() {
            break;
        }
    }
    let mut book = Book::default();
    for row in conn.rows(sql::THINGS_SINCE, Some("0".to_owned())).await? {
        let (kind, _, body): (String, String, Option<String>) = serde_json::from_str(&row)?;
        if let ("quota", Some(body)) = (kind.as_str(), body) {
            let quota: Quota = serde_json::from_str(&body)?;
            book.apply(&Event::QuotaSet { quota })?;
        }
    }
    for quota in book.quotas.values() {
        promised.entry((quota.sku.clone(), quota.location.clone())).or_default().0 += quota.units;
    }
    promised.retain(|_, (held, allocated)| (*held, *allocated) != (0, 0));
    Ok(promised)
}
