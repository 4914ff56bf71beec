//! The experiment plan: the grid of samples, settings and repeats.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use throughline_tasks::{Environment, Sample, TaskFamily, families, family};

use crate::digest::short_hash;
use crate::{PlanError, RoleRecord, Roles, SampleSet, Setting, Simulator, Turns, Verbatim, derive_seed};

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
    samples: SampleSet,
    families: Vec<&'static dyn TaskFamily>,
    grid: Grid,
    roles: Roles,
}

impl Plan {
    /// Plans an experiment with the families known to the program.
    ///
    /// # Errors
    /// [`PlanError`] when there is nothing to replay, when a sample or setting is given twice, and when a sample
    /// does not fit its task or a setting.
    pub fn new(samples: SampleSet, grid: Grid, roles: Roles) -> Result<Self, PlanError> {
        Self::with_families(samples, grid, roles, family)
    }

    /// Plans an experiment with families of the caller's own.
    ///
    /// # Errors
    /// As [`Plan::new`].
    pub fn with_families(
        samples: SampleSet,
        grid: Grid,
        roles: Roles,
        family: impl Fn(&str) -> Option<&'static dyn TaskFamily>,
    ) -> Result<Self, PlanError> {
        check_grid(&grid, &roles)?;
        if samples.samples.is_empty() {
            return Err(PlanError::Empty { missing: "sample" });
        }
        let stepwise = grid.settings.iter().find(|setting| setting.turns() == Turns::PerShard);
        let mut seen = HashSet::new();
        let mut found = Vec::with_capacity(samples.samples.len());
        for sample in &samples.samples {
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
            found.push(family);
        }
        Ok(Self { samples, families: found, grid, roles })
    }

    /// Checks that the answers to every sample can be judged here.
    ///
    /// # Errors
    /// [`PlanError::NotReady`] naming the first sample of which they cannot.
    pub fn ready(&self, environment: &Environment) -> Result<(), PlanError> {
        self.samples.samples.iter().zip(&self.families).try_for_each(|(sample, family)| {
            let ready = family.ready(sample, environment);
            ready.map_err(|source| PlanError::NotReady { task_id: sample.task_id.clone(), source })
        })
    }

    /// Every run, repeat by repeat, so that an experiment that is ended early still covers all samples.
    pub fn runs(&self) -> impl Iterator<Item = PlannedRun<'_>> {
        (0..self.grid.repeats).flat_map(move |repeat| {
            self.samples.samples.iter().zip(&self.families).flat_map(move |(sample, family)| {
                self.grid.settings.iter().map(move |setting| self.run(sample, *family, *setting, repeat))
            })
        })
    }

    /// The runs whose names are not among the finished ones.
    pub fn to_do(&self, finished: &HashSet<String>) -> impl Iterator<Item = PlannedRun<'_>> {
        self.runs().filter(|run| !finished.contains(&run.conv_id))
    }

    /// How many runs there are.
    pub fn len(&self) -> usize {
        self.samples.samples.len() * self.grid.settings.len() * self.grid.repeats as usize
    }

    /// Whether there is nothing to do; never true of a plan that [`Plan::new`] accepted.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The samples.
    pub fn samples(&self) -> &SampleSet {
        &self.samples
    }

    /// What is done with every sample.
    pub fn grid(&self) -> &Grid {
        &self.grid
    }

    /// Who takes part.
    pub fn roles(&self) -> &Roles {
        &self.roles
    }

    fn run<'a>(
        &'a self,
        sample: &'a Sample,
        family: &'static dyn TaskFamily,
        setting: &'static dyn Setting,
        repeat: u32,
    ) -> PlannedRun<'a> {
        let (name, number) = (setting.name(), repeat.to_string());
        let user = &*self.grid.user;
        let Roles { assistant, mediator, rewriter, planner, user: speaker, judge } =
            self.roles.taking_part(family, setting, user);
        let mut parts = vec![family.name(), sample.task_id.as_str(), name, number.as_str()];
        let others = [mediator.as_ref(), rewriter.as_ref(), planner.as_ref(), speaker.as_ref(), judge.as_ref()];
        for RoleRecord { name, identity, .. } in [&assistant].into_iter().chain(others.into_iter().flatten()) {
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
            file: &self.samples.file,
            roles: &self.roles,
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
