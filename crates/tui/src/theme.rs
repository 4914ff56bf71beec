//! What each sort of text looks like. A colour is never the only signal: whatever a style tells is told by a word, a sign
//! or a place as well, so that the plain theme (no colours at all) loses nothing.

mod palettes;
#[cfg(test)]
mod tests;

use ratatui::style::Style;

/// A style for every role that text has on the screen.
///
/// Colours come from the fixed part of the 256-colour palette, so that they look the same whatever the terminal's own
/// 16 colours are set to.
#[derive(Clone, Debug, PartialEq)]
pub struct Theme {
    /// What the theme is called in the configuration.
    pub name: &'static str,
    /// Whether it does without colours; renderers then write signs that colours would otherwise make superfluous.
    pub plain: bool,
    /// Ordinary text, and what the whole screen is filled with first. Only the high contrast theme has a background
    /// here; the others leave the terminal's.
    pub text: Style,
    /// What may be overlooked: hints, times, units.
    pub muted: Style,
    /// Names and values that stand out.
    pub accent: Style,
    /// The mark at what the user said.
    pub user: Style,
    /// The mark at what the assistant said.
    pub assistant: Style,
    /// Headings.
    pub heading: Style,
    /// Code within a line.
    pub code: Style,
    /// The ground of a code block; its text is styled by `syntax` on top of it.
    pub code_block: Style,
    /// The parts of highlighted code.
    pub syntax: Syntax,
    /// Quoted text and the bar before it.
    pub quote: Style,
    /// The text of a link.
    pub link: Style,
    /// A clause that the last turn added.
    pub added: Style,
    /// A clause that the last turn revised.
    pub revised: Style,
    /// A clause that is no longer in force.
    pub withdrawn: Style,
    /// A clause with two readings.
    pub contested: Style,
    /// What was assumed and never said.
    pub assumption: Style,
    /// A question that waits for an answer.
    pub question: Style,
    /// What the guard found.
    pub finding: Style,
    /// What went wrong.
    pub error: Style,
    /// What is selected: a list's entry, text under the mouse.
    pub selection: Style,
    /// Words that are lit up because what they belong to is selected.
    pub highlight: Style,
    /// A border.
    pub border: Style,
    /// The border of what the keys go to.
    pub focus: Style,
    /// The status line.
    pub status: Style,
}

/// Styles for the parts of highlighted code. Each is laid over [`Theme::code_block`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Syntax {
    /// Comments.
    pub comment: Style,
    /// Keywords and operators that are words.
    pub keyword: Style,
    /// Strings and characters.
    pub string: Style,
    /// Numbers and other constants.
    pub constant: Style,
    /// Names of functions where they are defined or called.
    pub function: Style,
    /// Names of types, classes, tags and sections.
    pub kind: Style,
    /// Names of variables, parameters, attributes and keys that the grammar tells apart.
    pub variable: Style,
    /// Lines that a diff adds.
    pub inserted: Style,
    /// Lines that a diff takes away.
    pub deleted: Style,
}

impl Theme {
    /// All themes, in the order in which they are offered.
    pub const ALL: [&'static Self; 4] = [&palettes::DARK, &palettes::LIGHT, &palettes::HIGH_CONTRAST, &palettes::PLAIN];

    /// The theme of that name: `dark`, `light`, `high-contrast` or `plain`.
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::ALL.into_iter().find(|theme| theme.name == name)
    }

    /// The names of all themes.
    pub fn names() -> impl Iterator<Item = &'static str> {
        Self::ALL.into_iter().map(|theme| theme.name)
    }

    /// The theme where none was asked for: plain where `no_color` says that colours are not wanted (the variable
    /// `NO_COLOR` is there and not empty), else dark.
    pub fn usual(no_color: bool) -> &'static Self {
        if no_color { &palettes::PLAIN } else { &palettes::DARK }
    }
}
