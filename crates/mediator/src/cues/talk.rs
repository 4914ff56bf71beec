//! Words that say nothing to record: politeness, time to think, agreement, leave to go on.

use std::collections::BTreeSet;

use super::{LISTS, Stretches};
use crate::draft::Op;
use crate::segments::quoted;
use crate::words::Weight;

/// What words do that say nothing to record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Talk {
    /// Politeness and laughter ("thanks!", "haha nice").
    Idle,
    /// The user takes time to think ("hold on").
    Hesitates,
    /// "Yes", and nothing else.
    Agrees,
    /// What is there, or was understood, is right ("perfect", "looks good").
    Approves,
    /// What is open may stay open ("no idea, whatever").
    LeavesOpen,
    /// The user wants to go on ("just go").
    GoesAhead,
}

impl Talk {
    /// The operation that this amounts to; `replied` says whether there is a reply to agree with. A mere "yes" amounts to
    /// none: it means what it answers.
    pub(crate) fn op(self, replied: bool) -> Option<Op> {
        match self {
            Self::Agrees => None,
            Self::GoesAhead => Some(Op::Approve),
            Self::Approves if replied => Some(Op::Approve),
            Self::Idle | Self::Hesitates | Self::Approves | Self::LeavesOpen => Some(Op::Chat),
        }
    }
}

/// The lists that a phrase of talk may be of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Politeness,
    Hesitation,
    Approval,
    Praise,
    Agreement,
    Indifference,
    GoAhead,
}

/// What a text does that says nothing to record; `None` where it says more.
pub(crate) fn talk(text: &str) -> Option<Talk> {
    if !quoted(text).is_empty() {
        return None;
    }
    let stretches = Stretches::of(text);
    let mut kinds = BTreeSet::new();
    // Words that only stand beside leave to go on: "just go ahead with what you have".
    let mut beside = false;
    let mut at = 0;
    while let Some(word) = stretches.words.get(at) {
        if let Some((kind, behind)) = phrase(&stretches, at) {
            // "Hmm" alone says less than "hold on".
            let mused = stretches.words[at..behind].iter().all(|word| word.weight == Weight::Filler);
            kinds.insert(if kind == Kind::Hesitation && mused { Kind::Politeness } else { kind });
            at = behind;
            continue;
        }
        let idle = word.weight == Weight::Filler || LISTS.around_talk.hold(&word.folded);
        if !idle && word.weight == Weight::Content {
            return None;
        }
        beside |= !idle;
        at += 1;
    }
    let told = kinds_tell(&kinds)?;
    (!beside || matches!(told, Talk::LeavesOpen | Talk::GoesAhead)).then_some(told)
}

/// What phrases of these kinds do together.
fn kinds_tell(kinds: &BTreeSet<Kind>) -> Option<Talk> {
    let holds = |kind| kinds.contains(&kind);
    Some(if holds(Kind::Hesitation) {
        Talk::Hesitates
    } else if holds(Kind::GoAhead) {
        Talk::GoesAhead
    } else if holds(Kind::Indifference) {
        Talk::LeavesOpen
    // Praise beside thanks or laughter is politeness too: "great, thanks".
    } else if holds(Kind::Approval) || (holds(Kind::Praise) && !holds(Kind::Politeness)) {
        Talk::Approves
    } else if holds(Kind::Agreement) {
        Talk::Agrees
    } else if kinds.is_empty() {
        return None;
    } else {
        Talk::Idle
    })
}

/// The longest phrase of talk that begins at that word, and the word behind it.
fn phrase(stretches: &Stretches<'_>, at: usize) -> Option<(Kind, usize)> {
    let lists = [
        (Kind::Politeness, &LISTS.politeness),
        (Kind::Hesitation, &LISTS.hesitation),
        (Kind::Approval, &LISTS.approval),
        (Kind::Praise, &LISTS.praise),
        (Kind::Agreement, &LISTS.agreement),
        (Kind::Indifference, &LISTS.indifference),
        (Kind::GoAhead, &LISTS.go_ahead),
    ];
    stretches.from(at, LONGEST).find_map(|(phrase, behind)| {
        let (kind, _) = lists.iter().find(|(_, list)| list.hold(phrase))?;
        Some((*kind, behind))
    })
}

/// So many words the longest phrase of talk has. Where words are not spaced, a sign is one.
const LONGEST: usize = 12;

