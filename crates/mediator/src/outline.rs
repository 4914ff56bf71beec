//! A numbered outline of a reply's parts, so that "the second one" can be resolved without reading the reply.

use std::fmt::Write as _;
use std::sync::LazyLock;

use regex::Regex;
use throughline_conversation::Span;

use crate::cues::{self, List, Marks, Talk};
use crate::draft::{DraftEdit, Op};
use crate::guard::Scene;
use crate::removal::{Value, values};
use crate::segments::{quoted, segments};
use crate::words::{QUESTION_MARKS, Weight, Word, content, one_line, same_stem, words};

/// How much of a part its outline line shows, in characters.
const SHOWN: usize = 60;
/// How many parts an outline lists at most; what comes behind is rarely pointed at.
const PARTS: usize = 12;

/// The parts of a reply that a user may point at: code blocks and list items where there are any, else paragraphs,
/// else sentences.
fn parts(reply: &str) -> Vec<Span> {
    listed(reply).0
}

/// The parts of a reply, as a list to point into.
pub(crate) fn list(reply: &str) -> List {
    listed(reply).1
}

/// The parts of a reply, and what they are as a list.
fn listed(reply: &str) -> (Vec<Span>, List) {
    let fences: Vec<Span> =
        quoted(reply).into_iter().filter(|range| range.of(reply).is_ok_and(|text| text.starts_with("```"))).collect();
    let lines = || lines(reply).filter(|line| !fences.iter().any(|fence| fence.contains(*line)));
    let items: Vec<(Span, Marks)> = lines().filter_map(|line| list_item(reply, line)).collect();
    let marks = match items.first() {
        Some((_, first)) if items.iter().all(|(_, marks)| marks == first) => *first,
        None if fences.is_empty() => Marks::None,
        _ => Marks::Bullets,
    };
    let mut parts: Vec<Span> = fences.iter().copied().chain(items.into_iter().map(|(item, _)| item)).collect();
    if marks == Marks::None {
        parts = lines().collect();
        if parts.len() == 1 {
            parts = segments(reply);
        }
    }
    parts.sort_by_key(|part| part.start);
    let list = List { count: parts.len(), marks, asked: reply.contains(QUESTION_MARKS) };
    (parts, list)
}

/// The question that a reply ends with: its last sentences that ask, before a list to choose from where there is one.
pub(crate) fn question(reply: &str) -> Option<Span> {
    let all: Vec<Span> = lines(reply).collect();
    let listed = all.iter().rev().take_while(|line| list_item(reply, **line).is_some()).count();
    let end = all.get(all.len().checked_sub(listed + 1)?)?.end;
    let sentences = segments(reply.get(..end)?);
    let asks = |sentence: &&Span| sentence.of(reply).is_ok_and(|text| text.ends_with(QUESTION_MARKS));
    let first = sentences.iter().rev().take_while(asks).last()?;
    Some(Span { start: first.start, end })
}

/// The outline: one line for each part, `p1: …`.
pub(crate) fn outline(reply: &str) -> String {
    let mut text = String::new();
    for (index, part) in parts(reply).into_iter().take(PARTS).enumerate() {
        let line = one_line(part.of(reply).unwrap_or_default());
        let shown: String = line.chars().take(SHOWN).collect();
        let more = if shown.len() < line.len() { "…" } else { "" };
        let _ = writeln!(text, "p{}: {shown}{more}", index + 1);
    }
    text
}

/// The part of a reply that its outline calls `p1`, `p2` and so on, if there is one of that name; `p0` is the whole, `s1`
/// its first sentence.
pub(crate) fn named(reply: &str, name: &str) -> Option<Span> {
    if name == "p0" {
        let start = reply.len() - reply.trim_start().len();
        return (!reply.trim().is_empty()).then_some(Span { start, end: start + reply.trim().len() });
    }
    if let Some(number) = name.strip_prefix('s') {
        return segments(reply).get(number.parse::<usize>().ok()?.checked_sub(1)?).copied();
    }
    let number: usize = name.strip_prefix('p')?.parse().ok()?;
    parts(reply).get(number.checked_sub(1)?).copied()
}

/// The references of a turn to parts of the last reply: by place ("the second one", "1 and 3"), by words that only one
/// part holds ("the one that keeps warm"), by what the reply is ("that code"), or by agreeing to its question.
pub(crate) fn pointed(scene: Scene<'_>) -> Vec<DraftEdit> {
    let Some((_, reply)) = scene.reply else { return Vec::new() };
    let (parts, list) = listed(reply);
    if cues::talk(scene.user) == Some(Talk::Agrees) && reply.trim_end().ends_with(QUESTION_MARKS) {
        // What is agreed to is the question, which comes last.
        return vec![reference(scene.user.trim(), format!("s{}", segments(reply).len()))];
    }
    let mut places = if parts.len() < 2 { Vec::new() } else { cues::places(scene.user, list) };
    // "The second bank lent twice as much as the first one": where one counts something else, so do the others.
    if !places.iter().all(|(_, said)| counts_a_part(scene.user, reply, *said) && !counts_own(scene, *said)) {
        return Vec::new();
    }
    if places.is_empty() {
        places.extend(by_words(scene.user, reply, &parts));
    }
    if places.is_empty() {
        places.extend(of_yours(scene, &parts, reply));
    }
    if places.is_empty()
        && let Some(said) = cues::whole_reply(scene.user)
    {
        return vec![reference(said.of(scene.user).unwrap_or_default(), "p0".to_owned())];
    }
    let drafted = places
        .into_iter()
        .map(|(place, said)| reference(said.of(scene.user).unwrap_or_default(), format!("p{}", place + 1)));
    drafted.collect()
}

