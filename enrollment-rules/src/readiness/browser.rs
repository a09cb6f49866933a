//! Which engine, which browser, which version.
//!
//! The engine is known by `navigator.vendor`: a constant of the engine, the same in every window mode and with every user-agent
//! string. Version and brand come from that string. There is no crate for it here: the tables of woothee or uaparser alone weigh
//! more than the whole page may, and know a thousand names where five decide which words are shown.

/// The engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// Chrome, Edge, and their kin.
    Chromium,
    /// Firefox.
    Gecko,
    /// Safari, every browser on iOS, `WebKitGTK`, WPE.
    WebKit,
    /// None of those.
    Other,
}

impl Engine {
    /// The engine that says `vendor` of itself.
    #[must_use]
    pub fn of_vendor(vendor: Option<&str>) -> Self {
        match vendor {
            Some("Google Inc.") => Self::Chromium,
            Some("") => Self::Gecko,
            Some(vendor) if vendor.starts_with("Apple") => Self::WebKit,
            _ => Self::Other,
        }
    }

    /// The name, for a finding's evidence.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Chromium => "Chromium",
            Self::Gecko => "Gecko",
            Self::WebKit => "WebKit",
            Self::Other => "another engine",
        }
    }
}

/// Whose words to show: how to allow cookies is found elsewhere in each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Brand {
    /// Chrome, and Chromium itself.
    Chrome,
    /// Microsoft Edge.
    Edge,
    /// Firefox.
    Firefox,
    /// Safari.
    Safari,
    /// Samsung Internet.
    Samsung,
    /// Any other, or unknown.
    Other,
}

impl Brand {
    /// The stable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Chrome => "chrome",
            Self::Edge => "edge",
            Self::Firefox => "firefox",
            Self::Safari => "safari",
            Self::Samsung => "samsung",
            Self::Other => "other",
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Chrome => "Chrome",
            Self::Edge => "Edge",
            Self::Firefox => "Firefox",
            Self::Safari => "Safari",
            Self::Samsung => "Samsung Internet",
            Self::Other => "another browser",
        }
    }
}

/// A version, as far as it is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// Before the first point.
    pub major: u16,
    /// After it.
    pub minor: u16,
}

impl Version {
    /// The version at the beginning of `text`: `15_4 like Mac OS X`, `156.0.0.0 Safari/537.36`, `17`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split(|character: char| !character.is_ascii_digit());
        let major = numbers.next()?.parse().ok()?;
        let minor = numbers.next().and_then(|minor| minor.parse().ok()).unwrap_or(0);
        Some(Self { major, minor })
    }

    /// The version after `token` in `text`.
    fn after(text: &str, token: &str) -> Option<Self> {
        Self::parse(after(text, token)?)
    }
}

/// What this browser says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Identity<'a> {
    /// `navigator.vendor`.
    pub vendor: Option<&'a str>,
    /// `navigator.userAgent`.
    pub user_agent: &'a str,
    /// The names of `navigator.userAgentData.brands`, separated by `;`; empty where there is none.
    pub brands: &'a str,
}

impl Identity<'_> {
    pub(super) fn has_brand(&self, name: &str) -> bool {
        self.brands.split(';').any(|brand| brand == name)
    }
}

/// What it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Browser {
    /// The engine.
    pub engine: Engine,
    /// Whose words to show.
    pub brand: Brand,
    /// The engine's version; on iOS that of the system, which brings the engine for all browsers.
    pub version: Option<Version>,
}

/// Browsers that name Chrome, Firefox or Safari in their user-agent string and have other menus.
const OTHERS: [&str; 9] =
    ["OPR/", "OPT/", "Opera", "Vivaldi/", "YaBrowser/", "DuckDuckGo/", "Ddg/", "Brave/", "UCBrowser/"];

impl Browser {
    /// Recognizes the browser.
    #[must_use]
    pub fn recognize(identity: &Identity) -> Self {
        let engine = Engine::of_vendor(identity.vendor);
        let agent = identity.user_agent;
        let version = match engine {
            Engine::Chromium => Version::after(agent, "Chrome/"),
            Engine::Gecko => Version::after(agent, "Firefox/"),
            // Only Safari's own version counts the engine; another browser's on iOS counts that browser.
            Engine::WebKit => Version::after(agent, "Version/")
                .or_else(|| Version::after(agent, "OS ").filter(|_| is_ios(agent))),
            Engine::Other => None,
        };
        Self { engine, brand: brand(identity, engine), version }
    }

    pub(super) fn seen(self) -> String {
        let version = match self.version {
            Some(Version { major, minor: 0 }) => major.to_string(),
            Some(Version { major, minor }) => [major.to_string().as_str(), ".", &minor.to_string()].concat(),
            None => "of unknown version".to_owned(),
        };
        [self.engine.name(), " ", &version, ", ", self.brand.name()].concat()
    }
}

fn brand(identity: &Identity, engine: Engine) -> Brand {
    let agent = identity.user_agent;
    let says = |token| has(agent, token);
    if OTHERS.into_iter().any(says) || identity.has_brand("Brave") || identity.has_brand("Opera") {
        return Brand::Other;
    }
    if identity.has_brand("Microsoft Edge") || ["Edg/", "EdgA/", "EdgiOS/"].into_iter().any(says) {
        return Brand::Edge;
    }
    match engine {
        Engine::Chromium if says("SamsungBrowser/") || identity.has_brand("Samsung Internet") => {
            Brand::Samsung
        }
        Engine::Chromium if says("Chrome/") => Brand::Chrome,
        Engine::Gecko if says("Firefox/") => Brand::Firefox,
        Engine::WebKit if says("CriOS/") => Brand::Chrome,
        Engine::WebKit if says("FxiOS/") => Brand::Firefox,
        Engine::WebKit if says("Version/") && says("Safari/") => Brand::Safari,
        _ => Brand::Other,
    }
}

