//! The queue: putting tasks in, counting what is left, and having them dealt out.

use std::num::NonZeroUsize;
use std::time::Duration;

use apalis::prelude::{Metrics, TaskBuilder, TaskSink, WorkerContext};
use apalis_core::backend::WorkerFilter;
use apalis_redis::{ConnectionManager, RedisStorage};
use apalis_sqlite::queries::reenqueue_orphaned;
use apalis_sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions, SqliteStorage};
use backon::{ExponentialBuilder, Retryable};
use redis::AsyncCommands;

use crate::{Address, Deals, QueueError};

/// How often a worker shows that it is alive, and looks for tasks while it has none.
const SIGN_OF_LIFE: Duration = Duration::from_secs(2);
/// A worker that has shown no sign of life for this long is taken for dead, and its tasks are dealt again.
pub const DEAD_AFTER: Duration = Duration::from_secs(20);
/// How long a Redis server keeps in mind which tasks were put in; SQLite does so forever.
const REMEMBERED: Duration = Duration::from_hours(24 * 90);
/// How often a task may be handed back. Redis gives up after the 25th time, whatever is asked for (apalis-redis 1.0).
const HANDED_BACK: usize = i32::MAX as usize;
/// How long another process may be at a file.
const FILE_BUSY: Duration = Duration::from_secs(30);

/// A task to put into a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    /// What is to be done, as whoever does it knows it.
    pub name: String,
    /// A task whose key was ever in the queue is not put in again.
    pub key: String,
}

/// Tasks that are shared by many workers.
#[derive(Clone, Debug)]
pub struct Queue {
    pub(crate) address: Address,
    pub(crate) store: Store,
}

/// A queue's engine.
#[derive(Clone)]
pub(crate) enum Store {
    Sqlite { pool: SqlitePool, config: apalis_sqlite::Config },
    Redis { connection: ConnectionManager, config: apalis_redis::Config },
}

impl std::fmt::Debug for Store {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Sqlite { .. } => "SQLite",
            Self::Redis { .. } => "Redis",
        })
    }
}

impl Queue {
    /// The queue of that name at an address, which is made where there is none.
    ///
    /// # Errors
    /// [`QueueError::Unusable`] when the file or the server cannot be used.
    pub async fn open(address: Address, name: &str) -> Result<Self, QueueError> {
        let missed = usize::try_from(DEAD_AFTER.as_secs() / SIGN_OF_LIFE.as_secs()).unwrap_or(usize::MAX);
        let store = match &address {
            Address::Sqlite(path) => {
                let options =
                    SqliteConnectOptions::new().filename(path).create_if_missing(true).busy_timeout(FILE_BUSY);
                let pool = SqlitePoolOptions::new().max_connections(2).connect_lazy_with(options);
                // Processes that make the tables of a new file at the same time stand in each other's way.
                let set_up = || SqliteStorage::setup(&pool);
                set_up
                    .retry(
                        ExponentialBuilder::new()
                            .with_min_delay(Duration::from_millis(100))
                            .with_jitter()
                            .with_max_times(4),
                    )
                    .await
                    .map_err(unusable(&address))?;
                let config = apalis_sqlite::Config::default()
                    .queue(name)
                    .batch_size(1)
                    .lock_tasks(false)
                    .heartbeat_interval(SIGN_OF_LIFE)
                    .missed_heartbeats(missed);
                Store::Sqlite { pool, config }
            }
            Address::Redis(server) => {
                let client = redis::Client::open((**server).clone()).map_err(unusable(&address))?;
                // Tells at once what is wrong; a manager tries again for a while.
                client.get_multiplexed_async_connection().await.map_err(unusable(&address))?;
                let connection = client.get_connection_manager().await.map_err(unusable(&address))?;
                let config = apalis_redis::Config::default()
                    .queue(name)
                    .batch_size(1)
                    .lock_tasks(false)
                    .emit_events(false)
                    // Unless it is set, keys are forgotten at once (apalis-redis 1.0).
                    .idempotency_ttl(Some(REMEMBERED))
                    .heartbeat_interval(SIGN_OF_LIFE)
                    .missed_heartbeats(missed);
                Store::Redis { connection, config }
            }
        };
        Ok(Self { address, store })
    }

