//! Model files on the hub.
//!
//! The hub's own client downloads into a cache of its own layout under the scratch directory, where a download that
//! broke off is found and continued. It waits without end and trusts what the server says; so it works in a thread
//! of its own, which is given up when nothing comes for too long.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use hf_hub::api::sync::{ApiBuilder, ApiError};

use super::fetch::Candidate;
use super::{FetchError, Progress, fingerprint};

/// How the hub is asked.
#[derive(Clone)]
pub(super) struct Hub {
    /// Its address; `None` for its own or the environment's.
    pub(super) endpoint: Option<String>,
    /// The user's token; `None` for the one that the hub's tools keep, if any.
    pub(super) token: Option<String>,
    /// How long to wait for the next bytes.
    pub(super) patience: Duration,
}

/// Never shows the token.
impl std::fmt::Debug for Hub {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hub")
            .field("endpoint", &self.endpoint)
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}

/// What the downloading thread tells.
enum News {
    Size(u64),
    Bytes(u64),
    Ended(Result<PathBuf, ApiError>),
}

/// Why one try failed.
enum Fault {
    Refused(u16),
    /// What was kept of an earlier try does not fit; a fresh start may work.
    Stale,
    Broke(String),
}

impl Hub {
    /// Downloads the file into `scratch`, going on where an earlier try broke off.
    pub(super) fn obtain(
        &self,
        repo: &str,
        file: &str,
        scratch: &Path,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Candidate, FetchError> {
        let outcome = match self.download(repo, file, scratch, progress) {
            Err(Fault::Stale) => {
                std::fs::remove_dir_all(scratch).map_err(FetchError::io("remove", scratch))?;
                std::fs::create_dir_all(scratch).map_err(FetchError::io("create", scratch))?;
                self.download(repo, file, scratch, progress)
            }
            outcome => outcome,
        };
        let (repo, file) = (repo.to_owned(), file.to_owned());
        let path = match outcome {
            Ok(path) => path,
            Err(Fault::Refused(status)) => return Err(FetchError::HubRefused { status, repo, file }),
            Err(Fault::Stale) => {
                return Err(FetchError::HubUnreachable { reason: "it sends no whole file".into(), repo, file });
            }
            Err(Fault::Broke(reason)) => return Err(FetchError::HubUnreachable { reason, repo, file }),
        };
        let mut report = |done, total| progress(Progress::Verifying { done, total });
        let sha256 = fingerprint::sha256_of(&path, &mut report).map_err(FetchError::io("read", &path))?;
        // The hub names a large file by its SHA-256.
        let name = path.file_name().and_then(|name| name.to_str());
        let stated = name.filter(|name| fingerprint::is_sha256(name)).map(Into::into);
        Ok(Candidate { path, sha256, stated })
    }

    /// One try; the file that it returns lies in the client's cache.
    fn download(
        &self,
        repo: &str,
        file: &str,
        scratch: &Path,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<PathBuf, Fault> {
        let mut builder = ApiBuilder::from_env().with_cache_dir(scratch.to_owned()).with_progress(false);
        if let Some(endpoint) = &self.endpoint {
            builder = builder.with_endpoint(endpoint.trim_end_matches('/').into());
        }
        if let Some(token) = &self.token {
            builder = builder.with_token(Some(token.clone()));
        }
        let (tell, news) = channel();
        let (repo, file) = (repo.to_owned(), file.to_owned());
        let work = move || {
            let steps = Steps(tell.clone());
            let ended = builder.build().and_then(|api| api.model(repo).download_with_progress(&file, steps));
            // Nobody listens any more once this thread was given up.
            let _ = tell.send(News::Ended(ended));
        };
        let started = std::thread::Builder::new().name("hub-download".into()).spawn(work);
        started.map_err(|error| Fault::Broke(format!("no thread could be started: {error}")))?;
        follow(&news, self.patience, progress)
    }
}

/// Passes the thread's news on until the download has ended.
fn follow(news: &Receiver<News>, patience: Duration, progress: &mut dyn FnMut(Progress)) -> Result<PathBuf, Fault> {
    let (mut done, mut total) = (0, None);
    let pointer = loop {
        match news.recv_timeout(patience) {
            Ok(News::Size(size)) => (done, total) = (0, Some(size)),
            Ok(News::Bytes(bytes)) => done += bytes,
            Ok(News::Ended(ended)) => break ended.map_err(Fault::from)?,
            Err(RecvTimeoutError::Timeout) => {
                return Err(Fault::Broke(format!("nothing came for {} s", patience.as_secs_f32())));
            }
            // The client panics on a redirection that leads nowhere.
            Err(RecvTimeoutError::Disconnected) => return Err(Fault::Broke("its answer makes no sense".into())),
        }
        progress(Progress::Downloading { done, total });
    };
    // The cache gives a link; the file behind it is what must be moved.
    let path = pointer.canonicalize().map_err(|error| Fault::Broke(error.to_string()))?;
    let length = path.metadata().map_err(|error| Fault::Broke(error.to_string()))?.len();
    // A server that ignores the wish for the rest of a file sends all of it again.
    if total.is_some_and(|total| total != length) { Err(Fault::Stale) } else { Ok(path) }
}

impl From<ApiError> for Fault {
    fn from(error: ApiError) -> Self {
        match error {
            ApiError::RequestError(inner) => match *inner {
                // The range asked for is behind the end: an earlier try was cut between its last byte and its end.
                ureq::Error::StatusCode(416) => Self::Stale,
                ureq::Error::StatusCode(status) => Self::Refused(status),
                other => Self::Broke(other.to_string()),
            },
            ApiError::InvalidResume => Self::Stale,
            ApiError::LockAcquisition(_) => Self::Broke("an earlier download of this program still runs".into()),
            other => Self::Broke(other.to_string()),
        }
    }
}

/// The client's progress, as news.
struct Steps(Sender<News>);

impl hf_hub::api::Progress for Steps {
    fn init(&mut self, size: usize, _filename: &str) {
        let _ = self.0.send(News::Size(size as u64));
    }

    fn update(&mut self, size: usize) {
        let _ = self.0.send(News::Bytes(size as u64));
    }

    fn finish(&mut self) {}
}
