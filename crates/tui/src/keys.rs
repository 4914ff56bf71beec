//! The one table of keys: what they do, and what help and documentation say about them.

use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// Where a key means something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Context {
    /// Everywhere.
    Anywhere,
    /// While something is typed.
    Composer,
    /// While the conversation is looked through.
    Conversation,
    /// While the spec is looked through.
    Spec,
    /// While the replies with and without the mediator stand side by side.
    Comparison,
    /// In the viewer, while a conversation is chosen.
    Listing,
    /// In the viewer, while a conversation is looked through.
    Recording,
}

impl Context {
    /// Those of the chat, in the order in which help shows them.
    pub const CHAT: [Self; 5] = [Self::Anywhere, Self::Composer, Self::Conversation, Self::Spec, Self::Comparison];

    /// Those of the viewer.
    pub const VIEWER: [Self; 2] = [Self::Listing, Self::Recording];

    /// Its title in help.
    pub fn title(self) -> &'static str {
        match self {
            Self::Anywhere => "Anywhere",
            Self::Composer => "While typing",
            Self::Conversation => "In the conversation",
            Self::Spec => "In what was understood",
            Self::Comparison => "With and without, side by side",
            Self::Listing => "Viewer: the list of conversations",
            Self::Recording => "Viewer: a conversation",
        }
    }
}

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the table below says what each does")]
pub enum Action {
    Send,
    Newline,
    Editor,
    Earlier,
    Later,
    Complete,
    JustGo,
    Interrupt,
    Stop,
    Leave,
    FocusNext,
    FocusPrevious,
    Help,
    Palette,
    TogglePanel,
    Compare,
    CopyReply,
    Sessions,
    Models,
    PageUp,
    PageDown,
    Top,
    Bottom,
    Suspend,
    Redraw,
    SelectUp,
    SelectDown,
    CopySelected,
    CopyCode,
    ForkHere,
    UndoTurn,
    Again,
    Jump,
    Reword,
    Withdraw,
    Restore,
    Pin,
    AcceptLater,
    KeepEarlier,
    Confirm,
    Approve,
    KeepMediated,
    KeepUnmediated,
    Close,
    Open,
    Back,
    NextConversation,
    PreviousConversation,
    Details,
}

/// A key with its modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chord {
    code: KeyCode,
    modifiers: KeyModifiers,
}

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// Where it holds.
    pub context: Context,
    /// The keys; any of them.
    pub chords: &'static [Chord],
    /// What they do.
    pub action: Action,
    /// What help says about it.
    pub help: &'static str,
}

const fn key(code: KeyCode) -> Chord {
    Chord { code, modifiers: KeyModifiers::NONE }
}

const fn letter(character: char) -> Chord {
    key(KeyCode::Char(character))
}

const fn ctrl(character: char) -> Chord {
    Chord { code: KeyCode::Char(character), modifiers: KeyModifiers::CONTROL }
}

const fn with(modifiers: KeyModifiers, code: KeyCode) -> Chord {
    Chord { code, modifiers }
}

const SHIFT: KeyModifiers = KeyModifiers::SHIFT;
const ALT: KeyModifiers = KeyModifiers::ALT;
const CTRL: KeyModifiers = KeyModifiers::CONTROL;

macro_rules! table {
    ($($context:ident { $($action:ident [$($chord:expr),+] $help:literal)+ })+) => {
        &[$($(Binding { context: Context::$context, chords: &[$($chord),+], action: Action::$action, help: $help }),+),+]
    };
}

