//! Calls that are right by the reference answer, changed at random, judged by us and by the reference checker.

use std::collections::HashSet;
use std::fmt;
use std::path::Path;

use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};
use throughline_tasks::{Sample, family};

use crate::{judged, recordings, reference, samples};

const CASES: usize = 6000;

/// A value as it is written in a call.
#[derive(Clone, Debug)]
enum Written {
    /// None, a truth value, a number, or anything else that stands for itself.
    Raw(String),
    Text(String),
    List(Vec<Written>),
    Tuple(Vec<Written>),
    Dict(Vec<(String, Written)>),
}

type Call = (String, Vec<(String, Written)>);

impl fmt::Display for Written {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let joined = |items: &[Self]| items.iter().map(Self::to_string).collect::<Vec<_>>().join(", ");
        match self {
            Self::Raw(text) => formatter.write_str(text),
            Self::Text(text) => write!(formatter, "{}", json!(text)),
            Self::List(items) => write!(formatter, "[{}]", joined(items)),
            Self::Tuple(items) if items.len() == 1 => write!(formatter, "({},)", joined(items)),
            Self::Tuple(items) => write!(formatter, "({})", joined(items)),
            Self::Dict(entries) => {
                let entries: Vec<_> = entries.iter().map(|(key, value)| format!("{}: {value}", json!(key))).collect();
                write!(formatter, "{{{}}}", entries.join(", "))
            }
        }
    }
}

fn written(calls: &[Call]) -> String {
    let call = |(name, arguments): &Call| {
        let arguments: Vec<_> = arguments.iter().map(|(name, value)| format!("{name}={value}")).collect();
        format!("{name}({})", arguments.join(", "))
    };
    format!("[{}]", calls.iter().map(call).collect::<Vec<_>>().join(", "))
}

fn literal(value: &Value) -> Written {
    match value {
        Value::Null => Written::Raw("None".into()),
        Value::Bool(value) => Written::Raw(if *value { "True" } else { "False" }.into()),
        Value::Number(number) => Written::Raw(number.to_string()),
        Value::String(text) => Written::Text(text.clone()),
        Value::Array(items) => Written::List(items.iter().map(literal).collect()),
        Value::Object(entries) => {
            Written::Dict(entries.iter().map(|(key, value)| (key.clone(), literal(value))).collect())
        }
    }
}

/// A value of those that are accepted; of a dict, one for each key.
fn accepted(values: &[Value], rng: &mut impl Rng) -> Option<Written> {
    let value = values.choose(rng).filter(|value| **value != "")?;
    let dict = |entries: &serde_json::Map<String, Value>, rng: &mut _| {
        let entry = |(key, values): (&String, &Value)| Some((key.clone(), accepted(values.as_array()?, rng)?));
        Written::Dict(entries.iter().filter_map(entry).collect())
    };
    Some(match value {
        Value::Object(entries) => dict(entries, rng),
        Value::Array(items) if items.iter().all(Value::is_object) => {
            Written::List(items.iter().filter_map(|item| Some(dict(item.as_object()?, rng))).collect())
        }
        other => literal(other),
    })
}

/// The calls of a reference answer.
fn expected(sample: &Sample, rng: &mut impl Rng) -> Vec<Call> {
    let calls = sample.fields["reference_answer"].as_array().unwrap().iter();
    let calls = calls.map(|call| call.as_object().unwrap().iter().next().unwrap());
    calls
        .map(|(name, parameters)| {
            let parameters = parameters.as_object().unwrap().iter();
            let given = parameters.filter_map(|(name, values)| {
                let chosen = accepted(values.as_array().unwrap(), rng)?;
                Some((name.clone(), chosen))
            });
            (name.clone(), given.collect())
        })
        .collect()
}

fn mutate_value(value: &mut Written, rng: &mut impl Rng) {
    const OTHERS: [&str; 12] =
        ["None", "True", "False", "0", "1", "1.0", "-5", "2 + 3", "7.5", "a_name", "(1, 2)", "{}"];
    let whole = value.clone();
    *value = match (rng.random_range(0..9), whole) {
        (0, _) => Written::Raw(OTHERS.choose(rng).unwrap().to_string()),
        (1, value) => Written::List(vec![value]),
        (2, value) => Written::Text(value.to_string()),
        (3, value) => Written::Tuple(vec![value]),
        (4, Written::List(items)) => Written::Tuple(items),
        (5, Written::List(mut items)) => {
            items.shuffle(rng);
            Written::List(items)
        }
        (6, Written::List(mut items)) => {
            items.pop();
            Written::List(items)
        }
        (_, Written::List(mut items)) if !items.is_empty() => {
            let place = rng.random_range(0..items.len());
            mutate_value(&mut items[place], rng);
            Written::List(items)
        }
        (4, Written::Dict(mut entries)) => {
            entries.pop();
            Written::Dict(entries)
        }
        (5, Written::Dict(mut entries)) => {
            entries.push(("another".into(), Written::Raw("1".into())));
            Written::Dict(entries)
        }
        (_, Written::Dict(mut entries)) if !entries.is_empty() => {
            let place = rng.random_range(0..entries.len());
            mutate_value(&mut entries[place].1, rng);
            Written::Dict(entries)
        }
        (_, Written::Text(text)) => Written::Text(match rng.random_range(0..7) {
            0 => text.to_uppercase(),
            1 => text.to_lowercase(),
            2 => text.replace(' ', ""),
            3 => {
                text.chars().flat_map(|c| [c, *['.', ',', '-', '_', '/', '*', '^', ' '].choose(rng).unwrap()]).collect()
            }
            4 => text.chars().skip(1).collect(),
            5 => format!("'{text}'"),
            _ => format!("{text}!"),
        }),
        (_, Written::Raw(text)) => Written::Raw(match rng.random_range(0..4) {
            0 => format!("{text}.0"),
            1 => format!("{text} + 0"),
            2 => format!("{text}1"),
            _ => format!("-{text}"),
        }),
        (_, other) => other,
    };
}

