//! Files that are damaged on purpose: each is refused or computed with, and none takes the process down.
//!
//! An abort can only be seen from outside, so the files are loaded by other processes of this very program, many each.
//! `THROUGHLINE_FUZZ_CASES` sets how many files are made, `THROUGHLINE_FUZZ_SEED` which.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use throughline_models::{LlamaChat, LlamaOptions};

use crate::support::{ask, block_on, complete, setting, turn};
use crate::tiny_model::{Memory, TinyModel, Value};

/// Files that one process loads.
const BATCH: usize = 100;
/// A process that takes longer hangs; a file takes milliseconds.
const PATIENCE: Duration = Duration::from_mins(5);
/// Names the folder whose files a process is to load.
const FOLDER: &str = "THROUGHLINE_DAMAGED_FILES";

/// Loads a file, and where that works lets the model write a few tokens; what became of it.
fn load(path: &Path) -> String {
    let options = LlamaOptions { context: Some(64), slots: Some(2), threads: Some(1), ..LlamaOptions::new(path) };
    match LlamaChat::load(options, None) {
        Ok(chat) => match block_on(complete(&chat, ask("Hi, é?", 3))) {
            Ok(_) => "computed".into(),
            Err(error) => format!("failed: {error}"),
        },
        Err(error) => format!("refused: {error}"),
    }
}

/// What the other processes run: by itself, it loads a sound file.
#[test]
fn files_are_loaded_one_after_the_other() {
    let _turn = turn();
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(load(&TinyModel::new(Memory::Full).save(folder.path())), "computed");
        return;
    };
    let log = folder.join("log");
    let mut done = String::new();
    for number in 0..BATCH {
        let path = folder.join(format!("{number}.gguf"));
        if path.is_file() {
            let outcome = load(&path);
            writeln!(done, "{number} {}", outcome.replace('\n', " ")).unwrap();
            std::fs::write(&log, &done).unwrap();
        }
    }
}

/// Loads the files of a folder in other processes; the outcome of each.
fn outcomes(folder: &Path, count: usize) -> Vec<String> {
    let mut outcomes = vec![String::new(); count];
    loop {
        let Some(next) = outcomes.iter().position(String::is_empty) else { return outcomes };
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "damaged::files_are_loaded_one_after_the_other", "--nocapture"])
            .env(FOLDER, folder)
            .env("GGML_NO_BACKTRACE", "1")
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(folder.join("stderr")).unwrap())
            .spawn()
            .unwrap();
        let started = Instant::now();
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break Some(status);
            }
            if started.elapsed() > PATIENCE {
                child.kill().unwrap();
                child.wait().unwrap();
                break None;
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
        let mut last = None;
        for line in log.lines() {
            let (number, outcome) = line.split_once(' ').unwrap();
            let number: usize = number.parse().unwrap();
            outcome.clone_into(&mut outcomes[number]);
            last = Some(number);
        }
        let errors = std::fs::read_to_string(folder.join("stderr")).unwrap_or_default();
        // The one after the last whose outcome is known took the process down.
        let guilty = last.map_or(next, |last| last + 1);
        if guilty < count && outcomes[guilty].is_empty() {
            let tail: Vec<&str> =
                errors.lines().rev().filter(|line| !line.contains("running 1 test")).take(6).collect();
            outcomes[guilty] = format!("DOWN ({status:?}): {}", tail.into_iter().rev().collect::<Vec<_>>().join(" / "));
        }
        for (number, _) in outcomes.iter().enumerate().filter(|(_, outcome)| !outcome.is_empty()) {
            let _ = std::fs::remove_file(folder.join(format!("{number}.gguf")));
        }
        let _ = std::fs::remove_file(folder.join("log"));
    }
}

