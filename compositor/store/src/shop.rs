//! The store as the rest of the program sees it: opened once, run as one task, reached through the `Shop` port.

use crate::checkpoint::{self, Signals};
use crate::conn::{Gate, Place, Readers};
use crate::errands::{self, Taking};
use crate::limits::{BATCH_MAX, CLEAN_EVERY, GATHER_PART, GATHER_STEP, QUEUE_MAX, RETRY_AFTER_MS, SWEEP_EVERY};
use crate::view::Window;
use crate::writer::{Asked, Job, Keyed, Writer, unavailable};
use crate::{StoreError, listen, sql};
use serde_json::json;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::{mpsc, oneshot};
use vitrine_commerce::draw::{self, Seed};
use vitrine_commerce::{Command, GiveawayId, Order, OrderId, Refusal, Reply, ShopView, Topic};
use vitrine_media::LaneStats;
use vitrine_show::ports::Answer;
use vitrine_show::ports::shop::{IdempotencyKey, Listener, OrderQuery, Outgoing, Settled, Shop};

/// Tells the time, milliseconds since the epoch.
pub type Clock = Arc<dyn Fn() -> u64 + Send + Sync>;

/// How to open a store.
#[derive(Clone)]
pub struct Options {
    /// The time. The default is read from the wall once and follows the monotonic clock from then on: a wall clock
    /// that jumps neither ends nor revives a hold.
    pub clock: Clock,
    /// Commands in one transaction.
    pub batch_max: usize,
    /// Time between two looks for holds that have run out.
    pub sweep_every: Duration,
    /// Awaited before each statement of the writer; for tests of interleavings.
    pub gate: Option<Gate>,
}

impl Default for Options {
    fn default() -> Self {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let start = Instant::now();
        let clock = move || u64::try_from((wall + start.elapsed()).as_millis()).unwrap_or(u64::MAX);
        Self { clock: Arc::new(clock), batch_max: BATCH_MAX, sweep_every: SWEEP_EVERY, gate: None }
    }
}

/// A handle to a store. The last one dropped ends [`Work::run`] after what waits is written.
pub struct Store {
    jobs: mpsc::Sender<Job>,
    window: Arc<Window>,
    readers: Readers,
    refused: AtomicU64,
    pushed: AtomicU64,
    high_water: AtomicU64,
}

/// The store's work: run it as a task of its own.
pub struct Work {
    jobs: mpsc::Receiver<Job>,
    writer: Writer,
    follow: (Place, Arc<Window>, String, Clock),
    batch_max: usize,
    sweep_every: Duration,
}

impl Store {
    /// Opens a store: `PATH`, `sqlite:PATH` or `postgres://…`. Brings its tables up to date and fills the view.
    /// Nothing is carried out until the [`Work`] runs.
    ///
    /// # Errors
    /// [`StoreError`] if the database can't be reached, or holds what this version can't read.
    pub async fn open(url: &str, options: Options) -> Result<(Arc<Self>, Work), StoreError> {
        let place = Place::parse(url)?;
        place.migrate().await?;
        let window = Arc::new(Window::default());
        let origin = uuid::Uuid::new_v4().to_string();
        let follow = (place.clone(), Arc::clone(&window), origin.clone(), Arc::clone(&options.clock));
        let (batch_max, sweep_every) = (options.batch_max.max(1), options.sweep_every);
        let readers = place.readers();
        let mut writer = Writer::new(place, options, Arc::clone(&window), origin);
        writer.begin().await?;
        let (sender, receiver) = mpsc::channel(QUEUE_MAX);
        let [refused, pushed, high_water] = [0; 3].map(AtomicU64::new);
        let store = Self { jobs: sender, window, readers, refused, pushed, high_water };
        Ok((Arc::new(store), Work { jobs: receiver, writer, follow, batch_max, sweep_every }))
    }

    /// The queue's counters, for `GET /api/lanes`.
    #[must_use]
    pub fn queue(&self) -> LaneStats {
        let count = |n: &AtomicU64| n.load(Ordering::Relaxed);
        LaneStats {
            name: "shop→store".to_owned(),
            capacity: QUEUE_MAX,
            depth: QUEUE_MAX - self.jobs.capacity(),
            high_water: usize::try_from(count(&self.high_water)).unwrap_or(usize::MAX),
            pushed: count(&self.pushed),
            dropped: count(&self.refused),
        }
    }

