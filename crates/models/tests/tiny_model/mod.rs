//! Models of a few kilobytes with random weights, one for each kind of memory that llama.cpp keeps.
//!
//! They say nothing sensible, but they compute in microseconds and without rounding by quantisation, so that what the
//! engine reuses can be compared with what it computes anew.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_possible_wrap,
    reason = "all numbers here are small"
)]

use std::path::{Path, PathBuf};

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

/// Kinds of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Memory {
    /// Keys and values of every token; can be cut anywhere.
    Full,
    /// Keys and values, of which every other layer looks back over so many tokens only.
    Sliding(u32),
    /// A running state, which only goes forward.
    Recurrent,
    /// Layers of both kinds.
    Hybrid,
}

const CONTEXT: u32 = 2048;
const EMBEDDING: u64 = 32;
const HEADS: u32 = 4;
const KEY_HEADS: u32 = 2;
const HEAD: u64 = EMBEDDING / HEADS as u64;
const FORWARD: u64 = 48;
const INNER: u64 = 2 * EMBEDDING;
const STATE: u64 = 8;
const RANK: u64 = 4;
const KERNEL: u64 = 4;

const CHAT_TEMPLATE: &str = "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}\
                             {{ '<|im_start|>assistant\n' }}";

/// A metadata value, as GGUF spells it.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    U32(u32),
    F32(f32),
    Bool(bool),
    Text(String),
    Texts(Vec<String>),
    Integers(Vec<i32>),
}

/// A GGUF file before it is written.
#[derive(Clone, Debug)]
pub(crate) struct TinyModel {
    pub(crate) metadata: Vec<(String, Value)>,
    pub(crate) tensors: Vec<(String, Vec<u64>, Vec<f32>)>,
}

impl TinyModel {
    pub(crate) fn new(memory: Memory) -> Self {
        let mut maker =
            Maker { random: StdRng::seed_from_u64(7), model: Self { metadata: Vec::new(), tensors: Vec::new() } };
        maker.describe(memory);
        maker.vocabulary();
        maker.weights(memory);
        maker.model
    }

    /// Sets a metadata value.
    pub(crate) fn set(&mut self, key: &str, value: Value) {
        self.metadata.retain(|(name, _)| name != key);
        self.metadata.push((key.to_owned(), value));
    }

    /// Writes the file into `folder`.
    pub(crate) fn save(&self, folder: &Path) -> PathBuf {
        let path = folder.join("tiny.gguf");
        std::fs::write(&path, self.bytes()).unwrap();
        path
    }

    /// The file's content.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        const ALIGNMENT: usize = 32;
        let mut bytes = b"GGUF\x03\0\0\0".to_vec();
        bytes.extend((self.tensors.len() as u64).to_le_bytes());
        bytes.extend((self.metadata.len() as u64).to_le_bytes());
        for (key, value) in &self.metadata {
            text(&mut bytes, key);
            write_value(&mut bytes, value);
        }
        let mut data: Vec<u8> = Vec::new();
        for (name, shape, weights) in &self.tensors {
            text(&mut bytes, name);
            bytes.extend(u32::try_from(shape.len()).unwrap().to_le_bytes());
            for length in shape {
                bytes.extend(length.to_le_bytes());
            }
            let float = 0_u32;
            bytes.extend(float.to_le_bytes());
            bytes.extend((data.len() as u64).to_le_bytes());
            for weight in weights {
                data.extend(weight.to_le_bytes());
            }
            data.resize(data.len().next_multiple_of(ALIGNMENT), 0);
        }
        bytes.resize(bytes.len().next_multiple_of(ALIGNMENT), 0);
        bytes.extend(data);
        bytes
    }
}

fn text(bytes: &mut Vec<u8>, text: &str) {
    bytes.extend((text.len() as u64).to_le_bytes());
    bytes.extend(text.as_bytes());
}

/// The numbers that GGUF gives to types.
mod types {
    pub(super) const U32: u32 = 4;
    pub(super) const I32: u32 = 5;
    pub(super) const F32: u32 = 6;
    pub(super) const BOOL: u32 = 7;
    pub(super) const STRING: u32 = 8;
    pub(super) const ARRAY: u32 = 9;
}

fn write_value(bytes: &mut Vec<u8>, value: &Value) {
    let kind = |bytes: &mut Vec<u8>, kind: u32| bytes.extend(kind.to_le_bytes());
    let array = |bytes: &mut Vec<u8>, item: u32, length: usize| {
        kind(bytes, types::ARRAY);
        kind(bytes, item);
        bytes.extend((length as u64).to_le_bytes());
    };
    match value {
        Value::U32(number) => {
            kind(bytes, types::U32);
            bytes.extend(number.to_le_bytes());
        }
        Value::F32(number) => {
            kind(bytes, types::F32);
            bytes.extend(number.to_le_bytes());
        }
        Value::Bool(flag) => {
            kind(bytes, types::BOOL);
            bytes.push(u8::from(*flag));
        }
        Value::Text(content) => {
            kind(bytes, types::STRING);
            text(bytes, content);
        }
        Value::Texts(items) => {
            array(bytes, types::STRING, items.len());
            for item in items {
                text(bytes, item);
            }
        }
        Value::Integers(numbers) => {
            array(bytes, types::I32, numbers.len());
            for number in numbers {
                bytes.extend(number.to_le_bytes());
            }
        }
    }
}

