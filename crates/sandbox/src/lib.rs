//! Runs Python programs that nobody has read.
//!
//! A program runs in a process of its own, which first takes from itself whatever the program must not have, and then
//! becomes the interpreter:
//!
//! - *Files* ([Landlock](https://landlock.io)): it reads the interpreter, its library and the system's libraries, and
//!   writes to a scratch folder that is thrown away. Everything else is closed to it: the user's files, devices,
//!   `/proc`. What it may still learn of other files is whether they exist, and their size and times.
//! - *System calls* (seccomp): there is a list of what it may call, and no other call exists for it. No sockets, no
//!   other processes and no threads are to be had, no signals to others, no changes of modes, owners or times of files.
//! - *Limits*: time, processor time, memory, the size of files, open files, what it prints and what it leaves in the
//!   scratch folder.
//! - *Nothing inherited*: no variable of the environment, no open file, no terminal.
//! - *Killed as a group*, when its time is up and when the process that started it ends.
//!
//! Where the system lacks what this needs, [`Sandbox::open`] refuses; only a caller who says so runs programs
//! [`Isolation::LimitsOnly`].
//!
//! No unsafe code is needed for all this because the process restricts itself: a program that uses this crate calls
//! [`helper`] first thing in its `main`, and the sandbox starts that same program once more.

mod error;
mod helper;
mod interpreter;
mod limits;
mod process;
mod sandbox;

pub use error::SandboxError;
pub use helper::helper;
pub use limits::Limits;
pub use process::{End, Outcome};
pub use sandbox::{Isolation, Sandbox, Script};
