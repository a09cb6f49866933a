//! One configuration at one origin: what is said there, by us and by the peer, and what is true.

use crate::configurations::Configuration;
use crate::engines::{Outcome, Window};
use crate::judge::{self, Known};
use crate::peer;
use crate::place::Place;
use crate::report::Report;
use crate::sites::{Scheme, Sites};

/// One line of the table.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) known: Known,
    pub(crate) report: Report,
    pub(crate) peer: String,
}

/// What came of looking.
#[derive(Debug)]
pub(crate) enum Looked {
    Row(Box<Row>),
    /// This machine cannot run it.
    Impossible(String),
}

/// Looks, in a new process over a new profile.
pub(crate) fn look(sites: &Sites, configuration: &Configuration, scheme: Scheme) -> Outcome<Looked> {
    let place = match Place::on(configuration.disk) {
        Ok(place) => place,
        Err(why) => return Ok(Looked::Impossible(why)),
    };
    let (product, peer) = (sites.product(scheme), sites.peer(scheme));
    let open = || Window::open(&configuration.manner, place.path(), &[&product, &peer]);
    let mut window = open()?;
    place.fill()?;
    let report = Report::of(&mut window, &product)?;
    // The peer is not under test: whatever happens to it is an error of its own.
    let said = peer::ask(&mut window, &peer).unwrap_or_else(|_| "error".to_owned());
    let mut known = Known::of(configuration, scheme);
    if configuration.is_measured(scheme) {
        peer::keep(&mut window, &peer)?;
        window.close()?;
        let kept = peer::cookies(&mut open()?, &peer)?.iter().any(|name| name == "kept");
        if configuration.truth.kept.is_some_and(|truth| truth != kept) {
            return Err(format!("the window is not what it is called: a cookie that was kept is {kept}"));
        }
        known.kept = Some(kept);
    }
    Ok(Looked::Row(Box::new(Row { known, report, peer: said })))
}

/// Everything that is wrong in a row; nothing, if it is as it should be.
pub(crate) fn untrue(row: &Row) -> Outcome {
    let mut words = judge::wrong(&row.report, row.known);
    words.extend(judge::inconsistent(&row.report, row.known));
    in_words(&words, row)
}

/// Everything that is not said although it can be told.
pub(crate) fn unsaid(row: &Row, configuration: &Configuration) -> Outcome {
    in_words(&judge::blind(&row.report, configuration, row.known), row)
}

fn in_words(words: &[String], row: &Row) -> Outcome {
    if words.is_empty() { Ok(()) } else { Err(format!("{}\n{}", words.join("\n"), row.report.evidence())) }
}
