//! The built binary on a terminal: a pseudo-terminal, and an emulator that shows what it writes there.

use std::ffi::OsStr;
use std::io::{Read as _, Write as _};
use std::num::NonZero;
use std::process::{Child, ExitStatus};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use pty_process::Size;
use pty_process::blocking::{Command, Pty};
use rustix::termios::{LocalModes, tcgetattr};

use crate::harness::{LOOK, PATIENCE, Sandbox, wait_until};

/// What a terminal is asked for its kind, and what it says. A program that gets no answer waits for seconds.
const KIND: (&[u8], &[u8]) = (b"\x1b[c", b"\x1b[?6c");

/// How a terminal is asked where its cursor is.
const CURSOR: &[u8] = b"\x1b[6n";

/// A process on a terminal of its own.
pub(crate) struct Terminal {
    process: Child,
    pty: Arc<Pty>,
    emulator: Arc<Mutex<vt100::Parser>>,
}

impl Terminal {
    /// The binary on a terminal of that size.
    pub(crate) fn start<S: AsRef<OsStr>>(sandbox: &Sandbox, arguments: &[S], columns: u16, rows: u16) -> Self {
        Self::run(sandbox.command(arguments), columns, rows)
    }

    /// A command on a terminal of that size.
    pub(crate) fn run(mut command: std::process::Command, columns: u16, rows: u16) -> Self {
        let (pty, pts) = pty_process::blocking::open().unwrap();
        pty.resize(Size::new(rows, columns)).unwrap();
        command.env("TERM", "xterm-256color").env_remove("NO_COLOR").env_remove("SSH_TTY");
        let process = Command::from(command).spawn(pts).unwrap();
        let [height, width] = [rows, columns].map(|size| NonZero::new(size).unwrap());
        let emulator = vt100::Parser::new(height, width, 0);
        let (pty, emulator) = (Arc::new(pty), Arc::new(Mutex::new(emulator)));
        let (input, shown) = (Arc::clone(&pty), Arc::clone(&emulator));
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(read @ 1..) = (&*input).read(&mut bytes) {
                let bytes = &bytes[..read];
                let asks = |question: &[u8]| bytes.windows(question.len()).any(|part| part == question);
                let mut emulator = shown.lock().unwrap();
                emulator.process(bytes);
                if asks(KIND.0) {
                    drop((&*input).write_all(KIND.1));
                }
                if asks(CURSOR) {
                    let (row, column) = emulator.screen().cursor_position();
                    drop((&*input).write_all(format!("\x1b[{};{}R", row + 1, column + 1).as_bytes()));
                }
            }
        });
        Self { process, pty, emulator }
    }

    /// Types this. A line is ended by `\r`, as by the key Enter.
    pub(crate) fn types(&self, text: &str) {
        (&*self.pty).write_all(text.as_bytes()).unwrap();
    }

    /// What stands on the screen.
    pub(crate) fn screen(&self) -> String {
        shown(&self.emulator)
    }

    /// Waits until this stands on the screen.
    #[track_caller]
    pub(crate) fn shows(&mut self, text: &str) {
        self.waits(text, |screen| screen.contains(text));
    }

    /// Waits until the screen is so.
    #[track_caller]
    pub(crate) fn waits(&mut self, what: &str, is_so: impl Fn(&str) -> bool) {
        let (process, emulator) = (&mut self.process, &self.emulator);
        let start = Instant::now();
        let mut ended = None;
        while ended.is_none() && start.elapsed() < PATIENCE && !is_so(&shown(emulator)) {
            std::thread::sleep(LOOK);
            ended = process.try_wait().unwrap();
        }
        // What was written last may still be on its way.
        if ended.is_some() {
            std::thread::sleep(10 * LOOK);
        }
        let screen = shown(emulator);
        assert!(is_so(&screen), "no {what:?} (ended: {ended:?}):\n{screen}");
    }

    /// The process, by the number that the system gave it.
    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    /// Sends a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        let sent = std::process::Command::new("kill").args([&format!("-{name}"), &self.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    /// Waits for the end.
    #[track_caller]
    pub(crate) fn ends(&mut self) -> ExitStatus {
        let mut status = None;
        wait_until(&format!("the program ends: {}", self.screen()), || {
            status = self.process.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap()
    }

    /// Whether a program has taken the terminal over: lines are no longer put together before they are read, and what
    /// is shown is no longer the shell's.
    pub(crate) fn is_taken(&self) -> (bool, bool) {
        let modes = tcgetattr(&*self.pty).unwrap().local_modes;
        let emulator = self.emulator.lock().unwrap();
        let screen = emulator.screen();
        let shown = screen.alternate_screen()
            || screen.bracketed_paste()
            || screen.hide_cursor()
            || screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None;
        (!modes.contains(LocalModes::ICANON | LocalModes::ECHO), shown)
    }

    /// Demands that the terminal is as it was before.
    #[track_caller]
    pub(crate) fn is_given_back(&self) {
        wait_until("the terminal is given back", || self.is_taken() == (false, false));
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn shown(emulator: &Mutex<vt100::Parser>) -> String {
    let contents = emulator.lock().unwrap().screen().contents();
    contents.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}
