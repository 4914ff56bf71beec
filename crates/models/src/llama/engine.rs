//! The owner of a context: one thread that computes all slots together.
//!
//! Each step decodes one batch: a token of every reply that is being written, then as much of the prompts that wait
//! as fits, in the order in which they came. Each slot then draws from its own row of logits.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use tokio::sync::mpsc;

use super::binding::{Context, Memory, Model, Row};
use super::job::{Job, Progress, Work};
use super::pace::Pace;
use super::slot::{self, Active, Slot};

/// Rows of logits that scoring asks for in one step; each is as long as the vocabulary.
const SCORED_ROWS_MAX: usize = 64;

/// What an engine has done since it was loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LlamaStats {
    /// Requests that were given a slot.
    pub requests: u64,
    /// Prompt tokens that were decoded.
    pub prompt_tokens: u64,
    /// Prompt tokens that were there already from an earlier or a concurrent request.
    pub reused_tokens: u64,
    /// Tokens that were drawn.
    pub drawn_tokens: u64,
    /// Batches that were decoded.
    pub batches: u64,
    /// Slots that are busy now.
    pub busy: u64,
}

/// [`LlamaStats`] as the engine's thread writes them.
#[derive(Debug, Default)]
pub(super) struct Counters {
    requests: AtomicU64,
    prompt_tokens: AtomicU64,
    reused_tokens: AtomicU64,
    drawn_tokens: AtomicU64,
    batches: AtomicU64,
    busy: AtomicU64,
}

impl Counters {
    pub(super) fn read(&self) -> LlamaStats {
        LlamaStats {
            requests: self.requests.load(Ordering::Relaxed),
            prompt_tokens: self.prompt_tokens.load(Ordering::Relaxed),
            reused_tokens: self.reused_tokens.load(Ordering::Relaxed),
            drawn_tokens: self.drawn_tokens.load(Ordering::Relaxed),
            batches: self.batches.load(Ordering::Relaxed),
            busy: self.busy.load(Ordering::Relaxed),
        }
    }
}

pub(super) struct Engine<'model> {
    model: &'model Model,
    context: Context<'model>,
    slots: Vec<Slot>,
    memory: Memory,
    pace: Pace,
    counters: Arc<Counters>,
    /// Jobs that were taken so far.
    taken: u64,
}

impl<'model> Engine<'model> {
    pub(super) fn new(model: &'model Model, context: Context<'model>, slots: usize, counters: Arc<Counters>) -> Self {
        let slots = (0..slots).map(|_| Slot::default()).collect();
        Self { model, context, slots, memory: model.memory(), pace: Pace::default(), counters, taken: 0 }
    }

    /// Works until nobody can send a job any more and the last one is done.
    pub(super) fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        loop {
            if self.busy() == 0 {
                let Some(job) = jobs.blocking_recv() else { return };
                self.start(job);
            }
            while self.busy() < self.slots.len() {
                let Ok(job) = jobs.try_recv() else { break };
                self.start(job);
            }
            self.step();
        }
    }

    fn busy(&self) -> usize {
        let busy = self.slots.iter().filter(|slot| slot.job.is_some()).count();
        self.counters.busy.store(busy as u64, Ordering::Relaxed);
        busy
    }

    fn start(&mut self, job: Job) {
        if job.abandoned() {
            return;
        }
        self.taken += 1;
        self.counters.requests.fetch_add(1, Ordering::Relaxed);
        if let Err(job) = slot::put(&mut self.slots, job, self.taken, self.memory) {
            job.fail("no slot was free");
        }
    }

    fn begin(&mut self) {
        slot::begin(&mut self.slots, &mut self.context, self.memory, |begun| {
            self.counters.reused_tokens.fetch_add(begun.reused as u64, Ordering::Relaxed);
            self.counters.prompt_tokens.fetch_add(begun.left as u64, Ordering::Relaxed);
            tracing::debug!(reused = begun.reused, left = begun.left, "request begun");
        });
    }

    fn step(&mut self) {
        for slot in &mut self.slots {
            slot.job.take_if(|active| active.job.abandoned());
        }
        self.begin();
        let rows = self.rows();
        if rows.is_empty() {
            return;
        }
        let began = Instant::now();
        if let Err(reason) = self.context.decode(&rows) {
            return self.give_up(&reason);
        }
        self.pace.learn(rows.len(), began);
        self.counters.batches.fetch_add(1, Ordering::Relaxed);
        for row in &rows {
            self.slots[row.sequence].decoded.push(row.token);
        }
        for (index, row) in rows.iter().enumerate().filter(|(_, row)| row.logits) {
            let Some(active) = &mut self.slots[row.sequence].job else { continue };
            match active.job.advance(self.model, row.position, self.context.logits(index)) {
                Progress::Token(_) => {
                    self.counters.drawn_tokens.fetch_add(1, Ordering::Relaxed);
                }
                Progress::Waiting => {}
                Progress::Ended => self.slots[row.sequence].job = None,
            }
        }
        self.busy();
    }

    /// The next batch.
    fn rows(&self) -> Vec<Row> {
        let mut replies = Vec::with_capacity(self.slots.len());
        let mut prompts = Vec::with_capacity(self.slots.len());
        for (index, slot) in self.slots.iter().enumerate() {
            let Some(active) = slot.job.as_ref().filter(|active| !active.waits()) else { continue };
            if active.job.tokens.len() - slot.decoded.len() == 1 {
                // In the order of the slots: llama.cpp computes neighbours together, and others in turns.
                replies.push(index);
            } else {
                prompts.push((active.number, index));
            }
        }
        prompts.sort_unstable();

        // Replies that are being written all go on: there are never more slots than rows of a batch.
        let most = self.pace.rows(self.context.batch_tokens()).max(replies.len());
        let mut rows = Vec::with_capacity(most);
        for index in replies.into_iter().chain(prompts.into_iter().map(|(_, index)| index)) {
            let Slot { decoded, job: Some(Active { job, .. }), .. } = &self.slots[index] else { continue };
            let mut outputs = 0;
            for (position, token) in job.tokens.iter().enumerate().skip(decoded.len()) {
                let logits = job.wants_logits(position);
                let scores = logits && matches!(job.work, Work::Score(_));
                if rows.len() == most || (scores && outputs == SCORED_ROWS_MAX) {
                    break;
                }
                outputs += usize::from(scores);
                rows.push(Row { token: *token, position, sequence: index, logits });
            }
        }
        rows
    }

    fn give_up(&mut self, reason: &str) {
        tracing::error!(reason, "llama.cpp could not decode");
        self.context.clear();
        for slot in &mut self.slots {
            slot.decoded.clear();
            if let Some(active) = slot.job.take() {
                active.job.fail(reason);
            }
        }
    }
}