fn reference(quote: &str, target: String) -> DraftEdit {
    DraftEdit { op: Op::Refer, quote: quote.to_owned(), target: Some(target), text: None, kind: None }
}

/// Whether a place counts something of the user's own ("the second list"), not a part of the reply. What was asked for
/// may be what the reply lists ("three cafés", "the second café"), unless the turn states figures ("In the second month
/// she sold 40").
fn counts_own(scene: Scene<'_>, said: Span) -> bool {
    let Some(counted) = counted(scene.user, said) else { return false };
    let same = |word: &str| same_stem(word, &counted.folded);
    let mut before = "";
    // "Swap the first day with the second day" counts them both times.
    let elsewhere = words(scene.user).any(|word| {
        let behind_an_ordinal = cues::is_ordinal(std::mem::replace(&mut before, word.text));
        word.span != counted.span && !behind_an_ordinal && same(&word.folded)
    });
    let states = values(scene.user).iter().any(Value::is_figure);
    let mut held = scene.spec.active().filter(|clause| states || !scene.spec.is_goal(&clause.said.id));
    elsewhere || held.any(|clause| content(&clause.said.text).iter().any(|held| same(held)))
}

/// Whether a place, given by an ordinal or a number, is one among the reply's parts: what is counted is not said ("the
/// first, please"), it is what any list has ("the first one"), or the reply speaks of it ("the first day" of a plan by
/// days). "On the first day he ate two" says when, and "run it first" in which order.
fn counts_a_part(user: &str, reply: &str, said: Span) -> bool {
    let ordinal = said.of(user).is_ok_and(cues::is_ordinal);
    match counted(user, said) {
        _ if !ordinal => true,
        Some(counted) => {
            cues::is_counted(&counted.folded)
                || cues::is_judged(&counted.folded)
                || words(reply).any(|word| same_stem(&word.folded, &counted.folded))
        }
        None => words(user)
            .take_while(|word| word.span.end <= said.start)
            .last()
            .is_none_or(|word| word.weight != Weight::Content),
    }
}

/// What a place counts: the word right behind it that says what it is about.
fn counted(user: &str, said: Span) -> Option<Word<'_>> {
    let next = words(user).find(|word| word.span.start >= said.end)?;
    let between = user.get(said.end..next.span.start)?;
    (between.trim().is_empty() && next.weight == Weight::Content && next.text.chars().count() > 1).then_some(next)
}

/// The only part that holds what the user calls "the one that", and the words that do.
fn by_words(user: &str, reply: &str, parts: &[Span]) -> Option<(usize, Span)> {
    let said = cues::the_one(user)?;
    let wanted = content(said.of(user).ok()?);
    let score = |part: &Span| {
        let held = content(part.of(reply).unwrap_or_default());
        wanted.iter().filter(|word| held.iter().any(|other| same_stem(other, word))).count()
    };
    let best = parts.iter().map(score).max().filter(|best| *best > 0)?;
    let mut best = parts.iter().enumerate().filter(|(_, part)| score(part) == best);
    let (place, _) = best.next()?;
    best.next().is_none().then_some((place, said))
}

/// The only part that holds what the user calls the assistant's and never spoke of before ("your HAVING"), and the words
/// that do.
fn of_yours(scene: Scene<'_>, parts: &[Span], reply: &str) -> Option<(usize, Span)> {
    let known: Vec<String> = scene.spec.active().flat_map(|clause| content(&clause.said.text)).collect();
    let only = |word: &Word<'_>| {
        let holds = |part: &Span| words(part.of(reply).unwrap_or_default()).any(|held| held.folded == word.folded);
        let mut holding = (0..parts.len()).filter(|index| holds(&parts[*index]));
        holding.next().filter(|_| holding.next().is_none())
    };
    let is_new =
        |word: &Word<'_>| word.weight == Weight::Content && !known.iter().any(|held| same_stem(held, &word.folded));
    let said = cues::yours(scene.user, |word| is_new(word) && only(word).is_some())?;
    let word = words(said.of(scene.user).ok()?).last()?;
    Some((only(&word)?, said))
}

/// The lines of a text that hold more than white space, trimmed.
fn lines(text: &str) -> impl Iterator<Item = Span> + '_ {
    text.split_inclusive('\n')
        .scan(0, |start, line| {
            let from = *start + (line.len() - line.trim_start().len());
            *start += line.len();
            Some((from, line.trim()))
        })
        .filter(|(_, line)| !line.is_empty())
        .map(|(start, line)| Span { start, end: start + line.len() })
}

