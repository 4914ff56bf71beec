//! What the engine reuses changes nothing, whatever kind of memory a model keeps.
//!
//! A model that keeps keys and values can go back to any token; one that keeps a running state can only go on. On
//! both, an engine with a past must compute what an engine without one computes.

use std::path::PathBuf;
use std::sync::OnceLock;

use futures::StreamExt;
use futures::future::join_all;
use throughline_models::{
    CancellationToken, ChatModel, Completion, LlamaChat, LlamaOptions, Message, Output, Request, TokenLogprob,
};

use crate::support::{block_on, complete, greedy, idle, turn};
use crate::tiny_model::{Memory, TinyModel};

/// A window that conversations outgrow, and one that they do not.
const NARROW: u32 = 32;
const WIDE: u32 = 1024;
const KINDS: [Memory; 5] =
    [Memory::Full, Memory::Sliding(NARROW), Memory::Sliding(WIDE), Memory::Recurrent, Memory::Hybrid];
/// Keys and values are kept in half precision, and sums are taken in another order. A wrong past changes a random
/// model's log-probabilities a hundred times as much.
const ROUNDING: f32 = 0.02;

/// Whether a conversation longer than the narrow window can be gone back in.
fn can_be_cut(memory: Memory) -> bool {
    matches!(memory, Memory::Full | Memory::Sliding(WIDE))
}

fn file(memory: Memory) -> PathBuf {
    static FOLDER: OnceLock<tempfile::TempDir> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| tempfile::tempdir().unwrap()).path().join(format!("{memory:?}"));
    std::fs::create_dir_all(&folder).unwrap();
    TinyModel::new(memory).save(&folder)
}

fn engine(memory: Memory, slots: u32) -> LlamaChat {
    let options =
        LlamaOptions { context: Some(512), slots: Some(slots), threads: Some(1), ..LlamaOptions::new(file(memory)) };
    LlamaChat::load(options, None).unwrap()
}

/// A greedy reply of letters that no longer token begins or ends with, so that its text becomes the same tokens again.
fn request(messages: &[Message]) -> Request {
    let mut request = Request::new(messages.to_vec(), greedy(12));
    request.output = Output::Grammar("root ::= [bcdfgjklmopqsuvwxyz]{10}".into());
    request.logprobs = Some(5);
    request
}

async fn reply(chat: &LlamaChat, messages: &[Message]) -> Completion {
    complete(chat, request(messages)).await.unwrap()
}

/// That an engine without a past computes the same.
async fn check(memory: Memory, what: &str, messages: &[Message], reply: &Completion) {
    let fresh = self::reply(&engine(memory, 1), messages).await;
    assert_eq!(reply.logprobs.len(), fresh.logprobs.len(), "{memory:?}: {what}");
    for (ours, theirs) in reply.logprobs.iter().zip(&fresh.logprobs) {
        let pairs = ours.top.iter().zip(&theirs.top).map(|(ours, theirs)| (ours.1 - theirs.1).abs());
        let difference = pairs.fold((ours.logprob - theirs.logprob).abs(), f32::max);
        assert!(difference < ROUNDING, "{memory:?}: {what}: {ours:?} / {theirs:?}");
        if ours.token != theirs.token {
            // Two letters were equally likely; from here on the replies may differ.
            return;
        }
    }
    assert_eq!(reply.text, fresh.text, "{memory:?}: {what}");
}

/// That the tokens of a reply are the same, and as likely.
fn compare(memory: Memory, ours: &[TokenLogprob], theirs: &[TokenLogprob]) {
    assert_eq!(ours.len(), theirs.len(), "{memory:?}");
    for (ours, theirs) in ours.iter().zip(theirs) {
        assert_eq!(ours.token, theirs.token, "{memory:?}");
        assert!((ours.logprob - theirs.logprob).abs() < ROUNDING, "{memory:?}: {ours:?} / {theirs:?}");
    }
}

fn conversation(turns: &[&str]) -> Vec<Message> {
    let message = |(index, text): (usize, &&str)| {
        if index % 2 == 0 { Message::user(*text) } else { Message::assistant(*text) }
    };
    turns.iter().enumerate().map(message).collect()
}

