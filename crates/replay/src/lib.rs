//! Replaying samples: settings, user simulators, the experiment plan, the run directory and resume.
