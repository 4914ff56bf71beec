//! `throughline mediate --evaluate`: what was understood against what should have been.

use std::process::ExitCode;
use std::sync::Arc;

use futures::{StreamExt, stream};
use throughline_mediator::{Mediation, Mediator};
use throughline_models::CacheStore;
use throughline_scorer::Figures;
use throughline_scorer::labelled::{
    Cost, Evaluated, LabelledConversation, Outcome, Understood, evaluate, read_labelled, verbatim,
};

use super::{Recorded, RecordedTurn, mediate, open};
use crate::args::{Global, Mediate, Understanding};
use crate::cast::{Models, mediator_agent};
use crate::commands::score::table_options;
use crate::config::Config;
use crate::output;
use crate::progress::Progress;

/// Mediates labelled conversations, judges them by their labels and prints the figures.
pub(super) async fn run(config: &Config, global: &Global, arguments: &Mediate) -> anyhow::Result<ExitCode> {
    let (name, input) = open(&arguments.file)?;
    let mut conversations = read_labelled(&name, input)?;
    conversations.truncate(arguments.limit.unwrap_or(usize::MAX));
    let mut settings = arguments.settings.clone();
    settings.dedup();
    let mut evaluated = Vec::new();
    for setting in settings {
        let (setting, outcomes) = match setting {
            Understanding::Mediated => ("mediated", mediated(config, global, arguments, &conversations).await?),
            Understanding::Concat => ("concat", conversations.iter().map(concatenated).collect()),
        };
        evaluated.push(Evaluated { setting: setting.into(), outcomes });
    }
    let evaluation = evaluate(&conversations, &evaluated, &Figures::default())?;
    output::print(&if arguments.json { evaluation.to_json() } else { evaluation.to_table(&table_options()) })?;
    Ok(ExitCode::SUCCESS)
}

fn concatenated(conversation: &LabelledConversation) -> Outcome {
    Outcome { understood: Understood::Turns(verbatim(conversation)), costs: Vec::new() }
}

async fn mediated(
    config: &Config,
    global: &Global,
    arguments: &Mediate,
    conversations: &[LabelledConversation],
) -> anyhow::Result<Vec<Outcome>> {
    let store = if arguments.no_cache { None } else { Some(Arc::new(CacheStore::open(&config.cache_directory()?)?)) };
    let mut models = Models::new(config, global.quiet);
    let model = models.open(&config.mediator.value).await?.cached(store.as_ref())?;
    let mediator = Mediator::new(model, mediator_agent(config)?.0, models.ask_policy());
    let recorded: Vec<Recorded> = conversations.iter().map(recorded).collect();
    let mut progress = Progress::steps("conversations", recorded.len() as u64, global.quiet);
    let mut mediated = stream::iter(&recorded).map(|one| mediate(&mediator, one)).buffered(arguments.concurrency.get());
    let mut outcomes = Vec::new();
    while let Some(mediations) = mediated.next().await {
        outcomes.push(outcome(mediations?));
        progress.set(outcomes.len() as u64);
    }
    if let Some(fault) = store.and_then(|store| store.fault()) {
        output::note(&format!("{fault}. Nothing was lost by that; calls went on without the cache."));
    }
    Ok(outcomes)
}

fn recorded(conversation: &LabelledConversation) -> Recorded {
    let turns = conversation.turns.iter();
    let turns = turns.map(|turn| RecordedTurn { user: turn.user.clone(), assistant: turn.assistant.clone() });
    Recorded { id: conversation.id.clone(), turns: turns.collect() }
}

fn outcome(mediations: Vec<Mediation>) -> Outcome {
    let costs = mediations.iter().map(|mediation| Cost {
        calls: mediation.calls.made,
        cached: mediation.calls.cached,
        prompt_tokens: mediation.usage.prompt_tokens,
        completion_tokens: mediation.usage.completion_tokens,
        seconds: mediation.elapsed.as_secs_f64(),
    });
    let costs = costs.collect();
    Outcome { understood: Understood::Turns(mediations.into_iter().map(|mediation| mediation.turn).collect()), costs }
}
