//! End-to-end tests on the built binary, with real models and real servers.
//!
//! They use the default model in the data directory that is in force (`throughline models fetch` puts it there) and a
//! Python that has the packages of `tests/requirements.txt`. A model computes with one thread here: tests may run beside
//! each other, one for each processor (`cargo test -- --test-threads=N`), but not beside what takes all processors.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking, and says what it left out; its helpers stand outside of the test functions"
)]

mod bad_input;
mod bad_models;
mod cache;
mod calibrate;
mod chat;
mod code;
mod config;
mod convert;
mod demo;
#[cfg(target_os = "linux")]
mod disk;
mod double;
mod experiments;
mod harness;
mod help;
mod import;
mod mediate;
mod page;
mod processes;
#[cfg(unix)]
mod pty;
#[cfg(unix)]
mod queue;
#[cfg(unix)]
mod redis;
mod refine;
mod replay;
mod revise;
mod score;
mod server;
mod sessions;
mod shard;
mod simulators;
mod summary;
#[cfg(unix)]
mod terminal;
mod view;
