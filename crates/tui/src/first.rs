//! The first run: which model is to work, where nothing says so yet.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Paragraph};

use crate::text;
use crate::theme::Theme;

/// What was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setup {
    /// The default model, which is fetched where it is not there.
    Default,
    /// A model of the catalogue, a path to a GGUF file, or a file of the model hub.
    Model(String),
    /// An OpenAI-compatible endpoint.
    Endpoint {
        /// The address up to the API's version.
        base_url: String,
        /// The model's name as the endpoint spells it.
        model: String,
        /// The environment variable that holds the key; `None` where none is needed.
        key_variable: Option<String>,
    },
}

/// What a key leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// There is more to answer.
    Stay,
    /// The choice is made.
    Done(Setup),
    /// The user leaves without one.
    Leave,
}

/// One thing to type.
struct Field {
    label: &'static str,
    hint: &'static str,
    text: String,
    required: bool,
}

/// The questions of the first run.
pub struct FirstRun {
    theme: &'static Theme,
    /// What the default model is, and what it costs to have it.
    default: String,
    chosen: usize,
    /// What is typed for the choice; empty while it is being made.
    fields: Vec<Field>,
    field: usize,
    wrong: Option<String>,
}

const CHOICES: usize = 3;

impl FirstRun {
    /// The questions, with what the default model is in words.
    pub fn new(default: &str, theme: &'static Theme) -> Self {
        let default = default.to_owned();
        Self { theme, default, chosen: 0, fields: Vec::new(), field: 0, wrong: None }
    }

    /// Says what is wrong with what was chosen; it can be put right.
    pub fn refuse(&mut self, wrong: &str) {
        self.wrong = Some(wrong.to_owned());
    }

    /// Takes in a key.
    pub fn key(&mut self, event: &KeyEvent) -> Step {
        self.wrong = None;
        let control = event.modifiers.contains(KeyModifiers::CONTROL);
        match event.code {
            KeyCode::Char('c' | 'd') if control => return Step::Leave,
            KeyCode::Esc if self.fields.is_empty() => return Step::Leave,
            KeyCode::Esc => self.fields.clear(),
            KeyCode::Enter => return self.enter(),
            KeyCode::Up | KeyCode::BackTab if self.fields.is_empty() => self.chosen = self.chosen.saturating_sub(1),
            KeyCode::Down | KeyCode::Tab if self.fields.is_empty() => {
                self.chosen = (self.chosen + 1).min(CHOICES - 1);
            }
            KeyCode::Up | KeyCode::BackTab => self.field = self.field.saturating_sub(1),
            KeyCode::Down | KeyCode::Tab => self.field = (self.field + 1).min(self.fields.len() - 1),
            KeyCode::Char(digit @ '1'..='3') if self.fields.is_empty() => {
                self.chosen = usize::from(digit as u8 - b'1');
                return self.enter();
            }
            KeyCode::Char(letter) if !control && !letter.is_control() => {
                if let Some(field) = self.fields.get_mut(self.field) {
                    field.text.push(letter);
                }
            }
            KeyCode::Backspace => {
                if let Some(field) = self.fields.get_mut(self.field) {
                    field.text.pop();
                }
            }
            _ => {}
        }
        Step::Stay
    }

    /// Takes in a paste.
    pub fn paste(&mut self, pasted: &str) {
        if let Some(field) = self.fields.get_mut(self.field) {
            field.text.extend(pasted.trim().chars().filter(|letter| !letter.is_control()));
        }
    }

    fn enter(&mut self) -> Step {
        if self.fields.is_empty() {
            self.field = 0;
            let field = |label, hint, text: &str, required| Field { label, hint, text: text.to_owned(), required };
            match self.chosen {
                0 => return Step::Done(Setup::Default),
                1 => {
                    self.fields = vec![field(
                        "Model",
                        "a path to a GGUF file, a name of `throughline models list`, or OWNER/REPO/FILE.gguf",
                        "",
                        true,
                    )];
                }
                _ => {
                    self.fields = vec![
                        field(
                            "Address",
                            "up to the API's version, as http://localhost:8080/v1",
                            "http://localhost:8080/v1",
                            true,
                        ),
                        field("Model", "as the endpoint spells it", "", true),
                        field(
                            "Key variable",
                            "the environment variable that holds the key; empty where none is needed",
                            "",
                            false,
                        ),
                    ];
                }
            }
            return Step::Stay;
        }
        let missing = self.fields.iter().position(|field| field.required && field.text.trim().is_empty());
        if self.field + 1 < self.fields.len() || missing.is_some() {
            self.field = missing
                .filter(|_| self.field + 1 >= self.fields.len())
                .unwrap_or(self.field + 1)
                .min(self.fields.len() - 1);
            return Step::Stay;
        }
        let mut typed = self.fields.iter().map(|field| field.text.trim().to_owned());
        let mut next = || typed.next().unwrap_or_default();
        Step::Done(match self.chosen {
            1 => Setup::Model(next()),
            _ => Setup::Endpoint {
                base_url: next(),
                model: next(),
                key_variable: Some(next()).filter(|variable| !variable.is_empty()),
            },
        })
    }

