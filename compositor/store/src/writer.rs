//! The one writer: takes what waits, decides it in arrival order on what it has loaded and locked, writes it in one
//! transaction, answers after the commit.

use crate::conn::{Ask, Place};
use crate::errands::{self, Errands, Taking};
use crate::judge::Decided;
use crate::limits::{ANSWER_WITHIN, CONFLICTS_MAX, GIVEN_BETWEEN_LOOKS, RETRY_AFTER_MS};
use crate::slice::{self, Gated, Shelfmark};
use crate::view::{Change, Window, lost_demand};
use crate::{Options, StoreError, sql};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::oneshot;
use vitrine_commerce::{Book, Command, Location, Refusal, Reply, Sku, Touch};
use vitrine_show::ports::shop::{IdempotencyKey, Settled};

/// What waits for the writer.
pub(crate) enum Job {
    Command(Asked),
    Take(Taking),
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
    pub(crate) key: IdempotencyKey,
    pub(crate) hash: Arc<str>,
}

impl Keyed {
    /// Made by the caller, so that the writer needs no time for it.
    pub(crate) fn new(key: IdempotencyKey, command: &Command) -> Result<Self, StoreError> {
        // Written out first: a digest of many small pieces costs more than their copy.
        let digest = Sha256::digest(serde_json::to_vec(command)?);
        Ok(Self { key, hash: vitrine_commerce::draw::hex(&digest).into() })
    }
}

/// What is written in one transaction.
#[derive(Default)]
struct Batch {
    commands: Vec<Asked>,
    errands: Errands,
}

type Answers = Vec<Result<Reply, Refusal>>;

/// Answers to commands, and the errands that were taken.
type Written = (Answers, Vec<Vec<String>>);

/// A batch whose answers are known and not yet given.
type Said = (Batch, Option<Written>);

/// Gives everybody their answer, in pieces: the database gets its turn in between.
async fn give(said: Option<Said>) {
    let Some((Batch { commands: asked, errands }, written)) = said else { return };
    let (answers, taken) = written.unzip();
    errands.answer(taken);
    let given = answers.unwrap_or_default().into_iter().map(Some).chain(std::iter::repeat_with(|| None));
    for (n, (asked, answer)) in asked.into_iter().zip(given).enumerate() {
        // A caller that went away has its answer kept under its key.
        let _ = asked.answer.send(answer.unwrap_or(Err(unavailable())));
        if n % GIVEN_BETWEEN_LOOKS == GIVEN_BETWEEN_LOOKS - 1 {
            tokio::task::yield_now().await;
        }
    }
}

/// A batch on the way to the disk: what will be shown and answered, and what is no longer needed.
struct Committed<T> {
    answers: Answers,
    change: Option<Change<'static>>,
    book: Book,
    book_changed: bool,
    spent: T,
}

impl Committed<()> {
    fn of(mut decided: Decided, book_moved: bool, now_ms: u64) -> Committed<Decided> {
        let (answers, events) = (std::mem::take(&mut decided.answers), std::mem::take(&mut decided.events));
        let sold_out = answers.iter().filter(|a| a.as_ref().is_err_and(lost_demand)).count();
        let book_changed = book_moved || decided.changes.book();
        let stock = |(sku, loc): &(Sku, Location)| (sku.clone(), loc.clone(), decided.state.stock(sku, loc));
        let change = (!events.is_empty() || sold_out > 0 || book_moved).then(|| Change {
            now_ms,
            stock: decided.changes.shelves.iter().map(stock).collect(),
            book: None,
            whole_book: book_moved,
            events,
            sold_out: u64::try_from(sold_out).unwrap_or(0),
        });
        let book = std::mem::take(&mut decided.state.book);
        Committed { answers, change, book, book_changed, spent: decided }
    }
}

/// Owns the connection that writes.
pub(crate) struct Writer {
    place: Place,
    options: Options,
    db: Option<Gated>,
    mark: Shelfmark,
    window: Arc<Window>,
    origin: String,
    said: Option<Said>,
}

impl Writer {
    pub(crate) fn new(place: Place, options: Options, window: Arc<Window>, origin: String) -> Self {
        Self { place, options, db: None, mark: Shelfmark::default(), window, origin, said: None }
    }

    /// Writes a batch. It is answered by [`Writer::answer`], or while the next batch is read: the caller sees to it that
    /// one of the two comes at once.
    pub(crate) async fn write(&mut self, jobs: Vec<Job>) {
        let (mut batch, mut clean) = (Batch::default(), false);
        for job in jobs {
            match job {
                Job::Command(asked) => batch.commands.push(asked),
                Job::Settle { seq, settled, answer } => batch.errands.settled.push((seq, settled, answer)),
                Job::Revive { seq, answer } => batch.errands.revived.push((seq, answer)),
                Job::Take(taking) => batch.errands.taken.push(taking),
                Job::Clean => clean = true,
            }
        }
        if self.db.is_none() || clean {
            // Connecting and cleaning can take long.
            self.answer().await;
        }
        if !batch.commands.is_empty() || !batch.errands.is_empty() {
            let written = self.insist(&batch).await;
            self.answer().await;
            self.said = Some((batch, written));
        }
        if clean {
            self.answer().await;
            self.clean().await;
        }
    }