struct Maker {
    random: StdRng,
    model: TinyModel,
}

impl Maker {
    fn set(&mut self, key: &str, value: Value) {
        self.model.set(key, value);
    }

    fn describe(&mut self, memory: Memory) {
        let architecture = match memory {
            Memory::Full => "llama",
            Memory::Sliding(_) => "gemma3",
            Memory::Recurrent => "mamba",
            Memory::Hybrid => "lfm2",
        };
        self.set("general.architecture", Value::Text(architecture.into()));
        self.set("general.name", Value::Text("tiny".into()));
        let mut set = |key: &str, value| self.set(&format!("{architecture}.{key}"), value);
        set("context_length", Value::U32(CONTEXT));
        set("embedding_length", Value::U32(EMBEDDING as u32));
        set("block_count", Value::U32(layers(memory)));
        set("attention.layer_norm_rms_epsilon", Value::F32(1e-5));
        let attends = memory != Memory::Recurrent;
        set("feed_forward_length", Value::U32(if attends { FORWARD as u32 } else { 0 }));
        set("attention.head_count", Value::U32(if attends { HEADS } else { 0 }));
        match memory {
            Memory::Full => {
                set("attention.head_count_kv", Value::U32(KEY_HEADS));
                set("rope.dimension_count", Value::U32(HEAD as u32));
            }
            Memory::Sliding(window) => {
                set("attention.head_count_kv", Value::U32(KEY_HEADS));
                set("attention.key_length", Value::U32(HEAD as u32));
                set("attention.value_length", Value::U32(HEAD as u32));
                set("attention.sliding_window", Value::U32(window));
                set("attention.sliding_window_pattern", Value::U32(2));
            }
            Memory::Recurrent => {
                set("ssm.conv_kernel", Value::U32(KERNEL as u32));
                set("ssm.inner_size", Value::U32(INNER as u32));
                set("ssm.state_size", Value::U32(STATE as u32));
                set("ssm.time_step_rank", Value::U32(RANK as u32));
            }
            Memory::Hybrid => {
                let heads = (0..layers(memory)).map(|layer| if attends_in(layer) { KEY_HEADS as i32 } else { 0 });
                set("attention.head_count_kv", Value::Integers(heads.collect()));
                set("shortconv.l_cache", Value::U32(3));
            }
        }
    }

    /// All bytes, as GPT-2 spells them, a few longer tokens, and those that mark turns.
    fn vocabulary(&mut self) {
        let mut tokens: Vec<String> = spelled_bytes().map(String::from).collect();
        let merges = ["t h", "th e", "Ġ the", "i n", "a n", "e r", "Ġ a"];
        tokens.extend(merges.map(|merge| merge.replace(' ', "")));
        let mut kinds = vec![1; tokens.len()];
        let start = tokens.len() as u32;
        tokens.extend(["<|im_start|>".into(), "<|im_end|>".into()]);
        kinds.extend([3, 3]);
        self.set("tokenizer.ggml.model", Value::Text("gpt2".into()));
        self.set("tokenizer.ggml.pre", Value::Text("gpt-2".into()));
        self.set("tokenizer.ggml.tokens", Value::Texts(tokens));
        self.set("tokenizer.ggml.token_type", Value::Integers(kinds));
        self.set("tokenizer.ggml.merges", Value::Texts(merges.map(String::from).to_vec()));
        self.set("tokenizer.ggml.bos_token_id", Value::U32(start));
        self.set("tokenizer.ggml.eos_token_id", Value::U32(start + 1));
        self.set("tokenizer.ggml.add_bos_token", Value::Bool(false));
        self.set("tokenizer.chat_template", Value::Text(CHAT_TEMPLATE.into()));
    }

    fn tensor(&mut self, name: &str, shape: &[u64], mut weight: impl FnMut(&mut StdRng, u64) -> f32) {
        let count = shape.iter().product();
        let weights = (0..count).map(|place| weight(&mut self.random, place)).collect();
        self.model.tensors.push((name.to_owned(), shape.to_vec(), weights));
    }

    /// Weights that keep the size of what they are applied to.
    fn matrix(&mut self, name: &str, input: u64, output: u64) {
        let scale = 2.0 / (input as f32).sqrt();
        self.tensor(name, &[input, output], |random, _| random.random_range(-scale..scale));
    }

