//! Plain replies.

use throughline_models::{Event, FinishReason, Message, Request, Sampling};

use super::{Model, ask, complete, events, greedy, reply, scenarios, story};

scenarios![
    text_is_streamed_and_ends_once,
    complete_equals_the_stream,
    usage_is_plausible,
    max_tokens_ends_in_length,
    a_stop_text_ends_the_reply_and_is_not_in_it,
    a_seed_repeats_a_draw,
    temperature_0_repeats,
    the_system_prompt_reaches_the_model,
    earlier_turns_reach_the_model,
    unicode_is_not_broken,
];

async fn text_is_streamed_and_ends_once(model: &Model) {
    let mut items = events(model, ask("Tell me about the sea.", 24)).await;
    let end = items.pop().unwrap();
    assert!(matches!(end, Ok(Event::Finished(_))), "{end:?}");
    assert!(items.iter().all(|item| matches!(item, Ok(Event::Text(text)) if !text.is_empty())), "{items:?}");
    assert!(items.len() > 4, "24 tokens came in {} pieces", items.len());
}

async fn complete_equals_the_stream(model: &Model) {
    let request = || ask("Tell me about the sea.", 24);
    // The first call fills the backend's caches, which may change the last digits of the logits.
    reply(model, request()).await;
    let streamed: String = events(model, request())
        .await
        .into_iter()
        .filter_map(|item| match item.unwrap() {
            Event::Text(text) => Some(text),
            _ => None,
        })
        .collect();
    assert_eq!(reply(model, request()).await.text, streamed);
}

async fn usage_is_plausible(model: &Model) {
    let short = reply(model, ask("Hi", 12)).await.finish.usage.unwrap();
    assert!((1..=12).contains(&short.completion_tokens), "{short:?}");
    let words = "one ".repeat(100);
    let long = reply(model, ask(&words, 12)).await.finish.usage.unwrap();
    let difference = long.prompt_tokens.saturating_sub(short.prompt_tokens);
    assert!((95..=210).contains(&difference), "100 words more are {difference} tokens more");
}

async fn max_tokens_ends_in_length(model: &Model) {
    for max_tokens in [1, 7] {
        let reply = reply(model, story(max_tokens)).await;
        assert_eq!(reply.finish.reason, FinishReason::Length);
        assert_eq!(reply.finish.usage.unwrap().completion_tokens, u64::from(max_tokens));
        assert!(!reply.text.is_empty());
    }
}

async fn a_stop_text_ends_the_reply_and_is_not_in_it(model: &Model) {
    reply(model, story(24)).await;
    let plain = reply(model, story(24)).await.text;
    let words: Vec<&str> = plain.split(' ').collect();
    // One that lies within a token, and one that spans several.
    for stop in [" ".to_owned(), format!(" {} {}", words[2], words[3])] {
        let mut request = story(24);
        request.sampling.stop = vec!["never written".to_owned(), stop.clone()];
        let stopped = reply(model, request).await;
        assert_eq!(stopped.finish.reason, FinishReason::Stop);
        assert_eq!(Some(stopped.text.as_str()), plain.split(&stop).next(), "stop {stop:?} in {plain:?}");
    }
}

async fn a_seed_repeats_a_draw(model: &Model) {
    let drawn = |seed| {
        let sampling = Sampling { temperature: 1.0, max_tokens: 24, seed: Some(seed), ..Sampling::default() };
        reply(model, Request::new(vec![Message::user("Name an animal and say why.")], sampling))
    };
    drawn(7).await;
    let first = drawn(7).await.text;
    assert_eq!(drawn(7).await.text, first);
    let mut others = Vec::new();
    for seed in 8..12 {
        others.push(drawn(seed).await.text);
    }
    assert!(others.iter().any(|other| *other != first), "the seed changes nothing: {first:?}");
}

async fn temperature_0_repeats(model: &Model) {
    let request = |seed| {
        let mut request = ask("Tell me about the moon.", 24);
        request.sampling.seed = Some(seed);
        request
    };
    reply(model, request(1)).await;
    assert_eq!(reply(model, request(2)).await.text, reply(model, request(3)).await.text);
}

async fn the_system_prompt_reaches_the_model(model: &Model) {
    let with_system = |words: &str| {
        let system = format!("You are a helpful assistant. {words}");
        reply(model, greedy(vec![Message::system(system), Message::user("What is the code word?")], 24))
    };
    let without = with_system("").await.finish.usage.unwrap();
    let with = with_system("The code word is PELICAN. When asked, reply with: PELICAN").await;
    let more = with.finish.usage.unwrap().prompt_tokens - without.prompt_tokens;
    assert!((10..40).contains(&more), "the prompt has {more} tokens more");
    assert!(with.text.to_uppercase().contains("PELICAN"), "{:?}", with.text);
}

async fn earlier_turns_reach_the_model(model: &Model) {
    // A small model does not recall much, but it copies what it said before.
    let turns = [
        Message::user("What is the code?"),
        Message::assistant("The code is TULIP."),
        Message::user("What is the code?"),
        Message::assistant("The code is TULIP."),
        Message::user("What is the code?"),
    ];
    let last = reply(model, greedy(turns[4..].to_vec(), 12)).await;
    let whole = reply(model, greedy(turns.to_vec(), 12)).await;
    assert!(whole.finish.usage.unwrap().prompt_tokens > last.finish.usage.unwrap().prompt_tokens + 20);
    assert!(whole.text.contains("TULIP") && !last.text.contains("TULIP"), "{:?}, {:?}", whole.text, last.text);
}

async fn unicode_is_not_broken(model: &Model) {
    let words = "Grüße, 世界! 👋🏽 नमस्ते \u{0} e\u{301}";
    let read = complete(model, ask(&format!("Repeat this: {words}"), 24)).await.unwrap();
    assert!(read.finish.usage.unwrap().prompt_tokens > 20);
    // Two tokens or more make up the character that is repeated here, so that pieces have to be put together.
    let emoji = reply(model, ask("Repeat this line ten times: 🐉🐉🐉🐉🐉🐉🐉🐉", 24)).await.text;
    let kept = emoji.trim_end_matches('\u{fffd}');
    assert!(kept.contains('🐉') && !kept.contains('\u{fffd}'), "{emoji:?}");
}
