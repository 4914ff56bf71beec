//! All that is called of llama.cpp's bindings, with what llama.cpp would abort the process on checked before.

use std::ffi::CString;
use std::num::NonZeroU32;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Mutex, OnceLock, PoisonError};

use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::params::LlamaContextParams;
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::model::params::LlamaModelParams;
use llama_cpp_2::sampling::LlamaSampler;
use llama_cpp_2::token::LlamaToken;
use llama_cpp_2::token::data::LlamaTokenData;
use llama_cpp_2::token::data_array::LlamaTokenDataArray;
use llama_cpp_2::{LlamaBackendDeviceType, LogOptions};

use super::machine::{DeviceInfo, DeviceKind};
use super::runs;

/// A token of the vocabulary.
pub(super) type Token = LlamaToken;
/// Tokens with their logits, from which a sampler chooses.
pub(super) type Candidates = LlamaTokenDataArray;
/// One of them.
pub(super) type Candidate = LlamaTokenData;
/// One step of sampling.
pub(super) type Sampler = LlamaSampler;

/// Called with the share of the file that is loaded, from 0 to 1.
pub(super) type Progress = Box<dyn FnMut(f32) + Send>;

/// The seed that llama.cpp takes for "a random one".
const RANDOM_SEED: u32 = u32::MAX;

fn backend() -> Result<&'static LlamaBackend, String> {
    static BACKEND: OnceLock<Result<LlamaBackend, String>> = OnceLock::new();
    let start = || {
        llama_cpp_2::send_logs_to_tracing(LogOptions::default());
        LlamaBackend::init().map_err(|error| error.to_string())
    };
    BACKEND.get_or_init(start).as_ref().map_err(Clone::clone)
}

/// The devices that this build of llama.cpp can compute on. Of the processor's memory, all counts as free here.
pub(super) fn devices() -> Vec<DeviceInfo> {
    if backend().is_err() {
        return Vec::new();
    }
    let info = |device: llama_cpp_2::LlamaBackendDevice| DeviceInfo {
        name: device.name,
        description: device.description,
        kind: match device.device_type {
            LlamaBackendDeviceType::Cpu => DeviceKind::Cpu,
            LlamaBackendDeviceType::Gpu | LlamaBackendDeviceType::IntegratedGpu => DeviceKind::Gpu,
            LlamaBackendDeviceType::Accelerator => DeviceKind::Accelerator,
            LlamaBackendDeviceType::Unknown => DeviceKind::Unknown,
        },
        memory_free: device.memory_free as u64,
        memory_total: device.memory_total as u64,
    };
    llama_cpp_2::list_llama_ggml_backend_devices().into_iter().map(info).collect()
}

/// What a model remembers of the tokens that it has read, and so where a sequence of them can be cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Memory {
    /// Keys and values of every token.
    Full,
    /// The same, but some layers look back over so many tokens only. llama.cpp gives the places of what they no longer
    /// see to other tokens, and does not tell.
    Sliding(usize),
    /// A running state, with or without keys and values beside it; it cannot go back.
    Running,
}

impl Memory {
    /// Whether of a sequence of `length` tokens the first `keep` can be kept alone.
    pub(super) fn can_cut(self, length: usize, keep: usize) -> bool {
        let anywhere = match self {
            Self::Full => true,
            Self::Sliding(window) => length < window,
            Self::Running => false,
        };
        anywhere || keep == 0 || keep == length
    }
}

/// A loaded model.
pub(super) struct Model {
    inner: LlamaModel,
    backend: &'static LlamaBackend,
    /// For each token whether it steers the model and has no text.
    control: Vec<bool>,
    /// The texts of these tokens.
    control_texts: Vec<String>,
    /// Whether llama.cpp cuts texts into words before it looks for tokens.
    cuts_words: bool,
    gpu_layers: u32,
}

/// How many layers a graphics card is to compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layers {
    /// So many, and all where there are fewer.
    Count(u32),
    /// As many as fit beside so many tokens of conversations.
    AsFit { context: u32, sequences: u32 },
}

/// Memory of a card that is left to others.
const CARD_MARGIN: usize = 1 << 30;

