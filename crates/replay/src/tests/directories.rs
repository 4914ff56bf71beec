//! Plans and run directories: what is refused, and how it is said.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use throughline_models::CancellationToken;

use super::{Scripted, cast, plan, role, roles, sample_set, toy};
use crate::{
    DirectoryError, ERGO_TAU, Experiment, Grid, Manifest, Plan, PlanError, ReplayError, Roles, RunDirectory, SampleSet,
    Verbatim, setting,
};

fn grid(settings: &[&str], repeats: u32) -> Grid {
    Grid {
        settings: settings.iter().map(|name| setting(name).unwrap()).collect(),
        user: Arc::new(Verbatim),
        repeats,
        seed: 1,
        ergo_tau: ERGO_TAU,
        agreement: 0,
    }
}

fn refusal(samples: SampleSet, grid: Grid, roles: Roles) -> String {
    Plan::with_families([samples], grid, roles, toy).err().unwrap().to_string()
}

#[test]
fn a_plan_that_cannot_be_carried_out_is_refused() {
    let mut twice = sample_set(2);
    twice.samples[1].task_id = "toy/0".into();
    let mut unknown = sample_set(1);
    unknown.samples[0].task = "chess".into();
    let mut bare = sample_set(2);
    bare.samples[1].shards.clear();
    let alone = Roles { assistant: role("parrot"), ..Roles::default() };
    let refusals = [
        refusal(sample_set(0), grid(&["full"], 1), roles()),
        refusal(sample_set(1), grid(&[], 1), roles()),
        refusal(sample_set(1), grid(&["full"], 0), roles()),
        refusal(twice, grid(&["full"], 1), roles()),
        refusal(sample_set(1), grid(&["full", "full"], 1), roles()),
        refusal(bare.clone(), grid(&["full", "sharded"], 1), roles()),
        refusal(sample_set(1), grid(&["mediated"], 1), alone.clone()),
        refusal(sample_set(1), grid(&["free-rewrite"], 1), alone.clone()),
        refusal(sample_set(1), grid(&["ergo"], 1), alone),
        refusal(sample_set(1), Grid { ergo_tau: f64::NAN, ..grid(&["ergo"], 1) }, roles()),
        setting("shraded").err().unwrap().to_string(),
    ];
    insta::assert_snapshot!(refusals.join("\n"));
    assert!(Plan::with_families([bare], grid(&["full", "concat"], 1), roles(), toy).is_ok());
    let unknown = refusal(unknown, grid(&["full"], 1), roles());
    assert!(unknown.starts_with("sample toy/0: there is no task \"chess\"; known are"), "{unknown}");
}

#[test]
fn names_of_runs_depend_on_what_makes_them() {
    let names = |roles: &Roles, seed| -> Vec<String> {
        let plan =
            Plan::with_families([sample_set(1)], Grid { seed, ..grid(&["full", "mediated"], 1) }, roles.clone(), toy);
        plan.unwrap().runs().map(|run| run.conv_id).collect()
    };
    let ours = names(&roles(), 1);
    assert!(ours[0].starts_with("toy/0.full.0."), "{}", ours[0]);
    assert_eq!(ours, names(&roles(), 1));
    let other = names(&roles(), 2);
    assert!(ours[0] != other[0] && ours[1] != other[1], "another seed");
    let other = names(&Roles { assistant: role("owl"), ..roles() }, 1);
    assert!(ours[0] != other[0] && ours[1] != other[1], "another assistant");
    let other = names(&Roles { mediator: Some(role("clerk")), ..roles() }, 1);
    assert!(ours[0] == other[0] && ours[1] != other[1], "another mediator, which full does not hear");
    let other = names(&Roles { rewriter: Some(role("clerk")), ..roles() }, 1);
    assert!(ours == other, "another rewriter, which neither calls");
}

fn open(path: &Path, plan: &Plan) -> Result<RunDirectory, DirectoryError> {
    RunDirectory::open(path, &Manifest::new(plan, toml::Table::new()))
}

#[test]
fn the_manifest_reads_back() {
    let mut config = toml::Table::new();
    config.insert("context".into(), 2048.into());
    let manifest = Manifest::new(&plan(2, &["full", "ergo", "mediated"], 3, 9), config);
    let folder = tempfile::tempdir().unwrap();
    drop(RunDirectory::open(folder.path(), &manifest).unwrap());
    let text = fs::read_to_string(folder.path().join(RunDirectory::MANIFEST)).unwrap();
    assert_eq!(toml::from_str::<Manifest>(&text).unwrap(), manifest);
    insta::assert_snapshot!(text.replace(&manifest.created, "NOW").replace(&manifest.program, "PROGRAM"));
}

