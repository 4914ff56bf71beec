//! How much a program may use.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How much a program may use. Sizes are in bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Time from its start to its end.
    pub time: Duration,
    /// Processor time, in whole seconds.
    pub cpu_seconds: u64,
    /// Address space.
    pub memory: u64,
    /// The stack, within the address space.
    pub stack: u64,
    /// One file that it writes.
    pub file: u64,
    /// All files in the scratch folder. They are counted a few times a second, so a program can be beyond for a moment;
    /// what it holds open without a name is bounded by `file` and `open_files` alone.
    pub scratch: u64,
    /// Files in the scratch folder, counted likewise.
    pub scratch_files: usize,
    /// Files that are open at a time.
    pub open_files: u64,
    /// What it prints, on each of the two streams.
    pub output: usize,
}

const MIB: u64 = 1 << 20;

impl Default for Limits {
    /// What a small program needs, amply.
    fn default() -> Self {
        Self {
            time: Duration::from_secs(10),
            cpu_seconds: 10,
            memory: 1024 * MIB,
            stack: 64 * MIB,
            file: 8 * MIB,
            scratch: 32 * MIB,
            scratch_files: 256,
            open_files: 32,
            output: 1 << 20,
        }
    }
}
