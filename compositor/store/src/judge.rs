//! A batch between its load and its commit: commands decided in order of arrival, each key once.

use crate::StoreError;
use crate::limits::{DECIDED_AT_ONCE, DECIDED_BETWEEN_LOOKS, ROWS_WAITING};
use crate::save::{Changes, Kept, Rows};
use crate::slice::{Bases, Gated, Loaded};
use crate::writer::{Asked, Keyed};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::mpsc;
use vitrine_commerce::{Command, Event, Refusal, Reply, State, decide, reply};

/// What is known of a batch before its commit.
pub(crate) struct Decided {
    pub(crate) answers: Vec<Result<Reply, Refusal>>,
    pub(crate) events: Vec<Event>,
    pub(crate) changes: Changes,
    pub(crate) state: State,
    pub(crate) bases: Bases,
    /// Answers by key, of earlier and of this batch: hash and body.
    known: HashMap<Arc<str>, (Arc<str>, Arc<str>)>,
    new_answers: Vec<Kept>,
    /// Where answers are written before they are kept.
    sheet: Vec<u8>,
}

impl Decided {
    /// Nothing yet, on what was loaded.
    pub(crate) fn new(loaded: Loaded, asked: usize) -> Result<Self, StoreError> {
        let Loaded { state, bases, answers: rows, .. } = loaded;
        let mut known = HashMap::with_capacity(asked);
        for row in rows {
            let (key, hash, body): (String, String, String) = serde_json::from_str(&row)?;
            known.insert(key.into(), (hash.into(), body.into()));
        }
        let (answers, events) = (Vec::with_capacity(asked), Vec::with_capacity(asked * EVENTS_EACH));
        let changes = Changes::default();
        Ok(Self { answers, events, changes, state, bases, known, new_answers: Vec::new(), sheet: Vec::new() })
    }

    /// Decides all commands in their order, and gives the rows that are yet to be added. On SQLite these are none: its
    /// thread writes the first while this one decides the next.
    pub(crate) async fn carry_out_all(
        &mut self,
        db: &mut Gated,
        asked: &[Asked],
        now_ms: u64,
    ) -> Result<Rows, StoreError> {
        if self.state.due(now_ms).next().is_some() {
            self.carry_out(&Command::Sweep, now_ms)?.map_err(|refusal| {
                tracing::error!(code = refusal.code(), %refusal, "holds that ran out could not be ended");
                StoreError::Conflict
            })?;
        }
        if db.conn.is_postgres() {
            self.judge(asked, now_ms).await?;
            return self.changes.rows(&self.state, &mut self.new_answers, now_ms);
        }
        let (decided, mut to_write) = mpsc::channel::<Rows>(ROWS_WAITING);
        let writing = async move {
            while let Some(rows) = to_write.recv().await {
                rows.write(db).await?;
            }
            Ok::<(), StoreError>(())
        };
        let judging = async move {
            // Once more at the end: a sweep has rows even if nothing was asked.
            for some in asked.chunks(DECIDED_AT_ONCE).chain([&[][..]]) {
                self.judge(some, now_ms).await?;
                let rows = self.changes.rows(&self.state, &mut self.new_answers, now_ms)?;
                if decided.send(rows).await.is_err() {
                    break;
                }
            }
            Ok::<(), StoreError>(())
        };
        let (written, judged) = tokio::join!(writing, judging);
        written?;
        judged?;
        Ok(Rows::default())
    }

    async fn judge(&mut self, asked: &[Asked], now_ms: u64) -> Result<(), StoreError> {
        for (n, Asked { command, key, .. }) in asked.iter().enumerate() {
            if n % DECIDED_BETWEEN_LOOKS == DECIDED_BETWEEN_LOOKS - 1 {
                tokio::task::yield_now().await;
            }
            let answer = match key {
                Some(keyed) => self.once(command, keyed, now_ms)?,
                None => self.carry_out(command, now_ms)?.map(|_| Reply::Done),
            };
            self.answers.push(answer);
        }
        Ok(())
    }

