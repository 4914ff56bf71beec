//! Where Jinja's strings and tests behave as Python's and minijinja's do not.

use minijinja::value::{Kwargs, Value, ValueKind, from_args};
use minijinja::{Environment, Error, ErrorKind, State};
use minijinja_contrib::pycompat;

/// Makes an environment behave as Jinja in Python does.
pub(super) fn add_to(environment: &mut Environment<'_>) {
    minijinja_contrib::add_to_environment(environment);
    environment.set_unknown_method_callback(method);
    environment.add_filter("trim", |text: String, characters: Option<String>| {
        strip(&text, characters.as_deref(), Side::Both).to_owned()
    });
    environment.add_filter("default", default);
    environment.add_filter("d", default);
    environment.add_filter("length", length);
    environment.add_filter("count", length);
    environment.add_filter("e", escape);
    environment.add_filter("escape", escape);
    environment.add_test("sequence", |value: &Value| {
        matches!(value.kind(), ValueKind::Seq | ValueKind::Map | ValueKind::String | ValueKind::Undefined)
    });
    environment.add_test("iterable", |value: &Value| !value.is_none() && value.try_iter().is_ok());
}

/// What Python's `str` takes for white space.
fn is_space(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\u{1C}'..='\u{1F}')
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
    Both,
}

fn strip<'text>(text: &'text str, characters: Option<&str>, side: Side) -> &'text str {
    let unwanted = |character: char| characters.map_or_else(|| is_space(character), |set| set.contains(character));
    let text = if side == Side::Right { text } else { text.trim_start_matches(unwanted) };
    if side == Side::Left { text } else { text.trim_end_matches(unwanted) }
}

#[expect(clippy::needless_pass_by_value, reason = "filters take their arguments by value")]
fn default(value: &Value, other: Option<Value>, boolean: Option<bool>, options: Kwargs) -> Result<Value, Error> {
    let other = other.or(options.get("default_value")?).unwrap_or_else(|| Value::from(""));
    let boolean = boolean.or(options.get("boolean")?).unwrap_or(false);
    options.assert_all_used()?;
    Ok(if value.is_undefined() || (boolean && !value.is_true()) { other } else { value.clone() })
}

fn length(value: &Value) -> Result<usize, Error> {
    if value.is_undefined() { Ok(0) } else { minijinja::filters::length(value) }
}

#[expect(clippy::needless_pass_by_value, reason = "filters take their arguments by value")]
fn escape(text: String) -> Value {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\'' => escaped.push_str("&#39;"),
            '"' => escaped.push_str("&#34;"),
            other => escaped.push(other),
        }
    }
    Value::from_safe_string(escaped)
}

/// Methods of strings; those that minijinja has right, and those of other types, are left to it.
fn method(state: &mut State<'_, '_>, value: &Value, name: &str, args: &[Value]) -> Result<Value, Error> {
    let Some(text) = value.as_str() else { return pycompat::unknown_method_callback(state, value, name, args) };
    let stripped = |side| from_args(args).map(|(set,): (Option<&str>,)| Value::from(strip(text, set, side)));
    match name {
        "strip" => stripped(Side::Both),
        "lstrip" => stripped(Side::Left),
        "rstrip" => stripped(Side::Right),
        "isspace" => from_args(args).map(|()| Value::from(!text.is_empty() && text.chars().all(is_space))),
        "split" => {
            let (separator, most): (Option<&str>, Option<i64>) = from_args(args)?;
            split(text, separator, limit(most)).map(|parts| parts.into_iter().collect())
        }
        "rsplit" => {
            let (separator, most): (Option<&str>, Option<i64>) = from_args(args)?;
            rsplit(text, separator, limit(most)).map(|parts| parts.into_iter().collect())
        }
        "splitlines" => {
            let (keep,): (Option<bool>,) = from_args(args)?;
            Ok(lines(text, keep.unwrap_or(false)).into_iter().collect())
        }
        "partition" => {
            let (separator,): (&str,) = from_args(args)?;
            let found = text.split_once(not_empty(separator)?);
            Ok(found.map_or((text, "", ""), |(before, after)| (before, separator, after)).into())
        }
        "rpartition" => {
            let (separator,): (&str,) = from_args(args)?;
            let found = text.rsplit_once(not_empty(separator)?);
            Ok(found.map_or(("", "", text), |(before, after)| (before, separator, after)).into())
        }
        "removeprefix" => {
            let (prefix,): (&str,) = from_args(args)?;
            Ok(text.strip_prefix(prefix).unwrap_or(text).into())
        }
        "removesuffix" => {
            let (suffix,): (&str,) = from_args(args)?;
            Ok(text.strip_suffix(suffix).unwrap_or(text).into())
        }
        _ => pycompat::unknown_method_callback(state, value, name, args),
    }
}

/// The most splits; all where none or a negative number is given.
fn limit(most: Option<i64>) -> usize {
    most.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX)
}

fn not_empty(separator: &str) -> Result<&str, Error> {
    if separator.is_empty() {
        return Err(Error::new(ErrorKind::InvalidOperation, "the separator is empty"));
    }
    Ok(separator)
}

fn split<'text>(text: &'text str, separator: Option<&str>, most: usize) -> Result<Vec<&'text str>, Error> {
    if let Some(separator) = separator {
        return Ok(text.splitn(most.saturating_add(1), not_empty(separator)?).collect());
    }
    let mut parts = Vec::new();
    let mut rest = strip(text, None, Side::Left);
    while !rest.is_empty() {
        let end = if parts.len() == most { None } else { rest.find(is_space) };
        parts.push(&rest[..end.unwrap_or(rest.len())]);
        rest = end.map_or("", |end| strip(&rest[end..], None, Side::Left));
    }
    Ok(parts)
}

fn rsplit<'text>(text: &'text str, separator: Option<&str>, most: usize) -> Result<Vec<&'text str>, Error> {
    let mut parts = Vec::new();
    if let Some(separator) = separator {
        parts.extend(text.rsplitn(most.saturating_add(1), not_empty(separator)?));
    } else {
        let mut rest = strip(text, None, Side::Right);
        while !rest.is_empty() {
            let space = if parts.len() == most { None } else { rest.char_indices().rfind(|(_, c)| is_space(*c)) };
            parts.push(&rest[space.map_or(0, |(start, space)| start + space.len_utf8())..]);
            rest = space.map_or("", |(start, _)| strip(&rest[..start], None, Side::Right));
        }
    }
    parts.reverse();
    Ok(parts)
}

fn lines(text: &str, keep_ends: bool) -> Vec<&str> {
    const ENDS: [char; 10] =
        ['\n', '\r', '\u{0B}', '\u{0C}', '\u{1C}', '\u{1D}', '\u{1E}', '\u{85}', '\u{2028}', '\u{2029}'];
    let mut lines = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(ENDS).unwrap_or(rest.len());
        let after = rest[end..].chars().next().map_or(end, |character| {
            if rest[end..].starts_with("\r\n") { end + 2 } else { end + character.len_utf8() }
        });
        lines.push(&rest[..if keep_ends { after } else { end }]);
        rest = &rest[after..];
    }
    lines
}
