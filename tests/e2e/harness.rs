//! The built binary in a sandbox: a folder, a home and an environment of its own.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use throughline_models::catalogue;

/// How long a command may take before its test gives up: far longer than any needs on an idle machine.
pub(crate) const PATIENCE: Duration = Duration::from_mins(4);
/// How long to wait between two looks at something that is awaited.
pub(crate) const LOOK: Duration = Duration::from_millis(20);

/// The default model as a profile. One thread is little slower than two for a model this small, and much faster on a
/// machine that has something else to do: tests may run beside each other, one for each processor.
const CONFIGURATION: &str = r#"
[roles]
mediator = "small"
assistant = "small"

[models.small]
kind = "llama-cpp"
model = "smollm2"
threads = 1
"#;

/// Agents that say little, and the same every time.
const BRIEF_AGENTS: &str = r#"
[agents]
mediator = "mediator.md"
assistant = "assistant.md"
"#;

const MEDIATOR: &str = "+++
temperature = 0.0
max_tokens = 64
+++

You keep a spec of what a user wants. Write what the new message changes in it, as JSON: edits with `op` (`add` for
whatever is new) and `quote` (the words of the message, copied).
";

const ASSISTANT: &str = "+++
temperature = 0.0
max_tokens = 24
+++

Carry out the request in one sentence.

[user]
{% if goal %}{{ goal.text }}{% endif %}
{% for clause in requirements %}
- {{ clause.text }}
{% endfor %}
";

/// A folder to work in, with a configuration, and what the binary sees of the world.
pub(crate) struct Sandbox {
    folder: tempfile::TempDir,
    variables: Vec<(String, String)>,
}

impl Sandbox {
    /// A sandbox whose models are those of the data directory in force. What is kept beside them stays in the sandbox.
    pub(crate) fn new() -> Self {
        let mut sandbox = Self::without_models();
        let data = sandbox.path("data").display().to_string();
        sandbox.set("THROUGHLINE_DATA_DIR", &data);
        let models = catalogue::models_dir().unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(models, sandbox.path("data/models")).unwrap();
        #[cfg(windows)]
        std::os::windows::fs::symlink_dir(models, sandbox.path("data/models")).unwrap();
        sandbox
    }

    /// A sandbox without any model.
    pub(crate) fn without_models() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(folder.path().join("home/config")).unwrap();
        std::fs::create_dir(folder.path().join("data")).unwrap();
        let mut sandbox = Self { folder, variables: Vec::new() };
        sandbox.set("THROUGHLINE_DATA_DIR", "data");
        sandbox.configure("");
        sandbox.write("mediator.md", MEDIATOR);
        sandbox.write("assistant.md", ASSISTANT);
        sandbox
    }

    /// Sets an environment variable for the binary.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.variables.push((name.to_owned(), value.to_owned()));
    }

    /// A file or folder in the sandbox.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file, and returns where it is.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// Makes the shipped agents those of the sandbox, which otherwise are brief ones.
    pub(crate) fn with_shipped_agents(self) -> Self {
        self.write("throughline.toml", CONFIGURATION);
        self
    }

    /// Adds model profiles or other sections to the sandbox's configuration.
    pub(crate) fn configure(&self, sections: &str) {
        self.write("throughline.toml", [CONFIGURATION, BRIEF_AGENTS, sections].concat());
    }

    /// What a file in the sandbox holds.
    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap()
    }

    /// Runs the binary with nothing on standard input.
    pub(crate) fn run<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Outcome {
        self.run_with(arguments, "")
    }

    /// Runs the binary with this on standard input.
    pub(crate) fn run_with<S: AsRef<OsStr>>(&self, arguments: &[S], input: impl Into<Vec<u8>>) -> Outcome {
        let command = self.command(arguments);
        let output = assert_cmd::Command::from_std(command).write_stdin(input).timeout(PATIENCE).output().unwrap();
        Outcome {
            status: output.status,
            stdout: String::from_utf8(output.stdout).expect("standard output is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("standard error is UTF-8"),
        }
    }

    /// Starts the binary and does not wait for it. Its standard input stays open; what it prints goes into files.
    pub(crate) fn start<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Running {
        let [stdout, stderr] = [self.path("stdout.txt"), self.path("stderr.txt")];
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped());
        command.stdout(File::create(&stdout).unwrap()).stderr(File::create(&stderr).unwrap());
        let mut process = command.spawn().unwrap();
        Running { stdin: process.stdin.take(), process, stdout, stderr }
    }

    /// The binary, ready to be started.
    pub(crate) fn command<S: AsRef<OsStr>>(&self, arguments: &[S]) -> std::process::Command {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_throughline"));
        command.args(arguments).current_dir(self.folder.path());
        let own = |name: &str| name.starts_with("THROUGHLINE_") || matches!(name, "COLUMNS" | "LINES" | "HF_TOKEN");
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(own) {
                command.env_remove(name);
            }
        }
        let home = self.path("home");
        command.env("HOME", &home).env("XDG_CONFIG_HOME", home.join("config"));
        command.env("XDG_CACHE_HOME", home.join("cache"));
        // A proxy of the machine must not come between a test and its server.
        command.env("NO_PROXY", "127.0.0.1").env("no_proxy", "127.0.0.1");
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }
}

