//! `throughline config`.

use std::process::ExitCode;

use crate::config::{Config, Setting};
use crate::output;

/// Prints the effective values as TOML that can be used as a configuration, each with where it came from.
pub(crate) fn run(config: &Config) -> anyhow::Result<ExitCode> {
    let mut text = String::from("[roles]\n");
    text += &line("mediator", &quoted(&config.mediator.value), &config.mediator);
    text += &line("assistant", &quoted(&config.assistant.value), &config.assistant);
    for (role, model) in config.further_roles() {
        match &model.value {
            Some(name) => text += &line(role, &quoted(name), model),
            None => text += &format!("# {role}: the mediator's\n"),
        }
    }
    text += "\n[mediator]\n";
    text += &line("questions", &config.questions.value.to_string(), &config.questions);
    text += &line("mode", &quoted(config.ask_mode.value.name()), &config.ask_mode);
    text += &line("method", &quoted(config.method.value.name()), &config.method);
    match &config.calibration.value {
        Some(path) => text += &line("calibration", &quoted(&path.display().to_string()), &config.calibration),
        None => text += "# calibration: as shipped\n",
    }
    text += "\n[assistant]\n";
    text += &line("exact_words", &config.exact_words.value.to_string(), &config.exact_words);
    text += "\n[experience]\n";
    let files: Vec<String> = config.experience.value.iter().map(|path| quoted(&path.display().to_string())).collect();
    text += &line("files", &format!("[{}]", files.join(", ")), &config.experience);
    text += "\n[agents]\n";
    let agents = [
        ("mediator", &config.mediator_agent),
        ("assistant", &config.assistant_agent),
        ("rewriter", &config.rewriter_agent),
        ("planner", &config.planner_agent),
        ("user", &config.user_agent),
        ("judge", &config.judge_agent),
        ("refiner", &config.refiner_agent),
        ("sharder", &config.sharder_agent),
    ];
    for (role, agent) in agents {
        match &agent.value {
            Some(path) => text += &line(role, &quoted(&path.display().to_string()), agent),
            None => text += &format!("# {role}: as shipped\n"),
        }
    }
    text += "\n[cache]\n";
    let directory = config.cache_directory()?.display().to_string();
    text += &line("directory", &quoted(&directory), &config.cache);
    for (name, profile) in &config.models {
        text += &format!("\n[models.{}]  # {}\n", key(name), profile.origin);
        text += &toml::to_string(&profile.value)?;
    }
    output::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn line<T>(name: &str, value: &str, setting: &Setting<T>) -> String {
    format!("{name} = {value}  # {}\n", setting.origin)
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// A name as a TOML key: bare where it may be.
fn key(name: &str) -> String {
    let bare = name.chars().all(|character| character.is_ascii_alphanumeric() || matches!(character, '-' | '_'));
    if bare { name.to_owned() } else { quoted(name) }
}
