//! Lines of the input, whatever it is: none takes more memory than a message.

use std::io;

use parlor_domain::limits;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};

/// A line without its end.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    Text(String),
    /// Longer than a message may be. The rest of it was skipped.
    TooLong,
    /// Not UTF-8.
    NotText,
}

#[derive(Debug)]
pub(super) struct Lines<R> {
    input: BufReader<R>,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input: BufReader::new(input) }
    }

    /// The next line; `None` at the end. A last line needs no end of line.
    pub(super) async fn next(&mut self) -> io::Result<Option<Line>> {
        let mut line = Vec::new();
        let mut skipped = false;
        loop {
            let chunk = self.input.fill_buf().await?;
            if chunk.is_empty() {
                return Ok((skipped || !line.is_empty()).then(|| finish(line, skipped)));
            }
            let end = chunk.iter().position(|byte| *byte == b'\n');
            let part = &chunk[..end.unwrap_or(chunk.len())];
            // One byte more than a message, for the \r that may end the line.
            if line.len() + part.len() <= limits::TEXT_BYTES + 1 {
                line.extend_from_slice(part);
            } else {
                skipped = true;
            }
            let taken = part.len() + usize::from(end.is_some());
            self.input.consume(taken);
            if end.is_some() {
                return Ok(Some(finish(line, skipped)));
            }
        }
    }
}

fn finish(mut line: Vec<u8>, skipped: bool) -> Line {
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    if skipped || line.len() > limits::TEXT_BYTES {
        return Line::TooLong;
    }
    String::from_utf8(line).map_or(Line::NotText, Line::Text)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn lines(input: &[u8]) -> Vec<Line> {
        let mut lines = Lines::new(input);
        let mut all = Vec::new();
        while let Some(line) = lines.next().await.expect("memory reads") {
            all.push(line);
        }
        all
    }

    fn text(text: &str) -> Line {
        Line::Text(text.to_owned())
    }

    #[tokio::test]
    async fn lines_end_as_on_any_system() {
        assert_eq!(lines(b"").await, []);
        assert_eq!(lines(b"a\n\nb\r\nc").await, [text("a"), text(""), text("b"), text("c")]);
        assert_eq!(lines(b"\xff\nb\n").await, [Line::NotText, text("b")]);
    }

    #[tokio::test]
    async fn a_line_may_be_as_long_as_a_message_and_no_longer() {
        let longest = "x".repeat(limits::TEXT_BYTES);
        let input = format!("{longest}\r\n{longest}y\n{longest}{longest}\nend");
        let expected = [text(&longest), Line::TooLong, Line::TooLong, text("end")];
        assert_eq!(lines(input.as_bytes()).await, expected);
    }
}
