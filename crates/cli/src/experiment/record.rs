//! What was asked for, kept in the run directory: `runs retry-errors` goes on from it, and so does whoever wants to know.

use std::io::Write as _;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, ensure};
use throughline_scorer::Output;

use super::ExperimentFile;
use crate::config::{Config, RolesSection};

/// The file's name in a run directory.
const FILE: &str = "experiment.toml";

const HEAD: &str = "# What was last asked for here. `throughline replay` takes this file as an experiment as well.\n";

/// What was last asked for in a run directory.
pub(crate) fn recorded(directory: &Path) -> anyhow::Result<ExperimentFile> {
    let path = directory.join(FILE);
    ensure!(
        path.is_file(),
        "{} does not say what was asked for: it has no {FILE}; give the `throughline replay` of then again, which tries failed runs again as well",
        directory.display()
    );
    ExperimentFile::read(&path)
}

/// Writes down what is asked for. Samples that are in no file cannot be asked for again, and are not written down.
pub(super) fn write(directory: &Path, file: &ExperimentFile, config: &Config) -> anyhow::Result<()> {
    if !file.samples.iter().all(|samples| samples.file.is_file()) {
        return Ok(());
    }
    let mut file = file.clone();
    let folder = directory.canonicalize().with_context(|| format!("cannot find {}", directory.display()))?;
    file.each_path(|path| {
        // A pattern is no path that is there.
        let whole = path.canonicalize().or_else(|_| std::path::absolute(path));
        whole.map_or_else(|_| path.to_owned(), |path| seen_from(&folder, &path))
    });
    let name = |name: &str| Some(if config.models.contains_key(name) { name.to_owned() } else { place(name) });
    file.roles = RolesSection {
        mediator: name(&config.mediator.value),
        assistant: name(&config.assistant.value),
        rewriter: config.rewriter.value.as_deref().and_then(name),
        planner: config.planner.value.as_deref().and_then(name),
        user: config.user.value.as_deref().and_then(name),
        judge: config.judge.value.as_deref().and_then(name),
        refiner: None,
        sharder: None,
    };
    let text = format!("{HEAD}{}", toml::to_string(&file)?);
    let path = directory.join(FILE);
    if std::fs::read_to_string(&path).is_ok_and(|held| held == text) {
        return Ok(());
    }
    let mut output = Output::create(&path, true)?;
    let written = output.write_all(text.as_bytes());
    written.with_context(|| format!("cannot write {}; make room on the disk", path.display()))?;
    output.finish()?;
    Ok(())
}

/// A model's name, or where its file is whatever the current folder.
fn place(name: &str) -> String {
    let path = Path::new(name);
    let file = if path.is_file() { path.canonicalize().ok() } else { None };
    file.map_or_else(|| name.to_owned(), |path| path.display().to_string())
}

/// A path as seen from a folder, both absolute: what lies in the same part of the disk stays findable when that is moved.
fn seen_from(folder: &Path, path: &Path) -> PathBuf {
    let shared = folder.components().zip(path.components()).take_while(|(one, other)| one == other).count();
    let named = folder.components().take(shared).any(|part| matches!(part, Component::Normal(_)));
    if !named {
        return path.to_owned();
    }
    let up = folder.components().skip(shared).map(|_| Component::ParentDir);
    up.chain(path.components().skip(shared)).collect()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn paths_are_seen_from_the_folder_where_they_have_a_part_in_common() {
        let seen = |path| seen_from(Path::new("/srv/runs/first"), Path::new(path));
        assert_eq!(seen("/srv/samples/math.json"), Path::new("../../samples/math.json"));
        assert_eq!(seen("/srv/runs/first/math.json"), Path::new("math.json"));
        assert_eq!(seen("/home/math.json"), Path::new("/home/math.json"));
    }
}