    /// Decides and applies; the outer error is fatal for the batch. What happened stands at the end of `events`, from
    /// the index that is given.
    fn carry_out(&mut self, command: &Command, now_ms: u64) -> Result<Result<usize, Refusal>, StoreError> {
        let mut events = match decide(&self.state, command, now_ms) {
            Ok(events) => events,
            Err(refusal) => return Ok(Err(refusal)),
        };
        for event in &events {
            self.state.apply(event)?;
            self.changes.note(event, now_ms)?;
        }
        let from = self.events.len();
        self.events.append(&mut events);
        Ok(Ok(from))
    }

    /// Carries out under a key: a known key gets its old answer. Only what had an effect is kept.
    fn once(
        &mut self,
        command: &Command,
        Keyed { key, hash }: &Keyed,
        now_ms: u64,
    ) -> Result<Result<Reply, Refusal>, StoreError> {
        if let Some((old, body)) = self.known.get(key.as_str()) {
            return Ok(match old == hash {
                true => Ok(read_answer(body)?),
                false => Err(Refusal::IdempotencyKeyReused { key: key.as_str().to_owned() }),
            });
        }
        Ok(match self.carry_out(command, now_ms)? {
            Err(refusal) => Err(refusal),
            Ok(from) => {
                let events = self.events.get(from..).unwrap_or_default();
                let reply = reply(&self.state, command, events);
                if !events.is_empty() {
                    let body = write_answer(&mut self.sheet, &reply)?;
                    if let Reply::Order { order } = &reply {
                        self.changes.know(order, &body);
                    }
                    let kept = Kept { key: key.shared(), hash: Arc::clone(hash), body: Arc::clone(&body) };
                    self.new_answers.push(kept);
                    self.known.insert(key.shared(), (Arc::clone(hash), body));
                }
                Ok(reply)
            }
        })
    }
}

/// Events that a hold makes: what most batches are made of.
const EVENTS_EACH: usize = 2;

/// How the text of an answer begins, unless it is an order.
const ANSWER_OPENS: &str = r#"{"is":"#;

/// An answer as it is kept. One that is an order is kept as the order's own text, which its row has as well.
fn write_answer(sheet: &mut Vec<u8>, reply: &Reply) -> Result<Arc<str>, StoreError> {
    sheet.clear();
    match reply {
        Reply::Order { order } => serde_json::to_writer(&mut *sheet, order)?,
        reply => serde_json::to_writer(&mut *sheet, reply)?,
    }
    Ok(Arc::from(str::from_utf8(sheet).unwrap_or_default()))
}

fn read_answer(body: &str) -> Result<Reply, StoreError> {
    Ok(match body.starts_with(ANSWER_OPENS) {
        true => serde_json::from_str(body)?,
        false => Reply::Order { order: serde_json::from_str(body)? },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_as_it_was_kept_and_as_earlier_versions_kept_it() {
        let order = r#"{"id":"o","show":"s","customer":"c","channel":"own","state":"held","lines":[],"units":[],
            "discount":{"minor":0,"currency":"EUR"},"total":{"minor":1,"currency":"EUR"},"created_ms":1,"expires_ms":2,
            "payment":{"attempts":0,"authorised_minor":0,"captured_minor":0,"refunded_minor":0,"refund_asked_minor":0,
            "disputed":false,"voided":false}}"#;
        let order: Arc<vitrine_commerce::Order> = serde_json::from_str(order).unwrap();
        let replies = [Reply::Done, Reply::Already, Reply::Waiting { before: 3 }, Reply::Order { order }];
        for reply in replies {
            let kept = write_answer(&mut Vec::new(), &reply).unwrap();
            assert_eq!(read_answer(&kept).unwrap(), reply);
            assert_eq!(read_answer(&serde_json::to_string(&reply).unwrap()).unwrap(), reply);
        }
    }
}
