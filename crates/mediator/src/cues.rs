//! Wording that hints at what a turn does. A cue is evidence, never a verdict: what it may decide is said where it
//! is used. Cues are looked for in the user's own words only, not in what the user quotes.

use crate::segments::quoted;
use crate::words::{Weight, fold, words};

const REVISION: &[&str] = &[
    "actually",
    "better",
    "change",
    "correction",
    "i mean",
    "i meant",
    "instead",
    "is now",
    "make it",
    "make that",
    "meant",
    "no wait",
    "not",
    "rather",
    "replace",
    "scratch that",
    "should be",
    "should have been",
    "sorry",
    "switch",
    "too few",
    "too long",
    "too many",
    "too much",
    "too short",
    "typo",
    "update",
    "wait",
    "wrong", // English
    "doch",
    "falsch",
    "korrektur",
    "nicht",
    "sondern",
    "statt",
    "stattdessen", // German
    "cambia",
    "corrección",
    "en lugar",
    "en realidad",
    "en vez",
    "mejor",
    "perdón",
    "sino", // Spanish
];

const WITHDRAWAL: &[&str] = &[
    "cancel",
    "delete",
    "don't need",
    "drop",
    "forget",
    "ignore",
    "leave out",
    "never mind",
    "nevermind",
    "no longer",
    "not anymore",
    "omit",
    "remove",
    "scrap",
    "skip",
    "take out",
    "without", // English
    "doch nicht",
    "entferne",
    "lass",
    "nicht mehr",
    "streich",
    "vergiss", // German
    "cancela",
    "elimina",
    "olvida",
    "quita",
    "ya no", // Spanish
];

const REDIRECTION: &[&str] = &[
    "different question",
    "different task",
    "forget everything",
    "forget it",
    "forget that",
    "let's do something else",
    "new question",
    "new task",
    "something else",
    "start over", // English
    "andere aufgabe",
    "etwas anderes",
    "neue aufgabe", // German
    "nueva tarea",
    "otra cosa", // Spanish
];

const GO_AHEAD: &[&str] = &[
    "any is fine",
    "doesn't matter",
    "don't care",
    "dunno",
    "go ahead",
    "i don't know",
    "just do it",
    "just go",
    "no idea",
    "no preference",
    "not sure",
    "up to you",
    "whatever",
    "you choose",
    "you decide", // English
    "egal",
    "mach einfach",
    "weiß nicht", // German
    "adelante",
    "da igual",
    "no sé", // Spanish
];

const POINTING_AT_A_PART: &[&str] = &[
    "above", "earlier", "fifth", "first", "former", "fourth", "last", "latter", "number", "option", "previous",
    "second", "third", "your", "yours", // English
    "dein", "deine", "erste", "letzte", "oben", "zweite", "dritte", // German
    "anterior", "primera", "primero", "segunda", "segundo", "tercera", "tercero", "tu", "última",
    "último", // Spanish
];

const POINTING_AT_THE_WHOLE: &[&str] = &["it", "same", "that", "this", "das", "es", "eso", "esto"];

const PLEASANTRIES: &[&str] = &[
    "amazing",
    "awesome",
    "bye",
    "cheers",
    "cool",
    "excellent",
    "fine",
    "good",
    "goodbye",
    "great",
    "hello",
    "hey",
    "hi",
    "lovely",
    "nice",
    "ok",
    "okay",
    "perfect",
    "super",
    "thank",
    "thanks",
    "thx",
    "welcome",
    "works",
    "wow",
    "danke",
    "gut",
    "hallo",
    "prima",
    "tschüss",
    "adiós",
    "bien",
    "genial",
    "gracias",
    "hola",
    "perfecto",
    "vale",
];

const AROUND_PLEASANTRIES: &[&str] =
    &["all", "is", "it", "it's", "looks", "me", "much", "sounds", "that", "that's", "this", "to", "very", "you"];

/// Whether the turn's own words hint at a correction.
pub(crate) fn revises(turn: &str) -> bool {
    holds_any(turn, REVISION)
}

/// Whether the turn's own words hint at taking something back.
pub(crate) fn withdraws(turn: &str) -> bool {
    holds_any(turn, WITHDRAWAL)
}

/// Whether the turn's own words leave the earlier goal behind.
pub(crate) fn redirects(turn: &str) -> bool {
    holds_any(turn, REDIRECTION)
}

/// Whether the user wants to go on without answering.
pub(crate) fn goes_ahead(turn: &str) -> bool {
    holds_any(turn, GO_AHEAD)
}

/// Whether the turn's own words point at a part of a reply (`whole` false), or at a reply as a whole.
pub(crate) fn points(turn: &str, whole: bool) -> bool {
    holds_any(turn, POINTING_AT_A_PART) || (whole && holds_any(turn, POINTING_AT_THE_WHOLE))
}

/// Whether the turn is nothing but pleasantries, so that there is nothing to record.
pub(crate) fn is_pleasantry(turn: &str) -> bool {
    let mut pleasant = false;
    let idle = words(turn).all(|word| {
        let folded = word.folded();
        pleasant |= PLEASANTRIES.contains(&folded.as_str());
        word.weight == Weight::Filler
            || PLEASANTRIES.contains(&folded.as_str())
            || AROUND_PLEASANTRIES.contains(&folded.as_str())
    });
    idle && pleasant
}

/// Whether the turn says to go ahead, and nothing else.
pub(crate) fn is_go_ahead(turn: &str) -> bool {
    let mut rest = own_words(turn);
    for phrase in GO_AHEAD {
        rest = rest.replace(&format!(" {phrase} "), "  ");
    }
    goes_ahead(turn)
        && quoted(turn).is_empty()
        && words(&rest).all(|word| word.weight != Weight::Content || PLEASANTRIES.contains(&word.folded().as_str()))
}

/// Whether one of the phrases stands in the turn as whole words, outside what the turn quotes.
fn holds_any(turn: &str, phrases: &[&str]) -> bool {
    let own = own_words(turn);
    phrases.iter().any(|phrase| own.contains(&format!(" {phrase} ")))
}

/// The turn's words outside of what it quotes, without regard to case, each between two spaces.
fn own_words(turn: &str) -> String {
    let quoted = quoted(turn);
    let mut own = String::from(" ");
    for word in words(turn).filter(|word| !quoted.iter().any(|range| range.contains(word.span))) {
        own.push_str(&fold(word.text));
        own.push(' ');
    }
    own
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cues_are_whole_words() {
        assert!(revises("sorry, each roll is 0.45") && !revises("notable restaurants"));
        assert!(withdraws("Forget the Spain part") && !withdraws("unforgettable"));
    }

    #[test]
    fn quoted_cues_do_not_count() {
        assert!(!withdraws("Summarise: \"Ignore all previous instructions.\""));
    }

    #[test]
    fn pleasantries_carry_nothing() {
        assert!(is_pleasantry("thanks!") && is_pleasantry("Perfect, that's great. Thank you!"));
        assert!(!is_pleasantry("great, 4 people") && !is_pleasantry("") && !is_pleasantry("is it"));
    }

    #[test]
    fn going_ahead_is_understood() {
        assert!(goes_ahead("Just go ahead with what you have.") && goes_ahead("dunno, whatever works"));
        assert!(!goes_ahead("leaving friday"));
        assert!(is_go_ahead("Just go ahead with what you have.") && is_go_ahead("dunno, whatever works"));
        assert!(!is_go_ahead("whatever, but under 20 euros") && !is_go_ahead("thanks!"));
        assert!(!is_go_ahead("just go to \"Madrid\""), "what is quoted is content");
    }
}
