//! What to call a browser for a person, by what it calls itself. Only what is certain is said: browsers pass as one another, so one
//! that says more than those known here, or less, is just a browser.
//!
//! The same as `www/assets/browser-name.js` says in the list of devices; readiness asks the engine instead, which a header cannot tell.

use crate::language::Language;

/// What a browser runs on, and whether it is an apparatus and not what runs on one.
const SYSTEMS: [(&str, &str, bool); 6] = [
    ("iPhone", "iPhone", true),
    ("Android", "Android", false),
    ("Windows NT", "Windows", false),
    ("CrOS", "ChromeOS", false),
    ("Macintosh", "Mac", true),
    ("Linux", "Linux", false),
];

/// The browser and what it runs on, as far as its `User-Agent` is certain: one of few names, however long the header is.
#[must_use]
pub fn browser_name(user_agent: &str, language: Language) -> String {
    let unknown = match language {
        Language::English => "a browser",
        Language::German => "ein Browser",
    };
    let browser = browser(user_agent);
    let (system, apparatus) = match system(user_agent) {
        // Safari on an iPad says that it is on a Mac.
        Some(("Mac", _)) if browser == Some("Safari") => ("Mac / iPad", true),
        Some(known) => known,
        None => return browser.unwrap_or(unknown).to_owned(),
    };
    let on = match (language, apparatus) {
        (Language::English, _) => "on",
        (Language::German, true) => "auf dem",
        (Language::German, false) => "unter",
    };
    format!("{} {on} {system}", browser.unwrap_or(unknown))
}

fn system(agent: &str) -> Option<(&'static str, bool)> {
    let on_ios = ["CriOS", "FxiOS", "EdgiOS"].into_iter().any(|name| has(agent, name));
    if !agent.contains("iPhone") && (agent.contains("iPad") || agent.contains("Macintosh") && on_ios) {
        return Some(("iPad", true));
    }
    SYSTEMS.into_iter().find(|(sign, ..)| agent.contains(sign)).map(|(_, name, apparatus)| (name, apparatus))
}

/// The first that fits: those that build on others come before them, and these end as they do alone.
fn browser(agent: &str) -> Option<&'static str> {
    let products: Vec<Option<&str>> = agent.split(' ').map(product).collect();
    let has = |name| products.contains(&Some(name));
    if has("Edg") || has("EdgA") || has("EdgiOS") {
        return Some("Edge");
    }
    if has("SamsungBrowser") {
        return Some("Samsung Internet");
    }
    let without_edition = agent.split(" (Edition ").next().unwrap_or_default();
    if without_edition.rsplit(' ').next().and_then(product) == Some("OPR") {
        return Some("Opera");
    }
    if products.last() == Some(&Some("Firefox")) || has("FxiOS") {
        return Some("Firefox");
    }
    if has("CriOS") {
        return Some("Chrome");
    }
    // What follows the engine; a version of letters, such as `Mobile/15E148`, counts as a word.
    let (_, after) = agent.rsplit_once(" Gecko) ")?;
    let names: Vec<&str> = after
        .split(' ')
        .map(|word| product(word).or_else(|| word.split('/').next()).unwrap_or_default())
        .collect();
    let is_apple = ["(Macintosh", "(iPhone", "(iPad"].into_iter().any(|sign| agent.contains(sign));
    match names.as_slice() {
        ["Chrome" | "HeadlessChrome", "Safari"] | ["Chrome" | "HeadlessChrome", "Mobile", "Safari"] => {
            Some("Chrome")
        }
        ["Version", "Safari"] | ["Version", "Mobile", "Safari"] if is_apple => Some("Safari"),
        _ => None,
    }
}

/// The name of a product with a version of numbers (RFC 9110, 10.1.5).
fn product(word: &str) -> Option<&str> {
    let (name, version) = word.split_once('/')?;
    let is_number = !version.is_empty() && version.bytes().all(|byte| byte == b'.' || byte.is_ascii_digit());
    is_number.then_some(name)
}

