//! Chat and transcript screens for the terminal.

pub mod text;
pub mod theme;
