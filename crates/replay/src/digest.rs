//! Hashes: of files, of run names, and seeds derived from them. The same on every machine and in every version.

use std::fmt::Write;

use sha2::{Digest, Sha256};

/// SHA-256 of some bytes, as 64 lower-case hexadecimal digits.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// The seed of one model call, from 0 to 2^31 - 1.
///
/// It is taken from the SHA-256 of the root seed and the parts that name the call, so that every call has its own
/// seed, and none depends on which runs went before it or beside it. The highest bit is left out: some backends
/// read a seed as a signed number, and llama.cpp reads 2^32 - 1 as "draw one".
pub fn derive_seed(root: u32, parts: &[&str]) -> u32 {
    let digest = digest_of_parts(root, parts);
    let (head, _) = digest.split_first_chunk::<4>().unwrap_or((&[0; 4], &[]));
    u32::from_be_bytes(*head) >> 1
}

/// The first twelve hexadecimal digits of the hash of a root seed and the parts of a name.
pub(crate) fn short_hash(root: u32, parts: &[&str]) -> String {
    let mut text = hex(&digest_of_parts(root, parts));
    text.truncate(12);
    text
}

/// Each part is preceded by its length, so that no two lists of parts are hashed alike.
fn digest_of_parts(root: u32, parts: &[&str]) -> Vec<u8> {
    let mut hasher = Sha256::new();
    hasher.update(root.to_be_bytes());
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_the_published_one() {
        // The example "abc" of FIPS 180-2.
        assert_eq!(sha256_hex(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn a_seed_never_changes() {
        // Pinned: recorded experiments are repeated from these numbers.
        // The number was computed by another implementation of the same rule.
        assert_eq!(derive_seed(7, &["sample", "full", "0", "0", "assistant"]), 498_483_838);
    }

    #[test]
    fn parts_do_not_run_into_each_other() {
        assert_ne!(derive_seed(0, &["ab", "c"]), derive_seed(0, &["a", "bc"]));
        assert_ne!(derive_seed(0, &["a"]), derive_seed(1, &["a"]));
    }

    #[test]
    fn a_seed_fits_a_signed_number() {
        assert!((0..1000).all(|root| derive_seed(root, &["x"]) <= i32::MAX.unsigned_abs()));
    }
}