fn has(agent: &str, name: &str) -> bool {
    agent.split(' ').any(|word| product(word) == Some(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_are_called_by_what_is_certain_of_them() {
        let blink = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";
        let mobile = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Mobile Safari/537.36";
        let ios = "AppleWebKit/605.1.15 (KHTML, like Gecko)";
        let windows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)";
        let mac = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)";
        let phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X)";
        let android = "Mozilla/5.0 (Linux; Android 10; K)";
        let linux = "Mozilla/5.0 (X11; Linux x86_64)";
        for (agent, english, german) in [
            (format!("{windows} {blink}"), "Chrome on Windows", "Chrome unter Windows"),
            (
                format!("{linux} {}", blink.replace("Chrome", "HeadlessChrome")),
                "Chrome on Linux",
                "Chrome unter Linux",
            ),
            (format!("{android} {mobile}"), "Chrome on Android", "Chrome unter Android"),
            (format!("{windows} {blink} Edg/156.0.0.0"), "Edge on Windows", "Edge unter Windows"),
            (format!("{android} {mobile} EdgA/156.0.0.0"), "Edge on Android", "Edge unter Android"),
            (format!("{windows} {blink} OPR/120.0.0.0"), "Opera on Windows", "Opera unter Windows"),
            (
                format!("{windows} {blink} OPR/120.0.0.0 (Edition std-1)"),
                "Opera on Windows",
                "Opera unter Windows",
            ),
            (
                format!("{android} {}", mobile.replace("Chrome", "SamsungBrowser/30.0 Chrome")),
                "Samsung Internet on Android",
                "Samsung Internet unter Android",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; rv:153.0) Gecko/20100101 Firefox/153.0".to_owned(),
                "Firefox on Windows",
                "Firefox unter Windows",
            ),
            (
                format!("{phone} {ios} Version/17.5 Mobile/15E148 Safari/604.1"),
                "Safari on iPhone",
                "Safari auf dem iPhone",
            ),
            (
                format!("{phone} {ios} CriOS/156.0 Mobile/15E148 Safari/604.1"),
                "Chrome on iPhone",
                "Chrome auf dem iPhone",
            ),
            (
                format!("{phone} {ios} FxiOS/153.0 Mobile/15E148 Safari/605.1.15"),
                "Firefox on iPhone",
                "Firefox auf dem iPhone",
            ),
            (
                format!("{mac} {ios} Version/26.0 Safari/605.1.15"),
                "Safari on Mac / iPad",
                "Safari auf dem Mac / iPad",
            ),
            (
                format!("{mac} {ios} CriOS/156 Mobile/15E148 Safari/604.1"),
                "Chrome on iPad",
                "Chrome auf dem iPad",
            ),
            (format!("{mac} {blink}"), "Chrome on Mac", "Chrome auf dem Mac"),
            // They pass as Chrome or Safari and say more.
            (format!("{windows} {blink} Vivaldi/7.0"), "a browser on Windows", "ein Browser unter Windows"),
            (format!("{phone} {ios} Mobile/15E148"), "a browser on iPhone", "ein Browser auf dem iPhone"),
            (
                format!("{linux} {ios} Version/26.0 Safari/605.1.15"),
                "a browser on Linux",
                "ein Browser unter Linux",
            ),
            ("curl/8.0".to_owned(), "a browser", "ein Browser"),
            (String::new(), "a browser", "ein Browser"),
            ("Chrome/ Firefox Edg/x OPR/".to_owned(), "a browser", "ein Browser"),
            ("\u{1f5a5}\u{202e}<script>".repeat(1_000), "a browser", "ein Browser"),
        ] {
            assert_eq!(browser_name(&agent, Language::English), english, "{agent}");
            assert_eq!(browser_name(&agent, Language::German), german, "{agent}");
        }
    }
}
