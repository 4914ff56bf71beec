//! A chat of any length on a terminal that nobody looks at.

use std::io::{self, Sink};

use crossterm::event::{Event as TerminalEvent, KeyCode, KeyEvent, KeyModifiers, MouseEvent, MouseEventKind};
use jiff::Timestamp;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};
use throughline_conversation::{ClauseId, ClauseKind, Edit, NewClause, Source, Span, TokenUsage, Turn};
use throughline_session::{Event, FORMAT, Lane, Record, Replied, SessionId, Spent};
use throughline_tui::theme::Theme;
use throughline_tui::{App, Msg, Report, Staff, terminal};

/// A reply of 20 lines.
const REPLY: &str = "\
## What to buy

For a fence of **32 m** you need little, as `plan.toml` has it:

- twelve posts, a rail for each gap
- first coat: 4 litres
- second coat: 3 litres

| day | work | hours |
|----:|:-----|------:|
| 1 | posts, and the concrete that holds them | 6 |
| 2 | rails | 4 |
| 3 | paint, twice, with four hours in between | 7 |

```python
def litres(metres: float) -> float:
    return metres * 1.8 / 8  # both sides
```
";

/// The record of a chat in which each turn is said, heard as one more clause, and answered.
pub(crate) fn record(turns: usize) -> Record {
    let mut record = Record::default();
    let mut apply = |event| record.apply(Timestamp::UNIX_EPOCH, &event).expect("it fits");
    apply(Event::Started { format: FORMAT, id: SessionId("bench".into()), forked_from: None });
    for turn in 0..turns {
        let user = format!("and here is what I want next, number {turn} of all, for my fence");
        let clause = NewClause {
            id: ClauseId(format!("c{}", turn + 1)),
            text: user.clone(),
            quote: user.clone(),
            source: Source { turn, span: Span::whole(&user) },
            kind: ClauseKind::Fact,
        };
        let edits = vec![Edit::Add { clause }];
        apply(Event::Said { text: user.clone() });
        let (tokens, model) = (TokenUsage { prompt_tokens: 200, completion_tokens: 2 }, "small".to_owned());
        apply(Event::Heard {
            turn: Turn { user, edits, ..Turn::default() },
            question: None,
            model,
            spent: Spent { tokens, seconds: 0.2, cost_usd: None },
        });
        apply(Event::Replying { lane: Lane::Mediated, model: "large".into() });
        apply(Event::Piece { lane: Lane::Mediated, text: REPLY.into() });
        let replied = Replied {
            reason: "stop".into(),
            confidence: Some(0.8),
            tokens: Some(tokens),
            seconds: 2.0,
            cost_usd: None,
        };
        apply(Event::Replied { lane: Lane::Mediated, replied });
    }
    record
}

/// A chat on a screen of 120 by 40.
pub(crate) struct Chat {
    pub(crate) app: App,
    terminal: Terminal<CrosstermBackend<Sink>>,
}

impl Chat {
    pub(crate) fn new(turns: usize) -> Self {
        let mut chat = Self::of(record(turns));
        // What is in sight has its colours before anything is measured.
        while chat.app.animates() {
            chat.draw();
        }
        chat.draw();
        chat
    }

    pub(crate) fn of(record: Record) -> Self {
        let options = TerminalOptions { viewport: Viewport::Fixed(Rect::new(0, 0, 120, 40)) };
        let terminal = Terminal::with_options(CrosstermBackend::new(io::sink()), options).expect("a sink takes all");
        let mut chat = Self { app: App::new(record, Staff::default(), Theme::usual(false)), terminal };
        chat.draw();
        chat
    }

    pub(crate) fn draw(&mut self) {
        terminal::draw(&mut self.app, &mut self.terminal).expect("a sink takes all");
    }

    pub(crate) fn happens(&mut self, event: Event) {
        self.app.update(Msg::Report(Report::Happened(Timestamp::UNIX_EPOCH, event)));
    }

    pub(crate) fn press(&mut self, code: KeyCode) {
        self.app.update(Msg::Terminal(TerminalEvent::Key(KeyEvent::new(code, KeyModifiers::NONE))));
    }

    pub(crate) fn wheel_up(&mut self) {
        let (kind, modifiers) = (MouseEventKind::ScrollUp, KeyModifiers::NONE);
        self.app.update(Msg::Terminal(TerminalEvent::Mouse(MouseEvent { kind, column: 5, row: 5, modifiers })));
    }
}
