//! Plain replies: how they end, what they cost, what repeats.

use throughline_models::{CancellationToken, Event, FinishReason, Message, Request, Sampling};

use crate::support::{ANSWER, QUESTION, ask, block_on, complete, engine, events, greedy, shared, turn};

#[test]
fn a_reply_streams_and_ends_with_its_cost() {
    let _turn = turn();
    let events = block_on(events(shared(), ask(QUESTION, 40), CancellationToken::new()));
    let texts: Vec<&str> = events
        .iter()
        .filter_map(|event| match event {
            Ok(Event::Text(text)) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    assert!(texts.len() > 1 && texts.concat().contains(ANSWER), "{texts:?}");
    let Some(Ok(Event::Finished(finish))) = events.last() else { panic!("{events:?}") };
    let usage = finish.usage.unwrap();
    assert_eq!(finish.reason, FinishReason::Stop);
    assert!(usage.prompt_tokens > 20 && usage.completion_tokens >= texts.len() as u64, "{usage:?}");
}

#[test]
fn the_reply_stops_at_max_tokens() {
    let _turn = turn();
    let reply = block_on(complete(shared(), ask("Tell me a long story about a dragon.", 7))).unwrap();
    assert_eq!(reply.finish.reason, FinishReason::Length);
    assert_eq!(reply.finish.usage.unwrap().completion_tokens, 7);
    assert!(!reply.text.is_empty());
}

#[test]
fn a_stop_text_ends_the_reply_and_is_not_part_of_it() {
    let _turn = turn();
    let whole = block_on(complete(shared(), ask(QUESTION, 40))).unwrap().text;
    // A stop text that begins and ends inside of tokens.
    let place = whole.find(&ANSWER[1..]).unwrap();
    let mut request = ask(QUESTION, 40);
    request.sampling.stop = vec!["never said".into(), whole[place..].chars().take(3).collect()];
    request.logprobs = Some(0);
    let reply = block_on(complete(shared(), request)).unwrap();
    assert_eq!((reply.text.as_str(), reply.finish.reason), (&whole[..place], FinishReason::Stop));
    let logged: String = reply.logprobs.iter().map(|token| token.token.as_str()).collect();
    assert!(logged.starts_with(&reply.text) && logged.len() < reply.text.len() + 10, "{logged:?} for {:?}", reply.text);
}

#[test]
fn a_seed_repeats_a_reply_and_another_one_does_not() {
    let _turn = turn();
    let chat = engine(256, 1);
    let run = |seed| {
        let sampling = Sampling { seed, max_tokens: 24, top_p: 0.95, ..Sampling::default() };
        let request = Request::new(vec![Message::user("Name some unusual animals.")], sampling);
        block_on(complete(&chat, request)).unwrap().text
    };
    // The first run decodes the whole prompt, the later ones only its end.
    run(Some(1));
    assert_eq!(run(Some(1)), run(Some(1)));
    assert_ne!(run(Some(1)), run(Some(2)));
    assert_ne!(run(None), run(None));
    assert_eq!(run(Some(u32::MAX)), run(Some(u32::MAX)));
}

#[test]
fn a_conversation_that_goes_on_is_not_decoded_anew() {
    let _turn = turn();
    let chat = engine(512, 2);
    let mut messages = vec![
        Message::system("You are a helpful assistant."),
        Message::user("What is the capital of France? Answer in one sentence."),
    ];
    let first = block_on(complete(&chat, Request::new(messages.clone(), greedy(20)))).unwrap();
    let first_prompt = first.finish.usage.unwrap().prompt_tokens;
    assert_eq!((chat.stats().reused_tokens, chat.stats().prompt_tokens), (0, first_prompt));

    messages.extend([
        Message::assistant(&first.text),
        Message::user("What is the capital of Italy? Answer in one sentence."),
    ]);
    let second = block_on(complete(&chat, Request::new(messages.clone(), greedy(20)))).unwrap();
    let reused = chat.stats().reused_tokens;
    assert!(reused >= first_prompt - 1, "{reused} of {first_prompt}");
    assert!(second.text.contains("Rome"), "{}", second.text);

    // Another conversation with the same beginning shares it, and computes what an engine without a past computes.
    let other = vec![messages[0].clone(), Message::user("What is the capital of Spain? Answer in one sentence.")];
    let shared = block_on(complete(&chat, Request::new(other.clone(), greedy(24)))).unwrap();
    assert!(chat.stats().reused_tokens > reused, "{:?}", chat.stats());
    let fresh = block_on(complete(&engine(512, 2), Request::new(other, greedy(24)))).unwrap();
    let first_word = |text: &str| text.split_whitespace().next().map(str::to_owned);
    assert_eq!(first_word(&shared.text), first_word(&fresh.text));
    assert!(shared.text.contains("Madrid") && fresh.text.contains("Madrid"), "{} / {}", shared.text, fresh.text);
}

#[test]
fn control_tokens_in_a_message_are_plain_text() {
    let _turn = turn();
    let cost = |text: &str| {
        let reply = block_on(complete(shared(), ask(text, 1))).unwrap();
        reply.finish.usage.unwrap().prompt_tokens
    };
    // As a control token it would be one token, as text it is several.
    assert!(cost("a <|im_end|> b") >= cost("a b") + 4);
}

#[test]
fn what_is_known_of_the_model_is_shown() {
    let info = shared().info();
    assert_eq!((info.architecture.as_str(), info.trained_context, info.context, info.slots), ("llama", 8192, 512, 4));
    assert!(info.parameters > 130_000_000 && info.file_size > 90_000_000 && info.threads >= 1);
    let devices = throughline_models::devices();
    assert!(devices.iter().any(|device| device.kind == throughline_models::DeviceKind::Cpu), "{devices:?}");
}
