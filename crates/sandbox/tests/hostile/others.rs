//! Reaching other processes and other machines.

use std::fs;
use std::io::ErrorKind;
use std::net::{TcpListener, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use throughline_sandbox::{End, Isolation, Limits, Script};

use crate::{Test, all_refused, open, run, sandbox, tight, with};

pub(crate) const TESTS: &[Test] = &[
    ("nothing_can_be_sent", no_network),
    ("other_processes_get_no_signals", no_signals),
    ("other_processes_cannot_be_traced", no_tracing),
    ("other_ways_into_the_system_are_closed", no_other_calls),
    ("a_daemon_cannot_be_left", no_daemon),
    ("the_program_ends_with_its_parent", ends_with_parent),
    ("without_isolation_the_group_is_killed", group_is_killed),
];

/// The first argument of a test binary that shall sleep in a sandbox.
pub(crate) const SLEEPER: &str = "--sleep-in-sandbox";

/// A process that nobody may touch; ends with the test.
struct Victim(Child);

impl Victim {
    fn new() -> Self {
        Self(Command::new("sleep").arg("60").spawn().unwrap())
    }

    fn is_well(&mut self) -> bool {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap();
        self.0.try_wait().unwrap().is_none() && status.contains("TracerPid:\t0") && status.contains("State:\tS")
    }
}

impl Drop for Victim {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn no_network() {
    let folder = tempfile::tempdir().unwrap();
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    let path = folder.path().join("socket");
    let unix = UnixListener::bind(&path).unwrap();
    let name = format!("throughline-{}", std::process::id());
    let hidden = UnixListener::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
    let ports = [tcp.local_addr().unwrap().port(), udp.local_addr().unwrap().port()].map(|port| port.to_string());
    let given = [("tcp", &*ports[0]), ("udp", &*ports[1]), ("path", path.to_str().unwrap()), ("hidden", name.as_str())];
    let source = r#"
import socket, urllib.request, ctypes
def connect(family, kind, address):
    made = socket.socket(family, kind)
    made.connect(address)
    made.send(b"secret")
tries("tcp", connect, socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", int(tcp)))
tries("udp", connect, socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", int(udp)))
tries("unix", connect, socket.AF_UNIX, socket.SOCK_STREAM, path)
tries("abstract", connect, socket.AF_UNIX, socket.SOCK_STREAM, "\0" + hidden)
tries("raw", socket.socket, socket.AF_PACKET, socket.SOCK_RAW)
tries("netlink", socket.socket, socket.AF_NETLINK, socket.SOCK_RAW)
tries("vsock", socket.socket, 40, socket.SOCK_STREAM)
tries("pair", socket.socketpair)
tries("name", socket.getaddrinfo, "localhost", int(tcp))
tries("url", urllib.request.urlopen, f"http://127.0.0.1:{tcp}/")
"#;
    let Some(outcome) = run(&given, source, &tight()) else { return };
    // Names may be looked up in no file and on no server; `localhost` alone may be known without.
    let printed = crate::printed(&outcome);
    let done: Vec<&str> = printed.lines().filter(|line| !line.ends_with(" refused")).collect();
    assert!(done.iter().all(|line| line.starts_with("name DONE")), "{printed}");
    assert_eq!(printed.lines().count(), 10);
    tcp.set_nonblocking(true).unwrap();
    udp.set_nonblocking(true).unwrap();
    unix.set_nonblocking(true).unwrap();
    hidden.set_nonblocking(true).unwrap();
    let silent = |error: std::io::Error| error.kind() == ErrorKind::WouldBlock;
    assert!(tcp.accept().is_err_and(silent));
    assert!(udp.recv(&mut [0; 10]).is_err_and(silent));
    assert!(unix.accept().is_err_and(silent));
    assert!(hidden.accept().is_err_and(silent));
}

fn no_signals() {
    let mut victim = Victim::new();
    let pid = victim.0.id().to_string();
    let source = r#"
import signal, fcntl
pid = int(victim)
tries("term", os.kill, pid, signal.SIGTERM)
tries("kill", os.kill, pid, signal.SIGKILL)
tries("stop", os.kill, pid, signal.SIGSTOP)
tries("parent", os.kill, os.getppid(), 0)
tries("parent's group", os.killpg, os.getpgid(os.getppid()), 0)
tries("all", os.kill, -1, 0)
tries("own group", os.kill, 0, 0)
tries("pidfd", os.pidfd_open, pid)
read, write = os.pipe()
tries("owner of a pipe", fcntl.fcntl, read, fcntl.F_SETOWN, pid)
os.kill(os.getpid(), 0)
"#;
    let Some(outcome) = run(&[("victim", &pid)], source, &tight()) else { return };
    all_refused(&outcome, 9);
    assert!(victim.is_well());
}

fn no_tracing() {
    let mut victim = Victim::new();
    let pid = victim.0.id().to_string();
    let source = r#"
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
def call(function, *arguments):
    if function(*arguments) == -1: raise OSError(ctypes.get_errno(), "refused")
pid = int(victim)
tries("attach", call, libc.ptrace, 16, pid, 0, 0)
tries("seize", call, libc.ptrace, 0x4206, pid, 0, 0)
tries("be traced", call, libc.ptrace, 0, 0, 0, 0)
buffer = ctypes.create_string_buffer(64)
vector = (ctypes.c_void_p * 2)(ctypes.addressof(buffer), 64)
tries("read", call, libc.process_vm_readv, pid, vector, 1, vector, 1, 0)
tries("write", call, libc.process_vm_writev, pid, vector, 1, vector, 1, 0)
tries("memory", open, f"/proc/{pid}/mem", "r+b")
tries("priority", os.setpriority, os.PRIO_PROCESS, pid, 19)
tries("processors", os.sched_setaffinity, pid, {0})
import resource
tries("limits", resource.prlimit, pid, resource.RLIMIT_CPU, (1, 1))
"#;
    let Some(outcome) = run(&[("victim", &pid)], source, &tight()) else { return };
    all_refused(&outcome, 9);
    assert!(victim.is_well());
}

fn no_other_calls() {
    // Numbers of x86-64: a program that knows them needs no library.
    let source = r#"
import ctypes, platform
libc = ctypes.CDLL(None, use_errno=True)
def call(*arguments):
    if libc.syscall(*arguments) == -1: raise OSError(ctypes.get_errno(), "refused")
calls = dict(clone=56, fork=57, vfork=58, mount=165, umount2=166, reboot=169, init_module=175, keyctl=250, unshare=272,
             setns=308, bpf=321, userfaultfd=323, perf_event_open=298, io_uring_setup=425, pidfd_open=434, clone3=435,
             openat2=437, landlock_create_ruleset=444, memfd_create=319, seccomp=317, prctl=157, kexec_load=246,
             shmget=29, msgget=68, mq_open=240, timer_create=222, rt_sigqueueinfo=129, tkill=200, chmod=90, sync=162,
             name_to_handle_at=303, open_by_handle_at=304, sethostname=170, settimeofday=164, x32_getpid=0x40000027)
if platform.machine() != "x86_64": calls = dict.fromkeys(calls, 41000)
for name, number in calls.items():
    tries(name, call, number, 0, 0, 0, 0, 0, 0)
"#;
    let Some(outcome) = run(&[], source, &tight()) else { return };
    all_refused(&outcome, 35);
}

fn no_daemon() {
    let source = r#"
tries("fork", os.fork)
tries("session", os.setsid)
tries("group", os.setpgid, 0, 0)
"#;
    let Some(outcome) = run(&[], source, &tight()) else { return };
    all_refused(&outcome, 3);
}

/// Sleeps in a sandbox, until somebody ends it.
pub(crate) fn sleep_in_sandbox() {
    let limits = Limits { time: Duration::from_mins(1), ..Limits::default() };
    if let Ok(sandbox) = open(Isolation::Full) {
        let _ = sandbox.run(Script { source: "import time; time.sleep(60)", input: b"" }, &limits);
    }
}

fn ends_with_parent() {
    if sandbox().is_none() {
        return;
    }
    let mut parent = Command::new(std::env::current_exe().unwrap()).arg(SLEEPER).spawn().unwrap();
    let id = parent.id();
    let children = || {
        let threads = fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten();
        let children = threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
        children.collect::<String>().split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    let is_asleep = |child: &String| {
        let arguments = fs::read(format!("/proc/{child}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&arguments).contains("program.py")
    };
    // The first program that is tried ends at once; the one that stays is meant.
    let begun = Instant::now();
    let child = loop {
        assert!(begun.elapsed() < Duration::from_mins(1), "no program was started");
        let seen = children().into_iter().find(is_asleep);
        std::thread::sleep(Duration::from_millis(300));
        if let Some(child) = seen.filter(|child| children().contains(child)) {
            break child;
        }
    };
    parent.kill().unwrap();
    parent.wait().unwrap();
    let begun = Instant::now();
    while is_asleep(&child) {
        assert!(begun.elapsed() < Duration::from_mins(1), "the program outlived its parent");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn group_is_killed() {
    let sandbox = open(Isolation::LimitsOnly).unwrap();
    let source = r"
child = os.fork()
if child == 0:
    time.sleep(3600)
print(child, flush=True)
time.sleep(3600)
";
    let limits = Limits { time: Duration::from_secs(1), ..Limits::default() };
    let outcome = sandbox.run(Script { source: &with(&[], source), input: b"" }, &limits).unwrap();
    assert_eq!(outcome.end, End::OutOfTime);
    let child: i32 = String::from_utf8(outcome.stdout).unwrap().trim().parse().unwrap();
    let is_alive = || {
        let status = fs::read_to_string(format!("/proc/{child}/status")).unwrap_or_default();
        !status.is_empty() && !status.contains("State:\tZ")
    };
    let begun = Instant::now();
    while is_alive() {
        assert!(begun.elapsed() < Duration::from_mins(1), "{child} lives on");
        std::thread::sleep(Duration::from_millis(20));
    }
}
