//! Where Throughline keeps its data.

use std::ffi::OsString;
use std::path::PathBuf;

use etcetera::BaseStrategy;

use super::FetchError;

/// The environment variable that replaces the user's data directory for Throughline.
const VARIABLE: &str = "THROUGHLINE_DATA_DIR";

/// Throughline's data directory: the environment variable `THROUGHLINE_DATA_DIR`, else `throughline` in the user's
/// data directory (on Linux `$XDG_DATA_HOME`, else `~/.local/share`). It need not exist.
///
/// # Errors
/// [`FetchError::NoDataDirectory`] when the variable is not set and the user has no home directory.
pub fn data_dir() -> Result<PathBuf, FetchError> {
    choose(std::env::var_os(VARIABLE), || Some(etcetera::choose_base_strategy().ok()?.data_dir()))
}

/// The directory of the model files: `models` in [`data_dir`]. It need not exist.
///
/// # Errors
/// As [`data_dir`].
pub fn models_dir() -> Result<PathBuf, FetchError> {
    Ok(data_dir()?.join("models"))
}

fn choose(variable: Option<OsString>, of_user: impl FnOnce() -> Option<PathBuf>) -> Result<PathBuf, FetchError> {
    match variable.filter(|value| !value.is_empty()) {
        Some(directory) => Ok(directory.into()),
        None => Ok(of_user().ok_or(FetchError::NoDataDirectory { variable: VARIABLE })?.join("throughline")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_comes_before_the_users_directory() {
        let of_user = || Some(PathBuf::from("/home/u/.local/share"));
        assert_eq!(choose(Some("/d".into()), of_user).expect("a directory"), PathBuf::from("/d"));
        let expected = PathBuf::from("/home/u/.local/share/throughline");
        assert_eq!(choose(Some("".into()), of_user).expect("a directory"), expected);
        assert_eq!(choose(None, of_user).expect("a directory"), expected);
    }

    #[test]
    fn without_a_home_the_remedy_is_named() {
        let error = choose(None, || None).expect_err("no directory").to_string();
        assert!(error.contains("THROUGHLINE_DATA_DIR"), "{error}");
    }
}
