//! The page as a whole, and what is set down of a conversation. A real browser opens it in `tests/browser`.

use std::io::{Cursor, Read};

use flate2::read::ZlibDecoder;
use proptest::prelude::*;
use serde_json::{Value, json};
use throughline_conversation::Transcript;

use super::*;
use crate::{Options, Scorer};

const HOSTILE: &str = "</script><script>hurt()</script><img src=x onerror=hurt()> & \"'<!-- conversations -->";

fn log(content: &Value) -> Value {
    json!({"role": "log", "content": content})
}

fn line(conv_id: &str, model: &str, setting: &str, trace: &Value) -> Value {
    json!({
        "conv_id": conv_id, "conv_type": setting, "task": "math", "task_id": "a", "assistant_model": model,
        "dataset_fn": "made.json", "note": null, "trace": trace, "score": 1.0,
    })
}

fn talk(text: &str) -> Value {
    json!([
        {"role": "user", "content": text},
        {"role": "log", "content": {"type": "shard_revealed", "shard_id": 1}},
        {"role": "assistant", "content": text},
        {"role": "log", "content": {"type": "system-verification", "response": {"response_type": "hedge"}}},
    ])
}

fn page(lines: &[Value]) -> String {
    let text = lines.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
    let mut scorer = Scorer::new(Options::default());
    scorer.keep_in(Archive::new().unwrap());
    scorer.add_reader("made", Cursor::new(text)).unwrap();
    let archive = scorer.take_archive().unwrap();
    assert_eq!(archive.count(), lines.len());
    let mut page = Vec::new();
    scorer.finish().unwrap().write_html(archive, &mut page).unwrap();
    String::from_utf8(page).unwrap()
}

