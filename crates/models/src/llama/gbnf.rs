//! A check of GBNF grammars before llama.cpp sees them.
//!
//! llama.cpp prints what is wrong with a grammar straight to the error stream, never returns on a repetition whose
//! bounds are swapped, and parses nested groups recursively. So a grammar is read here first, and what is wrong with
//! it is told with its line. What this lets through and llama.cpp does not is still an error, only less precise.

use std::collections::BTreeMap;

/// Longest grammar in bytes.
const LENGTH_MAX: usize = 256 * 1024;
/// Deepest nesting of groups.
const DEPTH_MAX: usize = 100;
/// Most rules; llama.cpp follows references recursively.
const RULES_MAX: usize = 4000;
/// The most repetitions that llama.cpp takes.
const REPEAT_MAX: u64 = 2000;

/// Checks a grammar's syntax, that every rule is defined, that there is a rule `root`, and that repetitions do not
/// multiply beyond what llama.cpp takes. `is_token` tells whether a text such as `<|end|>` is one token.
///
/// # Errors
/// What is wrong, with its line.
pub(super) fn check(grammar: &str, is_token: impl Fn(&str) -> bool) -> Result<(), String> {
    if grammar.len() > LENGTH_MAX {
        return Err(format!("the grammar has {} bytes; at most {LENGTH_MAX} are taken", grammar.len()));
    }
    if grammar.contains('\0') {
        return Err("the grammar holds a NUL character".into());
    }
    let mut reader = Reader {
        text: grammar.as_bytes(),
        position: 0,
        defined: BTreeMap::new(),
        used: BTreeMap::new(),
        symbols: 0,
        is_token: &is_token,
    };
    reader.rules().map_err(|reason| format!("line {} of the grammar: {reason}", reader.line(reader.position)))?;
    if let Some((name, position)) = reader.used.iter().find(|(name, _)| !reader.defined.contains_key(*name)) {
        return Err(format!("line {} of the grammar: the rule `{name}` is not defined", reader.line(*position)));
    }
    if !reader.defined.contains_key("root") {
        return Err("the grammar has no rule `root`".into());
    }
    if reader.defined.len() > RULES_MAX {
        return Err(format!("the grammar has {} rules; at most {RULES_MAX} are taken", reader.defined.len()));
    }
    Ok(())
}

struct Reader<'a> {
    text: &'a [u8],
    position: usize,
    defined: BTreeMap<&'a str, usize>,
    used: BTreeMap<&'a str, usize>,
    /// Rules that llama.cpp has made so far: of names, of groups, and of what a repetition may leave out.
    symbols: u64,
    is_token: &'a dyn Fn(&str) -> bool,
}

