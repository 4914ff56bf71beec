//! An evaluation as tables for people, and as JSON.

use super::figures::{Detection, Evaluation, GroupFigures, SettingFigures, Share};
use crate::TableOptions;
use crate::report::sheets::{Sheet, estimate, fraction, headings};
use crate::report::text::{figure, printable};
use crate::report::{Estimate, json, table};

/// What a row says of a group, behind the names.
const SUMMARY: [&str; 10] = [
    "conversations",
    "kept",
    "words kept",
    "clean",
    "words clean",
    "clean but contested",
    "turns exact",
    "question F1",
    "removal precision",
    "removal recall",
];

impl Evaluation {
    /// Tables, with the notes below them.
    pub fn to_table(&self, options: &TableOptions) -> String {
        table::render(&self.sheets(), &[], &self.notes, *options)
    }

    /// Everything as one JSON object, in full precision; `null` where a figure is not defined.
    pub fn to_json(&self) -> String {
        json::text(self) + "\n"
    }

    fn sheets(&self) -> Vec<Sheet> {
        let sheets = [
            self.headline(),
            self.by_group(),
            self.operations(),
            self.questions(),
            self.removals(),
            self.calibration(),
            self.reliability(),
            self.costs(),
        ];
        sheets.into_iter().filter(|sheet| !sheet.rows.is_empty()).collect()
    }

    /// The groups, each under its setting's name.
    fn groups(&self) -> impl Iterator<Item = (&SettingFigures, &GroupFigures)> {
        self.settings.iter().flat_map(|setting| setting.groups.iter().map(move |group| (setting, group)))
    }

    fn headline(&self) -> Sheet {
        let rows = self.settings.iter().filter_map(|setting| {
            let names = vec![printable(&setting.setting)];
            Some(summary(names, setting.groups.first()?, estimate))
        });
        Sheet {
            title: "Labelled conversations, in percent",
            headings: headings(&[&["setting"][..], &SUMMARY].concat()),
            names: 1,
            rows: rows.collect(),
            note: "Kept: conversations at whose end every word that must stand in the spec does (and such words); clean: \
                   those in which no word stands that must not. Clean but contested: the same without words that only \
                   contested clauses hold, which stay in force until the user settles them. Turns exact: with the very \
                   operations of the labels. Question: asking after the turns where it is right. Removal: taking clauses \
                   out of force, for each turn and each clause in force before it.".into(),
        }
    }

    fn by_group(&self) -> Sheet {
        let plain = |estimate: &Estimate| figure(estimate.value);
        // The first group is in the table above.
        let names: Vec<&String> =
            self.settings.iter().take(1).flat_map(|first| &first.groups).map(|group| &group.group).skip(1).collect();
        let rows = names.iter().flat_map(|name| {
            self.groups().filter(move |(_, group)| group.group == **name).map(|(setting, group)| {
                summary(vec![printable(&group.group), printable(&setting.setting)], group, plain)
            })
        });
        let sheet = Sheet {
            title: "By language and kind",
            headings: headings(&[&["group", "setting"][..], &SUMMARY].concat()),
            names: 2,
            rows: rows.collect(),
            note: "".into(),
        };
        // What was judged of no group has a dash in the table above.
        sheet.without_columns_of("-")
    }

    fn operations(&self) -> Sheet {
        let rows = self.settings.iter().flat_map(|setting| {
            let drafted = setting.groups.first().and_then(|group| group.operations.as_ref());
            drafted.into_iter().flat_map(move |figures| {
                let occurs = figures.each.iter().filter(|(_, held)| held.gold + held.found > 0);
                let each = occurs.map(|(operation, held)| (operation.name(), held));
                each.chain([("any", &figures.any)])
                    .map(move |(name, held)| detection(vec![printable(&setting.setting), name.to_owned()], held))
            })
        });
        Sheet {
            title: "Operations, in turns",
            headings: headings(&["setting", "operation", "labelled", "drafted", "both", "precision", "recall", "F1"]),
            names: 2,
            rows: rows.collect(),
            note: "Turns in which an operation occurs at all, by the label and by the edits. The first goal counts as `add`; \
                   what the mediator assumes or asks is not among them.".into(),
        }
    }

    fn questions(&self) -> Sheet {
        let rows = self.groups().filter_map(|(setting, group)| {
            let held = group.questions.as_ref().filter(|held| held.gold + held.found > 0)?;
            Some(detection(vec![printable(&setting.setting), printable(&group.group)], held))
        });
        Sheet {
            title: "Questions, in turns",
            headings: headings(&["setting", "group", "labelled", "asked", "both", "precision", "recall", "F1"]),
            names: 2,
            rows: rows.collect(),
            note: "Turns after which a question is neither called for nor a mistake are left out.".into(),
        }
    }