fn mutate(calls: &mut Vec<Call>, rng: &mut impl Rng) {
    let Some(place) = (!calls.is_empty()).then(|| rng.random_range(0..calls.len())) else { return };
    let again = calls[place].clone();
    let (name, arguments) = &mut calls[place];
    let argument = (!arguments.is_empty()).then(|| rng.random_range(0..arguments.len()));
    match (rng.random_range(0..14), argument) {
        (0, Some(argument)) => drop(arguments.remove(argument)),
        (1, _) => arguments.push(("another".into(), Written::Raw("1".into()))),
        (2, _) => arguments.shuffle(rng),
        (3, _) => name.push('s'),
        (4, _) => *name = name.replace('.', "_"),
        (5, _) => calls.push(again),
        (6, _) => drop(calls.remove(place)),
        (7, _) => calls.shuffle(rng),
        (8, Some(argument)) => {
            // The same parameter of another call.
            let named = arguments[argument].0.clone();
            let other = calls.choose(rng).unwrap().1.iter().find(|(name, _)| *name == named).cloned();
            if let Some(other) = other {
                calls[place].1[argument] = other;
            }
        }
        (_, Some(argument)) => mutate_value(&mut arguments[argument].1, rng),
        (_, None) => {}
    }
}

/// Every type that a schema can have, with optional parameters, in both orders of nesting.
fn every_type() -> Sample {
    let parameter = |kind: &str, items: Option<&str>| match items {
        Some(items) => json!({"type": kind, "items": {"type": items}}),
        None => json!({"type": kind}),
    };
    let properties = json!({
        "text": parameter("string", None), "count": parameter("integer", None), "rate": parameter("float", None),
        "flag": parameter("boolean", None), "anything": parameter("any", None), "options": parameter("dict", None),
        "pair": parameter("tuple", Some("integer")), "names": parameter("array", Some("string")),
        "rates": parameter("array", Some("float")), "rows": parameter("array", Some("dict")),
        "grid": parameter("array", Some("array")), "flags": parameter("array", Some("boolean")),
        "variable": parameter("integer", None)
    });
    let function =
        json!({"name": "a.b.c", "parameters": {"type": "dict", "properties": properties, "required": ["text"]}});
    let calls = [(1, json!(["New York, NY", "NYC"])), (2, json!(["it's"]))].map(|(count, text)| {
        json!({"a.b.c": {
            "text": text,
            "count": [count, ""],
            "rate": [2.5, 3, ""],
            "flag": [count == 1, ""],
            "anything": ["5", "five", ""],
            "options": [{"unit": ["m/s", "mps"], "precision": [2, ""], "deep": [{"a": [1]}, ""]}, ""],
            "pair": [[1, 2], [3, 4], ""],
            "names": [["Ann", "Bo"], ["Ann"]],
            "rates": [[0.5, 1.5], ""],
            "rows": [[{"id": [1], "name": ["x-1", ""]}, {"id": [2]}], ""],
            "grid": [[[1, 2], [3]], ""],
            "flags": [[true, false], ""],
            "variable": ["a_name", ""]
        }})
    });
    serde_json::from_value(json!({
        "task_id": "every-type", "task": "actions", "shards": [{"shard_id": 1, "shard": "call it twice"}],
        "function": [function], "reference_answer": calls,
        "fully_specified_question": [[{"role": "user", "content": "Call it twice."}]]
    }))
    .unwrap()
}

#[test]
fn changed_calls_get_the_verdicts_of_the_reference() {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../transcripts/samples/actions.json");
    let mut known = samples(&shipped);
    known.extend((0..known.len()).map(|_| every_type()));
    if let Some(folder) = recordings() {
        known.extend(samples(&folder.join("tasks/actions.json")));
        known.extend(samples(&folder.join("tasks/actions-recorded.json")));
    }
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let cases: Vec<(&Sample, String)> = (0..CASES)
        .map(|_| {
            let sample = known.choose(&mut rng).unwrap();
            let mut calls = expected(sample, &mut rng);
            for _ in 0..rng.random_range(0..4) {
                mutate(&mut calls, &mut rng);
            }
            (sample, written(&calls))
        })
        .collect();
    let answers: Vec<(&Sample, &str)> = cases.iter().map(|(sample, text)| (*sample, text.as_str())).collect();
    let Some(reference) = reference::verdicts(&answers) else { return };
    let actions = family("actions").unwrap();
    let mut counts = [0, 0];
    for ((sample, answer), right) in answers.iter().zip(reference.right) {
        let judged = judged(actions, sample, answer);
        assert_eq!(judged.score >= 1.0, right, "{}: {answer}: {}", sample.task_id, judged.details);
        counts[usize::from(right)] += 1;
    }
    let distinct: HashSet<_> = answers.iter().map(|(sample, text)| (&sample.task_id, text)).collect();
    println!(
        "{} answers, {} of them distinct: {} wrong, {} right",
        answers.len(),
        distinct.len(),
        counts[0],
        counts[1]
    );
    assert!(
        distinct.len() > 2000 && counts.iter().all(|count| *count > 1000),
        "{} distinct, {counts:?}",
        distinct.len()
    );
}
