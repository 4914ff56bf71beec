//! What the assistant reads in each setting, for one conversation.

use throughline_conversation::{ClauseKind, Edit, Ids, NewClause, Source, Span, Spec};
use throughline_models::Message;

use super::{SoFar, setting, settings};
use crate::tests::{Toy, sample};
use crate::{PlanError, SettingError};

/// Three user turns, two replies.
fn reads(name: &str, with_spec: bool) -> Result<Vec<Message>, SettingError> {
    let user_turns = ["How many pears?", "3 in the bag", "1 on the table"].map(str::to_owned);
    let replies = ["Where are they?", "The answer is 3."].map(str::to_owned);
    let mut ids = Ids::default();
    let edits: Vec<Edit> = user_turns
        .iter()
        .enumerate()
        .map(|(turn, text)| {
            let source = Source { turn, span: Span::whole(text) };
            let (text, quote) = (text.clone(), text.clone());
            Edit::Add { clause: NewClause { id: ids.clause(), text, quote, source, kind: ClauseKind::Fact } }
        })
        .collect();
    let spec = Spec::fold(&edits).unwrap();
    let sample = sample("toy/0");
    let so_far = SoFar {
        family: &Toy,
        sample: &sample,
        user_turns: &user_turns,
        replies: &replies,
        spec: with_spec.then_some(&spec),
        render: &|spec, system| {
            let clauses: Vec<_> = spec.active().map(|clause| clause.said.text.as_str()).collect();
            Ok(vec![Message::system(system.unwrap_or("none")), Message::user(clauses.join(" / "))])
        },
    };
    let setting = setting(name).unwrap();
    assert_eq!(setting.listens(), name == "mediated");
    let messages = setting.reads(&so_far)?;
    assert_eq!(setting.reads(&so_far).unwrap(), messages, "a setting is a pure function");
    Ok(messages)
}

#[test]
fn each_setting_reads_its_own() {
    let mut told = Vec::new();
    for setting in settings() {
        told.push(format!("=== {}", setting.name()));
        let read = reads(setting.name(), true).unwrap();
        told.extend(read.iter().map(|message| format!("[{}] {}", message.role.as_str(), message.content)));
    }
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn only_sharded_reads_what_the_assistant_said() {
    for setting in settings() {
        let read = reads(setting.name(), true).unwrap();
        let leaked = read.iter().any(|message| message.content.contains("Where are they?"));
        assert_eq!(leaked, setting.name() == "sharded", "{}", setting.name());
    }
}

#[test]
fn mediated_reads_nothing_without_a_spec() {
    assert!(matches!(reads("mediated", false), Err(SettingError::NoSpec { setting: "mediated" })));
}

#[test]
fn an_unknown_setting_is_told_with_the_known_ones() {
    let Err(error @ PlanError::UnknownSetting { .. }) = setting("shraded") else { panic!() };
    assert!(error.to_string().ends_with("known are full, concat, sharded, user-only, mediated"), "{error}");
}
