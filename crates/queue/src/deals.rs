//! Being dealt tasks.

use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use apalis::prelude::{BoxDynError, WorkerBuilder, WorkerBuilderExt, WorkerError};
use apalis_redis::RedisStorage;
use apalis_sqlite::SqliteStorage;
use backon::{BackoffBuilder, ExponentialBuilder};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::queue::{DEAD_AFTER, Store, unusable};
use crate::{Address, Queue, QueueError};

/// How long a queue that was lost is waited for.
const WAITED: Duration = Duration::from_mins(1);

/// A task that this worker is to do. One that is dropped without [`Dealt::done`] is handed back, and dealt again.
#[derive(Debug)]
pub struct Dealt {
    /// What is to be done.
    pub name: String,
    done: oneshot::Sender<()>,
}

impl Dealt {
    /// Says that the task is done, and need not be dealt again.
    pub fn done(self) {
        // Who was taken for dead meanwhile is not listened to: the task is another worker's by now.
        let _ = self.done.send(());
    }
}

/// The tasks that are dealt to a worker.
#[derive(Debug)]
pub struct Deals {
    address: Address,
    dealt: mpsc::Receiver<Dealt>,
    leave: CancellationToken,
    worker: JoinHandle<Result<(), QueueError>>,
}

impl Deals {
    pub(crate) fn begin(queue: Queue, at_a_time: NonZeroUsize) -> Self {
        let (dealer, dealt) = mpsc::channel(1);
        let (address, leave) = (queue.address.clone(), CancellationToken::new());
        let worker = tokio::spawn(attend(queue, at_a_time, dealer, leave.clone()));
        Self { address, dealt, leave, worker }
    }

    /// The next task, as soon as there is one; `None` once the queue was lost, which [`Deals::leave`] tells.
    pub async fn next(&mut self) -> Option<Dealt> {
        self.dealt.recv().await
    }

    /// Leaves the workers, once the queue knows of the tasks that were done; those that were dealt and not done are handed
    /// back.
    ///
    /// # Errors
    /// [`QueueError`] when the queue was lost, or its engine failed. What it did not hear of is dealt again.
    pub async fn leave(mut self) -> Result<(), QueueError> {
        self.leave.cancel();
        self.dealt.close();
        while self.dealt.recv().await.is_some() {}
        self.worker.await.map_err(unusable(&self.address))?
    }
}

/// Attends the queue until it is time to leave. When the queue is lost, or takes this worker for dead, it joins anew.
async fn attend(
    queue: Queue,
    at_a_time: NonZeroUsize,
    dealer: mpsc::Sender<Dealt>,
    leave: CancellationToken,
) -> Result<(), QueueError> {
    let mut pauses = pauses();
    let mut lost: Option<Instant> = None;
    loop {
        let joined = Instant::now();
        let name = format!("{:016x}", rand::random::<u64>());
        let worked = work(&queue, &name, at_a_time, dealer.clone(), leave.clone()).await;
        let Err(error) = worked else { return queue.take_back(&name).await };
        tracing::warn!(error = %error, queue = %queue.address, "lost the queue, and joins it anew");
        if joined.elapsed() > DEAD_AFTER {
            (pauses, lost) = (self::pauses(), None);
        }
        let waited = lost.get_or_insert_with(Instant::now).elapsed();
        let pause = pauses.next().unwrap_or(WAITED);
        if leave.is_cancelled() || waited + pause > WAITED {
            return Err(QueueError::Lost { address: queue.address, waited, source: error.into() });
        }
        leave.run_until_cancelled(tokio::time::sleep(pause)).await;
    }
}

fn pauses() -> impl Iterator<Item = Duration> {
    ExponentialBuilder::new().with_min_delay(Duration::from_millis(500)).with_jitter().without_max_times().build()
}

/// Works under a name until it is time to leave, or the queue is lost.
async fn work(
    queue: &Queue,
    name: &str,
    at_a_time: NonZeroUsize,
    dealer: mpsc::Sender<Dealt>,
    leave: CancellationToken,
) -> Result<(), WorkerError> {
    let task = move |name: String| deal(name, dealer.clone());
    let leaving = async move {
        leave.cancelled().await;
        Ok::<_, WorkerError>(())
    };
    let worker = WorkerBuilder::new(name);
    match queue.store.clone() {
        Store::Sqlite { pool, config } => {
            let storage = SqliteStorage::new(&pool).with_config(config);
            worker.backend(storage).concurrency(at_a_time.get()).build(task).run_until(leaving).await
        }
        Store::Redis { connection, config } => {
            let storage = RedisStorage::new(connection).with_config(config);
            worker.backend(storage).concurrency(at_a_time.get()).build(task).run_until(leaving).await
        }
    }
}

/// Deals a task, and waits for what comes of it.
async fn deal(name: String, dealer: mpsc::Sender<Dealt>) -> Result<(), BoxDynError> {
    let (done, is_done) = oneshot::channel();
    dealer.send(Dealt { name, done }).await?;
    Ok(is_done.await?)
}
