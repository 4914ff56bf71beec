//! Prompts against those that the `transformers` library renders; `tests/templates/make.py` makes the reference.

use std::collections::BTreeMap;

use serde::Deserialize;
use throughline_conversation::{Message, Role};

use super::ChatTemplate;

macro_rules! beside_the_tests {
    ($file:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/templates/", $file))
    };
}

/// What `make.py` wrote.
#[derive(Deserialize)]
pub(in crate::llama) struct Golden {
    /// By the template's name.
    pub(in crate::llama) prompts: BTreeMap<String, Vec<Case>>,
    features: Vec<Feature>,
}

/// A conversation and what becomes of it.
#[derive(Deserialize)]
pub(in crate::llama) struct Case {
    pub(in crate::llama) conversation: String,
    /// `None` where the template refuses the conversation.
    pub(in crate::llama) prompt: Option<String>,
    /// Where the model's own vocabulary was at hand.
    #[serde(default)]
    pub(in crate::llama) tokens: Vec<i32>,
}

#[derive(Deserialize)]
struct Feature {
    name: String,
    template: String,
    prompt: Option<String>,
}

pub(in crate::llama) fn golden() -> Golden {
    serde_json::from_str(beside_the_tests!("golden.json")).unwrap()
}

/// The conversations by their names.
pub(in crate::llama) fn conversations() -> BTreeMap<String, Vec<Message>> {
    let pairs: BTreeMap<String, Vec<(Role, String)>> =
        serde_json::from_str(beside_the_tests!("conversations.json")).unwrap();
    let messages =
        |turns: Vec<(Role, String)>| turns.into_iter().map(|(role, content)| Message::new(role, content)).collect();
    pairs.into_iter().map(|(name, turns)| (name, messages(turns))).collect()
}

/// The template's source, with the texts of the tokens that begin and end a text.
fn template(name: &str) -> ChatTemplate {
    let (source, bos, eos) = match name {
        "smollm2" => (beside_the_tests!("smollm2.jinja"), "<|im_start|>", "<|im_end|>"),
        "qwen2.5" => (beside_the_tests!("qwen2.5.jinja"), "<|endoftext|>", "<|im_end|>"),
        "llama3-style" => (beside_the_tests!("llama3-style.jinja"), "<|begin_of_text|>", "<|eot_id|>"),
        other => panic!("no template {other}"),
    };
    ChatTemplate::new(source, bos.into(), eos.into()).unwrap()
}

#[test]
fn prompts_are_those_of_the_reference() {
    let conversations = conversations();
    let golden = golden();
    assert_eq!(golden.prompts.len(), 3);
    for (name, cases) in golden.prompts {
        let template = template(&name);
        assert_eq!(cases.len(), conversations.len());
        for case in cases {
            let prompt = template.render(&conversations[&case.conversation]);
            assert_eq!(prompt.as_ref().ok(), case.prompt.as_ref(), "{name}: {} ({prompt:?})", case.conversation);
        }
    }
}

#[test]
fn what_templates_use_of_jinja_works_as_in_python() {
    let messages = &conversations()["several turns"];
    let mut wrong = Vec::new();
    for Feature { name, template, prompt } in golden().features {
        let ours = ChatTemplate::new(&template, "<s>".into(), "</s>".into())
            .and_then(|template| template.render(messages).map_err(|error| error.to_string()));
        if ours.as_ref().ok() != prompt.as_ref() {
            wrong.push(format!("{name}:\n    ours      {ours:?}\n    reference {prompt:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
