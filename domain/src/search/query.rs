//! What somebody looks for, and what of a text fits it.

use std::{collections::BTreeSet, ops::Range};

use jiff::{civil::Date, tz::TimeZone};

use super::tokens::{Kind, Token, tokens};
use crate::{Timestamp, UserName, find::folded, limits};

/// What somebody looks for, parsed. All of it must fit; of several senders or rooms
/// one must.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchQuery {
    /// Words and phrases.
    pub phrases: Vec<Phrase>,
    /// `from:`
    pub from: Vec<Sender>,
    /// `in:`, folded, without a leading `#` or `@`: a name of a room, or of the other
    /// one in a direct room.
    pub rooms: Vec<String>,
    /// `has:`
    pub has: BTreeSet<Has>,
    /// `before:`, the beginning of that day (UTC).
    pub before: Option<Timestamp>,
    /// `after:`, the end of that day (UTC).
    pub after: Option<Timestamp>,
    /// Parts that can fit nothing, as they were typed: with one of them there are no
    /// hits.
    pub unknown: Vec<String>,
}

/// Tokens that follow each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phrase {
    /// One at least.
    pub tokens: Vec<String>,
    /// The last one is only the beginning of a token: a single character of a script
    /// without spaces.
    pub open: bool,
}

/// Whose messages.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Sender {
    /// Of whoever asks.
    Me,
    /// Of the user called so.
    Named(UserName),
}

/// What a message has beside words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Has {
    /// A file of any kind.
    File,
    /// A picture.
    Image,
    /// A web address.
    Link,
}

/// Which hits come first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sort {
    /// The newest.
    #[default]
    Newest,
    /// Of the newest [`limits::SEARCH_RANKED`] those that fit best.
    Best,
}

/// Why a query was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SearchError {
    /// Nothing but white space.
    #[error("must not be empty")]
    Empty,
    /// Longer than the limit.
    #[error("is too long: at most {} characters", limits::SEARCH_CHARS)]
    TooLong,
    /// More parts than the limit.
    #[error("asks for too much: at most {} words and filters", limits::SEARCH_PARTS)]
    TooMany,
}

/// Where and how well a text fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// What fits, in characters of the text; ascending, apart from each other.
    pub ranges: Vec<Range<usize>>,
    /// Greater fits better; to be compared for one query only.
    pub score: u32,
}

/// One part of what was typed.
struct Part<'a> {
    /// As it was typed.
    typed: &'a str,
    /// Name of the filter, where it is one.
    filter: Option<&'static str>,
    value: &'a str,
}

const FILTERS: [&str; 5] = ["from", "in", "before", "after", "has"];

impl SearchQuery {
    /// Parses: words, `"phrases"`, and `from:`, `in:`, `before:`, `after:`, `has:` with
    /// a value, which may stand in quotes. What fits nothing is no error.
    ///
    /// # Errors
    /// Empty or too long.
    pub fn parse(text: &str) -> Result<Self, SearchError> {
        if text.trim().is_empty() {
            return Err(SearchError::Empty);
        }
        if text.chars().count() > limits::SEARCH_CHARS {
            return Err(SearchError::TooLong);
        }
        let parts = parts(text);
        if parts.len() > limits::SEARCH_PARTS {
            return Err(SearchError::TooMany);
        }
        let mut query = Self::default();
        let mut wordless = Vec::new();
        for part in parts {
            match part.filter {
                None => match Phrase::of(part.value) {
                    Some(phrase) => query.phrases.push(phrase),
                    None => wordless.push(part.typed.to_owned()),
                },
                Some(filter) => {
                    if query.filter(filter, part.value).is_none() {
                        query.unknown.push(part.typed.to_owned());
                    }
                }
            }
        }
        // A sign between words says nothing; but nothing else makes no query.
        if query == Self::default() {
            query.unknown = wordless;
        }
        Ok(query)
    }

    fn filter(&mut self, filter: &str, value: &str) -> Option<()> {
        match filter {
            "from" if folded(value) == "me" => self.from.push(Sender::Me),
            "from" => {
                let name = value.strip_prefix('@').unwrap_or(value);
                self.from.push(Sender::Named(UserName::parse(name).ok()?));
            }
            "in" => {
                let name = value.trim();
                let name = folded(name.strip_prefix(['#', '@']).unwrap_or(name).trim());
                if name.is_empty() {
                    return None;
                }
                self.rooms.push(name);
            }
            "has" => {
                self.has.insert(match folded(value).as_str() {
                    "file" => Has::File,
                    "image" => Has::Image,
                    "link" => Has::Link,
                    _ => return None,
                });
            }
            // The narrowest of several.
            "before" => {
                let before = day(value, 0)?;
                self.before = Some(self.before.map_or(before, |other| other.min(before)));
            }
            "after" => {
                let after = day(value, 1)?;
                self.after = Some(self.after.map_or(after, |other| other.max(after)));
            }
            _ => return None,
        }
        Some(())
    }

