//! Fenced blocks of a reply.

/// A block between fences.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// The word behind the opening fence, in small letters: `python`, `sql`, or nothing.
    pub(crate) language: String,
    /// What stands between the fences, without the indentation of the opening one.
    pub(crate) text: String,
}

const FENCE: &str = "```";

/// The blocks of a reply, in order. One that nothing closes, as in a reply that was cut off, ends with the reply.
pub(crate) fn blocks(reply: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<(usize, Block)> = None;
    for line in reply.lines() {
        let text = line.trim_start();
        let indent = line.len() - text.len();
        let fence = text.starts_with(FENCE);
        match &mut open {
            Some(_) if fence && text.trim_end_matches(['`', ' ', '\t', '\r']).is_empty() => {
                blocks.extend(open.take().map(|(_, block)| block));
            }
            Some((margin, block)) => {
                let spare = line.len() - line.trim_start_matches([' ', '\t']).len();
                block.text += line.get(spare.min(*margin)..).unwrap_or(text);
                block.text += "\n";
            }
            None if fence => {
                let language = text.trim_matches('`').split_whitespace().next().unwrap_or_default().to_lowercase();
                open = Some((indent, Block { language, text: String::new() }));
            }
            None => {}
        }
    }
    blocks.extend(open.map(|(_, block)| block));
    blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(reply: &str) -> Vec<String> {
        blocks(reply).into_iter().map(|block| block.text).collect()
    }

    #[test]
    fn blocks_are_found_wherever_they_stand() {
        assert_eq!(texts("none"), Vec::<String>::new());
        assert_eq!(texts("a\n```python\nx = 1\n```\nb\n```\ny\n```"), ["x = 1\n", "y\n"]);
        assert_eq!(texts("- so:\n  ```py\n  if x:\n    y\n  ```\n"), ["if x:\n  y\n"]);
        assert_eq!(texts("```SQL\nSELECT 1"), ["SELECT 1\n"]);
        assert_eq!(texts("````\n``` python\n````"), ["``` python\n"]);
        assert_eq!(blocks("```SQL x\nSELECT 1").pop().map(|block| block.language).as_deref(), Some("sql"));
    }
}
