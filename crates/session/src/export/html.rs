//! A chat as one HTML page by itself.

use minijinja::value::{Serde, Value};
use minijinja::{Environment, Error};
use serde::Serialize;

use super::shown::Chat;
use crate::record::Record;

const PAGE: &str = include_str!("assets/page.html");
const STYLE: &str = include_str!("assets/page.css");

/// What the template gets.
#[derive(Serialize)]
struct Page<'a> {
    generator: &'a str,
    style: &'a str,
    chat: Chat,
}

/// The chat as one HTML page that needs nothing beside it: no script, no picture, no request. All that anybody said is
/// text in it, never markup; its colours follow the reader's light or dark theme.
///
/// # Errors
/// What the template engine says, which the shipped template never gives it reason to.
pub fn html(record: &Record) -> Result<String, Error> {
    let page =
        Page { generator: concat!("throughline ", env!("CARGO_PKG_VERSION")), style: STYLE, chat: Chat::of(record) };
    // The name's ending makes the engine escape whatever it is given.
    Environment::new().render_named_str("page.html", PAGE, Value::from(Serde(&page)))
}
