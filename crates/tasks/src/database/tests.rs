use std::fs;
use std::path::Path;

use proptest::prelude::*;
use rusqlite::Connection;
use serde_json::json;
use tempfile::TempDir;

use super::Database;
use super::compare::same;
use super::query::{Budget, Cell, Table, run};
use super::words::{first_without_distinct, joined, with_values};
use crate::{Environment, EvaluationError, Sample, TaskFamily, read_samples};

const TABLES: &str = "CREATE TABLE pets (name TEXT, kind TEXT, age INTEGER, weight REAL);
    INSERT INTO pets VALUES ('Rex', 'dog', 3, 20.5), ('Tom', 'cat', 5, 4.0), ('Mia', 'cat', 2, 3.5), ('Ben', 'dog', 3, 9.0);";

fn sample(reference: &str) -> Sample {
    let sample = json!({
        "task_id": "t", "task": "database", "db_id": "pets", "schema_sql": "CREATE TABLE pets (...)",
        "fully_specified_question": "Which pets?", "reference_sql": reference,
        "shards": [{"shard_id": 1, "shard": "pets"}],
    });
    serde_json::from_value(sample).unwrap()
}

/// A folder with the database, made by statements.
fn environment() -> (TempDir, Environment) {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("pets")).unwrap();
    fs::write(folder.path().join("pets/pets.sql"), TABLES).unwrap();
    let environment =
        Environment { databases: vec!["/no/such".into(), folder.path().into()], ..Environment::default() };
    (folder, environment)
}

/// Judges a query: what is wrong with it, if anything.
#[track_caller]
fn judge(reference: &str, query: &str) -> Option<String> {
    let (_folder, environment) = environment();
    let judged = Database.evaluate(&sample(reference), query, &environment).unwrap();
    let error = judged.details["error"].as_str().map(str::to_owned);
    assert_eq!(judged.score >= 1.0, error.is_none());
    error
}

#[test]
fn the_prompts_hold_the_instruction_and_the_tables() {
    let sample = sample("SELECT 1");
    assert_eq!(Database.full_prompt(&sample), "Which pets?");
    assert_eq!(
        Database.concat_prompt(&sample, &["pets", "old ones"]),
        "Write the query that these pieces ask for:\n- pets\n- old ones"
    );
    assert!(Database.system_prompt(&sample).ends_with("CREATE TABLE pets (...)"));
    assert!(Database.exact_words() && !Database.runs_code());
}

#[test]
fn queries_are_found_in_replies() {
    for (reply, answer) in [
        ("```sql\nSELECT 1;\n```", Some("SELECT 1;")),
        (
            "First:\n```sql\nSELECT 1\n```\nBetter:\n```\nwith a as (select 2)\nselect * from a\n```\nRun it:\n```sh\nsqlite3\n```",
            Some("with a as (select 2)\nselect * from a"),
        ),
        ("```sql\n-- all of them\n(SELECT 1)\n```", Some("-- all of them\n(SELECT 1)")),
        ("The query is\nSELECT name\nFROM pets;\nIt lists names.", Some("SELECT name\nFROM pets")),
        ("select a from b\n\nwith kind regards", Some("select a from b")),
        ("With more details I could help.", None),
        ("Which table do you mean?", None),
        ("```sql\nSELECT", Some("SELECT")),
        ("```python\nx\n```", None),
        ("", None),
    ] {
        assert_eq!(Database.extract(&sample("SELECT 1"), reply).as_deref(), answer, "{reply}");
    }
}

#[test]
fn a_query_is_right_when_its_result_is() {
    for (reference, query) in [
        ("SELECT name FROM pets WHERE age = 3", "select NAME from Pets where age between 3 and 3;"),
        // Rows in any order, columns in any order, whole numbers with and without decimals.
        ("SELECT name, age FROM pets", "SELECT age, name FROM pets ORDER BY name DESC"),
        ("SELECT COUNT(*) FROM pets", "SELECT COUNT(*) * 1.0 FROM pets"),
        ("SELECT name FROM pets ORDER BY age, name", "SELECT name FROM pets ORDER BY age, name"),
        // Without rows all results are the same.
        ("SELECT name FROM pets WHERE age > 99", "SELECT age, kind FROM pets WHERE name = 'Nobody' OR 1 = 0"),
        // DISTINCT counts for nothing.
        ("SELECT DISTINCT kind FROM pets", "SELECT kind FROM pets"),
        ("SELECT COUNT(DISTINCT kind) FROM pets", "SELECT COUNT(kind) FROM pets"),
        // Nor do values.
        (
            "SELECT name FROM pets WHERE kind = 'cat' AND age > 2",
            "SELECT name FROM pets WHERE kind = 'Cats' AND age > 20",
        ),
        ("SELECT name FROM pets WHERE kind = \"dog\" LIMIT 1", "SELECT name FROM pets WHERE kind = 'x' LIMIT 7"),
        // Of several statements the first counts, and only its values are others.
        (
            "SELECT name FROM pets WHERE age = 3",
            "SELECT name FROM pets WHERE age = 4; SELECT kind FROM pets WHERE age = 5",
        ),
        // Signs of comparisons that fell apart.
        ("SELECT name FROM pets WHERE age >= 3", "SELECT name FROM pets WHERE age > = 3"),
        ("SELECT name FROM pets", "WITH all_of AS (SELECT * FROM pets) SELECT name FROM all_of -- done"),
    ] {
        assert_eq!(judge(reference, query), None, "{reference} and {query}");
    }
}

