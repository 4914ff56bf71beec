//! Reasoning that a server leaves in the text of a reply.
//!
//! Servers without a parser for a model's reasoning send it as it was written: between `<think>` and `</think>`, at the
//! very start. Only there is it taken for reasoning; what a reply says of such tags later is its text. Where a model's
//! template opens the block in the prompt, the reply holds only its end, which nothing tells from text before it comes:
//! such a server has to be told to separate the reasoning itself (`--reasoning-parser`, `--reasoning-format`).

const OPEN: &str = "<think>";
const CLOSE: &str = "</think>";

/// Separates the reasoning of one reply from its text.
#[derive(Default)]
pub(super) struct Thinking {
    place: Place,
    /// What may be the beginning of a tag.
    held: String,
}

/// Where a reply is.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Place {
    /// Nothing but white space, or the beginning of a tag, came so far.
    #[default]
    Start,
    /// Within the block.
    Reasoning,
    /// Behind the reasoning, where nothing but white space came so far.
    Gap,
    /// In the text of the reply, for good.
    Text,
}

/// What a piece turned out to be.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Separated {
    pub(super) reasoning: String,
    pub(super) text: String,
}

impl Thinking {
    /// Takes the next piece of a reply's text.
    pub(super) fn take(&mut self, piece: String) -> Separated {
        if self.place == Place::Text {
            return Separated { text: piece, ..Separated::default() };
        }
        self.held.push_str(&piece);
        let mut found = Separated::default();
        if self.place == Place::Start {
            let begun = self.held.trim_start();
            if begun.len() < OPEN.len() && OPEN.starts_with(begun) {
                return found;
            }
            if let Some(rest) = begun.strip_prefix(OPEN) {
                self.held = rest.to_owned();
                self.place = Place::Reasoning;
            } else {
                self.place = Place::Text;
                found.text = std::mem::take(&mut self.held);
            }
        }
        if self.place == Place::Reasoning {
            if let Some((reasoning, rest)) = self.held.split_once(CLOSE) {
                reasoning.clone_into(&mut found.reasoning);
                self.held = rest.to_owned();
                self.place = Place::Gap;
            } else {
                let open_end =
                    (1..CLOSE.len()).rev().find(|&length| self.held.ends_with(&CLOSE[..length])).unwrap_or(0);
                found.reasoning = self.held.drain(..self.held.len() - open_end).collect();
            }
        }
        if self.place == Place::Gap {
            self.held.trim_start().clone_into(&mut found.text);
            self.held.clear();
            if !found.text.is_empty() {
                self.place = Place::Text;
            }
        }
        found
    }

    /// Where the reply is after the last piece.
    pub(super) fn place(&self) -> Place {
        self.place
    }

    /// What was held back when the reply ended: it was no tag.
    pub(super) fn finish(&mut self) -> Separated {
        let held = std::mem::take(&mut self.held);
        match self.place {
            Place::Reasoning => Separated { reasoning: held, ..Separated::default() },
            Place::Start | Place::Gap | Place::Text => Separated { text: held, ..Separated::default() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A reply that comes in pieces of so many characters.
    fn separate(reply: &str, piece: usize) -> (String, String) {
        let (mut thinking, mut all) = (Thinking::default(), Separated::default());
        let characters: Vec<char> = reply.chars().collect();
        let pieces: Vec<String> = characters.chunks(piece).map(|piece| piece.iter().collect()).collect();
        let mut add = |found: Separated| {
            all.reasoning += &found.reasoning;
            all.text += &found.text;
        };
        for piece in pieces {
            add(thinking.take(piece));
        }
        add(thinking.finish());
        (all.reasoning, all.text)
    }

    #[test]
    fn a_block_at_the_start_is_reasoning_however_it_comes() {
        for piece in 1..30 {
            for (reply, reasoning, text) in [
                (
                    "\n<think>\nHm < 3 </thin\n</think>\n\nIt is 4. <think>x</think>",
                    "\nHm < 3 </thin\n",
                    "It is 4. <think>x</think>",
                ),
                ("<think></think>4", "", "4"),
                ("<think>without an end</th", "without an end</th", ""),
                ("It is <think>4</think>", "", "It is <think>4</think>"),
                ("  <thin ice", "", "  <thin ice"),
                ("<th", "", "<th"),
                ("", "", ""),
            ] {
                assert_eq!(separate(reply, piece), (reasoning.to_owned(), text.to_owned()), "{reply:?} by {piece}");
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn nothing_but_tags_and_the_white_space_around_them_is_lost(reply in "(<think>|</think>|<|think|/|[a-z ]|é){0,12}", piece in 1_usize..9) {
            let (reasoning, text) = separate(&reply, piece);
            proptest::prop_assert_eq!(&separate(&reply, 1000), &(reasoning.clone(), text.clone()));
            let kept = |text: &str| text.split_whitespace().collect::<String>();
            let expected = if reply.trim_start().starts_with(OPEN) {
                let inner = reply.trim_start().replacen(OPEN, "", 1);
                inner.replacen(CLOSE, "", 1)
            } else {
                reply
            };
            proptest::prop_assert_eq!(kept(&(reasoning + &text)), kept(&expected));
        }
    }
}
