use proptest::prelude::*;
use serde_json::{Value, json};

use super::Actions;
use crate::{Environment, Sample, TaskFamily, read_samples};

fn play() -> Value {
    json!({
        "task_id": "t",
        "task": "actions",
        "shards": [{"shard_id": 1, "shard": "play some music"}, {"shard_id": 2, "shard": "20 minutes of Nina Simone"}],
        "language": "Python",
        "test_category": "parallel",
        "fully_specified_question": [[{"role": "user", "content": "Play 20 minutes of Nina Simone."}]],
        "function": [{
            "name": "audio.play",
            "description": "Plays music.",
            "parameters": {
                "type": "dict",
                "properties": {
                    "artist": {"type": "string"},
                    "minutes": {"type": "integer"},
                    "volume": {"type": "float"},
                    "rooms": {"type": "array", "items": {"type": "string"}}
                },
                "required": ["artist", "minutes"]
            }
        }],
        "reference_answer": [
            {"audio.play": {"artist": ["Nina Simone"], "minutes": [20], "volume": [0.5, ""], "rooms": [["hall"], ""]}}
        ]
    })
}

fn sample(value: &Value) -> Sample {
    read_samples(value.to_string().as_bytes()).unwrap().remove(0)
}

/// What is wrong with an answer; empty where it is right.
fn error(answer: &str) -> String {
    let evaluation = Actions.evaluate(&sample(&play()), answer, &Environment::default()).unwrap();
    let error = evaluation.details["error"].as_str().unwrap_or_default().to_owned();
    assert_eq!(evaluation.score >= 1.0, error.is_empty(), "{error}");
    error
}

#[test]
fn the_prompts_hold_the_functions_and_the_instruction() {
    let sample = sample(&play());
    assert_eq!(Actions.full_prompt(&sample), "Play 20 minutes of Nina Simone.");
    assert_eq!(
        Actions.concat_prompt(&sample, &sample.pieces()),
        "Carry out the request that these pieces make up:\n- play some music\n- 20 minutes of Nina Simone"
    );
    let system = Actions.system_prompt(&sample);
    assert!(system.contains("as JSON:\n{\"name\":\"audio.play\",\"description\":\"Plays music.\""), "{system}");
    assert!(!system.contains("Nina"), "{system}");
}

#[test]
fn calls_are_right_however_they_are_wrapped_and_written() {
    for answer in [
        "[audio.play(artist='Nina Simone', minutes=20)]",
        "audio.play(minutes=20, artist='Nina Simone')",
        " [ audio . play(artist=\"nina-simone\", minutes=(20),), ] # done",
        "```python\n[audio.play(artist='Nina Simone', minutes=20)]\n```",
        "```tool_code\naudio.play(artist='Nina Simone', minutes=20)\n```",
        "```[audio.play(artist='Nina Simone', minutes=20)]```",
        "`audio.play(artist='Nina Simone', minutes=20)`",
        "tool_code\n[audio.play(artist='Nina Simone', minutes=20)]",
        "'[audio.play(artist=\"Nina Simone\", minutes=20)]'",
        "[audio.play(artist='Nina ' 'Simone', minutes=2 * 10, volume=1 / 2, rooms=['HALL'])]",
        "[audio.play(artist='''Nina Simone''',\n  minutes=0x14, volume=.5, rooms=[])]",
    ] {
        assert_eq!(error(answer), "", "{answer}");
    }
}

