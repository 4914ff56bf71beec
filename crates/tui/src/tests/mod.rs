//! The screen as a user sees and drives it, on a terminal that understands escape sequences.

mod drive;
mod look;
mod random;
mod runs;

use std::cell::{Ref, RefCell};
use std::io;
use std::num::NonZero;
use std::rc::Rc;
use std::time::Duration;

use crossterm::event::{Event as TerminalEvent, KeyCode, KeyEvent, KeyModifiers};
use jiff::Timestamp;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};
use throughline_conversation::{
    Assumption, AssumptionState, ClauseId, ClauseKind, Conversation, Decision, Edit, Finding, Ids, NewClause, Question,
    QuestionState, Removal, Source, Span, TokenUsage, Turn,
};
use throughline_session::{Event, Lane, Record, Replied, SessionId, Spent};

use crate::theme::Theme;
use crate::{App, Effect, Msg, Report, Staff};

/// A terminal that understands what is written to it.
#[derive(Clone)]
pub(crate) struct Emulator(Rc<RefCell<vt100::Parser>>);

impl Emulator {
    pub(crate) fn new(width: u16, height: u16) -> Self {
        let [rows, columns] = [height, width].map(|size| NonZero::new(size).unwrap());
        Self(Rc::new(RefCell::new(vt100::Parser::new(rows, columns, 0))))
    }

    pub(crate) fn screen(&self) -> Ref<'_, vt100::Screen> {
        Ref::map(self.0.borrow(), vt100::Parser::screen)
    }
}

impl io::Write for Emulator {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A screen on a terminal of its own.
pub(crate) struct Stage {
    pub(crate) app: App,
    pub(crate) terminal: Terminal<CrosstermBackend<Emulator>>,
    pub(crate) emulator: Emulator,
    clock: i64,
}

impl Stage {
    pub(crate) fn new(width: u16, height: u16) -> Self {
        let staff =
            Staff { mediator: "small".into(), assistant: "large".into(), ask_mode: "auto".into(), context: Some(4096) };
        let (terminal, emulator) = terminal(width, height);
        let mut stage = Self {
            app: App::new(Record::default(), staff, Theme::usual(false)),
            terminal,
            emulator,
            clock: 1_700_000_000,
        };
        stage.happens(Event::Started { format: 1, id: SessionId("20261123-a".into()), forked_from: None });
        stage
    }

    /// The same screen at another size.
    pub(crate) fn resize(&mut self, width: u16, height: u16) {
        (self.terminal, self.emulator) = terminal(width, height);
    }

    /// Something happens in the session.
    pub(crate) fn happens(&mut self, event: Event) {
        self.clock += 1;
        let at = Timestamp::from_second(self.clock).unwrap();
        self.app.update(Msg::Report(Report::Happened(at, event)));
    }

    /// Types keys by their names: `ctrl+p`, `enter`, `a`.
    pub(crate) fn press(&mut self, keys: &str) -> Vec<Effect> {
        keys.split_whitespace().flat_map(|name| self.key(chord(name))).collect()
    }

    pub(crate) fn key(&mut self, event: KeyEvent) -> Vec<Effect> {
        self.draw();
        self.app.update(Msg::Terminal(TerminalEvent::Key(event)))
    }

    /// Types a text, letter by letter.
    pub(crate) fn types(&mut self, text: &str) -> Vec<Effect> {
        text.chars().flat_map(|letter| self.key(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE))).collect()
    }

    pub(crate) fn draw(&mut self) {
        crate::terminal::draw(&mut self.app, &mut self.terminal).unwrap();
    }

    /// What stands on the terminal.
    pub(crate) fn screen(&mut self) -> String {
        self.draw();
        let contents = self.emulator.screen().contents();
        contents.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
    }

    /// A turn is said and heard.
    pub(crate) fn heard(&mut self, turn: Turn, question: Option<&str>) {
        self.happens(Event::Said { text: turn.user.clone() });
        self.happens(Event::Heard {
            turn,
            question: question.map(str::to_owned),
            model: "small".into(),
            spent: Spent { seconds: 0.1, ..Spent::default() },
        });
    }

    /// A whole reply.
    pub(crate) fn replies(&mut self, lane: Lane, text: &str) {
        self.happens(Event::Replying { lane, model: "large".into() });
        self.happens(Event::Piece { lane, text: text.into() });
        let tokens = Some(TokenUsage { prompt_tokens: 100, completion_tokens: 50 });
        let replied =
            Replied { reason: "stop".into(), confidence: Some(0.72), tokens, seconds: 2.0, cost_usd: Some(0.0021) };
        self.happens(Event::Replied { lane, replied });
    }
}

/// A terminal of that size.
pub(crate) fn terminal(width: u16, height: u16) -> (Terminal<CrosstermBackend<Emulator>>, Emulator) {
    let emulator = Emulator::new(width, height);
    let viewport = Viewport::Fixed(Rect::new(0, 0, width, height));
    let backend = CrosstermBackend::new(emulator.clone());
    (Terminal::with_options(backend, TerminalOptions { viewport }).unwrap(), emulator)
}

