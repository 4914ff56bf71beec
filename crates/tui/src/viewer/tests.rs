//! The viewer as a user sees and drives it.

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use serde_json::{Value, json};
use throughline_conversation::Transcript;
use throughline_session::transcript;

use super::{Effect, Entry, Mark, Recording, Report, Viewer};
use crate::Msg;
use crate::terminal::{Program as _, draw};
use crate::tests::{Emulator, chord, party, terminal};
use crate::theme::Theme;

struct Desk {
    viewer: Viewer,
    terminal: Terminal<CrosstermBackend<Emulator>>,
    emulator: Emulator,
}

impl Desk {
    fn new(viewer: Viewer, width: u16, height: u16) -> Self {
        let (terminal, emulator) = terminal(width, height);
        Self { viewer, terminal, emulator }
    }

    /// A list of those conversations, complete.
    fn listing(entries: Vec<Entry>, width: u16, height: u16) -> Self {
        let mut desk = Self::new(Viewer::new(Theme::usual(false)), width, height);
        desk.told(Report::Listed(entries));
        desk.told(Report::Complete);
        desk
    }

    fn told(&mut self, report: Report) -> Vec<Effect> {
        self.viewer.update(Msg::Report(report))
    }

    fn press(&mut self, keys: &str) -> Vec<Effect> {
        let press = |name| {
            draw(&mut self.viewer, &mut self.terminal).unwrap();
            self.viewer.update(Msg::Terminal(crossterm::event::Event::Key(chord(name))))
        };
        keys.split_whitespace().flat_map(press).collect()
    }

    fn screen(&mut self) -> String {
        draw(&mut self.viewer, &mut self.terminal).unwrap();
        let contents = self.emulator.screen().contents();
        contents.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
    }
}

fn entries() -> Vec<Entry> {
    ["full", "sharded", "mediated"]
        .into_iter()
        .flat_map(|setting| (0..3).map(move |number| (setting, number)))
        .map(|(setting, number)| Entry {
            id: format!("sharded-GSM8K/{number}.{setting}.0"),
            task: "math".into(),
            setting: setting.into(),
            model: "smollm2-360m-instruct".into(),
            verdict: if number == 0 { "right" } else { "wrong" }.into(),
        })
        .collect()
}

fn log(content: &Value) -> Value {
    json!({ "role": "log", "content": content })
}

fn said(role: &str, text: &str) -> Value {
    json!({ "role": role, "content": text })
}

/// A conversation in which shards are revealed one by one, as the study records it.
fn sharded() -> Transcript {
    let trace = json!([
        said("system", "You solve problems.\nStep by step."),
        said("user", "How many trucks are needed?"),
        log(&json!({ "type": "shard_revealed", "shard_id": 1 })),
        said("assistant", "How much does a flagstone weigh?"),
        log(&json!({ "type": "system-verification", "response": { "response_type": "clarification" } })),
        said("user", "75 pounds each, 80 of them"),
        log(&json!({ "type": "shard_revealed", "shard_id": 3 })),
        log(&json!({ "type": "duplicate_shard_ignored", "shard_id": 3 })),
        said("assistant", "Each truck carries 2000 pounds.\n\nAnswer: 3"),
        log(&json!({ "type": "system-verification", "response": { "response_type": "answer_attempt" } })),
        log(
            &json!({ "type": "answer-evaluation", "exact_answer": "3", "score": 1.0, "evaluation_return": { "gold": "3" } })
        ),
        log(
            &json!({ "type": "usage", "role": "assistant", "prompt_tokens": 90, "completion_tokens": 12, "seconds": 0.5 })
        ),
        log(&json!({ "type": "fault", "role": "simulator", "message": "it revealed two shards at once" })),
        log(&json!({ "type": "conversation-completed", "is_correct": true })),
    ]);
    let line = json!({
        "conv_id": "run-7", "conv_type": "sharded", "task": "math", "task_id": "sharded-GSM8K/7",
        "assistant_model": "smollm2", "trace": trace, "is_correct": true, "score": null, "seed": 5
    });
    serde_json::from_value(line).unwrap()
}

/// A chat with a revision, a contested clause and an assumption, as a transcript.
fn mediated() -> Recording {
    Recording::of(&transcript(party(80, 24).app.record()))
}

#[test]
fn the_list_is_narrowed_by_what_is_typed() {
    let mut desk = Desk::listing(entries(), 100, 14);
    insta::assert_snapshot!("list", desk.screen());
    desk.press("m e d space w r o n g");
    let screen = desk.screen();
    assert!(screen.contains("2 of 9 conversations") && screen.contains("▶ sharded-GSM8K/1.mediated.0"), "{screen}");
    assert_eq!(desk.press("down enter"), [Effect::Open(8)], "its place in the whole list");
    assert!(desk.screen().contains("opening sharded-GSM8K/2.mediated.0"));
    desk.press("esc z");
    assert!(desk.screen().contains("nothing fits"));
    assert_eq!(desk.press("enter"), []);
    assert_eq!(desk.press("esc"), [], "first what is typed goes");
    assert!(desk.screen().contains("9 conversations"));
    assert_eq!(desk.press("esc"), [Effect::Quit]);
}

