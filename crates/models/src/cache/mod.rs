//! The response cache: a decorator that answers a call out of a file when the same was asked before.
//!
//! The same means the same model, messages, sampling settings with their seed, form of the reply and log-probabilities.
//! The repeats of an experiment draw with seeds of their own, and so never share a reply; a draw without a seed is
//! never kept, nor is an error, a cancelled call or a cut stream. What is kept is the reply, under a hash of what was
//! asked: neither prompts nor keys stand in the file.

mod reply;
mod store;

use std::sync::Arc;

use futures::future::BoxFuture;
use futures::stream::{self, Stream, StreamExt};
use throughline_conversation::Message;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use self::reply::{Key, read, read_score, reply_key, score_key, write, write_score};
pub use self::store::{CacheError, CacheStats, CacheStore};
use crate::chat::Gathered;
use crate::{Capabilities, ChatModel, Completion, Event, EventStream, ModelError, Request, TokenLogprob, terminated};

/// Answers calls out of a [`CacheStore`]. A reply from there comes in few pieces, with the same end and the same tokens
/// as at first, and says in its [`Finish::calls`](crate::Finish::calls) where it came from.
pub struct Cached {
    model: Arc<dyn ChatModel>,
    place: Place,
}

impl Cached {
    /// Keeps the replies of `model` in `store`. `identity` is what the model is, exactly, such as its file's hash: two
    /// models with the same one share their replies.
    pub fn new(model: Arc<dyn ChatModel>, store: Arc<CacheStore>, identity: &str) -> Self {
        Self { model, place: Place { store, identity: identity.into() } }
    }
}

/// One model's place in the store.
#[derive(Clone)]
struct Place {
    store: Arc<CacheStore>,
    identity: Arc<str>,
}

impl Place {
    async fn find<T: Send + 'static>(&self, key: Option<Key>, read: fn(&[u8]) -> Option<T>) -> Option<T> {
        let (key, store) = (key?, Arc::clone(&self.store));
        spawn_blocking(move || read(&store.get(&key)?)).await.ok()?
    }

    /// What cannot be written is not kept.
    async fn keep(&self, key: Option<Key>, bytes: Option<Vec<u8>>) {
        let Some((key, bytes)) = key.zip(bytes) else { return };
        let Self { store, identity } = self.clone();
        // It fails only where the runtime shuts down.
        let _ = spawn_blocking(move || store.put(&key, &identity, &bytes)).await;
    }

    /// Hands the events on, and keeps the reply before its end is handed out.
    fn recording(self, key: Key, events: EventStream) -> impl Stream<Item = Result<Event, ModelError>> + Send {
        stream::unfold((self, events, Gathered::default()), move |(place, mut events, mut gathered)| async move {
            let item = events.next().await?;
            match &item {
                Ok(Event::Finished(finish)) => {
                    let whole = std::mem::take(&mut gathered).finished(finish.clone());
                    place.keep(Some(key), write(&whole)).await;
                }
                Ok(event) => gathered.take(event),
                Err(_) => {}
            }
            Some((item, (place, events, gathered)))
        })
    }
}

impl ChatModel for Cached {
    fn stream(&self, request: Request, cancel: CancellationToken) -> EventStream {
        let Some(key) = reply_key(&self.place.identity, &request) else { return self.model.stream(request, cancel) };
        let (model, place, inner) = (Arc::clone(&self.model), self.place.clone(), cancel.clone());
        let events = async move {
            match place.find(Some(key), read).await {
                Some(found) => stream::iter(reply::events(found).map(Ok)).boxed(),
                None => place.recording(key, model.stream(request, inner)).boxed(),
            }
        };
        terminated(stream::once(events).flatten(), cancel)
    }

    fn capabilities(&self) -> Capabilities {
        self.model.capabilities()
    }

    fn complete(
        &self,
        request: Request,
        cancel: CancellationToken,
    ) -> BoxFuture<'static, Result<Completion, ModelError>> {
        let (model, place) = (Arc::clone(&self.model), self.place.clone());
        Box::pin(async move {
            let key = reply_key(&place.identity, &request);
            if let Some(found) = place.find(key, read).await {
                return if cancel.is_cancelled() { Err(ModelError::Cancelled) } else { Ok(found) };
            }
            let completion = model.complete(request, cancel).await?;
            place.keep(key, write(&completion)).await;
            Ok(completion)
        })
    }

    fn score(
        &self,
        messages: Vec<Message>,
        continuation: String,
        cancel: CancellationToken,
    ) -> BoxFuture<'static, Result<Vec<TokenLogprob>, ModelError>> {
        let (model, place) = (Arc::clone(&self.model), self.place.clone());
        Box::pin(async move {
            let key = score_key(&place.identity, &messages, &continuation);
            if let Some(found) = place.find(key, read_score).await {
                return if cancel.is_cancelled() { Err(ModelError::Cancelled) } else { Ok(found) };
            }
            let tokens = model.score(messages, continuation, cancel).await?;
            place.keep(key, write_score(&tokens)).await;
            Ok(tokens)
        })
    }
}
