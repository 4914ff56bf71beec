//! The functions of a sample and the calls that answer it, read from its fields.

use serde_json::{Map, Value as Json};

use super::value::{Kind, Value};
use crate::Sample;

/// A type of a parameter, by the names of the data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Text,
    Integer,
    Float,
    Boolean,
    Array,
    Tuple,
    Dict,
    Any,
}

impl Type {
    const NAMES: [(&'static str, Self); 8] = [
        ("string", Self::Text),
        ("integer", Self::Integer),
        ("float", Self::Float),
        ("boolean", Self::Boolean),
        ("array", Self::Array),
        ("tuple", Self::Tuple),
        ("dict", Self::Dict),
        ("any", Self::Any),
    ];

    pub(super) fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, known)| *known == self).map_or("", |(name, _)| name)
    }

    /// The kind that a value of this type has. Reference answers are kept as JSON, which has no tuples; and `any`
    /// stands for values that are given as text.
    pub(super) fn kind(self) -> Kind {
        match self {
            Self::Text | Self::Any => Kind::Text,
            Self::Integer => Kind::Int,
            Self::Float => Kind::Float,
            Self::Boolean => Kind::Bool,
            Self::Array | Self::Tuple => Kind::List,
            Self::Dict => Kind::Dict,
        }
    }

    fn read(json: &Json) -> Result<Self, String> {
        let named = json.as_str().and_then(|name| Self::NAMES.iter().find(|(known, _)| *known == name));
        named.map(|(_, known)| *known).ok_or_else(|| {
            let known: Vec<_> = Self::NAMES.iter().map(|(name, _)| *name).collect();
            format!("holds {json}, which is no type known here; known are {}", known.join(", "))
        })
    }
}

/// A parameter of a function.
#[derive(Clone, Debug)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) kind: Type,
    /// The type of the elements of an array or a tuple, where it is stated.
    pub(super) items: Option<Type>,
}

/// A function that can be called.
#[derive(Clone, Debug)]
pub(super) struct Function {
    pub(super) name: String,
    pub(super) parameters: Vec<Parameter>,
    pub(super) required: Vec<String>,
}

impl Function {
    pub(super) fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|parameter| parameter.name == name)
    }

    fn read(json: &Json, at: &str) -> Result<Self, String> {
        let name = json["name"].as_str().filter(|name| !name.trim().is_empty());
        let name = name.ok_or_else(|| format!("field `{at}.name` is missing; name the function"))?;
        let field = format!("{at}.parameters.properties");
        let properties = json["parameters"]["properties"].as_object();
        let properties =
            properties.ok_or_else(|| format!("field `{field}` is missing; list the parameters by name"))?;
        let parameters = properties
            .iter()
            .map(|(name, described)| {
                let failed = |inner: &str, reason| format!("field `{field}.{name}.{inner}` {reason}");
                let kind = Type::read(&described["type"]).map_err(|reason| failed("type", reason))?;
                let listed = matches!(kind, Type::Array | Type::Tuple);
                let items = listed.then(|| described["items"].get("type")).flatten();
                let items = items.map(Type::read).transpose().map_err(|reason| failed("items.type", reason))?;
                Ok(Parameter { name: name.clone(), kind, items })
            })
            .collect::<Result<_, String>>()?;
        let required = match &json["parameters"]["required"] {
            Json::Null => Vec::new(),
            required => serde_json::from_value(required.clone())
                .map_err(|error| format!("field `{at}.parameters.required`: {error}"))?,
        };
        Ok(Self { name: name.to_owned(), parameters, required })
    }
}

/// A call of the reference answer: for each parameter the values that are accepted, `""` among them where it may be
/// left out.
#[derive(Clone, Debug)]
pub(super) struct Expected {
    /// Index of the function in [`Gold::functions`].
    function: usize,
    pub(super) accepted: Vec<(String, Vec<Value>)>,
}

impl Expected {
    pub(super) fn accepted(&self, parameter: &str) -> Option<&[Value]> {
        self.accepted.iter().find(|(name, _)| name == parameter).map(|(_, values)| values.as_slice())
    }

    fn read(json: &Json, at: &str, functions: &[Function]) -> Result<Self, String> {
        let single = json.as_object().filter(|call| call.len() == 1).and_then(|call| call.iter().next());
        let (name, arguments) = single.ok_or_else(|| format!("field `{at}` is no object with one function's name"))?;
        let function = functions.iter().position(|function| function.name == *name);
        let function = function.ok_or_else(|| format!("field `{at}` calls `{name}`, which is not in `function`"))?;
        let arguments = arguments.as_object().ok_or_else(|| format!("field `{at}.{name}` is no object"))?;
        let accepted = arguments
            .iter()
            .map(|(parameter, values)| match values {
                Json::Array(values) => Ok((parameter.clone(), values.iter().map(Value::from).collect())),
                _ => Err(format!("field `{at}.{name}.{parameter}` is no list; list the values that are accepted")),
            })
            .collect::<Result<_, String>>()?;
        Ok(Self { function, accepted })
    }
}

/// What an answer to a sample is judged by.
#[derive(Clone, Debug)]
pub(super) struct Gold {
    pub(super) functions: Vec<Function>,
    pub(super) calls: Vec<Expected>,
}

impl Gold {
    /// Reads a sample's `function` and `reference_answer`.
    pub(super) fn of(sample: &Sample) -> Result<Self, String> {
        let functions = list(&sample.fields, "function", "the functions that can be called")?;
        let functions: Vec<Function> = functions
            .iter()
            .enumerate()
            .map(|(place, json)| Function::read(json, &format!("function[{place}]")))
            .collect::<Result<_, _>>()?;
        let calls = list(&sample.fields, "reference_answer", "the calls that answer it")?;
        let calls = calls
            .iter()
            .enumerate()
            .map(|(place, json)| Expected::read(json, &format!("reference_answer[{place}]"), &functions))
            .collect::<Result<_, _>>()?;
        Ok(Self { functions, calls })
    }

    /// The function that an expected call is of.
    pub(super) fn function(&self, expected: &Expected) -> Option<&Function> {
        self.functions.get(expected.function)
    }
}

/// The elements of a list that must not be empty.
fn list<'a>(fields: &'a Map<String, Json>, field: &str, what: &str) -> Result<&'a [Json], String> {
    match fields.get(field) {
        Some(Json::Array(items)) if !items.is_empty() => Ok(items),
        Some(Json::Array(_)) => Err(format!("field `{field}` is empty; list {what}")),
        Some(_) => Err(format!("field `{field}` is no list; list {what}")),
        None => Err(format!("field `{field}` is missing; list {what}")),
    }
}
