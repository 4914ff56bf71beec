//! The one table of slash commands.

use throughline_session::SessionId;

use crate::keys::Action;
use crate::message::{Effect, ExportFormat, ModelRole};

/// A command that can be typed.
#[derive(Clone, Copy, Debug)]
pub struct Command {
    /// Its name, without the slash.
    pub name: &'static str,
    /// What may follow.
    pub arguments: &'static str,
    /// What it does.
    pub help: &'static str,
    parse: fn(&str) -> Result<Order, String>,
}

/// What a command orders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// What a key does as well.
    Do(Action),
    /// Something to be done outside.
    Want(Effect),
    /// Another theme.
    Theme(String),
    /// Copy the block of code of that number, from 1, of the last reply; the last block where there is none.
    CopyCode(Option<usize>),
    /// Attach a file to what is said next.
    Attach(String),
    /// Delete the present session, after being asked.
    DeleteThis,
}

/// The commands, in the order in which help shows them.
pub const COMMANDS: &[Command] = &[
    Command { name: "help", arguments: "", help: "keys and commands", parse: |rest| none(rest, Action::Help) },
    Command {
        name: "spec",
        arguments: "",
        help: "show or hide what was understood",
        parse: |rest| none(rest, Action::TogglePanel),
    },
    Command {
        name: "go",
        arguments: "",
        help: "answer with what there is, without asking further",
        parse: |rest| none(rest, Action::JustGo),
    },
    Command {
        name: "undo",
        arguments: "",
        help: "take the last turn back",
        parse: |rest| none(rest, Action::UndoTurn),
    },
    Command {
        name: "again",
        arguments: "",
        help: "let the assistant reply again",
        parse: |rest| none(rest, Action::Again),
    },
    Command {
        name: "compare",
        arguments: "",
        help: "the same turns without the mediator, side by side",
        parse: |rest| none(rest, Action::Compare),
    },
    Command {
        name: "copy",
        arguments: "[code [N]]",
        help: "copy the last reply, or a block of code of it",
        parse: copy,
    },
    Command { name: "edit", arguments: "", help: "type in $EDITOR", parse: |rest| none(rest, Action::Editor) },
    Command {
        name: "attach",
        arguments: "FILE",
        help: "let a file's text follow what is said next, as quoted content",
        parse: |rest| some(rest, "a file").map(Order::Attach),
    },
    Command {
        name: "new",
        arguments: "",
        help: "begin a new session",
        parse: |rest| nothing(rest).map(|()| Order::Want(Effect::NewSession)),
    },
    Command {
        name: "sessions",
        arguments: "[WORDS]",
        help: "saved sessions, or those in which the words stand",
        parse: |rest| Ok(Order::Want(Effect::ListSessions(rest.to_owned()))),
    },
    Command {
        name: "resume",
        arguments: "ID",
        help: "go on with a saved session",
        parse: |rest| some(rest, "a session").map(|id| Order::Want(Effect::OpenSession(SessionId(id)))),
    },
    Command {
        name: "rename",
        arguments: "TITLE",
        help: "give this session a title",
        parse: |rest| some(rest, "a title").map(|title| Order::Want(Effect::Rename { session: None, title })),
    },
    Command {
        name: "delete",
        arguments: "",
        help: "delete this session",
        parse: |rest| nothing(rest).map(|()| Order::DeleteThis),
    },
    Command {
        name: "fork",
        arguments: "[TURN]",
        help: "go on in a new session from here, or from that turn",
        parse: fork,
    },
    Command {
        name: "export",
        arguments: "markdown|html|transcript|sample [FILE]",
        help: "write the session to a file",
        parse: export,
    },
    Command { name: "model", arguments: "[mediator|assistant] [NAME]", help: "choose the models", parse: model },
    Command { name: "ask", arguments: "never|auto|always-confirm", help: "when the mediator asks", parse: ask },
    Command {
        name: "theme",
        arguments: "NAME",
        help: "other colours",
        parse: |rest| some(rest, "a theme").map(Order::Theme),
    },
    Command {
        name: "quit",
        arguments: "",
        help: "leave",
        parse: |rest| nothing(rest).map(|()| Order::Want(Effect::Quit)),
    },
];

