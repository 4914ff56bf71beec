//! The family `code`.

use serde_json::{Value, json};
use throughline_tasks::{EvaluationError, Sample, family};

use crate::{Test, environment};

pub(crate) const TESTS: &[Test] = &[
    ("right_programs_are_right", right_programs),
    ("wrong_programs_are_wrong_and_say_how", wrong_programs),
    ("functions_are_found_whatever_their_name", names),
    ("results_are_compared_as_python_does", comparison),
    ("assertions_count_where_there_are_no_cases", assertions),
    ("what_is_usual_is_imported", imports),
    ("tests_that_cannot_be_run_are_no_verdict", broken),
];

/// A sample of a function `double` with these cases: arguments and result.
fn sample(cases: &[(&str, &str)], fields: &Value) -> Sample {
    let cases: Vec<Value> = cases.iter().map(|(input, output)| json!({"input": input, "output": output})).collect();
    let mut sample = json!({
        "task_id": "t", "task": "code", "shards": [{"shard_id": 1, "shard": "double it"}],
        "prompt": "from math import tau\n\ndef double(x):\n    \"\"\"Return twice x.\"\"\"\n",
        "metadata": {"func_name": "double"}, "public_test_cases": Value::from(cases).to_string(),
    });
    sample.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    serde_json::from_value(sample).unwrap()
}

/// Judges a program: whether it is right, and what is said of it.
#[track_caller]
fn judge(sample: &Sample, program: &str) -> (bool, String) {
    let judged = family("code").unwrap().evaluate(sample, program, environment()).unwrap();
    let error = judged.details["error"].as_str().unwrap_or_default().to_owned();
    assert_eq!(judged.score >= 1.0, error.is_empty());
    (judged.score >= 1.0, error)
}

fn right_programs() {
    let sample = sample(&[("2", "4"), ("-3", "-6"), ("\"ab\"", "\"abab\"")], &json!({}));
    for program in [
        "def double(x):\n    return 2 * x",
        "def helper(x):\n    return x\n\ndef double(x):\n    return helper(x) + helper(x)",
        "def double(x):\n    print('noise' * 100_000)\n    return 2 * x\n\nif __name__ == '__main__':\n    print(1 / 0)",
        "import sys\ndef double(x):\n    sys.stdout.write('{}')\n    return x + x",
    ] {
        assert_eq!(judge(&sample, program), (true, String::new()), "{program}");
    }
    let judged = family("code").unwrap().evaluate(&sample, "def double(x): return 2 * x", environment()).unwrap();
    assert_eq!(judged.details, json!({"tests": 3, "passed": 3, "error": null}));
}

fn wrong_programs() {
    let sample = sample(&[("2", "4"), ("3", "6")], &json!({}));
    for (program, said) in [
        ("def double(x):\n    return 4", "test 2: called with 3 it returns 4, not 6"),
        ("def double(x):\n    return x / 0", "test 1: ZeroDivisionError: division by zero"),
        ("def double(x)\n    return x", "test 1: SyntaxError"),
        ("def double():\n    return 4", "test 1: TypeError"),
        ("double = 3", "test 1: TypeError: 'int' object is not callable"),
        ("x = 3", "test 1: AttributeError"),
        ("", "test 1: AttributeError"),
        ("def double(x):\n    while True: pass", "test 1: out of time after 6 s"),
        ("import os\ndef double(x):\n    os._exit(0)", "test 1: ended the process with exit status 0"),
        ("import sys\nsys.exit(0)", "test 1: SystemExit: 0"),
        ("def double(x):\n    if x == 2: return 4\n    return [0] * 10**10", "test 2: MemoryError"),
        ("import os, signal\ndef double(x):\n    os.kill(os.getpid(), signal.SIGSEGV)", "test 1: killed by signal 11"),
        (
            "class Equal:\n    def __repr__(self): raise ValueError('no')\ndef double(x): return Equal()",
            "test 1: ValueError: no",
        ),
        // What it prints is not taken for a report.
        (
            "import os\ndef double(x):\n    for fd in range(10):\n        try: os.write(fd, b'\"passed\"\\n\"passed\"\\n\"done\"\\n')\n        except OSError: pass\n    os._exit(0)",
            "test 1: ended the process",
        ),
    ] {
        let (right, error) = judge(&sample, program);
        assert!(!right && error.starts_with(said), "{program}: {error}");
    }
    let judged = family("code").unwrap().evaluate(&sample, "def double(x): return 4", environment()).unwrap();
    assert_eq!((&judged.details["tests"], &judged.details["passed"]), (&json!(2), &json!(1)));
}

fn names() {
    let sample = sample(&[("2", "4")], &json!({}));
    for program in [
        "def twice(x):\n    return x if x == 0 else 2 + twice(x - 1)",
        "def helper(x):\n    return x\n\ndef twice(x):\n    def double(y): return 0\n    return helper(x) * 2",
        "class Solution:\n    def __init__(self): self.factor = 2\n    def twice(self, x): return self.factor * x\n    def other(self, x): return 0",
        "class Solution:\n    def other(self, x): return 0\n    def double(self, x): return 2 * x",
        "double = lambda x: 2 * x",
        "try:\n    def double(x): return 2 * x\nfinally: pass",
    ] {
        assert_eq!(judge(&sample, program), (true, String::new()), "{program}");
    }
}

fn comparison() {
    let program = |result: &str| format!("def double(x):\n    return {result}");
    for (result, expected, same) in [
        ("(1, 2)", "[1, 2]", true),
        ("[(1, 2)]", "[[1, 2]]", false),
        ("1.0", "1", true),
        ("True", "1", true),
        ("0.1 + 0.2", "0.3", false),
        ("None", "null", true),
        ("{'a': [1]}", "{\"a\": [1]}", true),
        ("'1'", "1", false),
        ("float('nan')", "NaN", false),
        ("10 ** 40", "10000000000000000000000000000000000000000", true),
        ("'\\ud800'", "\"x\"", false),
    ] {
        assert_eq!(judge(&sample(&[("0", expected)], &json!({})), &program(result)).0, same, "{result} and {expected}");
    }
}

fn assertions() {
    let test =
        "def check(candidate):\n    assert candidate(2) == 4\n    assert abs(candidate(0.1) - 0.2) < 1e-9, 'near'\n";
    let sample = sample(&[], &json!({"test": test}));
    assert!(judge(&sample, "def double(x): return 2 * x").0);
    assert!(judge(&sample, "def twice(x): return 2 * x").0);
    assert_eq!(judge(&sample, "def double(x): return 4").1, "test 1: AssertionError: near");
}

fn imports() {
    let sample = sample(&[("2", "4")], &json!({}));
    let program = "def double(x: Optional[int]) -> List[int]:\n    \
                   assert tau > 6 and Counter('aa')['a'] == 2 and math.inf == inf and pow(2, 3, 5) == 3\n    \
                   def deep(n): return n and 1 + deep(n - 1)\n    assert deep(10000) == 10000\n    return x * 2";
    assert_eq!(judge(&sample, program), (true, String::new()));
}

fn broken() {
    for (cases, fields) in [(&[("2", "no JSON")][..], json!({})), (&[][..], json!({"test": "def check(candidate:"}))] {
        let sample = sample(cases, &fields);
        let judged = family("code").unwrap().evaluate(&sample, "def double(x): return 4", environment());
        let error = judged.unwrap_err();
        assert!(matches!(&error, EvaluationError::Sample { .. }), "{error}");
        assert!(error.to_string().contains("its tests cannot be run"), "{error}");
    }
}
