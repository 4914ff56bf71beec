//! From bytes to text: compression and archives, told by their first bytes.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use zip::ZipArchive;

/// Lines of recorded conversations run to many kilobytes.
const BUFFER: usize = 1 << 17;

/// How much of a text is looked at to tell what it holds.
const HEAD: u64 = 1 << 12;

const MAGIC: u64 = 4;
const ARCHIVE: [u8; 4] = *b"PK\x03\x04";
const GZIP: [u8; 2] = [0x1f, 0x8b];
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// Zstandard's skippable frames, of which the last four bits are free.
const ZSTD_SKIPPABLE: [u8; 3] = [0x2a, 0x4d, 0x18];
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// An input that is open.
pub(crate) enum Opened<'a> {
    /// Text, and its beginning, which is a part of it.
    Text(Vec<u8>, Box<dyn Read + Send + 'a>),
    /// An archive, as which inspect_ai writes its logs.
    Archive(Box<ZipArchive<File>>),
}

/// Opens a file.
pub(crate) fn file(path: &Path) -> io::Result<Opened<'static>> {
    let mut file = File::open(path)?;
    if !file.metadata()?.is_file() {
        return reader(file);
    }
    let (magic, _) = beginning(&file, MAGIC);
    file.rewind()?;
    if magic == ARCHIVE { archive(file) } else { text(&magic, file) }
}

/// Takes an input that can be read only once.
pub(crate) fn reader<'a>(reader: impl Read + Send + 'a) -> io::Result<Opened<'a>> {
    let (magic, mut whole) = beginning(reader, MAGIC);
    if magic == ARCHIVE {
        // An archive's table of contents stands at its end.
        let mut spooled = tempfile::tempfile()?;
        io::copy(&mut whole, &mut spooled)?;
        return archive(spooled);
    }
    text(&magic, whole)
}

fn archive(file: File) -> io::Result<Opened<'static>> {
    Ok(Opened::Archive(Box::new(ZipArchive::new(file)?)))
}

fn text<'a>(magic: &[u8], input: impl Read + Send + 'a) -> io::Result<Opened<'a>> {
    let bytes = BufReader::with_capacity(BUFFER, input);
    let text: Box<dyn Read + Send + 'a> = if magic.starts_with(&GZIP) {
        Box::new(MultiGzDecoder::new(bytes))
    } else if magic == ZSTD || (magic.ends_with(&ZSTD_SKIPPABLE) && magic[0] & 0xf0 == 0x50) {
        Box::new(zstd::Decoder::with_buffer(bytes)?)
    } else {
        Box::new(bytes)
    };
    let (head, mut whole) = beginning(text, HEAD);
    let skipped = if head.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
    io::copy(&mut (&mut whole).take(skipped as u64), &mut io::sink())?;
    Ok(Opened::Text(head[skipped..].to_owned(), Box::new(whole)))
}

/// The beginning of an input, and the whole of it. A failure behind the beginning does not cost what stands before it.
fn beginning<R: Read>(mut input: R, length: u64) -> (Vec<u8>, impl Read + use<R>) {
    let mut start = Vec::new();
    let failed = (&mut input).take(length).read_to_end(&mut start).err();
    (start.clone(), Cursor::new(start).chain(Failed(failed)).chain(input))
}

/// An input that has failed already, and says so once.
struct Failed(Option<io::Error>);

impl Read for Failed {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}