#[test]
fn a_conversation_that_goes_on_is_continued() {
    let _turn = turn();
    for memory in KINDS {
        block_on(async {
            let chat = engine(memory, 2);
            let mut messages = conversation(&["Where does the river begin?"]);
            let mut read = 0;
            for question in ["And where does it end?", "How long is it?", "Thank you."] {
                let before = chat.stats().reused_tokens;
                let reply = reply(&chat, &messages).await;
                check(memory, "one more turn", &messages, &reply).await;
                // Going on is possible with every kind of memory: the prompt before, and what was replied to it.
                let reused = chat.stats().reused_tokens - before;
                assert!(reused >= read, "{memory:?}: {reused} of {read}");
                read = reply.finish.usage.unwrap().prompt_tokens + 9;
                messages.extend([Message::assistant(&reply.text), Message::user(question)]);
            }
        });
    }
}

#[test]
fn a_conversation_that_takes_another_way_is_cut_or_computed_anew() {
    let _turn = turn();
    for memory in KINDS {
        block_on(async {
            let chat = engine(memory, 1);
            let shared = "It is about a river in the north that nobody has seen.";
            let first = conversation(&[shared, "I see.", "Where does it begin?"]);
            reply(&chat, &first).await;
            for other in [
                conversation(&[shared, "I see.", "Who has looked for it?"]),
                conversation(&[shared, "Really?"]),
                conversation(&[shared]),
                first.clone(),
                conversation(&["Something else."]),
            ] {
                let before = chat.stats().reused_tokens;
                let reply = reply(&chat, &other).await;
                check(memory, "another way", &other, &reply).await;
                let reused = chat.stats().reused_tokens - before;
                assert_eq!(reused > 0, can_be_cut(memory), "{memory:?}: {reused}");
            }
        });
    }
}

#[test]
fn conversations_at_the_same_time_do_not_touch_each_other() {
    let _turn = turn();
    for memory in KINDS {
        block_on(async {
            let chat = engine(memory, 3);
            let shared = "A beginning that all of them have, long enough to be worth sharing between slots.";
            for round in 0..2 {
                let conversations: Vec<_> = (0..7)
                    .map(|number| {
                        let question = format!("Question {number}: {}?", "why ".repeat(1 + (number * 5 + round) % 9));
                        conversation(&[shared, "Yes."][if number % 3 == 0 { 2.. } else { 0.. }])
                            .into_iter()
                            .chain([Message::user(question)])
                            .collect::<Vec<_>>()
                    })
                    .collect();
                let replies = join_all(conversations.iter().map(|messages| reply(&chat, messages))).await;
                for (messages, reply) in conversations.iter().zip(&replies) {
                    check(memory, "beside others", messages, reply).await;
                }
            }
            assert_eq!(chat.stats().reused_tokens > 0, can_be_cut(memory), "{memory:?}: {:?}", chat.stats());
        });
    }
}

#[test]
fn a_cancelled_call_leaves_nothing_behind() {
    let _turn = turn();
    for memory in KINDS {
        block_on(async {
            let chat = engine(memory, 2);
            let long = conversation(&[&"a very long question ".repeat(10)]);
            for tokens in [0, 1, 5, 20] {
                let cancel = CancellationToken::new();
                let mut stream = chat.stream(Request::new(long.clone(), greedy(200)), cancel.clone());
                for _ in 0..tokens {
                    assert!(stream.next().await.is_some());
                }
                cancel.cancel();
                drop(stream);
                let other = conversation(&[&format!("{}end?", "a very long question ".repeat(tokens % 10))]);
                for messages in [&other, &long] {
                    let reply = reply(&chat, messages).await;
                    check(memory, "after a cancelled call", messages, &reply).await;
                }
                idle(&chat).await;
            }
        });
    }
}

#[test]
fn a_given_reply_scores_the_same_with_and_without_a_past() {
    let _turn = turn();
    for memory in KINDS {
        block_on(async {
            let chat = engine(memory, 2);
            let messages = conversation(&["Where does the river begin?", "In the hills.", "And then?"]);
            let score = |chat: LlamaChat| {
                let scored = chat.score(messages.clone(), "It flows on. ".repeat(12), CancellationToken::new());
                async { scored.await.unwrap() }
            };
            let fresh = score(engine(memory, 1)).await;
            reply(&chat, &messages[..1]).await;
            reply(&chat, &messages).await;
            for _ in 0..2 {
                compare(memory, &score(chat.clone()).await, &fresh);
            }
        });
    }
}

