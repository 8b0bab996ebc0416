//! Texts that cannot be wrong once they exist.

use std::fmt;

use icu_normalizer::ComposingNormalizerBorrowed;
use serde::{Deserialize, Serialize};

use crate::{FileIds, emoji, find::folded, limits};

/// Why a text was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Nothing left after trimming.
    #[error("must not be empty")]
    Empty,
    /// Longer than the limit.
    #[error("is too long: at most {limit} {unit}")]
    TooLong {
        /// The limit.
        limit: usize,
        /// What it counts.
        unit: &'static str,
    },
    /// Shorter than the limit.
    #[error("is too short: at least {limit} characters")]
    TooShort {
        /// The limit in characters.
        limit: usize,
    },
    /// A character that is not taken here.
    #[error("has a character that is not allowed: {0:?}")]
    Character(char),
    /// No emoji, or several.
    #[error("must be one emoji")]
    NotOneEmoji,
}

/// Characters that change how the text around them is shown, or show nothing:
/// fine in a message, a means of deceit in a name (UAX #9 section 2.7, UTS #39).
fn is_deceptive(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{061C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180E}'
        | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

fn name(text: &str, limit: usize) -> Result<String, TextError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(TextError::Empty);
    }
    line(text, limit)
}

/// One line in normalization form C (UAX #15): what looks the same is the same,
/// however a keyboard composes it.
fn line(text: &str, limit: usize) -> Result<String, TextError> {
    let text = ComposingNormalizerBorrowed::new_nfc().normalize(text.trim());
    if let Some(c) = text.chars().find(|c| c.is_control() || is_deceptive(*c)) {
        return Err(TextError::Character(c));
    }
    if text.chars().count() > limit {
        return Err(TextError::TooLong { limit, unit: "characters" });
    }
    Ok(text.into_owned())
}

/// One emoji, kept as it was written.
fn one_emoji(text: &str) -> Result<String, TextError> {
    if text.len() > limits::EMOJI_BYTES {
        return Err(TextError::TooLong { limit: limits::EMOJI_BYTES, unit: "bytes" });
    }
    if emoji::is_one(text) { Ok(text.to_owned()) } else { Err(TextError::NotOneEmoji) }
}

macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $parse:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Parses; the error says what is wrong with the text.
            ///
            /// # Errors
            /// See [`TextError`].
            pub fn parse(text: &str) -> Result<Self, TextError> {
                let parse: fn(&str) -> Result<String, TextError> = $parse;
                parse(text).map(Self)
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = TextError;
            fn try_from(text: String) -> Result<Self, TextError> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> String {
                text.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

text!(
    /// Text of a message: Markdown source of 1 to [`limits::TEXT_BYTES`] bytes,
    /// kept as it was written; no NUL, not only white space. It may be empty
    /// beside attachments alone: see [`Body::beside`].
    Body,
    |text| {
        if text.len() > limits::TEXT_BYTES {
            return Err(TextError::TooLong { limit: limits::TEXT_BYTES, unit: "bytes" });
        }
        if text.contains('\0') {
            return Err(TextError::Character('\0'));
        }
        if text.trim().is_empty() {
            return Err(TextError::Empty);
        }
        Ok(text.to_owned())
    }
);
text!(
    /// Text that is being written: at most [`limits::TEXT_BYTES`] bytes, kept as it
    /// was written; no NUL; may be empty.
    DraftText,
    |text| {
        if text.len() > limits::TEXT_BYTES {
            return Err(TextError::TooLong { limit: limits::TEXT_BYTES, unit: "bytes" });
        }
        if text.contains('\0') {
            return Err(TextError::Character('\0'));
        }
        Ok(text.to_owned())
    }
);
text!(
    /// The name of a file: the last part of the path that it was given, of up to
    /// [`limits::FILE_NAME_CHARS`] characters, without those that hide or turn what
    /// stands around them; no control character.
    FileName,
    |text| {
        let last = text.rsplit(['/', '\\']).next().unwrap_or_default();
        let shown: String = last.chars().filter(|c| !is_deceptive(*c)).collect();
        match name(&shown, limits::FILE_NAME_CHARS)? {
            // Names of folders, not of files.
            dots if dots == "." || dots == ".." => Err(TextError::Empty),
            name => Ok(name),
        }
    }
);
text!(
    /// A room's name: one line, trimmed, without invisible characters.
    RoomName,
    |text| name(text, limits::ROOM_NAME_CHARS)
);
text!(
    /// What is told to everybody: one line, trimmed, without invisible characters.
    AnnouncementText,
    |text| name(text, limits::ANNOUNCEMENT_CHARS)
);
text!(
    /// A room's topic: one line, trimmed; may be empty.
    Topic,
    |text| line(text, limits::TOPIC_CHARS)
);
text!(
    /// A user's unique name: letters and digits of any script, `.`, `_`, `-`;
    /// starts with a letter or digit; folded, so that `Ada`, `ada` and `ａｄａ` are
    /// one.
    UserName,
    |text| {
        let text = name(&folded(text), limits::USER_NAME_CHARS)?;
        let first = text.chars().next();
        let allowed = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-');
        if let Some(c) = text.chars().find(|c| !allowed(*c)) {
            return Err(TextError::Character(c));
        }
        match first {
            Some(c) if !c.is_alphanumeric() => Err(TextError::Character(c)),
            _ => Ok(text),
        }
    }
);
text!(
    /// The name others see: one line, trimmed, without invisible characters.
    DisplayName,
    |text| name(text, limits::DISPLAY_NAME_CHARS)
);
text!(
    /// What a user is at: one line, trimmed; may be empty.
    StatusText,
    |text| line(text, limits::STATUS_TEXT_CHARS)
);
text!(
    /// The [`Emoji`] of a status, trimmed; may be empty.
    StatusEmoji,
    |text| match text.trim() {
        "" => Ok(String::new()),
        text => one_emoji(text),
    }
);
text!(
    /// What a device calls itself: one line, trimmed.
    DeviceName,
    |text| name(text, limits::DEVICE_NAME_CHARS)
);

text!(
    /// One emoji of up to [`limits::EMOJI_BYTES`] bytes, kept as it was written.
    Emoji,
    one_emoji
);

text!(
    /// What a program says it is, for people to recognise a device by: one line,
    /// trimmed; may be empty. Of HTTP it is the `User-Agent`.
    ClientName,
    |text| line(text, limits::CLIENT_CHARS)
);

impl Body {
    /// The text of a message with these attachments: where there are any, it may be
    /// empty.
    ///
    /// # Errors
    /// See [`TextError`].
    pub fn beside(text: &str, attachments: &FileIds) -> Result<Self, TextError> {
        if attachments.is_empty() { Self::parse(text) } else { Self::comment(text) }
    }

    /// What somebody says to a message that they forward: may be empty.
    ///
    /// # Errors
    /// See [`TextError`].
    pub fn comment(text: &str) -> Result<Self, TextError> {
        match Self::parse(text) {
            Err(TextError::Empty) => Ok(Self(String::new())),
            parsed => parsed,
        }
    }

    /// There is no text, only attachments or what is forwarded.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FileName {
    /// What stands after the last dot, in small letters; empty where nothing does.
    pub fn extension(&self) -> String {
        self.0.rsplit_once('.').map_or_else(String::new, |(_, end)| end.to_ascii_lowercase())
    }

    /// The same name with another extension. One that would become too long keeps
    /// its own.
    #[must_use]
    pub fn with_extension(&self, extension: &str) -> Self {
        let stem = self.0.rsplit_once('.').map_or(self.as_str(), |(stem, _)| stem);
        Self::parse(&format!("{stem}.{extension}")).unwrap_or_else(|_| self.clone())
    }
}

impl ClientName {
    /// As much as can be had of what a program says: nobody is turned away for
    /// the name of a program.
    pub fn lossy(text: &str) -> Self {
        let kept = |c: &char| !(c.is_control() || is_deceptive(*c));
        let text: String = text.chars().filter(kept).take(limits::CLIENT_CHARS).collect();
        Self::parse(&text).unwrap_or_default()
    }
}

macro_rules! may_be_empty {
    ($($name:ident),*) => {
        $(impl Default for $name {
            fn default() -> Self {
                Self(String::new())
            }
        })*
    };
}
may_be_empty!(DraftText, Topic, StatusText, StatusEmoji, ClientName);

/// A password on its way to the hash; never printed, stored or sent on.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// Checks the length: [`limits::PASSWORD_MIN_CHARS`] characters to
    /// [`limits::PASSWORD_MAX_BYTES`] bytes. How guessable it is, is judged
    /// where accounts are made.
    ///
    /// # Errors
    /// Too short or too long.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        if text.len() > limits::PASSWORD_MAX_BYTES {
            return Err(TextError::TooLong { limit: limits::PASSWORD_MAX_BYTES, unit: "bytes" });
        }
        if text.chars().count() < limits::PASSWORD_MIN_CHARS {
            return Err(TextError::TooShort { limit: limits::PASSWORD_MIN_CHARS });
        }
        Ok(Self(text.to_owned()))
    }

    /// The password itself, for the hash alone.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FileId;

    #[test]
    fn u1_names_of_files_are_names_and_nothing_else() {
        let parsed = |text: &str| FileName::parse(text).map(String::from);
        assert_eq!(parsed("../../etc/passwd").as_deref(), Ok("passwd"));
        assert_eq!(parsed("C:\\temp\\plan.pdf").as_deref(), Ok("plan.pdf"));
        assert_eq!(parsed("photo\u{202E}gpj.exe").as_deref(), Ok("photogpj.exe"));
        assert_eq!(parsed("早上好.png").as_deref(), Ok("早上好.png"));
        assert_eq!(parsed("nul\0.txt"), Err(TextError::Character('\0')));
        assert_eq!(parsed("a\r\nSet-Cookie: b"), Err(TextError::Character('\r')));
        for nothing in ["", " ", "..", "a/", "/", ".", "\u{200B}"] {
            assert_eq!(parsed(nothing), Err(TextError::Empty), "{nothing:?}");
        }
        assert!(parsed(&"x".repeat(limits::FILE_NAME_CHARS)).is_ok());
        assert!(parsed(&"x".repeat(limits::FILE_NAME_CHARS + 1)).is_err());
        let name = FileName::parse("holiday.WebP").expect("valid");
        assert_eq!(name.extension(), "webp");
        assert_eq!(name.with_extension("jpg").as_str(), "holiday.jpg");
        assert_eq!(FileName::parse("README").expect("valid").extension(), "");
    }

    #[test]
    fn a_text_may_be_empty_beside_attachments_alone() {
        let (none, one) = (FileIds::default(), FileIds::new(vec![FileId::random()]));
        let one = one.expect("one");
        assert_eq!(Body::beside(" ", &none), Err(TextError::Empty));
        assert_eq!(Body::beside(" ", &one).map(|body| body.is_empty()), Ok(true));
        assert_eq!(Body::beside("hi", &one), Body::parse("hi"));
        assert_eq!(Body::beside("\0", &one), Err(TextError::Character('\0')));
    }

    #[test]
    fn bodies_keep_what_was_written() {
        let text = "  *hi*\n\tthere \u{202E} 你好 ";
        assert_eq!(Body::parse(text).expect("valid").as_str(), text);
        assert_eq!(Body::parse(" \n\t"), Err(TextError::Empty));
        assert_eq!(Body::parse("a\0b"), Err(TextError::Character('\0')));
        assert!(Body::parse(&"x".repeat(limits::TEXT_BYTES)).is_ok());
        assert!(Body::parse(&"x".repeat(limits::TEXT_BYTES + 1)).is_err());
    }

    #[test]
    fn r7_names_refuse_what_deceives_the_eye() {
        for bad in ["a\0b", "a\u{202E}b", "a\u{200B}b", "line\nbreak", "\u{FEFF}x", "", "   "] {
            assert!(RoomName::parse(bad).is_err(), "{bad:?}");
            assert!(DisplayName::parse(bad).is_err(), "{bad:?}");
            assert!(UserName::parse(bad).is_err(), "{bad:?}");
        }
        assert_eq!(RoomName::parse("  設計 room ").expect("valid").as_str(), "設計 room");
    }

    #[test]
    fn names_are_composed_so_that_what_looks_the_same_is_the_same() {
        let composed = UserName::parse("andr\u{E9}").expect("valid");
        assert_eq!(UserName::parse("andre\u{301}").expect("valid"), composed);
        let hangul = DisplayName::parse("\u{1112}\u{1161}\u{11AB}").expect("valid");
        assert_eq!(hangul.as_str(), "\u{D55C}");
        let longest = "e\u{301}".repeat(limits::STATUS_TEXT_CHARS);
        assert!(StatusText::parse(&longest).is_ok(), "counted as it is seen");
    }

    #[test]
    fn a_status_is_one_line_and_its_emoji_no_word() {
        assert_eq!(StatusText::parse(" 开会中 ").expect("valid").as_str(), "开会中");
        assert_eq!(StatusText::parse("").expect("none").as_str(), "");
        for bad in ["a\nb", "a\u{7}", "a\u{202E}b", &"x".repeat(101)] {
            assert!(StatusText::parse(bad).is_err(), "{bad:?}");
        }
        for good in ["", "🌴", "❤️", "1️⃣", "🇨🇳", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "👩🏽‍❤️‍💋‍👨🏼", "🅱️", "✓"]
        {
            assert!(StatusEmoji::parse(good).is_ok(), "{good:?}");
        }
        for bad in ["a", "7", "🌴b", "中", "\u{200D}", "🌴🌴", "\u{202E}", "<"] {
            assert!(StatusEmoji::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn whatever_a_program_is_called_is_taken_as_far_as_it_goes() {
        assert_eq!(ClientName::lossy(" Mozilla/5.0\u{7} (X11)").as_str(), "Mozilla/5.0 (X11)");
        assert_eq!(ClientName::lossy(&"x".repeat(9_000)).as_str().len(), limits::CLIENT_CHARS);
        assert_eq!(ClientName::lossy("\r\n").as_str(), "");
    }

    #[test]
    fn user_names_fold_case_and_take_few_signs() {
        assert_eq!(UserName::parse("Ada.L-1_x").expect("valid").as_str(), "ada.l-1_x");
        assert_eq!(UserName::parse("小明").expect("valid").as_str(), "小明");
        assert_eq!(UserName::parse("ｋｅｎ").expect("valid").as_str(), "ken");
        for bad in ["two words", "-dash", "a/b", "a@b", &"x".repeat(33)] {
            assert!(UserName::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn an_emoji_is_one_and_short() {
        assert_eq!(Emoji::parse("👍").expect("valid").as_str(), "👍");
        assert_eq!(Emoji::parse("+1"), Err(TextError::NotOneEmoji));
        let long = "👩‍👩‍👧‍👦‍👧‍👦‍👧‍👦";
        assert!(matches!(Emoji::parse(long), Err(TextError::TooLong { .. })));
    }

    #[test]
    fn passwords_are_never_printed_or_cut() {
        let password = Password::parse("correct horse").expect("valid");
        assert_eq!(format!("{password:?}"), "Password(..)");
        assert!(Password::parse("short").is_err());
        assert!(Password::parse(&"x".repeat(64)).is_ok());
        assert!(Password::parse(&"x".repeat(1_025)).is_err());
    }
}
