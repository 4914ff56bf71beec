//! From a file's path to a model that is ready to run, with a plain reason where that cannot be.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use super::binding::{Layers, Model, Progress};
use super::gguf;
use super::machine::{self, DeviceKind, memory_free, processors};
use super::prompt::PromptWriter;
use super::sizing::{self, Facts, in_range};
use super::template::ChatTemplate;
use crate::ModelError;

/// Most threads; llama.cpp takes no more than this.
const THREADS_MAX: u32 = 512;

/// How a model file is to be run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LlamaOptions {
    /// The GGUF file.
    pub path: PathBuf,
    /// Tokens of one conversation, prompt and reply together: 64 up to what the model was trained on. `None` takes
    /// 4096, or fewer where the model was trained on fewer or the memory holds fewer.
    pub context: Option<u32>,
    /// Conversations that are computed at the same time, 1 to 64; more requests wait. `None` takes 4, or fewer where
    /// the memory holds fewer.
    pub slots: Option<u32>,
    /// Threads to compute with, 1 to 512. `None` takes one for each processor that this process may use.
    pub threads: Option<u32>,
    /// Layers that a graphics card computes. `None` takes as many as fit its free memory, where this build can use a
    /// card and there is one.
    pub gpu_layers: Option<u32>,
}

impl LlamaOptions {
    /// The file with defaults for all else.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), context: None, slots: None, threads: None, gpu_layers: None }
    }
}

/// What is known of a loaded model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LlamaInfo {
    /// The GGUF file.
    pub path: PathBuf,
    /// The model's name as the file says it, where it does.
    pub name: Option<String>,
    /// The architecture as llama.cpp spells it, such as `llama`.
    pub architecture: String,
    /// Number of parameters.
    pub parameters: u64,
    /// Tokens of one conversation that the model was trained on.
    pub trained_context: u32,
    /// Tokens of one conversation, prompt and reply together.
    pub context: u32,
    /// Conversations that are computed at the same time.
    pub slots: u32,
    /// Threads that compute.
    pub threads: u32,
    /// Most tokens of one step.
    pub batch: u32,
    /// Layers that a graphics card computes.
    pub gpu_layers: u32,
    /// Why the sizes are as they are, a sentence each.
    pub reasons: Vec<String>,
    /// Size of the file in bytes.
    pub file_size: u64,
}

/// A model with all that is needed to run it.
pub(super) struct Loaded {
    pub(super) model: Model,
    pub(super) prompts: PromptWriter,
    pub(super) info: LlamaInfo,
}

pub(super) fn load(options: &LlamaOptions, progress: Option<Progress>) -> Result<Loaded, ModelError> {
    let LlamaOptions { path, .. } = options;
    let path = path.as_path();
    let fail = |reason: String| ModelError::Load { path: path.to_owned(), reason };
    let threads = options.threads.unwrap_or_else(|| processors().min(THREADS_MAX));
    let threads = in_range("threads", threads, 1, THREADS_MAX).map_err(fail)?;
    let file_size = check_file(path).map_err(fail)?;
    check_header(path, file_size).map_err(fail)?;

    let (layers, layers_reason) = layers(options);
    let model = Model::load(path, layers, progress).map_err(|reason| {
        fail(format!(
            "llama.cpp cannot read it ({reason}); the file is cut short or damaged, so fetch it again, or its \
             architecture is newer than this version knows"
        ))
    })?;

    let gpu_layers = model.gpu_layers();
    let trained_context = model.trained_context();
    let facts = Facts {
        trained_context,
        weights: file_size,
        token_bytes: model.bytes_per_token(),
        vocabulary: model.vocabulary(),
        memory_free: if gpu_layers > 0 { None } else { memory_free() },
    };
    let mut sizes = sizing::choose(facts, options.context, options.slots).map_err(fail)?;
    let threads_reason = if options.threads.is_some() { "as set" } else { "one for each processor" };
    sizes.reasons.push(format!("{threads} threads: {threads_reason}"));
    sizes.reasons.push(format!("{gpu_layers} of {} layers on a graphics card: {layers_reason}", model.layers() + 1));
    let prompts = prompt_writer(&model, path)?;
    let info = LlamaInfo {
        name: model.metadata("general.name"),
        architecture: model.metadata("general.architecture").unwrap_or_else(|| "unknown".into()),
        parameters: model.parameters(),
        trained_context,
        context: sizes.context,
        slots: sizes.slots,
        threads,
        batch: sizes.batch,
        gpu_layers,
        reasons: sizes.reasons,
        file_size,
        path: path.to_owned(),
    };
    Ok(Loaded { model, prompts, info })
}