    /// Where the words and phrases stand in a text; `None` where one of them does not.
    /// Says nothing about the filters.
    pub fn matches(&self, text: &str) -> Option<Match> {
        let tokens = tokens(text);
        let mut ranges: Vec<Range<usize>> = Vec::new();
        let mut score = 0;
        // Where phrases end that stand one behind the other.
        let mut row: Option<Vec<usize>> = None;
        let mut in_a_row = true;
        for phrase in &self.phrases {
            let places = phrase.places(&tokens);
            if places.is_empty() {
                return None;
            }
            ranges.extend(places.iter().map(|at| phrase.range(&tokens, *at)));
            score += worth(places.len(), tokens.len());
            // The last character of a run may stand between.
            let ends = |at: &usize| {
                row.as_ref().is_none_or(|ends| ends.iter().any(|end| (*end..=end + 1).contains(at)))
            };
            let next: Vec<usize> =
                places.iter().filter(|at| ends(at)).map(|at| at + phrase.tokens.len()).collect();
            in_a_row &= !next.is_empty();
            row = Some(next);
        }
        if in_a_row && self.phrases.len() > 1 {
            score += IN_A_ROW;
        }
        ranges.sort_unstable_by_key(|range| (range.start, range.end));
        Some(Match { ranges: joined(ranges), score })
    }
}

/// What it is worth that all words follow each other: as much as one word that
/// stands in a short text again and again.
const IN_A_ROW: u32 = 1_000;

/// How well a phrase fits a text of `length` tokens in which it stands `times` times,
/// up to 1,000: more often is better, less and less so, and a long text says little
/// (the term of BM25, with 24 tokens for the usual length).
fn worth(times: usize, length: usize) -> u32 {
    let times = u64::try_from(times).unwrap_or(u64::MAX).min(1_000);
    let length = u64::try_from(length).unwrap_or(u64::MAX).min(1_000_000);
    let worth = times * 1_000_000 / (times * 1_000 + 300 + 900 * length / 24);
    u32::try_from(worth).unwrap_or(u32::MAX)
}

/// Ranges, which ascend, without those that touch others.
fn joined(ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    let mut joined: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match joined.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => joined.push(range),
        }
    }
    joined
}

impl Phrase {
    /// The phrase that a text is; `None` where it has no word.
    fn of(text: &str) -> Option<Self> {
        let mut tokens = tokens(text);
        let mut open = false;
        if let Some((Token { kind: Kind::Last, end, .. }, before)) = tokens.split_last() {
            // The pair before it says all; alone it may be the first of any pair.
            let paired =
                before.last().is_some_and(|pair| pair.kind == Kind::Pair && pair.end == *end);
            if paired {
                tokens.pop();
            } else {
                open = true;
            }
        }
        let tokens: Vec<String> = tokens.into_iter().map(|token| token.text).collect();
        (!tokens.is_empty()).then_some(Self { tokens, open })
    }

    /// The tokens of a text at which this begins.
    fn places(&self, tokens: &[Token]) -> Vec<usize> {
        let Some((last, before)) = self.tokens.split_last() else { return Vec::new() };
        let fits = |window: &[Token]| {
            let Some((end, begin)) = window.split_last() else { return false };
            let ends = if self.open { end.text.starts_with(last) } else { end.text == *last };
            ends && begin.iter().zip(before).all(|(token, wanted)| token.text == *wanted)
        };
        let windows = tokens.windows(self.tokens.len()).enumerate();
        windows.filter(|(_, window)| fits(window)).map(|(at, _)| at).collect()
    }

    /// What of a text this is where it begins at a token.
    fn range(&self, tokens: &[Token], at: usize) -> Range<usize> {
        let window = &tokens[at..(at + self.tokens.len()).min(tokens.len())];
        let start = window.first().map_or(0, |token| token.start);
        let end = match window.last() {
            // The pair goes one character further than what was looked for.
            Some(Token { kind: Kind::Pair, .. }) if self.open => {
                tokens.get(at + self.tokens.len()).map_or(start, |next| next.start)
            }
            last => last.map_or(start, |token| token.end),
        };
        start..end
    }
}

/// Cuts what was typed at white space outside of quotes.
fn parts(text: &str) -> Vec<Part<'_>> {
    let (mut parts, mut rest) = (Vec::new(), text.trim_start());
    while !rest.is_empty() {
        let filter = FILTERS.into_iter().find_map(|filter| {
            let (name, behind) = rest.split_at_checked(filter.len())?;
            let value = behind.strip_prefix([':', '：'])?;
            name.eq_ignore_ascii_case(filter).then_some((filter, value))
        });
        let from = filter.map_or(rest, |(_, value)| value);
        let (value, behind) = match from.strip_prefix(is_quote) {
            Some(quoted) => match quoted.find(is_quote) {
                Some(end) => {
                    let (value, behind) = quoted.split_at(end);
                    (value, behind.trim_start_matches(is_quote))
                }
                None => (quoted, ""),
            },
            None => from.split_at(from.find(char::is_whitespace).unwrap_or(from.len())),
        };
        let typed = &rest[..rest.len() - behind.len()];
        parts.push(Part { typed, filter: filter.map(|(filter, _)| filter), value });
        rest = behind.trim_start();
    }
    parts
}