#[test]
fn another_experiment_is_told_by_the_field_that_differs() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path(), &plan(2, &["full", "sharded"], 3, 9)).unwrap());
    assert!(open(folder.path(), &plan(2, &["full", "sharded"], 3, 9)).is_ok());
    let mut renamed = sample_set(2);
    renamed.sha256 = "01".into();
    let retold = |samples, roles| {
        let grid = Grid { seed: 9, ..grid(&["full", "sharded"], 3) };
        Plan::with_families([samples], grid, roles, toy).unwrap()
    };
    let others = [
        plan(2, &["full", "sharded"], 3, 8),
        plan(2, &["full", "sharded"], 4, 9),
        plan(2, &["full", "concat"], 3, 9),
        plan(2, &["full", "sharded", "concat"], 3, 9),
        plan(1, &["full", "sharded"], 3, 9),
        retold(renamed, roles()),
        retold(sample_set(2), Roles { mediator: None, ..roles() }),
        retold(sample_set(2), Roles { assistant: role("owl"), ..roles() }),
        plan(2, &["full", "ergo"], 3, 9),
    ];
    assert_eq!(Manifest::new(&others[0], toml::Table::new()).ergo_tau, None, "a threshold that nothing heeds");
    let told = others.iter().map(|plan| match open(folder.path(), plan).unwrap_err() {
        DirectoryError::Mismatch { field, recorded, requested, .. } => format!("{field}: {recorded} -> {requested}"),
        other => panic!("{other}"),
    });
    insta::assert_snapshot!(told.collect::<Vec<_>>().join("\n"));
}

#[test]
fn two_processes_never_share_a_directory() {
    let folder = tempfile::tempdir().unwrap();
    let plan = plan(1, &["full"], 1, 1);
    let first = open(folder.path(), &plan).unwrap();
    assert!(matches!(open(folder.path(), &plan), Err(DirectoryError::Locked { .. })));
    drop(first);
    assert!(open(folder.path(), &plan).is_ok());
}

#[test]
fn a_directory_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file").join("runs");
    fs::write(folder.path().join("file"), "").unwrap();
    let error = open(&path, &plan(1, &["full"], 1, 1)).unwrap_err();
    assert!(matches!(error, DirectoryError::Io { action: "create", .. }), "{error}");
    assert!(error.to_string().contains(&*path.to_string_lossy()));
}

#[test]
fn what_is_damaged_is_named_and_left_alone() {
    let plan = plan(1, &["full"], 1, 1);
    for (file, text, told) in [
        (RunDirectory::TRANSCRIPTS, "{\"conv_id\": 1}\n", "transcripts.jsonl is damaged"),
        (RunDirectory::ERRORS, "{}\n", "errors.jsonl, line 1: missing field"),
        (RunDirectory::MANIFEST, "format = 1\nseed = x\n", "manifest.toml: line 2: "),
        (RunDirectory::MANIFEST, "", "manifest.toml: line 1: missing field"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        drop(open(folder.path(), &plan).unwrap());
        fs::write(folder.path().join(file), text).unwrap();
        let error = open(folder.path(), &plan).unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
        assert_eq!(fs::read_to_string(folder.path().join(file)).unwrap(), text);
    }
}

#[test]
fn a_manifest_of_a_later_form_is_left_to_who_knows_it() {
    let (folder, plan) = (tempfile::tempdir().unwrap(), plan(1, &["full"], 1, 1));
    drop(open(folder.path(), &plan).unwrap());
    let file = folder.path().join(RunDirectory::MANIFEST);
    let later = fs::read_to_string(&file).unwrap().replacen("format = 2", "format = 9", 1);
    fs::write(&file, &later).unwrap();
    let error = open(folder.path(), &plan).unwrap_err().to_string();
    assert!(error.contains("manifest.toml: format 9 is not one of those known here"), "{error}");
    assert_eq!(fs::read_to_string(&file).unwrap(), later);
}

#[test]
fn of_several_differences_that_of_the_settings_is_told() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path(), &plan(1, &["full", "sharded"], 1, 1)).unwrap());
    let error = open(folder.path(), &plan(1, &["full"], 2, 2)).unwrap_err().to_string();
    assert!(error.contains("settings[1]"), "{error}");
}

#[test]
fn transcripts_without_a_manifest_are_not_taken_over() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(RunDirectory::TRANSCRIPTS), "{}\n").unwrap();
    let error = open(folder.path(), &plan(1, &["full"], 1, 1)).unwrap_err();
    assert!(matches!(error, DirectoryError::NoManifest { .. }), "{error}");
}

#[test]
fn a_process_killed_before_its_manifest_leaves_a_usable_directory() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("manifest.toml.new"), "format = ").unwrap();
    fs::write(folder.path().join(RunDirectory::TRANSCRIPTS), "").unwrap();
    assert!(open(folder.path(), &plan(1, &["full"], 1, 1)).is_ok());
}

#[tokio::test]
async fn a_run_is_written_once() {
    let folder = tempfile::tempdir().unwrap();
    let plan = plan(1, &["full"], 1, 1);
    let cast = cast(&Scripted::saying(&["The answer is 4."]));
    let run = plan.runs().next().unwrap();
    let transcript = crate::replay(&run, &cast, &CancellationToken::new()).await.unwrap();
    let mut directory = open(folder.path(), &plan).unwrap();
    directory.record(&transcript).unwrap();
    directory.record(&transcript).unwrap();
    let text = fs::read_to_string(folder.path().join(RunDirectory::TRANSCRIPTS)).unwrap();
    assert_eq!(text.lines().count(), 1);
}

#[test]
fn samples_that_cannot_be_read_are_named() {
    let error = SampleSet::load(Path::new("/nowhere/toys.json")).unwrap_err();
    assert!(matches!(&error, PlanError::ReadSamples { .. }));
    assert_eq!(error.to_string(), "cannot read /nowhere/toys.json");
    let plan = plan(1, &["full"], 1, 1);
    let refused = Experiment::open(Path::new("/dev/null/x"), plan, [cast(&Scripted::saying(&[]))], toml::Table::new());
    assert!(matches!(refused.err(), Some(ReplayError::Directory(DirectoryError::Io { .. }))));
}
