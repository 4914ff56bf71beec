//! Chat and transcript screens for the terminal.
