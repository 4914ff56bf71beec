//! Names that complete what is being typed: commands behind a slash, files behind an `@`.

use crate::commands::COMMANDS;
use crate::composer::Composer;

/// What is offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Completion {
    pub(crate) kind: Kind,
    /// What is typed of it.
    pub(crate) typed: String,
    /// Name and what it is.
    pub(crate) items: Vec<(String, String)>,
    pub(crate) chosen: usize,
}

/// What is completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A command.
    Command,
    /// A file's path.
    File,
}

impl Completion {
    /// What can be completed of what is typed; files are still to be found.
    pub(crate) fn of(composer: &Composer) -> Option<Self> {
        let (shown, word) = (composer.shown(), composer.word());
        if let Some(typed) = shown.strip_prefix('/').filter(|typed| !typed.contains(char::is_whitespace)) {
            let fits = |command: &&crate::commands::Command| command.name.starts_with(typed);
            let items: Vec<(String, String)> = COMMANDS
                .iter()
                .filter(fits)
                .map(|command| {
                    (format!("/{} {}", command.name, command.arguments).trim_end().to_owned(), command.help.to_owned())
                })
                .collect();
            let kind = Kind::Command;
            return (!items.is_empty()).then(|| Self { kind, typed: typed.to_owned(), items, chosen: 0 });
        }
        let typed = word.strip_prefix('@')?.to_owned();
        Some(Self { kind: Kind::File, typed, items: Vec::new(), chosen: 0 })
    }

    /// Goes to the next name, or the one before.
    pub(crate) fn step(&mut self, down: bool) {
        let many = self.items.len().max(1);
        self.chosen = if down { (self.chosen + 1) % many } else { (self.chosen + many - 1) % many };
    }

    /// Puts the chosen name in the place of what is typed.
    pub(crate) fn accept(&self, composer: &mut Composer) {
        let Some((name, _)) = self.items.get(self.chosen) else { return };
        match self.kind {
            Kind::Command => {
                let name = name.split_whitespace().next().unwrap_or(name);
                composer.put(&format!("{name} "));
            }
            Kind::File => {
                composer.replace_word(&format!("@{name} "));
                composer.attach(name);
            }
        }
    }
}
