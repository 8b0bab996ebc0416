//! What we may depend on: the licences and the banned crates of `deny.toml`.
//!
//! cargo-deny reads the same file and checks more (advisories); this needs no extra tool.

use std::collections::BTreeSet;

/// The rules of `deny.toml` that are checked here.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Rules {
    licences: Vec<String>,
    /// Licences allowed for one crate only: (crate, licence).
    exceptions: Vec<(String, String)>,
    banned: Vec<String>,
}

impl Rules {
    /// Reads the plain form in which `deny.toml` is written: one entry on each line.
    pub(crate) fn read(deny_toml: &str) -> Self {
        let mut rules = Self::default();
        let mut list = "";
        for line in deny_toml.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
            let quoted: Vec<&str> = line.split('"').skip(1).step_by(2).collect();
            if let Some((name, _)) = line.split_once(" = [").filter(|_| !line.starts_with('{')) {
                list = name;
            }
            match (list, quoted.as_slice()) {
                ("allow", licences) => {
                    rules.licences.extend(licences.iter().map(|&licence| licence.to_owned()));
                }
                ("exceptions", [name, licence]) => {
                    rules.exceptions.push((name.to_string(), licence.to_string()));
                }
                ("deny", [name, ..]) => rules.banned.push(name.to_string()),
                _ => {}
            }
            if line.ends_with(']') {
                list = "";
            }
        }
        rules
    }

    /// What is wrong with the packages that `cargo tree` lists as `name version|licence`.
    pub(crate) fn check(&self, tree: &str) -> Vec<String> {
        let mut findings = BTreeSet::new();
        for line in tree.lines() {
            let line = line.trim_end_matches(" (*)");
            let Some((package, licence)) = line.split_once('|') else { continue };
            let name = package.split(' ').next().unwrap_or(package);
            if self.banned.iter().any(|banned| banned == name) {
                findings.insert(format!("{name} is in the tree, and deny.toml bans it"));
            }
            if !self.allows(name, licence) {
                findings.insert(format!("{name}: deny.toml does not allow `{licence}`"));
            }
        }
        findings.into_iter().collect()
    }

    fn allows(&self, name: &str, expression: &str) -> bool {
        let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
        let words: Vec<&str> = spaced.split_whitespace().collect();
        let allowed = |licence: &str| {
            self.licences.iter().any(|known| known == licence)
                || self.exceptions.iter().any(|(at, known)| at == name && known == licence)
        };
        let mut expression = Expression { words: &words, allowed: &allowed };
        expression.any_of() == Some(true) && expression.words.is_empty()
    }
}

/// An SPDX licence expression, read from its front: AND binds tighter than OR.
struct Expression<'a> {
    words: &'a [&'a str],
    allowed: &'a dyn Fn(&str) -> bool,
}

impl Expression<'_> {
    fn take(&mut self, word: &str) -> bool {
        let is_next = self.words.first() == Some(&word);
        if is_next {
            self.words = &self.words[1..];
        }
        is_next
    }

    fn any_of(&mut self) -> Option<bool> {
        let mut good = self.all_of()?;
        while self.take("OR") {
            good |= self.all_of()?;
        }
        Some(good)
    }

    fn all_of(&mut self) -> Option<bool> {
        let mut good = self.one()?;
        while self.take("AND") {
            good &= self.one()?;
        }
        Some(good)
    }

    fn one(&mut self) -> Option<bool> {
        if self.take("(") {
            let good = self.any_of()?;
            return self.take(")").then_some(good);
        }
        let (first, rest) = self.words.split_first()?;
        self.words = rest;
        if self.take("WITH") {
            let (exception, rest) = self.words.split_first()?;
            self.words = rest;
            return Some(
                (self.allowed)(first) || (self.allowed)(&format!("{first} WITH {exception}")),
            );
        }
        Some((self.allowed)(first))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DENY: &str = r#"
[licenses]
# "GPL-3.0" is only mentioned.
allow = [
    "MIT",
    "Apache-2.0",
    "ISC",
]
exceptions = [
    { name = "option-ext", allow = ["MPL-2.0"] },
]
[bans]
deny = [
    { name = "ring", reason = "one crypto provider" },
]
"#;

    fn findings(tree: &str) -> Vec<String> {
        Rules::read(DENY).check(tree)
    }

    #[test]
    fn deny_toml_is_read_as_written() {
        let rules = Rules::read(DENY);
        assert_eq!(rules.licences, ["MIT", "Apache-2.0", "ISC"]);
        assert_eq!(rules.exceptions, [("option-ext".to_owned(), "MPL-2.0".to_owned())]);
        assert_eq!(rules.banned, ["ring"]);
    }

    #[test]
    fn one_allowed_choice_is_enough_and_every_demand_must_be_met() {
        let good = "a v1|MIT OR GPL-3.0\nb v1|ISC AND (GPL-3.0 OR MIT)\nc v1|Unknown/MIT (*)\n\
                    d v1|Apache-2.0 WITH LLVM-exception\noption-ext v1|MPL-2.0";
        assert_eq!(findings(good), Vec::<String>::new());
        for bad in ["MIT AND GPL-3.0", "GPL-3.0", "", "MIT OR", "(MIT", "MPL-2.0", "MIT MIT"] {
            assert_eq!(findings(&format!("a v1|{bad}")).len(), 1, "{bad}");
        }
    }

    #[test]
    fn a_banned_crate_is_found() {
        assert_eq!(
            findings("ring v0.17.14|MIT\nring v0.17.14|MIT (*)"),
            ["ring is in the tree, and deny.toml bans it"]
        );
    }
}
