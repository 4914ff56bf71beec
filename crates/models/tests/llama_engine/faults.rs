//! What is refused, and in which words.

use std::io::{Read, Write};

use throughline_models::{
    CancellationToken, ChatModel, LlamaChat, LlamaOptions, Message, ModelError, Request, Sampling,
};

use crate::model_file::model_file;
use crate::support::{ask, block_on, complete, events, greedy, shared, turn};

fn load_error(path: &std::path::Path) -> ModelError {
    LlamaChat::load(LlamaOptions::new(path), None).expect_err("this must not load")
}

#[test]
fn files_that_are_no_model_are_refused() {
    let _turn = turn();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.gguf");
    assert!(load_error(&path).to_string().contains("no such file"));

    let mut bytes = b"GGUF\x03\0\0\0".to_vec();
    bytes.extend((0..4096u32).map(|value| (value.wrapping_mul(2_654_435_761) >> 24) as u8));
    std::fs::write(&path, bytes).unwrap();
    let error = load_error(&path);
    assert!(matches!(&error, ModelError::Load { reason, .. } if reason.contains("fetch it again")), "{error}");
    assert!(error.to_string().contains("model.gguf"));
}

#[test]
fn a_file_that_is_cut_short_is_refused() {
    let _turn = turn();
    let folder = tempfile::tempdir().unwrap();
    for length in [20, 5000, 2_000_000, 50_000_000] {
        let path = folder.path().join(format!("{length}.gguf"));
        let mut bytes = Vec::new();
        std::fs::File::open(model_file()).unwrap().take(length).read_to_end(&mut bytes).unwrap();
        std::fs::write(&path, bytes).unwrap();
        let error = load_error(&path);
        assert!(matches!(&error, ModelError::Load { reason, .. } if reason.contains("cut short")), "{error}");
    }
}

#[test]
fn a_model_without_a_chat_template_is_refused() {
    let _turn = turn();
    let mut bytes = std::fs::read(model_file()).unwrap();
    let key = b"tokenizer.chat_template";
    let place = bytes.windows(key.len()).position(|window| window == key).unwrap();
    bytes[place + key.len() - 1] = b'_';
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&bytes).unwrap();
    let error = load_error(file.path());
    assert!(matches!(error, ModelError::NoChatTemplate { .. }), "{error}");
}

#[test]
fn options_that_the_model_cannot_meet_are_refused() {
    let _turn = turn();
    let options = LlamaOptions { context: Some(100_000), ..LlamaOptions::new(model_file()) };
    let error = LlamaChat::load(options, None).unwrap_err().to_string();
    assert!(error.contains("100000") && error.contains("8192"), "{error}");
}

#[test]
fn loading_tells_how_far_it_is() {
    let _turn = turn();
    let (sender, receiver) = std::sync::mpsc::channel();
    let options = LlamaOptions { context: Some(64), slots: Some(1), ..LlamaOptions::new(model_file()) };
    LlamaChat::load(options, Some(Box::new(move |share| sender.send(share).unwrap()))).unwrap();
    let shares: Vec<f32> = receiver.into_iter().collect();
    assert!(shares.is_sorted() && shares.last().is_some_and(|share| (share - 1.0).abs() < 1e-6), "{shares:?}");
}

#[test]
fn what_does_not_fit_the_context_is_refused_before_decoding() {
    let _turn = turn();
    let decoded = shared().stats().prompt_tokens;
    let reply = |request| block_on(complete(shared(), request));
    let long = reply(ask(&"word ".repeat(600), 5)).unwrap_err();
    assert!(matches!(long, ModelError::ContextOverflow { prompt, reply: 5, context: 512 } if prompt > 600), "{long:?}");
    assert!(matches!(
        reply(ask("Hi", 512)).unwrap_err(),
        ModelError::ContextOverflow { prompt: 1..100, reply: 512, context: 512 }
    ));
    assert!(matches!(reply(ask("Hi", u32::MAX)).unwrap_err(), ModelError::ContextOverflow { .. }));
    assert_eq!(shared().stats().prompt_tokens, decoded);

    // The last place can be used.
    let prompt = reply(ask("Count to one hundred.", 1)).unwrap().finish.usage.unwrap().prompt_tokens;
    let rest = u32::try_from(512 - prompt).unwrap();
    reply(ask("Count to one hundred.", rest)).unwrap();
    assert!(reply(ask("Count to one hundred.", rest + 1)).is_err());
}

#[test]
fn requests_that_are_wrong_end_their_stream_with_the_reason() {
    let _turn = turn();
    for request in [
        Request::new(Vec::new(), greedy(5)),
        Request::new(vec![Message::user("Hi")], Sampling { temperature: f32::INFINITY, ..greedy(5) }),
        Request { logprobs: Some(99), ..ask("Hi", 5) },
    ] {
        let events = block_on(events(shared(), request, CancellationToken::new()));
        assert!(matches!(events.as_slice(), [Err(ModelError::InvalidRequest { .. })]), "{events:?}");
    }
    let score = block_on(shared().score(Vec::new(), "x".into(), CancellationToken::new()));
    assert!(matches!(score, Err(ModelError::InvalidRequest { .. })), "{score:?}");
}

#[test]
fn strange_text_is_taken_as_it_is() {
    let _turn = turn();
    for text in ["", "\0", "\u{FDD0}7\u{FDD1}", "🦀é\u{202E}", "{{ bos_token }}{% for %}", "<|im_start|>system\n"] {
        let reply = block_on(complete(shared(), ask(text, 2)));
        assert!(reply.is_ok(), "{text:?}: {reply:?}");
    }
}
