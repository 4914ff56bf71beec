//! A disk that is full: told, and gone on with once there is room.

use std::process::{Command, Output};

use crate::harness::{Sandbox, json_lines, one_error};
use crate::replay::{arguments, cells, grid};

const SETTINGS: &str = "full,concat";
const SAMPLES: usize = 6;

/// A small file system of its own, which is there as long as the shell. Arguments: the program and its arguments.
const SMALL_DISK: &str = r#"
mkdir run && mount -t tmpfs -o size=28k none run || exit 99
"$@" 2>full.txt; echo $? >full.code; cp -r run before
mount -o remount,size=16m run || exit 99
"$@" 2>room.txt; echo $? >room.code; cp -r run after
"#;

/// No file may grow beyond some blocks; beyond it a write fails, or writes a part.
const SMALL_FILES: &str = r#"
trap '' XFSZ
(ulimit -f 16; exec "$@" 2>full.txt); echo $? >full.code; cp -r run before
"$@" 2>room.txt; echo $? >room.code; cp -r run after
"#;

fn shell(sandbox: &Sandbox, wrapped: &[&str], script: &str) -> Output {
    let mut arguments = arguments(SAMPLES, SETTINGS);
    arguments.extend(["--quiet", "--no-cache"].map(str::to_owned));
    let replay = sandbox.command(&arguments);
    let mut command = Command::new(wrapped[0]);
    command.args(&wrapped[1..]).args(["sh", "-c", script, "sh"]).arg(replay.get_program()).args(replay.get_args());
    command.current_dir(sandbox.path(""));
    for (name, value) in replay.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.output().unwrap()
}

#[track_caller]
fn check(sandbox: &Sandbox) {
    assert_eq!(sandbox.read("full.code"), "2\n", "{}", sandbox.read("full.txt"));
    one_error(&sandbox.read("full.txt"), &["cannot write run/", "make room", "the same command goes on"]);
    let kept = sandbox.read("before/transcripts.jsonl");
    let runs = json_lines(&kept).len();
    let grid = grid(SAMPLES, SETTINGS);
    assert!(runs > 0 && runs < grid.len(), "{runs} runs: no line is torn, and there was no room for all of them");

    assert_eq!(sandbox.read("room.code"), "0\n", "{}", sandbox.read("room.txt"));
    assert!(sandbox.read("after/transcripts.jsonl").starts_with(&kept));
    std::fs::rename(sandbox.path("run"), sandbox.path("mounted")).unwrap();
    std::fs::rename(sandbox.path("after"), sandbox.path("run")).unwrap();
    assert_eq!(cells(sandbox), grid);
}

#[test]
fn a_disk_that_is_full_tears_no_line() {
    let sandbox = Sandbox::new();
    let own = ["unshare", "--user", "--map-root-user", "--mount"];
    let can = Command::new(own[0]).args(&own[1..]).args(["sh", "-c", "mount -t tmpfs none /mnt"]).output();
    if !can.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: no file system can be mounted here");
        return;
    }
    let output = shell(&sandbox, &own, SMALL_DISK);
    assert!(output.status.success(), "{output:?}");
    check(&sandbox);
}

#[test]
fn a_file_that_may_not_grow_tears_no_line() {
    let sandbox = Sandbox::new();
    let output = shell(&sandbox, &["env"], SMALL_FILES);
    assert!(output.status.success(), "{output:?}");
    check(&sandbox);
}
