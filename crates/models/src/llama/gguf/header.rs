//! Reads the header of a GGUF file: its metadata and what it says of its tensors. Their data is not read.
//!
//! The format is that of ggml's `docs/gguf.md`, versions 2 and 3.

use std::collections::BTreeMap;
use std::io::Read;

/// Longest key or tensor name in bytes.
const NAME_MAX: u64 = 65_535;

/// What stands before the tensors' data.
#[derive(Debug, Default)]
pub(super) struct Header {
    pub(super) metadata: BTreeMap<String, Value>,
    pub(super) tensors: Vec<Tensor>,
}

/// A metadata value. Numbers of all widths are one kind here.
#[derive(Debug, PartialEq)]
pub(super) enum Value {
    Integer(i128),
    Float(f64),
    Flag(bool),
    Text(String),
    Integers(Vec<i128>),
    /// As they stand in the file; they need not be valid UTF-8.
    Texts(Vec<Vec<u8>>),
    /// An array of numbers that are no integers.
    Floats,
}

/// What the header says of a tensor.
#[derive(Debug, PartialEq)]
pub(super) struct Tensor {
    pub(super) name: String,
    /// Lengths of its dimensions, the fastest first.
    pub(super) shape: Vec<u64>,
}

impl Header {
    /// Reads a header from a file of `size` bytes.
    ///
    /// # Errors
    /// What cannot be right about it.
    pub(super) fn read(file: impl Read, size: u64) -> Result<Self, String> {
        let mut reader = Reader { inner: file, left: size };
        if reader.bytes(4)? != b"GGUF" {
            return Err("it does not begin with `GGUF`".into());
        }
        let version = reader.u32()?;
        if !(2..=3).contains(&version) {
            return Err(format!("its format has version {version}; only 2 and 3 can be read"));
        }
        let (tensors, pairs) = (reader.u64()?, reader.u64()?);
        let mut header = Self::default();
        for _ in 0..pairs {
            let key = reader.name()?;
            let value = reader.value().map_err(|reason| format!("{reason} (at {key:?})"))?;
            if header.metadata.insert(key.clone(), value).is_some() {
                return Err(format!("{key:?} stands in it twice"));
            }
        }
        for _ in 0..tensors {
            let tensor = reader.tensor()?;
            header.tensors.push(tensor);
        }
        Ok(header)
    }
}

struct Reader<R> {
    inner: R,
    /// Bytes of the file that were not read yet: no length may be larger.
    left: u64,
}

impl<R: Read> Reader<R> {
    fn bytes(&mut self, count: u64) -> Result<Vec<u8>, String> {
        self.left = self.left.checked_sub(count).ok_or("it is cut short, or a length in it is damaged")?;
        let mut bytes = Vec::new();
        let read = (&mut self.inner).take(count).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
        if read as u64 == count { Ok(bytes) } else { Err("it is cut short".into()) }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        self.left = self.left.checked_sub(N as u64).ok_or("it is cut short")?;
        let mut bytes = [0; N];
        self.inner.read_exact(&mut bytes).map_err(|error| error.to_string())?;
        Ok(bytes)
    }

    fn u32(&mut self) -> Result<u32, String> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, String> {
        self.array().map(u64::from_le_bytes)
    }

    fn name(&mut self) -> Result<String, String> {
        let length = self.u64()?;
        if length > NAME_MAX {
            return Err(format!("a name in it has {length} bytes"));
        }
        String::from_utf8(self.bytes(length)?).map_err(|_| "a name in it is not valid UTF-8".to_owned())
    }

    fn text(&mut self) -> Result<Vec<u8>, String> {
        let length = self.u64()?;
        self.bytes(length)
    }

    fn value(&mut self) -> Result<Value, String> {
        match self.u32()? {
            TEXT => Ok(Value::Text(String::from_utf8_lossy(&self.text()?).into_owned())),
            ARRAY => self.values(),
            FLAG => Ok(Value::Flag(self.array::<1>()?[0] != 0)),
            F32 => self.array().map(|bytes| Value::Float(f32::from_le_bytes(bytes).into())),
            F64 => self.array().map(|bytes| Value::Float(f64::from_le_bytes(bytes))),
            kind => self.integer(kind).map(Value::Integer),
        }
    }

    fn values(&mut self) -> Result<Value, String> {
        let (kind, count) = (self.u32()?, self.u64()?);
        let width: u64 = match kind {
            F32 => 4,
            F64 => 8,
            _ => 0,
        };
        if width > 0 {
            self.bytes(count.saturating_mul(width))?;
            return Ok(Value::Floats);
        }
        // No memory is set aside for a count that may be wrong: reading ends where the file does.
        if kind == TEXT {
            return (0..count).map(|_| self.text()).collect::<Result<_, _>>().map(Value::Texts);
        }
        (0..count).map(|_| self.integer(kind)).collect::<Result<_, _>>().map(Value::Integers)
    }

