//! How many tests passed and failed, read from what the test runners print.

use std::ops::AddAssign;

/// Tests that ran.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

impl Counts {
    pub(crate) fn is_empty(self) -> bool {
        self == Self::default()
    }

    /// Adds up the closing lines of cargo test, nextest, vitest and node's test runner.
    pub(crate) fn read(log: &str) -> Self {
        let mut all = Self::default();
        for line in log.lines() {
            all += Self::read_line(line.trim());
        }
        all
    }

    fn read_line(line: &str) -> Self {
        let number_first = line.starts_with("test result: ")
            || line.starts_with("Summary [")
            || line.starts_with("Tests ");
        if number_first {
            let words: Vec<&str> = line
                .split(|c: char| !c.is_alphanumeric())
                .filter(|word| !word.is_empty())
                .collect();
            let mut counts = Self::default();
            for pair in words.windows(2) {
                let Ok(number) = pair[0].parse::<u64>() else { continue };
                match pair[1] {
                    "passed" => counts.passed += number,
                    // nextest counts what it had to stop, or could not start, apart.
                    "failed" | "timed" | "exec" => counts.failed += number,
                    _ => {}
                }
            }
            return counts;
        }
        let after = |prefix: &str| line.strip_prefix(prefix).and_then(|rest| rest.parse().ok());
        Self {
            passed: after("# pass ").unwrap_or(0),
            failed: after("# fail ").or_else(|| after("# cancelled ")).unwrap_or(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(passed: u64, failed: u64) -> Counts {
        Counts { passed, failed }
    }

    #[test]
    fn the_closing_line_of_each_runner_is_read() {
        let cases = [
            ("test result: ok. 12 passed; 0 failed; 1 ignored; finished in 0.3s", counts(12, 0)),
            ("     Summary [   4.209s] 40 tests run: 40 passed (2 slow), 3 skipped", counts(40, 0)),
            ("     Summary [   1.0s] 9 tests run: 6 passed, 2 failed, 1 timed out", counts(6, 3)),
            ("      Tests  1 failed | 30 passed (31)", counts(30, 1)),
            ("# pass 7", counts(7, 0)),
            ("# fail 2", counts(0, 2)),
            ("# cancelled 1", counts(0, 1)),
        ];
        for (line, want) in cases {
            assert_eq!(Counts::read(line), want, "{line}");
        }
    }

    #[test]
    fn other_lines_count_nothing_and_several_add_up() {
        let log = "5 passed by here\ntest result: ok. 2 passed; 0 failed\n\
                   test result: FAILED. 1 passed; 1 failed\n";
        assert_eq!(Counts::read(log), counts(3, 1));
    }
}
