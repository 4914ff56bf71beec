//! What may happen to the process of a replay: Ctrl-C, `kill -9`, a second process on the same folder.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use crate::harness::{Sandbox, json_lines, wait_until};
use crate::replay::{arguments, cells, finished, grid};
use crate::server::{KEY, Server};

#[test]
fn an_interrupt_keeps_what_is_finished() {
    let sandbox = Sandbox::new();
    let settings = "full,sharded";
    let mut arguments = arguments(6, settings);
    arguments.extend(["--concurrency", "2"].map(str::to_owned));
    let mut running = sandbox.start(&arguments);
    wait_until("two runs are finished", || !running.goes_on() || finished(&sandbox) >= 2);
    running.interrupt();
    let ended = running.end();
    assert_eq!(ended.code(), 130, "{ended:?}");
    assert!(ended.stderr.contains("stopping; every finished run is kept\n"), "{}", ended.stderr);
    assert!(ended.stderr.contains(" left; the same command goes on with them\n"), "{}", ended.stderr);
    let (kept, grid) = (cells(&sandbox), grid(6, settings));
    assert!(kept.len() >= 2 && kept.len() < grid.len() && kept.is_subset(&grid), "{kept:?}");
    assert_eq!(sandbox.read("run/errors.jsonl"), "", "giving up is no error");

    let missing = format!(
        "planned runs are missing: {} of {} in run; the same `throughline replay` goes on with them",
        grid.len() - kept.len(),
        grid.len()
    );
    let table = sandbox.run(&["score", "run"]).good();
    assert!(table.stdout.contains(&format!("! These figures are incomplete; {missing}.\n")), "{}", table.stdout);
    let csv = sandbox.run(&["score", "run", "--format", "csv"]).good();
    assert_eq!(csv.stderr, format!("incomplete: {missing}\n"));

    let before = sandbox.read("run/transcripts.jsonl");
    let rest = sandbox.run(&arguments).good();
    assert!(rest.stderr.contains(&format!("{} were there before", kept.len())), "{}", rest.stderr);
    assert!(sandbox.read("run/transcripts.jsonl").starts_with(&before), "what was kept is untouched");
    assert_eq!(cells(&sandbox), grid);
    let whole = sandbox.run(&["score", "run"]).good();
    assert!(!whole.stdout.contains("incomplete"), "{}", whole.stdout);
}

#[test]
fn an_interrupt_before_the_first_run_ends_at_once() {
    let sandbox = Sandbox::new();
    let mut running = sandbox.start(&[&arguments(4, "full")[..], &["--quiet".into()]].concat());
    wait_until("the folder is there", || !running.goes_on() || sandbox.path("run/transcripts.jsonl").exists());
    running.interrupt();
    let ended = running.end();
    // The process may not have come to listening for the signal, which then ends it as it ends any other.
    assert!(matches!(ended.status.code(), None | Some(130)), "{ended:?}");
    sandbox.run(&arguments(4, "full")).good();
    assert_eq!(cells(&sandbox), grid(4, "full"));
}

