//! The filter `tojson`, with the options and the look of Python's `json.dumps`.

use std::io::{self, Write};

use minijinja::value::{Kwargs, Rest, Value, ValueKind, ValueOrKwargs, from_args};
use minijinja::{Error, ErrorKind};
use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

/// `value | tojson(ensure_ascii=false, indent=none, separators=none, sort_keys=false)`.
pub(super) fn tojson(value: &Value, arguments: Rest<ValueOrKwargs>) -> Result<String, Error> {
    const NAMES: [&str; 4] = ["ensure_ascii", "indent", "separators", "sort_keys"];
    let arguments = arguments.into_values();
    let (in_order, named): (&[Value], Kwargs) = from_args(&arguments)?;
    if in_order.len() > NAMES.len() {
        return Err(Error::from(ErrorKind::TooManyArguments));
    }
    let option = |place: usize| match in_order.get(place) {
        Some(value) => Ok(Some(value.clone())),
        None => named.get::<Option<Value>>(NAMES[place]),
    };
    let given = |place| Ok::<_, Error>(option(place)?.filter(|value| !value.is_none()));
    let (ensure_ascii, indent, separators, sort_keys) = (given(0)?, given(1)?, given(2)?, given(3)?);
    named.assert_all_used()?;
    let is_true = |value: Option<Value>| value.is_some_and(|value| value.is_true());
    let (ensure_ascii, sort_keys) = (is_true(ensure_ascii), is_true(sort_keys));

    if value.is_undefined() {
        return Err(fail("tojson cannot write what is undefined"));
    }
    let mut json =
        serde_json::to_value(value).map_err(|error| fail("tojson cannot write this value").with_source(error))?;
    if sort_keys {
        json.sort_all_objects();
    }
    let indent = indent.as_ref().map(indentation).transpose()?;
    let (item, key) = match separators.as_ref().map(separator_pair).transpose()? {
        Some(pair) => pair,
        None if indent.is_some() => (",".into(), ": ".into()),
        None => (", ".into(), ": ".into()),
    };
    let mut bytes = Vec::new();
    let formatter = PythonFormatter { item, key, indent, ensure_ascii, depth: 0, filled: false };
    json.serialize(&mut Serializer::with_formatter(&mut bytes, formatter)).map_err(|error| fail(error.to_string()))?;
    String::from_utf8(bytes).map_err(|error| fail(error.to_string()))
}

fn fail(reason: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(ErrorKind::BadSerialization, reason)
}

/// What each level begins its lines with: so many spaces, or a text.
fn indentation(indent: &Value) -> Result<String, Error> {
    const SPACES_MAX: i64 = 1000;
    if let Some(text) = indent.as_str() {
        return Ok(text.to_owned());
    }
    let spaces = indent.as_i64().filter(|spaces| *spaces <= SPACES_MAX && indent.kind() == ValueKind::Number);
    let spaces = spaces.ok_or_else(|| fail("the indent of tojson is neither a text nor a small number"))?;
    Ok(" ".repeat(usize::try_from(spaces).unwrap_or(0)))
}

fn separator_pair(separators: &Value) -> Result<(String, String), Error> {
    let texts: Option<Vec<String>> = separators.try_iter()?.map(|text| text.as_str().map(str::to_owned)).collect();
    match texts.map(<[String; 2]>::try_from) {
        Some(Ok([item, key])) => Ok((item, key)),
        _ => Err(fail("the separators of tojson are not two texts")),
    }
}

struct PythonFormatter {
    /// Between two items, and between a key and its value.
    item: String,
    key: String,
    /// What each level begins its lines with; `None` writes all on one line.
    indent: Option<String>,
    ensure_ascii: bool,
    depth: usize,
    /// Whether what was closed last held anything.
    filled: bool,
}

impl PythonFormatter {
    fn new_line<W: ?Sized + Write>(&self, writer: &mut W) -> io::Result<()> {
        let Some(indent) = &self.indent else { return Ok(()) };
        writer.write_all(b"\n")?;
        (0..self.depth).try_for_each(|_| writer.write_all(indent.as_bytes()))
    }

    fn open<W: ?Sized + Write>(&mut self, writer: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth += 1;
        self.filled = false;
        writer.write_all(bracket)
    }

    fn close<W: ?Sized + Write>(&mut self, writer: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth -= 1;
        if self.filled {
            self.new_line(writer)?;
        }
        writer.write_all(bracket)
    }

    fn next<W: ?Sized + Write>(&self, writer: &mut W, first: bool) -> io::Result<()> {
        if !first {
            writer.write_all(self.item.as_bytes())?;
        }
        self.new_line(writer)
    }
}

impl Formatter for PythonFormatter {
    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.open(writer, b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.close(writer, b"]")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.next(writer, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.filled = true;
        Ok(())
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.open(writer, b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.close(writer, b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.next(writer, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(self.key.as_bytes())
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.filled = true;
        Ok(())
    }

    fn write_f64<W: ?Sized + Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        writer.write_all(python_float(value).as_bytes())
    }

    fn write_string_fragment<W: ?Sized + Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        if !self.ensure_ascii {
            return writer.write_all(fragment.as_bytes());
        }
        for character in fragment.chars() {
            if matches!(character, ' '..='~') {
                write!(writer, "{character}")?;
            } else {
                let mut units = [0; 2];
                character.encode_utf16(&mut units).iter().try_for_each(|unit| write!(writer, "\\u{unit:04x}"))?;
            }
        }
        Ok(())
    }
}

/// A finite number as Python's `repr` writes it: the shortest digits that give it back, with an exponent below 1e-4
/// and from 1e16 on.
fn python_float(value: f64) -> String {
    let scientific = format!("{value:e}");
    let exponent = scientific.split_once('e').and_then(|(digits, power)| Some((digits, power.parse::<i32>().ok()?)));
    match exponent {
        Some((digits, power)) if !(-4..16).contains(&power) => {
            format!("{digits}e{}{:02}", if power < 0 { '-' } else { '+' }, power.unsigned_abs())
        }
        _ if value.fract() == 0.0 => format!("{value}.0"),
        _ => value.to_string(),
    }
}
