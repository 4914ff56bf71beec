//! What an endpoint turned out not to understand, and what is asked instead.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use super::form::Rung;
use super::wire::LimitField;
use crate::{ModelError, Output, Request};

/// How one request is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Style {
    pub(super) rung: Rung,
    pub(super) limit: LimitField,
}

impl Style {
    /// Another way to write the request, after a refusal that another way may avoid.
    pub(super) fn after(self, error: &ModelError, request: &Request) -> Option<Self> {
        let ModelError::Endpoint { status: 400 | 404 | 415 | 422 | 501, message } = error else { return None };
        let message = message.to_lowercase();
        let mentions = |words: &[&str]| words.iter().any(|word| message.contains(word));
        if self.limit == LimitField::MaxTokens && mentions(&["max_completion_tokens"]) {
            return Some(Self { limit: LimitField::MaxCompletionTokens, ..self });
        }
        let has_schema = matches!(request.output, Output::JsonSchema { .. });
        let about_form = mentions(&["response_format", "json_schema", "json schema", "json_object", "structured"])
            || mentions(&["unsupported", "not supported", "not implemented"]);
        if has_schema && about_form { Some(Self { rung: self.rung.next()?, ..self }) } else { None }
    }
}

/// The style that last worked, kept for the next call.
#[derive(Debug, Default)]
pub(super) struct Known {
    rung: AtomicU8,
    completion_limit: AtomicBool,
}

impl Known {
    pub(super) fn style(&self) -> Style {
        let limit = if self.completion_limit.load(Ordering::Relaxed) {
            LimitField::MaxCompletionTokens
        } else {
            LimitField::MaxTokens
        };
        Style { rung: Rung::from_number(self.rung.load(Ordering::Relaxed)), limit }
    }

    /// Remembers a style that the endpoint took. A rung never climbs again, whatever order calls end in.
    pub(super) fn remember(&self, style: Style) {
        self.rung.fetch_max(style.rung as u8, Ordering::Relaxed);
        if style.limit == LimitField::MaxCompletionTokens {
            self.completion_limit.store(true, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(status: u16, message: &str) -> ModelError {
        ModelError::Endpoint { status, message: message.into() }
    }

    fn schema_request() -> Request {
        Request { output: Output::JsonSchema { name: "n".into(), schema: json!({}) }, ..Request::default() }
    }

    #[test]
    fn a_refused_form_leads_one_rung_down() {
        let style = Style::default();
        let next = style.after(&refused(400, "Unknown field: response_format"), &schema_request()).unwrap();
        assert_eq!(next, Style { rung: Rung::Schema, ..style });
        let last = Style { rung: Rung::Prompt, ..style };
        assert_eq!(last.after(&refused(400, "response_format"), &schema_request()), None);
    }

    #[test]
    fn other_refusals_are_final() {
        let style = Style::default();
        assert_eq!(style.after(&refused(400, "the model is too small"), &schema_request()), None);
        assert_eq!(style.after(&refused(500, "response_format"), &schema_request()), None);
        assert_eq!(style.after(&refused(400, "response_format"), &Request::default()), None);
        assert_eq!(style.after(&ModelError::CutStream, &schema_request()), None);
    }

    #[test]
    fn the_other_spelling_of_the_limit_is_tried_once() {
        let error = refused(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.");
        let next = Style::default().after(&error, &Request::default()).unwrap();
        assert_eq!(next.limit, LimitField::MaxCompletionTokens);
        assert_eq!(next.after(&error, &Request::default()), None);
    }

    #[test]
    fn what_worked_is_remembered() {
        let known = Known::default();
        known.remember(Style { rung: Rung::Object, limit: LimitField::MaxCompletionTokens });
        known.remember(Style::default());
        assert_eq!(known.style(), Style { rung: Rung::Object, limit: LimitField::MaxCompletionTokens });
    }
}
