//! From findings to a verdict and its causes.

use crate::settings::PrivateWindows;

use super::{Answer, Findings};

/// Why a verdict is not plainly [`Verdict::Ready`], or what the person should be told all the same.
///
/// The names are stable: pages key their words on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cause {
    /// The browser keeps no Secure cookies here, because the connection is not a secure one to it. Never said over TLS.
    InsecureConnection,
    /// The browser keeps no cookies of this site.
    CookiesBlocked,
    /// A private window: everything is gone when it closes.
    PrivateWindow,
    /// A view inside another app, whose cookies no other app sees.
    InAppView,
    /// The browser forgets everything when it is closed.
    ClearedOnClose,
    /// The browser is older than the support matrix.
    BrowserOutdated,
    /// No usable IndexedDB: no place for a device key.
    StorageUnavailable,
    /// A device key would be removed by the browser before it is of use.
    StorageShortLived,
    /// No Ed25519 in WebCrypto: no device key.
    WebCryptoUnavailable,
}

impl Cause {
    /// The stable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::InsecureConnection => "insecure_connection",
            Self::CookiesBlocked => "cookies_blocked",
            Self::PrivateWindow => "private_window",
            Self::InAppView => "in_app_view",
            Self::ClearedOnClose => "cleared_on_close",
            Self::BrowserOutdated => "browser_outdated",
            Self::StorageUnavailable => "storage_unavailable",
            Self::StorageShortLived => "storage_short_lived",
            Self::WebCryptoUnavailable => "web_crypto_unavailable",
        }
    }
}

/// What the account allows of that which is judged here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AccountRules {
    /// What becomes of enrolling in a private window.
    pub private_windows: PrivateWindows,
    /// Whether devices without a key are refused.
    pub bound_devices_only: bool,
}

/// What follows from the findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Enroll with a device key; should making one fail after all, without.
    Ready,
    /// Enroll with the cookie alone (`bnd: none`): a device key is not possible or would not live.
    ReadyUnbound,
    /// A private window: enroll just for it, with a cookie that ends with it.
    Session,
    /// A private window, where this account enrolls nobody.
    Refused,
    /// A device key is not possible, and this account enrolls nobody without one.
    KeyRequired,
    /// Enrolling would be in vain: the cookie would be lost.
    Blocked,
}

impl Verdict {
    /// The stable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::ReadyUnbound => "ready_unbound",
            Self::Session => "session",
            Self::Refused => "refused",
            Self::KeyRequired => "key_required",
            Self::Blocked => "blocked",
        }
    }
}

/// The verdict and everything that led to it or has to be told beside it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Judgement {
    /// What follows.
    pub verdict: Verdict,
    /// The causes, the weightiest first; empty when nothing is in the way.
    pub causes: Vec<Cause>,
}

/// Judges the findings by the account's rules. `over_tls` says whether the page came over https.
///
/// A key that the browser removes before long is of no use where the cookie alone will do. Where nothing else will, it is made all
/// the same: the person confirms more often, and a copied cookie is of no use all the while.
#[must_use]
pub fn judge(findings: &Findings, rules: AccountRules, over_tls: bool) -> Judgement {
    let blocked = findings.cookies.answer == Answer::No;
    let private = findings.private_window.answer == Answer::Yes;
    let insecure = !over_tls
        && (findings.plain_cookies.answer == Answer::Yes || findings.secure_context.answer == Answer::No);
    let no_storage = findings.indexed_db.answer == Answer::No;
    let short_lived = findings.storage_kept.answer == Answer::No;
    let no_web_crypto = findings.web_crypto.answer == Answer::No;

    let table = [
        (blocked && insecure, Cause::InsecureConnection),
        (blocked && !insecure, Cause::CookiesBlocked),
        (private, Cause::PrivateWindow),
        (findings.in_app_view.answer == Answer::Yes, Cause::InAppView),
        (!private && findings.kept_after_closing.answer == Answer::No, Cause::ClearedOnClose),
        (findings.supported.answer == Answer::No, Cause::BrowserOutdated),
        (no_storage, Cause::StorageUnavailable),
        (short_lived, Cause::StorageShortLived),
        (no_web_crypto, Cause::WebCryptoUnavailable),
    ];
    let causes = table.into_iter().filter(|(holds, _)| *holds).map(|(_, cause)| cause).collect();

    let verdict = if blocked {
        Verdict::Blocked
    } else if private {
        match rules {
            // What a private window keeps ends with it, a key as well.
            AccountRules { bound_devices_only: true, .. }
            | AccountRules { private_windows: PrivateWindows::Refuse, .. } => Verdict::Refused,
            AccountRules { private_windows: PrivateWindows::Session, .. } => Verdict::Session,
        }
    } else if rules.bound_devices_only {
        if no_storage || no_web_crypto { Verdict::KeyRequired } else { Verdict::Ready }
    } else if no_storage || short_lived || no_web_crypto {
        Verdict::ReadyUnbound
    } else {
        Verdict::Ready
    };
    Judgement { verdict, causes }
}

