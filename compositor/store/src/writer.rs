//! The one writer: takes what waits, decides it in arrival order on what it has loaded and locked, writes it in one
//! transaction, answers after the commit.

use crate::conn::Place;
use crate::limits::{ANSWER_WITHIN, CONFLICTS_MAX, DECIDED_AT_ONCE, DECIDED_BETWEEN_LOOKS, RETRY_AFTER_MS};
use crate::save::{Changes, Kept, Rows};
use crate::slice::{self, Bases, Gated, Shelfmark};
use crate::view::{Change, Window, lost_demand};
use crate::{Options, StoreError, errands, sql};
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::oneshot;
use vitrine_commerce::{Book, Command, Event, Refusal, Reply, State, Topic, Touch, decide, reply, touches};
use vitrine_show::ports::shop::{IdempotencyKey, Outgoing, Settled};

/// What waits for the writer.
pub(crate) enum Job {
    Command(Asked),
    Take { topics: Vec<Topic>, limit: u32, lease_ms: u64, answer: oneshot::Sender<Result<Vec<Outgoing>, Refusal>> },
    Settle { seq: i64, settled: Settled, answer: oneshot::Sender<Result<(), Refusal>> },
    Revive { seq: i64, answer: oneshot::Sender<Result<(), Refusal>> },
    Clean,
}

/// A command and who waits for its answer.
pub(crate) struct Asked {
    pub(crate) command: Box<Command>,
    pub(crate) key: Option<Keyed>,
    pub(crate) since: Instant,
    pub(crate) answer: oneshot::Sender<Result<Reply, Refusal>>,
}

/// The key of a command, and what tells the command from others that come under the same key.
pub(crate) struct Keyed {
    key: IdempotencyKey,
    hash: Arc<str>,
}

impl Keyed {
    /// Made by the caller, so that the writer needs no time for it.
    pub(crate) fn new(key: IdempotencyKey, command: &Command) -> Result<Self, StoreError> {
        let digest = Sha256::digest(serde_json::to_vec(command)?);
        Ok(Self { key, hash: vitrine_commerce::draw::hex(&digest).into() })
    }
}

/// An errand by its number, how it ended, and who waits for that to be written down.
type SettledErrand = (i64, Settled, oneshot::Sender<Result<(), Refusal>>);

/// What is known of a batch before its commit.
struct Decided {
    answers: Vec<Result<Reply, Refusal>>,
    events: Vec<Event>,
    changes: Changes,
    state: State,
    bases: Bases,
    touch: Touch,
    /// Answers by key, of earlier and of this batch: hash and body.
    known: HashMap<Arc<str>, (Arc<str>, Arc<str>)>,
    new_answers: Vec<Kept>,
}

/// Owns the connection that writes.
pub(crate) struct Writer {
    place: Place,
    options: Options,
    db: Option<Gated>,
    mark: Shelfmark,
    window: Arc<Window>,
    origin: String,
}

impl Writer {
    pub(crate) fn new(place: Place, options: Options, window: Arc<Window>, origin: String) -> Self {
        Self { place, options, db: None, mark: Shelfmark::default(), window, origin }
    }

    /// Writes a batch and answers each of its jobs, whatever happens.
    pub(crate) async fn write(&mut self, jobs: Vec<Job>) {
        let (mut commands, mut settled, mut others) = (Vec::new(), Vec::new(), Vec::new());
        for job in jobs {
            match job {
                Job::Command(asked) => commands.push(asked),
                Job::Settle { seq, settled: how, answer } => settled.push((seq, how, answer)),
                other => others.push(other),
            }
        }
        if !commands.is_empty() {
            let since = commands.iter().map(|asked: &Asked| asked.since).min().unwrap_or_else(Instant::now);
            let answers = self.insist(&commands, since).await;
            let given = answers.unwrap_or_default().into_iter().map(Some).chain(std::iter::repeat(None));
            for (asked, result) in commands.into_iter().zip(given) {
                // A caller that went away has its answer kept under its key.
                let _ = asked.answer.send(result.unwrap_or(Err(unavailable())));
            }
        }
        if !settled.is_empty() {
            self.settle(settled).await;
        }
        for job in others {
            self.errand(job).await;
        }
    }

