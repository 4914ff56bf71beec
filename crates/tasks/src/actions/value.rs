//! Values as Python has them: what an argument of a call is, and what a reference answer accepts.

use std::fmt;

use num::bigint::BigInt;
use num::{FromPrimitive, ToPrimitive};
use serde_json::Value as Json;

/// A Python value that a call can hold.
#[derive(Clone, Debug)]
pub(super) enum Value {
    None,
    Bool(bool),
    Int(BigInt),
    Float(f64),
    /// An imaginary number or bytes, as written: a value that no schema can ask for.
    Other(String),
    Text(String),
    List(Vec<Value>),
    Tuple(Vec<Value>),
    /// In the order of the keys' first mention.
    Dict(Vec<(Value, Value)>),
}

/// What Python's `type` tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    None,
    Bool,
    Int,
    Float,
    Other,
    Text,
    List,
    Tuple,
    Dict,
}

impl Kind {
    /// As the schemas of functions call it, where they do.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Bool => "boolean",
            Self::Int => "integer",
            Self::Float => "float",
            Self::Other => "of another type",
            Self::Text => "string",
            Self::List => "array",
            Self::Tuple => "tuple",
            Self::Dict => "dict",
        }
    }
}

impl Value {
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::None => Kind::None,
            Self::Bool(_) => Kind::Bool,
            Self::Int(_) => Kind::Int,
            Self::Float(_) => Kind::Float,
            Self::Other(_) => Kind::Other,
            Self::Text(_) => Kind::Text,
            Self::List(_) => Kind::List,
            Self::Tuple(_) => Kind::Tuple,
            Self::Dict(_) => Kind::Dict,
        }
    }

    /// The mark in a list of acceptable values that says that the parameter may be left out.
    pub(super) fn is_optional_mark(&self) -> bool {
        matches!(self, Self::Text(text) if text.is_empty())
    }

    /// A number's value where it counts as one: in Python, `True` is 1.
    fn number(&self) -> Option<Numeric<'_>> {
        Some(match self {
            Self::Bool(value) => Numeric::Small(u8::from(*value)),
            Self::Int(value) => Numeric::Int(value),
            Self::Float(value) => Numeric::Float(*value),
            _ => return None,
        })
    }

    /// What a key gives in a dict.
    pub(super) fn of_key<'a>(entries: &'a [(Self, Self)], key: &Self) -> Option<&'a Self> {
        entries.iter().find(|(held, _)| held == key).map(|(_, value)| value)
    }
}

enum Numeric<'a> {
    Small(u8),
    Int(&'a BigInt),
    Float(f64),
}

impl Numeric<'_> {
    /// As an exact whole number, where it is one.
    fn whole(&self) -> Option<BigInt> {
        match self {
            Self::Small(value) => Some(BigInt::from(*value)),
            Self::Int(value) => Some((*value).clone()),
            Self::Float(value) => (value.fract() == 0.0).then(|| BigInt::from_f64(*value)).flatten(),
        }
    }
}

/// Python's `==`: numbers are compared across their types, exactly; a list never equals a tuple.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::None, Self::None) => true,
            (Self::Text(one), Self::Text(other)) | (Self::Other(one), Self::Other(other)) => one == other,
            (Self::List(one), Self::List(other)) | (Self::Tuple(one), Self::Tuple(other)) => one == other,
            (Self::Dict(one), Self::Dict(other)) => {
                one.len() == other.len() && one.iter().all(|(key, value)| Self::of_key(other, key) == Some(value))
            }
            _ => match (self.number(), other.number()) {
                (Some(Numeric::Int(one)), Some(Numeric::Int(other))) => one == other,
                (Some(Numeric::Float(one)), Some(Numeric::Float(other))) => one == other,
                (Some(one), Some(other)) => one.whole().is_some_and(|whole| Some(whole) == other.whole()),
                _ => false,
            },
        }
    }
}

