//! What honest programs need works, and what goes wrong around them is told apart from what goes wrong in them.

use std::path::Path;

use throughline_sandbox::{End, Isolation, Limits, Sandbox, SandboxError, Script};

use crate::{Test, open, printed, run, sandbox};

pub(crate) const TESTS: &[Test] = &[
    ("honest_programs_run", honest),
    ("the_same_program_does_the_same", repeatable),
    ("input_of_any_length_can_be_read_or_left", input),
    ("faults_of_programs_are_outcomes", faults),
    ("a_program_cannot_speak_for_the_helper", no_forgery),
    ("what_cannot_run_is_an_error", errors),
    ("limits_hold_without_isolation", limits_only),
];

fn honest() {
    let source = r#"
import asyncio.coroutines, collections, dataclasses, datetime, decimal, fractions, functools, hashlib, heapq, itertools
import json, math, random, re, statistics, string, tempfile, typing, unicodedata, zlib
from zoneinfo import ZoneInfo
with tempfile.NamedTemporaryFile("w+") as file:
    file.write("written"); file.seek(0); print(file.read())
open("own", "w").write("kept"); os.rename("own", "other"); print(open("other").read(), os.listdir("."))
os.remove("other")
print(hashlib.sha256(b"").hexdigest()[:8], json.dumps({"é": 1}), math.factorial(20), os.cpu_count() > 0)
import signal
signal.signal(signal.SIGALRM, lambda *_: print("alarm"))
signal.setitimer(signal.ITIMER_REAL, 0.01); time.sleep(0.05)
sys.setrecursionlimit(20000)
def deep(n): return 0 if n == 0 else 1 + deep(n - 1)
print(deep(15000))
"#;
    let Some(outcome) = run(&[], source, &Limits::default()) else { return };
    let expected =
        "written\nkept ['program.py', 'other']\ne3b0c442 {\"\\u00e9\": 1} 2432902008176640000 True\nalarm\n15000\n";
    let printed = printed(&outcome).replace("['other', 'program.py']", "['program.py', 'other']");
    assert_eq!(printed, expected);
}

fn repeatable() {
    let source = "print({'pears', 'apples', 'plums', 'figs'}, hash('x'))";
    let Some(first) = run(&[], source, &Limits::default()) else { return };
    assert_eq!(first, run(&[], source, &Limits::default()).unwrap());
}

fn input() {
    let Some(sandbox) = sandbox() else { return };
    let input = b"abc\n".repeat(500_000);
    let read = Script { source: "import sys\nprint(len(sys.stdin.read()))", input: &input };
    assert_eq!(printed(&sandbox.run(read, &Limits::default()).unwrap()), "2000000\n");
    let left = Script { source: "print('done')", input: &input };
    assert_eq!(printed(&sandbox.run(left, &Limits::default()).unwrap()), "done\n");
}

fn faults() {
    for (source, end, says) in [
        ("raise ValueError('no')", End::Exited(1), "ValueError: no"),
        ("this is no Python", End::Exited(1), "SyntaxError"),
        ("sys.exit(3)", End::Exited(3), ""),
        ("os.abort()", End::Signal(6), ""),
        ("import ctypes; ctypes.string_at(0)", End::Signal(11), ""),
    ] {
        let Some(outcome) = run(&[], source, &Limits::default()) else { return };
        assert_eq!(outcome.end, end, "{source}");
        assert!(String::from_utf8_lossy(&outcome.stderr).contains(says), "{source}: {outcome:?}");
    }
}

fn no_forgery() {
    let source = "sys.stderr.write('0' * 32 + ' failed: nothing\\n'); print(len(sys.argv), sys.orig_argv[1:] if hasattr(sys, 'orig_argv') else '')";
    let Some(outcome) = run(&[], source, &Limits::default()) else { return };
    assert!(outcome.stderr.starts_with(b"0000"), "{outcome:?}");
    let printed = printed(&outcome);
    assert!(printed.starts_with("1 ") && !printed.contains("sandbox"), "{printed}");
}

fn errors() {
    let own = std::env::current_exe().unwrap();
    let opened = |program: &Path, interpreter: &str| {
        Sandbox::open(program, Path::new(interpreter), Isolation::LimitsOnly).unwrap_err()
    };
    let error = opened(&own, "no-such-python");
    assert!(matches!(&error, SandboxError::Interpreter { .. }), "{error}");
    assert!(error.to_string().contains("no-such-python"), "{error}");
    assert!(matches!(opened(&own, "false"), SandboxError::Interpreter { .. }));
    assert!(matches!(opened(Path::new("/no/such/helper"), "python3"), SandboxError::Process { .. }));
    // A program that does not call `helper`.
    assert!(matches!(opened(Path::new("/bin/true"), "python3"), SandboxError::Helper { .. }));
}

fn limits_only() {
    let sandbox = open(Isolation::LimitsOnly).unwrap();
    let run = |source: &str| {
        let limits = Limits { cpu_seconds: 1, memory: 256 << 20, file: 1000, ..Limits::default() };
        sandbox.run(Script { source, input: b"" }, &limits).unwrap()
    };
    assert_eq!(run("while True: pass").end, End::Signal(24));
    assert!(String::from_utf8_lossy(&run("bytearray(1 << 30)").stderr).contains("MemoryError"));
    assert!(String::from_utf8_lossy(&run("open('x', 'wb', 0).write(b'x' * 999); open('x', 'ab', 0).write(b'x' * 2)\nopen('x', 'ab', 0).write(b'x')").stderr).contains("OSError"));
}
