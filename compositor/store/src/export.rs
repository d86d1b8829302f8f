//! Orders and ledger as tables, amounts in minor units: CSV without a cell that a spreadsheet would run, or Parquet
//! with every text as it is.

use crate::conn::{Cell, Place};
use crate::sheet::{Columns, Kind, Sheet};
use crate::sql::Sql;
use crate::{StoreError, sql};
use std::io::Write;
use vitrine_commerce::{Order, csv};

/// How a table is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// RFC 4180.
    Csv,
    /// Apache Parquet.
    Parquet,
}

use Kind::{Instant, Number, Text};

/// A line for each order line.
const ORDERS: Columns = &[
    ("order", Text),
    ("show", Text),
    ("customer", Text),
    ("channel", Text),
    ("state", Text),
    ("created_ms", Instant),
    ("sku", Text),
    ("title", Text),
    ("qty", Number),
    ("unit_minor", Number),
    ("total_minor", Number),
    ("discount_minor", Number),
    ("captured_minor", Number),
    ("refunded_minor", Number),
    ("currency", Text),
    ("code", Text),
    ("carrier", Text),
    ("tracking", Text),
    ("note", Text),
];

const LEDGER: Columns = &[
    ("seq", Number),
    ("at_ms", Instant),
    ("sku", Text),
    ("location", Text),
    ("why", Text),
    ("ref", Text),
    ("d_on_hand", Number),
    ("d_held", Number),
    ("d_allocated", Number),
    ("d_backorder", Number),
];

/// A table in the making.
enum Table<'a> {
    Csv(&'a mut (dyn Write + Send)),
    Parquet(Box<Sheet<&'a mut (dyn Write + Send)>>),
}

impl<'a> Table<'a> {
    fn new(format: Format, columns: Columns, to: &'a mut (dyn Write + Send)) -> Result<Self, StoreError> {
        Ok(match format {
            Format::Csv => {
                to.write_all(csv::row(columns.iter().map(|(name, _)| name)).as_bytes())?;
                Self::Csv(to)
            }
            Format::Parquet => Self::Parquet(Box::new(Sheet::new(to, columns)?)),
        })
    }

    fn push(&mut self, row: Vec<Cell>) -> Result<(), StoreError> {
        let to = match self {
            Self::Parquet(sheet) => return sheet.push(row),
            Self::Csv(to) => to,
        };
        let text = |cell: Cell| match cell {
            Cell::Int(number) => number.to_string(),
            Cell::Text(text) => text.as_ref().to_owned(),
        };
        to.write_all(csv::row(row.into_iter().map(text)).as_bytes())?;
        Ok(())
    }

    fn end(self) -> Result<(), StoreError> {
        match self {
            Self::Csv(to) => Ok(to.flush()?),
            Self::Parquet(sheet) => sheet.end(),
        }
    }
}

/// Writes all orders, a line for each order line, in order of id. Tells how many orders it wrote.
///
/// # Errors
/// [`StoreError`] if the database can't be read or `to` can't be written.
pub async fn orders(url: &str, format: Format, to: &mut (dyn Write + Send)) -> Result<u64, StoreError> {
    let mut table = Table::new(format, ORDERS, to)?;
    let count = walk(url, sql::ORDERS_AFTER, String::new(), |row| {
        let order: Order = serde_json::from_str(row)?;
        order_rows(&order).try_for_each(|row| table.push(row))?;
        Ok(order.id.as_str().to_owned())
    });
    let count = count.await?;
    table.end()?;
    Ok(count)
}

fn order_rows(order: &Order) -> impl Iterator<Item = Vec<Cell>> {
    let text = |text: &str| Cell::text(text);
    order.lines.iter().map(move |line| {
        let parcel = order.parcel.as_ref();
        vec![
            text(order.id.as_str()),
            text(order.show.as_str()),
            text(order.customer.as_str()),
            text(order.channel.as_str()),
            text(order.state.as_str()),
            Cell::of(order.created_ms),
            text(line.sku.as_str()),
            text(&line.title),
            Cell::Int(i64::from(line.qty)),
            Cell::Int(line.unit_price.minor),
            Cell::Int(order.total.minor),
            Cell::Int(order.discount.minor),
            Cell::Int(order.payment.captured_minor),
            Cell::Int(order.payment.refunded_minor),
            text(order.total.currency.as_str()),
            text(order.code.as_ref().map_or("", |code| code.as_str())),
            text(parcel.map_or("", |p| p.carrier.as_str())),
            text(parcel.map_or("", |p| p.tracking.as_str())),
            text(order.note.as_deref().unwrap_or("")),
        ]
    })
}

/// A line of the ledger as the statement gives it.
type Line = (i64, u64, String, String, String, String, i64, i64, i64, i64);

/// Writes the whole ledger in its order. Tells how many lines it wrote.
///
/// # Errors
/// [`StoreError`] if the database can't be read or `to` can't be written.
pub async fn ledger(url: &str, format: Format, to: &mut (dyn Write + Send)) -> Result<u64, StoreError> {
    let mut table = Table::new(format, LEDGER, to)?;
    let count = walk(url, sql::LEDGER_AFTER, "0".to_owned(), |row| {
        let (seq, at_ms, sku, location, why, reference, a, b, c, d): Line = serde_json::from_str(row)?;
        let [sku, location, why, reference] = [sku, location, why, reference].map(Cell::text);
        let [a, b, c, d] = [a, b, c, d].map(Cell::Int);
        table.push(vec![Cell::Int(seq), Cell::of(at_ms), sku, location, why, reference, a, b, c, d])?;
        Ok(seq.to_string())
    });
    let count = count.await?;
    table.end()?;
    Ok(count)
}

/// Takes every row that a statement gives after `after`; `take` tells how far it came.
async fn walk(
    url: &str,
    sql: Sql,
    mut after: String,
    mut take: impl FnMut(&str) -> Result<String, StoreError>,
) -> Result<u64, StoreError> {
    let mut conn = Place::parse(url)?.connect().await?;
    let mut count = 0;
    loop {
        let rows = conn.rows(sql, Some(after.clone())).await?;
        for row in &rows {
            after = take(row)?;
            count += 1;
        }
        if rows.is_empty() {
            break;
        }
    }
    conn.close().await?;
    Ok(count)
}