#[test]
fn values_are_judged_where_the_sample_says_so() {
    let (_folder, environment) = environment();
    let mut sample = sample("SELECT name FROM pets WHERE age = 5");
    let judged = |sample: &Sample, query: &str| Database.evaluate(sample, query, &environment).unwrap().score >= 1.0;
    let guessed = "SELECT name FROM pets WHERE age = 2";
    assert!(judged(&sample, guessed));
    for (plugs, right) in [(true, true), (false, false)] {
        sample.fields.insert("plug_value".into(), plugs.into());
        assert_eq!(judged(&sample, guessed), right);
        assert!(judged(&sample, "SELECT name FROM pets WHERE age = 5") && Database.check(&sample).is_ok());
    }
    sample.fields.insert("plug_value".into(), "no".into());
    assert!(Database.check(&sample).unwrap_err().contains("`plug_value` holds `\"no\"`"));
}

#[test]
fn statements_make_a_database_and_nothing_else() {
    let (folder, environment) = environment();
    let outside = folder.path().join("outside.db");
    let endless = "CREATE TABLE pets AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT i FROM n";
    for (statements, said) in [
        (format!("ATTACH '{}' AS other; CREATE TABLE other.t (a)", outside.display()), "not authorized"),
        (format!("{TABLES} VACUUM INTO '{}'", outside.display()), "authorization denied"),
        (endless.to_owned(), "interrupted"),
    ] {
        fs::write(folder.path().join("pets/pets.sql"), &statements).unwrap();
        let refused = Database.evaluate(&sample("SELECT 1"), "SELECT 1", &environment).unwrap_err().to_string();
        assert!(refused.contains(said) && refused.contains("pets.sql"), "{statements}: {refused}");
        assert!(!outside.exists(), "{statements}");
    }
}

#[test]
fn a_query_is_wrong_when_its_result_differs_or_it_fails() {
    let names = "SELECT name FROM pets";
    for (reference, query, said) in [
        ("SELECT name FROM pets ORDER BY age, name", "SELECT name FROM pets ORDER BY age, name DESC", "another result"),
        (
            names,
            "SELECT name FROM pets WHERE kind = 'cat'",
            "another result: 2 rows of 1 (\"Tom\") (\"Mia\"), not 4 rows",
        ),
        (names, "SELECT name, age FROM pets", "another result: 4 rows of 2"),
        (names, "SELECT upper(name) FROM pets", "another result"),
        ("SELECT kind FROM pets", "SELECT kind FROM pets GROUP BY kind", "another result: 2 rows"),
        (names, "SELECT nme FROM pets", "no such column: nme"),
        (names, "SELECT name FROM pest", "no such table: pest"),
        (names, "SELEC name", "syntax error"),
        (names, "", "there is no query"),
        (names, "SELECT kind FROM pets; SELECT name FROM pets", "another result"),
        (names, "SELECT 'unclosed FROM pets", "unrecognized token"),
    ] {
        let error = judge(reference, query).unwrap_or_default();
        assert!(error.contains(said), "{query}: {error}");
    }
}