#[test]
fn what_does_not_parse_is_wrong_and_its_place_is_named() {
    for (answer, said) in [
        ("", "line 1, column 1: nothing; write one list of calls"),
        ("Sure! [audio.play()]", "line 1, column 5: not Python where it says `!`"),
        ("[audio.play(artist='Nina Simone', minutes=)]", "line 1, column 42: not Python where it says `=`"),
        ("[audio.play(artist=Nina Simone, minutes=20)]", "line 1, column 20: not Python where it says `Nina`"),
        ("[audio.play(artist='Nina Simone', minutes=20)", "line 1, column 1: "),
        ("[audio.play(minutes=20)]\n[audio.play(minutes=20)]", "line 2, column 1: more than one expression"),
        ("[audio.play(minutes=20)];", "line 1, column 1: a statement; write one list of calls"),
        ("import audio", "line 1, column 1: a statement; write one list of calls"),
        ("[{'audio.play': {}}]", "line 1, column 2: not a call; write `function_name(parameter=value)`"),
        ("[f()(minutes=20)]", "line 1, column 2: not the name of a function"),
        ("[\n  audio.play('Nina', minutes=20)]", "line 2, column 14: an argument without a name"),
        ("[audio.play(**{'minutes': 20})]", "line 1, column 13: an argument without a name"),
        ("[audio.play(minutes=20, minutes=20)]", "line 1, column 25: `minutes` is given twice"),
        ("[audio.play(minutes=007)]", "line 1, column 21: not a number as Python writes it"),
        ("[audio.play(minutes=a + 1)]", "line 1, column 21: not known, so that nothing can be computed with it"),
        ("[audio.play(minutes=1 // 0)]", "line 1, column 21: cannot be computed"),
        ("[audio.play(minutes=9 ** 9 ** 9)]", "line 1, column 21: cannot be computed"),
        ("[audio.play(artist=f'{minutes}')]", "line 1, column 20: a text with parts to be computed"),
        ("[audio.play(minutes=[m for m in 'é'])]", "line 1, column 21: not a value; write a literal"),
    ] {
        let error = error(answer);
        assert!(error.starts_with(&format!("no list of calls: {said}")), "{answer}: {error}");
    }
}

#[test]
fn what_does_not_fit_is_wrong_and_named() {
    let call = "audio.play(artist='Nina Simone', minutes=20)";
    for (answer, said) in [
        ("[]".to_owned(), "1 call expected, 0 made"),
        (format!("[{call}, {call}]"), "1 call expected, 2 made"),
        ("[play(artist='Nina Simone', minutes=20)]".into(), "calls `play`"),
        ("[audio.play(artist='Nina Simone')]".into(), "`minutes` is missing"),
        ("[audio.play(artist='Nina Simone', minutes=25)]".into(), "`minutes` is 25, expected 20"),
        ("[audio.play(artist='Nina Simone', minutes='20')]".into(), "`minutes` is \"20\", and no integer as declared"),
        ("[audio.play(artist='Nina Simone', minutes=20.0)]".into(), "`minutes` is 20.0, and no integer as declared"),
        ("[audio.play(artist='Nina Simone', minutes=True)]".into(), "`minutes` is True, and no integer as declared"),
        ("[audio.play(artist='Nina', minutes=20)]".into(), "`artist` is \"Nina\", expected \"Nina Simone\""),
        (call.replace(')', ", speed=2)"), "`speed` is not expected"),
        (call.replace(')', ", volume=1)"), "`volume` is 1.0, expected 0.5 or nothing"),
        (call.replace(')', ", rooms=('hall',))"), "`rooms` is (\"hall\",), and no array of string as declared"),
        (call.replace(')', ", rooms=['hall', 'bath'])"), "`rooms` is [\"hall\", \"bath\"], expected"),
    ] {
        let error = error(&answer);
        assert!(error.contains(said), "{answer}: {error}");
    }
}

#[test]
fn an_attempt_is_a_call() {
    let sample = sample(&play());
    let extracted = |reply: &str| Actions.extract(&sample, reply);
    for reply in [
        "Which artist do you want to hear?",
        "audio.play needs an artist.",
        "my_audio.play(minutes=20) is not a function.",
        "[]",
        "",
    ] {
        assert_eq!(extracted(reply), None, "{reply}");
    }
    assert_eq!(extracted("```python\naudio.play(minutes=20)\n```"), Some("audio.play(minutes=20)".into()));
    assert_eq!(extracted("[other(a=1)]\n"), Some("[other(a=1)]".into()));
    let wordy = "Here it is: [audio.play(artist='Nina Simone', minutes=20)]";
    assert_eq!(extracted(wordy).as_deref(), Some(wordy));
    assert!(error(wordy).contains("line 1, column 6"), "{}", error(wordy));
}

