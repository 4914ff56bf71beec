//! Who takes part in replays.

use std::sync::Arc;

use anyhow::ensure;
use throughline_assistant::Planner;
use throughline_models::{AgentFile, CacheStore, ChatModel};
use throughline_refiner::Reader;
use throughline_replay::{Cast, Judge, Needs, Rewriter, RoleRecord, Roles, UserModel, sha256_hex};

use crate::cast::{self, Models, Opened};
use crate::config::Config;

/// What the settings need, and what else shapes replies.
pub(crate) struct Wanted {
    pub(crate) needs: Vec<Needs>,
    pub(crate) temperature: f32,
    pub(crate) max_tokens: Option<u32>,
    pub(crate) plan: bool,
    /// Whether a model speaks for the simulated user.
    pub(crate) user: bool,
    /// Whether answers are judged by a model.
    pub(crate) judge: bool,
}

/// The cast for these settings, answering out of the store what was asked before, and how it is recorded.
pub(crate) async fn cast(
    config: &Config,
    models: &mut Models<'_>,
    wanted: &Wanted,
    store: Option<&Arc<CacheStore>>,
) -> anyhow::Result<(Cast, Roles)> {
    let needs = |of: fn(&Needs) -> bool| wanted.needs.iter().any(of);
    let opened = models.open(&config.assistant.value).await?;
    ensure!(
        opened.model.capabilities().logprobs || !needs(|needs| needs.entropy),
        "the setting ergo needs log-probabilities, which the model {} does not give",
        opened.name
    );
    let (mut agent, text) = cast::assistant_agent(config)?;
    agent.sampling.temperature = wanted.temperature;
    agent.sampling.max_tokens = wanted.max_tokens.unwrap_or(agent.sampling.max_tokens);
    let mut shaping = toml::Table::try_from(&agent.sampling)?;
    shaping.extend(models.experiences.identity(Reader::Assistant).map(|hashes| ("experience".to_owned(), hashes)));
    let mut roles = Roles { assistant: record(&opened, &text, shaping)?, ..Roles::default() };
    let assistant = cast::assistant_on(opened.cached(store)?, agent, config)?;
    let mut cast = Cast::new(assistant.with_experience(&models.experiences.section(Reader::Assistant)));

    if needs(|needs| needs.mediator) {
        let opened = models.open(&config.mediator.value).await?;
        let (agent, text) = cast::mediator_agent(config)?;
        let mut shaping = toml::Table::try_from(&agent.sampling)?;
        let questions = i64::try_from(config.questions.value).unwrap_or(i64::MAX);
        shaping.insert("questions".into(), questions.into());
        shaping.extend(models.experiences.identity(Reader::Mediator).map(|hashes| ("experience".to_owned(), hashes)));
        shaping.insert("mode".into(), config.ask_mode.value.name().into());
        shaping.insert("method".into(), config.method.value.name().into());
        shaping.insert("calibration_sha256".into(), sha256_hex(cast::calibration(config)?.1.as_bytes()).into());
        roles.mediator = Some(record(&opened, &text, shaping)?);
        cast = cast.with_mediator(Arc::new(models.mediator_on(&opened, store)?));
    }
    if needs(|needs| needs.rewriter) {
        let (model, agent, record) = further(config, models, Config::rewriter, cast::rewriter_agent, store).await?;
        roles.rewriter = Some(record);
        cast = cast.with_rewriter(Rewriter::new(model, agent));
    }
    if wanted.plan {
        ensure!(
            needs(|needs| needs.mediator),
            "--plan is for the setting mediated, which is not among the settings; add it, or leave --plan out"
        );
        let (model, agent, record) = further(config, models, Config::planner, cast::planner_agent, store).await?;
        roles.planner = Some(record);
        cast = cast.with_planner(Planner::new(model, agent));
    }
    if wanted.user {
        let (model, agent, record) = further(config, models, Config::user, cast::user_agent, store).await?;
        roles.user = Some(record);
        cast = cast.with_user(UserModel::new(model, agent));
    }
    if wanted.judge {
        let (model, agent, record) = further(config, models, Config::judge, cast::judge_agent, store).await?;
        roles.judge = Some(record);
        cast = cast.with_judge(Judge::new(model, agent));
    }
    Ok((cast, roles))
}

/// A role beside assistant and mediator: its model, its agent file, and how it is recorded.
async fn further(
    config: &Config,
    models: &mut Models<'_>,
    model: fn(&Config) -> &str,
    agent: fn(&Config) -> anyhow::Result<(AgentFile, String)>,
    store: Option<&Arc<CacheStore>>,
) -> anyhow::Result<(Arc<dyn ChatModel>, AgentFile, RoleRecord)> {
    let opened = models.open(model(config)).await?;
    let (agent, text) = agent(config)?;
    let record = record(&opened, &text, toml::Table::try_from(&agent.sampling)?)?;
    Ok((opened.cached(store)?, agent, record))
}

fn record(opened: &Opened, agent: &str, mut shaping: toml::Table) -> anyhow::Result<RoleRecord> {
    shaping.extend(opened.settings.clone());
    Ok(RoleRecord {
        name: opened.name.clone(),
        identity: opened.identity()?,
        agent_sha256: sha256_hex(agent.as_bytes()),
        settings: shaping,
    })
}