    /// Puts tasks in, those left out whose key was ever in the queue. Where many thousands are to be put in, do so a
    /// thousand at a time, as they get fewer: Redis takes no more than some 8,000 new ones between two looks of its workers.
    ///
    /// # Errors
    /// [`QueueError::Unusable`] when they cannot be put in; some of them may be then.
    pub async fn push(&self, tasks: impl IntoIterator<Item = Task>) -> Result<(), QueueError> {
        let task = |Task { name, key }| TaskBuilder::new(name).idempotency_key(key).max_attempts(HANDED_BACK).build();
        let tasks = futures::stream::iter(tasks.into_iter().map(task).collect::<Vec<_>>());
        match &self.store {
            Store::Sqlite { pool, config } => {
                let mut storage = SqliteStorage::new(pool).with_config(config.clone());
                storage.push_all(tasks).await.map_err(unusable(&self.address))
            }
            Store::Redis { connection, config } => {
                let mut storage = RedisStorage::new(connection.clone()).with_config(config.clone());
                storage.push_all(tasks).await.map_err(unusable(&self.address))
            }
        }
    }

    /// How many tasks are not done: those that wait, and those that workers have.
    ///
    /// # Errors
    /// [`QueueError::Unusable`] when the queue does not tell.
    pub async fn left(&self) -> Result<usize, QueueError> {
        match &self.store {
            Store::Sqlite { pool, config } => {
                let storage = SqliteStorage::<String>::new(pool).with_config(config.clone());
                let figures = storage.fetch_by_queue().await.map_err(unusable(&self.address))?;
                let figure = |title: &str| {
                    let value = figures.iter().find(|figure| figure.title == title)?.value.parse::<f64>().ok()?;
                    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
                    Some(value as usize)
                };
                Ok(figure("TOTAL_JOBS").unwrap_or_default() - figure("DONE_JOBS").unwrap_or_default())
            }
            Store::Redis { connection, config } => {
                let mut connection = connection.clone();
                let (tasks, done, given_up): (usize, usize, usize) = redis::pipe()
                    .atomic()
                    .hlen(config.job_data_hash())
                    .scard(config.done_jobs_set())
                    .scard(config.dead_jobs_set())
                    .query_async(&mut connection)
                    .await
                    .map_err(unusable(&self.address))?;
                Ok(tasks.saturating_sub(done + given_up))
            }
        }
    }

    /// Takes back what a worker still has that left: a task that was on its way when it did.
    pub(crate) async fn take_back(&self, worker: &str) -> Result<(), QueueError> {
        match &self.store {
            Store::Sqlite { pool, config } => {
                let its = WorkerFilter::Only(worker.to_owned());
                reenqueue_orphaned(pool, 0, config.queue.as_ref(), &its).await.map_err(unusable(&self.address))?;
            }
            Store::Redis { connection, config } => {
                let mut connection = connection.clone();
                let held = config.inflight_set_for(&WorkerContext::new(worker));
                let tasks: Vec<String> = connection.smembers(&held).await.map_err(unusable(&self.address))?;
                if !tasks.is_empty() {
                    let mut give = redis::pipe();
                    give.atomic().rpush(config.active_jobs_list(), tasks).ignore().del(held).ignore();
                    give.query_async::<()>(&mut connection).await.map_err(unusable(&self.address))?;
                }
            }
        }
        Ok(())
    }

    /// Joins the workers: tasks are dealt to it, at most so many at a time, until it leaves.
    pub fn deal(&self, at_a_time: NonZeroUsize) -> Deals {
        Deals::begin(self.clone(), at_a_time)
    }
}

pub(crate) fn unusable<E: std::error::Error + Send + Sync + 'static>(
    address: &Address,
) -> impl FnOnce(E) -> QueueError {
    let address = address.clone();
    |source| QueueError::Unusable { address, source: Box::new(source) }
}
