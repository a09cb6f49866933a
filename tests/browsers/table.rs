//! The table of all configurations: what is true, what we say, what the peer says.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::configurations::Configuration;
use crate::engines::Outcome;
use crate::look::Row;
use crate::report::Answer;
use crate::sites::Scheme;

const BEGIN: &str = "<!-- table of configurations: begin -->\n";
const END: &str = "<!-- table of configurations: end -->";

/// The rows so far, by configuration and origin.
#[derive(Debug, Default)]
pub(crate) struct Table(Mutex<BTreeMap<(usize, Scheme), Row>>);

impl Table {
    pub(crate) fn add(&self, place: usize, scheme: Scheme, row: Row) {
        self.0.lock().unwrap().insert((place, scheme), row);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.lock().unwrap().is_empty()
    }

    /// As it stands in the documentation, the sums below it.
    pub(crate) fn text(&self, configurations: &[Configuration]) -> String {
        let rows = self.0.lock().unwrap();
        let mut text = String::from(
            "| Window | Over | Private? truth | ours | peer | Cookies? truth | ours | Kept? truth | ours | Verdict |\n\
             |---|---|---|---|---|---|---|---|---|---|\n",
        );
        let (mut wrong, mut unknown, mut peer_wrong, mut peer_silent) = ([0; 3], [0; 3], 0, 0);
        for (&(place, scheme), row) in rows.iter() {
            let known = row.known;
            let mut answers = [Answer::Unknown; 3];
            let asked = [
                ("private_window", Some(known.private_window)),
                ("cookies", Some(known.cookies)),
                ("kept_after_closing", known.kept),
            ];
            for (place, (name, truth)) in asked.into_iter().enumerate() {
                answers[place] = row.report.answer(name).unwrap_or(Answer::Unknown);
                unknown[place] += usize::from(answers[place] == Answer::Unknown);
                wrong[place] += usize::from(truth.is_some_and(|truth| answers[place] == Answer::of(!truth)));
            }
            let [private, cookies, kept] = answers;
            let truth = Answer::of(known.private_window);
            peer_wrong += usize::from(row.peer == Answer::of(!known.private_window).name());
            peer_silent += usize::from(!["yes", "no"].contains(&row.peer.as_str()));
            let peer = if row.peer == truth.name() { row.peer.clone() } else { format!("**{}**", row.peer) };
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} | {peer} | {} | {} | {} | {} | {} |",
                configurations[place].name(),
                scheme.name(),
                truth.name(),
                private.name(),
                Answer::of(known.cookies).name(),
                cookies.name(),
                known.kept.map_or("not known", |kept| Answer::of(kept).name()),
                kept.name(),
                row.report.verdict,
            );
        }
        let sums =
            |counts: [usize; 3]| format!("private {}, cookies {}, kept {}", counts[0], counts[1], counts[2]);
        let _ = writeln!(
            text,
            "\n{} windows. Ours, wrong: {}; unknown: {}. The peer on private windows: {peer_wrong} wrong (in bold), \
             {peer_silent} without an answer.",
            rows.len(),
            sums(wrong),
            sums(unknown),
        );
        text
    }

    /// Replaces the table in the documentation.
    pub(crate) fn write(&self, configurations: &[Configuration]) -> Outcome {
        let all = configurations.len() * Scheme::BOTH.len();
        if self.0.lock().unwrap().len() != all {
            return Err(format!(
                "{} is left as it is: not all {all} windows were looked at",
                docs().display()
            ));
        }
        let said = |error: std::io::Error| error.to_string();
        let page = fs::read_to_string(docs()).map_err(said)?;
        let (before, rest) = page.split_once(BEGIN).ok_or("BROWSERS.md has no place for the table")?;
        let (_, after) = rest.split_once(END).ok_or("the table in BROWSERS.md has no end")?;
        fs::write(docs(), format!("{before}{BEGIN}\n{}\n{END}{after}", self.text(configurations)))
            .map_err(said)
    }
}

/// Whether the documentation is to be brought up to date.
pub(crate) fn is_to_be_written() -> bool {
    std::env::var_os("BROWSERS_WRITE").is_some_and(|value| value == "1")
}

/// The page for people.
pub(crate) fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/BROWSERS.md")
}
