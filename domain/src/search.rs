//! Search over messages: what of a text can be found, and what somebody asks for.
//!
//! Whether a message is a hit is decided here and nowhere else, so that it is the
//! same on every database: an index only says where to look.

mod query;
mod tokens;

pub use query::{Has, Match, Phrase, SearchError, SearchQuery, Sender, Sort};
pub use tokens::{Token, tokens};

/// A text names a web address.
pub fn has_link(text: &str) -> bool {
    ["http://", "https://"].iter().any(|scheme| {
        let rest = text.match_indices(scheme).map(|(at, _)| &text[at + scheme.len()..]);
        rest.into_iter().any(|rest| rest.starts_with(|c: char| c.is_alphanumeric() || c == '['))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_has_a_host() {
        for good in ["see https://example.org.", "<http://[::1]/>", "[a](https://茶馆.example)"] {
            assert!(has_link(good), "{good}");
        }
        for bad in ["https://", "http:// x", "example.org", "ftp://example.org"] {
            assert!(!has_link(bad), "{bad}");
        }
    }
}
