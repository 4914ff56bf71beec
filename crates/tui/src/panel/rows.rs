//! What the spec panel shows, line by line.

use throughline_conversation::{
    Assumption, AssumptionId, Clause, ClauseId, Edit, Finding, Question, QuestionId, Source, Spec, Status, Turn,
};

/// What a row stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Subject {
    /// The title of a part of the spec.
    Title,
    /// Words about the spec, such as what the guard found.
    Remark,
    /// A clause.
    Clause(ClauseId),
    /// Something assumed.
    Assumption(AssumptionId),
    /// A question that waits for an answer.
    Question(QuestionId),
}

/// What the last turn did to it, or how certain it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// Nothing remarkable.
    Plain,
    /// The last turn brought it in.
    Added,
    /// The last turn put it in the place of something else.
    Revised,
    /// The last turn took it out of force.
    Withdrawn,
    /// It is out of force for longer.
    Gone,
    /// It seems to change another clause.
    Contested,
    /// It is not the user's word.
    Assumed,
    /// It waits for an answer.
    Asked,
    /// The guard noticed it.
    Finding,
}

impl Mark {
    /// The sign in front of the row, so that colour is not the only one.
    pub(crate) fn sign(self) -> &'static str {
        match self {
            Self::Plain => " ",
            Self::Added => "+",
            Self::Revised => "~",
            Self::Withdrawn | Self::Gone => "-",
            Self::Contested | Self::Asked => "?",
            Self::Assumed => "=",
            Self::Finding => "!",
        }
    }
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) subject: Subject,
    pub(crate) mark: Mark,
    /// What it says.
    pub(crate) text: String,
    /// What else there is to know: the user's own words where they differ, the turn, who took whose place.
    pub(crate) detail: String,
    /// The words that it stands on.
    pub(crate) source: Option<Source>,
    /// Whether it is held fast.
    pub(crate) pinned: bool,
}

impl Row {
    fn title(text: &str) -> Self {
        Self {
            subject: Subject::Title,
            mark: Mark::Plain,
            text: text.to_owned(),
            detail: String::new(),
            source: None,
            pinned: false,
        }
    }

    fn remark(mark: Mark, text: &str) -> Self {
        Self { subject: Subject::Remark, mark, ..Self::title(text) }
    }

    /// Whether it can be chosen.
    pub(crate) fn is_choosable(&self) -> bool {
        !matches!(self.subject, Subject::Title | Subject::Remark)
    }
}

/// The rows of what was understood so far.
pub(crate) fn rows(turns: &[Turn], spec: &Spec) -> Vec<Row> {
    let last = turns.len().checked_sub(1);
    let shown = Shown { spec, last, edits: turns.last().map_or(&[], |turn| &turn.edits) };
    let mut rows = Vec::new();
    rows.push(Row::title("Goal"));
    match &spec.goal {
        Some(goal) => rows.push(shown.clause(goal)),
        None => rows.push(Row::remark(Mark::Plain, "none yet")),
    }
    section(
        &mut rows,
        "Requirements",
        shown.spec.requirements.iter().filter(|clause| clause.status.is_active()).map(|clause| shown.clause(clause)),
    );
    section(
        &mut rows,
        "Pointed at",
        spec.references.iter().filter(|held| held.status.is_active()).map(|held| Row {
            source: Some(held.source),
            detail: format!("turn {}: {}", held.source.turn + 1, one_line(&held.quote)),
            ..Row::remark(Mark::Plain, &one_line(&held.text))
        }),
    );
    section(&mut rows, "Assumed, not your words", spec.standing().map(assumption));
    section(&mut rows, "Open questions", spec.open_questions().map(question));
    let findings = turns.last().map_or(&[][..], |turn| &turn.findings);
    section(
        &mut rows,
        "Checked in the last turn",
        findings.iter().map(|finding| Row::remark(Mark::Finding, &in_words(finding, spec))),
    );
    section(
        &mut rows,
        "No longer in force",
        spec.clauses().filter(|clause| !clause.status.is_active()).map(|clause| shown.clause(clause)),
    );
    rows
}

fn section(rows: &mut Vec<Row>, title: &str, body: impl Iterator<Item = Row>) {
    let mut body = body.peekable();
    if body.peek().is_some() {
        rows.push(Row::title(title));
        rows.extend(body);
    }
}

