//! The response cache, as experiments use it.

use serde_json::Value;

use crate::harness::{Sandbox, json_lines};
use crate::replay::arguments;
use crate::server::{KEY, Server};

/// What the transcripts of a replay into that folder say of their calls and replies, without the times.
fn replayed(sandbox: &Sandbox, folder: &str, options: &[&str]) -> (Vec<Value>, Vec<String>) {
    let mut arguments = arguments(1, "concat,mediated");
    let output = arguments.iter().position(|word| word == "run").unwrap();
    folder.clone_into(&mut arguments[output]);
    arguments.extend(options.iter().map(|&option| option.to_owned()));
    sandbox.run(&arguments).good();
    let mut transcripts = json_lines(&sandbox.read(&format!("{folder}/transcripts.jsonl")));
    transcripts.sort_by_key(|transcript| transcript["conv_id"].to_string());
    let replies = |transcript: &Value| {
        let entries = transcript["trace"].as_array().unwrap().iter().filter(|entry| entry["role"] == "assistant");
        entries.map(|entry| entry["content"].to_string()).collect::<String>()
    };
    (transcripts.iter().map(|it| it["calls"].clone()).collect(), transcripts.iter().map(replies).collect())
}

fn cached(calls: &[Value]) -> (u64, u64) {
    let roles = || calls.iter().flat_map(|calls| calls.as_object().unwrap().values());
    let sum = |field: &str| roles().filter_map(|role| role[field].as_u64()).sum();
    (sum("made"), sum("cached"))
}

#[test]
fn a_second_replay_makes_no_call_and_says_so() {
    let mut sandbox = Sandbox::new();
    sandbox.set("THROUGHLINE_CACHE_DIR", "kept");
    let empty = sandbox.run(&["cache", "stats"]).good().stdout;
    assert!(empty.contains("0 replies"), "{empty}");
    let (first, replies) = replayed(&sandbox, "first", &[]);
    let (made, none) = cached(&first);
    assert!(made > 1 && none == 0, "{first:?}");
    let (second, same) = replayed(&sandbox, "second", &[]);
    assert_eq!((cached(&second), &same), ((made, made), &replies));
    let (third, _) = replayed(&sandbox, "third", &["--no-cache"]);
    assert_eq!(cached(&third), (made, 0));

    let stats = sandbox.run(&["cache", "stats"]).good().stdout;
    assert!(stats.contains(&format!("{made} replies")) && stats.contains("of sha256:"), "{stats}");
    let cleared = sandbox.run(&["cache", "clear"]).good().stdout;
    assert!(cleared.contains(&format!("deleted {made} replies")), "{cleared}");

    sandbox.write("kept/replies.sqlite", "something else".repeat(100));
    for arguments in [&["cache", "stats"][..], &["replay", &crate::harness::samples(), "-o", "fourth"]] {
        sandbox.run(arguments).refused(&["replies.sqlite is damaged", "throughline cache clear", "--no-cache"]);
    }
    sandbox.run(&["cache", "clear"]).good();
    assert!(!sandbox.path("kept/replies.sqlite").exists());
}

#[test]
fn a_pool_with_a_dead_member_is_replayed_on_and_its_retries_are_on_record() {
    let mut sandbox = Sandbox::new();
    sandbox.set("E2E_KEY", KEY);
    let server = Server::start();
    let profile = server.profile("E2E_KEY").replace("retries = 0", "input_price = 1\noutput_price = 2");
    sandbox.configure(
        &profile
            .replace("base_url = ", "base_url = [\"http://127.0.0.1:1/v1\", ")
            .replace("/v1\"\nmodel", "/v1\"]\nmodel"),
    );
    let (calls, _) = replayed(&sandbox, "run", &["--assistant", "served"]);
    let retries: u64 = calls.iter().filter_map(|calls| calls["assistant"]["retries"]["transient"].as_u64()).sum();
    assert!(retries >= 1, "{calls:?}");
    assert!(
        calls.iter().all(|calls| calls["assistant"]["cost_usd"].as_f64().is_some_and(|cost| cost > 0.0)),
        "{calls:?}"
    );
}