#[test]
fn queries_can_only_read_and_not_without_end() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pets.sqlite");
    Connection::open(&file).unwrap().execute_batch(TABLES).unwrap();
    let before = fs::read(&file).unwrap();
    let other = folder.path().join("other.sqlite");
    let other = other.to_str().unwrap();
    for query in [
        "DELETE FROM pets",
        "INSERT INTO pets VALUES ('x', 'x', 1, 1)",
        "DROP TABLE pets",
        "CREATE TEMP TABLE t (x)",
        "PRAGMA user_version = 7",
        "PRAGMA table_info(pets)",
        "SELECT * FROM pragma_table_info('pets')",
        &format!("ATTACH '{other}' AS other"),
        &format!("VACUUM INTO '{other}'"),
        "SELECT load_extension('libm')",
        "BEGIN EXCLUSIVE",
        "WITH RECURSIVE t(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM t) SELECT COUNT(*) FROM t",
        "WITH RECURSIVE t(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM t) SELECT x FROM t",
        "SELECT zeroblob(1000000000)",
        "WITH RECURSIVE t(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM t LIMIT 100) SELECT zeroblob(60000000) FROM t",
        "SELECT writefile('x', 'y')",
    ] {
        let connection = super::source::Source::File(file.clone()).open().unwrap();
        let error = run(&connection, query, &Budget::default()).unwrap_err();
        assert!(!error.is_empty() && !error.contains('\n'), "{query}: {error}");
    }
    assert_eq!(fs::read(&file).unwrap(), before);
    assert!(!Path::new(other).exists());
}

#[test]
fn every_sqlite_file_of_a_database_counts() {
    let folder = tempfile::tempdir().unwrap();
    let databases = folder.path().join("pets");
    fs::create_dir(&databases).unwrap();
    for (name, more) in [("pets", ""), ("pets_2", "INSERT INTO pets VALUES ('Zoe', 'dog', 12, 1.0);")] {
        let connection = Connection::open(databases.join(format!("{name}.sqlite"))).unwrap();
        connection.execute_batch(&format!("{TABLES}{more}")).unwrap();
    }
    let environment = Environment { databases: vec![folder.path().into()], ..Environment::default() };
    let sample = sample("SELECT name FROM pets WHERE age < 6");
    assert!(Database.ready(&sample, &environment).is_ok());
    let score = |query| Database.evaluate(&sample, query, &environment).unwrap().score;
    assert!(score("SELECT name FROM pets WHERE age <= 5") >= 1.0);
    // Right on the first alone.
    assert!(score("SELECT name FROM pets") <= 0.0);
}

#[test]
fn what_is_missing_or_broken_is_no_verdict() {
    let (folder, environment) = environment();
    let judged = |sample: &Sample, environment: &Environment| {
        let [ready, judged] =
            [Database.ready(sample, environment).err(), Database.evaluate(sample, "SELECT 1", environment).err()];
        let (ready, judged) = (ready.unwrap(), judged.unwrap());
        assert_eq!(ready.to_string(), judged.to_string());
        judged
    };
    let error = judged(&sample("SELECT 1"), &Environment::default());
    assert!(
        matches!(&error, EvaluationError::NoDatabase { .. }) && error.to_string().contains("pets/pets.sqlite"),
        "{error}"
    );
    let error = judged(&sample("SELECT colour FROM pets"), &environment);
    assert!(
        matches!(&error, EvaluationError::Sample { .. }) && error.to_string().contains("no such column"),
        "{error}"
    );
    fs::write(folder.path().join("pets/pets.sqlite"), "this is no database, whatever its name says").unwrap();
    let error = judged(&sample("SELECT name FROM pets"), &environment);
    assert!(error.to_string().contains("not a database"), "{error}");
}

#[test]
fn samples_that_cannot_be_used_are_refused() {
    for (field, value, said) in [
        ("reference_sql", json!(""), "`reference_sql` is empty"),
        ("schema_sql", json!(null), "`schema_sql`"),
        ("db_id", json!("../../etc"), "`db_id` holds `../../etc`"),
        ("fully_specified_question", json!([[]]), "`fully_specified_question`"),
    ] {
        let mut sample = sample("SELECT 1");
        sample.fields.insert(field.into(), value);
        assert!(Database.check(&sample).unwrap_err().contains(said), "{field}");
        assert!(read_samples(serde_json::to_string(&[sample]).unwrap().as_bytes()).is_err());
    }
}