    /// How errands ended, all in one transaction: each would cost a flush of the disk alone.
    async fn settle(&mut self, settled: Vec<SettledErrand>) {
        let now_ms = (self.options.clock)();
        let written = async {
            self.connect().await?;
            let Some(db) = self.db.as_mut() else { return Err(StoreError::Conflict) };
            db.run(sql::BEGIN, None).await?;
            for (seq, how, _) in &settled {
                errands::settle(db, *seq, how, now_ms).await?;
            }
            db.run(sql::COMMIT, None).await
        };
        let written = written.await;
        if let Err(error) = &written {
            tracing::error!(code = "STORE_UNAVAILABLE", %error, "outbox");
            self.undo().await;
        }
        for (_, _, answer) in settled {
            let _ = answer.send(if written.is_ok() { Ok(()) } else { Err(unavailable()) });
        }
    }

    /// Tries until it is written, refused by time, or broken.
    async fn insist(&mut self, asked: &[Asked], since: Instant) -> Option<Vec<Result<Reply, Refusal>>> {
        let (mut conflicts, mut lock_book) = (0, false);
        loop {
            match self.attempt(asked, lock_book).await {
                Ok(answers) => return Some(answers),
                Err(error) if error.conflict() && conflicts < CONFLICTS_MAX => {
                    conflicts += 1;
                    lock_book |= matches!(error, StoreError::Conflict);
                    self.undo().await;
                }
                Err(error) if error.locked() && since.elapsed() < ANSWER_WITHIN => self.undo().await,
                Err(error) => {
                    if error.disk() {
                        let cure = "the shop's disk is full or broken; make room: what was refused can be asked again";
                        tracing::error!(code = "STORE_DISK", %error, commands = asked.len(), "{cure}");
                    } else {
                        tracing::error!(code = "STORE_UNAVAILABLE", %error, commands = asked.len(), "batch not written");
                    }
                    self.drop_connection().await;
                    return None;
                }
            }
        }
    }

    async fn attempt(&mut self, asked: &[Asked], lock_book: bool) -> Result<Vec<Result<Reply, Refusal>>, StoreError> {
        let now_ms = (self.options.clock)();
        self.connect().await?;
        let Some(db) = self.db.as_mut() else { return Err(StoreError::Conflict) };
        db.run(sql::BEGIN, None).await?;
        let mut touch = touch_all(&self.mark.book, asked);
        let mut lock = lock_book || touch.book;
        let moved = slice::sync_book(db, &mut self.mark, lock).await?;
        if moved {
            touch = touch_all(&self.mark.book, asked);
            if !lock && touch.book {
                lock = true;
                slice::sync_book(db, &mut self.mark, lock).await?;
                touch = touch_all(&self.mark.book, asked);
            }
        }
        let book = std::mem::take(&mut self.mark.book);
        let ver = std::mem::replace(&mut self.mark.ver, 0);
        let mut decided = Decided::load(db, book, touch, asked, now_ms).await?;
        decided.carry_out_all(db, asked, now_ms).await?;
        if decided.touch.book && !lock && db.conn.is_postgres() && decided.changes.book() {
            return Err(StoreError::Conflict);
        }
        let next_ver = if decided.changes.book() { ver + 1 } else { ver };
        if decided.changes.is_empty() {
            db.run(sql::ROLLBACK, None).await?;
        } else {
            decided.changes.write(db, &decided.state, &decided.bases, next_ver, now_ms).await?;
            if db.conn.is_postgres() {
                let payload = crate::listen::payload(&self.origin, &decided.changes, &decided.state, next_ver);
                db.rows_of(sql::NOTIFY, Some(payload)).await?;
            }
            db.run(sql::COMMIT, None).await?;
        }
        self.mark.ver = next_ver;
        self.publish(&mut decided, moved, now_ms);
        self.mark.book = std::mem::take(&mut decided.state.book);
        Ok(decided.answers)
    }

