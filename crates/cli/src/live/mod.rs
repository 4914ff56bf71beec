//! What happens behind a chat, whatever shows it: effects come in, reports go out. The mediator listens, the assistant
//! replies, the session is kept as it happens.

mod crew;
mod exchange;
mod files;
mod library;

use std::sync::Arc;

use anyhow::Context;
use throughline_mediator::AskMode;
use throughline_models::CancellationToken;
use throughline_replay::JUST_GO;
use throughline_session::{Event, Session, Store};
use throughline_tui::{Activity, Effect, ModelRole, Report, Staff};
use tokio::sync::mpsc::{self, Sender, UnboundedReceiver, UnboundedSender};
use tokio::task::{JoinError, JoinHandle};

use crate::cast::Models;
use crate::config::Config;
use crate::output;
use crate::progress::Audience;

pub(crate) use crew::Crew;
use exchange::{Exchange, with_files};
pub(crate) use exchange::{is_something, quoted};
use files::Files;

/// A chat at work.
pub(crate) struct Live<'a> {
    models: Models<'a>,
    config: &'a Config,
    plan: bool,
    /// Who works; nobody until the models are loaded.
    crew: Option<Crew>,
    store: Store,
    session: Session,
    files: Files,
    reports: Sender<Report>,
    work: Option<Work>,
    told: UnboundedReceiver<Event>,
    teller: UnboundedSender<Event>,
}

/// What is being done.
struct Work {
    task: JoinHandle<()>,
    cancel: CancellationToken,
}

impl Drop for Work {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

impl<'a> Live<'a> {
    /// A chat on that session. What goes on while models load is told as well.
    pub(crate) fn new(
        mut models: Models<'a>,
        config: &'a Config,
        plan: bool,
        store: Store,
        session: Session,
        reports: Sender<Report>,
    ) -> Self {
        let heard = reports.clone();
        models.audience = Audience::Teller(Arc::new(move |what, share| {
            // A report of progress that finds no room is not missed.
            let _ = heard.try_send(Report::Doing(Activity::Loading { what: what.to_owned(), share }));
        }));
        let (teller, told) = mpsc::unbounded_channel();
        let files = Files::default();
        Self { models, config, plan, crew: None, store, session, files, reports, work: None, told, teller }
    }

    /// Works until nobody wants anything any more.
    pub(crate) async fn run(mut self, mut effects: UnboundedReceiver<Effect>) {
        self.hire().await;
        loop {
            tokio::select! {
                biased;
                Some(event) = self.told.recv() => self.happen(event).await,
                outcome = ended(self.work.as_mut()) => self.finish(outcome).await,
                effect = effects.recv() => match effect {
                    Some(effect) => {
                        if let Err(error) = self.carry_out(effect).await {
                            self.trouble(&error).await;
                        }
                        if self.work.is_none() {
                            self.doing(Activity::Idle).await;
                        }
                    }
                    None => return,
                },
            }
        }
    }

    /// Loads the models of the configuration.
    async fn hire(&mut self) {
        self.doing(Activity::Loading { what: "loading the models".to_owned(), share: None }).await;
        let (mediator, assistant) = (&self.config.mediator.value, &self.config.assistant.value);
        match Crew::of(&mut self.models, self.config, mediator, assistant, self.plan).await {
            Ok(crew) => self.crew = Some(crew),
            Err(error) => self.trouble(&error).await,
        }
        self.staff().await;
        self.doing(Activity::Idle).await;
    }

    async fn report(&self, report: Report) {
        // Where nobody looks any more, the effects end as well.
        let _ = self.reports.send(report).await;
    }

    async fn doing(&self, activity: Activity) {
        self.report(Report::Doing(activity)).await;
    }

    async fn notice(&self, text: impl Into<String>) {
        self.report(Report::Notice(text.into())).await;
    }

    async fn trouble(&self, error: &anyhow::Error) {
        self.report(Report::Trouble(output::chain(error))).await;
    }

