//! The experiment plan: the grid of samples, settings and repeats.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use throughline_tasks::{Environment, Sample, TaskFamily, families, family};

use crate::digest::short_hash;
use crate::{
    PlanError, RoleRecord, Roles, SampleSet, Setting, Shard, ShardRecord, Simulator, Turns, Verbatim, derive_seed,
};

/// The threshold of the setting `ergo` unless set, in nats. The authors found the best ones between 0.03 and 0.3, by the
/// model.
pub const ERGO_TAU: f64 = 0.1;

/// What is done with every sample.
#[derive(Clone)]
pub struct Grid {
    /// The settings, each given once.
    pub settings: Vec<&'static dyn Setting>,
    /// Who says the shards.
    pub user: Arc<dyn Simulator>,
    /// How often each sample is replayed in each setting; 1 or more.
    pub repeats: u32,
    /// The root seed: every model call's seed is derived from it.
    pub seed: u32,
    /// By how much the mean next-token entropy of a reply must rise over that of the turn before for the setting `ergo`
    /// to begin anew, in nats; 0 or above.
    pub ergo_tau: f64,
    /// How many further samples are drawn for each answer attempt, to see how many agree with it; 0 for none. They need
    /// an assistant whose samples can differ: at a temperature above 0.
    pub agreement: u32,
}

impl fmt::Debug for Grid {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let settings: Vec<_> = self.settings.iter().map(|setting| setting.name()).collect();
        formatter
            .debug_struct("Grid")
            .field("settings", &settings)
            .field("user", &self.user.name())
            .field("repeats", &self.repeats)
            .field("seed", &self.seed)
            .field("ergo_tau", &self.ergo_tau)
            .field("agreement", &self.agreement)
            .finish()
    }
}

/// One run of the plan: one conversation of one sample in one setting.
#[derive(Clone)]
pub struct PlannedRun<'a> {
    /// Names the run. Equal for equal sample, setting, repeat, seed, models and user, and for nothing else.
    pub conv_id: String,
    /// The sample's family.
    pub family: &'static dyn TaskFamily,
    /// The sample.
    pub sample: &'a Sample,
    /// The setting.
    pub setting: &'static dyn Setting,
    /// Who says the shards.
    pub user: &'a dyn Simulator,
    /// Which repeat, from 0.
    pub repeat: u32,
    /// The experiment's root seed.
    pub seed: u32,
    /// The threshold of `ergo`, see [`Grid::ergo_tau`].
    pub ergo_tau: f64,
    /// How many further samples are drawn for each answer attempt, see [`Grid::agreement`].
    pub agreement: u32,
    /// The file that the sample came from.
    pub file: &'a str,
    /// Who takes part.
    pub roles: &'a Roles,
    /// Which of the assistants that are compared replies, from 0.
    pub assistant: usize,
}

impl PlannedRun<'_> {
    /// The seed of a role's calls in a user turn (from 0), see [`derive_seed`]. The parts hashed are the sample,
    /// the setting, the repeat, the turn and the role; what draws without a model has a role's name of its own.
    pub fn call_seed(&self, turn: usize, role: &str) -> u32 {
        let (repeat, turn) = (self.repeat.to_string(), turn.to_string());
        derive_seed(self.seed, &[&self.sample.task_id, self.setting.name(), &repeat, &turn, role])
    }
}

/// Which runs an experiment consists of.
#[derive(Clone)]
pub struct Plan {
    sets: Vec<SampleSet>,
    /// The samples that are replayed, in order.
    chosen: Vec<Chosen>,
    grid: Grid,
    /// One for each assistant; they differ in nothing else.
    roles: Vec<Roles>,
    shard: Option<Shard>,
}

/// The place of a sample, and its family.
#[derive(Clone, Copy)]
struct Chosen {
    set: usize,
    place: usize,
    family: &'static dyn TaskFamily,
}

impl Plan {
    /// Plans an experiment with the families known to the program.
    ///
    /// # Errors
    /// [`PlanError`] when there is nothing to replay, when a sample or setting is given twice, and when a sample
    /// does not fit its task or a setting.
    pub fn new(samples: impl IntoIterator<Item = SampleSet>, grid: Grid, roles: Roles) -> Result<Self, PlanError> {
        Self::with_families(samples, grid, roles, family)
    }

