//! Where a person goes on after enrolling: a path on this origin and nothing else.

use device_token::Origin;
use url::Url;
use url::form_urlencoded::byte_serialize;

/// A protected link is the longest path there is.
const MAX_LENGTH: usize = 8_300;

/// The text does not lead to a path on this origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotOnThisOrigin;

/// A path with its query on the account's own origin, as the `url` crate writes it. What was not parsed against that
/// origin cannot be one, so sending somebody there is never an open redirect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReturnPath(String);

impl ReturnPath {
    /// The start page.
    #[must_use]
    pub fn start() -> Self {
        Self("/".to_owned())
    }

    /// Parses `text` as a browser on `origin` would, and keeps it only if it stays there.
    ///
    /// # Errors
    /// [`NotOnThisOrigin`] for anything that does not begin with one slash, leads elsewhere, or is too long.
    pub fn parse(text: &str, origin: &Origin) -> Result<Self, NotOnThisOrigin> {
        if text.len() > MAX_LENGTH || !text.starts_with('/') {
            return Err(NotOnThisOrigin);
        }
        let base = Url::parse(origin.as_str()).map_err(|_| NotOnThisOrigin)?;
        let url = base.join(text).map_err(|_| NotOnThisOrigin)?;
        let path = url.path();
        // "/.//host" becomes the path "//host", which as a Location would be another host.
        if url.origin() != base.origin() || path.starts_with("//") || path.contains('\\') {
            return Err(NotOnThisOrigin);
        }
        Ok(Self(match url.query() {
            Some(query) => format!("{path}?{query}"),
            None => path.to_owned(),
        }))
    }

    /// The path, safe as a `Location`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The link, if this is a protected link: what follows `/s/`.
    #[must_use]
    pub fn link(&self) -> Option<&str> {
        self.0.strip_prefix("/s/").map(|rest| rest.split_once('?').map_or(rest, |(link, _)| link))
    }

    /// The page that proves and then leads here; with `press`, once the person has pressed a button there.
    #[must_use]
    pub fn through_proof(&self, press: bool) -> String {
        let to: String = byte_serialize(self.0.as_bytes()).collect();
        format!("/prove?{}to={to}", if press { "press&" } else { "" })
    }

    /// Where to go on once enrolled. A protected link is told that the person comes back from enrolling, so that a
    /// browser that dropped the cookie ends at an explanation and not at the enrollment page again.
    #[must_use]
    pub fn after_enrolling(&self) -> String {
        match self.link() {
            Some(link) => format!("/s/{link}?enrolled"),
            None => self.0.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn origin() -> Origin {
        Origin::parse("https://enroll.example.com").unwrap()
    }

    #[test]
    fn a_path_on_this_origin_is_kept() {
        for (text, kept) in [
            ("/", "/"),
            ("/s/a.b.c", "/s/a.b.c"),
            ("/devices?x=1&y=%2F", "/devices?x=1&y=%2F"),
            ("/a/../b", "/b"),
            ("/a#fragment", "/a"),
            ("/ä", "/%C3%A4"),
        ] {
            assert_eq!(ReturnPath::parse(text, &origin()).unwrap().as_str(), kept);
        }
    }

    #[test]
    fn what_leads_to_another_place_is_refused() {
        for text in [
            "",
            "s/x",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "\t//evil.example",
            " //evil.example",
            "/.//evil.example",
            "/a/..//evil.example",
            "/%2e//evil.example",
            "https://evil.example",
            "https:evil.example",
            "javascript:alert(1)",
            "data:text/html,x",
            "//enroll.example.com@evil.example",
            "/\\/evil.example",
            "//\u{3002}evil",
        ] {
            assert_eq!(ReturnPath::parse(text, &origin()), Err(NotOnThisOrigin), "{text:?}");
        }
        assert!(ReturnPath::parse(&format!("/{}", "a".repeat(9_000)), &origin()).is_err());
    }

    #[test]
    fn only_a_protected_link_is_told_that_somebody_comes_back() {
        let path = |text| ReturnPath::parse(text, &origin()).unwrap().after_enrolling();
        assert_eq!(path("/s/a.b.c"), "/s/a.b.c?enrolled");
        assert_eq!(path("/s/a.b.c?enrolled"), "/s/a.b.c?enrolled");
        assert_eq!(path("/devices?x"), "/devices?x");
    }

    proptest! {
        #[test]
        fn whatever_is_kept_stays_on_this_origin_and_is_one_line(text in "[/\\\\.@:a-z?#%\\t\\n ]{0,24}") {
            if let Ok(path) = ReturnPath::parse(&text, &origin()) {
                let base = Url::parse(origin().as_str()).unwrap();
                let seen_by_a_browser = base.join(path.as_str()).unwrap();
                prop_assert_eq!(seen_by_a_browser.origin(), base.origin());
                prop_assert!(path.as_str().bytes().all(|b| b.is_ascii_graphic()));
            }
        }
    }
}
