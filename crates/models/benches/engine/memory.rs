//! Memory at its highest with eight slots, each process measured by itself.

use std::process::{Command, Stdio};

use futures::future::join_all;
use throughline_models::{ChatModel, Message};

use crate::calls::{timed, words};
use crate::{Bench, table};

/// The argument that makes this program the process to be measured.
pub(crate) const CHILD: &str = "--as-memory-child";
const SLOTS: u32 = 8;

/// The row: this engine in a process of its own, the server in its.
pub(crate) async fn row(bench: &Bench) {
    let program = std::env::current_exe().expect("this program has a path");
    let output = Command::new(program).arg(CHILD).stderr(Stdio::inherit()).output().expect("it starts again");
    let here: f64 = String::from_utf8_lossy(&output.stdout).trim().parse().expect("the child prints a number");
    let (server, peer) = bench.peer(SLOTS);
    fill(&peer).await;
    let there = highest(server.process_id());
    table::row("memory, 8 slots", "MiB", &[(here, there)]);
}

/// Loads, works, and prints the highest resident memory in MiB.
pub(crate) async fn child(bench: &Bench) {
    let engine = bench.engine(SLOTS);
    fill(&engine).await;
    println!("{}", highest(std::process::id()));
}

/// Eight conversations of more than half a context each.
async fn fill(model: &dyn ChatModel) {
    let calls = (0..SLOTS as usize).map(|index| timed(model, vec![Message::user(words(index, 1200))], 32));
    join_all(calls).await;
}

/// Highest resident memory of a process so far, in MiB.
fn highest(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("Linux tells of the process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the highest resident memory");
    let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse().expect("a number of kB");
    kilobytes / 1024.0
}
