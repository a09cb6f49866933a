//! Whether the judge of this suite would notice: it has no window of its own to be wrong in.

use std::collections::BTreeMap;

use crate::configurations::{self, Configuration};
use crate::findings::FINDINGS;
use crate::judge::{Known, blind, inconsistent, wrong};
use crate::report::{Answer, Finding, Report};
use crate::sites::Scheme;

fn named(name: &str) -> Configuration {
    configurations::all().into_iter().find(|one| one.name() == name).unwrap()
}

fn report(verdict: &str, causes: &[&str], answers: &[(&str, Answer)]) -> Report {
    let fits = [("secure_context", Answer::Yes), ("cookies", Answer::Yes), ("supported", Answer::Yes)];
    let mut findings: BTreeMap<_, _> = FINDINGS.map(|name| (name.to_owned(), Answer::Unknown)).into();
    findings.extend(fits.iter().chain(answers).map(|(name, answer)| ((*name).to_owned(), *answer)));
    let finding = |answer| Finding { answer, seen: String::new() };
    let findings = findings.into_iter().map(|(name, answer)| (name, finding(answer))).collect();
    let causes = causes.iter().map(|&cause| cause.to_owned()).collect();
    Report { verdict: verdict.to_owned(), causes, findings }
}

pub(crate) fn run() {
    let ordinary = named("Chromium ordinary");
    let known = Known::of(&ordinary, Scheme::Http);
    let right = report("ready", &[], &[("private_window", Answer::No)]);
    assert!(wrong(&right, known).is_empty() && inconsistent(&right, known).is_empty());
    assert!(blind(&right, &ordinary, known).is_empty());

    for (name, answer) in [
        ("private_window", Answer::Yes),
        ("cookies", Answer::No),
        ("kept_after_closing", Answer::No),
        ("web_crypto", Answer::No),
        ("supported", Answer::No),
    ] {
        assert_eq!(wrong(&report("ready", &[], &[(name, answer)]), known).len(), 1, "{name}");
    }
    let unknown = report("ready", &[], &[("private_window", Answer::Unknown)]);
    assert!(wrong(&unknown, known).is_empty());
    assert_eq!(blind(&unknown, &ordinary, known), ["private_window must be no"]);
    // Where nobody can tell, saying so is all that is asked.
    assert!(blind(&unknown, &named("Chromium small disk"), known).is_empty());

    let mut silent = right.clone();
    silent.findings.remove("in_app_view");
    assert_eq!(wrong(&silent, known), ["in_app_view is missing"]);

    let webkit = named("WebKit ordinary");
    let plain = Known::of(&webkit, Scheme::Http);
    let blocked = report("blocked", &["cookies_blocked"], &[("cookies", Answer::No)]);
    assert!(wrong(&blocked, plain).is_empty() && !plain.cookies);
    assert_eq!(inconsistent(&blocked, plain), ["the weightiest cause must be insecure_connection"]);
    assert_eq!(inconsistent(&report("blocked", &[], &[]), known).len(), 1);
    assert_eq!(inconsistent(&report("ready", &["private_window"], &[]), known).len(), 1);
}
