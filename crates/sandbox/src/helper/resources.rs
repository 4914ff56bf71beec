//! What a process may use, and what it has from its parent.

use rustix::process::{Resource, Rlimit, setrlimit};

use crate::Limits;

/// The first file that is none of the three streams.
const FIRST_FILE: i32 = 3;

/// Closes, when the program begins, every open file but the three streams.
pub(super) fn inherit_nothing() {
    close_fds::set_fds_cloexec(FIRST_FILE, &[]);
}

/// Lets the system kill this process when the one that started it ends.
#[cfg(target_os = "linux")]
pub(super) fn end_with(parent: u32) -> Result<(), String> {
    use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};

    set_parent_process_death_signal(Some(Signal::KILL)).map_err(|error| format!("PR_SET_PDEATHSIG: {error}"))?;
    let is_alive = getppid().map(Pid::as_raw_pid).and_then(|now| u32::try_from(now).ok()) == Some(parent);
    if is_alive { Ok(()) } else { Err("the process that started it has ended".into()) }
}

/// Limits what this process may use, for good.
pub(super) fn limit(limits: &Limits) -> Result<(), String> {
    let all = [
        (Resource::Cpu, limits.cpu_seconds),
        (Resource::Fsize, limits.file),
        (Resource::Stack, limits.stack),
        (Resource::Nofile, limits.open_files),
        (Resource::Core, 0),
        (Resource::As, limits.memory),
    ];
    for (resource, most) in all {
        // Out of processor time, it is told so first; who does not listen is killed a second later.
        let notice = u64::from(matches!(resource, Resource::Cpu));
        let limit = Rlimit { current: Some(most), maximum: Some(most + notice) };
        setrlimit(resource, limit).map_err(|error| format!("the limit {resource:?} of {most}: {error}"))?;
    }
    Ok(())
}
