//! What a user may write to name a model.

use std::path::{Path, PathBuf};

use super::{Catalogue, Entry, ResolveError, Source};

/// What a model reference means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// A file that is there.
    File(PathBuf),
    /// A model that [`fetch`](super::fetch) puts in place, or finds there.
    Model(Entry),
}

/// What a model reference means, with the embedded catalogue: see [`resolve_in`].
///
/// # Errors
/// As [`resolve_in`].
pub fn resolve(reference: &str, dir: &Path) -> Result<Resolved, ResolveError> {
    resolve_in(&Catalogue::embedded()?, reference, dir)
}

/// What a model reference means. The first that fits counts:
///
/// 1. a name of the catalogue;
/// 2. a path to a file, also one relative to the models' directory `dir`;
/// 3. a hub file: `OWNER/REPO/FILE.gguf` or `OWNER/REPO:FILE.gguf`, where `FILE` may lie in folders.
///
/// Nothing is fetched and no network is asked.
///
/// # Errors
/// [`ResolveError`] when nothing fits, with the names that would.
pub fn resolve_in(catalogue: &Catalogue, reference: &str, dir: &Path) -> Result<Resolved, ResolveError> {
    if let Some(entry) = catalogue.find(reference) {
        return Ok(Resolved::Model(entry.clone()));
    }
    let path = Path::new(reference);
    if path.is_file() {
        return Ok(Resolved::File(path.to_owned()));
    }
    let inside = dir.join(path);
    if is_plain_path(reference) && inside.is_file() {
        return Ok(Resolved::File(inside));
    }
    if let Some((repo, file)) = parse_hub(reference) {
        let listed = catalogue.entries().iter().find(
            |entry| matches!(&entry.source, Source::Hub { repo: r, file: f } if (r.as_str(), f.as_str()) == (repo, file)),
        );
        return Ok(Resolved::Model(listed.cloned().unwrap_or_else(|| Entry::from_hub(repo, file))));
    }
    if path.is_dir() {
        return Err(ResolveError::Directory { path: path.to_owned() });
    }
    let known = catalogue.entries().iter().map(|entry| entry.name.as_str()).collect::<Vec<_>>().join(", ");
    Err(ResolveError::Unknown { reference: reference.into(), known })
}

/// Repository and file of a hub name; `None` where it is none.
pub(super) fn parse_hub(reference: &str) -> Option<(&str, &str)> {
    let (repo, file) = if let Some(parts) = reference.split_once(':') {
        parts
    } else {
        let owner = reference.find('/')?;
        let name = owner + 1 + reference[owner + 1..].find('/')?;
        (&reference[..name], &reference[name + 1..])
    };
    let gguf = Path::new(file).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gguf"));
    (is_plain_path(repo) && repo.split('/').count() == 2 && is_plain_path(file) && gguf).then_some((repo, file))
}

/// Whether this is a relative path of names that are safe in a file system and in an address: letters, digits and
/// `. _ - +`, none that starts with a dot.
pub(super) fn is_plain_path(path: &str) -> bool {
    path.split('/').all(|name| {
        !name.is_empty()
            && !name.starts_with('.')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || "._-+".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn meaning(reference: &str) -> Result<Resolved, String> {
        resolve(reference, Path::new("/nowhere")).map_err(|error| error.to_string())
    }

    fn hub_file(reference: &str) -> (String, String) {
        match meaning(reference) {
            Ok(Resolved::Model(Entry { source: Source::Hub { repo, file }, .. })) => (repo, file),
            other => panic!("{reference} means {other:?}"),
        }
    }

    #[test]
    fn a_name_of_the_catalogue_comes_first() {
        let Ok(Resolved::Model(entry)) = meaning("SmolLM2") else { panic!("not a catalogue entry") };
        assert_eq!(entry.name, "smollm2");
    }

    #[test]
    fn files_are_found_as_given_and_in_the_models_directory() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("mine.gguf");
        std::fs::write(&path, "GGUF").expect("the file is written");
        let text = path.to_str().expect("a plain path");
        assert_eq!(meaning(text), Ok(Resolved::File(path.clone())));
        assert_eq!(resolve("mine.gguf", dir.path()).ok(), Some(Resolved::File(path)));
    }

    #[test]
    fn hub_files_are_written_in_two_ways() {
        let expected = ("someone/some-model-GGUF".to_owned(), "q4/model-q4_k_m.gguf".to_owned());
        assert_eq!(hub_file("someone/some-model-GGUF/q4/model-q4_k_m.gguf"), expected);
        assert_eq!(hub_file("someone/some-model-GGUF:q4/model-q4_k_m.gguf"), expected);
    }

    #[test]
    fn a_hub_file_that_the_catalogue_lists_keeps_its_hash() {
        let listed = "Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF/qwen2.5-coder-1.5b-instruct-q4_k_m.gguf";
        let Ok(Resolved::Model(entry)) = meaning(listed) else { panic!("not a model") };
        assert!(entry.sha256.is_some());
    }

    #[test]
    fn what_fits_nothing_gets_the_names_that_would() {
        for reference in
            ["smollm3", "missing.gguf", "dir/missing.gguf", "/a/b/c.gguf", "../a/b.gguf", "a/../b.gguf", ""]
        {
            let error = meaning(reference).expect_err(reference);
            assert!(error.contains("smollm2, qwen2.5-coder-1.5b"), "{error}");
        }
        let error = meaning("/").expect_err("a directory");
        assert!(error.contains("is a directory"), "{error}");
    }

    proptest! {
        #[test]
        fn a_hub_file_never_leaves_the_models_directory(reference in "[a./:\\\\ é~-]{0,12}(\\.gguf)?") {
            if let Some((repo, file)) = parse_hub(&reference) {
                let path = Entry::from_hub(repo, file).path_in(Path::new("/m"));
                prop_assert!(path.starts_with("/m"));
                prop_assert!(path.components().all(|part| part.as_os_str() != ".."));
            }
        }
    }
}
