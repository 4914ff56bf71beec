//! A worked solution as a chain of calculations: `<<2*12=24>>`, one behind the other, the last of which is the gold answer.

use std::sync::LazyLock;

use num::bigint::BigInt;
use num::rational::BigRational;
use num::{One, Signed, Zero};
use regex::Regex;

use crate::math::number::ten_to;
use crate::pattern::pattern;

static CALCULATION: LazyLock<Regex> = LazyLock::new(|| pattern(r"<<([^<>]*)>>"));
static TOKEN: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^\s*(?:(?<number>[0-9]+(?:\.[0-9]+)?|\.[0-9]+)|(?<symbol>[-+*/()]))\s*"));

/// Decimals that a result may have: more than any that a person would write.
const MOST_DECIMALS: usize = 6;
/// Decimals that a result which was no whole number may have once it is recomputed: cents.
const CENTS: usize = 2;
/// How deep parentheses may stand in each other.
const MOST_PARENTHESES: usize = 16;

/// The calculations of a worked solution, in order.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Chain {
    steps: Vec<Step>,
}

/// One calculation.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Step {
    tokens: Vec<Token>,
    expression: Expression,
    /// The numbers that it is made of, as written, in order.
    pub(super) operands: Vec<BigRational>,
    /// What it comes to.
    pub(super) result: BigRational,
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Number(String),
    Symbol(char),
}

/// A calculation; an operand is named by its place in [`Step::operands`].
#[derive(Clone, Debug, PartialEq)]
enum Expression {
    Operand(usize),
    Binary(char, Box<Expression>, Box<Expression>),
}

/// Where an operand comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// It stays as it is.
    Fixed,
    /// It is the quantity that changes.
    Quantity,
    /// It is the result of the step in this place.
    Result(usize),
}

impl Chain {
    /// The chain of a worked solution; `None` unless every calculation holds exactly and the last one gives the gold
    /// answer behind `####`.
    pub(super) fn parse(solution: &str) -> Option<Self> {
        let (work, gold) = solution.rsplit_once("####")?;
        let steps: Option<Vec<Step>> =
            CALCULATION.captures_iter(work).map(|found| Step::parse(found.get(1)?.as_str())).collect();
        let steps = steps?;
        let gold = number(&gold.trim().replace(',', ""))?;
        (steps.last()?.result == gold).then_some(Self { steps })
    }

    pub(super) fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The gold answer.
    pub(super) fn gold(&self) -> Option<&BigRational> {
        self.steps.last().map(|step| &step.result)
    }

    /// The chain with the quantity changed to `value`, where `sources` says of each operand of each step where it comes
    /// from; `None` where a result would no longer be of its kind: whole, positive, below 1, or an amount with cents.
    pub(super) fn recomputed(&self, sources: &[Vec<Source>], value: &BigRational) -> Option<Self> {
        let mut steps: Vec<Step> = Vec::with_capacity(self.steps.len());
        for (step, sources) in self.steps.iter().zip(sources) {
            let operands = step.operands.iter().zip(sources).map(|(operand, source)| match source {
                Source::Fixed => Some(operand.clone()),
                Source::Quantity => Some(value.clone()),
                Source::Result(place) => steps.get(*place).map(|step| step.result.clone()),
            });
            steps.push(step.with(operands.collect::<Option<_>>()?)?);
        }
        Some(Self { steps })
    }

    /// The chain as a worked solution: a line for each calculation, then the gold answer.
    pub(super) fn solution(&self) -> Option<String> {
        let mut solution = String::new();
        for step in &self.steps {
            let (expression, result) = (step.written(), decimal(&step.result)?);
            solution += &format!("<<{expression}={result}>>{result}\n");
        }
        Some(format!("{solution}#### {}", decimal(self.gold()?)?))
    }
}

impl Step {
    fn parse(calculation: &str) -> Option<Self> {
        let (left, right) = calculation.split_once('=')?;
        let tokens = tokens(left)?;
        let mut reading = Reading { tokens: &tokens, at: 0, operands: Vec::new(), depth: 0 };
        let expression = reading.sum()?;
        let Reading { at, operands, .. } = reading;
        let result = number(right.trim())?;
        let holds = at == tokens.len() && expression.value(&operands)? == result;
        holds.then_some(Self { tokens, expression, operands, result })
    }

