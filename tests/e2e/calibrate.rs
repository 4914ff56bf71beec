//! `throughline calibrate`: weights fitted to labelled turns, and how well they do on others.

use crate::harness::Sandbox;

const LABELLED: &str = include_str!("../../transcripts/mediation/conversations.jsonl");
const HELD_OUT: &str = include_str!("../../transcripts/mediation/held-out.jsonl");

#[test]
fn a_calibration_is_fitted_validated_and_used() {
    let sandbox = Sandbox::new();
    sandbox.write("labelled.jsonl", LABELLED);
    sandbox.write("held-out.jsonl", HELD_OUT);
    sandbox.write("samples.json", include_str!("../../transcripts/samples/math-revised.json"));
    let arguments = ["calibrate", "labelled.jsonl", "samples.json", "--words", "--quiet", "-o", "fitted.toml"];
    let told = sandbox.run(&[&arguments[..], &["--validate", "held-out.jsonl"]].concat()).good().stdout;
    for part in
        ["removals, cross-validated", "questions, cross-validated", "removals, held out", "AUROC 0.", "Brier 0."]
    {
        assert!(told.contains(part), "{part} is not in:\n{told}");
    }
    sandbox.run(&arguments).refused(&["fitted.toml", "--force"]);

    sandbox.configure("[mediator]\ncalibration = \"fitted.toml\"\n");
    let line = r#"{"id": "a", "turns": [{"user": "A jug holds 40 cups."}, {"user": "sorry, 20 cups"}]}"#;
    let mediated = sandbox.run_with(&["mediate", "-", "--json", "--quiet"], line.to_owned()).good().json_lines();
    assert_eq!(mediated[0]["spec"]["goal"]["text"], "A jug holds 20 cups.");

    sandbox.write("fitted.toml", "earned = \"high\"");
    sandbox.run_with(&["mediate", "-", "--quiet"], line.to_owned()).refused(&["fitted.toml", "earned"]);
}

#[test]
fn labels_without_a_removal_are_refused() {
    let sandbox = Sandbox::new();
    let line = LABELLED.lines().find(|line| line.contains("\"kind\": \"reveal\"")).unwrap();
    sandbox.write("labelled.jsonl", line);
    sandbox
        .run(&["calibrate", "labelled.jsonl", "--words", "--quiet", "-o", "f.toml"])
        .refused(&["takes anything back"]);
}