/// The words of a list item behind its bullet, number or letter, and how it is marked; `None` for a line that is none. A
/// number may stand in a heading or in bold.
fn list_item(text: &str, line: Span) -> Option<(Span, Marks)> {
    static ITEM: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r"^(?:(?:#+\s+)?(?<bold>\*\*)?(?:(?<number>\d+)[.)]|\(?(?<letter>[A-Za-z])[):])|[-*+•])\s+(?<item>.*\S)",
        )
        .ok()
    });
    let found = ITEM.as_ref()?.captures(line.of(text).ok()?)?;
    let marks = match (found.name("number"), found.name("letter")) {
        (Some(_), _) => Marks::Numbers,
        (_, Some(_)) => Marks::Letters,
        _ => Marks::Bullets,
    };
    let item = found.name("item")?;
    let held = if found.name("bold").is_some() { item.as_str().trim_end_matches('*') } else { item.as_str() };
    let start = line.start + item.start();
    Some((Span { start, end: start + held.len() }, marks))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(reply: &str) -> Vec<&str> {
        parts(reply).into_iter().map(|span| span.of(reply).unwrap()).collect()
    }

    #[test]
    fn list_items_are_parts() {
        assert_eq!(
            cut("Here:\n1. Bean Scene\n2. Daily Grind\n3. Roast House"),
            ["Bean Scene", "Daily Grind", "Roast House"]
        );
        assert_eq!(cut("- one\n- two"), ["one", "two"]);
        assert_eq!(cut("a) Mon 9:00\nb) Tue 14:00"), ["Mon 9:00", "Tue 14:00"]);
        assert_eq!(cut("### 1. Beds\n**2. Baths**"), ["Beds", "Baths"]);
        assert_eq!(cut("-5 degrees\n1.5 litres"), ["-5 degrees", "1.5 litres"]);
    }

    #[test]
    fn code_blocks_are_parts_and_their_lines_are_not() {
        assert_eq!(cut("Use this:\n```py\n- x\n```\nDone."), ["```py\n- x\n```"]);
    }

    #[test]
    fn paragraphs_then_sentences() {
        assert_eq!(cut("First thing.\n\nSecond thing."), ["First thing.", "Second thing."]);
        assert_eq!(cut("One. Two."), ["One.", "Two."]);
    }

    const NONE: [usize; 0] = [];

    /// The places, from 0, that a turn points at in a reply.
    fn places(reply: &str, user: &str) -> Vec<usize> {
        let mut found: Vec<usize> = cues::places(user, list(reply)).into_iter().map(|(place, _)| place).collect();
        found.dedup();
        found
    }

    #[test]
    fn a_letter_names_an_item_of_a_lettered_list() {
        let routes = "A: motorway, 3 h.\nB: along the river, 4 h 30.\nC: by train.";
        assert_eq!(places(routes, "B! and where could we stop for lunch?"), [1]);
        assert_eq!(places(routes, "option c sounds good"), [2]);
        assert_eq!(places(routes, "combine A and C"), [0, 2]);
        assert_eq!(places(routes, "i want a map"), NONE);
        assert_eq!(places("1. red\n2. blue", "option b"), NONE);
    }

    #[test]
    fn a_number_that_opens_the_turn_names_an_item_of_a_numbered_list() {
        assert_eq!(places("1. use .get\n2. filter those rows out", "2, show me how"), [1]);
        assert_eq!(places("- use .get\n- filter those rows out", "2, show me how"), NONE);
        assert_eq!(places("1. use .get\n2. filter those rows out", "2 rows lack it"), NONE);
    }

    #[test]
    fn code_blocks_may_be_counted() {
        assert_eq!(places("```\na\n```\nor\n```\nb\n```", "combine 1 and 2"), [0, 1]);
    }

    #[test]
    fn numbers_name_nothing_where_there_is_no_list() {
        assert_eq!(places("Kilograms or pounds? And what may it carry?", "pounds, 2 t"), NONE);
    }

    #[test]
    fn places_are_told_in_many_languages() {
        let list = "1. a\n2. b\n3. c";
        for (user, place) in [
            ("the middle one, please", 1),
            ("ich nehme das mittlere", 1),
            ("el último, gracias", 2),
            ("a terceira ficou boa", 2),
            ("de derde graag", 2),
            ("wezmę ostatnią", 2),
            ("ikincisi olsun", 1),
            ("давай третью", 2),
            ("الأخير من فضلك", 2),
            ("我选第二个", 1),
            ("最后一个", 2),
            ("2番目がいい", 1),
            ("一番下のやつ", 2),
            ("두 번째 주세요", 1),
            ("तीसरा वाला", 2),
        ] {
            assert_eq!(places(list, user), [place], "{user}");
        }
    }

    #[test]
    fn an_outline_line_is_short() {
        let outline = outline(&"word ".repeat(100));
        assert!(outline.starts_with("p1: word word") && outline.chars().count() < 80, "{outline}");
    }
}