/// What came of a command.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Outcome {
    /// The exit code; a process that a signal ended has none.
    pub(crate) fn code(&self) -> i32 {
        self.status.code().unwrap_or_else(|| panic!("ended by a signal: {self:?}"))
    }

    /// Demands success.
    #[track_caller]
    pub(crate) fn good(self) -> Self {
        assert_eq!(self.status.code(), Some(0), "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }

    /// Demands exit code 2, nothing on standard output and one line on standard error, which holds each of these.
    #[track_caller]
    pub(crate) fn refused(self, named: &[&str]) -> String {
        assert_eq!(self.status.code(), Some(2), "stdout: {}\nstderr: {}", self.stdout, self.stderr);
        assert_eq!(self.stdout, "", "stderr: {}", self.stderr);
        one_error(&self.stderr, named)
    }

    /// Standard output as JSON, one value a line.
    #[track_caller]
    pub(crate) fn json_lines(&self) -> Vec<Value> {
        json_lines(&self.stdout)
    }
}

/// Demands that a text is one line, an error that holds each of these.
#[track_caller]
pub(crate) fn one_error(stderr: &str, named: &[&str]) -> String {
    let line = stderr.strip_suffix('\n').unwrap_or_else(|| panic!("no whole line: {stderr:?}"));
    assert!(line.starts_with("error: ") && !line.contains('\n'), "not one line of error: {stderr}");
    assert!(!line.contains("panicked"), "{line}");
    for name in named {
        assert!(line.contains(name), "{name:?} is not named: {line}");
    }
    line.to_owned()
}

/// Each line of a text as JSON; all of them must be whole.
#[track_caller]
pub(crate) fn json_lines(text: &str) -> Vec<Value> {
    assert!(text.is_empty() || text.ends_with('\n'), "the last line has no end: {text}");
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect()
}

/// A command that goes on.
pub(crate) struct Running {
    process: Child,
    stdin: Option<ChildStdin>,
    stdout: PathBuf,
    stderr: PathBuf,
}

impl Running {
    /// Kills it outright, as `kill -9` does, and waits until it is gone.
    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Sends it the signal of Ctrl-C.
    pub(crate) fn interrupt(&self) {
        let pid = self.process.id().to_string();
        let sent = std::process::Command::new("kill").args(["-INT", &pid]).status().unwrap();
        assert!(sent.success(), "kill: {sent}");
    }

    /// Types a line.
    pub(crate) fn type_line(&mut self, line: &str) {
        self.stdin.as_mut().unwrap().write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    /// What it has printed so far.
    pub(crate) fn printed(&self) -> String {
        std::fs::read_to_string(&self.stdout).unwrap()
    }

    /// Whether it has not ended yet.
    pub(crate) fn goes_on(&mut self) -> bool {
        self.process.try_wait().unwrap().is_none()
    }

    /// Closes its standard input and waits for its end.
    pub(crate) fn end(mut self) -> Outcome {
        drop(self.stdin.take());
        wait_until("the command ends", || !self.goes_on());
        let status = self.process.wait().unwrap();
        let [stdout, stderr] = [&self.stdout, &self.stderr].map(|path| std::fs::read_to_string(path).unwrap());
        Outcome { status, stdout, stderr }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

/// Waits until something is so.
#[track_caller]
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "waited in vain until {what}");
        std::thread::sleep(LOOK);
    }
}

/// The repository's folder.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The shipped samples.
pub(crate) fn samples() -> String {
    samples_of("math")
}

/// The shipped samples of a task family.
pub(crate) fn samples_of(task: &str) -> String {
    root().join(format!("transcripts/samples/{task}.json")).display().to_string()
}

/// The default model's file.
pub(crate) fn model_file() -> PathBuf {
    let catalogue = catalogue::Catalogue::embedded().unwrap();
    let path = catalogue.default_entry().unwrap().path_in(&catalogue::models_dir().unwrap());
    assert!(path.is_file(), "{} is missing; run `throughline models fetch`", path.display());
    path
}

/// A file of the recorded data; `None`, with a message, where it is absent.
pub(crate) fn recorded(name: &str) -> Option<PathBuf> {
    let shared = std::env::var_os("THROUGHLINE_SHARED").map_or_else(|| root().join("../shared"), PathBuf::from);
    let path = shared.join("data").join(name);
    if path.is_file() {
        return Some(path);
    }
    eprintln!("skipped: there is no {} (set THROUGHLINE_SHARED)", path.display());
    None
}
