//! Nothing that a model, a file or a paste holds may drive the terminal or hide from the reader.

use std::borrow::Cow;

use super::graphemes::{grapheme_width, graphemes};

/// Where tabs stop, in cells from the beginning of the line.
const TAB: usize = 4;

/// At most so many characters make one grapheme. Scripts and emoji stay well below; only a pile of marks made to flood
/// the lines around it is more.
const LONGEST_GRAPHEME: usize = 32;

/// Stands for a character that shows nothing by itself and has no picture.
const STAND_IN: char = '\u{fffd}';

/// Carries a mark that has nothing to sit on, as in Unicode's own charts.
const CARRIER: char = '◌';

/// The flags of England, Scotland and Wales are written with characters that are invisible anywhere else.
const TAGGED_FLAGS: [&str; 3] = [
    "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
    "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
    "🏴\u{e0067}\u{e0062}\u{e0077}\u{e006c}\u{e0073}\u{e007f}",
];

/// A text in which every character takes cells of its own or belongs to one that does, and none is an instruction to the
/// terminal.
///
/// Line feeds stay (CR LF becomes one), tabs become spaces. Other control characters, the escape character first of all,
/// are shown as pictures (`␛`); those that have none, marks that turn the direction of writing, and invisible characters
/// outside the emoji and scripts that need them become `U+FFFD`. A text that is tame already is returned as it is.
pub fn tame(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| byte == b'\n' || (b' '..=b'~').contains(&byte)) {
        return Cow::Borrowed(text);
    }
    let mut tamed = String::with_capacity(text.len());
    let mut column = 0;
    for (_, grapheme) in graphemes(text) {
        let start = tamed.len();
        match grapheme {
            "\n" | "\r\n" => {
                tamed.push('\n');
                column = 0;
                continue;
            }
            "\t" => tamed.extend(std::iter::repeat_n(' ', TAB - column % TAB)),
            _ if is_tame(grapheme) => tamed.push_str(grapheme),
            _ => push(&mut tamed, grapheme),
        }
        column += super::width(&tamed[start..]);
    }
    if tamed == text { Cow::Borrowed(text) } else { Cow::Owned(tamed) }
}

/// Whether a grapheme can stay as it is; of some that can, [`push`] finds out.
fn is_tame(grapheme: &str) -> bool {
    let is_harmless = |character: char| picture(character).is_none() && !is_invisible(character);
    grapheme.len() <= LONGEST_GRAPHEME && grapheme.chars().all(is_harmless) && grapheme_width(grapheme) > 0
        || TAGGED_FLAGS.contains(&grapheme)
}

/// Appends one grapheme, tame.
fn push(tamed: &mut String, grapheme: &str) {
    let mut shown = String::with_capacity(grapheme.len());
    let mut before = None;
    for (i, character) in grapheme.chars().enumerate() {
        if i > 0 && i % LONGEST_GRAPHEME == 0 {
            shown.push(CARRIER);
        }
        if let Some(picture) = picture(character) {
            shown.push(picture);
        } else if is_invisible(character) && !belongs(character, before, grapheme) {
            shown.push(STAND_IN);
        } else {
            shown.push(character);
        }
        before = Some(character);
    }
    for (_, part) in graphemes(&shown) {
        if grapheme_width(part) > 0 {
            tamed.push_str(part);
            continue;
        }
        let start = tamed.len();
        tamed.push(CARRIER);
        tamed.push_str(part);
        // Half a syllable, say, does not combine with a carrier.
        if graphemes(&tamed[start..]).count() > 1 {
            tamed.truncate(start);
            tamed.push(STAND_IN);
        }
    }
}

/// What is shown for a character that is, or may be, an instruction to the terminal.
fn picture(character: char) -> Option<char> {
    match character {
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(character)),
        '\u{7f}' => Some('␡'),
        '\u{80}'..='\u{9f}' => Some(STAND_IN),
        '\u{2028}' | '\u{2029}' => Some('␤'),
        _ => None,
    }
}

/// Whether a character shows nothing: Unicode's `Default_Ignorable_Code_Point`, the notes between lines
/// (`U+FFF9` to `U+FFFB`) and the shaping of hieroglyphs and music.
fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{13430}'..='\u{1343f}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// Whether an invisible character does something to the visible one before it in its grapheme: joins it or keeps it
/// apart, as emoji and many scripts need, or chooses its form. No script needs two in a row, which is how text is hidden
/// in them.
fn belongs(character: char, before: Option<char>, grapheme: &str) -> bool {
    let Some(before) = before else { return false };
    let keycap = matches!(grapheme.as_bytes()[0], b'0'..=b'9' | b'#' | b'*');
    match character {
        _ if is_invisible(before) => character == '\u{200d}' && is_form(before),
        '\u{fe0e}' | '\u{fe0f}' => keycap || !before.is_ascii(),
        '\u{200c}' | '\u{200d}' => !before.is_ascii(),
        _ => is_form(character) && !before.is_ascii(),
    }
}

