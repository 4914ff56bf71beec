//! When calls answer a sample: the rules of the Berkeley Function-Calling Leaderboard's check on syntax trees.
//!
//! They stand at [`super::Actions`]. Some are looser than one would write them anew, and are kept because a verdict is
//! only worth something beside the verdicts that others published.

use super::parse::Call;
use super::schema::{Expected, Function, Gold, Type};
use super::value::{Kind, Value, to_float};

/// Checks calls against the reference answer: each expected call, in order, takes the first call that fits it and that
/// no other has taken.
///
/// # Errors
/// What does not fit, in words that name the call and the parameter.
pub(super) fn check(gold: &Gold, calls: &[Call]) -> Result<(), String> {
    if calls.len() != gold.calls.len() {
        return Err(format!("{} expected, {} made", counted(gold.calls.len()), calls.len()));
    }
    let mut free: Vec<(usize, &Call)> = calls.iter().enumerate().collect();
    for (place, expected) in gold.calls.iter().enumerate() {
        let Some(function) = gold.function(expected) else { return Err("the function is not described".into()) };
        let mut misfits = Vec::new();
        let fitting = free.iter().position(|(index, call)| match fits(function, expected, call) {
            Ok(()) => true,
            Err(reason) => {
                misfits.push(format!("call {}: {reason}", index + 1));
                false
            }
        });
        let Some(fitting) = fitting else {
            let expected = format!("no call is expected call {} (`{}`)", place + 1, function.name);
            return Err(format!("{expected}; {}", misfits.join("; ")));
        };
        free.remove(fitting);
    }
    Ok(())
}

fn counted(calls: usize) -> String {
    format!("{calls} {}", if calls == 1 { "call" } else { "calls" })
}

/// Whether one call is the expected one.
fn fits(function: &Function, expected: &Expected, call: &Call) -> Result<(), String> {
    if call.name != function.name {
        return Err(format!("calls `{}`", call.name));
    }
    let given = |name: &str| call.arguments.iter().any(|(given, _)| given == name);
    if let Some(missing) = function.required.iter().find(|name| !given(name)) {
        return Err(format!("`{missing}` is missing"));
    }
    for (name, value) in &call.arguments {
        let (Some(parameter), Some(accepted)) = (function.parameter(name), expected.accepted(name)) else {
            return Err(format!("`{name}` is not expected"));
        };
        let value = converted(value, parameter.kind);
        let nested = parameter.items.filter(|_| matches!(parameter.kind, Type::Array | Type::Tuple)).map(Type::kind);
        let Some(reading) = typed(&value, accepted, parameter.kind.kind(), nested) else {
            let inner = nested.map_or_else(String::new, |nested| format!(" of {}", nested.name()));
            return Err(format!("`{name}` is {value}, and no {}{inner} as declared", parameter.kind.name()));
        };
        let right = |accepted: &Value| match (reading, parameter.kind.kind()) {
            (Reading::Declared, Kind::Dict) => dict_fits(&value, accepted),
            (Reading::Declared, Kind::List) if nested == Some(Kind::Dict) => dicts_fit(&value, accepted),
            (Reading::Declared, Kind::List) => list_fits(&value, accepted),
            (Reading::Declared, Kind::Text) => is_same_text(&value, accepted),
            _ => value == *accepted,
        };
        if !accepted.iter().any(right) {
            return Err(format!("`{name}` is {value}, expected {}", listed(accepted)));
        }
    }
    let left_out = expected.accepted.iter().find(|(name, accepted)| !given(name) && !optional(accepted));
    left_out.map_or(Ok(()), |(name, accepted)| Err(format!("`{name}` is missing, expected {}", listed(accepted))))
}

/// A tuple for a parameter of that type becomes a list, since JSON knows no tuples, and a whole number is taken for a
/// float.
fn converted(value: &Value, declared: Type) -> Value {
    match (declared, value) {
        (Type::Tuple, Value::Tuple(items)) => Value::List(items.clone()),
        (Type::Float, Value::Int(whole)) => to_float(whole).map_or_else(|| value.clone(), Value::Float),
        _ => value.clone(),
    }
}

