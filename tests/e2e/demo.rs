//! `throughline demo`.

use crate::harness::Sandbox;
use crate::replay::cells;

#[test]
fn the_demo_prints_its_table_and_what_is_next() {
    let sandbox = Sandbox::new();
    let demo = sandbox.run(&["demo", "--output", "run"]).good();
    for setting in ["full", "concat", "sharded", "mediated"] {
        let row = demo.stdout.lines().find(|line| line.contains("math") && line.contains(&format!(" {setting} ")));
        assert!(row.is_some_and(|row| row.contains("small")), "no row {setting}: {}", demo.stdout);
    }
    for words in
        ["run/transcripts.jsonl", "throughline mediate run/transcripts.jsonl", "throughline chat", "qwen2.5-coder-1.5b"]
    {
        assert!(demo.stdout.contains(words), "{words} is not in {}", demo.stdout);
    }
    assert!(demo.stderr.contains("Replaying 6 instructions with small"), "{}", demo.stderr);
    assert_eq!(cells(&sandbox).len(), 24);

    let again = sandbox.run(&["demo", "--output", "run"]).good();
    assert!(again.stderr.contains("All runs were there before; delete run to replay them."), "{}", again.stderr);
    assert_eq!(again.stdout, demo.stdout, "the same table");
}
