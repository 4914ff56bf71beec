//! The chat on a real terminal.

use crate::double::{self, Act};
use crate::harness::{Sandbox, wait_until};
use crate::pty::Terminal;

/// What stands below what is typed, while the chat is there.
const READY: &str = "Enter send";

/// A chat with models that play these scripts.
fn scripted(listening: Vec<Act>, replying: Vec<Act>) -> Sandbox {
    let sandbox = Sandbox::without_models();
    let models = [double::play("listener", listening), double::play("writer", replying)].concat();
    sandbox.configure(&models);
    sandbox
}

const SCRIPTED: [&str; 5] = ["chat", "--mediator", "listener", "--assistant", "writer"];

fn ready(terminal: &mut Terminal) {
    terminal.shows(READY);
    assert_eq!(terminal.is_taken(), (true, true));
}

#[test]
fn without_arguments_a_terminal_opens_the_chat_and_a_pipe_gets_help() {
    let sandbox = Sandbox::new();
    let piped = sandbox.run::<&str>(&[]);
    assert!(piped.code() == 2 && piped.stdout.is_empty() && piped.stderr.contains("Usage: throughline"), "{piped:?}");

    let mut terminal = Terminal::start::<&str>(&sandbox, &[], 120, 34);
    ready(&mut terminal);
    // The models are there.
    terminal.shows("asks: auto");
    terminal.types("Name a colour of the rainbow.\r");
    terminal.shows("tokens/s");
    terminal.waits("the spec has a goal", |screen| screen.contains("+ Name a colour of the rainbow."));
    terminal.types("Sorry, make that two colours.\r");
    terminal.waits("there is another reply", |screen| {
        screen.contains("asks: auto") && screen.matches("tokens/s").count() == 2 && screen.contains("two colours")
    });
    // To the conversation and to the spec, in which a line is chosen.
    terminal.types("\t\t");
    terminal.shows("n o settle");
    terminal.shows("▶");
    terminal.types("\x1b");
    terminal.waits("typing goes on", |screen| !screen.contains("n o settle"));
    terminal.types("/export markdown talk.md\r");
    terminal.shows("talk.md");
    wait_until("it is written", || sandbox.path("talk.md").is_file());
    let exported = sandbox.read("talk.md");
    assert!(exported.contains("Name a colour of the rainbow.") && exported.contains("two colours"), "{exported}");

    terminal.types("\x03");
    terminal.shows("again leaves");
    terminal.types("\x03");
    assert!(terminal.ends().success());
    terminal.is_given_back();
}

#[test]
fn a_signal_gives_the_terminal_back() {
    for name in ["TERM", "HUP"] {
        let sandbox = scripted(Vec::new(), Vec::new());
        let mut terminal = Terminal::start(&sandbox, &SCRIPTED, 80, 24);
        ready(&mut terminal);
        terminal.signal(name);
        terminal.ends();
        terminal.is_given_back();
    }
}

#[test]
fn a_reply_that_broke_off_is_there_after_a_crash() {
    let sandbox = scripted(vec![Act::add("Name a colour.")], vec![Act::Hold("Blue, or perhaps")]);
    let mut terminal = Terminal::start(&sandbox, &SCRIPTED, 100, 30);
    ready(&mut terminal);
    terminal.types("Name a colour.\r");
    terminal.shows("Blue, or perhaps");
    terminal.signal("KILL");
    terminal.ends();

    let mut terminal = Terminal::start(&sandbox, &["chat", "--resume", "last"], 100, 30);
    terminal.shows("Blue, or perhaps");
    terminal.shows("broken off when the program ended");
    assert!(terminal.screen().contains("Name a colour."), "{}", terminal.screen());
}

#[test]
fn a_chat_in_lines_leaves_its_turns_to_the_terminal() {
    let listening = vec![Act::add("Paint my fence."), Act::add("Do it green.")];
    let replying = ["It is painted.", "It is green now."].map(|text| Act::Reply(text.to_owned()));
    let sandbox = scripted(listening, replying.into());
    let arguments = [&SCRIPTED[..], &["--inline", "12"]].concat();
    let mut terminal = Terminal::start(&sandbox, &arguments, 80, 40);
    ready(&mut terminal);
    terminal.types("Paint my fence.\r");
    terminal.shows("It is painted.");
    terminal.types("Do it green.\r");
    terminal.shows("It is green now.");
    let screen = terminal.screen();
    let (above, lines) = screen.split_once("Throughline").unwrap();
    assert!(above.contains("It is painted.") && !lines.contains("It is painted."), "{screen}");
    terminal.types("\x04");
    assert!(terminal.ends().success());
    terminal.is_given_back();
    let screen = terminal.screen();
    assert!(screen.contains("It is green now.") && !screen.contains(READY), "{screen}");
}

#[test]
fn what_is_typed_goes_through_the_editor() {
    let mut sandbox = scripted(vec![Act::add("Paint my fence green.")], vec![Act::Reply("Done.".to_owned())]);
    sandbox.write("editor.sh", "cat \"$1\" > seen.txt\nprintf 'Paint my fence green.' > \"$1\"\n");
    sandbox.set("VISUAL", "");
    sandbox.set("EDITOR", "sh editor.sh");
    let mut terminal = Terminal::start(&sandbox, &SCRIPTED, 80, 24);
    ready(&mut terminal);
    terminal.types("Paint");
    terminal.shows("Paint");
    terminal.types("\x0f");
    terminal.shows("Paint my fence green.");
    assert_eq!(sandbox.read("seen.txt").trim_end(), "Paint");
    assert_eq!(terminal.is_taken(), (true, true), "it is taken over again");
    terminal.types("\r");
    terminal.shows("Done.");
}

#[test]
fn a_chat_that_was_stopped_is_drawn_again() {
    let sandbox = scripted(Vec::new(), Vec::new());
    let chat = sandbox.command(&SCRIPTED);
    // A shell with jobs, as people have one.
    let script = "set -m; \"$0\" \"$@\"; echo back in the shell; read line; fg; echo the end";
    let mut shell = std::process::Command::new("bash");
    shell.args(["--norc", "--noprofile", "-c", script]).arg(chat.get_program()).args(chat.get_args());
    shell.current_dir(sandbox.path(""));
    for (name, value) in chat.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    let mut terminal = Terminal::run(shell, 80, 24);
    ready(&mut terminal);
    terminal.types("half a thought");
    terminal.shows("half a thought");
    terminal.types("\x1a");
    terminal.shows("back in the shell");
    terminal.is_given_back();
    terminal.types("\r");
    terminal.shows("half a thought");
    ready(&mut terminal);
    terminal.types("\x03\x03\x03");
    terminal.shows("the end");
    assert!(terminal.ends().success());
    terminal.is_given_back();
}

#[test]
fn recordings_are_viewed_on_a_terminal() {
    let sandbox = Sandbox::without_models();
    let line = |number: usize| {
        format!(r#"{{"id":"talk-{number}","messages":[{{"role":"user","content":"Question {number}"}}]}}"#)
    };
    let lines: Vec<String> = (0..300).map(line).collect();
    sandbox.write("talks.jsonl", lines.join("\n"));
    let mut terminal = Terminal::start(&sandbox, &["view", "talks.jsonl"], 100, 24);
    terminal.waits("all are listed", |screen| screen.contains("300 conversations") && !screen.contains("reading"));
    terminal.types("299");
    terminal.shows("1 of 300");
    terminal.types("\r");
    terminal.shows("Question 299");
    terminal.types("q\x03");
    assert!(terminal.ends().success());
    terminal.is_given_back();
}
