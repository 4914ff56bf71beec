//! A real OpenAI-compatible server on loopback, which serves the default model.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::harness::{model_file, root};

/// The key that the server wants.
pub(crate) const KEY: &str = "end-to-end-key";

/// A server that runs as long as this value lives.
pub(crate) struct Server {
    process: Child,
    address: String,
}

impl Server {
    /// Starts a server on a free port and waits until it listens.
    pub(crate) fn start() -> Self {
        Self::run(None)
    }

    /// Ends this server and starts another one on the same port.
    pub(crate) fn restart(mut self) -> Self {
        self.stop();
        Self::run(self.address.rsplit(':').next())
    }

    /// Kills the server in the middle of what it does. Its address stays known.
    pub(crate) fn stop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }

    /// The section of a configuration that makes this server the profile `served`, with the key in that variable.
    pub(crate) fn profile(&self, key_variable: &str) -> String {
        format!(
            "[models.served]\nkind = \"openai\"\nbase_url = \"{}/v1\"\nmodel = \"any\"\nkey_variable = \"{key_variable}\"\nretries = 0\n",
            self.address
        )
    }

    fn run(port: Option<&str>) -> Self {
        let python = python();
        let can_import = Command::new(&python).args(["-c", "import xllamacpp"]).output();
        assert!(
            can_import.is_ok_and(|output| output.status.success()),
            "{} has no package xllamacpp, which serves the model for this test; run `./justw setup`",
            python.display()
        );
        let mut process = Command::new(python)
            .arg(root().join("crates/models/tests/serve.py"))
            .arg(model_file())
            .arg(KEY)
            .args(port)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut address = String::new();
        let output = process.stdout.take().unwrap();
        // Made before the address is read, so that the process is stopped when that fails.
        let mut server = Self { process, address: String::new() };
        BufReader::new(output).read_line(&mut address).unwrap();
        assert!(address.starts_with("http://"), "the server did not start; its log is above");
        address.trim().clone_into(&mut server.address);
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

fn python() -> PathBuf {
    if let Some(python) = std::env::var_os("THROUGHLINE_PYTHON") {
        return python.into();
    }
    let own = root().join(".tools/venv/bin/python");
    if own.is_file() { own } else { Path::new("python3").to_owned() }
}
