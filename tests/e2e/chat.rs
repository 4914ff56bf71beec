//! `throughline ask` and `throughline chat`, driven over pipes.

use serde_json::{Value, json};

use crate::double::{self, Act};
use crate::harness::{Outcome, Sandbox, one_error, wait_until};

/// What a chat printed between two marks: commands that do not exist.
#[track_caller]
fn between<'a>(chat: &'a Outcome, from: &str, to: &str) -> &'a str {
    let mark = |name: &str| format!("there is no command {name}; /help shows them\n");
    let (_, rest) = chat.stdout.split_once(&mark(from)).unwrap_or_else(|| panic!("no {from}: {}", chat.stdout));
    rest.split_once(&mark(to)).unwrap_or_else(|| panic!("no {to}: {}", chat.stdout)).0
}

#[test]
fn a_request_is_answered() {
    let asked = Sandbox::new().run(&["ask", "Name a colour of the rainbow."]).good();
    assert!(!asked.stdout.trim().is_empty() && asked.stdout.ends_with('\n'), "{}", asked.stdout);
    assert!(asked.stderr.contains("c1 goal: Name a colour of the rainbow."), "{}", asked.stderr);
}

#[test]
fn a_request_that_is_piped_in_is_answered() {
    let sandbox = Sandbox::without_models();
    let acts = vec![Act::add("Name a colour."), Act::Reply("Teal.".to_owned())];
    sandbox.configure(&double::play("scripted", acts));
    let asked = sandbox.run_with(&["ask", "-m", "scripted"], "Name a colour.\n").good();
    assert_eq!(asked.stdout, "Teal.\n");
    assert_eq!(asked.stderr, "  + c1 goal: Name a colour.\n");
}

#[test]
fn what_was_understood_is_told_as_json() {
    let sandbox = Sandbox::new();
    let request = "Summarise this in 5 words.";
    let asked = sandbox.run_with(&["ask", request, "--json"], "The harbour of Bergen froze in 1893.\n").good();
    let told: Value = serde_json::from_str(&asked.stdout).unwrap();
    assert!(told["reply"].is_string() && told["findings"].is_array() && told["finish"].is_string(), "{told}");
    let spec = told["spec"].to_string();
    for word in ["Summarise", "5 words", "Bergen", "1893"] {
        assert!(spec.contains(word), "{word} is not in {spec}");
    }
    assert_eq!(told["spec"]["goal"]["status"], "active");
}

#[test]
fn a_chat_goes_line_by_line() {
    let sandbox = Sandbox::new();
    let lines = [
        "/spec",
        "/mark-said",
        "How many tiles cover a floor of 12 square metres?",
        "/spec",
        "/mark-again",
        "each tile is 30 cm wide \u{1b}[31mand red",
        "/spec",
        "/mark-undo",
        "/undo",
        "/spec",
        "/mark-go",
        "/go",
        "/mark-end",
        "/quit",
        "/mark-never",
    ];
    let chat = sandbox.run_with(&["chat", "--plain", "--quiet"], lines.join("\n")).good();
    assert!(chat.stdout.starts_with("goal\n  (none yet)\n  (nothing said yet)\n"), "{}", chat.stdout);
    let said = between(&chat, "/mark-said", "/mark-again");
    assert!(said.contains("+ c1 goal: How many tiles cover a floor of 12 square metres?"), "{said}");
    let (_, spec) = said.rsplit_once("goal\n").unwrap();
    assert!(spec.contains("12 square metres") && spec.contains("turn 1"), "{spec}");

    let (_, spec) = between(&chat, "/mark-again", "/mark-undo").rsplit_once("goal\n").unwrap();
    for words in ["12 square metres", "each tile is 30 cm wide", "red", "turn 2"] {
        assert!(spec.contains(words), "{words} is not in {spec}");
    }
    let undone = between(&chat, "/mark-undo", "/mark-go");
    assert!(undone.starts_with("took back: each tile is 30 cm wide"), "{undone}");
    let (_, spec) = undone.rsplit_once("goal\n").unwrap();
    assert!(spec.contains("12 square metres") && !spec.contains("30 cm"), "{spec}");

    assert!(!between(&chat, "/mark-go", "/mark-end").trim().is_empty(), "/go brings a reply");
    assert!(!chat.stdout.contains("/mark-never"), "nothing is read after /quit");
    assert!(!chat.stdout.contains('\u{1b}') && !chat.stderr.contains('\u{1b}'), "{}", chat.stdout);
    assert_eq!(chat.stderr, "");
}

#[test]
fn a_question_is_put_once_and_answered() {
    let sandbox = Sandbox::new();
    sandbox.configure(&double::play(
        "asking",
        vec![
            Act::draft(&json!([{"op": "add", "quote": "Paint my fence"}]), "Which colour should it get?"),
            Act::draft(&json!([{"op": "add", "quote": "green"}]), "And how many coats?"),
        ],
    ));
    let input = "Paint my fence\n/mark-asked\ngreen\n/mark-answered\n/spec\n/mark-spec\n";
    let chat = sandbox.run_with(&["chat", "--plain", "-q", "--mediator", "asking"], format!("/mark\n{input}")).good();
    let asked = between(&chat, "/mark", "/mark-asked");
    assert!(asked.ends_with("? Which colour should it get?  (/go answers without)\n"), "{asked}");
    let answered = between(&chat, "/mark-asked", "/mark-answered");
    assert!(!answered.contains("coats") && answered.contains("green"), "one question is all: {answered}");
    assert!(between(&chat, "/mark-answered", "/mark-spec").contains("green"), "{}", chat.stdout);
}

