//! The llama.cpp backend on a real model.
#![cfg(feature = "llama-cpp")]
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests fail as tests do")]

mod constrained;
mod damaged;
mod faults;
mod memory;
mod mixes;
#[path = "../model_file/mod.rs"]
mod model_file;
mod quiet;
mod replies;
mod scheduling;
mod scores;
mod support;
#[path = "../tiny_model/mod.rs"]
mod tiny_model;
