//! Logs of inspect_ai that are written here: our own reader finds the same runs in them, and inspect_ai's reads them.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use throughline_conversation::{Entry, Header, LogEvent, Role, TokenUsage, Transcript};
use throughline_scorer::{InspectError, InspectLogs, Options, Scorer};

use crate::in_file;

/// Reads every log of a folder with inspect_ai itself and prints what is compared, one JSON object a log.
const READER: &str = r"
import glob, json, sys
from inspect_ai.log import read_eval_log, read_eval_log_sample_summaries
for path in sorted(glob.glob(sys.argv[1] + '/*.eval')):
    log = read_eval_log(path)
    assert read_eval_log(path, header_only=True).eval.task == log.eval.task
    usage = lambda usages: {name: [one.input_tokens, one.output_tokens, one.total_tokens] for name, one in usages.items()}
    print(json.dumps({
        'status': log.status, 'task': log.eval.task, 'model': log.eval.model, 'setting': log.eval.task_args['setting'],
        'mean': log.results.scores[0].metrics['mean'].value, 'usage': usage(log.stats.model_usage), 'roles': usage(log.stats.role_usage),
        'summaries': len(read_eval_log_sample_summaries(path)), 'created': log.eval.created,
        'samples': [{
            'id': one.id, 'epoch': one.epoch, 'score': one.scores['throughline'].value if one.scores else None,
            'answer': one.scores['throughline'].answer if one.scores else None, 'cost': one.role_usage['assistant'].total_cost,
            'messages': [[message.role, message.text] for message in one.messages], 'metadata': one.metadata.get('repeat'),
            'events': [event.data['type'] for event in one.events], 'output': one.output.completion,
        } for one in log.samples],
    }))
";

/// A run of an instruction, whose mediator has the assistant's model.
fn run(setting: &str, task_id: &str, repeat: u64, score: Option<f64>) -> Transcript {
    let mut transcript = Transcript::new(Header {
        conv_id: format!("{setting}-{task_id}.{repeat}"),
        conv_type: setting.into(),
        task: "math".into(),
        task_id: task_id.into(),
        dataset_fn: "math.json".into(),
        assistant_model: "org/model-1b".into(),
        system_model: "org/model-1b".into(),
        user_model: "NA".into(),
        git_version: "throughline 0.1.0".into(),
    });
    let stamp = |entry: Entry, second: u64| entry.at(format!("2026-03-01 10:00:0{second}"));
    let usage = |role: &str, prompt_tokens, completion_tokens| {
        let tokens = TokenUsage { prompt_tokens, completion_tokens };
        Entry::observed(&LogEvent::Usage { role: role.into(), tokens, seconds: 0.5 })
    };
    transcript.trace = vec![
        stamp(Entry::said(Role::System, "Solve it."), 0),
        stamp(Entry::said(Role::User, "How many \u{1f34e}?\n\"3\" and 4"), 1),
        usage("mediator", 7, 2),
        stamp(Entry::said(Role::Assistant, "Answer: 7"), 2),
        usage("assistant", 20, 5),
    ];
    if let Some(score) = score {
        transcript.trace.push(Entry::observed(&LogEvent::AnswerEvaluation {
            exact_answer: "7".into(),
            is_correct: Some(score >= 1.0),
            score: Some(score),
            evaluation_return: Value::Null,
        }));
        transcript.set_score(score);
    }
    transcript.other.insert("repeat".into(), repeat.into());
    transcript.other.insert("calls".into(), json!({"assistant": {"made": 1, "cost_usd": 0.25}}));
    transcript
}

fn runs() -> Vec<Transcript> {
    let mut runs = Vec::new();
    for setting in ["full", "mediated"] {
        for (task_id, repeat, score) in [("GSM8K/1", 0, 1.0), ("GSM8K/1", 1, 0.0), ("b\\2", 0, 0.5)] {
            runs.push(run(setting, task_id, repeat, Some(score)));
        }
    }
    runs.push(run("full", "unjudged", 0, None));
    runs
}

fn write(path: &Path, runs: &[Transcript]) -> Result<usize, InspectError> {
    let mut logs = InspectLogs::new(path, false);
    for run in runs {
        logs.add(run)?;
    }
    logs.finish()
}

