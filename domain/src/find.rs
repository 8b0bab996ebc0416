//! Finding people and rooms by what they are called.

use icu_normalizer::ComposingNormalizerBorrowed;

use crate::{DisplayName, RoomName, TextError, limits};

/// What somebody types to find a person: folded, so that case, width and the
/// way of composing make no difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonQuery(String);

impl PersonQuery {
    /// Parses; the error says what is wrong with the text.
    ///
    /// # Errors
    /// Empty, longer than any name, or not one line.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        // One that finds names by a leading @ finds them without it too.
        let text = text.trim();
        let text = DisplayName::parse(text.strip_prefix('@').unwrap_or(text))?;
        Ok(Self(folded(text.as_str())))
    }

    /// The folded text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What somebody types to find a room, by its name or its topic; folded likewise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomQuery(String);

impl RoomQuery {
    /// Parses; the error says what is wrong with the text.
    ///
    /// # Errors
    /// Empty, longer than any name, or not one line.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        // Rooms are written with a leading #.
        let text = text.trim();
        let text = RoomName::parse(text.strip_prefix('#').unwrap_or(text))?;
        Ok(Self(folded(text.as_str())))
    }

    /// The folded text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A name as it is compared while somebody is looked for: NFKC (UAX #15) in lower
/// case.
pub fn folded(text: &str) -> String {
    let nfkc = ComposingNormalizerBorrowed::new_nfkc();
    nfkc.normalize(&nfkc.normalize(text).to_lowercase()).into_owned()
}

const _: () = assert!(
    limits::USER_NAME_CHARS <= limits::DISPLAY_NAME_CHARS,
    "every name can be asked for in full"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_folded() {
        let query = |text: &str| PersonQuery::parse(text).map(|query| query.0);
        assert_eq!(query(" @Ada "), Ok("ada".to_owned()));
        assert_eq!(query("ＡＤＡ"), Ok("ada".to_owned()), "full width");
        assert_eq!(query("Andre\u{301}"), Ok("andr\u{E9}".to_owned()));
        assert_eq!(query("小明"), Ok("小明".to_owned()));
        assert_eq!(query("100%_\\"), Ok("100%_\\".to_owned()), "no sign means more than itself");
        let room = |text: &str| RoomQuery::parse(text).map(|query| query.0);
        assert_eq!(room(" #Design "), Ok("design".to_owned()));
        assert_eq!(room("茶馆"), Ok("茶馆".to_owned()));
        for bad in ["", "#", "a\nb", &"x".repeat(81)] {
            assert!(room(bad).is_err(), "{bad:?}");
        }
        for bad in ["", "  ", "@", "a\nb", "a\0", "\u{202E}", &"x".repeat(65)] {
            assert!(query(bad).is_err(), "{bad:?}");
        }
    }
}
