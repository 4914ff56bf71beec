//! `throughline score --html`, opened in a real browser.

use std::process::Command;

use crate::harness::{Sandbox, root};
use crate::server;

/// The exit code with which the script says that there is no browser.
const NO_BROWSER: i32 = 77;

#[test]
fn a_page_works_in_a_browser() {
    let mut script = Command::new(server::python(&root()));
    script.arg(root().join("tests/browser/report.py")).args(["--binary", env!("CARGO_BIN_EXE_throughline")]);
    let output = script.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.code() == Some(NO_BROWSER) {
        eprintln!("skipped: {}", said.trim());
        return;
    }
    assert!(output.status.success(), "{said}");
}

#[test]
fn a_page_says_what_it_holds_and_where_it_cannot_be_written() {
    let sandbox = Sandbox::without_models();
    let line =
        r#"{"conv_id":"1","conv_type":"full","task":"math","task_id":"a","assistant_model":"m","trace":[],"score":1}"#;
    let piped = sandbox.run_with(&["score", "-", "--html", "page.html"], line).good();
    assert!(piped.stderr.contains("wrote page.html: 1 conversation, "), "{}", piped.stderr);
    assert!(piped.stdout.contains("math"), "{}", piped.stdout);
    let page = sandbox.read("page.html");
    assert!(page.starts_with("<!doctype html>") && page.trim_end().ends_with("</html>"));
    let refused = sandbox.run_with(&["score", "-", "--html", "no/such/page.html"], line);
    refused.refused(&["no/such/page.html", "can be written to"]);
    // What was there stays until the new page is whole.
    sandbox.write("bad.jsonl", "{oops");
    sandbox.run(&["score", "bad.jsonl", "--html", "page.html"]).refused(&["bad.jsonl"]);
    assert_eq!(sandbox.read("page.html"), page);
}
