//! Quoted material in a prompt.

/// The fewest marks of a fence.
const FEWEST: usize = 3;

/// `text` between a line of `<<<` and a line of `>>>`, for material that must not be taken for a part of the prompt. The
/// fence is longer than anything like it in the text, so that no text can end it.
pub fn fenced(text: &str) -> String {
    let runs = text.split(|character| !matches!(character, '<' | '>'));
    let width = runs.map(|run| run.len() + 1).max().unwrap_or(0).max(FEWEST);
    format!("{}\n{text}\n{}", "<".repeat(width), ">".repeat(width))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_plain_text_has_a_short_fence() {
        assert_eq!(fenced("a <b> c"), "<<<\na <b> c\n>>>");
        assert_eq!(fenced(""), "<<<\n\n>>>");
    }

    proptest! {
        #[test]
        fn no_text_ends_its_fence(text in "([<>]{0,6}[a\n ]?){0,8}") {
            let fenced = fenced(&text);
            let (open, inner) = fenced.split_once('\n').unwrap();
            let (inner, close) = inner.rsplit_once('\n').unwrap();
            prop_assert_eq!(inner, &text);
            prop_assert!(open.len() >= FEWEST && open.len() == close.len());
            prop_assert!(!text.contains(open) && !text.contains(close));
        }
    }
}
