//! Taking the terminal over, and giving it back whatever happens.

use std::io::{self, Stdout, Write, stdout};
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::clipboard::CopyToClipboard;
use crossterm::cursor::Show;
use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture, KeyboardEnhancementFlags,
    PopKeyboardEnhancementFlags, PushKeyboardEnhancementFlags,
};
use crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
    supports_keyboard_enhancement,
};
use crossterm::{execute, queue};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::{Position, Size};
use ratatui::{Terminal, TerminalOptions, Viewport};

use super::Anchored;

/// How much of the terminal is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mode {
    /// So many lines at the end of what the terminal shows, or all of it. Behind lines, the terminal's own scrollback
    /// stays as it is.
    pub inline: Option<u16>,
    /// Whether the mouse scrolls and chooses here; the terminal's own selection then needs Shift.
    pub mouse: bool,
}

/// What is drawn through.
type Backend = Anchored<CrosstermBackend<Stdout>>;

/// The terminal while it is taken over. It is given back when this is dropped, and when the program panics.
pub struct Screen {
    terminal: Terminal<Backend>,
    mode: Mode,
}

impl Screen {
    /// Takes the terminal over.
    ///
    /// # Errors
    /// What the terminal says when it cannot be taken over.
    pub fn take(mode: Mode) -> io::Result<Self> {
        restore_on_panic();
        enter(mode)?;
        match open(mode) {
            Ok(terminal) => Ok(Self { terminal, mode }),
            Err(error) => {
                give_back();
                Err(error)
            }
        }
    }

    /// The terminal, to draw on.
    pub fn terminal(&mut self) -> &mut Terminal<Backend> {
        &mut self.terminal
    }

    /// Gives the terminal back while something else uses it, and takes it over again, at the size that it has then.
    /// Nothing else may read its events meanwhile.
    ///
    /// # Errors
    /// What the terminal says when it cannot be taken over again.
    pub fn aside<T>(&mut self, other: impl FnOnce() -> T) -> io::Result<T> {
        self.leave_lines();
        give_back();
        let done = other();
        enter(self.mode)?;
        self.terminal = open(self.mode)?;
        Ok(done)
    }

    /// Lines of a terminal that keeps its scrollback are emptied, for what comes after them.
    fn leave_lines(&mut self) {
        if self.mode.inline.is_some() {
            // There is nobody to tell that this fails.
            let _ = super::wipe(&mut self.terminal);
        }
    }

    /// Puts a text into the clipboard of the terminal, which may stand on another machine, by its escape sequence
    /// (OSC 52).
    ///
    /// # Errors
    /// What the terminal says when it cannot be written to.
    pub fn copy(text: &str) -> io::Result<()> {
        execute!(stdout(), CopyToClipboard::to_clipboard_from(text))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.leave_lines();
        give_back();
    }
}

/// What was asked of the terminal, to be taken back: nothing can be handed to a panic.
static ENHANCED: AtomicBool = AtomicBool::new(false);
static ALTERNATE: AtomicBool = AtomicBool::new(false);

/// The terminal to draw on. The cursor, below which lines begin, is looked for once. Above them at least two rows are
/// left, between which what is over can be scrolled away.
fn open(mode: Mode) -> io::Result<Terminal<Backend>> {
    let backend = |size, cursor| Anchored::new(CrosstermBackend::new(stdout()), size, cursor);
    let Some(lines) = mode.inline else { return Terminal::new(backend(None, Position::ORIGIN)) };
    let (columns, rows) = crossterm::terminal::size()?;
    let (column, row) = crossterm::cursor::position()?;
    let backend = backend(Some(Size::new(columns, rows)), Position::new(column, row));
    let viewport = Viewport::Inline(lines.min(rows.saturating_sub(2)).max(1));
    Terminal::with_options(backend, TerminalOptions { viewport })
}

fn enter(mode: Mode) -> io::Result<()> {
    enable_raw_mode()?;
    let mut out = stdout();
    if mode.inline.is_none() {
        queue!(out, EnterAlternateScreen, Clear(ClearType::All))?;
        ALTERNATE.store(true, Ordering::SeqCst);
    }
    queue!(out, EnableBracketedPaste)?;
    if mode.mouse {
        queue!(out, EnableMouseCapture)?;
    }
    // Where the terminal can, it tells Shift+Enter from Enter.
    if supports_keyboard_enhancement().unwrap_or(false) {
        queue!(out, PushKeyboardEnhancementFlags(KeyboardEnhancementFlags::DISAMBIGUATE_ESCAPE_CODES))?;
        ENHANCED.store(true, Ordering::SeqCst);
    }
    out.flush()
}

/// Gives the terminal back, as far as it goes: there is nobody to tell what fails here.
fn give_back() {
    let mut out = stdout();
    if ENHANCED.swap(false, Ordering::SeqCst) {
        let _ = queue!(out, PopKeyboardEnhancementFlags);
    }
    let _ = queue!(out, DisableMouseCapture, DisableBracketedPaste);
    if ALTERNATE.swap(false, Ordering::SeqCst) {
        let _ = queue!(out, LeaveAlternateScreen);
    }
    let _ = execute!(out, Show);
    let _ = disable_raw_mode();
}

/// A panic is told on a terminal that was given back.
fn restore_on_panic() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let former = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            give_back();
            former(panic);
        }));
    });
}