    /// Puts a job into the queue, or refuses at once.
    fn push(&self, job: Job) -> Result<(), Refusal> {
        match self.jobs.try_send(job) {
            Ok(()) => {
                self.pushed.fetch_add(1, Ordering::Relaxed);
                let depth = QUEUE_MAX - self.jobs.capacity();
                self.high_water.fetch_max(u64::try_from(depth).unwrap_or(u64::MAX), Ordering::Relaxed);
                Ok(())
            }
            Err(mpsc::error::TrySendError::Full(_)) => {
                self.refused.fetch_add(1, Ordering::Relaxed);
                Err(Refusal::StoreBusy { retry_after_ms: RETRY_AFTER_MS })
            }
            Err(mpsc::error::TrySendError::Closed(_)) => Err(unavailable()),
        }
    }

    async fn ask<T>(&self, job: impl FnOnce(oneshot::Sender<Result<T, Refusal>>) -> Job) -> Result<T, Refusal> {
        let (answer, answered) = oneshot::channel();
        self.push(job(answer))?;
        answered.await.unwrap_or(Err(unavailable()))
    }

    async fn read(&self, sql: sql::Sql, arg: String) -> Result<Vec<String>, Refusal> {
        self.readers.rows(sql, arg).await.map_err(|error| broken(&error))
    }
}

fn broken(error: &StoreError) -> Refusal {
    tracing::error!(code = "STORE_UNAVAILABLE", %error, "read");
    unavailable()
}

impl Work {
    /// [`Work::run`] on the calling thread, which is the store's own from now on: the writer waits behind the disk
    /// alone, and not behind thousands of requests that share a runtime.
    ///
    /// # Errors
    /// The operating system's, if there can be no runtime.
    pub fn block(self) -> std::io::Result<()> {
        tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(self.run());
        Ok(())
    }

    /// Carries out what comes until every [`Store`] handle is gone, then closes the database.
    pub async fn run(self) {
        let Self { mut jobs, mut writer, follow: (place, window, origin, clock), batch_max, sweep_every } = self;
        let mut sweep = tokio::time::interval_at(tokio::time::Instant::now() + sweep_every, sweep_every);
        sweep.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut clean = tokio::time::interval(CLEAN_EVERY);
        let (view_of, view_clock) = (Arc::clone(&window), Arc::clone(&clock));
        let gathers = place.gathers();
        let signals = Arc::new(Signals::default());
        let checkpoints = checkpoint::follow(place.clone(), Arc::clone(&signals));
        tokio::pin!(checkpoints);
        let following = listen::follow(place, window, origin, clock);
        tokio::pin!(following);
        let mut batch = Vec::with_capacity(batch_max);
        loop {
            tokio::select! {
                biased;
                // What comes seldom comes first: a queue that is never empty must not keep it from its turn.
                _ = sweep.tick() => {
                    batch.push(own_job(Command::Sweep));
                    if plays_over(&view_of.view(), view_clock()) {
                        batch.push(own_job(Command::EndPlays));
                    }
                }
                _ = clean.tick() => batch.push(Job::Clean),
                () = &mut following => {}
                () = &mut checkpoints => {}
                count = jobs.recv_many(&mut batch, batch_max) => if count == 0 { break },
            }
            let (count, began) = (batch.len(), Instant::now());
            writer.write(std::mem::take(&mut batch)).await;
            signals.written.notify_one();
            if gathers || jobs.is_empty() {
                writer.answer().await;
            }
            if gathers {
                gather(&jobs, count, began.elapsed());
            }
        }
        signals.ending.notify_one();
        checkpoints.await;
        writer.close().await;
    }
}

/// Waits a little for those who were just answered and may ask again: without it, two crowds take turns, and each waits
/// for a batch of half the size. Ends when as many have come as were answered.
fn gather(jobs: &mpsc::Receiver<Job>, answered: usize, took: Duration) {
    let (until, enough) = (Instant::now() + took / GATHER_PART, jobs.len() + answered);
    while answered > 1 && jobs.len() < enough && Instant::now() < until {
        // The thread is the store's own, and a timer of the runtime would sleep ten times as long.
        std::thread::sleep(GATHER_STEP);
    }
}