#[test]
fn queries_are_rewritten_word_by_word() {
    assert_eq!(
        first_without_distinct("SELECT DISTINCT a, 'distinct' FROM \"distinct\""),
        "SELECT  a, 'distinct' FROM \"distinct\""
    );
    assert_eq!(first_without_distinct("SELECT 'unclosed"), "SELECT 'unclosed");
    assert_eq!(joined("a > = 1 AND b ! = 2"), "a >= 1 AND b != 2");
    let plugged: Vec<String> =
        with_values("SELECT a WHERE b = 1 AND c = 'it''s'", "WHERE x = 'y''s' AND z = 2").collect();
    assert_eq!(
        plugged,
        [
            "SELECT a WHERE b = 'y''s' AND c = 'y''s'",
            "SELECT a WHERE b = 2 AND c = 'y''s'",
            "SELECT a WHERE b = 'y''s' AND c = 2",
            "SELECT a WHERE b = 2 AND c = 2",
        ]
    );
    assert_eq!(with_values("SELECT a", "WHERE x = 1").count(), 0);
    assert_eq!(with_values(&"1 ".repeat(100), "1 2 3").count(), 1000);
    let same = |one, other| Database.same_answer(&sample("SELECT 1"), one, other);
    assert!(same("SELECT a FROM b;", "select  A\nfrom b -- all"));
    assert!(!same("SELECT a FROM b WHERE c = 'x'", "SELECT a FROM b WHERE c = 'X'"));
}

fn table(rows: Vec<Vec<i64>>) -> Table {
    let columns = rows.first().map_or(0, Vec::len);
    Table { columns, rows: rows.into_iter().map(|row| row.into_iter().map(Cell::Integer).collect()).collect() }
}

/// Tries every order of columns.
fn same_by_force(one: &Table, other: &Table, ordered: bool) -> bool {
    fn orders(left: &[usize]) -> Vec<Vec<usize>> {
        if left.is_empty() {
            return vec![Vec::new()];
        }
        let begun = left.iter().flat_map(|&first| {
            let rest: Vec<usize> = left.iter().copied().filter(|&place| place != first).collect();
            orders(&rest).into_iter().map(move |rest| [vec![first], rest].concat())
        });
        begun.collect()
    }
    one.columns == other.columns
        && orders(&(0..one.columns).collect::<Vec<_>>()).into_iter().any(|order| {
            let mut turned: Vec<Vec<Cell>> =
                other.rows.iter().map(|row| order.iter().map(|&place| row[place].clone()).collect()).collect();
            let mut rows = one.rows.clone();
            if !ordered {
                rows.sort();
                turned.sort();
            }
            rows == turned
        })
}

fn small() -> impl Strategy<Value = Vec<Vec<i64>>> {
    (1_usize..5).prop_flat_map(|columns| prop::collection::vec(prop::collection::vec(0_i64..3, columns), 1..5))
}

proptest! {
    #[test]
    fn results_are_compared_as_every_order_of_columns_would(one in small(), seed: u64, change in any::<bool>(), ordered: bool) {
        // The other has its columns and rows in another order, and perhaps one other value.
        let columns = one[0].len();
        let turn = usize::try_from(seed % 7).unwrap();
        let mut rows: Vec<Vec<i64>> = one.iter().map(|row| (0..columns).rev().map(|place| row[(place + turn) % columns]).collect()).collect();
        if turn % 2 == 1 {
            rows.rotate_left(turn % one.len());
        }
        if change {
            rows[0][turn % columns] = i64::from(turn % 3 == 0);
        }
        let (one, other) = (table(one), table(rows));
        prop_assert_eq!(same(&one, &other, ordered), same_by_force(&one, &other, ordered));
    }

    #[test]
    fn no_reply_and_no_query_is_too_much(reply in "(```(sql|\n)?|SELECT |name|FROM pets|;|\n|'|\"|--|/\\*|WITH a AS \\(|é|1){0,12}") {
        let answer = Database.extract(&sample("SELECT 1"), &reply).unwrap_or(reply);
        let (_folder, environment) = environment();
        let judged = Database.evaluate(&sample("SELECT name FROM pets WHERE age > 2"), &answer, &environment).unwrap();
        prop_assert!(judged.details.is_object());
        prop_assert!(Database.same_answer(&sample("SELECT 1"), &answer, &answer));
    }
}

#[test]
fn numbers_are_the_same_where_their_values_are() {
    let value = |text: &str| {
        let connection = Connection::open_in_memory().unwrap();
        run(&connection, &format!("SELECT {text}"), &Budget::default()).unwrap()
    };
    for (one, other, equal) in [
        ("1", "1.0", true),
        ("-0.0", "0", true),
        ("0.1 + 0.2", "0.3", false),
        ("9007199254740993", "9007199254740992.0", false),
        ("1", "'1'", false),
        ("NULL", "NULL", true),
        ("NULL", "0", false),
        ("'a'", "x'61'", false),
        ("1e300", "1e300", true),
    ] {
        assert_eq!(same(&value(one), &value(other), false), equal, "{one} and {other}");
    }
    let shown = value("1, 2.5, 'x', NULL, x'00'").to_string();
    assert_eq!(shown, "1 rows of 5 (1, 2.5, \"x\", NULL, 1 bytes)");
}