#[test]
fn a_list_that_is_still_being_read_grows_under_what_is_typed() {
    let mut desk = Desk::new(Viewer::new(Theme::usual(false)), 100, 14);
    assert!(desk.screen().contains("0 conversations, still reading"));
    desk.told(Report::Listed(entries()));
    desk.press("f u l l");
    desk.told(Report::Listed(entries()));
    let screen = desk.screen();
    assert!(screen.contains("6 of 18 conversations, still reading"), "{screen}");
    desk.told(Report::Trouble("runs/a.jsonl: line 7 is cut off".into()));
    assert!(desk.screen().contains("! runs/a.jsonl: line 7 is cut off"));
}

#[test]
fn one_conversation_is_opened_by_itself() {
    let mut desk = Desk::new(Viewer::new(Theme::usual(false)), 80, 24);
    desk.told(Report::Listed(entries().into_iter().take(1).collect()));
    assert_eq!(desk.told(Report::Complete), [Effect::Open(0)]);
    desk.told(Report::Opened(0, Box::new(mediated())));
    assert!(desk.screen().contains("turn 1 of 2"));
}

#[test]
fn a_recording_shows_shards_attempts_verdicts_and_faults() {
    let mut desk = Desk::new(Viewer::of(Recording::of(&sharded()), Theme::usual(false)), 90, 34);
    insta::assert_snapshot!("recording", desk.screen());
    desk.press("d");
    insta::assert_snapshot!("recording with details", desk.screen());
    assert_eq!(desk.press("end y"), [Effect::Copy("Each truck carries 2000 pounds.\n\nAnswer: 3".into())]);
    assert_eq!(desk.press("q"), [Effect::Quit], "there is no list to go back to");
}

#[test]
fn what_the_assistant_read_stands_there_message_by_message() {
    let prompt = json!([said("system", "Solve it.\nStep by step."), said("user", "80 stones. How many trucks?")]);
    let line = json!({
        "conv_id": "run-8", "conv_type": "mediated", "task": "math", "task_id": "t", "assistant_model": "smollm2",
        "trace": [
            said("user", "How many trucks?"),
            { "role": "assistant", "content": "2", "prompt": prompt },
        ],
        "is_correct": true, "score": null
    });
    let transcript = serde_json::from_value(line).unwrap();
    let mut desk = Desk::new(Viewer::of(Recording::of(&transcript), Theme::usual(false)), 90, 30);
    assert!(!desk.screen().contains("Solve it."));
    desk.press("d");
    let screen = desk.screen();
    for shown in ["the assistant read: system: Solve it.", "Step by step.", "user: 80 stones. How many trucks?"] {
        assert!(screen.contains(shown), "{screen}");
    }
    assert!(!screen.contains("\\n") && !screen.contains("{\""), "{screen}");
}

#[test]
fn the_spec_is_shown_as_of_the_chosen_turn() {
    let mut desk = Desk::new(Viewer::of(mediated(), Theme::usual(false)), 120, 30);
    insta::assert_snapshot!("spec as of the first turn", desk.screen());
    desk.press("right");
    let screen = desk.screen();
    assert!(screen.contains("as of turn 2") && screen.contains("~ We are 25 guests"), "{screen}");
    assert_eq!(desk.press("right left"), []);
    assert!(desk.screen().contains("as of turn 1"), "a step behind the last turn is none");
    desk.press("tab down");
    let screen = desk.screen();
    assert!(screen.contains("lights up the words") && screen.contains("▶"), "{screen}");
    desk.press("esc f2");
    assert!(!desk.screen().contains("What was understood"));
}

#[test]
fn other_conversations_are_a_key_away() {
    let mut desk = Desk::listing(entries(), 100, 30);
    desk.press("enter");
    desk.told(Report::Opened(3, Box::new(mediated())));
    assert!(desk.screen().contains("opening"), "what was not asked for is not shown");
    desk.told(Report::Opened(0, Box::new(mediated())));
    assert!(desk.screen().contains("turn 1 of 2"));
    assert_eq!(desk.press("p"), [], "it is the first one");
    assert_eq!(desk.press("n"), [Effect::Open(1)]);
    desk.told(Report::Opened(1, Box::new(Recording::of(&sharded()))));
    let screen = desk.screen();
    assert!(screen.contains("run-7") && !screen.contains("What was understood"), "{screen}");
    desk.press("esc");
    assert!(desk.screen().contains("▶ sharded-GSM8K/1.full.0"));
    assert_eq!(desk.press("ctrl+c"), [Effect::Quit]);
}

