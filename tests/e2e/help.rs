//! What the program says of itself: help, completions, manual pages.

use crate::harness::Sandbox;

const COMMANDS: [&[&str]; 37] = [
    &["demo"],
    &["ask"],
    &["chat"],
    &["sessions"],
    &["sessions", "list"],
    &["sessions", "show"],
    &["sessions", "search"],
    &["sessions", "rename"],
    &["sessions", "delete"],
    &["sessions", "fork"],
    &["sessions", "export"],
    &["view"],
    &["mediate"],
    &["replay"],
    &["merge"],
    &["runs"],
    &["runs", "list"],
    &["runs", "show"],
    &["runs", "retry-errors"],
    &["score"],
    &["convert"],
    &["import"],
    &["shard"],
    &["revise"],
    &["calibrate"],
    &["refine"],
    &["models"],
    &["models", "list"],
    &["models", "fetch"],
    &["cache"],
    &["cache", "stats"],
    &["cache", "clear"],
    &["config"],
    &["doctor"],
    &["completions"],
    &["man"],
    &["notices"],
];

#[test]
fn help_is_as_recorded() {
    let sandbox = Sandbox::without_models();
    insta::assert_snapshot!("help", sandbox.run(&["--help"]).good().stdout);
    for command in COMMANDS {
        let help = sandbox.run(&[command, &["--help"]].concat()).good().stdout;
        insta::assert_snapshot!(format!("help-{}", command.join("-")), help);
    }
}

#[test]
fn help_of_every_command_holds_an_example() {
    let sandbox = Sandbox::without_models();
    for command in COMMANDS.iter().filter(|command| command.len() == 1) {
        let help = sandbox.run(&[command, &["--help"][..]].concat()).good().stdout;
        let example = format!("  throughline {}", command[0]);
        assert!(help.contains("Example") && help.contains(&example), "{help}");
    }
}

#[test]
fn every_command_is_in_the_snapshots() {
    let help = Sandbox::without_models().run(&["--help"]).good().stdout;
    let (_, commands) = help.split_once("Commands:\n").unwrap();
    let (commands, _) = commands.split_once("\n\n").unwrap();
    // A description that goes on in a second line is indented further than a name.
    let names = commands.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names: Vec<_> = names.filter_map(|line| line.split_whitespace().next()).collect();
    assert!(names.len() > 10, "{help}");
    for name in names.into_iter().filter(|name| *name != "help") {
        assert!(COMMANDS.contains(&&[name][..]), "{name} has no snapshot");
    }
}

#[test]
fn completions_know_the_commands() {
    let sandbox = Sandbox::without_models();
    for shell in ["bash", "zsh", "fish"] {
        let script = sandbox.run(&["completions", shell]).good().stdout;
        for word in ["throughline", "demo", "mediate", "replay", "--keep-going", "--max-tokens"] {
            // Fish spells options without their dashes.
            assert!(script.contains(word.trim_start_matches('-')), "{shell}: no {word}");
        }
    }
}

#[test]
fn manual_pages_are_written() {
    let sandbox = Sandbox::without_models();
    let page = sandbox.run(&["man"]).good().stdout;
    assert!(page.contains(".TH throughline 1") && page.contains("throughline\\-replay"), "{page}");
    sandbox.run(&["man", "--directory", "pages"]).good();
    for command in COMMANDS {
        let page = sandbox.read(&format!("pages/throughline-{}.1", command.join("-")));
        assert!(page.contains(".SH NAME"), "{page}");
    }
}

#[test]
fn notices_name_the_authors_of_what_is_carried() {
    let said = Sandbox::without_models().run(&["notices"]).good().stdout;
    assert!(said.starts_with("# Grammars\n") && said.matches("\n## ").count() > 20, "{said}");
}

#[test]
fn the_version_is_the_packages() {
    let said = Sandbox::without_models().run(&["--version"]).good().stdout;
    assert_eq!(said, format!("throughline {}\n", env!("CARGO_PKG_VERSION")));
}
