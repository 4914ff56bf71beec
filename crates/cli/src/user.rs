//! The user simulator that is asked for.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::ensure;
use throughline_replay::{Recorded, Recordings, SampleSet, Simulator, simulator};
use throughline_scorer::read_path;

/// The simulator of that name. One that repeats recorded conversations finds them in `recorded`; the samples that these
/// are not of are taken out, which `say` is told.
pub(crate) fn open(
    name: &str,
    recorded: &[PathBuf],
    sets: &mut [SampleSet],
    mut say: impl FnMut(&str),
) -> anyhow::Result<Arc<dyn Simulator>> {
    if name != Recorded::NAME {
        ensure!(recorded.is_empty(), "--recorded is for the user simulator recorded; add `--user recorded`");
        return Ok(simulator(name)?);
    }
    ensure!(!recorded.is_empty(), "the user simulator recorded needs transcripts; name them with --recorded");
    let mut transcripts = Vec::new();
    for path in recorded {
        read_path(path, None, |read| {
            transcripts.push(read?.transcript);
            Ok(())
        })?;
    }
    let recordings = Recordings::new(transcripts);
    let given: usize = sets.iter().map(|set| set.samples.len()).sum();
    for set in sets.iter_mut() {
        set.samples.retain(|sample| recordings.hold(sample));
    }
    let left: usize = sets.iter().map(|set| set.samples.len()).sum();
    let files = || sets.iter().map(|set| set.file.as_str()).collect::<Vec<_>>().join(", ");
    ensure!(left > 0, "the recorded conversations are of none of the samples in {}; name others", files());
    if left < given {
        say(&format!("left out {} samples of which there is no recorded conversation", given - left));
    }
    Ok(Arc::new(Recorded(recordings)))
}