/// What the store asks of itself.
fn own_job(command: Command) -> Job {
    let (answer, _) = oneshot::channel();
    Job::Command(Asked { command: Box::new(command), key: None, since: Instant::now(), answer })
}

/// Whether the time of a poll or of a giveaway's entries is over.
fn plays_over(view: &ShopView, now_ms: u64) -> bool {
    view.polls.iter().any(|poll| poll.ran_out(now_ms)) || view.giveaways.iter().any(|one| one.to_seal(now_ms))
}

/// A giveaway that came without a seed gets one that nobody knows. A retry gets another, and the answer of the first.
fn seeded(mut command: Command) -> Command {
    if let Command::OpenGiveaway { giveaway, seed: seed @ None } = &mut command
        && giveaway.commit_hex.is_empty()
    {
        let chance = [uuid::Uuid::new_v4(), uuid::Uuid::new_v4()].map(|uuid| *uuid.as_bytes()).concat();
        *seed = Some(Seed::new(draw::hex(&Sha256::digest(chance))));
    }
    command
}

impl Shop for Store {
    fn submit(&self, command: Command, key: IdempotencyKey) -> Answer<'_, Result<Reply, Refusal>> {
        let since = Instant::now();
        Box::pin(async move {
            let key = Some(Keyed::new(key, &command).map_err(|error| broken(&error))?);
            let command = Box::new(seeded(command));
            self.ask(move |answer| Job::Command(Asked { command, key, since, answer })).await
        })
    }

    fn view(&self) -> Arc<ShopView> {
        self.window.view()
    }

    fn listen(&self, listener: Listener) {
        self.window.listen(listener);
    }

    fn order(&self, id: OrderId) -> Answer<'_, Result<Option<Order>, Refusal>> {
        Box::pin(async move {
            let rows = self.read(sql::ORDER, id.as_str().to_owned()).await?;
            rows.first().map(|row| serde_json::from_str(row)).transpose().map_err(|error| broken(&error.into()))
        })
    }

    fn order_of_payment(&self, reference: String) -> Answer<'_, Result<Option<Order>, Refusal>> {
        Box::pin(async move {
            let rows = self.read(sql::ORDER_OF_PAYMENT, reference).await?;
            rows.first().map(|row| serde_json::from_str(row)).transpose().map_err(|error| broken(&error.into()))
        })
    }

    fn entries(&self, giveaway: GiveawayId) -> Answer<'_, Result<Vec<String>, Refusal>> {
        Box::pin(self.read(sql::ENTRIES, giveaway.as_str().to_owned()))
    }

    fn orders(&self, query: OrderQuery) -> Answer<'_, Result<Vec<Order>, Refusal>> {
        Box::pin(async move {
            let limit = if query.limit == 0 { 100 } else { query.limit.min(1000) };
            let arg = json!({ "state": query.state, "customer": query.customer, "channel": query.channel,
                "before_ms": query.before_ms, "limit": limit });
            let rows = self.read(sql::FIND_ORDERS, arg.to_string()).await?;
            let orders = rows.iter().map(|row| serde_json::from_str(row)).collect::<Result<_, _>>();
            orders.map_err(|error| broken(&error.into()))
        })
    }

    fn take_errands(
        &self,
        topics: Vec<Topic>,
        limit: u32,
        lease_ms: u64,
    ) -> Answer<'_, Result<Vec<Outgoing>, Refusal>> {
        Box::pin(self.ask(move |answer| Job::Take(Taking { topics, limit, lease_ms, answer })))
    }

    fn settle_errand(&self, seq: i64, settled: Settled) -> Answer<'_, Result<(), Refusal>> {
        Box::pin(self.ask(move |answer| Job::Settle { seq, settled, answer }))
    }

    fn dead_errands(&self, limit: u32) -> Answer<'_, Result<Vec<Outgoing>, Refusal>> {
        Box::pin(async move {
            let rows = self.read(sql::DEAD_ERRANDS, limit.clamp(1, 1000).to_string()).await?;
            errands::rows(&rows).map_err(|error| broken(&error))
        })
    }

    fn revive_errand(&self, seq: i64) -> Answer<'_, Result<(), Refusal>> {
        Box::pin(self.ask(move |answer| Job::Revive { seq, answer }))
    }
}
