//! The outbox: errands are leased, settled, tried again with growing delays, buried and revived.

use crate::StoreError;
use crate::conn::Ask;
use crate::limits::{
    ANSWER_KEPT_MS, ERRAND_BACKOFF_MS, ERRAND_BACKOFF_MS_MAX, ERRAND_KEPT_MS, ERRAND_TRIES_MAX, WEBHOOK_KEPT_MS,
};
use crate::slice::Gated;
use crate::sql;
use crate::writer::unavailable;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use vitrine_commerce::{Errand, Refusal, Topic};
use vitrine_show::ports::shop::{Outgoing, Settled};

/// What is asked of the outbox with a batch: how errands ended, which are given up no more, who takes the next.
#[derive(Default)]
pub(crate) struct Errands {
    pub(crate) settled: Vec<(i64, Settled, Told<()>)>,
    pub(crate) revived: Vec<(i64, Told<()>)>,
    pub(crate) taken: Vec<Taking>,
}

/// Who waits for an answer.
type Told<T> = oneshot::Sender<Result<T, Refusal>>;

/// Somebody who takes errands; they are due again when the lease ends.
pub(crate) struct Taking {
    pub(crate) topics: Vec<Topic>,
    pub(crate) limit: u32,
    pub(crate) lease_ms: u64,
    pub(crate) answer: Told<Vec<Outgoing>>,
}

impl Errands {
    pub(crate) const fn is_empty(&self) -> bool {
        self.settled.is_empty() && self.revived.is_empty() && self.taken.is_empty()
    }

    /// The statements; those of [`Errands::taken`] are the last.
    pub(crate) fn asks(&self, now_ms: u64) -> Result<Vec<Ask>, StoreError> {
        let mut asks = Vec::new();
        if !self.settled.is_empty() {
            let settled: Vec<Value> = self.settled.iter().map(|(seq, how, _)| settled(*seq, how, now_ms)).collect();
            asks.push(Ask::json(sql::SETTLE_ERRANDS, &settled)?);
            if self.settled.iter().any(|(_, how, _)| matches!(how, Settled::Failed { .. })) {
                asks.push(Ask::json(sql::BURY_ERRANDS, &ERRAND_TRIES_MAX)?);
            }
        }
        for (seq, _) in &self.revived {
            asks.push(Ask::json(sql::REVIVE_ERRAND, seq)?);
        }
        for Taking { topics, limit, lease_ms, .. } in &self.taken {
            let until = now_ms.saturating_add((*lease_ms).max(1));
            let topics: Vec<&str> = topics.iter().map(|topic| topic.as_str()).collect();
            let arg = json!({ "now": now_ms, "until": until, "limit": (*limit).clamp(1, 1000), "topics": topics });
            asks.push(Ask::json(sql::TAKE_ERRANDS, &arg)?);
        }
        Ok(asks)
    }

    /// Tells everybody, given what each of [`Errands::taken`] took; `None` if nothing was written.
    pub(crate) fn answer(self, taken: Option<Vec<Vec<String>>>) {
        let written = || if taken.is_some() { Ok(()) } else { Err(unavailable()) };
        // A caller that went away is told by the outbox itself: its lease ends.
        for (_, _, answer) in self.settled {
            let _ = answer.send(written());
        }
        for (_, answer) in self.revived {
            let _ = answer.send(written());
        }
        let mut taken = taken.map(Vec::into_iter);
        for Taking { answer, .. } in self.taken {
            let took = taken.as_mut().and_then(Iterator::next).ok_or_else(unavailable);
            let _ = answer.send(took.and_then(|took| {
                let mut errands = rows(&took).map_err(|error| {
                    tracing::error!(code = "STORE_UNAVAILABLE", %error, "outbox");
                    unavailable()
                })?;
                errands.sort_by_key(|errand| errand.seq);
                Ok(errands)
            }));
        }
    }
}

fn settled(seq: i64, how: &Settled, now_ms: u64) -> Value {
    let (state, error) = match how {
        Settled::Done => ("done", None),
        Settled::Failed { why } => ("due", Some(why)),
        Settled::Dead { why } => ("dead", Some(why)),
    };
    json!([seq, state, error, now_ms, ERRAND_BACKOFF_MS_MAX, ERRAND_BACKOFF_MS])
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

/// Deletes what is older than it must be kept.
pub(crate) async fn clean(db: &mut Gated, now_ms: u64) -> Result<(), StoreError> {
    let before = [ANSWER_KEPT_MS, WEBHOOK_KEPT_MS, ERRAND_KEPT_MS].map(|kept| now_ms.saturating_sub(kept));
    for statement in sql::CLEAN {
        db.run(statement, Some(serde_json::to_string(&before)?)).await?;
    }
    Ok(())
}
