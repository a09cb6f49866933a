//! Readiness: whether this browser can enroll, judged from what the page's probes found.
//!
//! In scope: the findings' shape, the causes' stable names and the one table that judges them. Out of scope: how anything is
//! probed (client-wasm) and the words for a cause (www).
//!
//! Two rules carry the table. Only a certain "no cookies" blocks, because the device cookie is all an enrollment needs. And
//! `unknown` never takes anything away: a probe that was cut off by its time limit, a browser nobody has measured or a network
//! that failed is no reason to send a person away, and the server finds out at the next visit whether the cookie came back.

use serde::{Deserialize, Serialize};

/// What a probe answers to its question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// Certainly so.
    Yes,
    /// Certainly not so.
    No,
    /// Not asked, not answered in time, or answered in a way that proves neither.
    Unknown,
}

/// One probe's answer and the evidence for it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// The answer.
    pub answer: Answer,
    /// What was seen, for a report to an administrator: error names, values, never words for the person.
    pub seen: String,
}

impl Finding {
    /// A finding of `answer` because of `seen`.
    #[must_use]
    pub fn new(answer: Answer, seen: impl Into<String>) -> Self {
        Self { answer, seen: seen.into() }
    }
}

/// Everything the probes found.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Findings {
    /// Does a cookie of the edge come back to the edge?
    pub cookies: Finding,
    /// Can a script write to and delete from IndexedDB?
    pub storage: Finding,
    /// Does what a script has stored stay until the next visit, weeks from now? WebKit removes it after seven days.
    pub storage_kept: Finding,
    /// Can WebCrypto make an Ed25519 key that no script can read?
    pub web_crypto: Finding,
    /// Is this a private window?
    pub private_window: Finding,
}

/// Why a verdict is not plainly [`Verdict::Ready`], or what the person should be told all the same.
///
/// The names are stable: pages key their words on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The browser keeps no cookies of this site.
    CookiesBlocked,
    /// A private window: everything is gone when it closes.
    PrivateWindow,
    /// No usable IndexedDB: no place for a device key.
    StorageUnavailable,
    /// A device key would be removed by the browser before it is of use.
    StorageShortLived,
    /// No Ed25519 in WebCrypto: no device key.
    WebCryptoUnavailable,
}

impl Cause {
    /// The stable name, as in JSON.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::CookiesBlocked => "cookies_blocked",
            Self::PrivateWindow => "private_window",
            Self::StorageUnavailable => "storage_unavailable",
            Self::StorageShortLived => "storage_short_lived",
            Self::WebCryptoUnavailable => "web_crypto_unavailable",
        }
    }
}

/// What follows from the findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Enroll with a device key; should making one fail after all, without.
    Ready,
    /// Enroll with the cookie alone (`bnd: none`): a device key is not possible or would not live.
    ReadyUnbound,
    /// Enrolling would be in vain: the cookie would be lost.
    Blocked,
}

/// The verdict and everything that led to it or has to be told beside it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Judgement {
    /// What follows.
    pub verdict: Verdict,
    /// The causes, the weightiest first; empty when nothing is in the way.
    pub causes: Vec<Cause>,
}

