//! Chat and transcript screens for the terminal.
//!
//! [`App::update`] takes in what happened (a key, a reply's next piece) and says what is to be done; [`App::view`] draws.
//! Both are pure: how replies are made, kept and exported is for who drives the screen.

mod app;
pub mod commands;
mod completion;
mod composer;
pub mod first;
mod fuzzy;
pub mod keys;
mod layout;
pub mod markdown;
mod message;
mod overlay;
mod pane;
mod panel;
pub mod terminal;
#[cfg(test)]
mod tests;
pub mod text;
pub mod theme;
mod view;
pub mod viewer;

pub use app::App;
pub use fuzzy::fitting;
pub use message::{Activity, Choice, Effect, ExportFormat, Listed, ModelRole, Msg, Report, Staff};
