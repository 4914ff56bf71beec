//! What was understood, in plain words.

use throughline_conversation::{
    Clause, Conversation, Edit, NewClause, QuestionId, Removal, Source, Spec, Status, Turn,
};

/// What a turn changed, a line each: what came in, what took whose place, what was kept side by side.
pub(crate) fn changes(turn: &Turn, before: &Spec) -> String {
    let mut text = String::new();
    for edit in &turn.edits {
        let line = match edit {
            Edit::Add { clause } => format!("+ {} {}", clause.id, said(&clause.text, &clause.quote)),
            Edit::Redirect { clause, removal } if removal.earned => {
                format!("+ {} goal: {}", clause.id, said(&clause.text, &clause.quote))
            }
            Edit::Redirect { clause, removal } => contested("be a new goal", clause, removal),
            Edit::Revise { target, clause, removal } if removal.earned => {
                let older = before.clause(target).map_or("", |older| older.said.text.as_str());
                format!("~ {} in place of {target}: {} (was: {older})", clause.id, said(&clause.text, &clause.quote))
            }
            Edit::Revise { target, clause, removal } => contested(&format!("change {target}"), clause, removal),
            Edit::Withdraw { target, removal, .. } if removal.earned => {
                let older = before.clause(target).map_or("", |older| older.said.text.as_str());
                format!("- {target} withdrawn (was: {older})")
            }
            Edit::Withdraw { target, clause, removal } => contested(&format!("take {target} back"), clause, removal),
            Edit::Refer { reference } => format!("> {} points at: {}", reference.id, one_line(&reference.text)),
            Edit::Answer { question, clause } => {
                let asked = asked(turn, before, question).map_or_else(String::new, |text| format!(" ({text})"));
                format!("+ {} answers {question}{asked}: {}", clause.id, one_line(&clause.quote))
            }
            Edit::Assume { assumption } => {
                format!("= {} assumed: {} ({})", assumption.id, assumption.text, assumption.reason)
            }
            Edit::Confirm { assumption, clause } => {
                format!("+ {} confirms {assumption}: {}", clause.id, one_line(&clause.text))
            }
            Edit::Dismiss { assumption, .. } => format!("- {assumption} no longer assumed"),
            Edit::Pin { target, pinned: true, .. } => format!("* {target} held fast"),
            Edit::Pin { target, pinned: false, .. } => format!("* {target} no longer held fast"),
            Edit::Approve { source } => format!("  agreed: {}", said_at(turn, source)),
            Edit::Chat { source } => format!("  nothing to record: {}", said_at(turn, source)),
            // Told with the answer, or as what is asked now.
            Edit::Ask { .. } => continue,
        };
        text.push_str("  ");
        text.push_str(&line);
        text.push('\n');
    }
    for finding in &turn.findings {
        text.push_str(&format!("  ! {finding}\n"));
    }
    text
}

/// What was asked, in the turn or before it.
fn asked<'a>(turn: &'a Turn, before: &'a Spec, id: &QuestionId) -> Option<&'a str> {
    let here = turn.edits.iter().filter_map(|edit| match edit {
        Edit::Ask { question } => Some(question),
        _ => None,
    });
    before.questions.iter().chain(here).find(|asked| asked.id == *id).map(|asked| asked.text.as_str())
}

/// The words of the turn that an edit stands on.
fn said_at(turn: &Turn, source: &Source) -> String {
    one_line(source.span.of(&turn.user).unwrap_or_default())
}

/// The steps that a planner proposed, a line each.
pub(crate) fn plan(steps: &str) -> String {
    let lines = steps.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.fold(String::from("plan\n"), |text, line| text + "  " + line + "\n")
}

/// A change that is not certain, so that both readings stay.
fn contested(change: &str, clause: &NewClause, removal: &Removal) -> String {
    format!("? {} may {change}: {} (both kept: {})", clause.id, said(&clause.text, &clause.quote), removal.reason)
}

/// The whole spec, with the turn and the words that each clause stands on; what is out of force comes last.
pub(crate) fn whole(conversation: &Conversation, spec: &Spec) -> String {
    let mut text = String::new();
    match &spec.goal {
        Some(goal) => text.push_str(&format!("goal\n{}", clause_line(spec, goal))),
        None => text.push_str("goal\n  (none yet)\n"),
    }
    let section = |title: &str, lines: Vec<String>| {
        if lines.is_empty() { String::new() } else { format!("{title}\n{}", lines.concat()) }
    };
    let in_force = |clause: &&Clause| clause.status.is_active();
    text.push_str(&section(
        "requirements",
        spec.requirements.iter().filter(in_force).map(|clause| clause_line(spec, clause)).collect(),
    ));
    text.push_str(&section(
        "references",
        spec.references
            .iter()
            .map(|held| {
                format!("  {} {} (\"{}\", turn {})\n", held.id, one_line(&held.text), held.quote, held.source.turn + 1)
            })
            .collect(),
    ));
    text.push_str(&section(
        "assumptions: not your words",
        spec.standing().map(|held| format!("  {} {} ({})\n", held.id, held.text, held.reason)).collect(),
    ));
    text.push_str(&section(
        "open questions",
        spec.open_questions().map(|asked| format!("  {} {}\n", asked.id, asked.text)).collect(),
    ));
    let gone: Vec<&Clause> = spec.clauses().filter(|clause| !clause.status.is_active()).collect();
    text.push_str(&section("no longer in force", gone.into_iter().map(|clause| clause_line(spec, clause)).collect()));
    if conversation.turns.is_empty() {
        text.push_str("  (nothing said yet)\n");
    }
    text
}

fn clause_line(spec: &Spec, clause: &Clause) -> String {
    let status = match &clause.status {
        Status::Active => String::new(),
        Status::Superseded { superseded_by } => format!(", replaced by {superseded_by}"),
        Status::Withdrawn { withdrawn_at } => format!(", withdrawn in turn {}", withdrawn_at + 1),
    };
    let contested = match spec.contested(clause) {
        Some(older) if clause.status.is_active() => format!(", may change {}", older.said.id),
        _ => String::new(),
    };
    let said = said(&clause.said.text, &clause.said.quote);
    format!("  {} {said} (turn {}{status}{contested})\n", clause.said.id, clause.said.source.turn + 1)
}

/// A clause's text, and the user's own words beside it where they differ.
fn said(text: &str, quote: &str) -> String {
    let text = one_line(text);
    let quote = one_line(quote);
    if text == quote { text } else { format!("{text} [you: \"{quote}\"]") }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
