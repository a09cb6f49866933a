//! Cookies: what an exchange with the edge proves about them.
//!
//! The edge sets two cookies and reads what comes back. `navigator.cookieEnabled` says `true` in Chromium and `WebKit` with all
//! cookies blocked, so it is written down and never believed.

use super::{Answer, Finding, Thrown};

/// Whether this is the name of a probe as the edge makes them: 16 lower-case hexadecimal digits.
#[must_use]
pub fn is_probe(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// How the exchange ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exchange {
    /// The edge said which of its cookies came back.
    Answered {
        /// The one that is Secure, `HttpOnly` and `__Host-`.
        returned: bool,
        /// The one that is nothing of it.
        plain_returned: bool,
    },
    /// Somebody answered something else, with this status: a proxy, a limit, a broken network.
    Strange(u16),
    /// There was no answer.
    Failed(Thrown),
}

/// The findings `cookies` and `plain_cookies`. Only the edge's own words prove anything about the browser.
#[must_use]
pub fn findings(exchange: &Exchange, cookie_enabled: Option<bool>) -> (Finding, Finding) {
    let (cookies, plain_cookies) = match exchange {
        Exchange::Answered { returned, plain_returned } => (came_back(*returned), came_back(*plain_returned)),
        Exchange::Strange(status) => nothing_known(["status ", status.to_string().as_str()].concat()),
        Exchange::Failed(thrown) => nothing_known(thrown.seen()),
    };
    let enabled = match cookie_enabled {
        Some(true) => "; cookieEnabled=true",
        Some(false) => "; cookieEnabled=false",
        None => "; cookieEnabled missing",
    };
    (Finding::new(cookies.answer, cookies.seen + enabled), plain_cookies)
}

fn nothing_known(seen: String) -> (Finding, Finding) {
    let finding = Finding::new(Answer::Unknown, seen);
    (finding.clone(), finding)
}

fn came_back(returned: bool) -> Finding {
    if returned {
        Finding::new(Answer::Yes, "returned=true")
    } else {
        Finding::new(Answer::No, "returned=false")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cookie_is_judged_by_itself_and_cookie_enabled_is_never_believed() {
        for cookie_enabled in [Some(true), Some(false), None] {
            for (returned, plain_returned) in [(true, true), (true, false), (false, true), (false, false)] {
                let exchange = Exchange::Answered { returned, plain_returned };
                let (cookies, plain_cookies) = findings(&exchange, cookie_enabled);
                let expected = |returned| if returned { Answer::Yes } else { Answer::No };
                assert_eq!(cookies.answer, expected(returned));
                assert_eq!(plain_cookies.answer, expected(plain_returned));
            }
            for exchange in
                [Exchange::Strange(503), Exchange::Strange(200), Exchange::Failed(Thrown::default())]
            {
                let (cookies, plain_cookies) = findings(&exchange, cookie_enabled);
                assert_eq!((cookies.answer, plain_cookies.answer), (Answer::Unknown, Answer::Unknown));
            }
        }
    }

    #[test]
    fn the_evidence_names_what_came_back_and_what_the_browser_claims() {
        let exchange = Exchange::Answered { returned: false, plain_returned: true };
        let (cookies, plain_cookies) = findings(&exchange, Some(true));
        assert_eq!(cookies.seen, "returned=false; cookieEnabled=true");
        assert_eq!(plain_cookies.seen, "returned=true");
        let (cookies, _) = findings(&Exchange::Strange(429), None);
        assert_eq!(cookies.seen, "status 429; cookieEnabled missing");
    }

    #[test]
    fn only_the_edges_own_form_is_a_probe() {
        assert!(is_probe("0123456789abcdef"));
        for text in [
            "",
            "0123456789abcde",
            "0123456789abcdef0",
            "0123456789ABCDEF",
            "../../../../../..",
            "0123456789abcdeé",
        ] {
            assert!(!is_probe(text), "{text}");
        }
    }
}