/// The table.
pub const BINDINGS: &[Binding] = table! {
    Anywhere {
        Interrupt [key(KeyCode::Esc)] "stop the reply and keep what came; close what is open; back to typing"
        Stop [ctrl('c')] "stop the reply; empty the input; twice: leave"
        Leave [ctrl('d')] "leave, when nothing is typed"
        Help [key(KeyCode::F(1)), letter('?')] "this help (? when nothing is typed)"
        Palette [ctrl('p')] "every command, by name"
        FocusNext [key(KeyCode::Tab)] "go on to the conversation, to what was understood, to typing"
        FocusPrevious [key(KeyCode::BackTab)] "the same, backwards"
        TogglePanel [key(KeyCode::F(2)), ctrl('b')] "show or hide what was understood"
        JustGo [ctrl('g')] "just go: answer with what there is; agree with what was understood"
        Compare [ctrl('t')] "the same turns without the mediator, side by side"
        CopyReply [ctrl('y')] "copy the last reply"
        Sessions [key(KeyCode::F(3))] "saved sessions: open, rename, delete"
        Models [key(KeyCode::F(4))] "choose the models"
        PageUp [key(KeyCode::PageUp)] "scroll the conversation back"
        PageDown [key(KeyCode::PageDown)] "scroll the conversation on"
        Top [with(CTRL, KeyCode::Home)] "to the beginning of the conversation"
        Bottom [with(CTRL, KeyCode::End)] "to its end, and stay there"
        Suspend [ctrl('z')] "back to the shell; fg returns"
        Redraw [ctrl('l')] "draw everything anew"
    }
    Composer {
        Send [key(KeyCode::Enter)] "send"
        Newline [ctrl('j'), with(SHIFT, KeyCode::Enter), with(ALT, KeyCode::Enter)] "a new line (also: a backslash at the end, then Enter)"
        Editor [ctrl('o')] "edit in $EDITOR"
        Earlier [key(KeyCode::Up)] "what was typed before (on the first line)"
        Later [key(KeyCode::Down)] "what was typed after it (on the last line)"
        Complete [key(KeyCode::Tab)] "complete a /command or a @file"
    }
    Conversation {
        SelectUp [key(KeyCode::Up), letter('k')] "the turn before"
        SelectDown [key(KeyCode::Down), letter('j')] "the turn after"
        CopySelected [letter('y')] "copy the reply, or what was said"
        CopyCode [letter('c')] "copy its last block of code"
        ForkHere [letter('f')] "go on from here in a new session"
        UndoTurn [letter('u')] "take the last turn back"
        Again [letter('a')] "let the assistant reply again"
    }
    Spec {
        SelectUp [key(KeyCode::Up), letter('k')] "the line before"
        SelectDown [key(KeyCode::Down), letter('j')] "the line after"
        Jump [key(KeyCode::Enter)] "to the words that it stands on; for a question: answer it"
        Reword [letter('e')] "put other words in its place"
        Withdraw [letter('w'), key(KeyCode::Delete)] "take it out; do not assume it"
        Restore [letter('r')] "bring it back"
        Pin [letter('p')] "hold it fast, or let it go"
        AcceptLater [letter('n')] "contested: the newer words hold"
        KeepEarlier [letter('o')] "contested: the older words hold"
        Confirm [letter('f')] "make the assumption a fact"
        Approve [letter('y')] "agree with all of it"
    }
    Comparison {
        KeepMediated [letter('m'), key(KeyCode::Left)] "keep the reply with the mediator"
        KeepUnmediated [letter('u'), key(KeyCode::Right)] "keep the reply without it"
        Close [letter('q')] "close, and change nothing"
    }
    Listing {
        Open [key(KeyCode::Enter)] "open the conversation; letters narrow the list"
        Back [key(KeyCode::Esc)] "empty what is typed; leave"
        Stop [ctrl('c'), ctrl('d')] "leave"
        SelectUp [key(KeyCode::Up)] "the conversation before"
        SelectDown [key(KeyCode::Down)] "the conversation after"
        PageUp [key(KeyCode::PageUp)] "a page back"
        PageDown [key(KeyCode::PageDown)] "a page on"
        Top [key(KeyCode::Home)] "the first"
        Bottom [key(KeyCode::End)] "the last"
        Help [key(KeyCode::F(1))] "this help"
        Suspend [ctrl('z')] "back to the shell; fg returns"
        Redraw [ctrl('l')] "draw everything anew"
    }
    Recording {
        SelectDown [key(KeyCode::Down), key(KeyCode::Right), letter('j')] "the turn after, with the spec as of then"
        SelectUp [key(KeyCode::Up), key(KeyCode::Left), letter('k')] "the turn before"
        PageDown [key(KeyCode::PageDown), letter(' ')] "scroll on"
        PageUp [key(KeyCode::PageUp)] "scroll back"
        Top [key(KeyCode::Home), with(CTRL, KeyCode::Home)] "the first turn"
        Bottom [key(KeyCode::End), with(CTRL, KeyCode::End)] "the last turn"
        FocusNext [key(KeyCode::Tab), key(KeyCode::BackTab)] "to the spec, whose lines light up their words, and back"
        TogglePanel [key(KeyCode::F(2)), ctrl('b')] "show or hide the spec"
        Details [letter('d')] "show or hide instructions, prompts, tokens and other logs"
        NextConversation [letter('n')] "the next conversation of the list"
        PreviousConversation [letter('p')] "the one before"
        CopySelected [letter('y')] "copy the reply, or what was said"
        Back [key(KeyCode::Esc), letter('q')] "back to the list"
        Stop [ctrl('c'), ctrl('d')] "leave"
        Help [key(KeyCode::F(1)), letter('?')] "this help"
        Suspend [ctrl('z')] "back to the shell; fg returns"
        Redraw [ctrl('l')] "draw everything anew"
    }
};

