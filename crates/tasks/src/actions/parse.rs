//! From the text of an answer to the calls that it writes, by Python's grammar.

use std::fmt;

use tree_sitter::{Node, Parser};

use super::value::Value;
use super::{arithmetic, literal};

/// A call with its named arguments, in the order in which they are written.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Call {
    /// With its dots: `math.factorial`.
    pub(super) name: String,
    pub(super) arguments: Vec<(String, Value)>,
}

/// Why a text is no list of calls, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Unparsed {
    line: usize,
    column: usize,
    reason: String,
}

impl fmt::Display for Unparsed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}, column {}: {}", self.line, self.column, self.reason)
    }
}

/// An answer beyond which nobody wrote calls. The parser tries hard to make sense of what makes none.
const MOST_BYTES: usize = 1 << 16;

/// How deep values may nest: an answer is not to be trusted with the stack.
const DEEPEST: usize = 100;

/// Characters of what does not parse that are shown.
const MOST_SHOWN: usize = 20;

/// The calls that a text writes: a list, tuple or set of calls, calls parted by commas, or one call.
pub(super) fn calls(text: &str) -> Result<Vec<Call>, Unparsed> {
    let reader = Reader { text };
    if text.len() > MOST_BYTES {
        return Err(reader.refused(0, format!("longer than {MOST_BYTES} bytes")));
    }
    let mut parser = Parser::new();
    let tree = parser.set_language(&tree_sitter_python::LANGUAGE.into()).ok().and_then(|()| parser.parse(text, None));
    let Some(tree) = tree else { return Err(reader.refused(0, "the parser gave up".into())) };
    let module = tree.root_node();
    if module.has_error() {
        return Err(reader.broken(module));
    }
    let statements = children(module);
    let [statement] = statements.as_slice() else {
        let second = statements.get(1).map_or(0, Node::start_byte);
        let reason = if statements.is_empty() { "nothing" } else { "more than one expression" };
        return Err(reader.refused(second, format!("{reason}; write one list of calls")));
    };
    // A semicolon behind a statement belongs to no node.
    if text.get(statement.end_byte()..).is_some_and(|rest| rest.trim_start().starts_with(';')) {
        return reader.refuse(*statement, "a statement; write one list of calls");
    }
    let expressions = match statement.kind() {
        "expression_statement" => children(*statement),
        _ => return reader.refuse(*statement, "a statement; write one list of calls"),
    };
    let elements = match expressions.as_slice() {
        [group] if matches!(group.kind(), "list" | "tuple" | "set") => children(*group),
        _ => expressions,
    };
    elements.into_iter().map(|element| reader.call(unwrapped(element), 0)).collect()
}

