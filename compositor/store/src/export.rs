//! Orders and ledger as CSV: one line for each, amounts in minor units, no cell that a spreadsheet would run.

use crate::conn::Place;
use crate::{StoreError, sql};
use std::io::Write;
use vitrine_commerce::{Order, csv};

/// Writes all orders, a line for each order line, in order of id. Tells how many orders it wrote.
///
/// # Errors
/// [`StoreError`] if the database can't be read or `to` can't be written.
pub async fn orders_csv(url: &str, to: &mut (dyn Write + Send)) -> Result<u64, StoreError> {
    let head = [
        "order",
        "show",
        "customer",
        "channel",
        "state",
        "created_ms",
        "sku",
        "title",
        "qty",
        "unit_minor",
        "total_minor",
        "discount_minor",
        "captured_minor",
        "refunded_minor",
        "currency",
        "code",
        "carrier",
        "tracking",
        "note",
    ];
    to.write_all(csv::row(head).as_bytes())?;
    let mut conn = Place::parse(url)?.connect().await?;
    let (mut after, mut count) = (String::new(), 0);
    loop {
        let rows = conn.rows(sql::ORDERS_AFTER, Some(after.clone())).await?;
        for row in &rows {
            let order: Order = serde_json::from_str(row)?;
            for text in order_rows(&order) {
                to.write_all(text.as_bytes())?;
            }
            count += 1;
            after = order.id.as_str().to_owned();
        }
        if rows.is_empty() {
            break;
        }
    }
    conn.close().await?;
    Ok(count)
}

fn order_rows(order: &Order) -> impl Iterator<Item = String> {
    order.lines.iter().map(|line| {
        let parcel = order.parcel.as_ref();
        csv::row([
            order.id.as_str(),
            order.show.as_str(),
            order.customer.as_str(),
            order.channel.as_str(),
            order.state.as_str(),
            &order.created_ms.to_string(),
            line.sku.as_str(),
            &line.title,
            &line.qty.to_string(),
            &line.unit_price.minor.to_string(),
            &order.total.minor.to_string(),
            &order.discount.minor.to_string(),
            &order.payment.captured_minor.to_string(),
            &order.payment.refunded_minor.to_string(),
            order.total.currency.as_str(),
            order.code.as_ref().map_or("", |code| code.as_str()),
            parcel.map_or("", |p| p.carrier.as_str()),
            parcel.map_or("", |p| p.tracking.as_str()),
            order.note.as_deref().unwrap_or(""),
        ])
    })
}

/// A line of the ledger as the statement gives it.
type Line = (i64, u64, String, String, String, String, i64, i64, i64, i64);

/// Writes the whole ledger in its order. Tells how many lines it wrote.
///
/// # Errors
/// [`StoreError`] if the database can't be read or `to` can't be written.
pub async fn ledger_csv(url: &str, to: &mut (dyn Write + Send)) -> Result<u64, StoreError> {
    let head = ["seq", "at_ms", "sku", "location", "why", "ref", "d_on_hand", "d_held", "d_allocated", "d_backorder"];
    to.write_all(csv::row(head).as_bytes())?;
    let mut conn = Place::parse(url)?.connect().await?;
    let (mut after, mut count) = (0_i64, 0);
    loop {
        let rows = conn.rows(sql::LEDGER_AFTER, Some(after.to_string())).await?;
        for row in &rows {
            let (seq, at_ms, sku, location, why, reference, a, b, c, d): Line = serde_json::from_str(row)?;
            let numbers =
                [seq.to_string(), at_ms.to_string(), a.to_string(), b.to_string(), c.to_string(), d.to_string()];
            let [seq_text, at_text, a, b, c, d] = &numbers;
            let text = csv::row([seq_text, at_text, &sku, &location, &why, &reference, a, b, c, d]);
            to.write_all(text.as_bytes())?;
            count += 1;
            after = seq;
        }
        if rows.is_empty() {
            break;
        }
    }
    conn.close().await?;
    Ok(count)
}
