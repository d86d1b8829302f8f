//! PostgreSQL only: learns at once what other processes on the same database committed.

use crate::StoreError;
use crate::conn::Place;
use crate::limits::NOTIFY_BYTES_MAX;
use crate::save::Changes;
use crate::slice::{self, Gated, Shelfmark};
use crate::sql;
use crate::view::{Change, Window};
use serde::{Deserialize, Serialize};
use sqlx::postgres::{PgListener, PgPoolOptions};
use std::sync::Arc;
use vitrine_commerce::{Location, Sku, State, Stock};

/// The channel that all processes of one shop share.
const CHANNEL: &str = "vitrine_shop";

#[derive(Serialize, Deserialize)]
struct Payload {
    /// Who says it; one's own are skipped.
    from: String,
    /// The book's version.
    book: i64,
    /// The shelves that changed; `None` if they are too many to say.
    stock: Option<Vec<(Sku, Location, Stock)>>,
}

/// What a commit tells the others.
pub(crate) fn payload(from: &str, changes: &Changes, state: &State, book: i64) -> String {
    let stock =
        changes.shelves.iter().map(|(sku, location)| (sku.clone(), location.clone(), state.stock(sku, location)));
    let full = Payload { from: from.to_owned(), book, stock: Some(stock.collect()) };
    match serde_json::to_string(&full) {
        Ok(text) if text.len() <= NOTIFY_BYTES_MAX => text,
        _ => serde_json::json!({ "from": from, "book": book, "stock": null }).to_string(),
    }
}

/// Follows the others until the process ends; reconnects by itself and then reads everything anew.
pub(crate) async fn follow(place: Place, window: Arc<Window>, origin: String, clock: crate::Clock) {
    let Place::Postgres(options) = &place else { return std::future::pending().await };
    let mut mark = Shelfmark::default();
    loop {
        let pool = PgPoolOptions::new().max_connections(1).connect_lazy_with(options.clone());
        let followed = async {
            let mut listener = PgListener::connect_with(&pool).await?;
            listener.listen(CHANNEL).await?;
            let mut db = Gated { conn: place.connect().await?, gate: None };
            catch_up(&mut db, &window, &mut mark, None, &clock).await?;
            // A lost connection gives `None`: what was said meanwhile is read from the tables after reconnecting.
            while let Some(note) = listener.try_recv().await? {
                let Ok(payload) = serde_json::from_str::<Payload>(note.payload()) else { continue };
                if payload.from == origin {
                    continue;
                }
                match payload.stock {
                    Some(stock) if payload.book <= mark.ver => {
                        window.change(Change { now_ms: clock(), stock, ..Change::default() });
                    }
                    stock => catch_up(&mut db, &window, &mut mark, stock, &clock).await?,
                }
            }
            Ok::<(), StoreError>(())
        };
        if let Err(error) = followed.await {
            tracing::warn!(%error, "not following the other processes; trying again");
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        }
    }
}

/// Reads the book's changes, and all shelves unless they are given.
async fn catch_up(
    db: &mut Gated,
    window: &Window,
    mark: &mut Shelfmark,
    stock: Option<Vec<(Sku, Location, Stock)>>,
    clock: &crate::Clock,
) -> Result<(), StoreError> {
    slice::sync_book(db, mark, false).await?;
    let stock = match stock {
        Some(stock) => stock,
        None => {
            let rows = db.rows_of(sql::ALL_STOCK, None).await?;
            rows.iter().map(|row| slice::shelf(row)).collect::<Result<_, _>>()?
        }
    };
    let book = Some((&mark.book, mark.ver));
    window.change(Change { now_ms: clock(), stock, book, whole_book: true, ..Change::default() });
    Ok(())
}