#[test]
fn a_sample_that_cannot_be_judged_is_refused_with_its_field() {
    for (pointer, value, said) in [
        ("/function", json!([]), "field `function` is empty; list the functions that can be called"),
        ("/function", json!({}), "field `function` is no list; list the functions that can be called"),
        ("/function/0/name", json!(""), "field `function[0].name` is missing; name the function"),
        (
            "/function/0/parameters/properties",
            json!([]),
            "field `function[0].parameters.properties` is missing; list the parameters by name",
        ),
        (
            "/function/0/parameters/properties/minutes/type",
            json!("int"),
            "field `function[0].parameters.properties.minutes.type` holds \"int\", which is no type known here",
        ),
        (
            "/function/0/parameters/properties/rooms/items/type",
            json!(null),
            "field `function[0].parameters.properties.rooms.items.type` holds null, which is no type known here",
        ),
        ("/function/0/parameters/required", json!("artist"), "field `function[0].parameters.required`: invalid type"),
        (
            "/function/0/name",
            json!("other"),
            "field `reference_answer[0]` calls `audio.play`, which is not in `function`",
        ),
        ("/reference_answer", json!(null), "field `reference_answer` is no list; list the calls that answer it"),
        ("/reference_answer/0", json!({}), "field `reference_answer[0]` is no object with one function's name"),
        (
            "/reference_answer/0/audio.play/minutes",
            json!(20),
            "field `reference_answer[0].audio.play.minutes` is no list; list the values that are accepted",
        ),
        ("/language", json!("Java"), "field `language` holds `Java`; only calls in Python can be evaluated"),
        (
            "/fully_specified_question",
            json!("Play."),
            "field `fully_specified_question[0][0].content` is missing or no text; put the whole instruction there",
        ),
    ] {
        let mut value_of = play();
        *value_of.pointer_mut(pointer).unwrap() = value;
        let refused = read_samples(value_of.to_string().as_bytes()).unwrap_err().to_string();
        assert!(refused.starts_with(&format!("sample t: {said}")), "{refused}");
    }
}

#[test]
fn hostile_answers_are_refused_and_no_stack_overflows() {
    const LENGTH: usize = 60_000;
    for part in [
        "[", "(", "{", "-", "not ", "f(a=", "a.", "[f(a=", "{1:", "1+", "x[", "'", "\"\"\"", "f'{", "lambda:", "`",
        "\\", "#",
    ] {
        let answer = part.repeat(LENGTH / part.len());
        assert!(!error(&answer).is_empty(), "{part}");
        assert!(!error(&format!("[f(a={answer}1)]")).is_empty(), "{part}");
    }
    for (open, close) in
        [("[", "]"), ("(", ")"), ("(1,", ")"), ("{1:", "}"), ("f(a=", ")"), ("f(", ")"), ("-", ""), ("1+", "")]
    {
        let nested = |depth: usize| format!("[f(a={}1{})]", open.repeat(depth), close.repeat(depth));
        assert!(error(&nested(20)).contains("calls `f`"), "{}", error(&nested(20)));
        assert!(!error(&nested(LENGTH / (open.len() + close.len()) - 10)).is_empty());
    }
    assert!(error(&"f(), ".repeat(LENGTH)).contains("longer than"), "{}", error(&"f(), ".repeat(LENGTH)));
}