#[test]
fn a_plan_is_shown_before_the_reply() {
    let sandbox = Sandbox::without_models();
    let models = [
        double::play("listening", vec![Act::add("Paint my fence")]),
        double::play("planning", vec![Act::Reply("1. Buy paint.\n\n2. Paint.".to_owned())]),
        double::play("painting", vec![Act::Reply("Done.".to_owned())]),
    ];
    let roles = "\n[agents]\nplanner = \"planner.md\"\n";
    sandbox.write("planner.md", "+++\nmax_tokens = 50\n+++\n\nPlan it.\n");
    sandbox.configure(&models.concat());
    let configured = sandbox.read("throughline.toml").replacen("[roles]", "[roles]\nplanner = \"planning\"", 1);
    sandbox.write("throughline.toml", configured.replacen("\n[agents]\n", roles, 1));
    let chat = ["chat", "--plain", "-q", "--plan", "--mediator", "listening", "--assistant", "painting"];
    let chat = sandbox.run_with(&chat, "Paint my fence\n").good();
    assert!(chat.stdout.ends_with("plan\n  1. Buy paint.\n  2. Paint.\nDone.\n"), "{}", chat.stdout);
}

#[test]
fn a_model_that_fails_does_not_end_the_chat() {
    let sandbox = Sandbox::without_models();
    let acts = vec![Act::add("Name a colour."), Act::Cut("Blue, or"), Act::Reply("Teal.".to_owned())];
    sandbox.configure(&double::play("cut", acts));
    let input = "Name a colour.\n/mark\n/go\n/mark-end\n";
    let chat = sandbox.run_with(&["chat", "--plain", "-q", "-m", "cut"], input).good();
    assert_eq!(chat.stderr, "error: the stream was cut before the reply ended\n");
    let (before, _) = chat.stdout.split_once("there is no command /mark;").unwrap();
    assert!(before.ends_with("Blue, or\n"), "its line is ended: {before:?}");
    assert!(between(&chat, "/mark", "/mark-end").ends_with("Teal.\n"), "{}", chat.stdout);
}

#[test]
fn a_chat_ends_where_its_input_ends() {
    let chat = Sandbox::new().run(&["chat", "--plain"]).good();
    assert_eq!(chat.stdout, "");
    assert!(chat.stderr.ends_with("mediator small, assistant small; /help shows the commands\n"), "{}", chat.stderr);
}

#[test]
fn ctrl_c_stops_a_reply_and_then_the_chat() {
    let sandbox = Sandbox::new();
    let acts = vec![Act::Hold("Blue, or"), Act::Reply("Teal.".to_owned())];
    let mediator = double::play("listening", vec![Act::add("Name a colour."), Act::add("A dark one.")]);
    sandbox.configure(&format!("{}{mediator}", double::play("slow", acts)));
    let mut chat = sandbox.start(&["chat", "--plain", "-q", "--assistant", "slow", "--mediator", "listening"]);
    chat.type_line("Name a colour.");
    wait_until("a reply has begun", || chat.printed().ends_with("Blue, or"));
    chat.interrupt();
    wait_until("the reply is stopped", || chat.printed().ends_with("Blue, or (stopped)\n"));
    chat.type_line("A dark one.");
    wait_until("there is another reply", || chat.printed().ends_with("Teal.\n"));
    chat.interrupt();
    wait_until("the chat is ended", || !chat.goes_on());
    let ended = chat.end().good();
    assert_eq!(ended.stderr, "");
}

#[test]
fn input_that_is_no_text_ends_a_chat_with_an_error() {
    let sandbox = Sandbox::new();
    sandbox.configure(&double::play("silent", Vec::new()));
    let chat = sandbox.run_with(&["chat", "--plain", "-q", "-m", "silent"], b"/spec\n\xff\n/spec\n");
    assert_eq!(chat.code(), 2, "{chat:?}");
    one_error(&chat.stderr, &["standard input", "UTF-8"]);
    let ask = sandbox.run_with(&["ask", "-q", "-m", "silent"], b"\xff\n");
    ask.refused(&["standard input", "UTF-8"]);
}

#[test]
fn what_cannot_be_sent_is_told_and_the_chat_goes_on() {
    let sandbox = Sandbox::new();
    let chat =
        sandbox.run_with(&["chat", "--plain", "-q"], "/attach nowhere.txt\nName a colour.\n/export html\n").good();
    assert_eq!(chat.stderr.lines().count(), 1, "{}", chat.stderr);
    assert!(chat.stderr.contains("cannot read nowhere.txt"), "{}", chat.stderr);
    assert!(chat.stdout.contains("+ c1 goal: Name a colour."), "{}", chat.stdout);
    let written = chat.stdout.lines().last().and_then(|line| line.strip_prefix("written to ")).unwrap();
    assert!(sandbox.read(written).contains("Name a colour."));
    let listed = sandbox.run(&["sessions", "list"]).good();
    assert!(listed.stdout.contains("1 turn  Name a colour."), "{}", listed.stdout);
}
