//! How a request arrived: by a person's hand or not, and from which site.

/// What fetched a protected link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// A person's click: recorded, and renews.
    Navigation,
    /// A browser's guess that somebody might click (prefetch, prerender): refused, so that it is asked again.
    Speculation,
    /// Anything else, HEAD or a script's fetch: answered alike, and changes nothing.
    Inspection,
}

/// The headers that tell. `purpose` is `Sec-Purpose`, or the `Purpose` that older browsers send.
#[must_use]
pub fn arrival(is_head: bool, purpose: Option<&str>, fetch_mode: Option<&str>) -> Arrival {
    if purpose.is_some_and(|value| !value.trim().is_empty()) {
        Arrival::Speculation
    } else if is_head || fetch_mode.is_some_and(|mode| mode != "navigate") {
        Arrival::Inspection
    } else {
        Arrival::Navigation
    }
}

/// Does a request another service asks about count as the person's interaction, and so renew? A proxy passes the method
/// on in `X-Forwarded-Method`; the mode of the fetch says nothing here, since a service is more than its pages.
#[must_use]
pub fn counts_for_a_service(is_head: bool, forwarded_method: Option<&str>, purpose: Option<&str>) -> bool {
    let is_head = is_head || forwarded_method.is_some_and(|method| method.eq_ignore_ascii_case("HEAD"));
    arrival(is_head, purpose, None) == Arrival::Navigation
}

/// May a request that changes something come from where it comes from? (OWASP, cross-site request forgery: fetch
/// metadata first, `Origin` where there is none.) A sibling host is another site here: it is not ours.
#[must_use]
pub fn may_change(
    fetch_site: Option<&str>,
    origin: Option<&str>,
    own_origin: &str,
    has_api_token: bool,
) -> bool {
    match (fetch_site, origin) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => origin == own_origin,
        // No browser sends neither with a POST. A program must show a token no browser adds by itself.
        (None, None) => has_api_token,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_navigation_counts_as_a_click() {
        assert_eq!(arrival(false, None, None), Arrival::Navigation);
        assert_eq!(arrival(false, None, Some("navigate")), Arrival::Navigation);
        assert_eq!(arrival(false, Some(""), Some("navigate")), Arrival::Navigation);
        assert_eq!(arrival(false, Some("prefetch;prerender"), Some("navigate")), Arrival::Speculation);
        assert_eq!(arrival(true, Some("prefetch"), None), Arrival::Speculation);
        assert_eq!(arrival(true, None, None), Arrival::Inspection);
        for mode in ["cors", "no-cors", "same-origin", "websocket", ""] {
            assert_eq!(arrival(false, None, Some(mode)), Arrival::Inspection);
        }
    }

    #[test]
    fn a_service_asking_for_a_person_counts_and_for_a_prefetch_or_head_does_not() {
        assert!(counts_for_a_service(false, None, None));
        assert!(counts_for_a_service(false, Some("POST"), None));
        assert!(!counts_for_a_service(true, None, None));
        assert!(!counts_for_a_service(false, Some("head"), None));
        assert!(!counts_for_a_service(false, Some("GET"), Some("prefetch")));
    }

    #[test]
    fn another_site_changes_nothing_here() {
        let own = "https://enroll.example.com";
        for (site, origin, token, allowed) in [
            (Some("same-origin"), Some(own), false, true),
            (Some("none"), None, false, true),
            (Some("cross-site"), Some("https://evil.example"), false, false),
            (Some("cross-site"), Some(own), true, false),
            (Some("same-site"), Some("https://other.example.com"), false, false),
            (Some("Same-Origin"), None, false, false),
            (Some(""), Some(own), true, false),
            (None, Some(own), false, true),
            (None, Some("null"), false, false),
            (None, Some("https://enroll.example.com.evil.example"), true, false),
            (None, None, false, false),
            (None, None, true, true),
        ] {
            assert_eq!(may_change(site, origin, own, token), allowed, "{site:?} {origin:?} {token}");
        }
    }
}
