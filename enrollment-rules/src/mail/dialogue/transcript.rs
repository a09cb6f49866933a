//! What was said, as an administrator may read it: bounded, without secrets, without what a terminal would act upon.

use super::reply::Reply;
use crate::mail::fate::{Line, Speaker};

/// The most lines kept.
const MAX_LINES: usize = 200;
/// The most lines kept of one reply: what came after it is worth more than the rest of it.
const MAX_LINES_OF_A_REPLY: usize = 30;
/// The most characters kept of a line.
const MAX_CHARACTERS: usize = 300;

/// What stands where a secret was.
pub(super) const MASK: &str = "***";

#[derive(Default)]
pub(super) struct Transcript {
    lines: Vec<Line>,
    secrets: Vec<String>,
}

impl Transcript {
    pub(super) fn new(secrets: Vec<String>) -> Self {
        Self { lines: Vec::new(), secrets }
    }

    pub(super) fn add(&mut self, by: Speaker, text: &str) {
        if self.lines.len() >= MAX_LINES {
            return;
        }
        // A server may say back what it was told.
        let text = self.secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, MASK));
        let shown = |c: char| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c };
        let mut kept: String = text.chars().take(MAX_CHARACTERS).map(shown).collect();
        if kept.len() < text.len() && text.chars().nth(MAX_CHARACTERS).is_some() {
            kept.push('…');
        }
        self.lines.push(Line { by, text: kept });
    }

    pub(super) fn reply(&mut self, reply: &Reply) {
        for line in reply.lines.iter().take(MAX_LINES_OF_A_REPLY) {
            self.add(Speaker::Server, line);
        }
        let rest = reply.lines.len().saturating_sub(MAX_LINES_OF_A_REPLY);
        if rest > 0 {
            self.add(Speaker::Note, &format!("and {rest} more lines"));
        }
    }

    pub(super) fn into_lines(self) -> Vec<Line> {
        self.lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_ends_and_so_does_each_line() {
        let mut transcript = Transcript::default();
        for _ in 0..1_000 {
            transcript.add(Speaker::Server, &"ä".repeat(10_000));
        }
        let lines = transcript.into_lines();
        assert_eq!(lines.len(), MAX_LINES);
        assert!(lines.iter().all(|line| line.text.chars().count() == MAX_CHARACTERS + 1));
    }

    #[test]
    fn a_secret_that_is_said_back_and_control_characters_are_not_shown() {
        let mut transcript = Transcript::new(vec!["hunter2".to_owned()]);
        transcript.add(Speaker::Server, "535 no: hunter2\u{1b}[2J\u{7}");
        let [line] = <[Line; 1]>::try_from(transcript.into_lines()).unwrap();
        assert_eq!(line.text, "535 no: ***\u{fffd}[2J\u{fffd}");
    }
}
