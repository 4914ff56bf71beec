//! What the model calls of a turn took, and what their first token tells.

use throughline_models::{
    Calls, CancellationToken, ChatModel, Completion, Finish, ModelError, Request, TokenLogprob, TokenUsage,
};

/// The tokens of a turn's model calls, and what else they took.
#[derive(Debug, Default)]
pub(crate) struct Spent {
    pub(crate) usage: TokenUsage,
    pub(crate) calls: Calls,
}

impl Spent {
    /// Counts one more call.
    pub(crate) fn take(&mut self, finish: &Finish) {
        self.usage += finish.usage.unwrap_or_default();
        self.calls += finish.calls;
    }

    /// Makes a call and counts it; `None` where the request does not fit the model's context.
    pub(crate) async fn complete(
        &mut self,
        model: &dyn ChatModel,
        request: Request,
        cancel: &CancellationToken,
    ) -> Result<Option<Completion>, ModelError> {
        match model.complete(request, cancel.clone()).await {
            Ok(completion) => {
                self.take(&completion.finish);
                Ok(Some(completion))
            }
            Err(ModelError::ContextOverflow { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// The probability of the tokens at a place that are meant, as far as they are among the likeliest. `meant` reads them
/// without white space around them.
pub(crate) fn share_of(place: &TokenLogprob, meant: impl Fn(&str) -> bool) -> f64 {
    let alike = place.top.iter().filter(|(token, _)| meant(token.trim()));
    alike.map(|(_, logprob)| f64::from(*logprob).exp()).sum()
}
