//! The model's own chat template, rendered as the `transformers` library renders it.

use std::fmt::Write as _;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Value};
use minijinja::{Environment, Error, ErrorKind, context};
use serde::Serialize;
use throughline_conversation::Message;

use crate::ModelError;

const NAME: &str = "chat_template";

/// A compiled chat template.
#[derive(Debug)]
pub(super) struct ChatTemplate {
    environment: Environment<'static>,
    bos: String,
    eos: String,
}

impl ChatTemplate {
    /// Compiles `source`; `bos` and `eos` are the texts of the tokens that begin and end a text.
    ///
    /// # Errors
    /// What is wrong with the template.
    pub(super) fn new(source: &str, bos: String, eos: String) -> Result<Self, String> {
        let mut environment = Environment::new();
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
        environment.set_syntax(syntax.map_err(|error| describe(&error))?);
        environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.add_function("raise_exception", raise_exception);
        environment.add_function("strftime_now", strftime_now);
        environment.add_filter("tojson", tojson);
        environment.add_template_owned(NAME, without_generation_tags(source)).map_err(|error| describe(&error))?;
        Ok(Self { environment, bos, eos })
    }

    /// The prompt: the messages, and the beginning of the assistant's reply.
    ///
    /// # Errors
    /// [`ModelError::Template`] when the template refuses the messages.
    pub(super) fn render(&self, messages: &[Message]) -> Result<String, ModelError> {
        let message = |message: &Message| {
            Value::from_pairs([("role", message.role.as_str()), ("content", message.content.as_str())])
        };
        let context = context! {
            messages => messages.iter().map(message).collect::<Vec<Value>>(),
            add_generation_prompt => true,
            bos_token => self.bos.as_str(),
            eos_token => self.eos.as_str(),
            tools => Value::from(()),
            documents => Value::from(()),
        };
        let template = self.environment.get_template(NAME);
        let prompt = template.and_then(|template| template.render(context));
        prompt.map_err(|error| ModelError::Template { reason: describe(&error) })
    }

    /// The text of the token that begins a text.
    pub(super) fn bos(&self) -> &str {
        &self.bos
    }
}

/// The error with its causes, without the template's source.
fn describe(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}

fn raise_exception(message: String) -> Result<Value, Error> {
    Err(Error::new(ErrorKind::InvalidOperation, message))
}

fn strftime_now(format: &str) -> Result<String, Error> {
    jiff::fmt::strtime::format(format, &jiff::Zoned::now())
        .map_err(|error| Error::new(ErrorKind::InvalidOperation, format!("strftime_now: {error}")))
}

/// JSON as Python writes it: a space after `:` and `,`, nothing escaped for HTML, `indent` as asked.
#[expect(clippy::needless_pass_by_value, reason = "filters take their options by value")]
fn tojson(value: &Value, options: Kwargs) -> Result<String, Error> {
    let indent = options.get::<Option<usize>>("indent")?;
    let json = serde_json::to_value(value).map_err(|error| {
        Error::new(ErrorKind::BadSerialization, "tojson cannot write this value").with_source(error)
    })?;
    // Python's other options change nothing here or are not used by chat templates.
    let _ = options.assert_all_used();
    let mut bytes = Vec::new();
    let written = match indent {
        Some(width) => {
            let spaces = " ".repeat(width);
            let formatter = serde_json::ser::PrettyFormatter::with_indent(spaces.as_bytes());
            json.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, formatter))
        }
        None => json.serialize(&mut serde_json::Serializer::with_formatter(&mut bytes, PythonFormatter)),
    };
    written.map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))
}

struct PythonFormatter;

impl serde_json::ser::Formatter for PythonFormatter {
    fn begin_array_value<W: ?Sized + std::io::Write>(&mut self, writer: &mut W, first: bool) -> std::io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_key<W: ?Sized + std::io::Write>(&mut self, writer: &mut W, first: bool) -> std::io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_value<W: ?Sized + std::io::Write>(&mut self, writer: &mut W) -> std::io::Result<()> {
        writer.write_all(b": ")
    }
}