    fn integer(&mut self, kind: u32) -> Result<i128, String> {
        Ok(match kind {
            0 | FLAG => u8::from_le_bytes(self.array()?).into(),
            1 => i8::from_le_bytes(self.array()?).into(),
            2 => u16::from_le_bytes(self.array()?).into(),
            3 => i16::from_le_bytes(self.array()?).into(),
            4 => u32::from_le_bytes(self.array()?).into(),
            5 => i32::from_le_bytes(self.array()?).into(),
            10 => u64::from_le_bytes(self.array()?).into(),
            11 => i64::from_le_bytes(self.array()?).into(),
            other => return Err(format!("a value in it is of an unknown type, {other}")),
        })
    }

    fn tensor(&mut self) -> Result<Tensor, String> {
        const DIMENSIONS_MAX: u32 = 4;
        let name = self.name()?;
        let dimensions = self.u32()?;
        if dimensions > DIMENSIONS_MAX {
            return Err(format!("the tensor {name:?} has {dimensions} dimensions"));
        }
        let shape = (0..dimensions).map(|_| self.u64()).collect::<Result<_, _>>()?;
        let (_type, _offset) = (self.u32()?, self.u64()?);
        Ok(Tensor { name, shape })
    }
}

// The numbers of the types that are not integers.
const F32: u32 = 6;
const FLAG: u32 = 7;
const TEXT: u32 = 8;
const ARRAY: u32 = 9;
const F64: u32 = 12;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8]) -> Result<Header, String> {
        Header::read(bytes, bytes.len() as u64)
    }

    /// A header with one pair, `a`, whose type and value are given.
    fn with_value(value: &[u8]) -> Vec<u8> {
        let start: [&[u8]; 6] = [b"GGUF\x03\0\0\0", &[0; 8], &1_u64.to_le_bytes(), &1_u64.to_le_bytes(), b"a", value];
        start.concat()
    }

    #[test]
    fn values_of_all_types_are_read() {
        let one = |bytes: &[u8]| read(&with_value(bytes)).unwrap().metadata.remove("a").unwrap();
        assert_eq!(one(&[1, 0, 0, 0, 0xFE]), Value::Integer(-2));
        assert_eq!(one(&[7, 0, 0, 0, 1]), Value::Flag(true));
        assert_eq!(one(&[&[6, 0, 0, 0][..], &0.5_f32.to_le_bytes()].concat()), Value::Float(0.5));
        assert_eq!(one(&[&[10, 0, 0, 0][..], &u64::MAX.to_le_bytes()].concat()), Value::Integer(u64::MAX.into()));
        let texts = [&[9, 0, 0, 0, 8, 0, 0, 0][..], &1_u64.to_le_bytes(), &2_u64.to_le_bytes(), b"hi"].concat();
        assert_eq!(one(&texts), Value::Texts(vec![b"hi".to_vec()]));
        let numbers = [&[9, 0, 0, 0, 3, 0, 0, 0][..], &2_u64.to_le_bytes(), &[1, 0, 0xFF, 0xFF]].concat();
        assert_eq!(one(&numbers), Value::Integers(vec![1, -1]));
    }

    #[test]
    fn lengths_beyond_the_file_are_refused() {
        let huge = u64::MAX.to_le_bytes();
        for value in [
            [&[8, 0, 0, 0][..], &huge].concat(),
            [&[9, 0, 0, 0, 8, 0, 0, 0][..], &huge].concat(),
            [&[9, 0, 0, 0, 12, 0, 0, 0][..], &huge].concat(),
            [&[9, 0, 0, 0, 0, 0, 0, 0][..], &huge].concat(),
        ] {
            assert!(read(&with_value(&value)).unwrap_err().contains("cut short"));
        }
        assert!(
            read(&with_value(&[9, 0, 0, 0, 9, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0])).unwrap_err().contains("unknown type")
        );
        assert!(read(&[b"GGUF\x03\0\0\0", &huge[..], &huge[..]].concat()).is_err());
        assert!(read(b"GGUF\x01\0\0\0").unwrap_err().contains("version 1"));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(prop_oneof![0..13_u8, any::<u8>()], 0..80)) {
            let _ = read(&with_value(&bytes));
            let _ = read(&[b"GGUF\x03\0\0\0", bytes.as_slice()].concat());
        }
    }
}
