//! `throughline sessions`, on files as a chat leaves them.

use serde_json::{Value, json};
use throughline_conversation::Transcript;
use throughline_session::{Event, Lane, Replied, SessionId, Store};

use crate::double::{self, Act};
use crate::harness::{Sandbox, json_lines};

/// The saved chats of a sandbox.
fn store(sandbox: &Sandbox) -> Store {
    Store::new(sandbox.path("data/sessions"))
}

/// A saved chat in which each of these is said, heard as one new clause and answered by an echo.
fn chat(sandbox: &Sandbox, said: &[&str]) -> SessionId {
    let mut session = store(sandbox).create().unwrap();
    for (turn, words) in said.iter().enumerate() {
        let source = json!({"turn": turn, "span": {"start": 0, "end": words.len()}});
        let clause = json!({"id": format!("c{}", turn + 1), "text": words, "quote": words, "source": source});
        let heard = json!({"event": "heard", "model": "listener", "turn": {
            "user": words, "edits": [{"op": "add", "clause": clause}], "findings": [], "decision": "proceed", "reply": null
        }});
        let lane = Lane::Mediated;
        for event in [
            Event::Said { text: (*words).to_owned() },
            serde_json::from_value(heard).unwrap(),
            Event::Replying { lane, model: "writer".to_owned() },
            Event::Piece { lane, text: format!("You said: {words}") },
            Event::Replied { lane, replied: Replied { reason: "stop".to_owned(), ..Replied::default() } },
        ] {
            session.append(event).unwrap();
        }
    }
    session.record().id.clone()
}

#[test]
fn saved_chats_are_listed_found_and_shown() {
    let sandbox = Sandbox::without_models();
    let none = sandbox.run(&["sessions", "list"]).good();
    assert!(none.stdout.is_empty() && none.stderr.contains("no session"), "{none:?}");
    let fence = chat(&sandbox, &["How much paint do I need for my fence?", "It is 32 m \u{1b}[31mlong"]).0;
    let tea = chat(&sandbox, &["Name a tea."]).0;
    let store = store(&sandbox);
    let open = store.open(&SessionId(fence.clone())).unwrap();

    // A session that is open elsewhere can be read.
    let listed = sandbox.run(&["sessions", "list"]).good().stdout;
    let lines: Vec<&str> = listed.lines().collect();
    assert!(lines[0].starts_with(&tea) && lines[0].ends_with("1 turn  Name a tea."), "{listed}");
    assert!(lines[1].contains("2 turns  How much paint do I need for my fence?"), "{listed}");
    let listed = sandbox.run(&["sessions", "list", "--json"]).good().json_lines();
    assert_eq!((&listed[1]["id"], &listed[1]["turns"]), (&json!(fence), &json!(2)));

    let found = sandbox.run(&["sessions", "search", "PAINT", "fence"]).good().stdout;
    assert!(found.starts_with(&fence) && found.contains("\n  turn 1, you: How much paint"), "{found}");
    assert!(found.contains("\n  turn 1, reply: You said: How much paint"), "{found}");
    let found = sandbox.run(&["sessions", "search", "tea", "--json"]).good().json_lines();
    assert_eq!((found.len(), &found[0]["turn"], &found[0]["place"]), (2, &json!(0), &json!("user")));

    let shown = sandbox.run(&["sessions", "show", &fence]).good().stdout;
    for text in ["> How much paint", "  + c2 It is 32 m", "[writer]\nYou said: It is", "requirements\n  c1 How much"] {
        assert!(shown.contains(text), "{text} is not in {shown}");
    }
    assert!(!shown.contains('\u{1b}'), "{shown}");

    sandbox.run(&["sessions", "rename", &fence, "x"]).refused(&[&fence, "open in another program"]);
    drop(open);
    sandbox.run(&["sessions", "rename", &fence, "Garden"]).good();
    assert!(sandbox.run(&["sessions", "list"]).good().stdout.contains("2 turns  Garden"));
}

#[test]
fn a_fork_is_a_session_and_a_deleted_one_is_none() {
    let sandbox = Sandbox::without_models();
    let whole = chat(&sandbox, &["Paint my fence", "in red"]).0;
    let fork = sandbox.run(&["sessions", "fork", "last", "--turns", "1"]).good().stdout.trim().to_owned();
    let shown = sandbox.run(&["sessions", "show", "last"]).good().stdout;
    assert!(shown.starts_with(&fork) && shown.contains(&format!("forked from {whole} after its turn 1")), "{shown}");
    assert!(!shown.contains("in red"), "{shown}");

    sandbox.run(&["sessions", "delete", &fork]).refused(&["--yes", &fork, "Paint my fence"]);
    sandbox.run(&["sessions", "delete", &fork, "--yes"]).good();
    assert_eq!(sandbox.run(&["sessions", "list"]).good().stdout.lines().count(), 1);
}