#[test]
fn our_reader_finds_the_same_runs_and_scores() {
    let folder = tempfile::tempdir().unwrap();
    let logs = folder.path().join("logs");
    assert_eq!(write(&logs, &runs()).unwrap(), 2);
    let name = |transcript: &Transcript| {
        let Transcript { conv_id, conv_type, task, task_id, assistant_model, .. } = transcript;
        let verdict = transcript.verdict().unwrap();
        (
            conv_id.clone(),
            conv_type.clone(),
            task.clone(),
            task_id.clone(),
            assistant_model.clone(),
            verdict.score().map(f64::to_bits),
        )
    };
    let used = |transcript: &Transcript| {
        let events = transcript.trace.iter().filter_map(Entry::log).filter_map(|event| match event {
            LogEvent::Usage { role, tokens, .. } => Some((role, tokens.prompt_tokens, tokens.completion_tokens)),
            _ => None,
        });
        let mut used: Vec<_> = events.collect();
        used.sort();
        used
    };
    let said = |transcript: &Transcript| -> Vec<String> {
        transcript.trace.iter().filter_map(|entry| entry.text().map(str::to_owned)).collect()
    };
    let (mut was, read) = (runs(), in_file(&logs.display().to_string(), None).unwrap());
    let mut is: Vec<Transcript> = read.into_iter().map(|conversation| conversation.transcript).collect();
    for runs in [&mut was, &mut is] {
        runs.sort_by(|one, other| one.conv_id.cmp(&other.conv_id));
    }
    assert_eq!(was.len(), is.len());
    for (was, is) in was.iter().zip(&is) {
        assert_eq!((name(was), used(was), said(was)), (name(is), used(is), said(is)));
    }
    let scored = |add: &dyn Fn(&mut Scorer)| {
        let mut scorer = Scorer::new(Options::default());
        add(&mut scorer);
        serde_json::to_value(scorer.finish().unwrap().rows).unwrap()
    };
    let judged: Vec<String> = was
        .iter()
        .filter(|run| run.score.as_ref().is_some_and(Value::is_number))
        .map(|run| run.to_line().unwrap())
        .collect();
    let lines = judged.join("\n");
    let before = scored(&|scorer| scorer.add_reader("runs", std::io::Cursor::new(lines.clone())).unwrap());
    // What was never judged is left out.
    let mut judged_logs: Vec<Transcript> = was.clone();
    judged_logs.retain(|run| run.task_id != "unjudged");
    let judged = folder.path().join("judged");
    write(&judged, &judged_logs).unwrap();
    assert_eq!(scored(&|scorer| scorer.add_path(&judged).unwrap()), before);
}

#[test]
fn inspect_ai_reads_what_is_written() {
    let named = std::env::var_os("THROUGHLINE_PYTHON");
    let python = named.clone().unwrap_or_else(|| "python3".into());
    let installed = Command::new(&python).args(["-c", "import inspect_ai"]).output();
    if !installed.is_ok_and(|output| output.status.success()) {
        assert!(named.is_none(), "{} does not import inspect_ai (`./justw setup` installs it)", python.display());
        eprintln!("skipped: {} does not import inspect_ai (set THROUGHLINE_PYTHON)", python.display());
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &runs()).unwrap();
    let read = Command::new(&python).args(["-c", READER]).arg(folder.path()).output().unwrap();
    let (stdout, stderr) = (String::from_utf8_lossy(&read.stdout), String::from_utf8_lossy(&read.stderr));
    assert!(read.status.success(), "{stderr}");
    let logs: Vec<Value> = stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(logs.iter().map(|log| &log["setting"]).collect::<Vec<_>>(), ["full", "mediated"]);
    let full = &logs[0];
    for (field, value) in [
        ("status", json!("success")),
        ("task", json!("math")),
        ("model", json!("org/model-1b")),
        ("mean", json!(0.5)),
        ("usage", json!({"org/model-1b": [108, 28, 136]})),
        ("roles", json!({"assistant": [80, 20, 100], "mediator": [28, 8, 36]})),
        ("summaries", json!(4)),
        ("created", json!("2026-03-01T10:00:00+00:00")),
    ] {
        assert_eq!(full[field], value, "{field}");
    }
    let second =
        full["samples"].as_array().unwrap().iter().find(|one| one["id"] == "GSM8K/1" && one["epoch"] == 2).unwrap();
    let messages =
        json!([["system", "Solve it."], ["user", "How many \u{1f34e}?\n\"3\" and 4"], ["assistant", "Answer: 7"]]);
    assert_eq!(
        *second,
        json!({"id": "GSM8K/1", "epoch": 2, "score": 0.0, "answer": "7", "cost": 0.25, "messages": messages, "metadata": 1,
               "events": ["usage", "usage", "answer-evaluation"], "output": "Answer: 7"})
    );
    let unjudged = full["samples"].as_array().unwrap().iter().find(|one| one["id"] == "unjudged").unwrap();
    assert_eq!(unjudged["score"], Value::Null);
}

#[test]
fn one_file_holds_one_task_setting_and_model() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("runs.eval");
    let refused = write(&file, &runs()).unwrap_err().to_string();
    assert!(
        refused.contains("math, full, org/model-1b; math, mediated, org/model-1b") && refused.contains("folder"),
        "{refused}"
    );
    assert!(!file.exists());
    let full: Vec<_> = runs().into_iter().filter(|run| run.conv_type == "full").collect();
    assert_eq!(write(&file, &full).unwrap(), 1);
    assert_eq!(in_file(&file.display().to_string(), None).unwrap().len(), 4);
    assert!(matches!(write(&file, &full), Err(InspectError::Output(_))), "nothing is replaced unasked");
    let mut broken = run("full", "x", 0, None);
    broken.score = Some(7.into());
    let refused = write(&folder.path().join("other"), &[broken]).unwrap_err().to_string();
    assert!(refused.contains("full-x.0") && refused.contains("`score`"), "{refused}");
}
