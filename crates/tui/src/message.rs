//! What the chat screen is told, and what it wants done.

use std::time::Duration;

use crossterm::event::Event as TerminalEvent;
use jiff::Timestamp;
use throughline_conversation::Correction;
use throughline_session::{Event, Lane, Record, SessionId};

/// Something that a screen is told.
#[derive(Clone, Debug)]
pub enum Msg<R = Report> {
    /// A key, the mouse, a paste or a new size.
    Terminal(TerminalEvent),
    /// What came of an effect.
    Report(R),
    /// Time has passed: since the screen was opened.
    Tick(Duration),
}

/// Who a model is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ModelRole {
    /// Understands.
    Mediator,
    /// Carries out.
    Assistant,
}

impl ModelRole {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mediator => "mediator",
            Self::Assistant => "assistant",
        }
    }
}

/// Who is behind the screen, as the status line shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Staff {
    /// The mediator's model.
    pub mediator: String,
    /// The assistant's model.
    pub assistant: String,
    /// When the mediator asks: `never`, `auto` or `always-confirm`.
    pub ask_mode: String,
    /// How many tokens the assistant's context holds, where that is known.
    pub context: Option<u32>,
}

/// A saved session, as the list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its name.
    pub id: SessionId,
    /// Its title, or the first words said.
    pub title: String,
    /// How many turns it has, when it was changed, where a search found something: in words.
    pub detail: String,
}

/// A model that can be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What to choose it by.
    pub name: String,
    /// What it is, and whether it is at hand.
    pub detail: String,
}

/// What is being done.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Activity {
    /// Nothing.
    #[default]
    Idle,
    /// A model is fetched or loaded.
    Loading {
        /// What.
        what: String,
        /// How much of it is done, from 0 to 1, where that is known.
        share: Option<f64>,
    },
    /// The mediator listens.
    Mediating,
    /// A reply is being written.
    Replying(Lane),
}

/// What came of an effect, or happened by itself.
#[derive(Clone, Debug)]
pub enum Report {
    /// Something happened in the session.
    Happened(Timestamp, Event),
    /// Another session is shown from now on.
    Opened(Box<Record>),
    /// What is being done now.
    Doing(Activity),
    /// Who is behind the screen now.
    Staff(Staff),
    /// Saved sessions.
    Sessions(Vec<Listed>),
    /// Models to choose from.
    Models(Vec<Choice>),
    /// Files whose names fit what was asked for, the best first.
    Files(Vec<String>),
    /// What was to be said and could not be, so that it can be said again.
    Unsent {
        /// The words.
        text: String,
        /// Paths of files.
        files: Vec<String>,
    },
    /// The text as it was edited outside.
    Edited(String),
    /// Something to tell in passing.
    Notice(String),
    /// Something went wrong.
    Trouble(String),
}

/// A format that a session is exported to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// For people, and for pasting elsewhere.
    Markdown,
    /// One page by itself.
    Html,
    /// A line of a transcript file.
    Transcript,
    /// A sample to replay, without its task and gold answer.
    Sample,
}

impl ExportFormat {
    /// Every format.
    pub const ALL: [Self; 4] = [Self::Markdown, Self::Html, Self::Transcript, Self::Sample];

    /// Its name in commands.
    pub fn name(self) -> &'static str {
        match self {
            Self::Markdown => "markdown",
            Self::Html => "html",
            Self::Transcript => "transcript",
            Self::Sample => "sample",
        }
    }
}

/// Something that the screen wants done. What comes of it is told in [`Report`]s.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Say something; the files' texts follow it as quoted content.
    Say {
        /// The words.
        text: String,
        /// Paths of files.
        files: Vec<String>,
    },
    /// Go ahead without answering, or agree with what was understood.
    Go,
    /// Change the spec, and let the assistant run again on it.
    Correct(Correction),
    /// Let the assistant run again on the spec as it is.
    Again,
    /// Let the assistant reply to the same turns without the mediator.
    Compare,
    /// Let that reply be the one that counts.
    Keep(Lane),
    /// Stop what is being done.
    Cancel,
    /// Take the last turn back.
    Undo,
    /// Begin anew.
    NewSession,
    /// List saved sessions, or those in which these words stand.
    ListSessions(String),
    /// Go on with a saved session.
    OpenSession(SessionId),
    /// Give a session a title; this one where none is named.
    Rename {
        /// Which.
        session: Option<SessionId>,
        /// The title.
        title: String,
    },
    /// Delete a saved session.
    Delete(SessionId),
    /// Go on in a new session that holds the first so many turns of this one.
    Fork(usize),
    /// Write the session to a file; to one of its own name where there is none.
    Export {
        /// How.
        format: ExportFormat,
        /// Where.
        path: Option<String>,
    },
    /// List the models that can be chosen.
    ListModels,
    /// Take another model.
    ChooseModel {
        /// For whom.
        role: ModelRole,
        /// Which.
        name: String,
    },
    /// Ask in another way: `never`, `auto` or `always-confirm`.
    AskMode(String),
    /// Look for files whose names fit.
    FindFiles(String),
    /// Put a text into the clipboard.
    Copy(String),
    /// Edit a text outside.
    Edit(String),
    /// Stop the program until the shell continues it.
    Suspend,
    /// Draw everything anew.
    Redraw,
    /// End the chat.
    Quit,
}
