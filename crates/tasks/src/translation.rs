//! The task family `translation`: a German document, to be put into English.

use serde_json::json;

use crate::bleu::bleu;
use crate::{Environment, Evaluation, EvaluationError, Sample, TaskFamily};

/// German documents to be put into English, as in the news of the WMT conferences.
///
/// A sample brings `document_de`, the document, and `document_en`, its translation. The shards are parts of the document,
/// in order; each reply is to translate all that was said so far.
///
/// The answer is the whole reply. Its score is its [BLEU](bleu) against the translation, divided by 100.
#[derive(Clone, Copy, Debug, Default)]
pub struct Translation;

const SYSTEM: &str = "You translate a document from German into natural, fluent English. It may come in parts. Reply each \
                      time with the translation of the whole document as far as it has come, the earlier parts \
                      included, and with nothing else. You may improve what you translated before.";

impl TaskFamily for Translation {
    fn name(&self) -> &'static str {
        "translation"
    }

    fn check(&self, sample: &Sample) -> Result<(), String> {
        ["document_de", "document_en"].into_iter().try_for_each(|field| sample.required_text(field).map(drop))
    }

    fn hands_over_material(&self) -> bool {
        true
    }

    /// What is said is the document itself.
    fn exact_words(&self) -> bool {
        true
    }

    fn system_prompt(&self, _sample: &Sample) -> String {
        SYSTEM.to_owned()
    }

    fn full_prompt(&self, sample: &Sample) -> String {
        // A sample that came through `read_samples` has a document.
        sample.text("document_de").map_or_else(|| self.concat_prompt(sample, &sample.pieces()), str::to_owned)
    }

    fn concat_prompt(&self, _sample: &Sample, pieces: &[&str]) -> String {
        let parts = (1..).zip(pieces).map(|(number, piece)| format!("\n\nPart {number}:\n{piece}"));
        format!("Translate the document that these parts make up, as one text.{}", parts.collect::<String>())
    }

    fn extract(&self, _sample: &Sample, reply: &str) -> Option<String> {
        whole(reply)
    }

    /// `details` holds the score as `bleu`, from 0 to 100.
    fn evaluate(&self, sample: &Sample, answer: &str, _: &Environment) -> Result<Evaluation, EvaluationError> {
        Ok(judged(answer, &[sample.text("document_en").unwrap_or_default()]))
    }
}

/// The answer where that is the whole reply; an empty one is none.
pub(crate) fn whole(reply: &str) -> Option<String> {
    let reply = reply.trim();
    (!reply.is_empty()).then(|| reply.to_owned())
}

/// The verdict on a text by its BLEU.
pub(crate) fn judged(answer: &str, references: &[&str]) -> Evaluation {
    let references: Vec<&str> = references.iter().map(|reference| reference.trim()).collect();
    let bleu = bleu(answer.trim(), &references);
    // Of a text that is the reference, rounding may leave more than all of it.
    Evaluation { score: (bleu / 100.0).clamp(0.0, 1.0), details: json!({ "bleu": bleu }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Sample {
        let sample = json!({
            "task_id": "t", "task": "translation", "document_de": "Es regnet.\nSeit gestern.",
            "document_en": "It is raining.\nIt has been since yesterday.",
            "shards": [{"shard_id": 1, "shard": "Es regnet."}, {"shard_id": 2, "shard": "Seit gestern."}],
        });
        serde_json::from_value(sample).unwrap()
    }

    #[test]
    fn the_prompts_hold_the_document() {
        let sample = sample();
        assert_eq!(Translation.full_prompt(&sample), "Es regnet.\nSeit gestern.");
        assert_eq!(
            Translation.concat_prompt(&sample, &sample.pieces()),
            "Translate the document that these parts make up, as one text.\n\nPart 1:\nEs regnet.\n\nPart 2:\nSeit gestern."
        );
        assert!(Translation.exact_words());
    }

    #[test]
    fn a_translation_is_worth_its_bleu() {
        let judge = |answer: &str| Translation.evaluate(&sample(), answer, &Environment::default()).unwrap();
        assert!(judge(" It is raining. It has been since yesterday.\n").score > 1.0 - 1e-9);
        let half = judge("It is raining. Since yesterday.");
        assert!(half.score > 0.1 && half.score < 0.9);
        assert!((half.details["bleu"].as_f64().unwrap() - 100.0 * half.score).abs() < 1e-9);
        assert!(judge("Regen").score <= 0.0);
        assert_eq!(Translation.extract(&sample(), " It rains. \n").as_deref(), Some("It rains."));
        assert_eq!(Translation.extract(&sample(), "\n"), None);
    }

    #[test]
    fn a_sample_needs_both_documents() {
        let mut sample = sample();
        assert_eq!(Translation.check(&sample), Ok(()));
        sample.fields.remove("document_en");
        assert!(Translation.check(&sample).unwrap_err().contains("`document_en`"));
    }
}