    /// The same calculation of other operands; `None` where one of its values would no longer be of its kind.
    fn with(&self, operands: Vec<BigRational>) -> Option<Self> {
        let (mut before, mut after) = (Vec::new(), Vec::new());
        self.expression.evaluate(&self.operands, &mut before)?;
        let result = self.expression.evaluate(&operands, &mut after)?;
        if !before.iter().zip(&after).all(|(before, after)| is_of_the_kind_of(after, before)) {
            return None;
        }
        let mut tokens = self.tokens.clone();
        let numbers = tokens.iter_mut().filter_map(|token| match token {
            Token::Number(text) => Some(text),
            Token::Symbol(_) => None,
        });
        for ((text, before), after) in numbers.zip(&self.operands).zip(&operands) {
            if before != after {
                *text = decimal(after)?;
            }
        }
        Some(Self { tokens, expression: self.expression.clone(), operands, result })
    }

    fn written(&self) -> String {
        let written = self.tokens.iter().map(|token| match token {
            Token::Number(text) => text.clone(),
            Token::Symbol(symbol) => symbol.to_string(),
        });
        written.collect()
    }
}

impl Expression {
    fn value(&self, operands: &[BigRational]) -> Option<BigRational> {
        self.evaluate(operands, &mut Vec::new())
    }

    /// The value, with that of every part added to `values` in an order that depends on the expression alone.
    fn evaluate(&self, operands: &[BigRational], values: &mut Vec<BigRational>) -> Option<BigRational> {
        let value = match self {
            Self::Operand(place) => operands.get(*place)?.clone(),
            Self::Binary(operator, left, right) => {
                let (left, right) = (left.evaluate(operands, values)?, right.evaluate(operands, values)?);
                match operator {
                    '+' => left + right,
                    '-' => left - right,
                    '*' => left * right,
                    _ => (!right.is_zero()).then(|| left / right)?,
                }
            }
        };
        values.push(value.clone());
        Some(value)
    }
}

/// Whether a value that took the place of another one still makes the same sense.
fn is_of_the_kind_of(after: &BigRational, before: &BigRational) -> bool {
    after == before
        || (before.is_positive()
            && after.is_positive()
            && (before < &BigRational::one()) == (after < &BigRational::one())
            && (after.is_integer() || (!before.is_integer() && (after * ten_to(CENTS)).is_integer())))
}

fn tokens(mut text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    while !text.is_empty() {
        let found = TOKEN.captures(text)?;
        let token = match (found.name("number"), found.name("symbol")) {
            (Some(number), _) => Token::Number(number.as_str().to_owned()),
            (None, symbol) => Token::Symbol(symbol?.as_str().chars().next()?),
        };
        tokens.push(token);
        text = text.get(found.get(0)?.end()..)?;
    }
    Some(tokens)
}

/// A calculation that is read, operators of the same rank from the left.
struct Reading<'a> {
    tokens: &'a [Token],
    at: usize,
    operands: Vec<BigRational>,
    depth: usize,
}

impl Reading<'_> {
    fn sum(&mut self) -> Option<Expression> {
        let mut sum = self.product()?;
        while let Some(operator) = self.symbol("+-") {
            sum = Expression::Binary(operator, Box::new(sum), Box::new(self.product()?));
        }
        Some(sum)
    }

    fn product(&mut self) -> Option<Expression> {
        let mut product = self.factor()?;
        while let Some(operator) = self.symbol("*/") {
            product = Expression::Binary(operator, Box::new(product), Box::new(self.factor()?));
        }
        Some(product)
    }

    fn factor(&mut self) -> Option<Expression> {
        if let Some(Token::Number(text)) = self.tokens.get(self.at) {
            self.at += 1;
            self.operands.push(number(text)?);
            return Some(Expression::Operand(self.operands.len() - 1));
        }
        self.symbol("(")?;
        self.depth += 1;
        if self.depth > MOST_PARENTHESES {
            return None;
        }
        let inner = self.sum()?;
        self.depth -= 1;
        self.symbol(")").map(|_| inner)
    }

    /// Takes the next token if it is one of these symbols.
    fn symbol(&mut self, of: &str) -> Option<char> {
        let next = self.tokens.get(self.at)?;
        let symbol = of.chars().find(|symbol| *next == Token::Symbol(*symbol))?;
        self.at += 1;
        Some(symbol)
    }
}

/// A number in plain digits, with a decimal point or without.
fn number(text: &str) -> Option<BigRational> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let short = text.len() <= 40 && !(whole.is_empty() && decimals.is_empty());
    let value = (short && digits(whole) && digits(decimals)).then(|| format!("0{whole}{decimals}").parse::<BigInt>());
    Some(BigRational::new(value?.ok()?, ten_to(decimals.len())))
}