/// `{% generation %}` marks what a reply is, for training only; Jinja itself does not know the tag.
fn without_generation_tags(source: &str) -> String {
    let mut text = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(start) = rest.find("{%") {
        let Some(end) = rest[start..].find("%}").map(|length| start + length + 2) else { break };
        let inner = &rest[start + 2..end - 2];
        let (open, close) = (inner.starts_with('-'), inner.len() > 1 && inner.ends_with('-'));
        let replacement = match inner.trim_matches(['-', '+']).trim() {
            "generation" => Some("if true"),
            "endgeneration" => Some("endif"),
            _ => None,
        };
        text.push_str(&rest[..start]);
        match replacement {
            Some(tag) => {
                let _ = write!(text, "{{%{} {tag} {}%}}", if open { "-" } else { "" }, if close { "-" } else { "" });
            }
            None => text.push_str(&rest[start..end]),
        }
        rest = &rest[end..];
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(source: &str, messages: &[Message]) -> Result<String, ModelError> {
        ChatTemplate::new(source, "<s>".into(), "</s>".into()).unwrap().render(messages)
    }

    fn conversation() -> Vec<Message> {
        vec![Message::system("Be brief."), Message::user("Hi "), Message::assistant("Yes?"), Message::user("2+2")]
    }

    /// A system turn of its own when the conversation brings none, all on one line.
    const DEFAULT_SYSTEM: &str = "{% for m in messages %}{% if loop.first and m['role'] != 'system' %}\
        {{ '[system]Help.[end]\n' }}{% endif %}{{ '[' + m['role'] + ']' + m['content'] + '[end]' + '\n' }}{% endfor %}\
        {% if add_generation_prompt %}{{ '[assistant]' }}{% endif %}";

    #[test]
    fn a_default_system_message_is_kept() {
        assert_eq!(
            render(DEFAULT_SYSTEM, &[Message::user("Hi")]).unwrap(),
            "[system]Help.[end]\n[user]Hi[end]\n[assistant]"
        );
        assert_eq!(
            render(DEFAULT_SYSTEM, &conversation()).unwrap(),
            "[system]Be brief.[end]\n[user]Hi [end]\n[assistant]Yes?[end]\n[user]2+2[end]\n[assistant]"
        );
    }

    /// Tools, namespaces, tests on several roles, blocks on lines of their own.
    const TOOLS: &str = "{%- if tools %}
    {{- '[system]' }}
    {%- for tool in tools %}
        {{- tool | tojson }}
    {%- endfor %}
{%- else %}
    {%- if messages[0].role == 'system' %}
        {{- '[system]' + messages[0].content + '[end]\\n' }}
    {%- else %}
        {{- '[system]Default.[end]\\n' }}
    {%- endif %}
{%- endif %}
{%- set ns = namespace(last=-1) %}
{%- for message in messages %}
    {%- if (message.role == 'user') or (message.role == 'system' and not loop.first) %}
        {%- set ns.last = loop.index0 %}
        {{- '[' + message.role + ']' + message.content + '[end]' + '\\n' }}
    {%- elif message.role == 'assistant' and not message.tool_calls %}
        {{- '[assistant]' + message.content + '[end]\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
    {{- '[assistant' + ns.last|string + ']' }}
{%- endif %}
";

    #[test]
    fn white_space_control_and_namespaces_work() {
        assert_eq!(
            render(TOOLS, &conversation()).unwrap(),
            "[system]Be brief.[end]\n[user]Hi [end]\n[assistant]Yes?[end]\n[user]2+2[end]\n[assistant3]"
        );
    }

    /// Trimming, string methods, a date, the beginning of text.
    const HEADERS: &str = "{{- bos_token }}
{%- if not date_string is defined %}
    {%- if strftime_now is defined %}
        {%- set date_string = strftime_now('%Y') %}
    {%- else %}
        {%- set date_string = 'never' %}
    {%- endif %}
{%- endif %}
{%- if messages[0]['role'] == 'system' %}
    {%- set system_message = messages[0]['content']|trim %}
    {%- set messages = messages[1:] %}
{%- else %}
    {%- set system_message = '' %}
{%- endif %}
{{- '#system ' + date_string[:2] + ' ' + system_message + '\\n' }}
{% for message in messages %}
    {% if message['content'].strip().startswith('2') %}
{{ '#' + message.role.upper() }}
    {% endif %}
{{- '#' + message['role'] + ' ' + message['content'] | trim + '\\n' }}
{%- endfor %}
{{- '#assistant ' }}";

    #[test]
    fn methods_of_strings_slices_and_the_date_work() {
        assert_eq!(
            render(HEADERS, &conversation()).unwrap(),
            "<s>#system 20 Be brief.\n\n#user Hi\n#assistant Yes?\n#USER\n#user 2+2\n#assistant "
        );
    }

    #[test]
    fn block_lines_leave_no_blank_lines() {
        let source =
            "{% for m in messages %}\n  {% if m.role == 'user' %}\n{{ m.content }}\n  {% endif %}\n{% endfor %}\nend\n";
        assert_eq!(render(source, &conversation()).unwrap(), "Hi \n2+2\nend");
    }

    #[test]
    fn what_the_template_refuses_is_said() {
        let source = "{% if messages[0].role == 'system' %}{{ raise_exception('No system role, please.') }}{% endif %}";
        let error = render(source, &conversation()).unwrap_err();
        assert!(matches!(&error, ModelError::Template { reason } if reason.contains("No system role")), "{error}");
        assert!(render("{{ messages[0].content.nothing.more }}", &conversation()).is_err());
    }

    #[test]
    fn a_template_with_a_mistake_is_refused() {
        let error = ChatTemplate::new("{% if %}", String::new(), String::new()).unwrap_err();
        assert!(error.contains("chat_template:1"), "{error}");
    }

    #[test]
    fn json_is_written_as_python_writes_it() {
        let source = "{{ {'a': [1, 2.5, none, true], 'b': '<é>'} | tojson }}|{{ [1] | tojson(indent=2) }}";
        assert_eq!(render(source, &conversation()).unwrap(), "{\"a\": [1, 2.5, null, true], \"b\": \"<é>\"}|[\n  1\n]");
    }

    #[test]
    fn training_marks_are_ignored() {
        let source = "{% for m in messages %}{%- generation -%} {{ m.content }}{% endgeneration %}{% endfor %}";
        assert_eq!(render(source, &[Message::user("Hi")]).unwrap(), "Hi");
        assert_eq!(without_generation_tags("{{ a }} {% open"), "{{ a }} {% open");
    }
}