pub(super) fn is_ios(agent: &str) -> bool {
    ["iPhone", "iPad", "iPod"].into_iter().any(|device| has(agent, device))
}

pub(super) fn has(text: &str, token: &str) -> bool {
    after(text, token).is_some()
}

/// What follows `token` in `text`. The standard library's search is made for long texts, and weighs 6 KB in a browser.
fn after<'a>(text: &'a str, token: &str) -> Option<&'a str> {
    let start = text.as_bytes().windows(token.len()).position(|window| window == token.as_bytes())?;
    text.get(start.saturating_add(token.len())..)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHROME: &str = "Google Inc.";
    const APPLE: &str = "Apple Computer, Inc.";

    fn recognized(vendor: &str, user_agent: &str, brands: &str) -> String {
        Browser::recognize(&Identity { vendor: Some(vendor), user_agent, brands }).seen()
    }

    #[test]
    fn engines_are_known_by_their_vendor() {
        assert_eq!(Engine::of_vendor(Some("Google Inc.")), Engine::Chromium);
        assert_eq!(Engine::of_vendor(Some("")), Engine::Gecko);
        assert_eq!(Engine::of_vendor(Some("Apple Computer, Inc.")), Engine::WebKit);
        assert_eq!(Engine::of_vendor(Some("Somebody")), Engine::Other);
        assert_eq!(Engine::of_vendor(None), Engine::Other);
    }

    #[test]
    fn browsers_of_chromium_are_recognized() {
        let linux = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)";
        let agent = |rest: &str| [linux, " ", rest].concat();
        for (rest, brands, expected) in [
            ("Chrome/156.0.0.0 Safari/537.36", "Chromium;Not=A?Brand", "Chromium 156, Chrome"),
            ("Chrome/156.0.0.0 Safari/537.36", "", "Chromium 156, Chrome"),
            ("HeadlessChrome/156.0.0.0 Safari/537.36", "", "Chromium 156, Chrome"),
            ("Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0", "Microsoft Edge;Chromium", "Chromium 156, Edge"),
            ("Chrome/130.0.0.0 Mobile Safari/537.36 EdgA/130.0.0.0", "", "Chromium 130, Edge"),
            (
                "SamsungBrowser/30.0 Chrome/137.0.0.0 Mobile Safari/537.36",
                "",
                "Chromium 137, Samsung Internet",
            ),
            ("Chrome/150.0.0.0 Safari/537.36 OPR/120.0.0.0", "", "Chromium 150, another browser"),
            ("Chrome/150.0.0.0 Safari/537.36", "Brave;Chromium", "Chromium 150, another browser"),
        ] {
            assert_eq!(recognized(CHROME, &agent(rest), brands), expected);
        }
    }

    #[test]
    fn firefox_is_recognized() {
        let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0";
        assert_eq!(recognized("", agent, ""), "Gecko 153, Firefox");
    }

    #[test]
    fn on_ios_the_version_is_the_systems_and_never_the_browsers() {
        let phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)";
        let agent = |rest: &str| [phone, " ", rest].concat();
        for (rest, expected) in [
            ("Version/17.5 Mobile/15E148 Safari/604.1", "WebKit 17.5, Safari"),
            ("CriOS/156.0.0.0 Mobile/15E148 Safari/604.1", "WebKit 17.5, Chrome"),
            ("FxiOS/153.0 Mobile/15E148 Safari/605.1.15", "WebKit 17.5, Firefox"),
            ("Version/17.0 EdgiOS/130.0.0.0 Mobile/15E148 Safari/604.1", "WebKit 17, Edge"),
            ("Mobile/15E148", "WebKit 17.5, another browser"),
        ] {
            assert_eq!(recognized(APPLE, &agent(rest), ""), expected);
        }
        let mac = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)";
        let agent = |rest: &str| [mac, " ", rest].concat();
        assert_eq!(recognized(APPLE, &agent("Version/26.0 Safari/605.1.15"), ""), "WebKit 26, Safari");
        assert_eq!(
            recognized(APPLE, &agent("CriOS/156 Safari/604.1"), ""),
            "WebKit of unknown version, Chrome"
        );
    }

    #[test]
    fn a_user_agent_that_says_nothing_has_no_version() {
        for agent in ["", "Chrome/", "Chrome/x", "Firefox", "Chrome/99999999999", "💥"] {
            for vendor in [CHROME, "", APPLE, "Somebody"] {
                let browser =
                    Browser::recognize(&Identity { vendor: Some(vendor), user_agent: agent, brands: "" });
                assert_eq!(browser.version, None, "{agent}");
            }
        }
    }

    #[test]
    fn the_names_pages_rely_on_are_unchanged() {
        let brands =
            [Brand::Chrome, Brand::Edge, Brand::Firefox, Brand::Safari, Brand::Samsung, Brand::Other];
        assert_eq!(brands.map(Brand::code), ["chrome", "edge", "firefox", "safari", "samsung", "other"]);
    }
}