fn assumption(held: &Assumption) -> Row {
    Row {
        subject: Subject::Assumption(held.id.clone()),
        mark: Mark::Assumed,
        text: one_line(&held.text),
        detail: one_line(&held.reason),
        source: None,
        pinned: false,
    }
}

fn question(asked: &Question) -> Row {
    let choices: Vec<String> =
        asked.choices.iter().enumerate().map(|(place, choice)| format!("{} {choice}", place + 1)).collect();
    Row {
        subject: Subject::Question(asked.id.clone()),
        mark: Mark::Asked,
        text: one_line(&asked.text),
        detail: choices.join(" · "),
        source: None,
        pinned: false,
    }
}

/// What a clause is shown beside.
struct Shown<'a> {
    spec: &'a Spec,
    /// The last turn, and what it changed.
    last: Option<usize>,
    edits: &'a [Edit],
}

impl Shown<'_> {
    fn clause(&self, clause: &Clause) -> Row {
        let said = &clause.said;
        let mut detail = vec![format!("turn {}", said.source.turn + 1)];
        if clause.is_resolved() {
            detail.push(format!("you: \u{201c}{}\u{201d}", one_line(&said.quote)));
        }
        match &clause.status {
            Status::Active => {}
            Status::Superseded { superseded_by } => {
                let later = self.spec.clause(superseded_by).map_or("", |later| later.said.text.as_str());
                detail.push(format!("replaced by \u{201c}{}\u{201d}", one_line(later)));
            }
            Status::Withdrawn { withdrawn_at } => detail.push(format!("withdrawn in turn {}", withdrawn_at + 1)),
        }
        if clause.status.is_active()
            && let Some(older) = self.spec.contested(clause)
        {
            detail.push(format!("may change \u{201c}{}\u{201d}: both are kept", one_line(&older.said.text)));
        }
        if clause.pinned {
            detail.push("held fast".to_owned());
        }
        Row {
            subject: Subject::Clause(said.id.clone()),
            mark: self.mark(clause),
            text: one_line(&said.text),
            detail: detail.join(" · "),
            source: Some(said.source),
            pinned: clause.pinned,
        }
    }

    fn mark(&self, clause: &Clause) -> Mark {
        let id = &clause.said.id;
        if !clause.status.is_active() {
            let taken = self.edits.iter().any(|edit| match edit {
                Edit::Revise { target, removal, .. } | Edit::Withdraw { target, removal, .. } => {
                    removal.earned && target == id
                }
                _ => false,
            });
            let left = matches!(&clause.status, Status::Superseded { superseded_by }
                if self.edits.iter().any(|edit| edit.clause().is_some_and(|brought| brought.id == *superseded_by)));
            return if taken || left { Mark::Withdrawn } else { Mark::Gone };
        }
        if self.spec.contested(clause).is_some() {
            return Mark::Contested;
        }
        if Some(clause.said.source.turn) != self.last {
            return Mark::Plain;
        }
        let brought = self.edits.iter().find(|edit| edit.clause().is_some_and(|brought| brought.id == *id));
        match brought {
            Some(Edit::Revise { .. }) => Mark::Revised,
            Some(Edit::Redirect { .. }) if self.last != Some(0) && !self.spec.former_goals.is_empty() => Mark::Revised,
            _ => Mark::Added,
        }
    }
}

/// What the guard found, with the clauses by their words, as ids stand nowhere else on the screen.
fn in_words(finding: &Finding, spec: &Spec) -> String {
    let quoted = |id: &str| spec.clause(&ClauseId(id.to_owned())).map(|clause| one_line(&clause.said.text));
    match finding {
        Finding::Contested { op, target, reason } => match quoted(target) {
            Some(text) => format!("kept both: whether to {op} \u{201c}{text}\u{201d} is not certain ({reason})"),
            None => finding.to_string(),
        },
        Finding::Misdirected { op, target } => match quoted(target) {
            Some(text) => {
                format!("took a {op} of \u{201c}{text}\u{201d}, which is not in force, for something new")
            }
            None => finding.to_string(),
        },
        _ => finding.to_string(),
    }
}

/// A text without line breaks.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