#[test]
fn kill_9_at_any_moment_loses_nothing_repeats_nothing_and_asks_the_same() {
    let sandbox = Sandbox::new();
    let settings = "full,concat,sharded";
    let mut arguments = arguments(4, settings);
    arguments.extend(["--concurrency", "1", "--quiet"].map(str::to_owned));
    let killed = kill_at_any_moment(&sandbox, &arguments, 8);
    assert!(killed >= 4, "only {killed} processes were still at work");
    // What a kill in the middle of a write leaves: half a line. Its run is not finished.
    let text = sandbox.read("run/transcripts.jsonl");
    let last = text.trim_end().rfind('\n').map_or(0, |end| end + 1);
    let half = last + (text.len() - last) / 2;
    sandbox.write("run/transcripts.jsonl", &text[..half]);
    let table = sandbox.run(&["score", "run"]).good().stdout;
    assert!(table.contains("planned runs are missing: "), "half a line is a run to come, no error: {table}");

    sandbox.run(&arguments).good();
    assert_eq!(cells(&sandbox), grid(4, settings));
    let whole = sandbox.read("run/transcripts.jsonl");
    assert!(whole.starts_with(&text[..last]), "what was finished is untouched");
    sandbox.run(&arguments).good();
    assert_eq!(sandbox.read("run/transcripts.jsonl"), whole);

    // An undisturbed replay asks for the same with the same seeds: all of it is in the cache, and so it says the same.
    let calm: Vec<String> = arguments.iter().map(|word| if word == "run" { "calm" } else { word }.to_owned()).collect();
    sandbox.run(&calm).good();
    let undisturbed = sandbox.read("calm/transcripts.jsonl");
    assert_eq!(said(&whole), said(&undisturbed));
    for run in json_lines(&undisturbed) {
        let calls = &run["calls"]["assistant"];
        assert_eq!(calls["made"], calls["cached"], "{run}");
    }
}

#[test]
fn kill_9_while_a_server_answers_loses_nothing_and_repeats_nothing() {
    let mut sandbox = Sandbox::new();
    sandbox.set("E2E_KEY", KEY);
    let server = Server::start();
    sandbox.configure(&server.profile("E2E_KEY"));
    let settings = "full,sharded";
    let mut arguments = arguments(4, settings);
    arguments.extend(["--assistant", "served", "--concurrency", "2", "--quiet"].map(str::to_owned));
    let killed = kill_at_any_moment(&sandbox, &arguments, 6);
    assert!(killed >= 2, "only {killed} processes were still at work");
    sandbox.run(&arguments).good();
    assert_eq!(cells(&sandbox), grid(4, settings));
    assert_eq!(sandbox.read("run/errors.jsonl"), "", "a kill is no error");
}

/// Kills a replay so many times, and resumes it; says how many were at work. Nothing that is finished may ever go.
#[track_caller]
fn kill_at_any_moment(sandbox: &Sandbox, arguments: &[String], times: usize) -> usize {
    let mut delays = Delays(20_250_607);
    let mut killed = 0;
    for round in 0..times {
        let before = finished(sandbox);
        let mut running = sandbox.start(arguments);
        // Every other time the moment is counted from the next finished run, so that it falls among the writes.
        if round % 2 == 1 {
            wait_until("a run is finished", || !running.goes_on() || finished(sandbox) > before);
            std::thread::sleep(delays.next(30));
        } else {
            std::thread::sleep(delays.next(900));
        }
        killed += usize::from(running.goes_on());
        running.kill();
        assert!(finished(sandbox) >= before, "finished runs are gone");
    }
    killed
}

/// The score and the replies of each run, by its name.
fn said(transcripts: &str) -> BTreeMap<String, (String, Vec<String>)> {
    let replies = |run: &Value| {
        let said = run["trace"].as_array().unwrap().iter().filter(|entry| entry["role"] == "assistant");
        said.map(|entry| entry["content"].to_string()).collect()
    };
    let runs = json_lines(transcripts).into_iter();
    runs.map(|run| (run["conv_id"].to_string(), (run["score"].to_string(), replies(&run)))).collect()
}

/// Waits that look random and are the same every time: a linear congruential generator.
struct Delays(u64);

impl Delays {
    fn next(&mut self, most: u64) -> Duration {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Duration::from_millis((self.0 >> 33) % most)
    }
}

#[test]
fn two_processes_do_not_write_to_one_folder() {
    let sandbox = Sandbox::new();
    let mut arguments = arguments(4, "full,sharded");
    arguments.extend(["--repeats", "500", "--quiet"].map(str::to_owned));
    let mut first = sandbox.start(&arguments);
    wait_until("the first is at work", || !first.goes_on() || finished(&sandbox) > 0);
    sandbox.run(&arguments).refused(&["run is in use by another process", "use another directory"]);
    assert!(first.goes_on(), "the first is not disturbed");
    first.kill();
    cells(&sandbox);
}
