//! What one emoji is.

use std::{iter::Peekable, str::Chars};

const JOINER: char = '\u{200D}';
const AS_PICTURE: char = '\u{FE0F}';
const KEYCAP: char = '\u{20E3}';
const END_OF_TAGS: char = '\u{E007F}';

/// True for one possible emoji of UTS #51 section 1.4.9: a picture, a flag or a
/// keycap, or several of them joined to one.
pub(crate) fn is_one(text: &str) -> bool {
    let mut rest = text.chars().peekable();
    loop {
        if !element(&mut rest) {
            return false;
        }
        match rest.next() {
            None => return true,
            Some(JOINER) => {}
            Some(_) => return false,
        }
    }
}

/// Takes what may stand between two joiners.
fn element(rest: &mut Peekable<Chars<'_>>) -> bool {
    match rest.next() {
        Some(c) if is_regional(c) => rest.next().is_some_and(is_regional),
        Some('0'..='9' | '#' | '*') => {
            let _ = rest.next_if_eq(&AS_PICTURE);
            rest.next_if_eq(&KEYCAP).is_some()
        }
        Some(c) if is_picture(c) => modified(rest),
        _ => false,
    }
}

/// Takes what may follow a picture: another skin, the wish to be one, or tags.
fn modified(rest: &mut Peekable<Chars<'_>>) -> bool {
    if rest.next_if(|c| is_skin(*c)).is_some() || rest.next_if_eq(&AS_PICTURE).is_some() {
        return true;
    }
    let mut tagged = false;
    while rest.next_if(|c| is_tag(*c)).is_some() {
        tagged = true;
    }
    !tagged || rest.next_if_eq(&END_OF_TAGS).is_some()
}

const fn is_regional(c: char) -> bool {
    matches!(c, '\u{1F1E6}'..='\u{1F1FF}')
}

const fn is_skin(c: char) -> bool {
    matches!(c, '\u{1F3FB}'..='\u{1F3FF}')
}

const fn is_tag(c: char) -> bool {
    matches!(c, '\u{E0020}'..='\u{E007E}')
}

/// By block, so that pictures of a later Unicode are taken too.
const fn is_picture(c: char) -> bool {
    matches!(c,
        '©' | '®' | '‼' | '⁉' | '™' | 'ℹ' | '〰' | '〽' | '㊗' | '㊙'
        | '\u{2190}'..='\u{2BFF}' | '\u{1F000}'..='\u{1FBFF}')
}

#[cfg(test)]
mod tests {
    use super::is_one;

    #[test]
    fn one_picture_is_one_however_many_characters_it_takes() {
        for one in ["👍", "👍🏽", "❤", "❤\u{FE0F}", "1\u{FE0F}\u{20E3}", "#\u{20E3}", "🇹🇼", "👨‍👩‍👧‍👦"]
        {
            assert!(is_one(one), "{one}");
        }
        // Scotland; a woman who is a scientist.
        assert!(is_one("🏴\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}"));
        assert!(is_one("👩🏿\u{200D}🔬"));
    }

    #[test]
    fn words_and_several_pictures_are_none() {
        for bad in
            ["", "a", "é", "好", "1", "ok", "👍👍", "👍 ", " 👍", "👍a", "🇹", "\u{200D}", "\n"]
        {
            assert!(!is_one(bad), "{bad:?}");
        }
        assert!(!is_one("👍\u{200D}"), "joined to nothing");
        assert!(!is_one("🏴\u{E0067}"), "tags without an end");
        assert!(!is_one("👍\u{202E}"));
    }
}