    /// Shows what was committed.
    fn publish(&self, decided: &mut Decided, book_moved: bool, now_ms: u64) {
        let sold_out = decided.answers.iter().filter(|a| a.as_ref().is_err_and(lost_demand)).count();
        if decided.events.is_empty() && sold_out == 0 && !book_moved {
            return;
        }
        let stock =
            decided.changes.shelves.iter().map(|(sku, loc)| (sku.clone(), loc.clone(), decided.state.stock(sku, loc)));
        let book = (book_moved || decided.changes.book()).then_some((&decided.state.book, self.mark.ver));
        self.window.change(Change {
            now_ms,
            stock: stock.collect(),
            book,
            whole_book: book_moved,
            events: std::mem::take(&mut decided.events),
            sold_out: u64::try_from(sold_out).unwrap_or(0),
        });
    }

    async fn connect(&mut self) -> Result<(), StoreError> {
        if self.db.is_none() {
            let conn = self.place.connect().await?;
            self.db = Some(Gated { conn, gate: self.options.gate.clone() });
        }
        Ok(())
    }

    /// Ends a failed transaction; the book is read anew.
    async fn undo(&mut self) {
        self.mark = Shelfmark::default();
        if let Some(db) = self.db.as_mut()
            && let Err(error) = db.run(sql::ROLLBACK, None).await
            && !matches!(&error, StoreError::Database(sqlx::Error::Database(_)))
        {
            self.drop_connection().await;
        }
    }

    async fn drop_connection(&mut self) {
        self.mark = Shelfmark::default();
        if let Some(db) = self.db.take() {
            // It is broken already; what closing says changes nothing.
            let _ = db.conn.close().await;
        }
    }

    /// Looks at the database for the first time: fills the view.
    pub(crate) async fn begin(&mut self) -> Result<(), StoreError> {
        self.connect().await?;
        let Some(db) = self.db.as_mut() else { return Err(StoreError::Conflict) };
        db.run(sql::BEGIN, None).await?;
        slice::sync_book(db, &mut self.mark, false).await?;
        let stock = db.rows_of(sql::ALL_STOCK, None).await?;
        db.run(sql::ROLLBACK, None).await?;
        let stock = stock.iter().map(|row| slice::shelf(row)).collect::<Result<Vec<_>, _>>()?;
        let now_ms = (self.options.clock)();
        self.window.change(Change {
            now_ms,
            stock,
            book: Some((&self.mark.book, self.mark.ver)),
            whole_book: true,
            ..Change::default()
        });
        // The writer's own thread opens its own.
        if let Some(db) = self.db.take() {
            db.conn.close().await?;
        }
        Ok(())
    }

    /// The outbox and the clean-up: each its own small transaction.
    async fn errand(&mut self, job: Job) {
        let now_ms = (self.options.clock)();
        if self.connect().await.is_err() {
            return;
        }
        let Some(db) = self.db.as_mut() else { return };
        let refused = |error: StoreError| {
            tracing::error!(code = "STORE_UNAVAILABLE", %error, "outbox");
            unavailable()
        };
        match job {
            Job::Take { topics, limit, lease_ms, answer } => {
                let _ = answer.send(errands::take(db, &topics, limit, lease_ms, now_ms).await.map_err(refused));
            }
            Job::Revive { seq, answer } => {
                let _ = answer.send(errands::revive(db, seq).await.map_err(refused));
            }
            Job::Clean => {
                if let Err(error) = errands::clean(db, now_ms).await {
                    tracing::warn!(%error, "clean-up put off");
                }
            }
            Job::Command(_) | Job::Settle { .. } => {}
        }
    }

    pub(crate) async fn close(mut self) {
        self.drop_connection().await;
    }
}

/// Refused because the database can't be reached or can't say.
pub(crate) const fn unavailable() -> Refusal {
    Refusal::StoreUnavailable { retry_after_ms: RETRY_AFTER_MS }
}

