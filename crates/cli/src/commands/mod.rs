//! One module for each command: arguments in, an exit code out.

pub(crate) mod ask;
pub(crate) mod cache;
pub(crate) mod calibrate;
pub(crate) mod chat;
pub(crate) mod config;
pub(crate) mod convert;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod import;
pub(crate) mod mediate;
pub(crate) mod merge;
pub(crate) mod models;
pub(crate) mod refine;
pub(crate) mod replay;
pub(crate) mod revise;
pub(crate) mod runs;
pub(crate) mod score;
pub(crate) mod sessions;
pub(crate) mod shard;
pub(crate) mod shell;
pub(crate) mod view;
