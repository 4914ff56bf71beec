//! Which system calls there are.
//!
//! What is not listed does not exist (`ENOSYS`): sockets, other processes and threads, signals to others, changes of
//! modes, owners and times of files, links and folders, tracing, mounts, namespaces, keys, and whatever later systems
//! add. The list was made from what Python and its library call.

use std::collections::BTreeMap;

use libc::{
    F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_GETFL, F_SETFD, F_SETFL, FIOCLEX, FIONCLEX, FIONREAD, O_ACCMODE, O_RDWR,
    O_TRUNC, O_WRONLY, TCGETS, c_long,
};
use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, apply_filter,
};

/// Calls that are allowed whatever their arguments.
const PLAIN: &[c_long] = &[
    // Files that are open already, or that Landlock has a say in.
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_pread64,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_pwrite64,
    libc::SYS_lseek,
    libc::SYS_close,
    libc::SYS_close_range,
    libc::SYS_dup,
    libc::SYS_dup3,
    libc::SYS_pipe2,
    libc::SYS_ftruncate,
    libc::SYS_fsync,
    libc::SYS_fdatasync,
    libc::SYS_fadvise64,
    libc::SYS_flock,
    libc::SYS_unlinkat,
    libc::SYS_renameat2,
    libc::SYS_getdents64,
    libc::SYS_fstat,
    libc::SYS_statx,
    libc::SYS_fstatfs,
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_readlinkat,
    libc::SYS_getcwd,
    libc::SYS_chdir,
    libc::SYS_umask,
    libc::SYS_ppoll,
    libc::SYS_pselect6,
    libc::SYS_epoll_create1,
    libc::SYS_epoll_ctl,
    libc::SYS_epoll_pwait,
    libc::SYS_eventfd2,
    // Memory.
    libc::SYS_brk,
    libc::SYS_mmap,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_mprotect,
    libc::SYS_madvise,
    libc::SYS_membarrier,
    // Itself.
    libc::SYS_execve,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_getpid,
    libc::SYS_getppid,
    libc::SYS_gettid,
    libc::SYS_getpgid,
    libc::SYS_getsid,
    libc::SYS_getuid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getegid,
    libc::SYS_getgroups,
    libc::SYS_getrusage,
    libc::SYS_times,
    libc::SYS_uname,
    libc::SYS_sysinfo,
    libc::SYS_getrandom,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_set_tid_address,
    libc::SYS_set_robust_list,
    libc::SYS_rseq,
    libc::SYS_futex,
    libc::SYS_restart_syscall,
    // Its own signals and the time.
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_rt_sigsuspend,
    libc::SYS_rt_sigpending,
    libc::SYS_rt_sigtimedwait,
    libc::SYS_sigaltstack,
    libc::SYS_setitimer,
    libc::SYS_getitimer,
    libc::SYS_clock_gettime,
    libc::SYS_clock_getres,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_gettimeofday,
];

/// The older names of some of these, where there are any.
#[cfg(target_arch = "x86_64")]
const OLDER: &[c_long] = &[
    libc::SYS_access,
    libc::SYS_stat,
    libc::SYS_lstat,
    libc::SYS_newfstatat,
    libc::SYS_readlink,
    libc::SYS_unlink,
    libc::SYS_rename,
    libc::SYS_renameat,
    libc::SYS_dup2,
    libc::SYS_pipe,
    libc::SYS_poll,
    libc::SYS_select,
    libc::SYS_epoll_wait,
    libc::SYS_getpgrp,
    libc::SYS_alarm,
    libc::SYS_pause,
    libc::SYS_time,
    libc::SYS_arch_prctl,
];
#[cfg(target_arch = "aarch64")]
const OLDER: &[c_long] = &[libc::SYS_newfstatat, libc::SYS_renameat];
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
const OLDER: &[c_long] = &[libc::SYS_newfstatat];

/// The system calls that are left.
pub(super) fn allowed() -> Result<BpfProgram, String> {
    let architecture = TargetArch::try_from(std::env::consts::ARCH).map_err(|error| format!("seccomp: {error}"))?;
    let filter = rules().and_then(|rules| {
        let absent = SeccompAction::Errno(libc::ENOSYS.unsigned_abs());
        SeccompFilter::new(rules, absent, SeccompAction::Allow, architecture)
    });
    filter.and_then(BpfProgram::try_from).map_err(|error| format!("seccomp: {error}"))
}

/// Leaves this process with these system calls alone.
pub(super) fn restrict(allowed: &BpfProgram) -> Result<(), String> {
    apply_filter(allowed).map_err(|error| format!("seccomp: {error}"))
}

fn rules() -> Result<BTreeMap<i64, Vec<SeccompRule>>, BackendError> {
    let plain = PLAIN.iter().chain(OLDER).map(|call| (*call, Vec::new()));
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = plain.collect();
    let itself = u64::from(std::process::id());
    // Signals, to itself alone.
    rules.insert(libc::SYS_kill, vec![only(0, itself)?]);
    rules.insert(libc::SYS_tgkill, vec![only(0, itself)?]);
    // Limits can be read, not changed: the superuser could raise them.
    rules.insert(libc::SYS_prlimit64, vec![SeccompRule::new(vec![null(2)?])?]);
    // Not the commands that have signals sent to others.
    let commands =
        [F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL].map(|it| u64::from(it.unsigned_abs()));
    rules.insert(libc::SYS_fcntl, any_of(1, commands)?);
    #[expect(clippy::unnecessary_cast, reason = "they are narrower on some systems")]
    let requests = [TCGETS, FIOCLEX, FIONCLEX, FIONREAD].map(|request| request as u64);
    rules.insert(libc::SYS_ioctl, any_of(1, requests)?);
    rules.insert(libc::SYS_openat, opening(2)?);
    #[cfg(target_arch = "x86_64")]
    rules.insert(libc::SYS_open, opening(1)?);
    Ok(rules)
}

/// Opening a file does not truncate it where it is opened for reading: older versions of Landlock let that pass.
fn opening(flags: u8) -> Result<Vec<SeccompRule>, BackendError> {
    let when = |mask: i32, value: i32| {
        let mask = SeccompCmpOp::MaskedEq(u64::from(mask.unsigned_abs()));
        SeccompRule::new(vec![SeccompCondition::new(
            flags,
            SeccompCmpArgLen::Dword,
            mask,
            u64::from(value.unsigned_abs()),
        )?])
    };
    Ok(vec![when(O_TRUNC, 0)?, when(O_ACCMODE, O_WRONLY)?, when(O_ACCMODE, O_RDWR)?])
}

fn only(argument: u8, value: u64) -> Result<SeccompRule, BackendError> {
    SeccompRule::new(vec![SeccompCondition::new(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, value)?])
}

fn null(argument: u8) -> Result<SeccompCondition, BackendError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Qword, SeccompCmpOp::Eq, 0)
}

fn any_of(argument: u8, values: impl IntoIterator<Item = u64>) -> Result<Vec<SeccompRule>, BackendError> {
    values.into_iter().map(|value| only(argument, value)).collect()
}