/// The layers to hand to a graphics card, and why.
fn layers(options: &LlamaOptions) -> (Layers, &'static str) {
    let found = machine::devices().iter().any(|device| device.kind == DeviceKind::Gpu);
    match (options.gpu_layers, found) {
        (Some(_), false) => (Layers::Count(0), "this build or this machine has none"),
        (None, false) => (Layers::Count(0), "none that this build can use"),
        (Some(count), true) => (Layers::Count(count), "as set"),
        (None, true) => {
            let (context, slots) = sizing::wanted(options.context, options.slots);
            (
                Layers::AsFit { context: context.saturating_mul(slots), sequences: slots },
                "as many as fit its free memory",
            )
        }
    }
}

/// Checks that there is a GGUF file, which llama.cpp would not say why it cannot read; its size in bytes.
fn check_file(path: &Path) -> Result<u64, String> {
    let metadata = std::fs::metadata(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file; check the path, or fetch the model first".to_owned(),
        _ => format!("it cannot be read: {error}"),
    })?;
    if !metadata.is_file() {
        return Err("it is not a file; give the path of the GGUF file itself".into());
    }
    if path.to_str().is_none() {
        return Err("its path is not valid Unicode, which llama.cpp cannot open; rename it".into());
    }
    let mut magic = [0; 4];
    File::open(path).and_then(|mut file| file.read_exact(&mut magic)).map_err(|error| match error.kind() {
        std::io::ErrorKind::UnexpectedEof => "it is empty or cut short; fetch it again".to_owned(),
        _ => format!("it cannot be read: {error}"),
    })?;
    if &magic != b"GGUF" {
        return Err(
            "it is not a GGUF file (it does not begin with `GGUF`); convert the model to GGUF, or fetch it again \
                    if it was one"
                .into(),
        );
    }
    Ok(metadata.len())
}

/// Checks what llama.cpp would abort the process on.
fn check_header(path: &Path, size: u64) -> Result<(), String> {
    let file = File::open(path).map_err(|error| format!("it cannot be read: {error}"))?;
    gguf::check(BufReader::new(file), size)
        .map_err(|reason| format!("its header is damaged: {reason}; fetch it again, or convert the model again"))
}

fn prompt_writer(model: &Model, path: &Path) -> Result<PromptWriter, ModelError> {
    let source = model
        .metadata("tokenizer.chat_template")
        .filter(|source| !source.trim().is_empty())
        .ok_or_else(|| ModelError::NoChatTemplate { path: path.to_owned() })?;
    let template =
        ChatTemplate::new(&source, model.begin_text(), model.end_text()).map_err(|reason| ModelError::Load {
            path: path.to_owned(),
            reason: format!("its chat template cannot be read: {reason}; use a file whose template is sound"),
        })?;
    Ok(PromptWriter::new(template, model.control_texts().to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(path: &Path) -> String {
        check_file(path).unwrap_err()
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said() {
        let folder = tempfile::tempdir().unwrap();
        assert!(reason(&folder.path().join("none.gguf")).contains("no such file"));
        assert!(reason(folder.path()).contains("not a file"));
        let file = folder.path().join("model.gguf");
        std::fs::write(&file, b"GG").unwrap();
        assert!(reason(&file).contains("cut short"));
        std::fs::write(&file, b"PK\x03\x04 zipped").unwrap();
        assert!(reason(&file).contains("not a GGUF"));
        std::fs::write(&file, b"GGUF and more").unwrap();
        assert_eq!(check_file(&file), Ok(13));
    }

    #[test]
    fn options_out_of_range_are_named() {
        let options = LlamaOptions { threads: Some(0), ..LlamaOptions::new("none.gguf") };
        let error = load(&options, None).err().unwrap().to_string();
        assert!(error.contains("threads is 0; it must be 1 to 512"), "{error}");
    }
}
