//! Checks of a GGUF file before llama.cpp reads it.
//!
//! llama.cpp reports most of what may be wrong with a file, but aborts the process on some of it: two equal entries of
//! the vocabulary, a vocabulary that it cannot cut text with, numbers of layers, heads or experts that it divides by or
//! indexes with. Those are checked here. docs/engine.md lists them.

mod header;

use std::collections::HashSet;
use std::io::Read;

use self::header::{Header, Value};

/// Most layers and experts that llama.cpp has room for.
const LAYERS_MAX: i128 = 512;
const EXPERTS_MAX: i128 = 1024;
/// More than any model has of anything; products of a few of them still fit llama.cpp's numbers.
const LENGTH_MAX: i128 = 1 << 24;
const REACH_MAX: i128 = i32::MAX as i128;

/// Checks the header of a file of `size` bytes.
///
/// # Errors
/// What llama.cpp would not survive, or cannot be right.
pub(super) fn check(file: impl Read, size: u64) -> Result<(), String> {
    let header = Header::read(file, size)?;
    let facts = Facts { architecture: header.text("general.architecture").unwrap_or_default(), header: &header };
    facts.kind()?;
    facts.vocabulary()?;
    facts.numbers()?;
    facts.window()?;
    facts.experts()?;
    facts.tensors()
}

impl Header {
    fn text(&self, key: &str) -> Option<&str> {
        match self.metadata.get(key) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }
}

struct Facts<'a> {
    architecture: &'a str,
    header: &'a Header,
}

impl Facts<'_> {
    /// A value of the architecture's own: the one for all layers, or the one of each layer.
    fn each(&self, key: &str) -> Vec<i128> {
        match self.header.metadata.get(&format!("{}.{key}", self.architecture)) {
            Some(Value::Integer(number)) => vec![*number],
            Some(Value::Integers(numbers)) => numbers.clone(),
            _ => Vec::new(),
        }
    }

    fn one(&self, key: &str) -> Option<i128> {
        self.each(key).first().copied()
    }

    fn flag(&self, key: &str) -> Option<bool> {
        match self.header.metadata.get(&format!("{}.{key}", self.architecture)) {
            Some(Value::Flag(flag)) => Some(*flag),
            _ => None,
        }
    }

    fn wrong(&self, key: &str, value: i128) -> String {
        format!("its {}.{key} is {value}", self.architecture)
    }

    /// Whether it is a model that writes text: others have no logits to draw from.
    fn kind(&self) -> Result<(), String> {
        let name = self.architecture;
        let encodes = name.contains("bert") || name.contains("embed") || name.starts_with("t5");
        if encodes || matches!(name, "" | "clip" | "wavtokenizer-dec") || self.flag("attention.causal") == Some(false) {
            return Err(format!("it is no model that writes text (its architecture is {name:?})"));
        }
        Ok(())
    }

    fn vocabulary(&self) -> Result<(), String> {
        let tokenizer = self.header.text("tokenizer.ggml.model").unwrap_or("none");
        if matches!(tokenizer, "none" | "no_vocab") {
            return Err("it holds no vocabulary".into());
        }
        let Some(Value::Texts(tokens)) = self.header.metadata.get("tokenizer.ggml.tokens") else {
            return Err("it holds no vocabulary".into());
        };
        let mut seen = HashSet::with_capacity(tokens.len());
        for (place, token) in tokens.iter().enumerate() {
            // llama.cpp reads them up to a NUL, and gives the empty ones names.
            let end = token.iter().position(|byte| *byte == 0).unwrap_or(token.len());
            let named = format!("[EMPTY_{place}]").into_bytes();
            if !seen.insert(if end == 0 { named } else { token[..end].to_vec() }) {
                let token = String::from_utf8_lossy(token);
                return Err(format!("its vocabulary holds {token:?} twice (the second is token {place})"));
            }
        }
        // Such a vocabulary spells what it does not know byte by byte.
        let spelled = |byte: &u8| seen.contains(format!("<0x{byte:02X}>").as_bytes());
        if tokenizer == "llama" && !(0..=u8::MAX).all(|byte| spelled(&byte)) {
            return Err("its vocabulary does not hold every byte".into());
        }
        Ok(())
    }

    fn numbers(&self) -> Result<(), String> {
        let layers = self.one("block_count").unwrap_or(0);
        if !(1..=LAYERS_MAX).contains(&layers) {
            return Err(self.wrong("block_count", layers));
        }
        let prefix = format!("{}.", self.architecture);
        for (key, value) in self.header.metadata.iter().filter(|(key, _)| key.starts_with(&prefix)) {
            let numbers = match value {
                Value::Integer(number) => std::slice::from_ref(number),
                Value::Integers(numbers) => numbers.as_slice(),
                Value::Float(number) if !number.is_finite() || (key.ends_with("epsilon") && *number < 0.0) => {
                    return Err(format!("its {key} is {number}"));
                }
                _ => continue,
            };
            // How far a model looks multiplies with nothing.
            let most =
                if key.ends_with("context_length") || key.ends_with("sliding_window") { REACH_MAX } else { LENGTH_MAX };
            if let Some(number) = numbers.iter().find(|number| !(-1..=most).contains(*number)) {
                return Err(format!("its {key} is {number}"));
            }
        }
        Ok(())
    }

    /// Which layers look back over a window only: where there is a window, some must.
    fn window(&self) -> Result<(), String> {
        let pattern = self.each("attention.sliding_window_pattern");
        let nowhere = match pattern.as_slice() {
            [] => false,
            [every] => *every == 1,
            layers => layers.iter().all(|slides| *slides == 0),
        };
        if nowhere && self.one("attention.sliding_window").is_some_and(|window| window > 0) {
            return Err("it has a sliding window, but no layer that slides".into());
        }
        Ok(())
    }

    fn experts(&self) -> Result<(), String> {
        let experts = self.one("expert_count").unwrap_or(0);
        if !(0..=EXPERTS_MAX).contains(&experts) {
            return Err(self.wrong("expert_count", experts));
        }
        let used = self.each("expert_used_count").into_iter().max().unwrap_or(0);
        if used < i128::from(experts > 0) || used > experts {
            return Err(self.wrong("expert_used_count", used));
        }
        let groups = self.one("expert_group_count").unwrap_or(0);
        if groups < 0 || (groups > 0 && groups >= experts) || (groups > 1 && experts % groups != 0) {
            return Err(self.wrong("expert_group_count", groups));
        }
        let used = self.one("expert_group_used_count").unwrap_or(0);
        if groups > 1 && !(1..groups).contains(&used) {
            return Err(self.wrong("expert_group_used_count", used));
        }
        Ok(())
    }

    fn tensors(&self) -> Result<(), String> {
        match self.header.tensors.iter().find(|tensor| tensor.shape.contains(&0)) {
            Some(tensor) => Err(format!("its tensor {:?} is empty", tensor.name)),
            None => Ok(()),
        }
    }
}