/// What an element of the page holds, decoded as the page's script does it.
fn unpacked(page: &str, id: &str) -> Value {
    let start = format!("<script type=\"application/octet-stream\" id=\"{id}\">");
    let (_, rest) = page.split_once(&start).unwrap_or_else(|| panic!("no {id}"));
    let (encoded, _) = rest.split_once("</script>").unwrap();
    let mut text = String::new();
    ZlibDecoder::new(&*STANDARD.decode(encoded).unwrap()).read_to_string(&mut text).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn items(trace: &Value) -> Value {
    let transcript = Transcript::from_line(&line("1", "m", "mediated", trace).to_string(), 1).unwrap();
    serde_json::to_value(shown::shown(&transcript)).unwrap()["items"].take()
}

#[test]
fn every_conversation_is_in_the_page_and_the_index_finds_it() {
    // Some of them are larger than a block.
    let lines: Vec<Value> = (0..40)
        .map(|number| {
            let text = format!("{HOSTILE} {number} {}", "word ".repeat(if number % 7 == 0 { 60_000 } else { 3_000 }));
            line(&format!("run-{number}"), ["a", "b"][number % 2], ["full", "sharded"][number % 2], &talk(&text))
        })
        .collect();
    let page = page(&lines);
    let index = unpacked(&page, "index");
    let listed = index["conversations"].as_array().unwrap();
    assert_eq!(listed.len(), lines.len());
    let mut blocks = std::collections::BTreeSet::new();
    for (line, listed) in lines.iter().zip(listed) {
        let [id, cell, instruction, score, stop, types, faults, turns, place] = &listed.as_array().unwrap()[..] else {
            panic!("{listed}");
        };
        let name =
            |names: &str, number: &Value| &index["names"][names][usize::try_from(number.as_u64().unwrap()).unwrap()];
        assert_eq!((id, instruction, score, turns), (&line["conv_id"], &json!("a"), &json!(100.0), &json!(1)));
        assert_eq!(name("models", &cell[1]), &line["assistant_model"]);
        assert_eq!(name("settings", &cell[2]), &line["conv_type"]);
        assert_eq!(
            (name("stops", stop), name("types", &types[0]), faults),
            (&json!("ended"), &json!("hedge"), &json!([]))
        );
        let held = unpacked(&page, &format!("block-{}", place[0]));
        let held = &held[usize::try_from(place[1].as_u64().unwrap()).unwrap()];
        assert_eq!(held["items"][0]["text"], line["trace"][0]["content"]);
        assert_eq!(held["about"], json!([["dataset_fn", "made.json"]]));
        blocks.insert(place[0].as_u64());
    }
    assert!(blocks.len() > 2, "{blocks:?}");
    assert!(!page.contains(&format!("id=\"block-{}\"", blocks.len())));
}

#[test]
fn a_page_of_hostile_names_holds_two_scripts_that_run_none() {
    let lines = [line(HOSTILE, HOSTILE, HOSTILE, &talk(HOSTILE)), line("2", HOSTILE, "full", &talk(HOSTILE))];
    let page = page(&lines);
    assert!(!page.contains("<img") && !page.contains("<script>hurt"), "a name became markup");
    assert_eq!(page.matches("<script").count(), 3, "the page's own, the index and one block");
    assert_eq!(page.matches("<script>").count(), 1);
    assert!(page.trim_end().ends_with("</html>"));
}

#[test]
fn the_policy_allows_what_the_page_holds_and_nothing_else() {
    let page = page(&[line("1", "m", "full", &talk("x"))]);
    let between = |start: &str, end: &str| page.split_once(start).unwrap().1.split_once(end).unwrap().0.to_owned();
    let policy = between("Content-Security-Policy\" content=\"", "\">").replace("&#x27;", "'").replace("&#x2f;", "/");
    for (element, directive) in [("style", "style-src"), ("script", "script-src")] {
        let content = between(&format!("<{element}>"), &format!("</{element}>"));
        let hash = STANDARD.encode(Sha256::digest(content.as_bytes()));
        assert!(policy.contains(&format!("{directive} 'sha256-{hash}';")), "{policy}");
    }
    assert!(policy.starts_with("default-src 'none'; ") && !policy.contains("unsafe"), "{policy}");
    // Nothing that the policy would refuse, and nothing that loads.
    for refused in [" style=", " onclick", " src=", "http-equiv=\"refresh", "<link", "@import", "url(http"] {
        assert!(!page.contains(refused), "{refused}");
    }
}

#[test]
fn both_dialects_put_a_shard_to_its_turn() {
    let revealed = |id: i64| log(&json!({"type": "hint_revealed", "shard_id": id}));
    let user = |text: &str| json!({"role": "user", "content": text});
    let reply = json!({"role": "assistant", "content": ""});
    let after = items(&json!([user("a"), revealed(1), revealed(2), reply, user("b"), revealed(3)]));
    let before = items(&json!([revealed(1), revealed(2), user("a"), reply, revealed(3), user("b")]));
    assert_eq!(after, before);
    assert_eq!(after[0], json!({"is": "user", "turn": 1, "text": "a", "shards": [1, 2]}));
    assert_eq!(after[2], json!({"is": "user", "turn": 2, "text": "b", "shards": [3]}));
}

#[test]
fn each_turn_shows_the_spec_and_what_became_of_it() {
    let clause = |id: &str, text: &str, quote: &str, turn: usize| {
        let span = json!({"start": 0, "end": quote.len()});
        json!({"id": id, "text": text, "quote": quote, "source": {"turn": turn, "span": span}, "kind": "fact"})
    };
    let removal = |earned: bool| json!({"earned": earned, "reason": "because"});
    let turn = |number: usize, edits: Value, decision: &str| {
        log(&json!({"type": "spec-edit", "turn": number, "edits": edits, "decision": decision,
            "findings": [{"finding": "uncovered", "words": ["two"]}]}))
    };
    let shown = items(&json!([
        turn(
            0,
            json!([
                {"op": "redirect", "clause": clause("c1", "goal", "goal", 0), "removal": removal(true)},
                {"op": "add", "clause": clause("c2", "five apples", "five", 0)},
                {"op": "ask", "question": {"id": "q1", "text": "why?", "asked_at": 0, "state": "open"}},
            ]),
            "ask"
        ),
        turn(
            1,
            json!([
                {"op": "revise", "target": "c2", "clause": clause("c3", "six", "six", 1), "removal": removal(true)},
                {"op": "withdraw", "target": "c1", "clause": clause("c4", "forget it", "forget it", 1), "removal": removal(false)},
                {"op": "answer", "question": "q1", "clause": clause("c5", "so", "so", 1)},
                {"op": "assume", "assumption": {"id": "a1", "text": "red", "reason": "unsaid"}},
            ]),
            "proceed"
        ),
        turn(
            2,
            json!([{"op": "withdraw", "target": "c9", "clause": clause("c6", "x", "x", 2), "removal": removal(true)}]),
            "proceed"
        ),
    ]));
    assert_eq!((&shown[0]["asks"], &shown[1]["asks"]), (&json!(true), &json!(false)));
    let edit = &shown[1]["edits"][0];
    assert_eq!(
        (&edit["was"], &edit["text"], &edit["reason"]),
        (&json!("five apples"), &json!("six"), &json!("because"))
    );
    assert_eq!((&edit["contested"], &shown[1]["edits"][1]["contested"]), (&json!(false), &json!(true)));
    let spec: Vec<String> = shown[1]["spec"]
        .as_array()
        .unwrap()
        .iter()
        .map(|clause| {
            let text = |name: &str| clause[name].as_str().unwrap_or("-").to_owned();
            format!("{} {}: {} | {} | {}", text("id"), text("part"), text("text"), text("state"), text("change"))
        })
        .collect();
    insta::assert_snapshot!(spec.join("\n"), @"
    c1 goal: goal |  | contested
    c2 requirement: five apples | superseded by c3 | superseded
    c3 requirement: six |  | added
    c4 requirement: forget it | contests c1 | added
    c5 requirement: so |  | added
    a1 assumption: red | unsaid | added
    q1 question: why? | answered by c5 | answered
    ");
    assert_eq!(shown[1]["spec"][1]["quote"], json!("five"));
    assert!(shown[2]["error"].as_str().unwrap().contains("c9"), "{}", shown[2]);
    assert_eq!(shown[2]["findings"], json!(["kept verbatim what was overlooked: two"]));
}

#[test]
fn what_is_not_known_is_shown_as_recorded() {
    let shown = items(&json!([
        log(&json!({"type": "state_transition", "from": "A", "to": {"b": 1}})),
        {"role": "assistant", "content": "4", "prompt": [{"role": "user", "content": "spec"}], "seconds": 1.5},
        log(&json!({"type": "answer-evaluation", "exact_answer": ["f(x)"], "is_correct": true, "evaluation_return": {"gold": 4}})),
        log(&json!({"type": "conversation-completed", "is_correct": true})),
        log(&json!({"type": "fault", "role": "mediator", "message": "late"})),
    ]));
    insta::assert_json_snapshot!(shown, @r#"
    [
      {
        "is": "log",
        "type": "state_transition",
        "content": "from: A; to: {\"b\":1}"
      },
      {
        "is": "assistant",
        "text": "4",
        "prompt": [
          {
            "role": "user",
            "content": "spec"
          }
        ],
        "seconds": 1.5
      },
      {
        "is": "attempt",
        "answer": "[\"f(x)\"]",
        "score": 1.0,
        "details": "{\"gold\":4}"
      },
      {
        "is": "completed"
      },
      {
        "is": "fault",
        "role": "mediator",
        "message": "late"
      }
    ]
    "#);
}

proptest! {
    /// Whatever is recorded, the archive takes it and hands it back.
    #[test]
    fn any_text_survives(texts in prop::collection::vec(any::<String>(), 1..6)) {
        let lines: Vec<Value> = texts
            .iter()
            .enumerate()
            .map(|(number, text)| line(&format!("{number}"), &format!("m{text}"), &format!("s{text}"), &talk(text)))
            .collect();
        let page = page(&lines);
        let held = unpacked(&page, "block-0");
        for (text, held) in texts.iter().zip(held.as_array().unwrap()) {
            prop_assert_eq!(held["items"][1]["text"].as_str().unwrap(), text);
        }
    }
}