#[cfg(test)]
mod tests {
    use super::super::tests::ANSWERS;
    use super::super::{Finding, Findings};
    use super::*;

    const RULES: [AccountRules; 4] = [
        AccountRules { private_windows: PrivateWindows::Session, bound_devices_only: false },
        AccountRules { private_windows: PrivateWindows::Refuse, bound_devices_only: false },
        AccountRules { private_windows: PrivateWindows::Session, bound_devices_only: true },
        AccountRules { private_windows: PrivateWindows::Refuse, bound_devices_only: true },
    ];

    fn place(findings: &mut Findings, number: u32) -> &mut Answer {
        let finding = match number {
            0 => &mut findings.secure_context,
            1 => &mut findings.cookies,
            2 => &mut findings.plain_cookies,
            3 => &mut findings.indexed_db,
            4 => &mut findings.local_storage,
            5 => &mut findings.file_system,
            6 => &mut findings.storage_kept,
            7 => &mut findings.kept_after_closing,
            8 => &mut findings.web_crypto,
            9 => &mut findings.private_window,
            10 => &mut findings.in_app_view,
            _ => &mut findings.supported,
        };
        &mut finding.answer
    }

    /// Calls `check` with every combination of the twelve answers, the rules, with TLS and without: 4,251,528.
    fn every_combination(mut check: impl FnMut(&Findings, AccountRules, bool, &Judgement)) {
        let mut findings = Findings::all(&Finding::new(Answer::Unknown, ""));
        for number in 0..3_u32.pow(12) {
            for digit in 0..12 {
                *place(&mut findings, digit) =
                    ANSWERS[usize::try_from(number / 3_u32.pow(digit) % 3).unwrap()];
            }
            for rules in RULES {
                for over_tls in [false, true] {
                    check(&findings, rules, over_tls, &judge(&findings, rules, over_tls));
                }
            }
        }
    }

    #[test]
    fn every_combination_has_the_verdict_and_the_causes_of_the_contract() {
        every_combination(|findings, rules, over_tls, judgement| {
            let is = |finding: &Finding, answer| finding.answer == answer;
            let blocked = is(&findings.cookies, Answer::No);
            let private = is(&findings.private_window, Answer::Yes);
            assert_eq!(judgement.verdict == Verdict::Blocked, blocked, "{findings:?}");
            let in_a_private_window = match (rules.bound_devices_only, rules.private_windows) {
                (false, PrivateWindows::Session) => Verdict::Session,
                (false, PrivateWindows::Refuse) | (true, _) => Verdict::Refused,
            };
            assert_eq!(judgement.verdict == in_a_private_window, private && !blocked, "{findings:?}");
            if !blocked && !private {
                let impossible = is(&findings.indexed_db, Answer::No) || is(&findings.web_crypto, Answer::No);
                let expected = match (rules.bound_devices_only, impossible) {
                    (true, true) => Verdict::KeyRequired,
                    (false, true) => Verdict::ReadyUnbound,
                    (false, false) if is(&findings.storage_kept, Answer::No) => Verdict::ReadyUnbound,
                    (_, false) => Verdict::Ready,
                };
                assert_eq!(judgement.verdict, expected, "{rules:?} {findings:?}");
            }

            let has = |cause| judgement.causes.contains(&cause);
            assert_eq!(has(Cause::InsecureConnection) || has(Cause::CookiesBlocked), blocked);
            assert!(!(has(Cause::InsecureConnection) && has(Cause::CookiesBlocked)), "{findings:?}");
            let plain = is(&findings.plain_cookies, Answer::Yes);
            let insecure = is(&findings.secure_context, Answer::No);
            let explained = blocked && !over_tls && (plain || insecure);
            assert_eq!(has(Cause::InsecureConnection), explained, "{findings:?}");
            assert_eq!(has(Cause::PrivateWindow), private, "{findings:?}");
            assert_eq!(has(Cause::InAppView), is(&findings.in_app_view, Answer::Yes), "{findings:?}");
            let cleared = is(&findings.kept_after_closing, Answer::No) && !private;
            assert_eq!(has(Cause::ClearedOnClose), cleared, "{findings:?}");
            assert_eq!(has(Cause::BrowserOutdated), is(&findings.supported, Answer::No), "{findings:?}");
            assert_eq!(has(Cause::StorageUnavailable), is(&findings.indexed_db, Answer::No), "{findings:?}");
            assert_eq!(has(Cause::StorageShortLived), is(&findings.storage_kept, Answer::No), "{findings:?}");
            assert_eq!(has(Cause::WebCryptoUnavailable), is(&findings.web_crypto, Answer::No));
        });
    }