    fn removals(&self) -> Sheet {
        let rows = self.groups().filter_map(|(setting, group)| {
            let held =
                group.removals.as_ref().filter(|held| held.removed.gold + held.removed.found + held.contested > 0)?;
            let names = vec![printable(&setting.setting), printable(&group.group), held.decisions.to_string()];
            let mut cells = detection(names, &held.removed);
            cells.extend([held.contested, held.contested_gold].map(|count| count.to_string()));
            Some(cells)
        });
        Sheet {
            title: "Removals, in decisions",
            headings: headings(&[
                "setting",
                "group",
                "decisions",
                "labelled",
                "removed",
                "both",
                "precision",
                "recall",
                "F1",
                "contested",
                "of them labelled",
            ]),
            names: 2,
            rows: rows.collect(),
            note: "A decision for each turn and each clause in force before it. Labelled: the turn takes words out of force \
                   that the clause stands on or holds.".into(),
        }
    }

    fn calibration(&self) -> Sheet {
        let rows = self.groups().filter_map(|(setting, group)| {
            let removals = group.removals.as_ref()?;
            let held = removals.calibration.as_ref()?;
            let mut cells = vec![printable(&setting.setting), printable(&group.group), held.attempts.to_string()];
            let figures = [held.confidence, held.accuracy, held.ece, held.adaptive_ece, held.brier].map(Some);
            cells.extend(figures.into_iter().chain([held.auroc, removals.auroc]).map(fraction));
            Some(cells)
        });
        Sheet {
            title: "Probabilities of removals",
            headings: headings(&[
                "setting",
                "group",
                "decisions",
                "probability",
                "labelled",
                "ECE",
                "adaptive ECE",
                "Brier",
                "AUROC",
                "AUROC of all",
            ]),
            names: 2,
            rows: rows.collect(),
            note: "Over the decisions for which a probability is recorded; AUROC of all is over every decision, where none \
                   counts as 0. Labelled: the share that should leave force. ECE has ten bins of equal width, adaptive ECE \
                   ten of equal mass; AUROC counts ties half. All from 0 to 1."
                .into(),
        }
    }

    fn reliability(&self) -> Sheet {
        let all =
            self.settings.iter().filter_map(|setting| Some((setting, setting.groups.first()?.removals.as_ref()?)));
        let rows = all.flat_map(|(setting, removals)| {
            let bins = removals.calibration.iter().flat_map(|held| &held.bins).filter(|bin| bin.attempts > 0);
            bins.map(|bin| {
                let range = format!("{:.1}-{:.1}", bin.from, bin.to);
                let mut cells = vec![printable(&setting.setting), range, bin.attempts.to_string()];
                cells.extend([bin.confidence, bin.accuracy].map(fraction));
                cells
            })
        });
        Sheet {
            title: "Reliability of these probabilities",
            headings: headings(&["setting", "range", "decisions", "probability", "labelled"]),
            names: 2,
            rows: rows.collect(),
            note: "".into(),
        }
    }

    fn costs(&self) -> Sheet {
        let rows = self.settings.iter().flat_map(|setting| {
            let all = setting.costs.iter().map(|costs| ("all".to_owned(), costs));
            let each = setting.costs_by_turn.iter().map(|turn| (turn.turn.to_string(), &turn.costs));
            all.chain(each).map(|(turn, costs)| {
                let figures = [costs.calls, costs.cached, costs.prompt_tokens, costs.completion_tokens];
                let mut cells = vec![printable(&setting.setting), turn, costs.turns.to_string()];
                cells.extend(figures.map(|value| figure(Some(value))));
                cells.push(costs.seconds.map_or_else(|| "-".into(), |seconds| format!("{seconds:.2}")));
                cells
            })
        });
        Sheet {
            title: "Model calls, a turn",
            headings: headings(&["setting", "turn", "turns", "calls", "cached", "tokens in", "tokens out", "seconds"]),
            names: 1,
            rows: rows.collect(),
            note: "Means over turns. Seconds: over the turns with calls, none of which the cache answered; conversations that are \
                   mediated beside each other share the machine."
                .into(),
        }
    }
}

/// The names, then the figures of [`SUMMARY`].
fn summary(mut names: Vec<String>, group: &GroupFigures, show: impl Fn(&Estimate) -> String) -> Vec<String> {
    let GroupFigures { spec, operations, questions, removals, .. } = group;
    names.push(group.conversations.to_string());
    let shares = [spec.kept, spec.kept_words, spec.clean, spec.clean_words, spec.clean_but_contested];
    names.extend(shares.map(|Share { percent, .. }| show(&percent)));
    names.extend(
        [
            operations.as_ref().map(|held| held.exact.percent),
            questions.as_ref().map(|held| held.f1),
            removals.as_ref().map(|held| held.removed.precision),
            removals.as_ref().map(|held| held.removed.recall),
        ]
        .map(|figure| show(&figure.unwrap_or_default())),
    );
    names
}

/// The names, then the counts and figures of a detection.
fn detection(mut names: Vec<String>, held: &Detection) -> Vec<String> {
    names.extend([held.gold, held.found, held.right].map(|count| count.to_string()));
    names.extend([held.precision, held.recall, held.f1].iter().map(estimate));
    names
}
