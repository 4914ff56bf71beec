//! A reply as it comes.

use futures::StreamExt;
use throughline_assistant::Assistant;
use throughline_models::{CancellationToken, Event, Message};

/// A reply, or what came of it.
pub(crate) struct Reply {
    /// What the assistant wrote.
    pub(crate) text: String,
    /// Why it ended: `stop`, `length`, `cancelled`, or what the endpoint said.
    pub(crate) finished: String,
}

/// Streams a reply, and hands each piece to `show`. A reply that was cancelled is what came before. Where one fails, the
/// line that was begun is ended, so that nothing else comes to stand on it.
pub(crate) async fn reply(
    assistant: &Assistant,
    prompt: Vec<Message>,
    cancel: &CancellationToken,
    mut show: impl FnMut(&str) -> std::io::Result<()>,
) -> anyhow::Result<Reply> {
    let mut events = assistant.reply(prompt, None, cancel.clone());
    let mut text = String::new();
    while let Some(event) = events.next().await {
        let event = match event {
            Ok(event) => event,
            Err(error) => {
                if !text.is_empty() {
                    show("\n")?;
                }
                return Err(error.into());
            }
        };
        match event {
            Event::Text(piece) => {
                show(&piece)?;
                text.push_str(&piece);
            }
            Event::Finished(finish) => return Ok(Reply { text, finished: finish.reason.as_str().to_owned() }),
            Event::Cancelled => return Ok(Reply { text, finished: "cancelled".to_owned() }),
            Event::Reasoning(_) | Event::Logprobs(_) => {}
        }
    }
    anyhow::bail!("the reply ended without an end")
}