    /// Draws the questions.
    pub fn view(&self, frame: &mut Frame<'_>) {
        let theme = self.theme;
        let area = frame.area();
        frame.render_widget(Block::new().style(theme.text), area);
        let width = area.width.min(88);
        let place = Rect { x: area.x + (area.width - width) / 2, width, ..area };
        let mut lines = vec![Line::default(), Line::from(Span::styled("Throughline", theme.heading)), Line::default()];
        let mut say = |words: String, style, margin: &'static str| {
            let rows =
                text::wrap_hanging(&[Span::styled(words, style)], width, &[Span::raw(margin)], &[Span::raw(margin)]);
            lines.extend(rows.into_iter().map(|row| row.line));
        };
        say("Which model is to understand you and to answer? Both roles can be changed later, also separately, with /model in the chat.".into(), theme.text, "");
        say(String::new(), theme.text, "");
        let choices = [
            ("1  The default model, on this machine", self.default.as_str()),
            (
                "2  Another model, on this machine",
                "A GGUF file that you have, or a model of the catalogue or the hub. Larger models understand and answer much better.",
            ),
            (
                "3  An endpoint",
                "Any OpenAI-compatible server: llama-server, vLLM, Ollama, or a provider. What you say goes there.",
            ),
        ];
        for (place, (title, what)) in choices.into_iter().enumerate() {
            let chosen = place == self.chosen;
            let sign = if chosen { "▶ " } else { "  " };
            say(format!("{sign}{title}"), if chosen { theme.selection } else { theme.accent }, "");
            say(what.to_owned(), theme.muted, "     ");
            if chosen {
                for (at, field) in self.fields.iter().enumerate() {
                    let (sign, cursor) = if at == self.field { ("▶ ", "█") } else { ("  ", "") };
                    say(format!("{sign}{}: {}{cursor}", field.label, field.text), theme.text, "     ");
                    if at == self.field {
                        say(field.hint.to_owned(), theme.muted, "       ");
                    }
                }
            }
        }
        say(String::new(), theme.text, "");
        match &self.wrong {
            Some(wrong) => say(format!("! {wrong}"), theme.error, ""),
            None => say("↑↓ choose · Enter go on · Esc back, and leave".into(), theme.muted, ""),
        }
        frame.render_widget(Paragraph::new(lines), place);
    }
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::*;
    use crate::tests::chord;

    fn first() -> FirstRun {
        FirstRun::new("SmolLM2 135M: 92 MB, fetched once.", Theme::usual(false))
    }

    fn types(first: &mut FirstRun, text: &str) {
        for letter in text.chars() {
            first.key(&KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE));
        }
    }

    #[test]
    fn one_key_takes_the_default() {
        assert_eq!(first().key(&chord("enter")), Step::Done(Setup::Default));
        assert_eq!(first().key(&chord("esc")), Step::Leave);
    }

    #[test]
    fn a_model_is_named() {
        let mut first = first();
        first.key(&chord("2"));
        assert_eq!(first.key(&chord("enter")), Step::Stay, "nothing is named yet");
        types(&mut first, "my 2.gguf");
        assert_eq!(first.key(&chord("enter")), Step::Done(Setup::Model("my 2.gguf".into())));
        first.refuse("there is no such file");
        assert!(shown(&first).contains("! there is no such file"));
    }

    #[test]
    fn an_endpoint_is_described() {
        let mut first = first();
        first.key(&chord("3"));
        first.key(&chord("enter"));
        types(&mut first, "qwen");
        first.key(&chord("enter"));
        let setup =
            Setup::Endpoint { base_url: "http://localhost:8080/v1".into(), model: "qwen".into(), key_variable: None };
        insta::assert_snapshot!(shown(&first));
        assert_eq!(first.key(&chord("enter")), Step::Done(setup));
    }

    fn shown(first: &FirstRun) -> String {
        let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
        terminal.draw(|frame| first.view(frame)).unwrap();
        terminal.backend().to_string()
    }
}
