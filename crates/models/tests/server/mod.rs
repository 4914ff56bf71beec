//! A real OpenAI-compatible server on loopback: `serve.py`, started and stopped by a test. The end-to-end tests use
//! this file as well.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A server that runs as long as this value lives.
pub(crate) struct Server {
    process: Child,
    address: String,
}

impl Server {
    /// Starts a server of this model that wants this key, with these options of `serve.py`, and waits until it
    /// listens. Its log goes to the test's error output.
    pub(crate) fn start(model: &Path, key: &str, options: &[String]) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let python = python(&root);
        let can_import = Command::new(&python).args(["-c", "import xllamacpp"]).output();
        assert!(
            can_import.is_ok_and(|output| output.status.success()),
            "{} has no package xllamacpp, which serves the model for this test; run `./justw setup`",
            python.display()
        );
        let mut process = Command::new(python)
            .arg(root.join("crates/models/tests/serve.py"))
            .arg(model)
            .arg(key)
            .args(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = process.stdout.take().unwrap();
        // Made before the address is read, so that the process is stopped when that fails.
        let mut server = Self { process, address: String::new() };
        BufReader::new(output).read_line(&mut server.address).unwrap();
        assert!(server.address.starts_with("http://"), "the server did not start; its log is above");
        server.address.truncate(server.address.trim_end().len());
        server
    }

    /// Its address, without a path.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Its process.
    #[allow(dead_code, reason = "not every user of this module measures the process")]
    pub(crate) fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// Kills the server in the middle of what it does. Its address stays known.
    pub(crate) fn stop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Its standard input closes with this process in any case; this ends it before.
        self.stop();
    }
}

pub(crate) fn python(root: &Path) -> PathBuf {
    if let Some(python) = std::env::var_os("THROUGHLINE_PYTHON") {
        return python.into();
    }
    let own = root.join(".tools/venv/bin/python");
    if own.is_file() { own } else { Path::new("python3").to_owned() }
}
