//! The outbox: errands are leased, settled, tried again with growing delays, buried and revived.

use crate::StoreError;
use crate::limits::{
    ANSWER_KEPT_MS, ERRAND_BACKOFF_MS, ERRAND_BACKOFF_MS_MAX, ERRAND_KEPT_MS, ERRAND_TRIES_MAX, WEBHOOK_KEPT_MS,
};
use crate::slice::Gated;
use crate::sql;
use serde_json::json;
use vitrine_commerce::{Errand, Topic};
use vitrine_show::ports::shop::{Outgoing, Settled};

/// Takes due errands; they are due again when the lease ends.
pub(crate) async fn take(
    db: &mut Gated,
    topics: &[Topic],
    limit: u32,
    lease_ms: u64,
    now_ms: u64,
) -> Result<Vec<Outgoing>, StoreError> {
    let until = now_ms.saturating_add(lease_ms.max(1));
    let topics: Vec<&str> = topics.iter().map(|topic| topic.as_str()).collect();
    let arg = json!({ "now": now_ms, "until": until, "limit": limit.clamp(1, 1000), "topics": topics });
    let mut taken = rows(&db.rows(sql::TAKE_ERRANDS, arg).await?)?;
    taken.sort_by_key(|errand| errand.seq);
    Ok(taken)
}

/// Reads rows of the outbox.
pub(crate) fn rows(rows: &[String]) -> Result<Vec<Outgoing>, StoreError> {
    let mut errands = Vec::with_capacity(rows.len());
    for row in rows {
        let (seq, topic, key, body, due_ms, tries, state, last_error): (
            i64,
            String,
            String,
            String,
            u64,
            u32,
            String,
            Option<String>,
        ) = serde_json::from_str(row)?;
        // A topic of a newer version waits for that version.
        let Some(topic) = Topic::from_word(&topic) else { continue };
        let errand = Errand { topic, key, body: serde_json::from_str(&body)? };
        errands.push(Outgoing { seq, errand, tries, last_error, due_ms, dead: state == "dead" });
    }
    Ok(errands)
}

/// Writes down how a try ended.
pub(crate) async fn settle(db: &mut Gated, seq: i64, settled: &Settled, now_ms: u64) -> Result<(), StoreError> {
    let (state, error) = match settled {
        Settled::Done => ("done", None),
        Settled::Failed { why } => ("due", Some(why)),
        Settled::Dead { why } => ("dead", Some(why)),
    };
    let arg = json!({ "seq": seq, "state": state, "error": error, "now": now_ms, "first": ERRAND_BACKOFF_MS,
        "longest": ERRAND_BACKOFF_MS_MAX });
    db.run(sql::SETTLE_ERRAND, Some(arg.to_string())).await?;
    if matches!(settled, Settled::Failed { .. }) {
        db.run(sql::BURY_ERRANDS, Some(ERRAND_TRIES_MAX.to_string())).await?;
    }
    Ok(())
}

/// Puts a dead errand back to work.
pub(crate) async fn revive(db: &mut Gated, seq: i64) -> Result<(), StoreError> {
    db.run(sql::REVIVE_ERRAND, Some(seq.to_string())).await?;
    Ok(())
}

/// Deletes what is older than it must be kept.
pub(crate) async fn clean(db: &mut Gated, now_ms: u64) -> Result<(), StoreError> {
    let before = [ANSWER_KEPT_MS, WEBHOOK_KEPT_MS, ERRAND_KEPT_MS].map(|kept| now_ms.saturating_sub(kept));
    for statement in sql::CLEAN {
        db.run(statement, Some(serde_json::to_string(&before)?)).await?;
    }
    Ok(())
}
