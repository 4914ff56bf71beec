//! Files that are there whole or not at all, compressed as their names say.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::NamedTempFile;

/// A file in the making. It takes its place when it is finished; before that, nothing is changed. Until then it stands
/// beside its place under a name that begins with `.throughline-`; a process that is killed leaves it there.
pub struct Output {
    path: PathBuf,
    replace: bool,
    encoder: Encoder,
}

/// Why a file cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutputError {
    /// There is such a file already.
    #[error("{} is there already; choose another name, or replace it with `--force`", .0.display())]
    Exists(PathBuf),
    /// The folder or the disk does not take it.
    #[error("{}: {reason}; check that its folder is there and can be written to", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
}

enum Encoder {
    Plain(BufWriter<Sink>),
    Gzip(Box<GzEncoder<BufWriter<Sink>>>),
    Zstd(Box<zstd::Encoder<'static, BufWriter<Sink>>>),
}

/// Where the bytes go.
enum Sink {
    /// Into a new file, which takes its place in the end.
    New(NamedTempFile),
    /// Into what is there and no file: a device, a pipe.
    There(File),
}

impl Output {
    /// Begins the file `path`: compressed with gzip if it ends in `.gz`, with Zstandard if it ends in `.zst` or
    /// `.zstd`, else plain. A file that is there already is only replaced if `replace`; into what is no file, such as a
    /// device, is written as it is.
    ///
    /// # Errors
    /// [`OutputError`] naming the file.
    pub fn create(path: &Path, replace: bool) -> Result<Self, OutputError> {
        let unwritable = |reason| OutputError::Unwritable { path: path.to_owned(), reason };
        let sink = if path.metadata().is_ok_and(|there| !there.is_file()) {
            Sink::There(File::options().write(true).open(path).map_err(unwritable)?)
        } else if !replace && path.symlink_metadata().is_ok() {
            return Err(OutputError::Exists(path.to_owned()));
        } else {
            Sink::new(path).map_err(unwritable)?
        };
        let file = BufWriter::new(sink);
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
        let encoder = match ending.as_str() {
            "gz" => Encoder::Gzip(Box::new(GzEncoder::new(file, Compression::default()))),
            "zst" | "zstd" => {
                let encoder = zstd::Encoder::new(file, zstd::DEFAULT_COMPRESSION_LEVEL).map_err(unwritable)?;
                Encoder::Zstd(Box::new(encoder))
            }
            _ => Encoder::Plain(file),
        };
        Ok(Self { path: path.to_owned(), replace, encoder })
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    /// [`OutputError`] naming the file; then there is none.
    pub fn finish(self) -> Result<(), OutputError> {
        let Self { path, replace, encoder } = self;
        let file = match encoder {
            Encoder::Plain(file) => Ok(file),
            Encoder::Gzip(encoder) => encoder.finish(),
            Encoder::Zstd(encoder) => encoder.finish(),
        };
        let file = file.and_then(|file| file.into_inner().map_err(io::IntoInnerError::into_error));
        let placed = file.and_then(|file| {
            let Sink::New(file) = file else { return Ok(()) };
            file.as_file().sync_all()?;
            let placed = if replace { file.persist(&path) } else { file.persist_noclobber(&path) };
            placed.map(drop).map_err(|error| error.error)
        });
        placed.map_err(|reason| match reason.kind() {
            io::ErrorKind::AlreadyExists => OutputError::Exists(path),
            _ => OutputError::Unwritable { path, reason },
        })
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.encoder {
            Encoder::Plain(file) => file.write(bytes),
            Encoder::Gzip(encoder) => encoder.write(bytes),
            Encoder::Zstd(encoder) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.encoder {
            Encoder::Plain(file) => file.flush(),
            Encoder::Gzip(encoder) => encoder.flush(),
            Encoder::Zstd(encoder) => encoder.flush(),
        }
    }
}

impl Sink {
    fn new(path: &Path) -> io::Result<Self> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut builder = tempfile::Builder::new();
        // Others may read it as they may read what is written otherwise; the process's own mask decides.
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
        let file = builder.prefix(".throughline-").tempfile_in(folder);
        // Its own words name the file that was to be, which nobody asked for.
        file.map(Self::New).map_err(|error| error.kind().into())
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::New(file) => file.write(bytes),
            Self::There(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::New(file) => file.flush(),
            Self::There(file) => file.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_folder_is_told_by_the_name_that_was_given() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("missing/runs.jsonl");
        let told = Output::create(&path, false).err().unwrap().to_string();
        assert!(told.starts_with(&path.display().to_string()), "{told}");
        assert!(!told.contains(".throughline-"), "{told}");
    }
}
