//! The table of attacks: what became of each, as it was seen in this run.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Mutex;

use crate::subject::Subject;

/// The rows so far: attack, then whose browser, then what came of it.
#[derive(Debug, Default)]
pub(crate) struct Seen(Mutex<BTreeMap<(String, Option<Subject>), String>>);

impl Seen {
    /// What was seen in this engine.
    pub(crate) fn add(&self, attack: &str, subject: Subject, outcome: &str) {
        self.0.lock().unwrap().insert((attack.to_owned(), Some(subject)), outcome.to_owned());
    }

    /// What was seen without a browser.
    pub(crate) fn add_bare(&self, attack: &str, outcome: &str) {
        self.0.lock().unwrap().insert((attack.to_owned(), None), outcome.to_owned());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.lock().unwrap().is_empty()
    }

    pub(crate) fn text(&self) -> String {
        let rows = self.0.lock().unwrap();
        let mut text = String::from("| Attack | Binding | Engine | Outcome |\n|---|---|---|---|\n");
        for ((attack, subject), outcome) in rows.iter() {
            let (binding, engine) = match subject {
                Some(subject) => (subject.binding.name(), subject.engine.to_string()),
                None => ("key", "bare HTTP".to_owned()),
            };
            let _ = writeln!(text, "| {attack} | {binding} | {engine} | {outcome} |");
        }
        text
    }
}
