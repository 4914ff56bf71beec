//! The conversations to choose from, narrowed by what is typed.

/// One conversation of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Names the run.
    pub id: String,
    /// The task family.
    pub task: String,
    /// The setting.
    pub setting: String,
    /// The model that replied.
    pub model: String,
    /// How it went, in words.
    pub verdict: String,
}

impl Entry {
    /// What is typed is looked for in this.
    fn key(&self) -> Box<str> {
        [&self.id, &self.task, &self.setting, &self.model, &self.verdict]
            .map(String::as_str)
            .join(" ")
            .to_lowercase()
            .into()
    }
}

/// The list.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    pub(crate) typed: String,
    entries: Vec<(Entry, Box<str>)>,
    /// The places of those that fit what is typed.
    fitting: Vec<usize>,
    /// The chosen one's place among these.
    chosen: usize,
}

impl Listing {
    /// Takes in more conversations, behind those that are there.
    pub(crate) fn extend(&mut self, entries: Vec<Entry>) {
        let words = self.words();
        for entry in entries {
            let key = entry.key();
            if fits(&key, &words) {
                self.fitting.push(self.entries.len());
            }
            self.entries.push((entry, key));
        }
    }

    /// How many there are in all.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// How many fit what is typed.
    pub(crate) fn fitting(&self) -> usize {
        self.fitting.len()
    }

    /// The ones that fit, from the `first` on.
    pub(crate) fn shown(&self, first: usize) -> impl Iterator<Item = &Entry> {
        let shown = self.fitting.get(first..).unwrap_or_default();
        shown.iter().filter_map(|place| self.entries.get(*place)).map(|(entry, _)| entry)
    }

    /// The chosen one's place among those that fit.
    pub(crate) fn chosen(&self) -> usize {
        self.chosen
    }

    /// The chosen one's place in the whole list.
    pub(crate) fn place(&self) -> Option<usize> {
        self.fitting.get(self.chosen).copied()
    }

    /// A conversation by its place in the whole list.
    pub(crate) fn entry(&self, place: usize) -> Option<&Entry> {
        self.entries.get(place).map(|(entry, _)| entry)
    }

    /// Goes on by so many, or back.
    pub(crate) fn step(&mut self, by: isize) {
        self.choose(self.chosen.saturating_add_signed(by));
    }

    /// Chooses one by its place among those that fit.
    pub(crate) fn choose(&mut self, place: usize) {
        self.chosen = place.min(self.fitting.len().saturating_sub(1));
    }

    /// Looks for other words.
    pub(crate) fn narrow(&mut self, typed: String) {
        let chosen = self.place();
        self.typed = typed;
        let words = self.words();
        let entries = self.entries.iter().enumerate();
        self.fitting = entries.filter(|(_, (_, key))| fits(key, &words)).map(|(place, _)| place).collect();
        self.chosen = chosen.and_then(|chosen| self.fitting.binary_search(&chosen).ok()).unwrap_or_default();
    }

    fn words(&self) -> Vec<String> {
        self.typed.to_lowercase().split_whitespace().map(str::to_owned).collect()
    }
}

/// Whether every word stands somewhere in it.
fn fits(key: &str, words: &[String]) -> bool {
    words.iter().all(|word| key.contains(word.as_str()))
}