impl Chord {
    fn is(self, event: &KeyEvent) -> bool {
        // Terminals differ in whether they tell Shift beside a letter that shows it anyway.
        let shift = if matches!(event.code, KeyCode::Char(_) | KeyCode::BackTab) { SHIFT } else { KeyModifiers::NONE };
        self.code == event.code && self.modifiers == event.modifiers.difference(shift)
    }
}

/// What a key does in a context itself, without what it does anywhere.
pub fn action_in(context: Context, event: &KeyEvent) -> Option<Action> {
    let fits = |binding: &&Binding| binding.context == context && binding.chords.iter().any(|chord| chord.is(event));
    BINDINGS.iter().find(fits).map(|binding| binding.action)
}

/// The keys of an action, the first of each line of the table.
pub fn keys_of(action: Action) -> String {
    let binding = BINDINGS.iter().find(|binding| binding.action == action);
    binding.and_then(|binding| binding.chords.first()).map_or_else(String::new, ToString::to_string)
}

impl fmt::Display for Chord {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (modifier, name) in [(CTRL, "Ctrl+"), (ALT, "Alt+"), (SHIFT, "Shift+")] {
            if self.modifiers.contains(modifier) {
                formatter.write_str(name)?;
            }
        }
        match self.code {
            KeyCode::Char(' ') => formatter.write_str("Space"),
            KeyCode::Char(character) if self.modifiers.is_empty() => write!(formatter, "{character}"),
            KeyCode::Char(character) => write!(formatter, "{}", character.to_uppercase()),
            KeyCode::F(number) => write!(formatter, "F{number}"),
            KeyCode::BackTab => formatter.write_str("Shift+Tab"),
            KeyCode::PageUp => formatter.write_str("PageUp"),
            KeyCode::PageDown => formatter.write_str("PageDown"),
            KeyCode::Up => formatter.write_str("↑"),
            KeyCode::Down => formatter.write_str("↓"),
            KeyCode::Left => formatter.write_str("←"),
            KeyCode::Right => formatter.write_str("→"),
            other => write!(formatter, "{other:?}"),
        }
    }
}

/// The table as Markdown, for the documentation.
pub fn markdown() -> String {
    let mut text = String::new();
    for context in [&Context::CHAT[..], &Context::VIEWER].concat() {
        text.push_str(&format!("### {}\n\n| key | what it does |\n|---|---|\n", context.title()));
        for binding in BINDINGS.iter().filter(|binding| binding.context == context) {
            let keys: Vec<String> = binding.chords.iter().map(|chord| format!("`{chord}`")).collect();
            text.push_str(&format!("| {} | {} |\n", keys.join(", "), binding.help));
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_key_means_two_things_in_one_place() {
        for context in [&Context::CHAT[..], &Context::VIEWER].concat() {
            let mut seen: Vec<&Chord> = Vec::new();
            for chord in BINDINGS.iter().filter(|binding| binding.context == context).flat_map(|b| b.chords) {
                assert!(!seen.contains(&chord), "{chord} in {context:?}");
                seen.push(chord);
            }
        }
    }

    #[test]
    fn shift_beside_a_letter_is_no_other_key() {
        let event = KeyEvent::new(KeyCode::Char('?'), SHIFT);
        assert_eq!(action_in(Context::Anywhere, &event), Some(Action::Help));
        let event = KeyEvent::new(KeyCode::Enter, SHIFT);
        assert_eq!(action_in(Context::Composer, &event), Some(Action::Newline));
    }
}