/// Lets llama.cpp choose what fits the cards; nothing goes to them where it finds no way.
fn as_fit(
    path: &Path,
    parameters: LlamaModelParams,
    context: u32,
    sequences: u32,
) -> Result<Pin<Box<LlamaModelParams>>, String> {
    // The fitting changes how llama.cpp logs while it runs.
    static FITTING: Mutex<()> = Mutex::new(());
    let path = path.to_str().and_then(|path| CString::new(path).ok()).ok_or("its path holds a NUL")?;
    let mut parameters = Box::pin(parameters);
    let mut conversations =
        LlamaContextParams::default().with_n_ctx(NonZeroU32::new(context)).with_n_seq_max(sequences);
    let mut margins = vec![CARD_MARGIN; llama_cpp_2::max_devices()];
    let fitted = {
        let _guard = FITTING.lock().unwrap_or_else(PoisonError::into_inner);
        let level = llama_cpp_sys_2::GGML_LOG_LEVEL_ERROR;
        parameters.as_mut().fit_params(&path, &mut conversations, &mut margins, context, level)
    };
    match fitted {
        Ok(_) => Ok(parameters),
        Err(error) => {
            tracing::warn!(%error, "nothing fits the graphics card");
            Ok(Box::pin(LlamaModelParams::default().with_n_gpu_layers(0)))
        }
    }
}

impl Model {
    /// Loads a file that is known to exist.
    pub(super) fn load(path: &Path, layers: Layers, progress: Option<Progress>) -> Result<Self, String> {
        let backend = backend()?;
        let mut parameters = LlamaModelParams::default();
        if let Some(mut progress) = progress {
            parameters = parameters.with_progress_callback(move |share| {
                progress(share);
                true
            });
        }
        let parameters = match layers {
            Layers::Count(count) => Box::pin(parameters.with_n_gpu_layers(count)),
            Layers::AsFit { context, sequences } => as_fit(path, parameters, context, sequences)?,
        };
        let model = LlamaModel::load_from_file(backend, path, &parameters).map_err(|error| error.to_string())?;
        // A negative number stands for all of them, the output's among them.
        let gpu_layers = u32::try_from(parameters.n_gpu_layers()).unwrap_or(u32::MAX).min(model.n_layer() + 1);
        let vocab = model.vocab();
        let control = vocab.tokens().map(|token| vocab.is_control(token)).collect();
        let mut model =
            Self { inner: model, backend, control, control_texts: Vec::new(), cuts_words: false, gpu_layers };
        model.cuts_words = model.metadata("tokenizer.ggml.model").is_some_and(|kind| kind == "gpt2");
        let tokens = model.inner.vocab().tokens().filter(|token| model.is_control(*token));
        model.control_texts = tokens.map(|token| model.name_of(token)).filter(|text| !text.is_empty()).collect();
        Ok(model)
    }

    /// Layers that a graphics card computes, that of the output among them.
    pub(super) fn gpu_layers(&self) -> u32 {
        self.gpu_layers
    }

    /// Tokens of the vocabulary.
    pub(super) fn vocabulary(&self) -> u64 {
        self.control.len() as u64
    }

    /// Bytes of keys and values for one token, in half precision. A bound from above for models that remember some of
    /// their layers otherwise.
    pub(super) fn bytes_per_token(&self) -> u64 {
        let architecture = self.metadata("general.architecture").unwrap_or_default();
        let stated =
            |key: &str| self.metadata(&format!("{architecture}.attention.{key}")).and_then(|text| text.parse().ok());
        let usual = u64::try_from(self.inner.n_embd()).unwrap_or_default() / u64::from(self.inner.n_head().max(1));
        let [keys, values] = ["key_length", "value_length"].map(|key| stated(key).unwrap_or(usual));
        u64::from(self.layers()) * u64::from(self.inner.n_head_kv()) * (keys + values) * 2
    }

    pub(super) fn metadata(&self, key: &str) -> Option<String> {
        self.inner.meta_val_str(key).ok()
    }

    pub(super) fn trained_context(&self) -> u32 {
        self.inner.n_ctx_train()
    }

    pub(super) fn parameters(&self) -> u64 {
        self.inner.n_params()
    }

    pub(super) fn layers(&self) -> u32 {
        self.inner.n_layer()
    }

    /// What the model remembers.
    pub(super) fn memory(&self) -> Memory {
        if self.inner.is_recurrent() || self.inner.is_hybrid() {
            return Memory::Running;
        }
        let architecture = self.metadata("general.architecture").unwrap_or_default();
        let stated =
            self.metadata(&format!("{architecture}.attention.sliding_window")).and_then(|text| text.parse().ok());
        // These have a window of their own in llama.cpp, whether their files state one or not.
        let fixed = match architecture.as_str() {
            "gemma2" | "exaone4" => Some(4096),
            "llama4" => Some(8192),
            _ => None,
        };
        match stated.or(fixed) {
            Some(window) if window > 0 => Memory::Sliding(window),
            _ => Memory::Full,
        }
    }