/// Judges the findings.
#[must_use]
pub fn judge(findings: &Findings) -> Judgement {
    let no_key = [
        (&findings.storage, Cause::StorageUnavailable),
        (&findings.storage_kept, Cause::StorageShortLived),
        (&findings.web_crypto, Cause::WebCryptoUnavailable),
    ];

    let mut causes = Vec::new();
    if findings.cookies.answer == Answer::No {
        causes.push(Cause::CookiesBlocked);
    }
    if findings.private_window.answer == Answer::Yes {
        causes.push(Cause::PrivateWindow);
    }
    causes.extend(no_key.iter().filter(|(finding, _)| finding.answer == Answer::No).map(|(_, cause)| *cause));

    let verdict = if findings.cookies.answer == Answer::No {
        Verdict::Blocked
    } else if no_key.iter().any(|(finding, _)| finding.answer == Answer::No) {
        Verdict::ReadyUnbound
    } else {
        Verdict::Ready
    };
    Judgement { verdict, causes }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWERS: [Answer; 3] = [Answer::Yes, Answer::No, Answer::Unknown];

    /// Every combination of the five answers: 243.
    fn every_combination() -> impl Iterator<Item = Findings> {
        (0..243_usize).map(|number| {
            let finding = |place: usize| {
                Finding::new(
                    ANSWERS[number / 3_usize.pow(u32::try_from(place).unwrap()) % 3],
                    place.to_string(),
                )
            };
            Findings {
                cookies: finding(0),
                storage: finding(1),
                storage_kept: finding(2),
                web_crypto: finding(3),
                private_window: finding(4),
            }
        })
    }

    fn without_a_key(findings: &Findings) -> bool {
        [&findings.storage, &findings.storage_kept, &findings.web_crypto]
            .iter()
            .any(|finding| finding.answer == Answer::No)
    }

    #[test]
    fn the_combinations_are_all_and_each_once() {
        let seen: std::collections::HashSet<_> = every_combination().collect();
        assert_eq!(seen.len(), 243);
    }

    #[test]
    fn only_a_certain_no_cookies_blocks() {
        for findings in every_combination() {
            let blocked = judge(&findings).verdict == Verdict::Blocked;
            assert_eq!(blocked, findings.cookies.answer == Answer::No, "{findings:?}");
        }
    }

    #[test]
    fn unless_blocked_a_key_is_given_up_only_on_a_certain_no() {
        for findings in every_combination().filter(|findings| findings.cookies.answer != Answer::No) {
            let unbound = judge(&findings).verdict == Verdict::ReadyUnbound;
            assert_eq!(unbound, without_a_key(&findings), "{findings:?}");
        }
    }

    #[test]
    fn unknown_changes_nothing_against_the_best_answer() {
        for findings in every_combination() {
            let mut best = findings.clone();
            for finding in
                [&mut best.cookies, &mut best.storage, &mut best.storage_kept, &mut best.web_crypto]
            {
                if finding.answer == Answer::Unknown {
                    finding.answer = Answer::Yes;
                }
            }
            if best.private_window.answer == Answer::Unknown {
                best.private_window.answer = Answer::No;
            }
            assert_eq!(judge(&findings), judge(&best), "{findings:?}");
        }
    }

    #[test]
    fn a_private_window_is_named_and_never_decides_the_verdict() {
        for findings in every_combination() {
            let judgement = judge(&findings);
            let private = findings.private_window.answer == Answer::Yes;
            assert_eq!(judgement.causes.contains(&Cause::PrivateWindow), private, "{findings:?}");

            let mut ordinary = findings.clone();
            ordinary.private_window.answer = Answer::No;
            assert_eq!(judge(&ordinary).verdict, judgement.verdict, "{findings:?}");
        }
    }

    #[test]
    fn every_certain_obstacle_is_named_once_and_nothing_else() {
        for findings in every_combination() {
            let expected: Vec<Cause> = [
                (&findings.cookies, Answer::No, Cause::CookiesBlocked),
                (&findings.private_window, Answer::Yes, Cause::PrivateWindow),
                (&findings.storage, Answer::No, Cause::StorageUnavailable),
                (&findings.storage_kept, Answer::No, Cause::StorageShortLived),
                (&findings.web_crypto, Answer::No, Cause::WebCryptoUnavailable),
            ]
            .into_iter()
            .filter(|(finding, obstacle, _)| finding.answer == *obstacle)
            .map(|(_, _, cause)| cause)
            .collect();
            assert_eq!(judge(&findings).causes, expected, "{findings:?}");
        }
    }

    #[test]
    fn the_names_pages_rely_on_are_unchanged() {
        let findings = Findings {
            cookies: Finding::new(Answer::No, "returned=false"),
            storage: Finding::new(Answer::No, ""),
            storage_kept: Finding::new(Answer::No, ""),
            web_crypto: Finding::new(Answer::No, ""),
            private_window: Finding::new(Answer::Yes, ""),
        };
        let judgement = judge(&findings);
        assert_eq!(
            serde_json::to_string(&judgement).unwrap(),
            concat!(
                r#"{"verdict":"blocked","causes":["cookies_blocked","private_window","storage_unavailable","#,
                r#""storage_short_lived","web_crypto_unavailable"]}"#
            )
        );
        for cause in judgement.causes {
            assert_eq!(serde_json::to_string(&cause).unwrap(), format!("\"{}\"", cause.code()));
        }
        assert_eq!(serde_json::to_string(&Verdict::ReadyUnbound).unwrap(), r#""ready_unbound""#);
        assert_eq!(
            serde_json::to_string(&findings.cookies).unwrap(),
            r#"{"answer":"no","seen":"returned=false"}"#
        );
    }
}
