//! Ctrl-C, without losing one between two looks.

use std::io;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
#[cfg(windows)]
use tokio::signal::windows::{CtrlC as Signal, ctrl_c};

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
