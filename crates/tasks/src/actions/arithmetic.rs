//! Arguments that are written as a calculation: `60 * 60`, `-5`, `1 / 3`.

use num::bigint::BigInt;
use num::{Integer, Signed, ToPrimitive, Zero};

use super::value::{Value, to_float};

/// Bits of a result, at most: an answer is not to be trusted with `9 ** 9 ** 9`.
const MOST_BITS: u64 = 1 << 14;

/// What Python makes of an operator before a value; `None` where it makes nothing.
pub(super) fn unary(operator: &str, operand: &Value) -> Option<Value> {
    if operator == "not" {
        return Some(Value::Bool(!truth(operand)?));
    }
    match (operator, Operand::of(operand)?) {
        ("-", Operand::Whole(whole)) => Some(Value::Int(-whole)),
        ("-", Operand::Float(float)) => Some(Value::Float(-float)),
        ("+", Operand::Whole(whole)) => Some(Value::Int(whole)),
        ("+", Operand::Float(float)) => Some(Value::Float(float)),
        ("~", Operand::Whole(whole)) => Some(Value::Int(-whole - 1)),
        _ => None,
    }
}

/// What Python makes of an operator between two values, as far as it is arithmetic, or texts and lists are joined.
pub(super) fn binary(operator: &str, left: &Value, right: &Value) -> Option<Value> {
    match (operator, left, right) {
        ("+", Value::Text(left), Value::Text(right)) => return Some(Value::Text(format!("{left}{right}"))),
        ("+", Value::List(left), Value::List(right)) => {
            return Some(Value::List(left.iter().chain(right).cloned().collect()));
        }
        _ => {}
    }
    match (Operand::of(left)?, Operand::of(right)?) {
        (Operand::Whole(left), Operand::Whole(right)) => whole(operator, &left, &right),
        (left, right) => float(operator, left.float()?, right.float()?),
    }
}

enum Operand {
    Whole(BigInt),
    Float(f64),
}

impl Operand {
    fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Bool(value) => Some(Self::Whole(BigInt::from(u8::from(*value)))),
            Value::Int(value) => Some(Self::Whole(value.clone())),
            Value::Float(value) => Some(Self::Float(*value)),
            _ => None,
        }
    }

    fn float(&self) -> Option<f64> {
        match self {
            Self::Whole(whole) => to_float(whole),
            Self::Float(float) => Some(*float),
        }
    }
}

fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::None => Some(false),
        Value::Bool(value) => Some(*value),
        Value::Int(value) => Some(!value.is_zero()),
        Value::Float(value) => Some(*value != 0.0),
        _ => None,
    }
}

fn whole(operator: &str, left: &BigInt, right: &BigInt) -> Option<Value> {
    let result = match operator {
        "+" => left + right,
        "-" => left - right,
        "*" => (left.bits() + right.bits() <= MOST_BITS).then(|| left * right)?,
        "/" => return float(operator, to_float(left)?, to_float(right)?),
        "//" => (!right.is_zero()).then(|| left.div_floor(right))?,
        "%" => (!right.is_zero()).then(|| left.mod_floor(right))?,
        "**" if right.is_negative() => return float(operator, to_float(left)?, to_float(right)?),
        "**" => {
            let exponent = right.to_u32().filter(|exponent| left.bits() * u64::from(*exponent) <= MOST_BITS)?;
            left.pow(exponent)
        }
        _ => return None,
    };
    Some(Value::Int(result))
}

fn float(operator: &str, left: f64, right: f64) -> Option<Value> {
    let result = match operator {
        "+" => left + right,
        "-" => left - right,
        "*" => left * right,
        "/" if right != 0.0 => left / right,
        // A negative number to the power of a fraction is a complex one.
        "**" if left > 0.0 || (left < 0.0 && right.fract() == 0.0) => left.powf(right),
        _ => return None,
    };
    Some(Value::Float(result))
}