/// Where what a text says begins, behind time to think in front of it that a mark sets off ("hold on, make it 5"); 0 where
/// there is none in front, or nothing behind it.
pub(crate) fn behind_hesitation(text: &str) -> usize {
    let stretches = Stretches::of(text);
    let begins = |at: usize| stretches.words.get(at).map(|word| word.span.start);
    if begins(0).is_none_or(|first| !text[..first].trim().is_empty()) {
        return 0;
    }
    let (mut start, mut hesitates, mut at) = (0, false, 0);
    while let Some(word) = stretches.words.get(at) {
        let held = stretches.from(at, LONGEST).find(|(phrase, _)| LISTS.hesitation.hold(phrase));
        let behind = match held {
            Some((_, behind)) => behind,
            None if word.weight == Weight::Filler => at + 1,
            None => break,
        };
        hesitates |= held.is_some();
        let Some(next) = begins(behind) else { return 0 };
        let end = stretches.words[behind - 1].span.end;
        let between = text[end..next].trim_start();
        let rest = between.trim_start_matches(|mark: char| mark.is_whitespace() || MARKS.contains(&mark));
        if hesitates && between.starts_with(MARKS) {
            start = next - rest.len();
        }
        // A quotation, a bracket: what it holds is said.
        if !rest.is_empty() {
            break;
        }
        at = behind;
    }
    start
}

/// What sets time to think off from what is said.
const MARKS: [char; 14] = [',', '.', '!', ';', ':', '…', '-', '–', '—', '，', '。', '、', '،', '！'];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn politeness_carries_nothing() {
        for text in [
            "thanks!",
            "haha nice",
            "great, thanks",
            "super danke dir",
            "merci infiniment !",
            "hmm",
            "谢谢",
            "شكرا جزيلا",
        ] {
            assert_eq!(talk(text), Some(Talk::Idle), "{text}");
        }
        for text in ["great, 4 people", "", "is it", "thanks for the \"super\" tip", "good for bees"] {
            assert_eq!(talk(text), None, "{text}");
        }
    }

    #[test]
    fn time_to_think_is_no_agreement() {
        for text in [
            "hold on",
            "Wait.",
            "one sec!",
            "hmm, let me think",
            "ok wait",
            "uh, give me a sec please",
            "great, one moment",
            "Moment mal",
            "warte, lass mich überlegen",
            "espera, déjame pensar",
            "attends, une seconde",
            "aspetta un attimo",
            "só um segundo",
            "wacht even",
            "chwileczkę",
            "bir dakika",
            "подожди, дай подумать",
            "لحظة",
            "等一下",
            "ちょっと待って",
            "잠깐만",
            "रुको",
        ] {
            assert_eq!(talk(text), Some(Talk::Hesitates), "{text}");
        }
        for text in
            ["hold on to the receipt", "wait time under 10 minutes", "a moment of silence", "let me think about Rome"]
        {
            assert_eq!(talk(text), None, "{text}");
        }
    }

    #[test]
    fn agreement_is_told_from_leave_to_go_on() {
        for text in [
            "perfect",
            "looks good, go",
            "yes thats it, nice",
            "yep good plan",
            "nickel",
            "отлично, беру",
            "süper oldu",
        ] {
            assert_eq!(talk(text), Some(Talk::Approves), "{text}");
        }
        for text in ["yes", "Yes, exactly.", "yes please", "ja genau", "はい"] {
            assert_eq!(talk(text), Some(Talk::Agrees), "{text}");
        }
        for text in ["dunno, whatever", "no preference", "egal", "tanto faz", "any is fine, thanks"] {
            assert_eq!(talk(text), Some(Talk::LeavesOpen), "{text}");
        }
        assert_eq!(talk("Just go ahead with what you have."), Some(Talk::GoesAhead));
        assert_eq!(talk("whatever, but under 20 euros"), None);
        assert_eq!(talk("just go to \"Madrid\""), None, "what is quoted is content");
    }

    #[test]
    fn what_is_said_begins_behind_time_to_think() {
        for (text, said) in [
            ("hold on, make it 5", "make it 5"),
            ("ok, wait... let me think: is 5 enough?", "is 5 enough?"),
            ("hmm, wait — 5", "5"),
            ("等一下，改成5人", "改成5人"),
            ("un momento, mejor 5", "mejor 5"),
            ("wait, \"Pedersen\"", "\"Pedersen\""),
            ("one sec, (a) first", "(a) first"),
            ("wait make it 5", "wait make it 5"),
            ("hold on to the receipt, please", "hold on to the receipt, please"),
            ("\"wait\", he said", "\"wait\", he said"),
            ("ok, book it", "ok, book it"),
            ("hold on", "hold on"),
            ("", ""),
        ] {
            assert_eq!(&text[behind_hesitation(text)..], said);
        }
    }
}