    async fn staff(&self) {
        let staff = match &self.crew {
            Some(crew) => Staff {
                mediator: crew.mediator_name.clone(),
                assistant: crew.assistant_name.clone(),
                ask_mode: crew.policy.mode.name().to_owned(),
                context: crew.context,
            },
            None => Staff::default(),
        };
        self.report(Report::Staff(staff)).await;
    }

    /// Keeps what happened, and tells it.
    async fn happen(&mut self, event: Event) {
        match &event {
            Event::Said { .. } => self.doing(Activity::Mediating).await,
            Event::Replying { lane, .. } => self.doing(Activity::Replying(*lane)).await,
            _ => {}
        }
        let told = event.clone();
        match self.session.append(event) {
            Ok(at) => self.report(Report::Happened(at, told)).await,
            Err(error) => self.trouble(&anyhow::Error::new(error).context("this is not kept")).await,
        }
    }

    /// The work has ended; what it told last is taken in first.
    async fn finish(&mut self, outcome: Result<(), JoinError>) {
        self.work = None;
        while let Ok(event) = self.told.try_recv() {
            self.happen(event).await;
        }
        if let Err(error) = outcome {
            self.trouble(&anyhow::Error::new(error).context("the work broke off")).await;
        }
        self.doing(Activity::Idle).await;
    }

    async fn carry_out(&mut self, effect: Effect) -> anyhow::Result<()> {
        if self.work.is_some() && changes(&effect) {
            self.notice("something else is being done").await;
            return Ok(());
        }
        match effect {
            Effect::Say { text, files } => {
                let said = match with_files(&text, &files) {
                    Ok(said) => self.say(said).await,
                    Err(error) => Err(error),
                };
                if said.is_err() {
                    self.report(Report::Unsent { text, files }).await;
                }
                said?;
            }
            Effect::Go => self.say(JUST_GO.to_owned()).await?,
            Effect::Correct(correction) => {
                let turn = self.session.record().conversation.correct(&correction)?;
                let silent = turn.edits.iter().all(|edit| matches!(edit, throughline_conversation::Edit::Pin { .. }));
                self.happen(Event::Corrected { turn }).await;
                if !silent && is_something(self.session.record().spec()) {
                    self.begin(Exchange::reply)?;
                }
            }
            Effect::Again => self.begin(Exchange::reply)?,
            Effect::Compare => self.begin(Exchange::compare)?,
            Effect::Keep(lane) => self.happen(Event::Kept { lane }).await,
            Effect::Cancel => {
                if let Some(work) = &self.work {
                    work.cancel.cancel();
                }
            }
            Effect::Undo => self.happen(Event::Undone).await,
            Effect::ChooseModel { role, name } => self.choose(role, &name).await?,
            Effect::AskMode(mode) => self.ask(&mode).await?,
            Effect::ListModels => self.report(Report::Models(library::models(self.config)?)).await,
            Effect::FindFiles(typed) => {
                let found = self.files.find(&typed).await;
                self.report(Report::Files(found)).await;
            }
            Effect::Copy(text) => {
                let copied = crate::terminal::copy(&text)?;
                self.notice(copied).await;
            }
            other => self.keep(other).await?,
        }
        Ok(())
    }