fn touch_all(book: &Book, asked: &[Asked]) -> Touch {
    asked.iter().fold(Touch::default(), |mut all, asked| {
        all.merge(touches(book, &asked.command));
        all
    })
}

impl Decided {
    /// What is known before the first command: the slice that the batch touches, and the answers given before.
    async fn load(db: &mut Gated, book: Book, touch: Touch, asked: &[Asked], now_ms: u64) -> Result<Self, StoreError> {
        let (state, bases, touch) = slice::load(db, book, touch, now_ms).await?;
        let keys: BTreeSet<&str> =
            asked.iter().filter_map(|a| a.key.as_ref()).map(|keyed| keyed.key.as_str()).collect();
        let mut known = HashMap::with_capacity(asked.len());
        if !keys.is_empty() {
            for row in db.rows(sql::ANSWERS, &keys).await? {
                let (key, hash, body): (String, String, String) = serde_json::from_str(&row)?;
                known.insert(key.into(), (hash.into(), body.into()));
            }
        }
        let (answers, events, changes) = (Vec::with_capacity(asked.len()), Vec::new(), Changes::default());
        Ok(Self { answers, events, changes, state, bases, touch, known, new_answers: Vec::new() })
    }

    /// Decides all commands in their order. Rows that are only added are written on the way: SQLite's thread writes
    /// some while this one decides the next.
    async fn carry_out_all(&mut self, db: &mut Gated, asked: &[Asked], now_ms: u64) -> Result<(), StoreError> {
        if self.state.due(now_ms).next().is_some() {
            self.carry_out(&Command::Sweep, now_ms)?.map_err(|refusal| {
                tracing::error!(code = refusal.code(), %refusal, "holds that ran out could not be ended");
                StoreError::Conflict
            })?;
        }
        // PostgreSQL takes everything at once: there, what costs is the way.
        let at_once = if db.conn.is_postgres() { asked.len().max(1) } else { DECIDED_AT_ONCE };
        let mut rows = Rows::default();
        for some in asked.chunks(at_once) {
            let (written, judged) = tokio::join!(rows.write(db), self.judge(some, now_ms));
            written?;
            judged?;
            rows = self.changes.rows(&self.state, &mut self.new_answers, now_ms)?;
        }
        rows.write(db).await
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
                true => Ok(serde_json::from_str(body)?),
                false => Err(Refusal::IdempotencyKeyReused { key: key.as_str().to_owned() }),
            });
        }
        Ok(match self.carry_out(command, now_ms)? {
            Err(refusal) => Err(refusal),
            Ok(from) => {
                let events = self.events.get(from..).unwrap_or_default();
                let reply = reply(&self.state, command, events);
                if !events.is_empty() {
                    let body: Arc<str> = serde_json::to_string(&reply)?.into();
                    if let Reply::Order { order } = &reply
                        && let Some(text) = body.strip_prefix(ORDER_OPENS).and_then(|rest| rest.strip_suffix('}'))
                    {
                        self.changes.know(order, text);
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

/// How the text of an answer that is an order begins; the order's own text follows.
const ORDER_OPENS: &str = r#"{"is":"order","order":"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_an_order_is_found_in_the_answer() {
        let order = r#"{"id":"o","show":"s","customer":"c","channel":"own","state":"held","lines":[],"units":[],
            "discount":{"minor":0,"currency":"EUR"},"total":{"minor":1,"currency":"EUR"},"created_ms":1,"expires_ms":2,
            "payment":{"attempts":0,"authorised_minor":0,"captured_minor":0,"refunded_minor":0,"refund_asked_minor":0,
            "disputed":false,"voided":false}}"#;
        let order: Arc<vitrine_commerce::Order> = serde_json::from_str(order).unwrap();
        let text = serde_json::to_string(&order).unwrap();
        let answer = serde_json::to_string(&Reply::Order { order }).unwrap();
        assert_eq!(answer, format!("{ORDER_OPENS}{text}}}"));
    }
}
