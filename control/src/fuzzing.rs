//! What the fuzz target `cursor` calls: strings that claim to say where a list
//! goes on. A broken promise is a panic.

use arbitrary::{Result, Unstructured};
use parlor_domain::Code;

use crate::cursor::List;

/// Edits of one run.
const EDITS: usize = 64;

/// Lists as there are, of two things each.
static LISTS: [List<'static>; 4] = [
    List::new("messages", &[1; 16]),
    List::new("messages", &[2; 16]),
    List::new("members", &[1; 16]),
    List::new("rooms/public", &[]),
];

/// The first byte chooses the list, and whether the rest is a cursor as it is, or
/// a script of edits of one that the list made.
///
/// A cursor is taken by the list that made it, with a key of the right length,
/// and only to the letter; all else is `INVALID_CURSOR`.
pub fn cursor(data: &[u8]) {
    let Some((way, rest)) = data.split_first() else { return };
    let which = usize::from(way >> 1) % LISTS.len();
    if way & 1 == 0 {
        let list = &LISTS[which];
        let text = String::from_utf8_lossy(rest);
        decode::<8>(list, &text);
        decode::<16>(list, &text);
        return;
    }
    // A script that ends early has ended.
    let _ = edited(which, &mut Unstructured::new(rest));
}

fn edited(which: usize, script: &mut Unstructured<'_>) -> Result<()> {
    let list = &LISTS[which];
    let direction = script.arbitrary()?;
    let key: [u8; 16] = script.arbitrary()?;
    let length = script.int_in_range(0..=16_usize)?;
    let key = &key[..length];
    let made = list.encode(direction, key);
    let there = |wanted| (length == wanted).then(|| (direction, key.to_vec()));
    assert_eq!(decode::<8>(list, &made), there(8));
    assert_eq!(decode::<16>(list, &made), there(16));
    for (_, other) in LISTS.iter().enumerate().filter(|(index, _)| *index != which) {
        let taken = decode::<8>(other, &made).or(decode::<16>(other, &made));
        assert_eq!(taken, None, "a cursor of another list");
    }
    let mut bent = made.clone().into_bytes();
    for _ in 0..EDITS {
        if script.is_empty() {
            break;
        }
        let at = script.choose_index(bent.len() + 1)?;
        let byte = script.arbitrary::<u8>()?;
        match script.int_in_range(0..=3_u8)? {
            0 => bent.insert(at, byte),
            1 if at < bent.len() => bent[at] = byte,
            2 if at < bent.len() => drop(bent.remove(at)),
            _ => bent.truncate(at),
        }
        let text = String::from_utf8_lossy(&bent);
        let taken = decode::<16>(list, &text).is_some() || decode::<8>(list, &text).is_some();
        assert!(!taken || text == made, "{text} passes for {made}");
    }
    Ok(())
}

/// What the list makes of it, which must be what it would have made it from.
fn decode<const N: usize>(list: &List<'_>, text: &str) -> Option<(u8, Vec<u8>)> {
    match list.decode::<N>(text) {
        Ok((direction, key)) => {
            assert_eq!(list.encode(direction, &key), text, "two cursors for one place");
            Some((direction, key.to_vec()))
        }
        Err(refusal) => {
            assert_eq!(refusal.code, Code::InvalidCursor);
            None
        }
    }
}

#[cfg(test)]
#[path = "../../fuzz/src/corpus.rs"]
mod corpus;

#[cfg(test)]
mod tests {
    use super::*;

    fn seeds() -> Vec<(&'static str, Vec<u8>)> {
        let text = |way: u8, text: String| [&[way], text.as_bytes()].concat();
        vec![
            ("messages", text(0, LISTS[0].encode(1, &41_u64.to_be_bytes()))),
            ("members", text(4, LISTS[2].encode(0, &[9; 16]))),
            ("rooms", text(6, LISTS[3].encode(0, &[9; 16]))),
            ("of-another-list", text(2, LISTS[0].encode(1, &41_u64.to_be_bytes()))),
            ("nothing", text(0, String::new())),
            ("zeroes", text(0, "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned())),
            ("edits", [&[1; 18][..], &[16], &[3; 60]].concat()),
            ("short-edits", [&[1; 18][..], &[8], &[5, 66, 1, 0, 7, 2, 9, 9, 0]].concat()),
        ]
    }

    #[test]
    fn r8_cursors_of_the_corpus_are_refused_or_what_they_were() {
        corpus::seed("cursor", &seeds());
        corpus::replay("cursor", cursor);
    }
}