/// Those of an English and of a Chinese keyboard.
fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”')
}

/// The beginning of a day like `2026-11-01`, so many days later.
fn day(text: &str, later: i64) -> Option<Timestamp> {
    use jiff::ToSpan as _;
    let date: Date = folded(text).parse().ok()?;
    let date = date.checked_add(later.days()).ok()?;
    let time = date.to_zoned(TimeZone::UTC).ok()?.timestamp();
    Some(Timestamp::from_micros(time.as_microsecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> SearchQuery {
        SearchQuery::parse(text).expect("parses")
    }

    fn phrases(text: &str) -> Vec<String> {
        query(text).phrases.into_iter().map(|phrase| phrase.tokens.join(" ")).collect()
    }

    /// What of a text is found.
    fn found(text: &str, of: &str) -> Option<Vec<String>> {
        let chars: Vec<char> = of.chars().collect();
        let found = query(text).matches(of)?;
        Some(found.ranges.into_iter().map(|range| chars[range].iter().collect()).collect())
    }

    #[test]
    fn words_phrases_and_filters_are_told_apart() {
        assert_eq!(phrases("Hello \"Good  Morning\" x-y"), ["hello", "good morning", "x y"]);
        assert_eq!(phrases("“早上好” 见面"), ["早上 上好", "见面"]);
        assert_eq!(phrases("\"never closed"), ["never closed"]);
        assert_eq!(phrases("foo:bar https://a.b"), ["foo bar", "https a b"]);
        let all = query("tea From:@Ada from:me IN:#Design in:\"the lab\" has:file has：link");
        assert_eq!(all.from, [Sender::Named(UserName::parse("ada").unwrap()), Sender::Me]);
        assert_eq!(all.rooms, ["design", "the lab"]);
        assert_eq!(all.has, BTreeSet::from([Has::File, Has::Link]));
        assert!(all.unknown.is_empty());
    }

    #[test]
    fn days_are_days_in_utc() {
        let days = query("before:2026-11-03 after:2026-11-01");
        let day = |n: i64| Timestamp::from_micros((20_757 + n) * 86_400 * 1_000_000);
        assert_eq!((days.after, days.before), (Some(day(2)), Some(day(3))));
        assert_eq!(query("before:2026-11-03 before:2026-11-02").before, Some(day(2)));
    }

    #[test]
    fn what_fits_nothing_is_named() {
        let unknown = |text: &str| query(text).unknown;
        assert_eq!(unknown("before:soon x after:2026-13-01"), ["before:soon", "after:2026-13-01"]);
        assert_eq!(
            unknown("has:wings from: from:a/b in:\"\""),
            ["has:wings", "from:", "from:a/b", "in:\"\""]
        );
        assert_eq!(unknown("% 👍"), ["%", "👍"]);
        assert_eq!(unknown("100 %"), [""; 0]);
        assert_eq!(SearchQuery::parse(" \n"), Err(SearchError::Empty));
        assert_eq!(SearchQuery::parse(&"x".repeat(251)), Err(SearchError::TooLong));
        assert_eq!(SearchQuery::parse(&"x ".repeat(21)), Err(SearchError::TooMany));
    }

    #[test]
    fn what_is_found_is_shown_where_it_stands() {
        let hits = |hits: &[&str]| Some(hits.iter().map(ToString::to_string).collect());
        assert_eq!(found("tea", "Tea or TEA"), hits(&["Tea", "TEA"]));
        assert_eq!(found("tea", "teapot"), None);
        assert_eq!(found("\"good morning\"", "Good, morning. Good"), hits(&["Good, morning"]));
        assert_eq!(found("\"morning good\"", "good morning"), None);
        assert_eq!(found("good tea", "tea is good"), hits(&["tea", "good"]));
        assert_eq!(found("世界", "你好世界！"), hits(&["世界"]));
        assert_eq!(found("好世界", "你好世界！"), hits(&["好世界"]));
        assert_eq!(found("好世", "你好，世界"), None);
        assert_eq!(found("好", "你好，好的"), hits(&["好", "好"]));
        assert_eq!(found("界", "世界"), hits(&["界"]));
        assert_eq!(found("rust写", "用Rust写代码"), hits(&["Rust写"]));
        assert_eq!(found("码rust", "代码Rust"), hits(&["码Rust"]));
        assert_eq!(found("代码rust", "写代码 Rust"), hits(&["代码 Rust"]));
        assert_eq!(found("from:ada", "whatever"), hits(&[]), "filters say nothing of the text");
    }

    #[test]
    fn the_best_says_it_more_often_in_fewer_words_and_in_order() {
        let score = |text: &str| query("green tea").matches(text).expect("fits").score;
        assert!(score("green tea") > score("tea, which is green"));
        assert!(score("green tea") > score("the shop on the corner has green tea now"));
        assert!(score("green tea green tea") > score("green tea is what is"));
        let chinese = query("早上 好的");
        let score = |text: &str| chinese.matches(text).expect("fits").score;
        assert!(score("早上，好的") > score("好的，早上"));
    }
}
