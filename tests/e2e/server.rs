//! A real OpenAI-compatible server on loopback, which serves the default model.

#[path = "../../crates/models/tests/server/mod.rs"]
mod process;

pub(crate) use process::python;

use crate::harness::model_file;

/// The key that the server wants.
pub(crate) const KEY: &str = "end-to-end-key";

/// A server that runs as long as this value lives.
pub(crate) struct Server(process::Server);

impl Server {
    /// Starts a server on a free port and waits until it listens.
    pub(crate) fn start() -> Self {
        Self(process::Server::start(&model_file(), KEY, &[]))
    }

    /// Ends this server and starts another one on the same port.
    pub(crate) fn restart(mut self) -> Self {
        self.stop();
        let port = self.0.address().rsplit(':').next().unwrap_or_default();
        Self(process::Server::start(&model_file(), KEY, &[format!("--port={port}")]))
    }

    /// Kills the server in the middle of what it does. Its address stays known.
    pub(crate) fn stop(&mut self) {
        self.0.stop();
    }

    /// The section of a configuration that makes this server the profile `served`, with the key in that variable.
    pub(crate) fn profile(&self, key_variable: &str) -> String {
        format!(
            "[models.served]\nkind = \"openai\"\nbase_url = \"{}/v1\"\nmodel = \"any\"\nkey_variable = \"{key_variable}\"\nretries = 0\n",
            self.0.address()
        )
    }
}
