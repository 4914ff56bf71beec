//! Ctrl-C, without losing one between two looks.

use std::io;

use throughline_models::CancellationToken;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
#[cfg(windows)]
use tokio::signal::windows::{CtrlC as Signal, ctrl_c};

use crate::output;

/// The exit code where the user stopped a command, as shells number it.
pub(crate) const INTERRUPTED: u8 = 130;

/// The interrupts of this program from now on. One that comes while nobody waits is kept for the next who does.
pub(crate) struct Interrupts(Signal);

impl Interrupts {
    /// Takes interrupts over: they no longer end the program by themselves.
    pub(crate) fn new() -> io::Result<Self> {
        #[cfg(unix)]
        let signals = signal(SignalKind::interrupt())?;
        #[cfg(windows)]
        let signals = ctrl_c()?;
        Ok(Self(signals))
    }

    /// Waits for the next interrupt.
    pub(crate) async fn next(&mut self) {
        if self.0.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
    }
}

/// The first interrupt stops the work in good order; the second ends the program at once.
pub(crate) async fn stop_on_interrupt(
    mut interrupts: Interrupts,
    cancel: CancellationToken,
    stopping: Option<&'static str>,
) {
    interrupts.next().await;
    if let Some(stopping) = stopping {
        output::note(stopping);
    }
    cancel.cancel();
    interrupts.next().await;
    std::process::exit(i32::from(INTERRUPTED));
}
