//! What happened, as a hash always and in words when asked.

use std::{collections::VecDeque, time::Duration};

/// Lines that are kept.
const LINES: usize = 60;

/// The trace of one run.
#[derive(Debug)]
pub struct Trace {
    hash: u64,
    lines: Option<VecDeque<String>>,
}

impl Trace {
    /// Keeps the last lines where `in_words`.
    pub fn new(in_words: bool) -> Self {
        Self { hash: 0xcbf2_9ce4_8422_2325, lines: in_words.then(VecDeque::new) }
    }

    /// Two runs with the same hash went the same way.
    pub fn hash(&self) -> u64 {
        self.hash
    }

    /// Mixes a number in (FNV-1a).
    pub fn mix(&mut self, number: u64) {
        self.hash = (self.hash ^ number).wrapping_mul(0x0000_0100_0000_01b3);
        self.hash ^= self.hash >> 29;
    }

    /// True where lines are kept.
    pub fn in_words(&self) -> bool {
        self.lines.is_some()
    }

    /// Adds a line.
    pub fn say(&mut self, now: Duration, words: impl FnOnce() -> String) {
        if let Some(lines) = &mut self.lines {
            if lines.len() == LINES {
                lines.pop_front();
            }
            lines.push_back(format!("{:>12.3} ms  {}", now.as_secs_f64() * 1e3, words()));
        }
    }

    /// The last lines, oldest first.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().flatten().map(String::as_str)
    }
}
