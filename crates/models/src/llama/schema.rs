//! From a JSON schema to a grammar.
//!
//! llama.cpp converts it, but takes any text for a `pattern` that it cannot convert, and says so on the error stream
//! alone. So patterns are read here first.

use serde_json::Value;

use super::binding;

/// Deepest nesting of a schema, and of the groups of a pattern: llama.cpp converts both recursively.
const DEPTH_MAX: usize = 64;

/// The grammar of what fits a schema.
///
/// # Errors
/// Why there is none, to be read after "the JSON schema".
pub(super) fn to_gbnf(schema: &Value) -> Result<String, String> {
    check(schema, 0)?;
    binding::schema_to_gbnf(&schema.to_string())
        .ok_or_else(|| "cannot be turned into a grammar: a `$ref` leads nowhere, or a keyword has no equivalent".into())
}

fn check(schema: &Value, depth: usize) -> Result<(), String> {
    if depth > DEPTH_MAX {
        return Err(format!("is nested more than {DEPTH_MAX} deep"));
    }
    match schema {
        Value::Object(members) => {
            if let Some(pattern) = members.get("pattern").and_then(Value::as_str) {
                check_pattern(pattern).map_err(|reason| format!("has the pattern {pattern:?}; {reason}"))?;
            }
            // llama.cpp writes a grammar for these as well, of replies that do not fit the schema.
            for (least, most) in [("minItems", "maxItems"), ("minLength", "maxLength"), ("minimum", "maximum")] {
                let [lower, upper] = [least, most].map(|name| members.get(name).and_then(Value::as_f64));
                if let (Some(lower), Some(upper)) = (lower, upper)
                    && lower > upper
                {
                    return Err(format!("asks for {least} {lower} and {most} {upper}, which nothing has"));
                }
            }
            members.values().try_for_each(|value| check(value, depth + 1))
        }
        Value::Array(items) => items.iter().try_for_each(|value| check(value, depth + 1)),
        _ => Ok(()),
    }
}

/// Whether llama.cpp can convert a pattern.
fn check_pattern(pattern: &str) -> Result<(), String> {
    let inner = pattern.strip_prefix('^').and_then(|pattern| pattern.strip_suffix('$'));
    let mut rest = inner.ok_or("patterns must begin with `^` and end with `$`")?;
    let (mut depth, mut repeatable) = (0_usize, false);
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '(' => {
                depth += 1;
                if depth > DEPTH_MAX {
                    return Err(format!("its groups are nested more than {DEPTH_MAX} deep"));
                }
                if rest.starts_with("(?:") { 3 } else { 1 }
            }
            ')' if depth == 0 => return Err("it has a `)` too many".into()),
            ')' => {
                depth -= 1;
                1
            }
            '[' => class(rest)?,
            '{' => repetition(rest)?,
            '\\' => escape(rest, "^$.[]()|{}*+?").ok_or("it has an escape that cannot be turned into a grammar")?,
            '^' | '$' => return Err("an anchor stands inside of it".into()),
            ']' | '}' => return Err(format!("it has a `{first}` too many")),
            other => other.len_utf8(),
        };
        if matches!(first, '*' | '+' | '?' | '{') && !repeatable {
            return Err("it repeats nothing".into());
        }
        repeatable = !matches!(first, '(' | '|');
        rest = &rest[length..];
    }
    if depth == 0 { Ok(()) } else { Err("it has a `(` too many".into()) }
}

/// Length of the escape that `text` begins with; `plain` are characters that may be escaped beside those of grammars.
fn escape(text: &str, plain: &str) -> Option<usize> {
    let kind = text[1..].chars().next()?;
    let digits = match kind {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        't' | 'r' | 'n' | '\\' | '"' | '[' | ']' | '-' => 0,
        other if plain.contains(other) => 0,
        _ => return None,
    };
    let found = text[2..].bytes().take(digits).filter(u8::is_ascii_hexdigit).count();
    (found == digits).then_some(2 + digits)
}

