//! The samples that the project ships, with the answers that stand beside them.

use std::fs::File;
use std::path::Path;

use throughline_tasks::{Sample, family, read_samples};

use crate::{Test, environment};

pub(crate) const TESTS: &[Test] = &[("shipped_solutions_pass_and_others_do_not", code)];

/// The samples of a family, those that do more than reveal among them.
fn samples(task: &str) -> Vec<Sample> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../transcripts/samples");
    let read = |file: &str| read_samples(File::open(folder.join(format!("{file}.json"))).unwrap()).unwrap();
    [read(task), read("beyond")].into_iter().flatten().filter(|sample| sample.task == task).collect()
}

fn code() {
    let samples = samples("code");
    assert!(samples.len() >= 20, "{} samples", samples.len());
    let code = family("code").unwrap();
    for sample in &samples {
        let solution = sample.text("canonical_solution").unwrap();
        let reply = format!("Here it is:\n```python\n{solution}```\nIt does what you want.");
        assert_eq!(code.extract(sample, &reply).as_deref(), Some(solution), "{}", sample.task_id);
        let judged = code.evaluate(sample, solution, environment()).unwrap();
        assert!(judged.score >= 1.0, "{}: {}", sample.task_id, judged.details);
        for wrong in ["def f(*arguments):\n    return None", "def f(first, *others):\n    return first"] {
            let judged = code.evaluate(sample, wrong, environment()).unwrap();
            assert!(judged.score <= 0.0, "{}: {wrong}", sample.task_id);
        }
    }
}