/// What llama.cpp would abort the process on.
#[test]
fn what_llama_cpp_would_not_survive_is_refused() {
    let _turn = turn();
    let folder = tempfile::tempdir().unwrap();
    let sound = TinyModel::new(Memory::Full);
    let refused = |key: &str, value: Value, words: &str| {
        let mut model = sound.clone();
        model.set(key, value);
        let outcome = load(&model.save(folder.path()));
        assert!(outcome.starts_with("refused") && outcome.contains(words), "{key}: {outcome}");
    };
    let tokens = |change: &dyn Fn(&mut Vec<String>)| {
        let found = sound.metadata.iter().find(|(key, _)| key == "tokenizer.ggml.tokens");
        let Some((_, Value::Texts(texts))) = found else { panic!("a vocabulary") };
        let mut texts = texts.clone();
        change(&mut texts);
        Value::Texts(texts)
    };
    refused("tokenizer.ggml.tokens", tokens(&|texts| texts[7] = texts[5].clone()), "twice (the second is token 7)");
    let named = tokens(&|texts| {
        texts[3].clear();
        texts[9] = "[EMPTY_3]".into();
    });
    refused("tokenizer.ggml.tokens", named, "twice");
    refused("tokenizer.ggml.tokens", tokens(&|texts| texts[8] = format!("{}\0x", texts[4])), "twice");
    refused("tokenizer.ggml.tokens", Value::U32(1), "no vocabulary");
    refused("tokenizer.ggml.model", Value::Text("no_vocab".into()), "no vocabulary");
    refused("tokenizer.ggml.model", Value::Text("llama".into()), "every byte");
    refused("general.architecture", Value::Text("bert".into()), "no model that writes text");
    refused("llama.attention.causal", Value::Bool(false), "no model that writes text");
    refused("llama.block_count", Value::U32(0), "llama.block_count is 0");
    refused("llama.block_count", Value::U32(513), "llama.block_count is 513");
    refused("llama.context_length", Value::U32(1 << 31), "llama.context_length is 2147483648");
    refused("llama.attention.head_count", Value::U32(1 << 30), "llama.attention.head_count is");
    refused("llama.attention.layer_norm_rms_epsilon", Value::F32(-1.0), "epsilon is -1");
    refused("llama.rope.freq_base", Value::F32(f32::NAN), "freq_base is NaN");
    refused("llama.expert_used_count", Value::U32(1), "llama.expert_used_count is 1");
    refused("llama.expert_count", Value::U32(4), "llama.expert_used_count is 0");
    refused("llama.expert_count", Value::U32(5000), "llama.expert_count is 5000");
    refused("llama.expert_group_count", Value::U32(2), "llama.expert_group_count is 2");

    let mut model = TinyModel::new(Memory::Sliding(32));
    model.set("gemma3.attention.sliding_window_pattern", Value::U32(1));
    let outcome = load(&model.save(folder.path()));
    assert!(outcome.starts_with("refused") && outcome.contains("no layer that slides"), "{outcome}");

    let mut model = sound.clone();
    model.tensors[2].1[0] = 0;
    let outcome = load(&model.save(folder.path()));
    assert!(outcome.starts_with("refused") && outcome.contains("is empty"), "{outcome}");
    model.metadata.push(("general.name".into(), Value::Bool(true)));
    let outcome = load(&model.save(folder.path()));
    assert!(outcome.starts_with("refused") && outcome.contains("stands in it twice"), "{outcome}");
}

const ODD: [u32; 14] = [0, 1, 2, 3, 5, 7, 31, 255, 256, 1023, 65_535, 0x7FFF_FFFF, 0x8000_0000, u32::MAX];