/// A value as a strategy, with its nesting bounded.
fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("None".to_owned()),
        Just("True".to_owned()),
        any::<i64>().prop_map(|n| n.to_string()),
        any::<f64>().prop_filter("finite", |n| n.is_finite()).prop_map(|n| format!("{n:?}")),
        "[a-z' ]{0,6}".prop_map(|text| json!(text).to_string()),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(", "))),
            prop::collection::vec(inner.clone(), 2..4).prop_map(|items| format!("({})", items.join(","))),
            prop::collection::vec(("[a-z]{1,3}", inner.clone()), 0..3).prop_map(|entries| {
                let entries: Vec<_> = entries.iter().map(|(key, value)| format!("'{key}': {value}")).collect();
                format!("{{{}}}", entries.join(","))
            }),
            inner.prop_map(|value| format!("-({value})")),
        ]
    })
}

proptest! {
    #[test]
    fn no_answer_is_too_strange(text in any::<String>()) {
        let _ = error(&text);
        let _ = Actions.extract(&sample(&play()), &text);
    }

    #[test]
    fn no_code_is_too_strange(text in r#"([\[\](){},.:=*'"`\\#;@+-]|audio\.play\(|minutes=|artist=|tool_code|not |lambda |if |f'|[a-z0-9é \n]){0,40}"#) {
        let _ = error(&text);
        let _ = Actions.extract(&sample(&play()), &text);
    }

    #[test]
    fn any_value_can_be_given(artist in value(), rooms in value()) {
        let _ = error(&format!("[audio.play(artist={artist}, minutes=20, rooms={rooms})]"));
    }

    #[test]
    fn no_sample_is_too_strange(
        field in prop::sample::select(vec![
            "/function", "/function/0", "/function/0/name", "/function/0/parameters", "/function/0/parameters/properties",
            "/function/0/parameters/properties/minutes", "/function/0/parameters/properties/minutes/type",
            "/function/0/parameters/properties/rooms/items", "/function/0/parameters/required", "/reference_answer",
            "/reference_answer/0", "/reference_answer/0/audio.play", "/reference_answer/0/audio.play/minutes",
            "/reference_answer/0/audio.play/rooms", "/fully_specified_question", "/fully_specified_question/0/0",
        ]),
        value in prop::sample::select(vec![
            json!(null), json!(0), json!(-1.5), json!(""), json!("any"), json!("dict"), json!([]), json!([[]]), json!([""]),
            json!({}), json!([{}]), json!({"a": 1}), json!([{"a": [1]}]), json!(true),
        ]),
        calls in prop::sample::select(vec!["[audio.play(artist='Nina Simone', minutes=20, rooms=[{}])]", "[audio.play()]"]),
    ) {
        let mut strange = play();
        *strange.pointer_mut(field).unwrap() = value;
        let read = read_samples(strange.to_string().as_bytes());
        // A sample that did not come through `read_samples` must not make the family panic either.
        let unchecked = serde_json::from_value(strange).unwrap();
        for sample in read.into_iter().flatten().chain([unchecked]) {
            let _ = (Actions.evaluate(&sample, calls, &Environment::default()), Actions.extract(&sample, calls));
            let _ = (Actions.full_prompt(&sample), Actions.system_prompt(&sample));
        }
    }
}

#[test]
fn answers_are_the_same_in_any_order() {
    let Value::Object(fields) = json!({}) else { panic!() };
    let sample = Sample { task_id: "t".into(), task: "actions".into(), shards: Vec::new(), fields };
    let same = |one, other| Actions.same_answer(&sample, one, other);
    assert!(same("[f(a=1, b='x'), g()]", "```python\n[g(), f(b=\"x\", a=1)]\n```"));
    for other in ["[f(a=1, b='x')]", "[f(a=2, b='x'), g()]", "[f(a=1), g()]", "[g(), g()]", "f("] {
        assert!(!same("[f(a=1, b='x'), g()]", other) && !same(other, "[f(a=1, b='x'), g()]"), "{other}");
    }
    assert!(same("f(", "f(") && !same("f(", "g("));
}
