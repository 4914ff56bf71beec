//! The interpreter, and which files it needs.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::SandboxError;

/// What an interpreter says of itself. It is the user's own, and may be a script that starts another one.
#[derive(Debug, Deserialize)]
struct About {
    executable: PathBuf,
    version: String,
    prefixes: Vec<PathBuf>,
    library: Vec<PathBuf>,
    shared: PathBuf,
}

const ASK: &str = "import json, os, sys, sysconfig\n\
                   said = sysconfig.get_config_var\n\
                   print(json.dumps({'executable': sys.executable, 'version': sys.version.split()[0],\n\
                   'prefixes': [sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix],\n\
                   'library': sys.path, 'shared': os.path.join(said('LIBDIR') or '', said('INSTSONAME') or '')}))";

/// An interpreter with the files it needs, beside the system's libraries.
#[derive(Clone, Debug)]
pub(crate) struct Interpreter {
    pub(crate) executable: PathBuf,
    pub(crate) version: String,
    /// Files and folders to be read. Never a whole home folder, even where the interpreter is installed in it.
    pub(crate) files: Vec<PathBuf>,
}

impl Interpreter {
    pub(crate) fn find(program: &Path) -> Result<Self, SandboxError> {
        let failed = |reason: String| SandboxError::Interpreter { program: program.to_owned(), reason };
        let asked = Command::new(program).args(["-I", "-c", ASK]).stdin(Stdio::null()).output();
        let asked = asked.map_err(|error| failed(error.to_string()))?;
        if !asked.status.success() {
            let said = String::from_utf8_lossy(&asked.stderr);
            return Err(failed(said.lines().last().unwrap_or("it failed without a word").to_owned()));
        }
        let about: About = serde_json::from_slice(&asked.stdout).map_err(|error| failed(error.to_string()))?;
        Ok(about.into())
    }
}

impl From<About> for Interpreter {
    fn from(about: About) -> Self {
        let About { executable, version, prefixes, library, shared } = about;
        // What else is on the path, such as a package that its author works on, is nothing for a stranger.
        let own = |path: &PathBuf| prefixes.iter().any(|prefix| path != prefix && path.starts_with(prefix));
        let real = executable.canonicalize().unwrap_or_else(|_| executable.clone());
        let mut files: Vec<PathBuf> = library.into_iter().filter(own).collect();
        files.extend(prefixes.iter().map(|prefix| prefix.join("pyvenv.cfg")));
        files.extend([executable.clone(), real, shared]);
        files.retain(|path| path.exists());
        files.sort();
        files.dedup();
        Self { executable, version, files }
    }
}
