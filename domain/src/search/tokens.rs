//! Cuts a text into what can be found of it.

use icu_normalizer::properties::CanonicalCombiningClassMapBorrowed;

use crate::{find::folded, limits};

/// Something that can be found in a text: a word, or two neighbouring characters
/// of a script that is written without spaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Folded, as names are: letters, digits and what combines with them.
    pub text: String,
    /// The first of its characters, of those of the text.
    pub start: usize,
    /// Behind the last of them.
    pub end: usize,
    pub(super) kind: Kind,
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Word,
    /// A character and the one after it.
    Pair,
    /// The last character of a run of such.
    Last,
}

/// The tokens of a text, in its order: the first [`limits::SEARCH_TOKENS`].
///
/// Words are separated by what is neither letter nor digit. Where a script has no
/// spaces (Han, Kana, Hangul, Thai and the like), there is one token for each
/// character, which it begins and the next character ends: a text of two characters
/// or more is found by the pairs it is made of, and a single one as a beginning.
pub fn tokens(text: &str) -> Vec<Token> {
    let units = units(text);
    let mut tokens = Vec::new();
    let mut rest = units.as_slice();
    while let Some(first) = rest.first() {
        let run = rest.iter().take_while(|unit| unit.class == first.class).count();
        let (run, behind) = rest.split_at(run);
        rest = behind;
        match first.class {
            Class::Break => {}
            Class::Word => tokens.push(token(run, limits::SEARCH_WORD_CHARS, Kind::Word)),
            Class::Spaceless => {
                let pairs = run.windows(2).map(|pair| token(pair, 2, Kind::Pair));
                tokens.extend(pairs);
                tokens.extend(
                    run.last().map(|last| token(std::slice::from_ref(last), 1, Kind::Last)),
                );
            }
        }
        if tokens.len() >= limits::SEARCH_TOKENS {
            tokens.truncate(limits::SEARCH_TOKENS);
            break;
        }
    }
    tokens
}

fn token(units: &[Unit], chars: usize, kind: Kind) -> Token {
    let (first, last) = (units.first(), units.last());
    Token {
        text: units.iter().take(chars).map(|unit| unit.c).collect(),
        start: first.map_or(0, |unit| unit.start),
        end: last.map_or(0, |unit| unit.end),
        kind,
    }
}

/// A folded character, and where in the text it comes from.
#[derive(Clone, Copy, Debug)]
struct Unit {
    c: char,
    start: usize,
    end: usize,
    class: Class,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Word,
    Spaceless,
    Break,
}

/// Folds each character together with those that combine with it, so that every
/// folded one is known to come from somewhere.
fn units(text: &str) -> Vec<Unit> {
    let mut units = Vec::with_capacity(text.len());
    let mut chars = text.char_indices().peekable();
    let mut start = 0;
    while let Some((at, c)) = chars.next() {
        let (mut end, mut behind) = (start + 1, at + c.len_utf8());
        while let Some((at, c)) = chars.next_if(|(_, c)| extends(*c)) {
            (end, behind) = (end + 1, at + c.len_utf8());
        }
        let unit = |c, class| Unit { c, start, end, class };
        if c.is_ascii() && end == start + 1 {
            units.push(unit(c.to_ascii_lowercase(), class(c)));
        } else {
            let mut before = Class::Break;
            for c in folded(&text[at..behind]).chars() {
                match class(c) {
                    // A mark that no composed character has.
                    Class::Break if extends(c) && before != Class::Break => {
                        units.push(unit(c, before));
                    }
                    class => {
                        before = class;
                        units.push(unit(c, class));
                    }
                }
            }
        }
        start = end;
    }
    units
}

/// Belongs to the character before it: combining marks, the sound marks of narrow
/// Katakana, the vowels and finals of Hangul syllables, variation selectors.
fn extends(c: char) -> bool {
    const CLASSES: CanonicalCombiningClassMapBorrowed<'static> =
        CanonicalCombiningClassMapBorrowed::new();
    match c {
        '\0'..='\u{02FF}' => false,
        '\u{1160}'..='\u{11FF}' | '\u{FE00}'..='\u{FE0F}' | '\u{FF9E}' | '\u{FF9F}' => true,
        _ => CLASSES.get_u8(c) != 0,
    }
}

fn class(c: char) -> Class {
    match c {
        _ if !c.is_alphanumeric() => Class::Break,
        // Thai, Lao, Myanmar, Khmer; Hangul; ideographs, Kana and Bopomofo.
        '\u{0E00}'..='\u{0EFF}'
        | '\u{1000}'..='\u{109F}'
        | '\u{1100}'..='\u{11FF}'
        | '\u{1780}'..='\u{17FF}'
        | '\u{2E80}'..='\u{9FFF}'
        | '\u{A960}'..='\u{A97F}'
        | '\u{AC00}'..='\u{D7FF}'
        | '\u{F900}'..='\u{FAFF}'
        | '\u{1AFF0}'..='\u{1B16F}'
        | '\u{20000}'..='\u{3FFFF}' => Class::Spaceless,
        _ => Class::Word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        tokens(text).into_iter().map(|token| token.text).collect()
    }

    #[test]
    fn words_are_folded_and_cut_at_signs() {
        assert_eq!(
            texts("Hello, WORLD! it's 2nd_try"),
            ["hello", "world", "it", "s", "2nd", "try"]
        );
        assert_eq!(texts("ＡＢＣ ﬁne Andre\u{301} ½"), ["abc", "fine", "andr\u{E9}", "1", "2"]);
        assert_eq!(texts("q\u{303}x"), ["q\u{303}x"], "a mark that composes with nothing");
        assert_eq!(texts(" \n%_\\'\"* 👍 \u{301}"), [""; 0]);
        assert_eq!(texts(&"x".repeat(100)), ["x".repeat(limits::SEARCH_WORD_CHARS)]);
    }

    #[test]
    fn scripts_without_spaces_are_found_by_pairs() {
        assert_eq!(texts("你好世界"), ["你好", "好世", "世界", "界"]);
        assert_eq!(texts("用Rust写代码。好"), ["用", "rust", "写代", "代码", "码", "好"]);
        assert_eq!(texts("ﾊﾟﾝ"), ["パン", "ン"], "narrow Katakana");
        assert_eq!(texts("\u{1112}\u{1161}\u{11AB}글"), ["한글", "글"]);
        assert_eq!(texts("人々"), ["人々", "々"]);
    }

    #[test]
    fn every_token_knows_where_it_stands() {
        let text = "Café\u{301}: 你好 ﷺ";
        let chars: Vec<char> = text.chars().collect();
        let found: Vec<String> = tokens(text)
            .iter()
            .map(|token| chars[token.start..token.end].iter().collect())
            .collect();
        assert_eq!(found, ["Café\u{301}", "你好", "好", "ﷺ", "ﷺ", "ﷺ", "ﷺ"]);
    }

    #[test]
    fn no_text_has_more_tokens_than_the_limit() {
        assert_eq!(tokens(&"x ".repeat(limits::TEXT_BYTES / 2)).len(), limits::SEARCH_TOKENS);
        let longest = tokens(&"ﷺ".repeat(limits::TEXT_BYTES / 3));
        assert!(longest.len() <= limits::SEARCH_TOKENS);
    }
}