/// Changes something; what was changed.
fn damage(random: &mut StdRng, model: &mut TinyModel) -> String {
    let place = random.random_range(0..model.metadata.len());
    let odd = ODD[random.random_range(0..ODD.len())];
    match random.random_range(0..10) {
        0 => format!("without {}", model.metadata.remove(place).0),
        1 => {
            let place = random.random_range(0..model.tensors.len());
            format!("without the tensor {}", model.tensors.remove(place).0)
        }
        2 => {
            let place = random.random_range(0..model.tensors.len());
            let (name, shape, weights) = &mut model.tensors[place];
            let side = random.random_range(0..shape.len());
            shape[side] = u64::from(odd).min(200);
            weights.resize(usize::try_from(shape.iter().product::<u64>()).unwrap(), 0.5);
            format!("the tensor {name} of the shape {shape:?}")
        }
        3 => {
            let place = random.random_range(0..model.tensors.len());
            let (name, _, weights) = &mut model.tensors[place];
            weights.fill([f32::NAN, f32::INFINITY, 0.0, 1e30][random.random_range(0..4)]);
            format!("odd weights in {name}")
        }
        _ => {
            let (key, value) = &mut model.metadata[place];
            match value {
                Value::U32(number) => *number = odd,
                Value::F32(number) => *number = [0.0, -1.0, f32::NAN, f32::INFINITY, 1e30][random.random_range(0..5)],
                Value::Bool(flag) => *flag = !*flag,
                Value::Text(text) => {
                    const TEXTS: [&str; 16] = [
                        "",
                        "llama",
                        "mamba",
                        "gemma3",
                        "lfm2",
                        "bert",
                        "t5",
                        "rwkv",
                        "gpt2",
                        "no_vocab",
                        "none",
                        "plamo2",
                        "default",
                        "{% for %}",
                        "{{ messages }}",
                        "\0\u{FFFF}",
                    ];
                    TEXTS[random.random_range(0..TEXTS.len())].clone_into(text);
                }
                Value::Texts(texts) => {
                    let (from, to) = (random.random_range(0..texts.len()), random.random_range(0..texts.len()));
                    match random.random_range(0..5) {
                        0 => texts[to] = texts[from].clone(),
                        1 => texts[to].clear(),
                        2 => texts.truncate(to),
                        3 => texts[to] = "\0".into(),
                        _ => texts[to] = "<0x41>".into(),
                    }
                }
                Value::Integers(numbers) => {
                    let to = random.random_range(0..numbers.len());
                    if random.random_bool(0.3) {
                        numbers.truncate(to);
                    } else {
                        numbers[to] = odd.cast_signed();
                    }
                }
            }
            format!("{key} = {}", format!("{value:?}").chars().take(80).collect::<String>())
        }
    }
}

/// Changes bytes of the header.
fn corrupt(random: &mut StdRng, bytes: &mut [u8], header: usize) -> String {
    let mut what = String::from("bytes");
    for _ in 0..random.random_range(1..4) {
        let place = random.random_range(4..header);
        let odd = ODD[random.random_range(0..ODD.len())].to_le_bytes();
        let width = [1, 1, 4][random.random_range(0..3)].min(bytes.len() - place);
        if random.random_bool(0.5) {
            bytes[place] ^= 1 << random.random_range(0..8);
        } else {
            bytes[place..place + width].copy_from_slice(&odd[..width]);
        }
        write!(what, " {place}").unwrap();
    }
    what
}

#[test]
fn no_damaged_file_takes_the_process_down() {
    let cases = usize::try_from(setting("THROUGHLINE_FUZZ_CASES", 300)).unwrap();
    let mut random = StdRng::seed_from_u64(setting("THROUGHLINE_FUZZ_SEED", 1));
    let (mut computed, mut refused, mut down) = (0, 0, Vec::new());
    let mut left = cases;
    while left > 0 {
        let folder = tempfile::tempdir().unwrap();
        let count = left.min(BATCH);
        left -= count;
        let made: Vec<String> = (0..count)
            .map(|number| {
                let memory = [Memory::Full, Memory::Sliding(32), Memory::Recurrent, Memory::Hybrid][number % 4];
                let mut model = TinyModel::new(memory);
                let (bytes, what) = if random.random_bool(0.4) {
                    let weights = model.tensors.iter().map(|(_, _, weights)| weights.len() * 4).sum::<usize>();
                    let mut bytes = model.bytes();
                    let header = bytes.len() - weights;
                    let what = corrupt(&mut random, &mut bytes, header);
                    (bytes, what)
                } else {
                    let changes: Vec<_> =
                        (0..random.random_range(1..3)).map(|_| damage(&mut random, &mut model)).collect();
                    (model.bytes(), changes.join(", "))
                };
                std::fs::write(folder.path().join(format!("{number}.gguf")), bytes).unwrap();
                format!("{memory:?}, {what}")
            })
            .collect();
        for (what, outcome) in made.iter().zip(outcomes(folder.path(), count)) {
            match outcome.split(':').next().unwrap() {
                "computed" => computed += 1,
                "refused" | "failed" => refused += 1,
                _ => down.push(format!("{what}\n    {outcome}")),
            }
        }
    }
    println!(
        "{cases} damaged files: {computed} computed with, {refused} refused, {} took the process down",
        down.len()
    );
    assert!(down.is_empty(), "{}", down.join("\n"));
    assert!(computed > cases / 10 && refused > cases / 10);
}
