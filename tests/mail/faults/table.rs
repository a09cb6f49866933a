//! What was measured, as a table on the screen.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Duration;

use super::PROMISE;

/// Of one fault, from the moment a code was asked for; the last from the moment the server was well again.
pub(super) struct Row {
    pub(super) name: String,
    /// Until the answer.
    pub(super) answered: Duration,
    /// Until a page could tell that mail is in trouble, where it is.
    pub(super) known: Option<Duration>,
    /// Until an administrator could see where and why.
    pub(super) seen: Duration,
    /// Until the server had taken the mail.
    pub(super) arrived: Duration,
}

pub(super) struct Table {
    text: String,
    worst: Duration,
}

impl Table {
    pub(super) fn new(title: &str) -> Self {
        let mut text = format!("\n{title}: seconds until\n");
        let _ = writeln!(text, "{:<40}{:>10}{:>10}{:>10}{:>10}", "", "answer", "page", "console", "healed");
        Self { text, worst: Duration::ZERO }
    }

    pub(super) fn row(&mut self, row: &Row) {
        let known = row.known.map_or_else(|| "-".to_owned(), |time| format!("{:.2}", time.as_secs_f64()));
        let [answered, seen, arrived] = [row.answered, row.seen, row.arrived].map(|time| time.as_secs_f64());
        let _ = writeln!(self.text, "{:<40}{answered:>10.2}{known:>10}{seen:>10.2}{arrived:>10.2}", row.name);
        self.worst = self.worst.max(row.answered).max(row.known.unwrap_or_default());
    }

    /// Shown also where the test succeeds. What is promised is a matter of the machine, too: it is shown, not asserted.
    pub(super) fn close(mut self) {
        let (worst, promise) = (self.worst.as_secs_f64(), PROMISE.as_secs());
        let _ = writeln!(self.text, "worst for a person: {worst:.2} of the {promise} promised");
        std::io::stderr().write_all(self.text.as_bytes()).unwrap();
        // How long things take is held to the promise where that is what is asked, on a machine with nothing else to do.
        assert!(std::env::var_os("HOLD_TO_PROMISE").is_none() || self.worst <= PROMISE, "{}", self.text);
    }
}
