//! What Jinja in Python reads otherwise in a template's source.

/// The source in the form that minijinja reads like Jinja: newlines of every kind are one kind, and `{% generation %}`,
/// which marks a reply for training and which Jinja knows by an extension, is only a scope.
pub(super) fn adapted(source: &str) -> String {
    let source = source.replace("\r\n", "\n").replace('\r', "\n");
    let mut text = String::with_capacity(source.len());
    let mut rest = source.as_str();
    let mut raw = false;
    while let Some(start) = rest.find('{') {
        text.push_str(&rest[..start]);
        rest = &rest[start..];
        let length = match rest.as_bytes().get(1) {
            Some(b'#') if !raw => rest.find("#}").map(|end| end + 2),
            Some(b'{') if !raw => end_of_code(rest, "}}"),
            Some(b'%') => end_of_code(rest, "%}"),
            _ => Some(1),
        };
        // An end that is missing is told by the compiler.
        let Some(length) = length else { break };
        let (part, after) = rest.split_at(length);
        match part.strip_prefix("{%").and_then(|part| part.strip_suffix("%}")).map(Tag::new) {
            Some(tag) if raw => {
                if tag.name == "endraw" {
                    raw = false;
                    text.push_str(part);
                } else {
                    // What looks like a tag may hold the start of the one that ends the raw text.
                    text.push('{');
                    rest = &rest[1..];
                    continue;
                }
            }
            Some(tag) => {
                raw = tag.name == "raw";
                match tag.name {
                    "generation" => text.push_str(&tag.renamed("with")),
                    "endgeneration" => text.push_str(&tag.renamed("endwith")),
                    _ => text.push_str(part),
                }
            }
            None => text.push_str(part),
        }
        rest = after;
    }
    text + rest
}

/// Where code that begins like `text` ends: behind the first `end` that is not in a string.
fn end_of_code(text: &str, end: &str) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
    for (place, byte) in text.bytes().enumerate().skip(2) {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if byte == b'\\' => escaped = true,
            Some(open) if byte == open => quote = None,
            None if text.as_bytes()[place..].starts_with(end.as_bytes()) => return Some(place + end.len()),
            None if byte == b'\'' || byte == b'"' => quote = Some(byte),
            _ => {}
        }
    }
    None
}

/// A tag without its brackets.
struct Tag<'a> {
    open: &'a str,
    name: &'a str,
    close: &'a str,
}

impl<'a> Tag<'a> {
    fn new(inner: &'a str) -> Self {
        let is_mark = |mark: &&str| *mark == "-" || *mark == "+";
        let open = inner.get(..1).filter(is_mark).unwrap_or_default();
        let inner = &inner[open.len()..];
        let close = inner.len().checked_sub(1).and_then(|last| inner.get(last..)).filter(is_mark).unwrap_or_default();
        Self { open, name: inner[..inner.len() - close.len()].trim(), close }
    }

    fn renamed(&self, name: &str) -> String {
        format!("{{%{} {name} {}%}}", self.open, self.close)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_tags_are_adapted() {
        assert_eq!(adapted("{%- generation +%}x{%endgeneration-%}"), "{%- with +%}x{% endwith -%}");
        for same in [
            "{{ '{% generation %}' }}",
            "{{ \"\\\"}}{% generation %}\" }}",
            "{# {% generation %} #}",
            "{% raw %}{% generation %}{%- endraw -%}",
            "{% raw %}{% x = '{% endraw %}{{ a }}",
            "{% if '%}{% generation %}' %}",
            "{% set generation = 1 %}",
            "{{ a }} {% open",
            "{",
            "{%",
            "{{ 'open }}",
        ] {
            assert_eq!(adapted(same), same);
        }
        assert_eq!(adapted("{% raw %}{{ ' {% endraw %}{% generation %}"), "{% raw %}{{ ' {% endraw %}{% with %}");
    }

    proptest! {
        #[test]
        fn no_source_makes_it_panic(source in "([{}%#'\"\\\\\r\né+-]|raw|endraw|generation| ){0,24}") {
            prop_assert!(!adapted(&source).contains('\r'));
        }
    }
}