    /// Plans an experiment with families of the caller's own.
    ///
    /// # Errors
    /// As [`Plan::new`].
    pub fn with_families(
        samples: impl IntoIterator<Item = SampleSet>,
        grid: Grid,
        roles: Roles,
        family: impl Fn(&str) -> Option<&'static dyn TaskFamily>,
    ) -> Result<Self, PlanError> {
        check_grid(&grid, &roles)?;
        let sets: Vec<SampleSet> = samples.into_iter().collect();
        let stepwise = grid.settings.iter().find(|setting| setting.turns() == Turns::PerShard);
        let mut seen = HashSet::new();
        let mut chosen = Vec::new();
        let each = sets.iter().enumerate();
        let each = each.flat_map(|(set, samples)| {
            samples.samples.iter().enumerate().map(move |(place, sample)| (set, place, sample))
        });
        for (set, place, sample) in each {
            if !seen.insert(sample.task_id.as_str()) {
                return Err(PlanError::Twice { what: "sample", name: sample.task_id.clone() });
            }
            if let Some(setting) = stepwise
                && sample.spoken().next().is_none()
            {
                return Err(PlanError::NoShards { task_id: sample.task_id.clone(), setting: setting.name() });
            }
            if stepwise.is_some() && !grid.user.covers(sample) {
                return Err(PlanError::NoUser { task_id: sample.task_id.clone(), simulator: grid.user.name() });
            }
            let family = family(&sample.task).ok_or_else(|| PlanError::UnknownTask {
                task_id: sample.task_id.clone(),
                task: sample.task.clone(),
                known: families().iter().map(|family| family.name()).collect::<Vec<_>>().join(", "),
            })?;
            if family.is_judged() && roles.judge.is_none() {
                return Err(PlanError::NoJudge { task_id: sample.task_id.clone() });
            }
            chosen.push(Chosen { set, place, family });
        }
        if chosen.is_empty() {
            return Err(PlanError::Empty { missing: "sample" });
        }
        Ok(Self { sets, chosen, grid, roles: vec![roles], shard: None })
    }

    /// The same experiment with further assistants, which do everything that the first one does.
    ///
    /// # Errors
    /// [`PlanError::Twice`] when two of them have the same name.
    pub fn comparing(mut self, further: impl IntoIterator<Item = RoleRecord>) -> Result<Self, PlanError> {
        for assistant in further {
            if self.roles.iter().any(|roles| roles.assistant.name == assistant.name) {
                return Err(PlanError::Twice { what: "assistant", name: assistant.name });
            }
            let roles = Roles { assistant, ..self.roles().clone() };
            self.roles.push(roles);
        }
        Ok(self)
    }

    /// Only a part of the experiment.
    ///
    /// # Errors
    /// [`PlanError::EmptyShard`] when there are fewer samples than parts and none is in this one.
    pub fn sharded(mut self, shard: Shard) -> Result<Self, PlanError> {
        let names: Vec<&str> = self.samples().map(|sample| sample.task_id.as_str()).collect();
        let (held, samples) = (shard.holds(&names), names.len());
        let mut held = held.into_iter();
        self.chosen.retain(|_| held.next().unwrap_or(false));
        if self.chosen.is_empty() {
            return Err(PlanError::EmptyShard { shard, samples });
        }
        self.shard = Some(shard);
        Ok(self)
    }

    /// Checks that the answers to every sample can be judged here.
    ///
    /// # Errors
    /// [`PlanError::NotReady`] naming the first sample of which they cannot.
    pub fn ready(&self, environment: &Environment) -> Result<(), PlanError> {
        self.samples().zip(&self.chosen).try_for_each(|(sample, chosen)| {
            let ready = chosen.family.ready(sample, environment);
            ready.map_err(|source| PlanError::NotReady { task_id: sample.task_id.clone(), source })
        })
    }

