//! Where a click on a protected link leads, once it is known what the browser brought.

use crate::admission::{Admission, Refusal};

/// Why a browser is not let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turned {
    /// It brought no cookie.
    NoCookie,
    /// What it brought is not ours, or of another account.
    NotAuthentic,
    /// It is ours and does not hold.
    Refused(Refusal),
}

/// What the enrollment page should know of the click.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finding {
    /// The browser did not keep the cookie that it was given a moment ago.
    CookieDropped,
    /// It kept it, and the cookie does not hold: by what this location has read, which may be old. Nothing that works by itself
    /// may be tried again, or it would go round for ever.
    NotAccepted,
    /// The device has no key, and the account has come to ask for one.
    KeyRequired,
}

impl Finding {
    /// As the page's address has it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::CookieDropped => "cookie-dropped",
            Self::NotAccepted => "not-accepted",
            Self::KeyRequired => "key-required",
        }
    }
}

/// Where it leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// To the destination.
    On,
    /// To the page that proves, by itself or once the person has pressed.
    Prove {
        /// Whether the person has to press.
        press: bool,
    },
    /// To the page that enrolls.
    Enroll(Option<Finding>),
}

/// `came_back` says that the person comes back from enrolling or proving.
#[must_use]
pub fn way(judged: Result<&Admission, Turned>, came_back: bool) -> Way {
    match judged {
        Ok(admission) if !admission.proof_due && !admission.press_due => Way::On,
        // Both at once take one visit: a proof that the person pressed for.
        Ok(admission) if !came_back => Way::Prove { press: admission.press_due },
        Ok(_) => Way::Enroll(Some(Finding::CookieDropped)),
        Err(Turned::NoCookie) => Way::Enroll(came_back.then_some(Finding::CookieDropped)),
        Err(_) if came_back => Way::Enroll(Some(Finding::NotAccepted)),
        Err(Turned::Refused(Refusal::Unbound)) => Way::Enroll(Some(Finding::KeyRequired)),
        Err(_) => Way::Enroll(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(proof_due: bool, press_due: bool) -> Admission {
        Admission { proof_due, press_due, renewal: None }
    }

    #[test]
    fn whatever_is_due_is_asked_for_in_one_visit() {
        for (proof_due, press_due, expected) in [
            (false, false, Way::On),
            (true, false, Way::Prove { press: false }),
            (false, true, Way::Prove { press: true }),
            (true, true, Way::Prove { press: true }),
        ] {
            assert_eq!(way(Ok(&admitted(proof_due, press_due)), false), expected);
        }
    }

    #[test]
    fn nobody_who_comes_back_is_led_round() {
        let turned = [Turned::NoCookie, Turned::NotAuthentic, Turned::Refused(Refusal::Expired)];
        for turned in turned.into_iter().chain([Turned::Refused(Refusal::Unbound)]) {
            assert!(matches!(way(Err(turned), true), Way::Enroll(Some(_))), "{turned:?}");
        }
        for (proof_due, press_due) in [(true, false), (false, true), (true, true)] {
            let came_back = way(Ok(&admitted(proof_due, press_due)), true);
            assert_eq!(came_back, Way::Enroll(Some(Finding::CookieDropped)));
        }
        assert_eq!(way(Ok(&admitted(false, false)), true), Way::On);
        assert_eq!(way(Err(Turned::NoCookie), true), Way::Enroll(Some(Finding::CookieDropped)));
        assert_eq!(way(Err(Turned::NotAuthentic), true), Way::Enroll(Some(Finding::NotAccepted)));
    }

    #[test]
    fn a_first_click_that_is_turned_away_leads_to_enrolling_and_says_only_what_helps() {
        assert_eq!(way(Err(Turned::NoCookie), false), Way::Enroll(None));
        assert_eq!(way(Err(Turned::NotAuthentic), false), Way::Enroll(None));
        assert_eq!(way(Err(Turned::Refused(Refusal::Revoked)), false), Way::Enroll(None));
        let unbound = way(Err(Turned::Refused(Refusal::Unbound)), false);
        assert_eq!(unbound, Way::Enroll(Some(Finding::KeyRequired)));
    }
}
