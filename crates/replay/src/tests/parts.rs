//! Parts of an experiment, several assistants in one, and merging.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use throughline_models::{CancellationToken, ModelError};

use super::experiments::{assert_complete, complete, failures, transcripts};
use super::{Scripted, ScriptedListener, cast, plan, role, roles, sample_set, toy};
use crate::{Experiment, Outcome, Plan, PlannedRun, RunDirectory, Shard, Summary, Unlike, attempt, merge};

const SETTINGS: [&str; 2] = ["full", "sharded"];

fn shard(text: &str) -> Shard {
    text.parse().unwrap()
}

fn part(text: &str) -> Plan {
    plan(5, &SETTINGS, 2, 1).sharded(shard(text)).unwrap()
}

#[test]
fn parts_make_up_the_whole_and_keep_pairs_together() {
    let whole: HashSet<String> = plan(5, &SETTINGS, 2, 1).runs().map(|run| run.conv_id).collect();
    let mut seen = HashSet::new();
    for text in ["1/3", "2/3", "3/3"] {
        let part = part(text);
        assert_eq!(part.runs().count(), part.len());
        let record = part.shard().unwrap();
        assert_eq!(part.len(), record.samples.len() * 4, "every setting and repeat of a sample");
        for run in part.runs() {
            assert!(whole.contains(&run.conv_id) && seen.insert(run.conv_id), "the same names as in the whole");
        }
    }
    assert_eq!(seen, whole);
    let error = plan(2, &SETTINGS, 1, 1).sharded(shard("3/3")).err().unwrap().to_string();
    assert!(error.contains("--shard 3/3") && error.contains("at most 2"), "{error}");
}

#[test]
fn a_run_is_found_by_its_name() {
    let plan = plan(11, &SETTINGS, 2, 1).comparing([role("owl")]).unwrap();
    assert_eq!(plan.len(), 88);
    for run in plan.runs() {
        let found = plan.find(&run.conv_id).unwrap();
        let what = |run: &PlannedRun<'_>| (run.sample.task_id.clone(), run.setting.name(), run.repeat, run.assistant);
        assert_eq!(what(&found), what(&run));
    }
    assert!(plan.find("toy/1.full.0.000000000000").is_none());
    assert!(plan.comparing([role("parrot")]).is_err(), "an assistant twice");
}

#[test]
fn samples_may_come_from_several_files() {
    let mut more = sample_set(3);
    more.samples.remove(0);
    more.samples.remove(0);
    more.file = "more.json".into();
    let grid = plan(1, &SETTINGS, 1, 1).grid().clone();
    let plan = Plan::with_families([sample_set(2), more.clone()], grid.clone(), roles(), toy).unwrap();
    let files: Vec<_> = plan.runs().map(|run| run.file.to_owned()).collect();
    assert_eq!(files, ["toys.json", "toys.json", "toys.json", "toys.json", "more.json", "more.json"]);
    let twice = Plan::with_families([more.clone(), more], grid, roles(), toy).err().unwrap();
    assert_eq!(twice.to_string(), "sample \"toy/2\" is given twice");
}

#[tokio::test]
async fn assistants_are_compared_in_one_directory() {
    let folder = tempfile::tempdir().unwrap();
    let plan = plan(2, &SETTINGS, 1, 1).comparing([role("owl")]).unwrap();
    let [right, wrong] = ["The answer is 4.", "The answer is 5."].map(|text| cast(&Scripted::saying(&[text])));
    assert!(Experiment::open(folder.path(), plan.clone(), [right.clone()], toml::Table::new()).is_err());
    let mut experiment = Experiment::open(folder.path(), plan.clone(), [right, wrong], toml::Table::new()).unwrap();
    let summary = experiment.run(|_| {}, &CancellationToken::new()).await.unwrap();
    assert_eq!(summary, Summary { finished: 8, ..Summary::default() });
    assert_complete(folder.path(), &plan);
    let tally = experiment.directory().tally().clone();
    let scores: Vec<_> = tally.scores.iter().map(|((who, _), scores)| (who.as_str(), scores.mean())).collect();
    assert_eq!(scores, [("owl", Some(0.0)), ("owl", Some(0.0)), ("parrot", Some(1.0)), ("parrot", Some(1.0))]);
    drop(experiment);
    let overview = RunDirectory::look(folder.path()).unwrap();
    assert_eq!((overview.manifest.runs(), &overview.tally), (8, &tally));
}

#[tokio::test]
async fn a_single_run_can_be_carried_out_by_name() {
    let plan = plan(2, &SETTINGS, 1, 1);
    let name = plan.runs().nth(3).unwrap().conv_id;
    let cast = cast(&Scripted::saying(&["The answer is 4."])).with_mediator(ScriptedListener::asking(&[]));
    let outcome = attempt(&plan.find(&name).unwrap(), &cast, &CancellationToken::new()).await;
    let Outcome::Finished(transcript) = outcome else { panic!() };
    assert_eq!(transcript.conv_id, name);
}

