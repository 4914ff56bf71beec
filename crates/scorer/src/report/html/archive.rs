//! The conversations of a page, set down while they are read.
//!
//! A page holds every conversation in full, which may be far more than memory should hold. So they are put together
//! into blocks that are compressed one by one and kept in a temporary file; beside them stands an index with what the
//! page lists and filters by. The page decompresses the index when it opens and a block when somebody looks into it.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufWriter, Read, Seek, Write};

use base64::engine::general_purpose::STANDARD;
use base64::write::EncoderWriter;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use indexmap::IndexSet;
use serde::Serialize;
use throughline_conversation::Transcript;

use super::shown::{Item, shown};
use crate::ScoreError;
use crate::run::Run;

/// How much uncompressed text is put into a block before the next one begins: enough to compress well, little enough
/// to be decompressed at once when a conversation is opened.
const BLOCK: usize = 1 << 18;

/// The fault that stands in no transcript.
const SHARDS_LEFT: &str = "simulator: shards left";

/// Conversations that were set down for a page, in temporary files that go when this goes.
#[derive(Debug)]
pub struct Archive {
    blocks: BufWriter<File>,
    /// The compressed sizes of the blocks, in bytes.
    sizes: Vec<u64>,
    /// The block in the making: a JSON array without its end.
    block: Vec<u8>,
    /// How many conversations the block in the making holds.
    in_block: usize,
    index: ZlibEncoder<BufWriter<File>>,
    names: Names,
    count: usize,
}

/// What is set down of one conversation. Making it is the dear part, and needs nothing but the transcript.
pub(crate) struct Held {
    /// What the viewer gets, as JSON.
    shown: Vec<u8>,
    /// The response types in it, each once.
    types: BTreeSet<String>,
    /// User turns.
    turns: usize,
}

impl Held {
    /// What is set down of `transcript`.
    pub(crate) fn of(transcript: &Transcript) -> Self {
        let shown = shown(transcript);
        let type_of = |item: &Item<'_>| match item {
            Item::Verification { response_type } => Some(response_type.clone()),
            _ => None,
        };
        Self {
            types: shown.items.iter().filter_map(type_of).collect(),
            turns: shown.items.iter().filter(|item| matches!(item, Item::User { .. })).count(),
            // Text keys and finite numbers always serialise; were it otherwise, the viewer would say that nothing is here.
            shown: serde_json::to_vec(&shown).unwrap_or_else(|_| b"{\"about\":[],\"items\":[]}".to_vec()),
        }
    }
}

/// Names that many conversations share; the index has their numbers.
#[derive(Debug, Default, Serialize)]
struct Names {
    tasks: IndexSet<String>,
    models: IndexSet<String>,
    settings: IndexSet<String>,
    stops: IndexSet<String>,
    types: IndexSet<String>,
    faults: IndexSet<String>,
}

/// What the index holds of a conversation; an array in JSON, so the order matters to the page's script.
#[derive(Serialize)]
struct Listed<'a>(
    /// The id.
    &'a str,
    /// Task, model and setting.
    [usize; 3],
    /// The instruction.
    &'a str,
    /// The score, from 0 to 100.
    f64,
    /// The stop reason.
    usize,
    /// Response types.
    Vec<usize>,
    /// Faults.
    Vec<usize>,
    /// User turns.
    usize,
    /// The block, and the place in it.
    [usize; 2],
);

impl Archive {
    /// An empty collection.
    ///
    /// # Errors
    /// [`ScoreError::Temporary`] when there is no room for temporary files.
    pub fn new() -> Result<Self, ScoreError> {
        Self::create().map_err(|reason| ScoreError::Temporary { reason })
    }

