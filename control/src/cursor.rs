//! Cursors: where a list goes on, in a form that callers cannot make up.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use parlor_domain::{Code, Refusal};
use sha2::{Digest as _, Sha256};

const VERSION: u8 = 1;
const CHECK_BYTES: usize = 8;

/// A list that is paged: a cursor of one is of no use in another.
pub(crate) struct List<'a> {
    name: &'static str,
    of: &'a [u8],
}

impl<'a> List<'a> {
    /// The list called `name`, of the thing with the id `of`.
    pub(crate) const fn new(name: &'static str, of: &'a [u8]) -> Self {
        Self { name, of }
    }

    /// A cursor that stands at `key` and reads in `direction`.
    pub(crate) fn encode(&self, direction: u8, key: &[u8]) -> String {
        let mut bytes = vec![VERSION, direction];
        bytes.extend_from_slice(key);
        let check = self.check(&bytes);
        bytes.extend_from_slice(&check);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Direction and key of a cursor that [`Self::encode`] made for this list.
    pub(crate) fn decode<const N: usize>(&self, cursor: &str) -> Result<(u8, [u8; N]), Refusal> {
        let invalid = || Refusal::new(Code::InvalidCursor, "not a cursor of this list");
        let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| invalid())?;
        let (bytes, check) = bytes.split_last_chunk::<CHECK_BYTES>().ok_or_else(invalid)?;
        let [VERSION, direction, key @ ..] = bytes else { return Err(invalid()) };
        let key = key.try_into().map_err(|_| invalid())?;
        if *check == self.check(bytes) { Ok((*direction, key)) } else { Err(invalid()) }
    }

    /// Tells a cursor of this list from a typing error or another list's. It
    /// is no secret: a cursor grants nothing.
    fn check(&self, bytes: &[u8]) -> [u8; CHECK_BYTES] {
        let mut hash = Sha256::new();
        for field in [b"parlor cursor".as_slice(), self.name.as_bytes(), self.of, bytes] {
            hash.update((field.len() as u64).to_be_bytes());
            hash.update(field);
        }
        let mut check = [0; CHECK_BYTES];
        check.copy_from_slice(&hash.finalize()[..CHECK_BYTES]);
        check
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r8_only_cursors_of_the_same_list_are_taken() {
        let list = List::new("things", b"a");
        let cursor = list.encode(3, &[7; 16]);
        assert_eq!(list.decode(&cursor), Ok((3, [7; 16])));

        let refused = |list: List<'_>, cursor: &str| {
            list.decode::<16>(cursor).expect_err("refused").code == Code::InvalidCursor
        };
        assert!(refused(List::new("things", b"b"), &cursor));
        assert!(refused(List::new("others", b"a"), &cursor));
        assert!(list.decode::<8>(&cursor).is_err(), "a key of another length");
        for forged in ["", "AQ", "!", "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
            assert!(refused(List::new("things", b"a"), forged), "{forged}");
        }
        for at in 0..cursor.len() {
            let mut bent = cursor.clone().into_bytes();
            bent[at] = if bent[at] == b'A' { b'B' } else { b'A' };
            let bent = String::from_utf8(bent).unwrap();
            assert!(refused(List::new("things", b"a"), &bent), "{bent}");
        }
    }
}
