//! SQLite only: carries what was written from the log into the file, beside the writer and not in its way. Left to the
//! writer, a full log would make a whole batch of buyers wait for tens of megabytes.

use crate::StoreError;
use crate::conn::{Conn, Place};
use crate::limits::{CHECKPOINT_EVERY, CHECKPOINT_PASSES};
use std::sync::Arc;
use tokio::sync::Notify;

/// Told by the writer.
#[derive(Default)]
pub(crate) struct Signals {
    /// Something was written.
    pub(crate) written: Notify,
    /// The store closes.
    pub(crate) ending: Notify,
}

/// Works until the store closes.
pub(crate) async fn follow(place: Place, signals: Arc<Signals>) {
    let mut conn = None;
    if matches!(place, Place::Sqlite(_)) {
        tokio::select! {
            () = signals.ending.notified() => {}
            () = passes(&place, &signals, &mut conn) => {}
        }
    } else {
        signals.ending.notified().await;
    }
    if let Some(conn) = conn {
        // Whatever it says, the writer closes after it and carries the rest.
        let _ = Conn::close(conn).await;
    }
}

async fn passes(place: &Place, signals: &Signals, conn: &mut Option<Conn>) {
    loop {
        signals.written.notified().await;
        tokio::time::sleep(CHECKPOINT_EVERY).await;
        if let Err(error) = catch_up(place, conn).await {
            tracing::debug!(%error, "the log is put away later");
            *conn = None;
        }
    }
}

/// Several passes: the writer goes on meanwhile, and only a pass that leaves nothing lets it begin the log anew.
async fn catch_up(place: &Place, conn: &mut Option<Conn>) -> Result<(), StoreError> {
    let open = match conn {
        Some(open) => open,
        none => none.insert(place.connect().await?),
    };
    for _ in 0..CHECKPOINT_PASSES {
        if open.checkpoint().await? {
            break;
        }
    }
    Ok(())
}
