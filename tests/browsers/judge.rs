//! What may be said of a window, and what must be.

use crate::configurations::Configuration;
use crate::findings::FINDINGS;
use crate::report::{Answer, Report};
use crate::sites::Scheme;

/// What is known of a window from outside.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known {
    pub(crate) private_window: bool,
    pub(crate) cookies: bool,
    /// Nothing where it was not measured and cannot be told.
    pub(crate) kept: Option<bool>,
    /// Cookies are refused because of the plain connection alone.
    pub(crate) needs_https: bool,
}

impl Known {
    pub(crate) fn of(configuration: &Configuration, scheme: Scheme) -> Self {
        Self {
            private_window: configuration.truth.private_window,
            cookies: configuration.takes_cookies(scheme),
            kept: configuration.truth.kept,
            needs_https: configuration.needs_https(scheme),
        }
    }
}

/// Answers that contradict what is known. Saying "unknown" never does.
pub(crate) fn wrong(report: &Report, known: Known) -> Vec<String> {
    // The same in all windows of the engines that are here.
    let always =
        [("secure_context", true), ("web_crypto", true), ("in_app_view", false), ("supported", true)];
    let special = [("private_window", known.private_window), ("cookies", known.cookies)];
    let kept = known.kept.map(|kept| ("kept_after_closing", kept));
    let mut wrong: Vec<_> = always
        .into_iter()
        .chain(special)
        .chain(kept)
        .filter(|(name, truth)| report.answer(name) == Some(Answer::of(!truth)))
        .map(|(name, truth)| format!("{name} is wrong: it is {}", Answer::of(truth).name()))
        .collect();
    let missing = FINDINGS.iter().filter(|name| report.answer(name).is_none());
    wrong.extend(missing.map(|name| format!("{name} is missing")));
    wrong
}

/// What is not said although it can be told.
pub(crate) fn blind(report: &Report, configuration: &Configuration, known: Known) -> Vec<String> {
    let private = configuration.says_private.map(|answer| ("private_window", answer));
    let kept = configuration.says_not_kept.then_some(("kept_after_closing", Answer::No));
    let must =
        [("cookies", Answer::of(known.cookies)), ("secure_context", Answer::Yes), ("supported", Answer::Yes)];
    let unsaid = must.into_iter().chain(private).chain(kept);
    let unsaid = unsaid.filter(|(name, answer)| report.answer(name) != Some(*answer));
    unsaid.map(|(name, answer)| format!("{name} must be {}", answer.name())).collect()
}

/// Verdict and causes that do not go with what is known and what was found.
pub(crate) fn inconsistent(report: &Report, known: Known) -> Vec<String> {
    let is = |name: &str, answer| report.answer(name) == Some(answer);
    let ready: &[&str] = &["ready", "ready_unbound"];
    let (verdicts, cause): (&[&str], _) = if is("cookies", Answer::No) {
        (&["blocked"], Some(if known.needs_https { "insecure_connection" } else { "cookies_blocked" }))
    } else if is("private_window", Answer::Yes) {
        (&["session"], Some("private_window"))
    } else {
        (ready, is("kept_after_closing", Answer::No).then_some("cleared_on_close"))
    };
    let mut wrong = vec![];
    if !verdicts.contains(&report.verdict.as_str()) {
        wrong.push(format!("the verdict must be {}", verdicts.join(" or ")));
    }
    let weighty =
        ["insecure_connection", "cookies_blocked", "private_window", "in_app_view", "cleared_on_close"];
    let first = report.causes.first().map(String::as_str).filter(|first| weighty.contains(first));
    if first != cause {
        wrong.push(format!("the weightiest cause must be {}", cause.unwrap_or("none that obstructs")));
    }
    wrong
}
