//! Answers that no rule can judge: what a judge is asked of them.

use serde_json::Value;

/// A question to a judge. Families word it and turn its verdict into a score; they know no model.
#[derive(Clone, Debug, PartialEq)]
pub struct Inquiry {
    /// What the judge reads.
    pub question: String,
    /// The JSON schema of its verdict.
    pub form: Value,
}
