//! Whom a text calls: `@name` for one member, `@room` for all.

use std::collections::BTreeSet;

use icu_normalizer::ComposingNormalizerBorrowed;
use serde::{Deserialize, Serialize};

use crate::{UserId, UserName, limits};

/// Calls everybody, whoever may bear it as a name.
const EVERYBODY: &str = "room";

/// Whom a message mentions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mentions {
    /// Members who were called by name.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub users: BTreeSet<UserId>,
    /// All members were called.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub room: bool,
}

impl Mentions {
    /// True where nobody is mentioned.
    pub fn is_empty(&self) -> bool {
        self.users.is_empty() && !self.room
    }
}

/// What may be calls in a text, before it is known who is a member.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// Of each, the names it may mean, the likelier first.
    each: Vec<Vec<UserName>>,
    room: bool,
}

impl Calls {
    /// Finds the calls in Markdown: an `@` that ends no word, and the characters of
    /// a user name after it. What stands in code calls nobody. After
    /// [`limits::MENTIONS`] names no further ones are looked for.
    pub fn of(text: &str) -> Self {
        let mut calls = Self::default();
        // As names are, however a keyboard composes them.
        let text = ComposingNormalizerBorrowed::new_nfc().normalize(text);
        for part in prose(&text) {
            let mut before = None;
            for (at, c) in part.char_indices() {
                if c == '@' && !before.is_some_and(|c| is_of_name(c) || c == '@') {
                    calls.add(&part[at + 1..]);
                }
                before = Some(c);
            }
        }
        calls
    }

    fn add(&mut self, rest: &str) {
        let word = rest.split_once(|c| !is_of_name(c)).map_or(rest, |(word, _)| word);
        // A sign at the end may belong to the name, or to the sentence.
        let bare = word.trim_end_matches(['.', '_', '-']);
        if bare.to_lowercase() == EVERYBODY {
            self.room = true;
            return;
        }
        let mut names: Vec<UserName> =
            [word, bare].into_iter().filter_map(|name| UserName::parse(name).ok()).collect();
        names.dedup();
        if !names.is_empty() && !self.each.contains(&names) && self.each.len() < limits::MENTIONS {
            self.each.push(names);
        }
    }

    /// Every name that is needed to tell whom they mean.
    pub fn names(&self) -> impl Iterator<Item = &UserName> {
        self.each.iter().flatten()
    }

    /// Whom they mean, by what is known of the members.
    pub fn mentions(&self, member: impl Fn(&UserName) -> Option<UserId>) -> Mentions {
        let users = self.each.iter().filter_map(|names| names.iter().find_map(&member)).collect();
        Mentions { users, room: self.room }
    }
}

fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '_' | '-')
}

/// The parts of a Markdown text that are no code (CommonMark sections 4.5 and 6.1,
/// as far as back quotes go).
fn prose(text: &str) -> Vec<&str> {
    let (mut parts, mut rest) = (Vec::new(), text);
    while let Some(at) = rest.find('`') {
        let (before, from) = rest.split_at(at);
        let inside = from.trim_start_matches('`');
        let ticks = from.len() - inside.len();
        parts.push(before);
        rest = match code_end(inside, ticks) {
            Some(end) => &inside[end..],
            // A block that is not closed goes on to the end.
            None if ticks >= 3 && (before.is_empty() || before.ends_with('\n')) => "",
            None => inside,
        };
    }
    parts.push(rest);
    parts
}

/// Where code ends that so many back quotes began.
fn code_end(inside: &str, ticks: usize) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = inside[from..].find('`') {
        let begin = from + at;
        let after = inside[begin..].trim_start_matches('`');
        from = inside.len() - after.len();
        if from - begin == ticks {
            return Some(from);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The names that a text calls where everybody is a member, and `@room`.
    fn called(text: &str) -> Vec<String> {
        let calls = Calls::of(text);
        let mut all: Vec<String> = calls.each.iter().map(|names| names[0].to_string()).collect();
        if calls.room {
            all.push("ROOM".to_owned());
        }
        all
    }

    #[test]
    fn names_are_called_by_an_at_sign() {
        assert_eq!(called("@ada, @Ben and (@小明)：@ada"), ["ada", "ben", "小明"]);
        assert_eq!(called("@room look"), ["ROOM"]);
        assert_eq!(called("look @ROOM."), ["ROOM"]);
        assert_eq!(called("@roomy"), ["roomy"]);
        assert_eq!(called("*@ada* [@ben](https://example.org)"), ["ada", "ben"]);
        assert_eq!(called("@andre\u{301} @ｋｅｎ"), ["andré", "ken"], "as names are");
    }

    #[test]
    fn what_ends_a_word_or_stands_in_code_calls_nobody() {
        for text in ["ada@example.org", "a.@ada", "@@ada", "@", "@ ada", "@-ada", "@.", "@👍"] {
            assert_eq!(called(text), [""; 0], "{text}");
        }
        assert_eq!(called(&format!("@{}", "x".repeat(33))), [""; 0]);
        assert_eq!(called("`@ada` ``@ben ` `` @cy"), ["cy"]);
        assert_eq!(called("```\n@ada\n```\n@cy"), ["cy"]);
        assert_eq!(called("@cy\n```\n@ada"), ["cy"], "not closed");
        assert_eq!(called("a ` that is alone @cy"), ["cy"]);
        assert_eq!(called("`@room`"), [""; 0]);
    }

    #[test]
    fn a_sign_at_the_end_belongs_to_the_name_where_somebody_is_called_so() {
        let (ada, dotted) = (UserId::random(), UserId::random());
        let of = |members: &[(&str, UserId)]| {
            let members = members.to_vec();
            let mentions = Calls::of("@ada.").mentions(|name| {
                members.iter().find(|(known, _)| *known == name.as_str()).map(|(_, user)| *user)
            });
            mentions.users.into_iter().collect::<Vec<_>>()
        };
        assert_eq!(of(&[("ada", ada)]), [ada]);
        assert_eq!(of(&[("ada", ada), ("ada.", dotted)]), [dotted]);
        assert_eq!(of(&[("ben", ada)]), []);
    }

    #[test]
    fn only_so_many_are_called() {
        let text: String = (0..limits::MENTIONS + 5).map(|n| format!("@user{n} ")).collect();
        assert_eq!(called(&text).len(), limits::MENTIONS);
    }
}
