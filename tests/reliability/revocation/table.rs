//! What was measured, as a table on the screen.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Duration;

use super::scale::Scale;

/// What was measured, in seconds as they would be without the scale.
pub(super) struct Table {
    scale: Scale,
    text: String,
    late: Vec<String>,
}

impl Table {
    pub(super) fn new(scale: Scale) -> Self {
        let mut text = format!(
            "\nlast click that was accepted, seconds after the revocation (times divided by {scale})\n"
        );
        let _ =
            writeln!(text, "{:<32}{:>6}{:>10}{:>10}{:>10}", "", "bound", "a person", "a device", "everyone");
        Self { scale, text, late: vec![] }
    }

    pub(super) fn row(&mut self, place: &str, bound: u32, measured: [Duration; 3]) {
        let [person, device, everyone] = measured.map(|time| self.scale.deployed(time));
        let row = format!("{place:<32}{bound:>6}{person:>10.1}{device:>10.1}{everyone:>10.1}");
        let _ = writeln!(self.text, "{row}");
        if measured.iter().any(|time| *time > self.scale.time(bound)) {
            self.late.push(row);
        }
    }

    /// Shown also where the test succeeds.
    pub(super) fn close(self) {
        std::io::stderr().write_all(self.text.as_bytes()).unwrap();
        assert!(self.late.is_empty(), "too late:\n{}", self.late.join("\n"));
    }
}