/// How a value is to be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    /// By the rules of the declared type.
    Declared,
    /// Exactly: the value, or what is accepted, is of another type than the declared one. The data set has such
    /// parameters where a variable's name stands for a value.
    Other,
}

/// Whether a value's type is the declared one, or else that of the accepted values; `None` where it is neither.
fn typed(value: &Value, accepted: &[Value], declared: Kind, nested: Option<Kind>) -> Option<Reading> {
    let accepted_kind = accepted.iter().find(|accepted| !accepted.is_optional_mark()).map(Value::kind);
    if value.kind() != declared {
        return (accepted_kind == Some(value.kind())).then_some(Reading::Other);
    }
    if let (Some(nested), Value::List(items)) = (nested, value) {
        // The elements must have the type of the declared elements, or of those of one accepted list; beside an
        // accepted value that is no list, such as the mark of an optional parameter, they are not looked at.
        let fits = |accepted: &Value| match accepted {
            Value::List(accepted) => items.iter().all(|item| typed(item, accepted, nested, None).is_some()),
            _ => true,
        };
        if !accepted.iter().any(fits) {
            return None;
        }
    }
    Some(if accepted_kind.is_none_or(|kind| kind == declared) { Reading::Declared } else { Reading::Other })
}

fn optional(accepted: &[Value]) -> bool {
    accepted.iter().any(Value::is_optional_mark)
}

/// A text as it is compared: without blanks, the characters `,./-_*^` and case, and with one sort of quotation marks.
fn plain(text: &str) -> String {
    let kept: String = text.chars().filter(|c| !" ,./-_*^".contains(*c)).collect();
    kept.to_lowercase().replace('\'', "\"")
}

/// A value as it is compared within a list or a dict.
fn plain_value(value: &Value) -> Value {
    match value {
        Value::Text(text) => Value::Text(plain(text)),
        other => other.clone(),
    }
}

fn is_same_text(value: &Value, accepted: &Value) -> bool {
    matches!((value, accepted), (Value::Text(value), Value::Text(accepted)) if plain(value) == plain(accepted))
}

/// An empty list also stands for the mark of an optional parameter.
fn list_fits(value: &Value, accepted: &Value) -> bool {
    match (value, accepted) {
        (Value::List(value), Value::List(accepted)) => {
            value.iter().map(plain_value).eq(accepted.iter().map(plain_value))
        }
        (Value::List(value), mark) => value.is_empty() && mark.is_optional_mark(),
        _ => false,
    }
}

/// Each entry has one of the values that are accepted for its key, and no key is missing that must be there.
fn dict_fits(value: &Value, accepted: &Value) -> bool {
    let (Value::Dict(entries), Value::Dict(accepted)) = (value, accepted) else { return false };
    let right = |(key, value): &(Value, Value)| {
        let Some(Value::List(values)) = Value::of_key(accepted, key) else { return false };
        values.iter().any(|accepted| plain_value(accepted) == plain_value(value))
    };
    let missing = |(key, values): &(Value, Value)| {
        let may_be = matches!(values, Value::List(values) if optional(values));
        Value::of_key(entries, key).is_none() && !may_be
    };
    entries.iter().all(right) && !accepted.iter().any(missing)
}

/// Dicts in the order of the accepted ones.
fn dicts_fit(value: &Value, accepted: &Value) -> bool {
    match (value, accepted) {
        (Value::List(value), Value::List(accepted)) => {
            value.len() == accepted.len()
                && value.iter().zip(accepted).all(|(value, accepted)| dict_fits(value, accepted))
        }
        (Value::List(value), mark) => value.is_empty() && mark.is_optional_mark(),
        _ => false,
    }
}

fn listed(accepted: &[Value]) -> String {
    let values: Vec<String> = accepted
        .iter()
        .map(|value| if value.is_optional_mark() { "nothing".to_owned() } else { value.to_string() })
        .collect();
    values.join(" or ")
}
