//! A spec as the assistant's user message.

use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;
use throughline_conversation::{Assumption, Clause, ClauseKind, Reference, Spec};

/// The names that a template may use.
#[derive(Serialize)]
struct InForce<'spec> {
    goal: Option<Shown<'spec>>,
    requirements: Vec<Shown<'spec>>,
    references: Vec<&'spec Reference>,
    assumptions: &'spec [Assumption],
}

/// A clause as the template sees it.
#[derive(Serialize)]
struct Shown<'spec> {
    text: &'spec str,
    quote: &'spec str,
    kind: ClauseKind,
    /// Later clauses that seem to change this one, without certainty.
    contested_by: Vec<Shown<'spec>>,
}

impl<'spec> Shown<'spec> {
    fn new(spec: &'spec Spec, clause: &'spec Clause) -> Self {
        let contested_by = spec.contesting(&clause.said.id).map(|later| Self::new(spec, later)).collect();
        Self { text: &clause.said.text, quote: &clause.said.quote, kind: clause.said.kind, contested_by }
    }
}

/// Renders `template` with what is in force; a name that [`InForce`] lacks is an error, not an empty text.
pub(crate) fn user_message(template: &str, spec: &Spec) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let in_force = InForce {
        goal: spec.goal.as_ref().filter(|goal| goal.status.is_active()).map(|goal| Shown::new(spec, goal)),
        requirements: spec
            .requirements
            .iter()
            // What contests another clause that is still in force stands beside it, not on its own.
            .filter(|clause| clause.status.is_active() && spec.contested(clause).is_none())
            .map(|clause| Shown::new(spec, clause))
            .collect(),
        references: spec.references.iter().filter(|reference| reference.status.is_active()).collect(),
        assumptions: &spec.assumptions,
    };
    let rendered = environment.render_str(template, Serde(in_force))?;
    Ok(rendered.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use throughline_conversation::{
        Assumption, AssumptionId, ClauseId, ClauseKind, Edit, NewClause, Reference, ReferenceId, Removal, Source, Span,
        Status,
    };

    use super::*;
    use crate::{AGENT, Assistant};
    use throughline_models::{AgentFile, CancellationToken, ChatModel, EventStream, Request};

    struct Silent;

    impl ChatModel for Silent {
        fn stream(&self, _: Request, _: CancellationToken) -> EventStream {
            Box::pin(futures::stream::empty())
        }
    }

    fn clause(id: &str, text: &str) -> NewClause {
        let source = Source { turn: 0, span: Span::whole(text) };
        NewClause { id: ClauseId(id.into()), text: text.into(), quote: text.into(), source, kind: ClauseKind::Fact }
    }

    fn removal(earned: bool) -> Removal {
        Removal { earned, reason: String::new(), probability: None }
    }

    fn shipped(spec: &Spec) -> String {
        let assistant = Assistant::new(std::sync::Arc::new(Silent), AgentFile::parse(AGENT).unwrap());
        let messages = assistant.prompt(spec, Some("Solve it.")).unwrap();
        assert_eq!(messages[0].content, "Solve it.");
        messages[1].content.clone()
    }

    #[test]
    fn everything_in_force_is_rendered_and_nothing_else() {
        let target = |id: &str| ClauseId(id.into());
        let spec = Spec::fold(&[
            Edit::Redirect { clause: clause("c1", "How long does the trip take?"), removal: removal(true) },
            Edit::Add { clause: clause("c2", "it starts at 9") },
            Edit::Add { clause: clause("c3", "by train") },
            Edit::Add { clause: clause("c4", "in winter") },
            Edit::Revise { target: target("c2"), clause: clause("c5", "it starts at 10"), removal: removal(true) },
            Edit::Revise { target: target("c3"), clause: clause("c6", "a bus would do"), removal: removal(false) },
            Edit::Withdraw { target: target("c4"), clause: clause("c7", "forget winter"), removal: removal(true) },
            Edit::Refer {
                reference: Reference {
                    id: ReferenceId("r1".into()),
                    text: "Take the slow line.".into(),
                    artifact: Source { turn: 0, span: Span { start: 0, end: 19 } },
                    quote: "your second idea".into(),
                    source: Source { turn: 1, span: Span { start: 0, end: 16 } },
                    status: Status::Active,
                },
            },
            Edit::Assume {
                assumption: Assumption {
                    id: AssumptionId("a1".into()),
                    text: "Which day? Left to the assistant.".into(),
                    reason: "not answered".into(),
                },
            },
        ])
        .unwrap();
        insta::assert_snapshot!(shipped(&spec));
    }

    #[test]
    fn an_empty_spec_renders_empty() {
        assert_eq!(shipped(&Spec::default()), "");
    }

    #[test]
    fn an_unknown_name_in_a_template_is_an_error() {
        assert!(user_message("{{ gaol }}", &Spec::default()).is_err());
    }
}