    /// Tokens of `text`; `control` says whether the texts of control tokens become these tokens.
    pub(super) fn tokenize(&self, text: &str, control: bool) -> Vec<Token> {
        let parts = if self.cuts_words { runs::parts(text, &self.control_texts) } else { vec![text] };
        parts.into_iter().flat_map(|part| self.inner.vocab().tokenize(part.as_bytes(), false, control)).collect()
    }

    /// The token that begins a text, where the vocabulary asks for one.
    pub(super) fn begin_token(&self) -> Option<Token> {
        let vocab = self.inner.vocab();
        vocab.should_add_bos().then(|| vocab.bos()).filter(|token| token.0 >= 0)
    }

    /// Text of the token that begins a text; empty where there is none.
    pub(super) fn begin_text(&self) -> String {
        self.name_of(self.inner.vocab().bos())
    }

    /// Text of the token that ends a text; empty where there is none.
    pub(super) fn end_text(&self) -> String {
        self.name_of(self.inner.vocab().eos())
    }

    /// The texts of all control tokens.
    pub(super) fn control_texts(&self) -> &[String] {
        &self.control_texts
    }

    fn name_of(&self, token: Token) -> String {
        if usize::try_from(token.0).is_ok_and(|index| index < self.control.len()) {
            self.inner.vocab().text(token).map(|text| text.to_string_lossy().into_owned()).unwrap_or_default()
        } else {
            String::new()
        }
    }

    /// The bytes that a token adds to a text: none for a control token.
    pub(super) fn bytes(&self, token: Token) -> Vec<u8> {
        self.inner.vocab().token_to_piece(token, false, None)
    }

    /// Whether the token ends a reply.
    pub(super) fn is_end(&self, token: Token) -> bool {
        self.inner.vocab().is_eog(token)
    }

    pub(super) fn is_control(&self, token: Token) -> bool {
        usize::try_from(token.0).is_ok_and(|index| self.control.get(index).copied().unwrap_or(false))
    }

    /// A grammar that is known to be well-formed; llama.cpp may still refuse it.
    pub(super) fn grammar(&self, gbnf: &str) -> Option<Sampler> {
        LlamaSampler::grammar(&self.inner, gbnf, "root").ok()
    }
}

/// GBNF for what fits a JSON schema.
pub(super) fn schema_to_gbnf(schema: &str) -> Option<String> {
    llama_cpp_2::json_schema_to_grammar(schema).ok()
}

/// Temperature and nucleus, without the choice itself.
pub(super) fn shaping_sampler(temperature: f32, top_p: f32) -> Sampler {
    LlamaSampler::chain([LlamaSampler::temp(temperature), LlamaSampler::top_p(top_p, 1)], true)
}

/// A choice by probability.
pub(super) fn choosing_sampler(seed: Option<u32>) -> Sampler {
    LlamaSampler::dist(seed.map_or(RANDOM_SEED, |seed| seed.min(RANDOM_SEED - 1)))
}

/// Every token with its logit, in `space`, which is reused: a vocabulary is long, and this is done for every token.
pub(super) fn candidates(logits: &[f32], mut space: Vec<Candidate>) -> Candidates {
    space.clear();
    space.extend((0..).zip(logits).map(|(id, logit)| LlamaTokenData::new(LlamaToken::new(id), *logit, 0.0)));
    LlamaTokenDataArray::new(space, false)
}

/// Whether the grammar lets this token follow.
pub(super) fn grammar_allows(grammar: &mut Sampler, token: Token) -> bool {
    let mut one = LlamaTokenDataArray::new(vec![LlamaTokenData::new(token, 1.0, 0.0)], false);
    grammar.apply(&mut one);
    one.data.first().is_some_and(|data| data.logit().is_finite())
}

/// How large a context is to be.
#[derive(Clone, Copy, Debug)]
pub(super) struct ContextSize {
    /// Tokens of one sequence.
    pub(super) tokens: u32,
    /// Sequences.
    pub(super) sequences: u32,
    /// Threads to compute with.
    pub(super) threads: u32,
    /// Most tokens of one decode.
    pub(super) batch: u32,
}