    fn create() -> io::Result<Self> {
        let mut index = ZlibEncoder::new(BufWriter::new(tempfile::tempfile()?), Compression::default());
        index.write_all(b"{\"conversations\":[")?;
        Ok(Self {
            blocks: BufWriter::new(tempfile::tempfile()?),
            sizes: Vec::new(),
            block: Vec::new(),
            in_block: 0,
            index,
            names: Names::default(),
            count: 0,
        })
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Sets a conversation down; `shards` are those of its instruction, where its sample is known.
    pub(crate) fn add(
        &mut self,
        conv_id: &str,
        run: &Run,
        held: Held,
        shards: Option<&BTreeSet<i64>>,
    ) -> io::Result<()> {
        let left = shards.is_some_and(|shards| run.facts.leaves_shards(run.score, shards));
        let names = &mut self.names;
        let listed = Listed(
            conv_id,
            [
                number(&mut names.tasks, &run.cell.task),
                number(&mut names.models, &run.cell.model),
                number(&mut names.settings, &run.cell.setting.name),
            ],
            &run.instruction,
            run.score,
            number(&mut names.stops, run.facts.stop.name()),
            held.types.iter().map(|name| number(&mut names.types, name)).collect(),
            run.facts
                .faults
                .names()
                .chain(left.then_some(SHARDS_LEFT))
                .map(|name| number(&mut names.faults, name))
                .collect(),
            held.turns,
            [self.sizes.len(), self.in_block],
        );
        if self.count > 0 {
            self.index.write_all(b",\n")?;
        }
        serde_json::to_writer(&mut self.index, &listed)?;
        self.count += 1;
        self.block.push(if self.in_block == 0 { b'[' } else { b',' });
        self.block.extend(held.shown);
        self.in_block += 1;
        if self.block.len() >= BLOCK { self.end_block() } else { Ok(()) }
    }

    fn end_block(&mut self) -> io::Result<()> {
        if self.in_block > 0 {
            self.block.push(b']');
            let mut packed = ZlibEncoder::new(Vec::new(), Compression::default());
            packed.write_all(&self.block)?;
            let packed = packed.finish()?;
            self.blocks.write_all(&packed)?;
            self.sizes.push(packed.len() as u64);
            self.block.clear();
            self.in_block = 0;
        }
        Ok(())
    }

    /// Everything that was set down, ready to be written.
    pub(super) fn pack(mut self) -> io::Result<Packed> {
        self.end_block()?;
        self.index.write_all(b"],\"names\":")?;
        serde_json::to_writer(&mut self.index, &self.names)?;
        self.index.write_all(b"}")?;
        Ok(Packed {
            index: rewound(self.index.finish()?)?,
            blocks: rewound(self.blocks)?,
            sizes: self.sizes,
            count: self.count,
        })
    }
}

/// An archive to which nothing is added any more.
pub(super) struct Packed {
    index: File,
    blocks: File,
    sizes: Vec<u64>,
    /// How many conversations there are.
    pub(super) count: usize,
}

impl Packed {
    /// How many bytes it takes in a page, about.
    pub(super) fn size(&self) -> io::Result<u64> {
        // Three bytes are four characters in base64.
        Ok((self.index.metadata()?.len() + self.sizes.iter().sum::<u64>()) * 4 / 3)
    }

    /// Writes everything as elements that a browser keeps and does not run, in base64: no character of a conversation
    /// stands in the page itself.
    pub(super) fn write(&mut self, page: &mut impl Write) -> io::Result<()> {
        element(page, "index", &mut self.index)?;
        for (number, size) in self.sizes.iter().enumerate() {
            element(page, &format!("block-{number}"), &mut (&self.blocks).take(*size))?;
        }
        Ok(())
    }
}

fn number(names: &mut IndexSet<String>, name: &str) -> usize {
    names.get_index_of(name).unwrap_or_else(|| names.insert_full(name.to_owned()).0)
}

fn rewound(file: BufWriter<File>) -> io::Result<File> {
    let mut file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.rewind()?;
    Ok(file)
}

fn element(page: &mut impl Write, id: &str, content: &mut impl Read) -> io::Result<()> {
    write!(page, "<script type=\"application/octet-stream\" id=\"{id}\">")?;
    let mut encoder = EncoderWriter::new(&mut *page, &STANDARD);
    io::copy(content, &mut encoder)?;
    encoder.finish()?;
    drop(encoder);
    page.write_all(b"</script>\n")
}