    /// Effects on saved sessions.
    async fn keep(&mut self, effect: Effect) -> anyhow::Result<()> {
        match effect {
            Effect::NewSession => {
                let session = self.store.create()?;
                self.open(session).await;
            }
            Effect::OpenSession(id) => {
                let id = self.store.find(&id.0)?;
                if id == self.session.record().id {
                    self.notice("this is that session").await;
                } else {
                    let session = self.store.open(&id)?;
                    self.open(session).await;
                }
            }
            Effect::Fork(turns) => {
                let session = self.store.fork(&self.session.record().id, turns)?;
                self.open(session).await;
                self.notice("a new session with what was said so far; the old one stays as it is").await;
            }
            Effect::Rename { session, title } => {
                if session.as_ref().is_none_or(|id| *id == self.session.record().id) {
                    self.happen(Event::Renamed { title }).await;
                } else if let Some(id) = session {
                    self.store.rename(&id, &title)?;
                    self.notice("renamed").await;
                }
            }
            Effect::Delete(id) => {
                if id == self.session.record().id {
                    // The file is released before it goes.
                    self.session = self.store.create()?;
                    self.report(Report::Opened(Box::new(self.session.record().clone()))).await;
                }
                self.store.delete(&id)?;
                self.notice("deleted").await;
            }
            Effect::ListSessions(words) => {
                let listed = library::listed(&self.store, &words)?;
                self.report(Report::Sessions(listed)).await;
            }
            Effect::Export { format, path } => {
                let path = library::write(self.session.record(), format, path.as_deref())?;
                self.notice(format!("written to {}", path.display())).await;
            }
            _ => {}
        }
        Ok(())
    }

    async fn open(&mut self, session: Session) {
        self.session = session;
        self.report(Report::Opened(Box::new(self.session.record().clone()))).await;
    }

    /// Says something; what could not be heard is not lost.
    async fn say(&mut self, said: String) -> anyhow::Result<()> {
        self.hired()?;
        self.happen(Event::Said { text: said.clone() }).await;
        self.begin(move |exchange| exchange.say(said))
    }

    fn hired(&self) -> anyhow::Result<&Crew> {
        self.crew.as_ref().context("there is no model yet; /model chooses one")
    }

    /// Begins a piece of work.
    fn begin<F>(&mut self, work: impl FnOnce(Exchange) -> F) -> anyhow::Result<()>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let cancel = CancellationToken::new();
        let exchange = Exchange {
            crew: self.hired()?.clone(),
            conversation: self.session.record().conversation.clone(),
            cancel: cancel.clone(),
            told: self.teller.clone(),
        };
        self.work = Some(Work { task: tokio::spawn(work(exchange)), cancel });
        Ok(())
    }

    async fn choose(&mut self, role: ModelRole, name: &str) -> anyhow::Result<()> {
        self.doing(Activity::Loading { what: format!("loading {name}"), share: None }).await;
        let chosen = match (&mut self.crew, role) {
            (Some(crew), ModelRole::Mediator) => crew.hire_mediator(&mut self.models, name).await,
            (Some(crew), ModelRole::Assistant) => crew.hire_assistant(&mut self.models, name).await,
            // Where nobody works yet, the one that was chosen does everything.
            (None, _) => Crew::of(&mut self.models, self.config, name, name, self.plan).await.map(|crew| {
                self.crew = Some(crew);
            }),
        };
        self.staff().await;
        self.doing(Activity::Idle).await;
        chosen
    }

    async fn ask(&mut self, name: &str) -> anyhow::Result<()> {
        let modes = [AskMode::Never, AskMode::Auto, AskMode::AlwaysConfirm];
        let mode = modes.into_iter().find(|mode| mode.name() == name).context("there is no such mode of asking")?;
        if let Some(crew) = &mut self.crew {
            crew.ask(mode);
        }
        self.staff().await;
        Ok(())
    }
}

/// Whether an effect changes the session that work is going on in.
fn changes(effect: &Effect) -> bool {
    matches!(
        effect,
        Effect::Say { .. }
            | Effect::Go
            | Effect::Correct(_)
            | Effect::Again
            | Effect::Compare
            | Effect::Keep(_)
            | Effect::Undo
            | Effect::NewSession
            | Effect::OpenSession(_)
            | Effect::Fork(_)
            | Effect::Delete(_)
            | Effect::ChooseModel { .. }
    )
}

/// Waits for the end of the work; for ever where there is none.
async fn ended(work: Option<&mut Work>) -> Result<(), JoinError> {
    match work {
        Some(work) => (&mut work.task).await,
        None => std::future::pending().await,
    }
}