/// The named children of a node, without comments.
fn children(node: Node<'_>) -> Vec<Node<'_>> {
    node.named_children(&mut node.walk()).filter(|child| !child.is_extra()).collect()
}

/// What stands in redundant parentheses.
fn unwrapped(mut node: Node<'_>) -> Node<'_> {
    while node.kind() == "parenthesized_expression"
        && let [inner] = children(node).as_slice()
    {
        node = *inner;
    }
    node
}

struct Reader<'a> {
    text: &'a str,
}

impl<'a> Reader<'a> {
    fn refused(&self, at: usize, reason: String) -> Unparsed {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        let column = before.get(line_start..).map_or(0, |line| line.chars().count()) + 1;
        Unparsed { line: before.matches('\n').count() + 1, column, reason }
    }

    fn refuse<T>(&self, node: Node<'_>, reason: impl Into<String>) -> Result<T, Unparsed> {
        Err(self.refused(node.start_byte(), reason.into()))
    }

    /// Names the first place at which a tree is broken.
    fn broken(&self, root: Node<'_>) -> Unparsed {
        let mut node = root;
        while !node.is_error() && !node.is_missing() {
            let inner = node.children(&mut node.walk()).find(|child| child.has_error() || child.is_missing());
            let Some(inner) = inner else { break };
            node = inner;
        }
        if node.is_missing() {
            return self.refused(node.start_byte(), format!("`{}` is missing", node.kind()));
        }
        let shown: String =
            self.source(node).chars().take(MOST_SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect();
        self.refused(node.start_byte(), format!("not Python where it says `{shown}`"))
    }

    /// What a node stands for, as it is written.
    fn source(&self, node: Node<'_>) -> &'a str {
        self.text.get(node.byte_range()).unwrap_or_default()
    }

    fn field<'tree>(&self, node: Node<'tree>, name: &str) -> Result<Node<'tree>, Unparsed> {
        let field = node.child_by_field_name(name).map(unwrapped);
        field.ok_or_else(|| self.refused(node.start_byte(), format!("without its {name}")))
    }

    fn call(&self, node: Node<'_>, depth: usize) -> Result<Call, Unparsed> {
        if node.kind() != "call" {
            return self.refuse(node, "not a call; write `function_name(parameter=value)`");
        }
        let function = self.field(node, "function")?;
        let Some(name) = self.dotted_name(function) else { return self.refuse(function, "not the name of a function") };
        let mut arguments: Vec<(String, Value)> = Vec::new();
        for argument in children(self.field(node, "arguments")?) {
            if argument.kind() != "keyword_argument" {
                return self.refuse(argument, "an argument without a name; write `parameter=value`");
            }
            let name = self.source(self.field(argument, "name")?).to_owned();
            if arguments.iter().any(|(given, _)| *given == name) {
                return self.refuse(argument, format!("`{name}` is given twice"));
            }
            let value = self.value(self.field(argument, "value")?, depth + 1)?;
            arguments.push((name, value));
        }
        Ok(Call { name, arguments })
    }

    /// `a.b.c`, without the blanks that may stand around its dots.
    fn dotted_name(&self, function: Node<'_>) -> Option<String> {
        let mut parts = Vec::new();
        let mut node = function;
        while node.kind() == "attribute" {
            parts.push(self.source(node.child_by_field_name("attribute")?));
            node = node.child_by_field_name("object")?;
        }
        parts.extend((node.kind() == "identifier").then(|| self.source(node)));
        parts.reverse();
        (node.kind() == "identifier").then(|| parts.join("."))
    }

    fn values(&self, nodes: Vec<Node<'_>>, depth: usize) -> Result<Vec<Value>, Unparsed> {
        nodes.into_iter().map(|node| self.value(unwrapped(node), depth + 1)).collect()
    }

    /// The value of an argument. A bare name, a subscript and a call without named arguments stand for their own text,
    /// as a variable's name would.
    fn value(&self, node: Node<'_>, depth: usize) -> Result<Value, Unparsed> {
        if depth > DEEPEST {
            return self.refuse(node, format!("nests deeper than {DEEPEST} levels"));
        }
        let read = |read: Result<Value, String>| read.map_err(|reason| self.refused(node.start_byte(), reason));
        Ok(match node.kind() {
            "none" => Value::None,
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            "ellipsis" | "identifier" | "subscript" => Value::Text(self.source(node).to_owned()),
            "integer" | "float" => read(literal::number(self.source(node)))?,
            "string" => read(literal::text(self.source(node)))?,
            "concatenated_string" => {
                let mut whole = String::new();
                for part in children(node) {
                    match self.value(part, depth)? {
                        Value::Text(text) => whole += &text,
                        _ => return self.refuse(part, "bytes beside a text"),
                    }
                }
                Value::Text(whole)
            }
            "list" => Value::List(self.values(children(node), depth)?),
            "tuple" => Value::Tuple(self.values(children(node), depth)?),
            "dictionary" => self.dict(node, depth)?,
            "unary_operator" | "not_operator" => {
                let operand = self.computed(self.field(node, "argument")?, depth)?;
                let operator = node.child(0).map_or("", |operator| operator.kind());
                self.result(node, arithmetic::unary(operator, &operand))?
            }
            "binary_operator" => {
                let operator = self.field(node, "operator")?.kind();
                let [left, right] = ["left", "right"].map(|side| self.computed(self.field(node, side)?, depth));
                self.result(node, arithmetic::binary(operator, &left?, &right?))?
            }
            "call" if children(self.field(node, "arguments")?).iter().all(|node| node.kind() != "keyword_argument") => {
                Value::Text(self.source(node).to_owned())
            }
            "call" => {
                let Call { name, arguments } = self.call(node, depth)?;
                let arguments = arguments.into_iter().map(|(name, value)| (Value::Text(name), value)).collect();
                Value::Dict(vec![(Value::Text(name), Value::Dict(arguments))])
            }
            _ => return self.refuse(node, "not a value; write a literal"),
        })
    }

    /// A value to compute with, which is never one that stands for its own text.
    fn computed(&self, node: Node<'_>, depth: usize) -> Result<Value, Unparsed> {
        if matches!(node.kind(), "identifier" | "subscript" | "call" | "ellipsis") {
            return self.refuse(node, "not known, so that nothing can be computed with it");
        }
        self.value(node, depth + 1)
    }

    fn result(&self, node: Node<'_>, result: Option<Value>) -> Result<Value, Unparsed> {
        result.ok_or_else(|| self.refused(node.start_byte(), "cannot be computed".into()))
    }

    /// As in Python, the last of several values for a key counts.
    fn dict(&self, node: Node<'_>, depth: usize) -> Result<Value, Unparsed> {
        let mut entries: Vec<(Value, Value)> = Vec::new();
        for pair in children(node) {
            if pair.kind() != "pair" {
                return self.refuse(pair, "a dict cannot be unpacked here");
            }
            let key = self.value(self.field(pair, "key")?, depth + 1)?;
            if matches!(key, Value::List(_) | Value::Dict(_)) {
                return self.refuse(pair, "a list or a dict cannot be a key");
            }
            let value = self.value(self.field(pair, "value")?, depth + 1)?;
            match entries.iter_mut().find(|(held, _)| *held == key) {
                Some((_, held)) => *held = value,
                None => entries.push((key, value)),
            }
        }
        Ok(Value::Dict(entries))
    }
}
