//! The model's own chat template, rendered as the `transformers` library renders it.

#[cfg(test)]
pub(super) mod golden;
mod json;
mod python;
mod tags;

use std::fmt::Write as _;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Value;
use minijinja::{Environment, Error, ErrorKind, context};
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
        python::add_to(&mut environment);
        environment.add_function("raise_exception", raise_exception);
        environment.add_function("strftime_now", strftime_now);
        environment.add_filter("tojson", json::tojson);
        environment.add_template_owned(NAME, tags::adapted(source)).map_err(|error| describe(&error))?;
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
}