/// Whether a character chooses the form of the one before it.
fn is_form(character: char) -> bool {
    matches!(character, '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' | '\u{180b}'..='\u{180d}' | '\u{180f}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_segmentation::UnicodeSegmentation as _;

    use super::*;

    #[test]
    fn escape_sequences_become_letters() {
        assert_eq!(tame("\u{1b}[2J\u{1b}]0;title\u{7}"), "␛[2J␛]0;title␇");
        assert_eq!(tame("\u{9b}31m\u{90}"), "\u{fffd}31m\u{fffd}");
        assert_eq!(tame("a\u{8}b\u{7f}\0"), "a␈b␡␀");
    }

    #[test]
    fn lines_and_tabs_stay_what_they_mean() {
        assert_eq!(tame("a\r\nb\rc\n"), "a\nb␍c\n");
        assert_eq!(tame("\ta\tbcd\te\n\t漢\tx"), "    a   bcd e\n    漢  x");
        assert_eq!(tame("a\u{2028}b\u{85}"), "a␤b\u{fffd}");
    }

    #[test]
    fn nothing_turns_the_direction_or_hides() {
        assert_eq!(tame("user\u{202e}txt.exe\u{202c}"), "user\u{fffd}txt.exe\u{fffd}");
        assert_eq!(tame("pass\u{200b}word \u{feff}\u{ad}x"), "pass\u{fffd}word \u{fffd}\u{fffd}x");
        assert_eq!(tame("a\u{e0068}\u{e0069}"), "a\u{fffd}\u{fffd}");
        assert_eq!(tame("😀\u{fe00}\u{fe01}\u{fe02}\u{e0101}"), "😀\u{fe00}\u{fffd}\u{fffd}\u{fffd}");
        assert_eq!(tame("a\u{200d}b\u{200c}c\u{fe0f}"), "a\u{fffd}b\u{fffd}c\u{fffd}");
    }

    #[test]
    fn what_scripts_and_emoji_need_stays() {
        let texts = [
            "naïve 漢字かな 한국어 עברית العربية ไทย",
            "نمی\u{200c}خواهم",
            "क्\u{200d}ष ශ්\u{200d}රී",
            "👩\u{200d}🚀 ❤\u{fe0f}\u{200d}🔥 🏳\u{fe0f}\u{200d}🌈 👍🏽 🇨🇭 1\u{fe0f}\u{20e3}",
            TAGGED_FLAGS[1],
            "葛\u{e0100}",
            "e\u{301}\u{323}",
        ];
        for text in texts {
            assert!(matches!(tame(text), Cow::Borrowed(_)), "{text:?} became {:?}", tame(text));
        }
    }

    #[test]
    fn marks_without_a_letter_get_a_carrier_and_piles_are_taken_apart() {
        assert_eq!(tame("\u{301}a"), "◌\u{301}a");
        let pile = format!("a{}", "\u{301}".repeat(100));
        let tamed = tame(&pile);
        assert!(tamed.graphemes(true).all(|grapheme| grapheme.chars().count() <= LONGEST_GRAPHEME + 1));
        assert_eq!(tamed.replace(CARRIER, ""), pile);
    }

    /// Text rich in what is dangerous.
    fn wild() -> impl Strategy<Value = String> {
        let character = prop_oneof![
            any::<char>(),
            proptest::char::range('\0', '\u{9f}'),
            proptest::char::range('\u{200b}', '\u{206f}'),
            proptest::char::range('\u{300}', '\u{36f}'),
            proptest::char::range('\u{1100}', '\u{11ff}'),
            proptest::char::range('\u{fe00}', '\u{fe0f}'),
            proptest::char::range('\u{1f1e6}', '\u{1f1ff}'),
            proptest::sample::select(vec!['👩', '🏴', '\u{200d}', '\u{e0067}', 'क', '\u{94d}', '\r', '\n', '\t', 'a']),
        ];
        proptest::collection::vec(character, 0..40).prop_map(String::from_iter)
    }

    proptest! {
        #[test]
        fn whatever_comes_in_is_harmless_and_visible(text in wild()) {
            let tamed = tame(&text);
            for grapheme in tamed.graphemes(true).filter(|grapheme| *grapheme != "\n") {
                prop_assert!(!grapheme.contains(char::is_control), "{grapheme:?}");
                let turning = ['\u{202a}', '\u{202b}', '\u{202d}', '\u{202e}', '\u{2066}', '\u{2067}', '\u{2068}'];
                prop_assert!(!grapheme.contains(turning), "{grapheme:?}");
                prop_assert!(grapheme_width(grapheme) > 0, "{grapheme:?} of {tamed:?}");
            }
            prop_assert_eq!(tame(&tamed), &*tamed);
        }

        #[test]
        fn lines_are_kept(text in wild()) {
            prop_assert_eq!(tame(&text).matches('\n').count(), text.matches('\n').count());
        }
    }
}
