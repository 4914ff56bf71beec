//! `throughline cache`.

use std::process::ExitCode;

use throughline_models::CacheStore;

use crate::args::Cache;
use crate::config::Config;
use crate::output;

/// Says what the response cache holds, or deletes it.
pub(crate) fn run(config: &Config, command: &Cache) -> anyhow::Result<ExitCode> {
    let directory = config.cache_directory()?;
    match command {
        Cache::Stats => {
            let stats = CacheStore::open(&directory)?.stats()?;
            let mut text = format!("{}\n", stats.path.display());
            text += &format!("{} replies, {} kB\n", stats.replies(), stats.bytes.div_ceil(1000));
            if let Some((first, last)) = stats.period {
                text += &format!("kept from {first} to {last}\n");
            }
            for (model, replies) in stats.models {
                text += &format!("  {replies} of {model}\n");
            }
            output::print(&text)?;
        }
        Cache::Clear => {
            let deleted = CacheStore::clear(&directory)?;
            let what = deleted.map_or_else(|| "a damaged cache".to_owned(), |replies| format!("{replies} replies"));
            output::print_line(&format!("deleted {what} in {}", directory.display()))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
