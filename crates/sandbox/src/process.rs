//! A process under watch: what it prints, until when, and its end.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::helper::Policy;
use crate::{Limits, SandboxError};

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// By itself, with this exit status.
    Exited(i32),
    /// By this signal: a crash, one that it sent itself, or the system's when it was out of processor time.
    Signal(i32),
    /// It was killed when its time was up.
    OutOfTime,
    /// It was killed because it printed too much.
    TooMuchOutput,
    /// It was killed because it left too much in the scratch folder.
    TooMuchWritten,
}

/// What became of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How it ended.
    pub end: End,
    /// What it printed, up to the limit.
    pub stdout: Vec<u8>,
    /// What it printed to standard error, up to the limit.
    pub stderr: Vec<u8>,
}

/// Between two looks at a running process.
const TICK: Duration = Duration::from_millis(5);
/// Looks at the process between two looks at its scratch folder.
const SCRATCH_TICKS: u32 = 4;
/// How long the rest of what was printed may take behind the end of the process. Only where programs are not isolated
/// can somebody else still hold the stream.
const REST: Duration = Duration::from_secs(2);

/// Runs `helper` with a policy, that is the program which the policy names.
pub(crate) fn run(helper: &Path, policy: &Policy, input: &[u8]) -> Result<Outcome, SandboxError> {
    let mut child = Group(start(helper, policy)?);
    let full = Arc::new(AtomicBool::new(false));
    let streams = (child.0.stdin.take(), child.0.stdout.take(), child.0.stderr.take());
    let (Some(mut stdin), Some(stdout), Some(stderr)) = streams else {
        return Err(SandboxError::Helper { reason: "its streams are missing".into() });
    };
    let input = input.to_vec();
    // A program that does not read it all is none of our concern; the thread ends with the process.
    thread::spawn(move || stdin.write_all(&input));
    let printed = collect(stdout, policy.limits.output, &full);
    // Before the program runs, the helper says so, in words of its own.
    let complained = collect(stderr, policy.limits.output + policy.started().len(), &full);

    let end = watch(&mut child, policy, &full)?;
    // Whatever else there may be in the group.
    child.kill();
    let rest = |stream: Receiver<Vec<u8>>| stream.recv_timeout(REST).unwrap_or_default();
    let (stdout, stderr) = (rest(printed), rest(complained));
    let stderr = policy.program_said(&stderr).map_err(|reason| SandboxError::Helper {
        reason: if reason.is_empty() { format!("it ended with {end:?}") } else { reason },
    })?;
    Ok(Outcome { end, stdout, stderr })
}

fn start(helper: &Path, policy: &Policy) -> Result<Child, SandboxError> {
    let mut command = Command::new(helper);
    command.args(policy.to_arguments()).env_clear().current_dir(&policy.scratch);
    command.envs([("PATH", "/usr/bin:/bin"), ("LANG", "C.UTF-8"), ("PYTHONHASHSEED", "0")]);
    // Mathematical libraries would ask for threads, and do without them badly.
    command.envs([("OMP_NUM_THREADS", "1"), ("OPENBLAS_NUM_THREADS", "1"), ("MKL_NUM_THREADS", "1")]);
    command.env("HOME", &policy.scratch).env("TMPDIR", &policy.scratch);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.spawn().map_err(|source| SandboxError::Process { action: "start", source })
}

/// A child with all that it starts, as far as that stays with it. Ends with its owner.
struct Group(Child);

impl Group {
    fn kill(&mut self) {
        #[cfg(unix)]
        if let Some(group) = i32::try_from(self.0.id()).ok().and_then(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        // It may be over already.
        let _ = self.0.kill();
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
        let _ = self.0.wait();
    }
}

/// Waits until the process ends, or has used too much and is killed.
fn watch(child: &mut Group, policy: &Policy, full: &AtomicBool) -> Result<End, SandboxError> {
    let begun = Instant::now();
    for tick in 0_u32.. {
        let status = child.0.try_wait().map_err(|source| SandboxError::Process { action: "watch", source })?;
        let too_much = if full.load(Ordering::Relaxed) {
            Some(End::TooMuchOutput)
        } else if begun.elapsed() >= policy.limits.time && status.is_none() {
            Some(End::OutOfTime)
        } else if tick % SCRATCH_TICKS == 0 && is_overfull(&policy.scratch, &policy.limits)? {
            Some(End::TooMuchWritten)
        } else {
            None
        };
        match (too_much, status) {
            (Some(end), _) => return Ok(end),
            (None, Some(status)) => return Ok(ended(status)),
            (None, None) => thread::sleep(TICK),
        }
    }
    Ok(End::OutOfTime)
}

fn ended(status: ExitStatus) -> End {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return End::Signal(signal);
    }
    End::Exited(status.code().unwrap_or(-1))
}

/// Whether a program has left too much. It can make no folders, so one level is all there is; a file that vanishes
/// meanwhile counts nothing.
fn is_overfull(scratch: &Path, limits: &Limits) -> Result<bool, SandboxError> {
    let (mut files, mut bytes) = (0, 0);
    for entry in fs::read_dir(scratch).map_err(SandboxError::Scratch)? {
        let Ok(entry) = entry else { continue };
        files += 1;
        bytes += entry.metadata().map_or(0, |about| about.len());
        if files > limits.scratch_files || bytes > limits.scratch {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Reads a stream in a thread, up to a limit; says in `full` when there was more.
fn collect(mut stream: impl Read + Send + 'static, limit: usize, full: &Arc<AtomicBool>) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    let full = Arc::clone(full);
    thread::spawn(move || {
        let mut read = Vec::new();
        // What was read before a fault is what there is.
        let _ = stream.by_ref().take(limit as u64 + 1).read_to_end(&mut read);
        if read.len() > limit {
            full.store(true, Ordering::Relaxed);
            read.truncate(limit);
        }
        sender.send(read)
    });
    receiver
}
