//! The documentation's tables of keys and commands are the program's own.

use std::fs;
use std::path::Path;

use throughline_tui::{commands, keys};

/// Puts a table between its marks.
fn between(text: &str, name: &str, table: &str) -> Option<String> {
    let begin = format!("<!-- {name}: from the program's own table -->\n");
    let end = format!("<!-- end of {name} -->");
    let (before, rest) = text.split_once(&begin)?;
    let (_, after) = rest.split_once(&end)?;
    Some(format!("{before}{begin}\n{}\n\n{end}{after}", table.trim()))
}

#[test]
fn docs_tell_every_key_and_command() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/chat.md");
    let written = fs::read_to_string(&path).unwrap();
    let current = between(&written, "keys", &keys::markdown());
    let current = current.and_then(|text| between(&text, "commands", &commands::markdown()));
    let current = current.expect("docs/chat.md has the marks of both tables");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &current).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), current, "run this test with UPDATE_DOCS=1");
}
