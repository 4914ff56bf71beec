//! From messages to the prompt's tokens.
//!
//! The template's own control tokens must be parsed from the rendered text, but a message that spells one out must
//! not end its turn or begin another. So where a message holds the text of a control token, a mark that no text holds
//! is rendered in its place, and the text is put back, as plain text, when the prompt is turned into tokens. Prompts
//! without such texts, all but the odd one, are tokenised exactly as the reference libraries do.

use throughline_conversation::Message;

use super::binding::{Model, Token};
use super::template::ChatTemplate;
use crate::ModelError;

/// Noncharacters, which text for interchange does not hold; where one does, it is replaced as well.
const OPEN: char = '\u{FDD0}';
const CLOSE: char = '\u{FDD1}';

/// Turns messages into prompts for one model.
pub(super) struct PromptWriter {
    template: ChatTemplate,
    /// Texts that would become control tokens, longest first.
    control_texts: Vec<String>,
}

impl PromptWriter {
    pub(super) fn new(template: ChatTemplate, mut control_texts: Vec<String>) -> Self {
        control_texts.sort_by_key(|text| std::cmp::Reverse(text.len()));
        Self { template, control_texts }
    }

    /// The tokens of the conversation and of the beginning of the assistant's reply.
    pub(super) fn tokens(&self, model: &Model, messages: &[Message]) -> Result<Vec<Token>, ModelError> {
        let mut hidden = Vec::new();
        let marked: Vec<Message> = messages
            .iter()
            .map(|message| Message::new(message.role, hide(&message.content, &self.control_texts, &mut hidden)))
            .collect();
        let rendered = self.template.render(&marked)?;

        let begin_text = self.template.bos();
        let writes_begin = !begin_text.is_empty() && rendered.starts_with(begin_text);
        let mut tokens: Vec<Token> = model.begin_token().filter(|_| !writes_begin).into_iter().collect();
        for part in parts(&rendered, &hidden) {
            match part {
                Part::Template(text) => tokens.extend(model.tokenize(text, true)),
                Part::Plain(text) => tokens.extend(model.tokenize(text, false)),
            }
        }
        Ok(tokens)
    }
}

#[derive(Debug, PartialEq)]
enum Part<'a> {
    /// Control tokens are parsed.
    Template(&'a str),
    /// Control tokens are not parsed.
    Plain(&'a str),
}

/// `content` with a mark in place of each of `texts`; what was replaced is added to `hidden`.
fn hide(content: &str, texts: &[String], hidden: &mut Vec<String>) -> String {
    let holds = |text: &String| content.contains(text.as_str());
    if !content.contains([OPEN, CLOSE]) && !texts.iter().any(holds) {
        return content.to_owned();
    }
    let mut marked = String::with_capacity(content.len());
    let mut rest = content;
    while let Some(first) = rest.chars().next() {
        let at_mark = matches!(first, OPEN | CLOSE).then(|| first.len_utf8());
        let found = at_mark.or_else(|| texts.iter().find(|text| rest.starts_with(text.as_str())).map(String::len));
        let length = found.unwrap_or(first.len_utf8());
        if found.is_some() {
            marked.push(OPEN);
            marked.push_str(&hidden.len().to_string());
            marked.push(CLOSE);
            hidden.push(rest[..length].to_owned());
        } else {
            marked.push(first);
        }
        rest = &rest[length..];
    }
    marked
}

fn parts<'a>(rendered: &'a str, hidden: &'a [String]) -> Vec<Part<'a>> {
    let mut parts = Vec::new();
    let mut rest = rendered;
    while let Some((before, after)) = rest.split_once(OPEN) {
        if !before.is_empty() {
            parts.push(Part::Template(before));
        }
        let (number, after) = after.split_once(CLOSE).unwrap_or((after, ""));
        if let Some(text) = number.parse::<usize>().ok().and_then(|index| hidden.get(index)) {
            parts.push(Part::Plain(text));
        }
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(Part::Template(rest));
    }
    parts
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::super::load::{self, LlamaOptions, Loaded};
    use super::super::template::golden;
    use super::*;
    use crate::catalogue::{Catalogue, models_dir};

    /// The default model, as for the tests of the engine.
    fn default_file() -> PathBuf {
        let file = || Catalogue::embedded().unwrap().default_entry().unwrap().path_in(&models_dir().unwrap());
        std::env::var_os("THROUGHLINE_TEST_MODEL").map_or_else(file, PathBuf::from)
    }

    /// Compares prompts, token by token, with those of the `transformers` library.
    fn compare(name: &str, file: &Path) {
        let Loaded { model, prompts, .. } = load::load(&LlamaOptions::new(file), None).unwrap();
        let conversations = golden::conversations();
        let cases = golden::golden().prompts.remove(name).unwrap();
        let wrong: Vec<String> = cases
            .into_iter()
            .filter_map(|case| {
                let tokens: Vec<i32> =
                    prompts.tokens(&model, &conversations[&case.conversation]).unwrap().iter().map(|t| t.0).collect();
                let differ = tokens != case.tokens;
                differ.then(|| format!("{}:\n  {tokens:?}\n  {:?}", case.conversation, case.tokens))
            })
            .collect();
        assert!(wrong.is_empty(), "{name}, ours and the reference:\n{}", wrong.join("\n"));
        let [end] = model.tokenize("<|im_end|>", true)[..] else { panic!("the end of a turn is one token") };
        assert!(model.is_end(end) && model.is_control(end) && model.bytes(end).is_empty());
    }

    #[test]
    fn the_engine_reads_the_tokens_of_the_reference() {
        compare("smollm2", &default_file());
    }

    #[test]
    fn the_engine_reads_the_tokens_of_the_reference_for_a_larger_model() {
        let file = models_dir().unwrap().join("qwen2.5-coder-1.5b-instruct-q4_k_m.gguf");
        if file.is_file() {
            compare("qwen2.5", &file);
        } else {
            eprintln!("skipped: no model at {}", file.display());
        }
    }

    fn texts() -> Vec<String> {
        vec!["<|end|>".into(), "</s>".into()]
    }

    #[test]
    fn plain_messages_stay_as_they_are() {
        let mut hidden = Vec::new();
        assert_eq!(hide("a < b | é", &texts(), &mut hidden), "a < b | é");
        assert!(hidden.is_empty());
    }

    #[test]
    fn control_texts_come_back_as_plain_text() {
        let mut hidden = Vec::new();
        let marked = hide("x<|end|>é</s>\u{FDD0}0\u{FDD1}", &texts(), &mut hidden);
        assert!(!marked.contains("<|end|>") && !marked.contains("</s>"));
        let rendered = format!("[{marked}]<|end|>");
        let end = String::from("<|end|>");
        assert_eq!(
            parts(&rendered, &hidden),
            [
                Part::Template("[x"),
                Part::Plain(&end),
                Part::Template("é"),
                Part::Plain("</s>"),
                Part::Plain("\u{FDD0}"),
                Part::Template("0"),
                Part::Plain("\u{FDD1}"),
                Part::Template("]<|end|>"),
            ]
        );
    }
}
