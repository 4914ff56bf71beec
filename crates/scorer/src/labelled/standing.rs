//! Which words stand in a spec.

use throughline_conversation::Spec;

/// A text in force, folded to lower case.
pub(super) struct Standing {
    texts: Vec<String>,
    /// Whether it stands only because a removal was not certain: it is contested, or contests something.
    contested: bool,
}

/// Every clause (the goal is one) and reference in force.
pub(super) fn of_spec(spec: &Spec) -> Vec<Standing> {
    let clauses = spec.active().map(|clause| Standing {
        texts: vec![clause.said.quote.to_lowercase(), clause.said.text.to_lowercase()],
        contested: spec.contested(clause).is_some() || spec.contesting(&clause.said.id).next().is_some(),
    });
    let references = spec.references.iter().filter(|reference| reference.status.is_active());
    let references = references.map(|reference| Standing {
        texts: vec![reference.quote.to_lowercase(), reference.text.to_lowercase()],
        contested: false,
    });
    clauses.chain(references).collect()
}

/// A request that is no spec.
pub(super) fn of_text(text: &str) -> Vec<Standing> {
    vec![Standing { texts: vec![text.to_lowercase()], contested: false }]
}

/// Whether these words stand somewhere, whatever their case; and if they do, whether in contested clauses alone.
pub(super) fn stands(words: &str, standing: &[Standing]) -> Option<bool> {
    let words = words.to_lowercase();
    let mut holding = standing.iter().filter(|one| one.texts.iter().any(|text| text.contains(&words))).peekable();
    holding.peek()?;
    Some(holding.all(|one| one.contested))
}