/// The parts 1/2 and 2/2 in folders, the second one with a run that failed.
async fn two_parts(folder: &Path) -> [PathBuf; 2] {
    let paths = ["one", "two"].map(|name| folder.join(name));
    let sound = Scripted::saying(&["The answer is 4."]);
    complete(&paths[0], part("1/2"), &sound).await;
    let broken = Scripted::new(|_, call| {
        Some(if call == 0 { Err(ModelError::CutStream) } else { Ok("The answer is 4.".into()) })
    });
    let summary = complete(&paths[1], part("2/2"), &broken).await;
    assert_eq!(summary.failed, 1);
    paths
}

#[tokio::test]
async fn parts_merge_into_the_whole_which_can_be_continued() {
    let folder = tempfile::tempdir().unwrap();
    let parts = two_parts(folder.path()).await;
    let whole = folder.path().join("whole");
    let merged = merge(&parts, &whole, Unlike::Refuse).unwrap();
    assert_eq!((merged.finished, merged.failed, merged.earlier, merged.runs), (19, 1, 0, 20));
    let text = || fs::read_to_string(whole.join(RunDirectory::TRANSCRIPTS)).unwrap();
    let lines: String =
        parts.iter().map(|part| fs::read_to_string(part.join(RunDirectory::TRANSCRIPTS)).unwrap()).collect();
    assert_eq!(text(), lines, "line by line as they were");

    // Again, and with a part that has grown: nothing is there twice.
    assert_eq!(merge(&parts, &whole, Unlike::Refuse).unwrap().earlier, 19);
    assert_eq!((text(), failures(&whole).len()), (lines, 1));
    let model = Scripted::saying(&["The answer is 4."]);
    complete(&parts[1], part("2/2"), &model).await;
    let merged = merge(&parts, &whole, Unlike::Refuse).unwrap();
    assert_eq!((merged.finished, merged.failed, merged.earlier), (20, 0, 19));
    let other = folder.path().join("other");
    merge(&parts, &other, Unlike::Refuse).unwrap();
    assert!(failures(&other).is_empty(), "the error of a run that is finished by now");

    let plan = plan(5, &SETTINGS, 2, 1);
    assert_complete(&whole, &plan);
    assert_eq!(complete(&whole, plan, &model).await, Summary { earlier: 20, ..Summary::default() });
}

#[tokio::test]
async fn a_merged_directory_is_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let parts = two_parts(folder.path()).await;
    let whole = folder.path().join("whole");
    merge(&parts[..1], &whole, Unlike::Refuse).unwrap();
    let plan = plan(5, &SETTINGS, 2, 1);
    let summary = complete(&whole, plan.clone(), &Scripted::saying(&["The answer is 4."])).await;
    assert_eq!(summary.earlier + summary.finished, 20);
    assert_complete(&whole, &plan);
}

#[tokio::test]
async fn what_cannot_be_merged_is_named_and_nothing_written() {
    let folder = tempfile::tempdir().unwrap();
    let parts = two_parts(folder.path()).await;
    let model = Scripted::saying(&["The answer is 4."]);
    let [other, again] = ["other", "again"].map(|name| folder.path().join(name));
    complete(&other, plan(5, &SETTINGS, 2, 7).sharded(shard("2/2")).unwrap(), &model).await;
    complete(&again, part("1/2"), &Scripted::saying(&["The answer is 5."])).await;
    let name = transcripts(&again)[0].conv_id.clone();
    let whole = folder.path().join("whole");
    for (inputs, told) in [
        (vec![parts[0].clone(), other], vec!["other holds another experiment", "seed is 7 there and 1"]),
        (vec![parts[0].clone(), again], vec![name.as_str(), "one", "again", "not the same"]),
        (vec![parts[0].clone(), folder.path().join("none")], vec!["none is no run directory"]),
        (vec![], vec!["at least one"]),
    ] {
        let error = merge(&inputs, &whole, Unlike::Refuse).unwrap_err().to_string();
        assert!(told.iter().all(|words| error.contains(words)), "{error}");
        assert!(!whole.exists());
    }
    let error = merge(&parts, &parts[1], Unlike::Refuse).unwrap_err().to_string();
    assert!(error.contains("two is to be merged and to hold what is merged"), "{error}");
}

#[tokio::test]
async fn a_part_that_is_being_written_is_merged_as_far_as_it_is_whole() {
    let folder = tempfile::tempdir().unwrap();
    let parts = two_parts(folder.path()).await;
    let file = parts[0].join(RunDirectory::TRANSCRIPTS);
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, &text[..text.len() - 10]).unwrap();
    let before = transcripts(&parts[1]).len();
    let merged = merge(&parts, &folder.path().join("whole"), Unlike::Refuse).unwrap();
    assert_eq!(merged.finished, text.lines().count() - 1 + before);
    assert_eq!(fs::read_to_string(&file).unwrap().len(), text.len() - 10, "what is merged is left as it is");
}