fn class(text: &str) -> Result<usize, String> {
    let mut place = 1;
    loop {
        match text[place..].chars().next() {
            Some(']') => return Ok(place + 1),
            Some('\\') => {
                place += escape(&text[place..], "")
                    .ok_or("a character class in it has an escape that cannot be turned into a grammar")?;
            }
            Some(other) => place += other.len_utf8(),
            None => return Err("a character class in it is never closed".into()),
        }
    }
}

fn repetition(text: &str) -> Result<usize, String> {
    let end = text.find('}').ok_or("it has a `{` too many")?;
    let bounds: Vec<&str> = text[1..end].split(',').collect();
    let number = |text: &&str| text.parse::<u16>().is_ok();
    let sound = match bounds.as_slice() {
        [exactly] => number(exactly),
        [least, most] => (least.is_empty() || number(least)) && (most.is_empty() || number(most)) && bounds != ["", ""],
        _ => false,
    };
    if sound { Ok(end + 1) } else { Err(format!("`{}` is no repetition", &text[..=end])) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::gbnf;
    use super::*;

    #[test]
    fn schemas_become_grammars_that_pass_the_check() {
        let schema = json!({
            "type": "object",
            "properties": {
                "kind": {"enum": ["add", "revise", "withdraw"]},
                "text": {"type": "string", "minLength": 1, "maxLength": 200},
                "share": {"type": "number", "minimum": 0, "maximum": 1},
                "code": {"type": "string", "pattern": "^(?:[A-Z\\]]{2}|x?)-[0-9]+\\.é$"},
                "items": {"type": "array", "items": {"$ref": "#/$defs/item"}, "minItems": 1, "maxItems": 20},
                "any": {"anyOf": [{"type": "null"}, {"type": "integer"}]}
            },
            "required": ["kind", "items"],
            "additionalProperties": false,
            "$defs": {"item": {"type": "object", "properties": {"id": {"type": "integer"}}}}
        });
        let gbnf = to_gbnf(&schema).unwrap();
        assert_eq!(gbnf::check(&gbnf, |_| false), Ok(()), "{gbnf}");
    }

    #[test]
    fn schemas_that_cannot_hold_are_refused() {
        assert!(to_gbnf(&json!({"$ref": "#/nowhere"})).is_err());
        let deep = (0..200).fold(json!({}), |inner, _| json!({"items": inner}));
        assert!(to_gbnf(&deep).unwrap_err().contains("nested"));
        for swapped in [
            json!({"type": "string", "minLength": 5, "maxLength": 2}),
            json!({"type": "array", "items": {"type": "null"}, "minItems": 3, "maxItems": 1}),
            json!({"type": "integer", "minimum": 7, "maximum": -7}),
        ] {
            assert!(to_gbnf(&swapped).unwrap_err().contains("which nothing has"), "{swapped}");
        }
    }

    #[test]
    fn patterns_without_an_equivalent_are_refused() {
        for (pattern, words) in [
            ("[0-9]+", "begin with"),
            ("^a(?=b)$", "repeats nothing"),
            ("^\\d+$", "escape"),
            ("^[\\w]$", "escape"),
            ("^a$b$", "anchor"),
            ("^*a$", "repeats nothing"),
            ("^(|+)$", "repeats nothing"),
            ("^a{1,2,3}$", "no repetition"),
            ("^a{x}$", "no repetition"),
            ("^a{2$", "`{`"),
            ("^(a$", "`(`"),
            ("^a)$", "`)`"),
            ("^a]$", "`]`"),
            ("^[a$", "never closed"),
            ("^\\$", "escape"),
        ] {
            let error = to_gbnf(&json!({"type": "string", "pattern": pattern})).unwrap_err();
            assert!(error.contains(words), "{pattern}: {error}");
        }
    }

    proptest! {
        #[test]
        fn no_pattern_makes_it_panic(pattern in "\\^[a-z\"\\[\\](){},|*+?.\\\\0-9éxu^$:-]{0,30}\\$") {
            let _ = check_pattern(&pattern);
        }
    }
}