impl From<&Json> for Value {
    fn from(json: &Json) -> Self {
        match json {
            Json::Null => Self::None,
            Json::Bool(value) => Self::Bool(*value),
            Json::Number(number) => number
                .as_i64()
                .map(BigInt::from)
                .or_else(|| number.as_u64().map(BigInt::from))
                .map_or_else(|| Self::Float(number.as_f64().unwrap_or(f64::NAN)), Self::Int),
            Json::String(text) => Self::Text(text.clone()),
            Json::Array(items) => Self::List(items.iter().map(Self::from).collect()),
            Json::Object(entries) => {
                let entry = |(key, value): (&String, &Json)| (Self::Text(key.clone()), Self::from(value));
                Self::Dict(entries.iter().map(entry).collect())
            }
        }
    }
}

/// As it would be written in a call.
impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let listed = |formatter: &mut fmt::Formatter<'_>, items: &[Self], open, close| {
            formatter.write_str(open)?;
            for (place, item) in items.iter().enumerate() {
                write!(formatter, "{}{item}", if place > 0 { ", " } else { "" })?;
            }
            formatter.write_str(close)
        };
        match self {
            Self::None => formatter.write_str("None"),
            Self::Bool(value) => formatter.write_str(if *value { "True" } else { "False" }),
            Self::Int(value) => value.fmt(formatter),
            Self::Float(value) => write!(formatter, "{value:?}"),
            Self::Other(text) => formatter.write_str(text),
            Self::Text(text) => write!(formatter, "{text:?}"),
            Self::List(items) => listed(formatter, items, "[", "]"),
            Self::Tuple(items) => listed(formatter, items, "(", if items.len() == 1 { ",)" } else { ")" }),
            Self::Dict(entries) => {
                formatter.write_str("{")?;
                for (place, (key, value)) in entries.iter().enumerate() {
                    write!(formatter, "{}{key}: {value}", if place > 0 { ", " } else { "" })?;
                }
                formatter.write_str("}")
            }
        }
    }
}

/// The float nearest to a whole number, as Python's `float` gives it; `None` where there is none.
pub(super) fn to_float(whole: &BigInt) -> Option<f64> {
    whole.to_f64().filter(|float| float.is_finite())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn value(json: &Json) -> Value {
        Value::from(json)
    }

    #[test]
    fn numbers_are_equal_across_their_types() {
        assert_eq!(value(&json!(1)), value(&json!(1.0)));
        assert_eq!(value(&json!(true)), value(&json!(1)));
        assert_eq!(value(&json!(false)), value(&json!(0.0)));
        assert_ne!(value(&json!(1)), value(&json!(1.5)));
        assert_ne!(value(&json!(1)), value(&json!("1")));
        assert_ne!(value(&json!(null)), value(&json!(false)));
        // A float near a whole number that no float can hold is not that number.
        assert_ne!(value(&json!(9_007_199_254_740_993_i64)), value(&json!(9_007_199_254_740_992.0)));
        assert_ne!(Value::Float(f64::NAN), Value::Float(f64::NAN));
    }

    #[test]
    fn lists_are_no_tuples_and_dicts_have_no_order() {
        assert_eq!(value(&json!([1, [2.0]])), value(&json!([1.0, [2]])));
        assert_ne!(Value::List(Vec::new()), Value::Tuple(Vec::new()));
        assert_eq!(value(&json!({"a": 1, "b": 2})), value(&json!({"b": 2, "a": 1})));
        assert_ne!(value(&json!({"a": 1})), value(&json!({"a": 1, "b": 2})));
    }

    #[test]
    fn values_are_shown_as_python_writes_them() {
        let shown = value(&json!([null, true, 1, 2.0, "a", {"k": []}])).to_string();
        assert_eq!(shown, r#"[None, True, 1, 2.0, "a", {"k": []}]"#);
        assert_eq!(Value::Tuple(vec![Value::None]).to_string(), "(None,)");
    }
}