    fn constant(&mut self, name: &str, length: u64, value: f32) {
        self.tensor(name, &[length], |_, _| value);
    }

    fn weights(&mut self, memory: Memory) {
        let tokens = spelled_bytes().count() as u64 + 7 + 2;
        self.tensor("token_embd.weight", &[EMBEDDING, tokens], |random, _| random.random_range(-1.0..1.0));
        self.constant(
            if memory == Memory::Hybrid { "token_embd_norm.weight" } else { "output_norm.weight" },
            EMBEDDING,
            1.0,
        );
        self.matrix("output.weight", EMBEDDING, tokens);
        for layer in 0..layers(memory) {
            self.constant(&format!("blk.{layer}.attn_norm.weight"), EMBEDDING, 1.0);
            match memory {
                Memory::Recurrent => {
                    self.state_space(layer);
                    continue;
                }
                Memory::Hybrid if !attends_in(layer) => {
                    self.matrix(&format!("blk.{layer}.shortconv.in_proj.weight"), EMBEDDING, 3 * EMBEDDING);
                    self.matrix(&format!("blk.{layer}.shortconv.conv.weight"), 3, EMBEDDING);
                    self.matrix(&format!("blk.{layer}.shortconv.out_proj.weight"), EMBEDDING, EMBEDDING);
                }
                _ => self.attention(layer, memory),
            }
            self.constant(&format!("blk.{layer}.ffn_norm.weight"), EMBEDDING, 1.0);
            self.matrix(&format!("blk.{layer}.ffn_gate.weight"), EMBEDDING, FORWARD);
            self.matrix(&format!("blk.{layer}.ffn_up.weight"), EMBEDDING, FORWARD);
            self.matrix(&format!("blk.{layer}.ffn_down.weight"), FORWARD, EMBEDDING);
        }
    }

    fn attention(&mut self, layer: u32, memory: Memory) {
        let keys = u64::from(KEY_HEADS) * HEAD;
        self.matrix(&format!("blk.{layer}.attn_q.weight"), EMBEDDING, EMBEDDING);
        self.matrix(&format!("blk.{layer}.attn_k.weight"), EMBEDDING, keys);
        self.matrix(&format!("blk.{layer}.attn_v.weight"), EMBEDDING, keys);
        self.matrix(&format!("blk.{layer}.attn_output.weight"), EMBEDDING, EMBEDDING);
        if memory != Memory::Full {
            self.constant(&format!("blk.{layer}.attn_q_norm.weight"), HEAD, 1.0);
            self.constant(&format!("blk.{layer}.attn_k_norm.weight"), HEAD, 1.0);
        }
        if matches!(memory, Memory::Sliding(_)) {
            self.constant(&format!("blk.{layer}.post_attention_norm.weight"), EMBEDDING, 1.0);
            self.constant(&format!("blk.{layer}.post_ffw_norm.weight"), EMBEDDING, 1.0);
        }
    }

    fn state_space(&mut self, layer: u32) {
        self.matrix(&format!("blk.{layer}.ssm_in.weight"), EMBEDDING, 2 * INNER);
        self.matrix(&format!("blk.{layer}.ssm_conv1d.weight"), KERNEL, INNER);
        self.constant(&format!("blk.{layer}.ssm_conv1d.bias"), INNER, 0.0);
        self.matrix(&format!("blk.{layer}.ssm_x.weight"), INNER, RANK + 2 * STATE);
        self.matrix(&format!("blk.{layer}.ssm_dt.weight"), RANK, INNER);
        self.tensor(&format!("blk.{layer}.ssm_dt.bias"), &[INNER], |random, _| random.random_range(-4.0..-1.0));
        // Each place of the state fades at a speed of its own.
        self.tensor(&format!("blk.{layer}.ssm_a"), &[STATE, INNER], |_, place| -((place % STATE + 1) as f32));
        self.constant(&format!("blk.{layer}.ssm_d"), INNER, 1.0);
        self.matrix(&format!("blk.{layer}.ssm_out.weight"), INNER, EMBEDDING);
    }
}

fn layers(memory: Memory) -> u32 {
    match memory {
        Memory::Full | Memory::Recurrent => 2,
        Memory::Sliding(_) => 4,
        Memory::Hybrid => 3,
    }
}

/// Whether a layer of the hybrid model looks back; the others keep a state.
fn attends_in(layer: u32) -> bool {
    layer == 1
}

/// The character that stands for each byte in a byte-pair vocabulary: itself where it can be seen, else one from 256 on.
fn spelled_bytes() -> impl Iterator<Item = char> {
    let mut next = 0x100;
    (0..=0xFF_u32).map(move |byte| {
        let seen = matches!(byte, 0x21..=0x7E | 0xA1..=0xAC | 0xAE..=0xFF);
        let code = if seen { byte } else { next };
        next += u32::from(!seen);
        char::from_u32(code).unwrap()
    })
}
