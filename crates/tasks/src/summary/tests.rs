use super::*;

fn sample() -> Sample {
    let sample = json!({
        "task_id": "s", "task": "summary", "query": "What did the festival change?",
        "documents": [
            {"document_id": "a", "document_index": 1, "document_text": "Shops stayed open.", "insights_included": ["i1"]},
            {"document_id": "b", "document_index": 2, "document_text": "Shops stayed open; buses were full. ", "insights_included": ["i1", "i2"]},
            {"document_id": "c", "document_index": 3, "document_text": "It rained.", "insights_included": ["3"]},
        ],
        "insights": [
            {"insight_id": "i1", "insight": "Shops stayed open longer."},
            {"insight_id": "i2", "insight": "Buses were full."},
            {"insight_id": 3, "insight": "It rained."},
        ],
        "insightid2ref_citations": {"i1": [1, 2], "i2": [2], "3": [3]},
        "shards": [{"shard_id": 0, "shard": "", "doc_idxs": [2, 1]}, {"shard_id": 1, "shard": "And this:", "doc_idxs": [3]}],
    });
    serde_json::from_value(sample).unwrap()
}

#[test]
fn shards_hand_over_their_documents() {
    let sample = sample();
    let read = crate::read_samples(serde_json::to_string(&sample).unwrap().as_bytes()).unwrap();
    let said: Vec<_> = read[0].spoken().map(|shard| Summary.says(&read[0], shard)).collect();
    assert_eq!(
        said,
        [
            "Document [2]:\nShops stayed open; buses were full.\n\nDocument [1]:\nShops stayed open.",
            "And this:\n\nDocument [3]:\nIt rained."
        ]
    );
    let pieces: Vec<&str> = said.iter().map(|piece| &**piece).collect();
    assert!(Summary.concat_prompt(&sample, &pieces).starts_with("Part 1\n\nDocument [2]:\nShops"));
    assert!(Summary.full_prompt(&sample).starts_with("Document [1]:\nShops stayed open.\n\nDocument [2]:"));
    assert!(Summary.system_prompt(&sample).ends_with("\nWhat did the festival change?"));
}

#[test]
fn a_judge_is_asked_of_each_insight() {
    let inquiries = Summary.inquiries(&sample(), "- Shops were open [1]\n- Rain [3]");
    assert_eq!(inquiries.len(), 3);
    assert_eq!(
        inquiries[1].question,
        "Insight:\nBuses were full.\n\nBullets:\n1. - Shops were open [1]\n2. - Rain [3]"
    );
    assert_eq!(inquiries[1].form["properties"]["bullet"]["enum"], json!([0, 1, 2]));
}

/// Judges a summary of three bullets by these verdicts: score, coverage, citation.
fn judged(verdicts: &Value) -> (f64, f64, Option<f64>) {
    let answer = "- Shops were open until ten [1][2]\n- Buses were crowded [1, 2, 3]\n- It was wet";
    let evaluation = Summary.conclude(&sample(), answer, verdicts.as_array().unwrap()).unwrap();
    assert_eq!(evaluation.details["verdicts"], *verdicts);
    let detail = |name: &str| evaluation.details[name].as_f64();
    (evaluation.score, detail("coverage").unwrap(), detail("citation"))
}

fn same(found: (f64, f64, Option<f64>), expected: (f64, f64, Option<f64>)) {
    let near = |one: f64, other: f64| (one - other).abs() < 1e-12;
    let citations = match (found.2, expected.2) {
        (Some(one), Some(other)) => near(one, other),
        (one, other) => one == other,
    };
    assert!(near(found.0, expected.0) && near(found.1, expected.1) && citations, "{found:?}, not {expected:?}");
}

/// By hand. The citations of the first bullet are those of the first insight: F1 is 1. The second bullet cites three
/// documents, of which one holds the second insight: precision 1/3, recall 1, F1 1/2. The third cites none.
#[test]
fn the_score_is_that_computed_by_hand() {
    let verdict = |bullet: usize, coverage: &str| json!({"bullet": bullet, "coverage": coverage});
    let all = json!([verdict(1, "FULL"), verdict(2, "PARTIAL"), verdict(3, "FULL")]);
    same(judged(&all), ((1.0 + 0.5 * 0.5 + 0.0) / 3.0, 2.5 / 3.0, Some(1.5 / 3.0)));
    // The first bullet's citations share one document with those of the second insight: P 1/2, R 1, F1 2/3.
    let other = json!([verdict(0, "NO"), verdict(1, "FULL"), verdict(2, "NO")]);
    same(judged(&other), (2.0 / 9.0, 1.0 / 3.0, Some(2.0 / 3.0)));
    let none = json!([verdict(0, "NO"), verdict(0, "NO"), verdict(0, "NO")]);
    same(judged(&none), (0.0, 0.0, None));
    let nowhere = json!([verdict(0, "FULL"), verdict(0, "NO"), verdict(0, "NO")]);
    same(judged(&nowhere), (0.0, 1.0 / 3.0, Some(0.0)));
}

#[test]
fn verdicts_that_are_none_are_an_error() {
    let failed = |verdicts: &Value| {
        let verdicts = verdicts.as_array().unwrap();
        Summary.conclude(&sample(), "- a [1]", verdicts).unwrap_err().to_string()
    };
    let good = json!({"bullet": 1, "coverage": "FULL"});
    assert!(failed(&json!([good, good])).contains("there are 2 for 3 insights"));
    assert!(failed(&json!([good, {"bullet": 2, "coverage": "FULL"}, good])).contains("there are 1 bullets"));
    assert!(failed(&json!([good, {"bullet": 1, "coverage": "SOME"}, good])).contains("SOME"));
    let error = Summary.evaluate(&sample(), "- a [1]", &Environment::default()).unwrap_err();
    assert!(matches!(error, EvaluationError::NoJudge { task: "summary", .. }));
}

#[test]
fn a_sample_that_cannot_be_used_is_named_with_its_field() {
    let refusal = |field: &str, value: Value| {
        let mut sample = sample();
        sample.fields.insert(field.into(), value);
        Summary.check(&sample).unwrap_err()
    };
    assert_eq!(Summary.check(&sample()), Ok(()));
    assert!(refusal("query", json!(" ")).contains("`query`"));
    assert!(refusal("documents", json!([{"document_index": 1}])).contains("`documents[0]`"));
    assert!(refusal("documents", json!([])).contains("document 2"));
    assert!(refusal("insights", json!([])).contains("`insights`"));
    assert!(refusal("insightid2ref_citations", json!({"i1": [1]})).contains("insights[1]"));
    let mut bare = sample();
    bare.fields.remove("query");
    assert!(Summary.check(&bare).unwrap_err().contains("`query`"));
    bare = sample();
    bare.shards[0].other.clear();
    assert!(Summary.check(&bare).unwrap_err().contains("doc_idxs"));
}