/// One token to decode.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    pub(super) token: Token,
    /// Its place in the sequence.
    pub(super) position: usize,
    pub(super) sequence: usize,
    /// Whether logits of the token after it are wanted.
    pub(super) logits: bool,
}

/// The memory of all sequences. Each has a buffer of its own: in a shared one, every token would be computed against
/// the cells of all conversations, those of idle slots among them.
pub(super) struct Context<'model> {
    inner: LlamaContext<'model>,
    batch: LlamaBatch<'static>,
    batch_tokens: usize,
    sequences: usize,
    capacity: usize,
}

impl<'model> Context<'model> {
    pub(super) fn new(model: &'model Model, size: ContextSize) -> Result<Self, String> {
        // Two contexts must not be created at once: creation writes to the model.
        static CREATION: Mutex<()> = Mutex::new(());
        let threads = i32::try_from(size.threads).unwrap_or(i32::MAX);
        let all =
            size.tokens.checked_mul(size.sequences).filter(|all| i32::try_from(*all).is_ok()).ok_or_else(|| {
                format!("{} slots of {} tokens are more than llama.cpp can count", size.sequences, size.tokens)
            })?;
        let parameters = LlamaContextParams::default()
            .with_n_ctx(NonZeroU32::new(all))
            .with_n_batch(size.batch)
            .with_n_ubatch(size.batch)
            .with_n_seq_max(size.sequences)
            .with_kv_unified(false)
            // The whole of a sequence, beyond the attention's window: only then can its end be cut off.
            .with_swa_full(true)
            .with_n_threads(threads)
            .with_n_threads_batch(threads)
            .with_no_perf(true);
        let context = {
            let _guard = CREATION.lock().unwrap_or_else(PoisonError::into_inner);
            model.inner.new_context(model.backend, parameters).map_err(|error| error.to_string())?
        };
        // llama.cpp may have lowered what was asked for.
        let batch_tokens = context.n_batch() as usize;
        let capacity = context.n_ctx() as usize / size.sequences.max(1) as usize;
        Ok(Self {
            batch: LlamaBatch::new(batch_tokens, 1),
            batch_tokens,
            sequences: size.sequences as usize,
            capacity,
            inner: context,
        })
    }

    /// Most rows of one decode.
    pub(super) fn batch_tokens(&self) -> usize {
        self.batch_tokens
    }

    /// Decodes rows; after an error, what the context holds is not known any more.
    pub(super) fn decode(&mut self, rows: &[Row]) -> Result<(), String> {
        if rows.is_empty() || rows.len() > self.batch_tokens {
            return Err(format!("a batch of {} of {} tokens", rows.len(), self.batch_tokens));
        }
        self.batch.clear();
        for row in rows {
            let (Ok(position), Ok(sequence)) = (i32::try_from(row.position), i32::try_from(row.sequence)) else {
                return Err("a position beyond what llama.cpp can count".into());
            };
            if row.position >= self.capacity || row.sequence >= self.sequences {
                return Err(format!("no place {position} in a sequence {sequence}"));
            }
            self.batch.add(row.token, position, &[sequence], row.logits).map_err(|error| error.to_string())?;
        }
        self.inner.decode(&mut self.batch).map_err(|error| error.to_string())
    }

    /// Logits of the token after row `row` of the last decode, which must have asked for them.
    pub(super) fn logits(&self, row: usize) -> &[f32] {
        self.inner.get_logits_ith(i32::try_from(row).unwrap_or(i32::MAX))
    }

    /// Forgets a sequence from place `keep` on. Whether that was possible; if not, the whole sequence is forgotten.
    pub(super) fn trim(&mut self, sequence: usize, keep: usize) -> bool {
        let (sequence, keep) = (u32::try_from(sequence).ok(), u32::try_from(keep).ok());
        if keep.is_some_and(|keep| keep > 0) && self.inner.clear_kv_cache_seq(sequence, keep, None).unwrap_or(false) {
            return true;
        }
        let _ = self.inner.clear_kv_cache_seq(sequence, None, None);
        keep == Some(0)
    }

    /// Replaces a sequence by another one, which has to be made of cells.
    pub(super) fn copy(&mut self, from: usize, to: usize) {
        // A part cannot be copied from one buffer to another: llama.cpp aborts.
        if from < self.sequences
            && to < self.sequences
            && from != to
            && let (Ok(from), Ok(to)) = (i32::try_from(from), i32::try_from(to))
        {
            let _ = self.inner.copy_kv_cache_seq(from, to, None, None);
        }
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.inner.clear_kv_cache();
    }
}