    /// Every run, repeat by repeat, so that an experiment that is ended early still covers all samples.
    pub fn runs(&self) -> impl Iterator<Item = PlannedRun<'_>> {
        (0..self.grid.repeats).flat_map(move |repeat| {
            self.chosen.iter().flat_map(move |chosen| {
                (0..self.roles.len()).flat_map(move |assistant| {
                    self.grid.settings.iter().map(move |setting| self.run(*chosen, assistant, *setting, repeat))
                })
            })
        })
    }

    /// The run of that name.
    pub fn find(&self, conv_id: &str) -> Option<PlannedRun<'_>> {
        // The name begins with the sample's: the others need not be hashed.
        let is_of = |chosen: &&Chosen| conv_id.starts_with(&self.sample(chosen).task_id);
        self.chosen.iter().filter(is_of).find_map(|chosen| {
            (0..self.grid.repeats).find_map(|repeat| {
                (0..self.roles.len()).find_map(|assistant| {
                    let runs = self.grid.settings.iter().map(|setting| self.run(*chosen, assistant, *setting, repeat));
                    runs.into_iter().find(|run| run.conv_id == conv_id)
                })
            })
        })
    }

    /// The runs whose names are not among the finished ones.
    pub fn to_do(&self, finished: &HashSet<String>) -> impl Iterator<Item = PlannedRun<'_>> {
        self.runs().filter(|run| !finished.contains(&run.conv_id))
    }

    /// How many runs there are.
    pub fn len(&self) -> usize {
        self.chosen.len() * self.roles.len() * self.grid.settings.len() * self.grid.repeats as usize
    }

    /// Whether there is nothing to do; never true of a plan that [`Plan::new`] accepted.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The files of samples of the whole experiment, each with those of its samples that are chosen.
    pub fn sets(&self) -> &[SampleSet] {
        &self.sets
    }

    /// The samples that are replayed: those of the part, where the plan is one.
    pub fn samples(&self) -> impl Iterator<Item = &Sample> {
        self.chosen.iter().map(|chosen| self.sample(chosen))
    }

    /// What is done with every sample.
    pub fn grid(&self) -> &Grid {
        &self.grid
    }

    /// Who takes part, with the first assistant.
    pub fn roles(&self) -> &Roles {
        &self.roles[0]
    }

    /// The assistants that are compared, in order; one where nothing is.
    pub fn assistants(&self) -> impl ExactSizeIterator<Item = &RoleRecord> {
        self.roles.iter().map(|roles| &roles.assistant)
    }

    /// Which part of the experiment it is, and what is in it; `None` where it is the whole.
    pub fn shard(&self) -> Option<ShardRecord> {
        let samples = || self.samples().map(|sample| sample.task_id.clone()).collect();
        self.shard.map(|shard| ShardRecord { index: shard.index(), of: shard.of(), samples: samples() })
    }

    fn sample(&self, chosen: &Chosen) -> &Sample {
        &self.sets[chosen.set].samples[chosen.place]
    }

    fn run(&self, chosen: Chosen, assistant: usize, setting: &'static dyn Setting, repeat: u32) -> PlannedRun<'_> {
        let (name, number) = (setting.name(), repeat.to_string());
        let user = &*self.grid.user;
        let (family, sample, roles) = (chosen.family, self.sample(&chosen), &self.roles[assistant]);
        let part = roles.taking_part(family, setting, user);
        let mut parts = vec![family.name(), sample.task_id.as_str(), name, number.as_str()];
        let others = [&part.mediator, &part.rewriter, &part.planner, &part.user, &part.judge];
        for RoleRecord { name, identity, .. } in [&part.assistant].into_iter().chain(others.into_iter().flatten()) {
            parts.extend([name.as_str(), identity.as_str()]);
        }
        // Runs with the shards in their order, word for word, keep the names that they always had.
        if setting.turns() == Turns::PerShard && user.name() != Verbatim::NAME {
            parts.extend(["user", user.name(), user.identity().unwrap_or_default()]);
        }
        let hash = short_hash(self.grid.seed, &parts);
        PlannedRun {
            conv_id: format!("{}.{name}.{repeat}.{hash}", sample.task_id),
            family,
            sample,
            setting,
            user,
            repeat,
            seed: self.grid.seed,
            ergo_tau: self.grid.ergo_tau,
            agreement: self.grid.agreement,
            file: &self.sets[chosen.set].file,
            roles,
            assistant,
        }
    }
}

fn check_grid(grid: &Grid, roles: &Roles) -> Result<(), PlanError> {
    if grid.settings.is_empty() {
        return Err(PlanError::Empty { missing: "setting" });
    }
    if grid.repeats == 0 {
        return Err(PlanError::Empty { missing: "repeat" });
    }
    // A threshold that is no number would never be passed.
    if grid.ergo_tau.is_nan() || grid.ergo_tau < 0.0 {
        return Err(PlanError::Tau { tau: grid.ergo_tau });
    }
    let stepwise = grid.settings.iter().any(|setting| setting.turns() == Turns::PerShard);
    if stepwise && grid.user.needs_model() && roles.user.is_none() {
        return Err(PlanError::NoUserModel { simulator: grid.user.name() });
    }
    let mut seen = HashSet::new();
    for setting in &grid.settings {
        if !seen.insert(setting.name()) {
            return Err(PlanError::Twice { what: "setting", name: setting.name().to_owned() });
        }
        if let Some(role) = roles.lacking(*setting) {
            return Err(PlanError::NoRole { setting: setting.name(), role });
        }
    }
    Ok(())
}
