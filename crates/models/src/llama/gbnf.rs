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

/// Checks a grammar's syntax, that every rule is defined, and that there is a rule `root`.
///
/// # Errors
/// What is wrong, with its line.
pub(super) fn check(grammar: &str) -> Result<(), String> {
    if grammar.len() > LENGTH_MAX {
        return Err(format!("the grammar has {} bytes; at most {LENGTH_MAX} are taken", grammar.len()));
    }
    if grammar.contains('\0') {
        return Err("the grammar holds a NUL character".into());
    }
    let mut reader = Reader { text: grammar.as_bytes(), position: 0, defined: BTreeMap::new(), used: BTreeMap::new() };
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

    fn rules(&mut self) -> Result<(), String> {
        self.space(true);
        while self.peek().is_some() {
            let start = self.position;
            let name = self.name().ok_or("a rule's name is expected")?;
            self.space(false);
            if !self.take("::=") {
                return Err(format!("`::=` is expected after `{name}`"));
            }
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
        let mut repeatable = false;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => self.literal()?,
                b'[' => self.class()?,
                b'<' | b'!' => self.token()?,
                b'(' => self.group(depth + 1)?,
                b'*' | b'+' | b'?' | b'{' if !repeatable => return Err("there is nothing to repeat".into()),
                b'.' | b'*' | b'+' | b'?' => self.position += 1,
                b'{' => self.repetition()?,
                _ => {
                    let start = self.position;
                    let Some(name) = self.name() else { return Ok(()) };
                    self.used.entry(name).or_insert(start);
                }
            }
            repeatable = true;
            self.space(nested);
        }
        Ok(())
    }

    fn group(&mut self, depth: usize) -> Result<(), String> {
        if depth > DEPTH_MAX {
            return Err(format!("groups are nested more than {DEPTH_MAX} deep"));
        }
        self.position += 1;
        self.space(true);
        self.alternates(depth)?;
        if self.take(")") { Ok(()) } else { Err("`)` is expected".into()) }
    }

    fn literal(&mut self) -> Result<(), String> {
        self.position += 1;
        loop {
            match self.peek() {
                Some(b'"') => break,
                Some(_) => self.character()?,
                None => return Err("a literal is never closed".into()),
            }
        }
        self.position += 1;
        Ok(())
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
        if !self.take("<") {
            return Err("`<` is expected".into());
        }
        while self.peek().is_some_and(|byte| byte != b'>') {
            self.position += 1;
        }
        if self.take(">") { Ok(()) } else { Err("a token is never closed".into()) }
    }

    fn number(&mut self) -> Option<u64> {
        let length = self.text[self.position..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let digits = std::str::from_utf8(&self.text[self.position..self.position + length]).ok()?;
        self.position += length;
        (length > 0).then(|| digits.parse().unwrap_or(u64::MAX))
    }

    fn repetition(&mut self) -> Result<(), String> {
        self.position += 1;
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
        Ok(())
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
            assert_eq!(check(grammar), Ok(()), "{grammar}");
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
            ("root ::= \"a\" )", "line 1", "end of the rule"),
            ("\n\n%", "line 3", "name"),
        ] {
            let error = check(grammar).unwrap_err();
            assert!(error.contains(line) && error.contains(words), "{grammar}: {error}");
        }
        assert!(check("start ::= \"a\"").unwrap_err().contains("`root`"));
        assert!(check(&format!("root ::= {}", "(".repeat(500))).unwrap_err().contains("nested"));
        assert!(check(&" ".repeat(LENGTH_MAX + 1)).unwrap_err().contains("bytes"));
    }

    proptest! {
        #[test]
        fn no_input_makes_it_panic(text in "(root ::= )?[a-z\"\\[\\](){},|*+?<>!.\\\\0-9 \n#é^-]{0,60}") {
            let _ = check(&text);
        }
    }
}
