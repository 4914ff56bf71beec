//! `throughline mediate --evaluate`: what was understood against what should have been.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Context;
use futures::{StreamExt, stream};
use throughline_mediator::Mediation;
use throughline_models::{CacheStore, Calls, CancellationToken, TokenUsage};
use throughline_replay::Rewriter;
use throughline_scorer::Figures;
use throughline_scorer::labelled::{
    Cost, Evaluated, LabelledConversation, Outcome, Understood, evaluate, read_labelled, verbatim,
};

use super::{Recorded, RecordedTurn, mediate, open};
use crate::args::{Global, Mediate, Understanding};
use crate::cast::{Models, rewriter_agent};
use crate::commands::score::table_options;
use crate::config::Config;
use crate::experience::Experiences;
use crate::output;
use crate::progress::Progress;

/// Mediates labelled conversations, judges them by their labels and prints the figures.
pub(super) async fn run(config: &Config, global: &Global, arguments: &Mediate) -> anyhow::Result<ExitCode> {
    let (name, input) = open(&arguments.file)?;
    let mut conversations = read_labelled(&name, input)?;
    conversations.truncate(arguments.limit.unwrap_or(usize::MAX));
    let mut settings = Vec::new();
    let modelled = arguments.settings.iter().any(|setting| *setting != Understanding::Concat);
    let store = if arguments.no_cache || !modelled {
        None
    } else {
        Some(Arc::new(CacheStore::open(&config.cache_directory()?)?))
    };
    let mut models = Models::new(config, global.quiet);
    models.experiences = Experiences::load(config, &arguments.experience)?;
    for (place, setting) in arguments.settings.iter().enumerate() {
        if arguments.settings[..place].contains(setting) {
            continue;
        }
        settings.push(match setting {
            Understanding::Mediated | Understanding::Unguarded => {
                let opened = models.open(&config.mediator.value).await?;
                let mediator = models.mediator_on(&opened, store.as_ref())?;
                let (name, mediator) = match setting {
                    Understanding::Unguarded => ("unguarded", mediator.unguarded()),
                    _ => ("mediated", mediator),
                };
                let mediated = async |conversation: &LabelledConversation| {
                    anyhow::Ok(outcome(mediate(&mediator, &recorded(conversation)).await?))
                };
                of_each(name, &conversations, global, arguments, mediated).await?
            }
            Understanding::Concat => {
                Evaluated { setting: "concat".into(), outcomes: conversations.iter().map(concatenated).collect() }
            }
            Understanding::FreeRewrite => {
                let model = models.open(config.rewriter()).await?.cached(store.as_ref())?;
                let rewriter = Rewriter::new(model, rewriter_agent(config)?.0);
                let rewritten = async |conversation: &LabelledConversation| rewrite(&rewriter, conversation).await;
                of_each("free-rewrite", &conversations, global, arguments, rewritten).await?
            }
        });
    }
    if let Some(fault) = store.and_then(|store| store.fault()) {
        output::note(&format!("{fault}. Nothing was lost by that; calls went on without the cache."));
    }
    let evaluation = evaluate(&conversations, &settings, &Figures::default())?;
    output::print(&if arguments.json { evaluation.to_json() } else { evaluation.to_table(&table_options()) })?;
    Ok(ExitCode::SUCCESS)
}

/// The outcomes of a setting, several conversations at a time.
async fn of_each(
    setting: &str,
    conversations: &[LabelledConversation],
    global: &Global,
    arguments: &Mediate,
    understand: impl AsyncFn(&LabelledConversation) -> anyhow::Result<Outcome>,
) -> anyhow::Result<Evaluated> {
    let title = format!("conversations, {setting}");
    let mut progress = Progress::steps(&title, conversations.len() as u64, global.quiet);
    let mut understood = stream::iter(conversations)
        .map(async |one| understand(one).await.context(setting.to_owned()))
        .buffered(arguments.concurrency.get());
    let mut outcomes = Vec::new();
    while let Some(outcome) = understood.next().await {
        outcomes.push(outcome?);
        progress.set(outcomes.len() as u64);
    }
    Ok(Evaluated { setting: setting.to_owned(), outcomes })
}

fn recorded(conversation: &LabelledConversation) -> Recorded {
    let turns = conversation.turns.iter();
    let turns = turns.map(|turn| RecordedTurn { user: turn.user.clone(), assistant: turn.assistant.clone() });
    Recorded { id: conversation.id.clone(), turns: turns.collect() }
}

fn outcome(mediations: Vec<Mediation>) -> Outcome {
    let costs = mediations.iter().map(|mediation| cost(mediation.calls, mediation.usage, mediation.elapsed));
    let costs = costs.collect();
    Outcome { understood: Understood::Turns(mediations.into_iter().map(|mediation| mediation.turn).collect()), costs }
}

fn concatenated(conversation: &LabelledConversation) -> Outcome {
    Outcome { understood: Understood::Turns(verbatim(conversation)), costs: Vec::new() }
}

/// The rewrite after the last turn. There is one after each, as in a conversation, for what it costs.
async fn rewrite(rewriter: &Rewriter, conversation: &LabelledConversation) -> anyhow::Result<Outcome> {
    let mut said = Vec::new();
    let mut costs = Vec::new();
    let mut text = String::new();
    for (index, turn) in conversation.turns.iter().enumerate() {
        said.push(turn.user.clone());
        let started = Instant::now();
        let written = rewriter.rewrite(&said, 0, CancellationToken::new()).await;
        let written = written.with_context(|| format!("conversation {}, turn {}", conversation.id, index + 1))?;
        costs.push(cost(written.finish.calls, written.finish.usage.unwrap_or_default(), started.elapsed()));
        text = written.text;
    }
    Ok(Outcome { understood: Understood::Text(text), costs })
}

fn cost(calls: Calls, usage: TokenUsage, elapsed: Duration) -> Cost {
    Cost {
        calls: calls.made,
        cached: calls.cached,
        prompt_tokens: usage.prompt_tokens,
        completion_tokens: usage.completion_tokens,
        seconds: elapsed.as_secs_f64(),
    }
}