#[test]
fn a_reply_scores_as_when_it_was_written() {
    let _turn = turn();
    for memory in KINDS {
        block_on(async {
            let messages = conversation(&["Where does the river begin?"]);
            let written = reply(&engine(memory, 1), &messages).await;
            let scored = engine(memory, 1).score(messages, written.text, CancellationToken::new()).await.unwrap();
            compare(memory, &scored, &written.logprobs);
        });
    }
}

#[test]
fn many_contexts_that_begin_alike_are_scored_on_one_beginning() {
    let _turn = turn();
    let system = Message::system("A traveller tells what he saw on his way, in order and without haste. ".repeat(3));
    let clauses = ["by boat", "on foot", "with a mule", "alone", "in winter", "for bread"];
    // Every context leaves out another clause, as an explanation by leaving out does.
    let contexts: Vec<Vec<Message>> = (0..clauses.len())
        .map(|left_out| {
            let told = clauses.iter().enumerate().filter(|(index, _)| *index != left_out).map(|(_, clause)| *clause);
            vec![system.clone(), Message::user(told.collect::<Vec<_>>().join(", "))]
        })
        .collect();
    for memory in KINDS {
        block_on(async {
            let score = |chat: LlamaChat, messages: &Vec<Message>| {
                let scored = chat.score(messages.clone(), "He went alone.".into(), CancellationToken::new());
                async { scored.await.unwrap() }
            };
            let chat = engine(memory, 4);
            let scores = join_all(contexts.iter().map(|messages| score(chat.clone(), messages))).await;
            let stats = chat.stats();
            assert_eq!(stats.reused_tokens > stats.prompt_tokens, can_be_cut(memory), "{memory:?}: {stats:?}");
            for (messages, scored) in contexts.iter().zip(&scores) {
                compare(memory, scored, &score(engine(memory, 1), messages).await);
            }
        });
    }
}

#[test]
fn conversations_longer_than_the_window_go_on_but_not_back() {
    let _turn = turn();
    let memory = Memory::Sliding(NARROW);
    block_on(async {
        let chat = engine(memory, 2);
        // As long as nothing has left the window, any token can be gone back to.
        let short = conversation(&["Hi"]);
        reply(&chat, &short).await;
        let again = reply(&chat, &short).await;
        check(memory, "within the window", &short, &again).await;

        let mut messages = conversation(&[&"the quick brown fox ".repeat(10)]);
        let mut turns = Vec::new();
        for step in 0..4 {
            let before = chat.stats().reused_tokens;
            let reply = reply(&chat, &messages).await;
            check(memory, "beyond the window", &messages, &reply).await;
            let reused = chat.stats().reused_tokens - before;
            assert_eq!(reused > u64::from(NARROW), step > 0, "step {step}: {reused}");
            turns.push(messages.clone());
            messages.extend([Message::assistant(&reply.text), Message::user(format!("Step {step}, go on please."))]);
        }
        for mut other in turns {
            other.push(Message::user("No, another way!"));
            let before = chat.stats().reused_tokens;
            let reply = reply(&chat, &other).await;
            check(memory, "back behind the window", &other, &reply).await;
            assert!(chat.stats().reused_tokens - before < u64::from(NARROW));
        }
    });
}

#[test]
fn the_end_of_a_turn_ends_the_reply() {
    let _turn = turn();
    for memory in KINDS {
        // Only the token that ends a turn follows the letter.
        let mut request = request(&conversation(&["Hi"]));
        request.output = Output::Grammar("root ::= \"b\"".into());
        let reply = block_on(complete(&engine(memory, 1), request)).unwrap();
        assert_eq!((reply.text.as_str(), reply.finish.usage.unwrap().completion_tokens), ("b", 1), "{memory:?}");
        assert_eq!(reply.finish.reason, throughline_models::FinishReason::Stop);
    }
}