    #[test]
    fn unknown_takes_nothing_away_and_is_said_to_nobody() {
        // The best answer of each place; local storage and the file system decide nothing.
        let best = |number| if matches!(number, 9 | 10) { Answer::No } else { Answer::Yes };
        let mut better = Findings::all(&Finding::new(Answer::Unknown, ""));
        every_combination(|findings, rules, over_tls, judgement| {
            better.clone_from(findings);
            for number in 0..12 {
                // A plain cookie that came back is no better than one that may have: it only explains a refusal.
                let answer = place(&mut better, number);
                if *answer == Answer::Unknown && number != 2 {
                    *answer = best(number);
                }
            }
            assert_eq!(*judgement, judge(&better, rules, over_tls), "{findings:?}");
        });
    }

    #[test]
    fn over_tls_a_plain_cookie_that_came_back_explains_nothing() {
        let mut findings = Findings::default();
        findings.cookies.answer = Answer::No;
        findings.plain_cookies.answer = Answer::Yes;
        let causes = |over_tls| judge(&findings, AccountRules::default(), over_tls).causes;
        assert_eq!(causes(true), [Cause::CookiesBlocked]);
        assert_eq!(causes(false), [Cause::InsecureConnection]);
    }

    #[test]
    fn all_unknown_is_ready_without_a_word() {
        for rules in RULES {
            for over_tls in [false, true] {
                let judgement = judge(&Findings::default(), rules, over_tls);
                assert_eq!(judgement, Judgement { verdict: Verdict::Ready, causes: vec![] });
            }
        }
    }

    #[test]
    fn the_names_pages_rely_on_are_unchanged_and_the_weightiest_comes_first() {
        let mut findings = Findings::all(&Finding::new(Answer::No, ""));
        findings.in_app_view.answer = Answer::Yes;
        let codes = |findings: &Findings| -> Vec<&str> {
            judge(findings, AccountRules::default(), false).causes.into_iter().map(Cause::code).collect()
        };
        let rest =
            ["browser_outdated", "storage_unavailable", "storage_short_lived", "web_crypto_unavailable"];
        assert_eq!(
            codes(&findings),
            [&["insecure_connection", "in_app_view", "cleared_on_close"][..], &rest].concat()
        );
        findings.secure_context.answer = Answer::Yes;
        findings.private_window.answer = Answer::Yes;
        assert_eq!(
            codes(&findings),
            [&["cookies_blocked", "private_window", "in_app_view"][..], &rest].concat()
        );
        let verdicts = [
            Verdict::Ready,
            Verdict::ReadyUnbound,
            Verdict::Session,
            Verdict::Refused,
            Verdict::KeyRequired,
            Verdict::Blocked,
        ];
        let codes: Vec<_> = verdicts.into_iter().map(Verdict::code).collect();
        assert_eq!(codes, ["ready", "ready_unbound", "session", "refused", "key_required", "blocked"]);
        let findings = Findings::all(&Finding::new(Answer::Unknown, ""));
        let names: Vec<_> = findings.named().into_iter().map(|(name, _)| name).collect();
        assert_eq!(
            names.join(" "),
            "secure_context cookies plain_cookies indexed_db local_storage file_system storage_kept \
             kept_after_closing web_crypto private_window in_app_view supported"
        );
    }
}
