//! The model that tests run: the program's default one.

use std::path::PathBuf;

use throughline_models::catalogue::{Catalogue, models_dir};

/// Its file: from `THROUGHLINE_TEST_MODEL`, else where the program keeps its models.
pub(crate) fn model_file() -> PathBuf {
    let path = std::env::var_os("THROUGHLINE_TEST_MODEL").map_or_else(default_file, PathBuf::from);
    assert!(path.is_file(), "no model at {}; run `./justw models` to fetch it", path.display());
    path
}

fn default_file() -> PathBuf {
    Catalogue::embedded().unwrap().default_entry().unwrap().path_in(&models_dir().unwrap())
}