    /// Gives the answers of the last batch, unless the next has given them.
    pub(crate) async fn answer(&mut self) {
        give(self.said.take()).await;
    }

    /// Tries until it is written, refused by time, or broken.
    async fn insist(&mut self, batch: &Batch) -> Option<Written> {
        let since = batch.commands.iter().map(|asked| asked.since).min().unwrap_or_else(Instant::now);
        let (mut conflicts, mut lock_book) = (0, false);
        loop {
            match self.attempt(batch, lock_book).await {
                Ok(written) => return Some(written),
                Err(error) if error.conflict() && conflicts < CONFLICTS_MAX => {
                    conflicts += 1;
                    lock_book |= matches!(error, StoreError::Conflict);
                    self.undo().await;
                }
                Err(error) if error.locked() && since.elapsed() < ANSWER_WITHIN => self.undo().await,
                Err(error) => {
                    if error.disk() {
                        let cure = "the shop's disk is full or broken; make room: what was refused can be asked again";
                        tracing::error!(code = "STORE_DISK", %error, commands = batch.commands.len(), "{cure}");
                    } else {
                        tracing::error!(code = "STORE_UNAVAILABLE", %error, commands = batch.commands.len(), "batch not written");
                    }
                    self.drop_connection().await;
                    return None;
                }
            }
        }
    }

    async fn attempt(&mut self, batch: &Batch, lock_book: bool) -> Result<Written, StoreError> {
        let asked = batch.commands.as_slice();
        let now_ms = (self.options.clock)();
        self.connect().await?;
        let Some(db) = self.db.as_mut() else { return Err(StoreError::Conflict) };
        let touch_of = |book: &Book| touch_all(book, asked);
        let keys: Vec<&str> = asked.iter().filter_map(|a| a.key.as_ref()).map(|keyed| keyed.key.as_str()).collect();
        // The database reads for this batch while the one before gets its answers.
        let loading = slice::load(db, &mut self.mark, touch_of, &keys, (lock_book, now_ms));
        let (loaded, ()) = tokio::join!(loading, give(self.said.take()));
        let loaded = loaded?;
        let (book_ver, book_moved) = (loaded.book_ver, loaded.book_moved);
        let may_lock = loaded.touch.book && !loaded.book_locked;
        let mut decided = Decided::new(loaded, asked.len())?;
        let rows = decided.carry_out_all(db, asked, now_ms).await?;
        if may_lock && db.conn.is_postgres() && decided.changes.book() {
            return Err(StoreError::Conflict);
        }
        let next_ver = if decided.changes.book() { book_ver + 1 } else { book_ver };
        let written = !decided.changes.is_empty() || !batch.errands.is_empty();
        let mut taken = Vec::new();
        if written {
            let mut all = decided.changes.asks(&decided.state, &decided.bases, next_ver, now_ms)?;
            if db.conn.is_postgres() && !decided.changes.is_empty() {
                all.asks.extend(rows.asks()?);
                let payload = crate::listen::payload(&self.origin, &decided.changes, &decided.state, next_ver);
                all.asks.push(Ask { sql: sql::NOTIFY, arg: Some(payload) });
            }
            // Last: what is taken may have been put by this very batch.
            all.asks.extend(batch.errands.asks(now_ms)?);
            let mut said = all.write(db).await?;
            let others = said.len().saturating_sub(batch.errands.taken.len());
            taken = said.drain(others..).map(|said| said.rows).collect();
        }
        let committed = Committed::of(decided, book_moved, now_ms);
        let end = if written { sql::COMMIT } else { sql::ROLLBACK };
        // While the disk is busy there is time to clear the table.
        let (ended, ()) = tokio::join!(db.run(end, None), async { drop(committed.spent) });
        ended?;
        self.mark = Shelfmark { book: committed.book, ver: next_ver };
        if let Some(mut change) = committed.change {
            change.book = committed.book_changed.then_some((&self.mark.book, next_ver));
            self.window.change(change);
        }
        Ok((committed.answers, taken))
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

    /// Deletes what is old: a small transaction for each kind.
    async fn clean(&mut self) {
        let now_ms = (self.options.clock)();
        if self.connect().await.is_ok()
            && let Some(db) = self.db.as_mut()
            && let Err(error) = errands::clean(db, now_ms).await
        {
            tracing::warn!(%error, "clean-up put off");
        }
    }

    pub(crate) async fn close(mut self) {
        self.answer().await;
        self.drop_connection().await;
    }
}

/// Refused because the database can't be reached or can't say.
pub(crate) const fn unavailable() -> Refusal {
    Refusal::StoreUnavailable { retry_after_ms: RETRY_AFTER_MS }
}

fn touch_all(book: &Book, asked: &[Asked]) -> Touch {
    asked.iter().fold(Touch::default(), |mut all, asked| {
        all.add(book, &asked.command);
        all
    })
}