/// A key by its name.
pub(crate) fn chord(name: &str) -> KeyEvent {
    let mut modifiers = KeyModifiers::NONE;
    let mut rest = name;
    for (prefix, modifier) in
        [("ctrl+", KeyModifiers::CONTROL), ("alt+", KeyModifiers::ALT), ("shift+", KeyModifiers::SHIFT)]
    {
        if let Some(stripped) = rest.strip_prefix(prefix) {
            (rest, modifiers) = (stripped, modifiers | modifier);
        }
    }
    let code = match rest {
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "tab" => KeyCode::Tab,
        "backtab" => KeyCode::BackTab,
        "up" => KeyCode::Up,
        "down" => KeyCode::Down,
        "left" => KeyCode::Left,
        "right" => KeyCode::Right,
        "home" => KeyCode::Home,
        "end" => KeyCode::End,
        "pageup" => KeyCode::PageUp,
        "pagedown" => KeyCode::PageDown,
        "delete" => KeyCode::Delete,
        "backspace" => KeyCode::Backspace,
        "f1" => KeyCode::F(1),
        "f2" => KeyCode::F(2),
        "f3" => KeyCode::F(3),
        "f4" => KeyCode::F(4),
        "space" => KeyCode::Char(' '),
        letter => KeyCode::Char(letter.chars().next().unwrap()),
    };
    KeyEvent::new(code, modifiers)
}

/// Turns that are put together by hand, as the mediator makes them.
pub(crate) struct Turns<'a> {
    conversation: &'a Conversation,
    ids: Ids,
    turn: Turn,
}

impl<'a> Turns<'a> {
    pub(crate) fn after(record: &'a Record, user: &str) -> Self {
        let ids = Ids::after(record.conversation.edits());
        Self { conversation: &record.conversation, ids, turn: Turn { user: user.into(), ..Turn::default() } }
    }

    fn clause(&mut self, quote: &str, text: &str) -> NewClause {
        let start = self.turn.user.find(quote).unwrap();
        let source = Source { turn: self.conversation.turns.len(), span: Span { start, end: start + quote.len() } };
        NewClause { id: self.ids.clause(), text: text.into(), quote: quote.into(), source, kind: ClauseKind::Fact }
    }

    pub(crate) fn goal(mut self, quote: &str) -> Self {
        let clause = self.clause(quote, quote);
        self.turn.edits.push(Edit::Redirect { clause, removal: removal(1.0) });
        self
    }

    pub(crate) fn add(mut self, quote: &str) -> Self {
        let clause = self.clause(quote, quote);
        self.turn.edits.push(Edit::Add { clause });
        self
    }

    pub(crate) fn revise(mut self, target: &str, quote: &str, text: &str, probability: f64) -> Self {
        let clause = self.clause(quote, text);
        let target = ClauseId(target.into());
        let removal = removal(probability);
        if !removal.earned {
            let (op, target) = ("revise".to_owned(), target.to_string());
            self.turn.findings.push(Finding::Contested { op, target, reason: removal.reason.clone() });
        }
        self.turn.edits.push(Edit::Revise { target, clause, removal });
        self
    }

    pub(crate) fn assume(mut self, text: &str) -> Self {
        let (reason, state) = ("left open".to_owned(), AssumptionState::Standing);
        let assumption = Assumption { id: self.ids.assumption(), text: text.into(), reason, state };
        self.turn.edits.push(Edit::Assume { assumption });
        self
    }

    pub(crate) fn ask(mut self, text: &str, choices: &[&str]) -> Self {
        let question = Question {
            id: self.ids.question(),
            text: text.into(),
            choices: choices.iter().map(|choice| (*choice).to_owned()).collect(),
            asked_at: self.conversation.turns.len(),
            state: QuestionState::Open,
        };
        self.turn.edits.push(Edit::Ask { question });
        self.turn.decision = Decision::Ask;
        self
    }

    pub(crate) fn turn(self) -> Turn {
        self.turn
    }
}

fn removal(probability: f64) -> Removal {
    let reason = if probability > 0.5 { "a correction" } else { "not certain enough" };
    Removal { earned: probability > 0.5, reason: reason.into(), probability: Some(probability) }
}

/// A conversation with a revision, a contested clause and an assumption.
pub(crate) fn party(width: u16, height: u16) -> Stage {
    let mut stage = Stage::new(width, height);
    let turn = Turns::after(&stage.app.record, "Plan a birthday party. We are 20 guests, and it is in the garden.")
        .goal("Plan a birthday party.")
        .add("We are 20 guests")
        .add("and it is in the garden.")
        .assume("It is in the afternoon.")
        .turn();
    stage.heard(turn, None);
    stage.replies(
        Lane::Mediated,
        "Here is a plan:\n\n1. **Invite** the 20 guests.\n2. Set tables up in the garden.\n\nEnjoy!",
    );
    let turn = Turns::after(&stage.app.record, "Sorry, 25 guests. Maybe inside.")
        .revise("c2", "25 guests", "We are 25 guests", 0.97)
        .revise("c3", "Maybe inside.", "Maybe inside.", 0.4)
        .turn();
    stage.heard(turn, None);
    stage.replies(Lane::Mediated, "A plan for 25 guests, with a tent in case of rain.");
    stage.app.update(Msg::Tick(Duration::from_millis(120)));
    stage
}
