//! A view inside another app: it keeps cookies of its own, so an enrollment there counts only inside that app.

use super::browser::{Brand, Browser, Engine, Identity, has, is_ios};
use super::{Answer, Finding};

/// What such views are known to say in their user-agent string: Android's own, then app by app.
const TOKENS: [&str; 20] = [
    "; wv)",
    "FBAN/",
    "FBAV/",
    "FB_IAB",
    "Instagram",
    " Line/",
    "MicroMessenger",
    "LinkedInApp",
    "Snapchat",
    "TikTok",
    "musical_ly",
    "BytedanceWebview",
    "Twitter for",
    "TwitterAndroid",
    "GSA/",
    "Outlook-iOS",
    "Outlook-Android",
    "Microsoft Outlook",
    "Teams/",
    "Electron/",
];

const VIEW_BRANDS: [&str; 2] = ["Android WebView", "Microsoft Edge WebView2"];
/// A view of another app carries none of these, and a tab that an app opens in the browser itself shares its cookies.
const CERTAIN_BRANDS: [&str; 3] = ["Google Chrome", "Microsoft Edge", "Samsung Internet"];

/// The finding `in_app_view`. What is not known is not called a browser: most apps say nothing of themselves.
#[must_use]
pub fn finding(identity: &Identity, browser: &Browser) -> Finding {
    let agent = identity.user_agent;
    if let Some(token) = TOKENS.into_iter().find(|token| has(agent, token)) {
        return Finding::new(Answer::Yes, token);
    }
    if let Some(brand) = VIEW_BRANDS.into_iter().find(|brand| identity.has_brand(brand)) {
        return Finding::new(Answer::Yes, brand);
    }
    // Every browser on iOS ends its name with Safari's; a bare view does not.
    if browser.engine == Engine::WebKit && is_ios(agent) && !has(agent, "Safari/") {
        return Finding::new(Answer::Yes, "no Safari/ on iOS");
    }
    if let Some(brand) = CERTAIN_BRANDS.into_iter().find(|brand| identity.has_brand(brand)) {
        return Finding::new(Answer::No, brand);
    }
    // Apps on Android may be built on Firefox's engine; on a desktop nobody does.
    if browser.brand == Brand::Firefox && browser.engine == Engine::Gecko && !has(agent, "Android") {
        return Finding::new(Answer::No, "Firefox, desktop");
    }
    Finding::new(Answer::Unknown, "no known token")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(vendor: &str, user_agent: &str, brands: &str) -> Answer {
        let identity = Identity { vendor: Some(vendor), user_agent, brands };
        finding(&identity, &Browser::recognize(&identity)).answer
    }

    const CHROME: &str = "Google Inc.";
    const APPLE: &str = "Apple Computer, Inc.";
    const PHONE: &str =
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)";

    #[test]
    fn every_known_app_is_recognized() {
        for token in TOKENS {
            let agent =
                ["Mozilla/5.0 (Linux; Android 14; K", token, " Chrome/137.0.0.0 Mobile Safari/537.36"]
                    .concat();
            assert_eq!(answer(CHROME, &agent, ""), Answer::Yes, "{agent}");
        }
        for brand in VIEW_BRANDS {
            let brands = ["Chromium;", brand, ";Google Chrome"].concat();
            assert_eq!(answer(CHROME, "Chrome/156.0.0.0", &brands), Answer::Yes, "{brand}");
        }
        assert_eq!(answer(APPLE, &[PHONE, " Mobile/15E148"].concat(), ""), Answer::Yes);
    }

    #[test]
    fn only_a_certain_brand_is_no_app() {
        for brands in ["Google Chrome;Chromium", "Not)A;Brand;Microsoft Edge", "Samsung Internet"] {
            assert_eq!(answer(CHROME, "Chrome/156.0.0.0 Safari/537.36", brands), Answer::No, "{brands}");
        }
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0";
        assert_eq!(answer("", firefox, ""), Answer::No);
        let android = "Mozilla/5.0 (Android 14; Mobile; rv:153.0) Gecko/153.0 Firefox/153.0";
        assert_eq!(answer("", android, ""), Answer::Unknown);
        let safari = [PHONE, " Version/17.5 Mobile/15E148 Safari/604.1"].concat();
        assert_eq!(answer(APPLE, &safari, ""), Answer::Unknown, "an app may show a page of Safari's");
        assert_eq!(answer(CHROME, "Chrome/156.0.0.0 Safari/537.36", "Chromium"), Answer::Unknown);
        assert_eq!(answer("Somebody", "", ""), Answer::Unknown);
    }

    #[test]
    fn a_word_that_ends_like_an_apps_name_is_none() {
        assert_eq!(answer(CHROME, "Online/1.0 Chrome/156.0.0.0 Safari/537.36", ""), Answer::Unknown);
    }
}
