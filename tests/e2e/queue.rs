//! Workers that share the runs of an experiment over a queue, and may die at any moment.

use std::hash::{BuildHasher, RandomState};
use std::process::{Child, Stdio};
use std::time::Duration;

use crate::harness::{Sandbox, wait_until};
use crate::redis::Redis;
use crate::replay::{arguments, cells, grid};

const SETTINGS: &str = "full,concat,sharded";
const SAMPLES: usize = 6;
const WORKERS: [&str; 3] = ["worker-0", "worker-1", "worker-2"];

/// The arguments of a worker with that run directory.
fn worker(directory: &str) -> Vec<String> {
    let own = |word: String| if word == "run" { directory.to_owned() } else { word };
    arguments(SAMPLES, SETTINGS).into_iter().map(own).chain(["--concurrency", "1"].map(str::to_owned)).collect()
}

fn start(sandbox: &Sandbox, directory: &str) -> Child {
    let quiet = [worker(directory), vec!["--quiet".to_owned()]].concat();
    sandbox.command(&quiet).stdin(Stdio::null()).spawn().unwrap()
}

/// How many runs the workers have finished together; half a line counts as none.
fn finished(sandbox: &Sandbox) -> usize {
    let lines = |directory: &&str| {
        let text = std::fs::read_to_string(sandbox.path(directory).join("transcripts.jsonl")).unwrap_or_default();
        text.matches('\n').count()
    };
    WORKERS.iter().map(lines).sum()
}

fn end(mut worker: Child) {
    wait_until("the worker ends", || worker.try_wait().unwrap().is_some());
    assert!(worker.wait().unwrap().success());
}

#[test]
fn workers_of_a_real_server_are_killed_at_random_and_every_run_is_there_once() {
    let mut sandbox = Sandbox::new();
    let server = Redis::start();
    sandbox.set("THROUGHLINE_QUEUE", &server.address());
    // Killed in turn, each time somewhere between a finished run and the next one or two; then it starts anew.
    let mut workers = WORKERS.map(|directory| start(&sandbox, directory));
    let mut killed = 0;
    for round in 0..6 {
        let (at, before) = (round % WORKERS.len(), finished(&sandbox));
        wait_until("a run is finished", || {
            finished(&sandbox) > before || workers.iter_mut().all(|worker| worker.try_wait().unwrap().is_some())
        });
        std::thread::sleep(Duration::from_millis(RandomState::new().hash_one(round) % 350));
        killed += usize::from(workers[at].try_wait().unwrap().is_none());
        workers[at].kill().unwrap();
        workers[at].wait().unwrap();
        workers[at] = start(&sandbox, WORKERS[at]);
    }
    assert!(killed >= 3, "only {killed} workers were still at work");
    // What the dead had is dealt again to those that are left; they leave when no run is.
    workers.into_iter().for_each(end);

    let whole = ["merge", "--keep-first", WORKERS[0], WORKERS[1], WORKERS[2], "-o", "run"];
    let merged = sandbox.run(&whole).good();
    assert!(merged.stderr.starts_with("18 of 18 runs in run, 18 of them new"), "{}", merged.stderr);
    assert_eq!(cells(&sandbox), grid(SAMPLES, SETTINGS));
    assert_eq!(sandbox.read("run/errors.jsonl"), "", "a kill is no error");

    // Another worker comes too late, and says so.
    let late = sandbox.run(&worker("late")).good();
    assert!(late.stderr.contains("0 runs finished\n") && late.stderr.contains("merge --keep-first"), "{}", late.stderr);
}

#[test]
fn processes_of_a_machine_share_a_file() {
    let sandbox = Sandbox::new();
    let with_queue = |directory| [worker(directory), vec!["--queue".to_owned()]].concat();
    let mut first = sandbox.start(&with_queue(WORKERS[0]));
    wait_until("the first is at work", || !first.goes_on() || finished(&sandbox) > 0);
    first.interrupt();
    let stopped = first.end();
    assert_eq!(stopped.code(), 130, "{stopped:?}");
    assert!(stopped.stderr.contains(" left, those of other workers among them"), "{}", stopped.stderr);
    let kept = finished(&sandbox);
    // What it had was handed back: the second one gets it without waiting until the first one counts as dead.
    let second = sandbox.run(&with_queue(WORKERS[1])).good();
    assert!(second.stderr.contains(&format!("{} runs finished\n", 18 - kept)), "{}", second.stderr);
    sandbox.run(&["merge", WORKERS[0], WORKERS[1], "-o", "run"]).good();
    assert_eq!(cells(&sandbox), grid(SAMPLES, SETTINGS));
    assert!(sandbox.path("data/queue.sqlite").exists());
}

#[test]
fn a_queue_that_cannot_be_used_is_told_without_its_password() {
    let sandbox = Sandbox::new();
    for (address, told) in [
        ("redis://ada:hunter2@127.0.0.1:1", "the queue at redis://127.0.0.1:1 cannot be used: "),
        ("postgres://ada:hunter2@127.0.0.1/runs", "the address of the queue is not valid: it is neither redis://"),
        ("rediss://ada:hunter2@127.0.0.1", "rediss:// needs TLS"),
        ("no/such/folder/queue.sqlite", "the queue at no/such/folder/queue.sqlite cannot be used: "),
    ] {
        let quiet = ["--quiet".to_owned(), format!("--queue={address}")];
        let error = sandbox.run(&[&worker("run")[..], &quiet].concat()).refused(&[told]);
        assert!(!error.contains("hunter2"), "{error}");
    }
}