impl<'a> Reader<'a> {
    fn line(&self, position: usize) -> usize {
        self.text[..position.min(self.text.len())].split(|byte| *byte == b'\n').count()
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.position).copied()
    }

    fn take(&mut self, wanted: &str) -> bool {
        let found = self.text[self.position..].starts_with(wanted.as_bytes());
        if found {
            self.position += wanted.len();
        }
        found
    }

    fn space(&mut self, over_lines: bool) {
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' => self.position += 1,
                b'\r' | b'\n' if over_lines => self.position += 1,
                b'#' => {
                    while self.peek().is_some_and(|byte| byte != b'\r' && byte != b'\n') {
                        self.position += 1;
                    }
                }
                _ => return,
            }
        }
    }

    fn name(&mut self) -> Option<&'a str> {
        let length =
            self.text[self.position..].iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'-').count();
        let name = std::str::from_utf8(&self.text[self.position..self.position + length]).ok()?;
        self.position += length;
        (length > 0).then_some(name)
    }

    fn mention(&mut self, name: &str) {
        let known = self.defined.contains_key(name) || self.used.contains_key(name);
        self.symbols += u64::from(!known);
    }

    fn rules(&mut self) -> Result<(), String> {
        self.space(true);
        while self.peek().is_some() {
            let start = self.position;
            let name = self.name().ok_or("a rule's name is expected")?;
            self.space(false);
            if !self.take("::=") {
                return Err(format!("`::=` is expected after `{name}`"));
            }
            self.mention(name);
            self.defined.insert(name, start);
            self.space(true);
            self.alternates(0)?;
            if self.peek().is_some_and(|byte| byte != b'\r' && byte != b'\n') {
                return Err(format!("the end of the rule `{name}` is expected"));
            }
            self.space(true);
        }
        Ok(())
    }

    fn alternates(&mut self, depth: usize) -> Result<(), String> {
        self.sequence(depth)?;
        while self.take("|") {
            self.space(true);
            self.sequence(depth)?;
        }
        Ok(())
    }

    fn sequence(&mut self, depth: usize) -> Result<(), String> {
        let nested = depth > 0;
        // How many rules stand for what was read last, all that a repetition has to repeat; 0 where there is nothing.
        let mut weight = 0;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => weight = u64::from(self.literal()?),
                b'*' | b'+' | b'?' | b'{' if weight == 0 => return Err("there is nothing to repeat".into()),
                b'*' | b'+' | b'?' | b'{' => weight = self.repetition(byte, weight)?,
                b'(' => {
                    let before = self.symbols;
                    self.group(depth + 1)?;
                    weight = self.symbols - before;
                }
                _ => {
                    match byte {
                        b'[' => self.class()?,
                        b'<' | b'!' => self.token()?,
                        b'.' => self.position += 1,
                        _ => {
                            let start = self.position;
                            let Some(name) = self.name() else { return Ok(()) };
                            self.mention(name);
                            self.used.entry(name).or_insert(start);
                        }
                    }
                    weight = 1;
                }
            }
            self.space(nested);
        }
        Ok(())
    }

    fn group(&mut self, depth: usize) -> Result<(), String> {
        if depth > DEPTH_MAX {
            return Err(format!("groups are nested more than {DEPTH_MAX} deep"));
        }
        self.position += 1;
        self.symbols += 1;
        self.space(true);
        self.alternates(depth)?;
        if self.take(")") { Ok(()) } else { Err("`)` is expected".into()) }
    }

    /// Whether the literal holds anything.
    fn literal(&mut self) -> Result<bool, String> {
        self.position += 1;
        let start = self.position;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(_) => self.character()?,
                None => return Err("a literal is never closed".into()),
            }
        }
        self.position += 1;
        Ok(self.position > start + 1)
    }

    fn class(&mut self) -> Result<(), String> {
        self.position += 1;
        let _ = self.take("^");
        let start = self.position;
        loop {
            match self.peek() {
                Some(b']') => break,
                Some(_) => self.character()?,
                None => return Err("a character class is never closed".into()),
            }
        }
        if self.position == start {
            return Err("a character class is empty".into());
        }
        self.position += 1;
        Ok(())
    }

    fn character(&mut self) -> Result<(), String> {
        if self.peek() != Some(b'\\') {
            // Bytes after the first of a character are characters of their own here, which changes nothing.
            self.position += 1;
            return Ok(());
        }
        let digits = match self.text.get(self.position + 1) {
            Some(b'x') => 2,
            Some(b'u') => 4,
            Some(b'U') => 8,
            Some(b't' | b'r' | b'n' | b'\\' | b'"' | b'[' | b']' | b'-') => 0,
            _ => return Err("this escape is not known".into()),
        };
        self.position += 2;
        let found = self.text[self.position..].iter().take(digits).take_while(|byte| byte.is_ascii_hexdigit()).count();
        if found < digits {
            return Err(format!("{digits} hexadecimal digits are expected"));
        }
        self.position += digits;
        Ok(())
    }

    fn token(&mut self) -> Result<(), String> {
        let _ = self.take("!");
        let start = self.position;
        if !self.take("<") {
            return Err("`<` is expected".into());
        }
        if self.take("[") {
            let id = self.number().ok_or("the number of a token is expected")?;
            return match u32::try_from(id) {
                Ok(_) if self.take("]>") => Ok(()),
                Ok(_) => Err("`]>` is expected".into()),
                Err(_) => Err(format!("there is no token {id}")),
            };
        }
        while self.peek().is_some_and(|byte| byte != b'>') {
            self.position += 1;
        }
        if !self.take(">") {
            return Err("a token is never closed".into());
        }
        let text = String::from_utf8_lossy(&self.text[start..self.position]);
        if (self.is_token)(&text) { Ok(()) } else { Err(format!("`{text}` is no token of this model")) }
    }

    fn number(&mut self) -> Option<u64> {
        let length = self.text[self.position..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let digits = std::str::from_utf8(&self.text[self.position..self.position + length]).ok()?;
        self.position += length;
        (length > 0).then(|| digits.parse().unwrap_or(u64::MAX))
    }

    /// Reads a repetition of what `weight` rules stand for; how many stand for the whole.
    fn repetition(&mut self, sign: u8, weight: u64) -> Result<u64, String> {
        self.position += 1;
        let (least, most) = match sign {
            b'*' => (0, None),
            b'+' => (1, None),
            b'?' => (0, Some(1)),
            _ => self.bounds()?,
        };
        let times = most.filter(|most| *most > 0).unwrap_or(least).max(1);
        let weight = weight.max(1) * times;
        if weight > REPEAT_MAX {
            return Err(format!("repetitions in it multiply to {weight}; at most {REPEAT_MAX} are taken"));
        }
        self.symbols += most.map_or(1, |most| most - least);
        Ok(if most == Some(0) { 0 } else { weight })
    }

    /// Reads `{least,most}` without its first bracket.
    fn bounds(&mut self) -> Result<(u64, Option<u64>), String> {
        self.space(false);
        let least = self.number().ok_or("a number is expected")?;
        self.space(false);
        let mut most = Some(least);
        if self.take(",") {
            self.space(false);
            most = self.number();
            self.space(false);
        }
        if !self.take("}") {
            return Err("`}` is expected".into());
        }
        if least > REPEAT_MAX {
            return Err(format!("a repetition of at least {least} times; at most {REPEAT_MAX} are taken"));
        }
        if most.is_some_and(|most| most < least) {
            return Err("a repetition's upper bound is below its lower one".into());
        }
        // llama.cpp takes a higher bound for none.
        Ok((least, most.filter(|most| *most <= REPEAT_MAX)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sound_grammars_pass() {
        for grammar in [
            "root ::= \"yes\" | \"no\"",
            "# a comment\nroot ::= item (\", \" item)* end?\r\nitem ::= [a-z\\-\\]]+ # letters\n  \nend ::= \"\\u00e9\\n\" .",
            "root ::= (\n  \"a\" |\n  \"b\"\n){2,3} [^\"\\\\]{0,} \"x\"{2}",
            "root ::= <|im_end|> !<[7]>",
            "root ::= ",
        ] {
            assert_eq!(check(grammar, |text| text == "<|im_end|>"), Ok(()), "{grammar}");
        }
    }

    #[test]
    fn mistakes_are_told_with_their_line() {
        for (grammar, line, words) in [
            ("root = \"a\"", "line 1", "::="),
            ("root ::= \"a", "line 1", "never closed"),
            ("root ::= item", "line 1", "`item` is not defined"),
            ("root ::= \"a\"\nx ::= (\"b\"", "line 2", "`)`"),
            ("root ::= \"a\"{3,2}", "line 1", "below"),
            ("root ::= \"a\"{9999}", "line 1", "9999"),
            ("root ::= *", "line 1", "nothing to repeat"),
            ("root ::= \"\\q\"", "line 1", "escape"),
            ("root ::= \"\\u12\"", "line 1", "4 hexadecimal"),
            ("root ::= []", "line 1", "empty"),
            ("root ::= \"\"*", "line 1", "nothing to repeat"),
            ("root ::= \"a\"{0}?", "line 1", "nothing to repeat"),
            ("root ::= (\"a\"?){1500}", "line 1", "multiply to 3000"),
            ("root ::= \"a\"{50}{50}", "line 1", "multiply to 2500"),
            ("root ::= <no>", "line 1", "no token"),
            ("root ::= <[99999999999]>", "line 1", "no token"),
            ("root ::= \"a\" )", "line 1", "end of the rule"),
            ("\n\n%", "line 3", "name"),
        ] {
            let error = check(grammar, |_| false).unwrap_err();
            assert!(error.contains(line) && error.contains(words), "{grammar}: {error}");
        }
        assert!(check("start ::= \"a\"", |_| false).unwrap_err().contains("`root`"));
        assert!(check(&format!("root ::= {}", "(".repeat(500)), |_| false).unwrap_err().contains("nested"));
        assert!(check(&" ".repeat(LENGTH_MAX + 1), |_| false).unwrap_err().contains("bytes"));
    }

    proptest! {
        #[test]
        fn no_input_makes_it_panic(text in "(root ::= )?[a-z\"\\[\\](){},|*+?<>!.\\\\0-9 \n#é^-]{0,60}") {
            let _ = check(&text, |text| text.len() % 2 == 0);
        }
    }
}
