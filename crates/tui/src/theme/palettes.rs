//! The themes themselves. The numbers are those of the 256-colour palette: 16 to 231 are a cube of 6 x 6 x 6 colours, 232
//! to 255 greys.

use ratatui::style::{Color, Modifier, Style};

use super::{Syntax, Theme};

const BOLD: Modifier = Modifier::BOLD;
const DIM: Modifier = Modifier::DIM;
const ITALIC: Modifier = Modifier::ITALIC;
const UNDERLINED: Modifier = Modifier::UNDERLINED;
const REVERSED: Modifier = Modifier::REVERSED;
const CROSSED_OUT: Modifier = Modifier::CROSSED_OUT;

const NONE: Style = Style::new();

const fn fg(colour: u8) -> Style {
    NONE.fg(Color::Indexed(colour))
}

const fn with(modifier: Modifier) -> Style {
    NONE.add_modifier(modifier)
}

/// For terminals with a dark ground.
pub(super) static DARK: Theme = Theme {
    name: "dark",
    plain: false,
    text: NONE,
    muted: fg(246),
    accent: fg(117),
    user: fg(114).add_modifier(BOLD),
    assistant: fg(117).add_modifier(BOLD),
    heading: fg(117).add_modifier(BOLD),
    code: fg(222),
    code_block: fg(252).bg(Color::Indexed(235)),
    syntax: Syntax {
        comment: fg(246).add_modifier(ITALIC),
        keyword: fg(176),
        string: fg(114),
        constant: fg(215),
        function: fg(117),
        kind: fg(222),
        variable: fg(152),
        inserted: fg(114),
        deleted: fg(210),
    },
    quote: fg(250).add_modifier(ITALIC),
    link: fg(111).add_modifier(UNDERLINED),
    added: fg(114),
    revised: fg(222),
    withdrawn: fg(246).add_modifier(CROSSED_OUT),
    contested: fg(215),
    assumption: fg(183).add_modifier(ITALIC),
    question: fg(222).add_modifier(BOLD),
    finding: fg(215),
    error: fg(210).add_modifier(BOLD),
    selection: fg(255).bg(Color::Indexed(24)),
    highlight: fg(16).bg(Color::Indexed(221)),
    border: fg(242),
    focus: fg(117),
    status: fg(252).bg(Color::Indexed(237)),
};

/// For terminals with a light ground.
pub(super) static LIGHT: Theme = Theme {
    name: "light",
    plain: false,
    text: NONE,
    muted: fg(241),
    accent: fg(25),
    user: fg(22).add_modifier(BOLD),
    assistant: fg(25).add_modifier(BOLD),
    heading: fg(25).add_modifier(BOLD),
    code: fg(94),
    code_block: fg(236).bg(Color::Indexed(255)),
    syntax: Syntax {
        comment: fg(241).add_modifier(ITALIC),
        keyword: fg(90),
        string: fg(22),
        constant: fg(94),
        function: fg(25),
        kind: fg(58),
        variable: fg(23),
        inserted: fg(22),
        deleted: fg(124),
    },
    quote: fg(239).add_modifier(ITALIC),
    link: fg(20).add_modifier(UNDERLINED),
    added: fg(22),
    revised: fg(94),
    withdrawn: fg(241).add_modifier(CROSSED_OUT),
    contested: fg(125),
    assumption: fg(90).add_modifier(ITALIC),
    question: fg(94).add_modifier(BOLD),
    finding: fg(125),
    error: fg(124).add_modifier(BOLD),
    selection: fg(16).bg(Color::Indexed(153)),
    highlight: fg(16).bg(Color::Indexed(221)),
    border: fg(244),
    focus: fg(25),
    status: fg(236).bg(Color::Indexed(253)),
};

/// Black ground of its own, few colours, all of them bright.
pub(super) static HIGH_CONTRAST: Theme = Theme {
    name: "high-contrast",
    plain: false,
    text: fg(231).bg(Color::Indexed(16)),
    muted: fg(252),
    accent: fg(123).add_modifier(BOLD),
    user: fg(120).add_modifier(BOLD),
    assistant: fg(123).add_modifier(BOLD),
    heading: fg(231).add_modifier(BOLD.union(UNDERLINED)),
    code: fg(226),
    code_block: fg(231).bg(Color::Indexed(233)),
    syntax: Syntax {
        comment: fg(252).add_modifier(ITALIC),
        keyword: fg(219).add_modifier(BOLD),
        string: fg(120),
        constant: fg(226),
        function: fg(123),
        kind: fg(226),
        variable: fg(231),
        inserted: fg(120),
        deleted: fg(217),
    },
    quote: fg(252).add_modifier(ITALIC),
    link: fg(123).add_modifier(UNDERLINED),
    added: fg(120).add_modifier(BOLD),
    revised: fg(226).add_modifier(BOLD),
    withdrawn: fg(252).add_modifier(CROSSED_OUT),
    contested: fg(226).add_modifier(UNDERLINED),
    assumption: fg(219).add_modifier(ITALIC),
    question: fg(226).add_modifier(BOLD),
    finding: fg(226),
    error: fg(217).add_modifier(BOLD),
    selection: fg(16).bg(Color::Indexed(231)).add_modifier(BOLD),
    highlight: fg(16).bg(Color::Indexed(226)).add_modifier(BOLD),
    border: fg(252),
    focus: fg(226).add_modifier(BOLD),
    status: fg(16).bg(Color::Indexed(231)),
};

/// No colours: for `NO_COLOR`, and for who prefers it.
pub(super) static PLAIN: Theme = Theme {
    name: "plain",
    plain: true,
    text: NONE,
    muted: with(DIM),
    accent: with(BOLD),
    user: with(BOLD),
    assistant: with(BOLD),
    heading: with(BOLD),
    code: NONE,
    code_block: NONE,
    syntax: Syntax {
        comment: NONE,
        keyword: NONE,
        string: NONE,
        constant: NONE,
        function: NONE,
        kind: NONE,
        variable: NONE,
        inserted: NONE,
        deleted: NONE,
    },
    quote: with(ITALIC),
    link: with(UNDERLINED),
    added: with(BOLD),
    revised: with(BOLD),
    withdrawn: with(DIM.union(CROSSED_OUT)),
    contested: with(UNDERLINED),
    assumption: with(ITALIC),
    question: with(BOLD),
    finding: with(UNDERLINED),
    error: with(BOLD),
    selection: with(REVERSED),
    highlight: with(BOLD.union(UNDERLINED)),
    border: with(DIM),
    focus: with(BOLD),
    status: with(REVERSED),
};
