//! The samples that the project ships can be used: read, unique, and with gold answers that our own evaluator
//! accepts. `transcripts/check.py` checks their arithmetic.

use std::collections::HashSet;
use std::fs::File;
use std::path::Path;

use throughline_tasks::{family, read_samples};

#[test]
fn shipped_samples_are_usable() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../transcripts/samples/math.json");
    let samples = read_samples(File::open(path).unwrap()).unwrap();
    assert!(samples.len() >= 36, "{} samples", samples.len());
    let mut names = HashSet::new();
    for sample in &samples {
        let name = &sample.task_id;
        assert!(name.starts_with("throughline-math-") && names.insert(name), "{name}");
        assert!((3..=7).contains(&sample.spoken().count()), "{name}");
        assert!(sample.shards.iter().map(|shard| shard.shard_id).eq(1..=i64::try_from(sample.shards.len()).unwrap()));

        let math = family(&sample.task).unwrap();
        let solution = sample.text("answer").unwrap();
        let gold = solution.rsplit("####").next().unwrap().trim();
        assert!(math.evaluate(sample, gold).score >= 1.0, "{name}: {gold}");
        assert!(math.evaluate(sample, &format!("{gold}1")).score <= 0.0, "{name}");
        assert_eq!(math.extract(sample, &format!("It is easy.\nAnswer: {gold}")).as_deref(), Some(gold));
        // The worked solution is itself a reply that gives the answer.
        assert_eq!(math.extract(sample, solution).as_deref(), Some(gold), "{name}");
    }
}