/// What was ordered by a line that begins with a slash and names a command; `None` for what is to be said.
///
/// # Errors
/// One line that says what is wrong with the command, and what to do.
pub fn order(line: &str) -> Option<Result<Order, String>> {
    let typed = line.trim().strip_prefix('/')?;
    let (name, rest) = typed.split_once(char::is_whitespace).unwrap_or((typed, ""));
    // A path or a phrase that happens to begin with a slash is something to say.
    if line.trim().contains('\n')
        || name.is_empty()
        || !name.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-')
    {
        return None;
    }
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        return Some(Err(format!("there is no command /{name}; /help shows them")));
    };
    let order = (command.parse)(rest.trim());
    Some(order.map_err(|wrong| format!("/{} {}: {wrong}", command.name, command.arguments)))
}

/// The table as Markdown, for the documentation.
pub fn markdown() -> String {
    let mut text = String::from("| command | what it does |\n|---|---|\n");
    for command in COMMANDS {
        let typed = format!("/{} {}", command.name, command.arguments.replace('|', "\\|"));
        text.push_str(&format!("| `{}` | {} |\n", typed.trim_end(), command.help));
    }
    text
}

fn nothing(rest: &str) -> Result<(), String> {
    if rest.is_empty() { Ok(()) } else { Err("nothing follows it".to_owned()) }
}

fn none(rest: &str, action: Action) -> Result<Order, String> {
    nothing(rest).map(|()| Order::Do(action))
}

fn some(rest: &str, what: &str) -> Result<String, String> {
    if rest.is_empty() { Err(format!("{what} is missing")) } else { Ok(rest.to_owned()) }
}

fn number(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|number| *number > 0).ok_or_else(|| format!("{text:?} is no number from 1 on"))
}

fn copy(rest: &str) -> Result<Order, String> {
    let mut words = rest.split_whitespace();
    match (words.next(), words.next(), words.next()) {
        (None, ..) => Ok(Order::Do(Action::CopyReply)),
        (Some("code"), place, None) => place.map(number).transpose().map(Order::CopyCode),
        _ => Err("only `code` and a number may follow".to_owned()),
    }
}

fn fork(rest: &str) -> Result<Order, String> {
    if rest.is_empty() {
        Ok(Order::Do(Action::ForkHere))
    } else {
        number(rest).map(|turns| Order::Want(Effect::Fork(turns)))
    }
}

fn export(rest: &str) -> Result<Order, String> {
    let (name, path) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let format = ExportFormat::ALL.into_iter().find(|format| format.name() == name);
    let format = format.ok_or_else(|| format!("there is no format {name:?}"))?;
    let path = Some(path.trim().to_owned()).filter(|path| !path.is_empty());
    Ok(Order::Want(Effect::Export { format, path }))
}

fn model(rest: &str) -> Result<Order, String> {
    let (who, name) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let role = match who {
        "mediator" => ModelRole::Mediator,
        "assistant" => ModelRole::Assistant,
        "" => return Ok(Order::Do(Action::Models)),
        _ => return Err(format!("{who:?} is neither `mediator` nor `assistant`")),
    };
    let name = some(name.trim(), "the model's name")?;
    Ok(Order::Want(Effect::ChooseModel { role, name }))
}

fn ask(rest: &str) -> Result<Order, String> {
    if ["never", "auto", "always-confirm"].contains(&rest) {
        Ok(Order::Want(Effect::AskMode(rest.to_owned())))
    } else {
        Err(format!("{rest:?} is none of them"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_told_from_what_is_to_be_said() {
        assert_eq!(order("what is /help?"), None);
        assert_eq!(order("/etc/passwd holds what?"), None);
        assert_eq!(order("/go on\nwith two lines"), None);
        assert_eq!(order("/ "), None);
        assert_eq!(order("/undo"), Some(Ok(Order::Do(Action::UndoTurn))));
        assert_eq!(order("/copy code 2"), Some(Ok(Order::CopyCode(Some(2)))));
        assert_eq!(order("/fork 3"), Some(Ok(Order::Want(Effect::Fork(3)))));
        let path = Some("a b.html".to_owned());
        assert_eq!(
            order("/export html a b.html"),
            Some(Ok(Order::Want(Effect::Export { format: ExportFormat::Html, path })))
        );
    }

    #[test]
    fn what_is_wrong_is_told_in_one_line() {
        let said: Vec<String> = ["/nothing", "/go on", "/copy all", "/fork 0", "/export pdf", "/model cook", "/ask me"]
            .into_iter()
            .map(|line| order(line).unwrap().unwrap_err())
            .collect();
        insta::assert_snapshot!(said.join("\n"));
    }
}