/// A number in plain digits; `None` where it has too many decimals.
pub(super) fn decimal(value: &BigRational) -> Option<String> {
    let places = (0..=MOST_DECIMALS).find(|places| (value * ten_to(*places)).is_integer())?;
    let digits = format!("{:0>width$}", (value.abs() * ten_to(places)).to_integer(), width = places + 1);
    let (whole, decimals) = digits.split_at_checked(digits.len() - places)?;
    let (sign, point) = (if value.is_negative() { "-" } else { "" }, if places > 0 { "." } else { "" });
    Some(format!("{sign}{whole}{point}{decimals}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(value: i64) -> BigRational {
        BigRational::from_integer(value.into())
    }

    #[test]
    fn a_chain_is_read_and_written() {
        let chain = Chain::parse("x = <<2*12=24>>24\ny <<(24 - 4) / .5=40>>40\n#### 40").unwrap();
        assert_eq!(chain.steps()[1].operands, [whole(24), whole(4), BigRational::new(1.into(), 2.into())]);
        assert_eq!(chain.solution().unwrap(), "<<2*12=24>>24\n<<(24-4)/.5=40>>40\n#### 40");
        assert_eq!(Chain::parse(&chain.solution().unwrap()), Some(chain));
        assert_eq!(Chain::parse("<<1000+200=1200>>\n#### 1,200").unwrap().gold(), Some(&whole(1200)));
    }

    #[test]
    fn operators_of_one_rank_go_from_the_left() {
        for (calculation, result) in [("10-4-3", 3), ("100/10/5", 2), ("2+3*4", 14), ("(2+3)*4", 20), ("8-(4-1)", 5)] {
            let solution = format!("<<{calculation}={result}>>\n#### {result}");
            assert!(Chain::parse(&solution).is_some(), "{calculation}");
        }
    }

    #[test]
    fn what_is_no_chain_is_refused() {
        for solution in [
            "",
            "#### 5",
            "<<2+3=5>>5",
            "<<2+3=6>>6\n#### 6",
            "<<2+3=5>>5\n#### 6",
            "<<2+3>>5\n#### 5",
            "<<2+=5>>5\n#### 5",
            "<<(2+3=5>>5\n#### 5",
            "<<2+3)=5>>5\n#### 5",
            "<<5/0=5>>5\n#### 5",
            "<<10/3=3.33>>3.33\n#### 3.33",
            "<<2 3=5>>5\n#### 5",
            "<<2**3=8>>8\n#### 8",
            "<<2+.=2>>2\n#### 2",
        ] {
            assert_eq!(Chain::parse(solution), None, "{solution}");
        }
        let deep = format!("<<{}1{}=1>>1\n#### 1", "(".repeat(100_000), ")".repeat(100_000));
        assert_eq!(Chain::parse(&deep), None);
    }

    #[test]
    fn a_changed_quantity_runs_through_the_chain() {
        let chain = Chain::parse("<<6*9=54>>54 <<54-4=50>>50 <<50/2=25>>25\n#### 25").unwrap();
        let sources = [
            vec![Source::Quantity, Source::Fixed],
            vec![Source::Result(0), Source::Fixed],
            vec![Source::Result(1), Source::Fixed],
        ];
        let changed = chain.recomputed(&sources, &whole(8)).unwrap();
        assert_eq!(changed.solution().unwrap(), "<<8*9=72>>72\n<<72-4=68>>68\n<<68/2=34>>34\n#### 34");
        assert_eq!(chain.recomputed(&sources, &whole(7)), None, "half of 59 is not whole");
        assert_eq!(chain.recomputed(&sources, &whole(0)), None);
    }

    #[test]
    fn results_stay_of_their_kind() {
        let ratio = |a: i64, b: i64| BigRational::new(a.into(), b.into());
        assert!(is_of_the_kind_of(&whole(3), &whole(2)));
        assert!(is_of_the_kind_of(&ratio(5, 4), &ratio(3, 2)));
        assert!(is_of_the_kind_of(&whole(2), &ratio(3, 2)));
        for (after, before) in [
            (ratio(5, 2), whole(2)),
            (ratio(4, 3), ratio(3, 2)),
            (ratio(5, 4), ratio(3, 4)),
            (whole(0), whole(2)),
            (whole(-1), whole(2)),
        ] {
            assert!(!is_of_the_kind_of(&after, &before), "{after} for {before}");
        }
    }

    #[test]
    fn decimals_are_written_plainly() {
        for text in ["0", "5", "1200", "0.5", "12.05", "0.000001"] {
            assert_eq!(decimal(&number(text).unwrap()).unwrap(), text);
        }
        assert_eq!(decimal(&BigRational::new((-5).into(), 2.into())).unwrap(), "-2.5");
        assert_eq!(decimal(&BigRational::new(1.into(), 3.into())), None);
    }
}