#[test]
fn the_mouse_chooses_opens_scrolls_and_marks() {
    use crossterm::event::{Event, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
    let mouse = |desk: &mut Desk, kind, column, row| {
        desk.screen();
        let event = MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE };
        desk.viewer.update(Msg::Terminal(Event::Mouse(event)))
    };
    let down = MouseEventKind::Down(MouseButton::Left);
    let mut desk = Desk::listing(entries(), 120, 30);
    assert_eq!(mouse(&mut desk, down, 5, 4), []);
    assert_eq!(mouse(&mut desk, down, 5, 4), [Effect::Open(1)]);
    assert_eq!(mouse(&mut desk, down, 5, 20), [], "there is none");
    desk.told(Report::Opened(1, Box::new(mediated())));
    let row = desk.screen().lines().position(|line| line.starts_with("  Sorry,")).unwrap();
    let row = u16::try_from(row).unwrap();
    mouse(&mut desk, down, 2, row);
    assert!(desk.screen().contains("as of turn 2"), "{}", desk.screen());
    mouse(&mut desk, MouseEventKind::Drag(MouseButton::Left), 7, row);
    let copied = mouse(&mut desk, MouseEventKind::Up(MouseButton::Left), 7, row);
    assert_eq!(copied, [Effect::Copy("Sorry,".into())]);
    mouse(&mut desk, MouseEventKind::ScrollDown, 2, row);
    mouse(&mut desk, down, 80, 4);
    assert!(desk.screen().contains("lights up the words"), "{}", desk.screen());
}

#[test]
fn help_comes_from_the_table_of_keys() {
    let mut desk = Desk::listing(entries(), 100, 40);
    desk.press("f1");
    insta::assert_snapshot!("help", desk.screen());
    assert_eq!(desk.press("esc"), []);
    assert!(!desk.screen().contains("Help"));
}

#[test]
fn a_chat_comes_back_from_its_transcript() {
    let stage = party(80, 24);
    let record = stage.app.record();
    let read = Recording::of(&transcript(record));
    assert_eq!(read.record.conversation, record.conversation);
    assert_eq!(read.record.spec(), record.spec());
    assert!(read.mediated);
}

#[test]
fn what_does_not_fit_together_is_told() {
    let mut transcript = sharded();
    let edit = log(&json!({
        "type": "spec-edit", "turn": 0, "findings": [], "decision": "proceed",
        "edits": [{ "op": "pin", "target": "c9", "pinned": true, "source": { "turn": 0, "span": { "start": 0, "end": 1 } } }]
    }));
    transcript.trace.insert(2, serde_json::from_value(edit).unwrap());
    assert!(transcript.trace[2].log().is_some(), "the edit can be read");
    transcript.trace.insert(0, serde_json::from_value(said("assistant", "Hello!")).unwrap());
    let recording = Recording::of(&transcript);
    let turns: Vec<&str> = recording.record.conversation.turns.iter().map(|turn| turn.user.as_str()).collect();
    assert_eq!(turns, ["", "How many trucks are needed?", "75 pounds each, 80 of them"]);
    let fault = recording.observed[1].before.iter().find(|remark| remark.mark == Mark::Fault).unwrap();
    assert!(fault.text.contains("c9"), "{fault:?}");
}

#[test]
fn no_size_and_no_emptiness_breaks_it() {
    let mut empty = sharded();
    empty.trace.clear();
    for (width, height) in [(1, 1), (3, 2), (12, 5), (300, 4)] {
        for recording in [Recording::of(&empty), mediated(), Recording::of(&sharded())] {
            let mut desk = Desk::new(Viewer::of(recording, Theme::usual(true)), width, height);
            desk.press("right d tab down f2 pageup end f1 down esc left y");
            desk.screen();
        }
        let mut desk = Desk::listing(entries(), width, height);
        desk.press("pagedown up end x backspace f1 esc");
        desk.screen();
        Desk::listing(Vec::new(), width, height).press("down enter pageup end");
    }
}

#[test]
fn no_text_drives_the_terminal() {
    let hostile = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{1b}[31mred";
    let mut transcript = sharded();
    transcript.conv_id = hostile.into();
    transcript.assistant_model = hostile.into();
    for entry in &mut transcript.trace {
        if entry.text().is_some() {
            *entry = serde_json::from_value(said("user", hostile)).unwrap();
        }
    }
    let mut desk = Desk::new(Viewer::of(Recording::of(&transcript), Theme::usual(false)), 80, 24);
    assert!(desk.screen().starts_with("Throughline"));
    let mut entry = entries().swap_remove(0);
    entry.id = hostile.into();
    let mut desk = Desk::listing(vec![entry], 80, 24);
    let screen = desk.screen();
    assert!(screen.starts_with("Throughline") && screen.contains("red"), "{screen}");
}
