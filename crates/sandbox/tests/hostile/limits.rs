//! Taking all there is.

use std::time::Duration;

use throughline_sandbox::{End, Limits};

use crate::{Test, all_refused, printed, run, tight};

pub(crate) const TESTS: &[Test] = &[
    ("a_fork_bomb_has_no_children", fork_bomb),
    ("a_thread_bomb_has_no_threads", thread_bomb),
    ("a_memory_bomb_gets_its_share", memory_bomb),
    ("endless_output_is_cut_off", endless_output),
    ("an_endless_loop_ends", endless_loop),
    ("sleeping_ends", sleeping),
    ("signals_can_be_ignored_but_not_the_end", ignoring),
    ("a_huge_file_stays_small", huge_file),
    ("many_files_are_too_many", many_files),
    ("folders_cannot_be_nested", no_folders),
    ("deep_recursion_harms_itself_alone", recursion),
    ("limits_cannot_be_raised", raising),
    ("closing_and_doubling_the_streams_harms_nobody", streams),
];

fn fork_bomb() {
    let source = r#"
children = 0
for _ in range(1000):
    for bear in (os.fork, os.forkpty, lambda: os.posix_spawn("/bin/true", ["true"], {})):
        try:
            children += bear() is not None
        except OSError:
            pass
print(children)
import multiprocessing, subprocess
tries("subprocess", subprocess.run, ["true"])
tries("multiprocessing", lambda: multiprocessing.Process(target=print).start())
tries("shell", subprocess.check_output, "true", shell=True)
"#;
    let Some(outcome) = run(&[], source, &tight()) else { return };
    let printed = printed(&outcome);
    assert!(printed.starts_with("0\n") && !printed.contains("DONE"), "{printed}");
}

fn thread_bomb() {
    let source = r"
import threading, _thread
threading.stack_size(32768)
begun = 0
for _ in range(1000):
    try:
        _thread.start_new_thread(time.sleep, (60,))
        begun += 1
    except RuntimeError:
        pass
print(begun)
";
    let Some(outcome) = run(&[], source, &tight()) else { return };
    assert_eq!(printed(&outcome), "0\n");
}

fn memory_bomb() {
    let source = r"
held = []
try:
    while True:
        held.append(bytearray(16 << 20))
except MemoryError:
    print(len(held) * 16)
";
    let limits = Limits { memory: 256 << 20, ..tight() };
    let Some(outcome) = run(&[], source, &limits) else { return };
    let held: u64 = printed(&outcome).trim().parse().unwrap();
    assert!((16..256).contains(&held), "{held} MiB");
}

fn endless_output() {
    let limits = Limits { output: 100_000, ..tight() };
    for stream in ["stdout", "stderr"] {
        let source = format!("while True: sys.{stream}.write('endless ' * 1000)");
        let Some(outcome) = run(&[], &source, &limits) else { return };
        assert_eq!(outcome.end, End::TooMuchOutput, "{stream}");
        assert!(outcome.stdout.len() <= 100_000 && outcome.stderr.len() <= 100_200, "{stream}");
        assert_eq!(outcome.stdout.len() == 100_000, stream == "stdout");
    }
}

fn endless_loop() {
    let limits = Limits { time: Duration::from_mins(1), cpu_seconds: 1, ..Limits::default() };
    let Some(outcome) = run(&[], "while True: pass", &limits) else { return };
    // SIGXCPU
    assert_eq!(outcome.end, End::Signal(24));
}

fn sleeping() {
    let limits = Limits { time: Duration::from_secs(1), ..Limits::default() };
    let Some(outcome) = run(&[], "print('good night', flush=True)\ntime.sleep(3600)", &limits) else { return };
    assert_eq!(outcome.end, End::OutOfTime);
    assert_eq!(outcome.stdout, b"good night\n");
}

fn ignoring() {
    let source = r"
import signal
for number in range(1, 65):
    try:
        signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError):
        pass
while True:
    try:
        while True: pass
    except BaseException:
        pass
";
    let limits = Limits { time: Duration::from_mins(1), cpu_seconds: 1, ..Limits::default() };
    let Some(outcome) = run(&[], source, &limits) else { return };
    // SIGKILL, a second of processor time later
    assert_eq!(outcome.end, End::Signal(9));
}

fn huge_file() {
    let source = r#"
with open("huge", "wb", buffering=0) as file:
    try:
        while True: file.write(bytes(1 << 20))
    except OSError:
        pass
print(os.stat("huge").st_size)
with open("sparse", "wb", buffering=0) as file:
    tries("sparse", file.truncate, 1 << 40)
"#;
    let limits = Limits { file: 3 << 20, ..tight() };
    let Some(outcome) = run(&[], source, &limits) else { return };
    assert_eq!(printed(&outcome), format!("{}\nsparse refused\n", 3 << 20));
}

fn many_files() {
    let limits = Limits { time: Duration::from_mins(1), cpu_seconds: 30, ..Limits::default() };
    let small = "number = 0\nwhile True:\n    open(str(number), 'w').close()\n    number += 1";
    let large = "number = 0\nwhile True:\n    open(str(number), 'w').write('x' * (1 << 20))\n    number += 1";
    for source in [small, large] {
        let Some(outcome) = run(&[], source, &limits) else { return };
        assert_eq!(outcome.end, End::TooMuchWritten);
    }
}

fn no_folders() {
    let source = r#"
tries("folder", os.mkdir, "folder")
tries("folders", os.makedirs, "a/b/c")
import tempfile
tries("temporary", tempfile.mkdtemp)
"#;
    let Some(outcome) = run(&[], source, &tight()) else { return };
    all_refused(&outcome, 3);
}

fn recursion() {
    let sources = [
        "sys.setrecursionlimit(1 << 30)\ndef deeper(): return deeper()\ndeeper()",
        "sys.setrecursionlimit(1 << 30)\nclass Deep:\n    def __repr__(self): return repr(self)\nrepr(Deep())",
        "value = []\nfor _ in range(300_000): value = [value]\nvalue = repr(value)",
    ];
    for source in sources {
        let Some(outcome) = run(&[], source, &Limits { memory: 256 << 20, ..tight() }) else { return };
        assert!(matches!(outcome.end, End::Exited(1) | End::Signal(_) | End::OutOfTime), "{:?}", outcome.end);
    }
}

fn raising() {
    let source = r#"
import resource
for limit in ("CPU", "AS", "FSIZE", "NOFILE", "STACK", "CORE", "NPROC"):
    number = getattr(resource, "RLIMIT_" + limit)
    tries(limit, resource.setrlimit, number, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
tries("nice", os.nice, -5)
tries("user", os.setuid, 0)
tries("group", os.setgid, 0)
tries("scheduling", os.sched_setscheduler, 0, os.SCHED_FIFO, os.sched_param(1))
"#;
    let Some(outcome) = run(&[], source, &tight()) else { return };
    all_refused(&outcome, 11);
}

fn streams() {
    let source = r"
import itertools
for number in range(3, 30): os.dup2(1, number)
os.close(0); os.close(1); os.close(2)
time.sleep(3600)
";
    let limits = Limits { time: Duration::from_secs(1), ..Limits::default() };
    let Some(outcome) = run(&[], source, &limits) else { return };
    assert_eq!(outcome.end, End::OutOfTime);
    let Some(outcome) = run(&[], "os.close(1); os.close(2); os._exit(7)", &limits) else { return };
    assert_eq!(outcome.end, End::Exited(7));
}