#[test]
fn what_is_no_session_is_told_in_a_line() {
    let sandbox = Sandbox::without_models();
    sandbox.run(&["sessions", "show", "last"]).refused(&["no session yet"]);
    let id = chat(&sandbox, &["Paint my fence"]).0;
    chat(&sandbox, &["Name a tea."]);
    sandbox.run(&["sessions", "show", "nothing"]).refused(&["no session nothing"]);
    sandbox.run(&["sessions", "show", &id[..4]]).refused(&[&id, "give more of the name"]);
    sandbox.run(&["sessions", "fork", &id, "--turns", "7"]).refused(&[&id, "1 turn", "7"]);
    let file = format!("data/sessions/{id}.jsonl");
    let damaged = sandbox.read(&file).replacen("\"said\"", "\"sneezed\"", 1);
    sandbox.write(&file, damaged);
    sandbox.run(&["sessions", "show", &id]).refused(&[&file, "line 2", "sneezed", "mend or move the line"]);
    let listed = sandbox.run(&["sessions", "list"]).good().stdout;
    assert!(listed.contains("Name a tea.") && listed.contains("Paint my fence"), "{listed}");
    sandbox.run(&["sessions", "delete", &id, "--yes"]).good();
}

#[test]
fn an_exported_chat_is_one_more_recorded_conversation() {
    let sandbox = Sandbox::without_models();
    let id = chat(&sandbox, &["Name a tea.", "A <b>green</b> one"]).0;
    let text = sandbox.run(&["sessions", "export", &id]).good().stdout;
    assert!(text.starts_with("# Name a tea.\n") && text.contains("> You said: A <b>green</b> one"), "{text}");
    sandbox.run(&["sessions", "export", &id, "--to", "html", "-o", "tea.html"]).good();
    assert!(sandbox.read("tea.html").contains("A &lt;b&gt;green"));
    sandbox.run(&["sessions", "export", &id, "--to", "html", "-o", "tea.html"]).refused(&["tea.html", "--force"]);

    sandbox.run(&["sessions", "export", &id, "--to", "transcript", "-o", "tea.jsonl"]).good();
    let line = sandbox.read("tea.jsonl");
    assert_eq!(Transcript::from_line(line.trim_end(), 1).unwrap().conv_id, id);
    // The program's own readers take it: its turns, and that nobody judged it.
    let converted = sandbox.run(&["convert", "tea.jsonl", "-o", "-"]).good().stdout;
    assert_eq!(json_lines(&converted), json_lines(&line));
    let openai = sandbox.run(&["convert", "tea.jsonl", "--to", "openai", "-o", "-"]).good().json_lines();
    let said: Vec<&Value> = openai[0]["messages"].as_array().unwrap().iter().map(|message| &message["role"]).collect();
    assert_eq!(said, ["user", "assistant", "user", "assistant"]);
    sandbox.run(&["score", "tea.jsonl"]).refused(&["tea.jsonl", &id]);
    let listed = sandbox.run(&["view", "tea.jsonl"]).good().stdout;
    assert!(listed.starts_with(&id) && listed.ends_with("not evaluated\n"), "{listed}");
}

#[test]
fn a_chat_becomes_a_sample_once_somebody_says_what_is_right() {
    let sandbox = Sandbox::without_models();
    sandbox.configure(&double::play("writer", ["She needs 12."; 3].map(|text| Act::Reply(text.to_owned())).into()));
    let id = chat(&sandbox, &["How many eggs does she need?", "2 for each of 6 cakes"]).0;
    let exported = sandbox.run(&["sessions", "export", &id, "--to", "sample", "-o", "eggs.json"]).good();
    assert!(exported.stderr.contains("`task`") && exported.stderr.contains("`answer`"), "{exported:?}");
    let replay = ["replay", "eggs.json", "--settings", "full", "--assistant", "writer", "-o", "run"];
    sandbox.run(&replay).refused(&["eggs.json", &id, "`task`", "math"]);
    let draft = sandbox.read("eggs.json");
    let sample: Value = serde_json::from_str(&draft).unwrap();
    assert_eq!(sample[0]["question"], "How many eggs does she need?\n2 for each of 6 cakes");
    assert_eq!(sample[0]["shards"][1], json!({ "shard_id": 2, "shard": "2 for each of 6 cakes" }));

    let filled =
        draft.replace("\"task\": \"\"", "\"task\": \"math\"").replace("\"answer\": \"\"", "\"answer\": \"#### 12\"");
    sandbox.write("eggs.json", filled);
    sandbox.run(&replay).good();
    let listed = sandbox.run(&["view", "run"]).good().stdout;
    assert!(listed.contains("\tmath\tfull\t") && listed.ends_with("right\n"), "{listed}");
}
