//! Which language a page or a mail comes in.

use serde::{Deserialize, Serialize};

/// A language the pages and mails are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// English.
    English,
    /// German.
    German,
}

impl Language {
    /// The tag of RFC 5646.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }

    /// The one with this tag.
    #[must_use]
    pub fn tagged(tag: &str) -> Option<Self> {
        [Self::English, Self::German].into_iter().find(|language| language.tag() == tag)
    }

    fn of_range(range: &str) -> Option<Self> {
        let primary = range.split('-').next().unwrap_or_default();
        [Self::English, Self::German]
            .into_iter()
            .find(|language| language.tag().eq_ignore_ascii_case(primary))
    }
}

/// The language a person chose or, where there is none of that name, the one their browser asks for first (RFC 9110, 12.5.4).
/// English where it asks for neither.
///
/// By hand, because all there is to it is which of two comes first: the crates for it sort what they are given and still leave the
/// matching to the caller.
#[must_use]
pub fn language(chosen: Option<&str>, accepted: Option<&str>) -> Language {
    if let Some(language) = chosen.and_then(Language::of_range) {
        return language;
    }
    let mut best = (0, Language::English);
    for item in accepted.unwrap_or_default().split(',') {
        let (range, parameter) = item.split_once(';').unwrap_or((item, "q=1"));
        let weight = parameter.trim().strip_prefix("q=").and_then(thousandths).unwrap_or(0);
        if let Some(language) = Language::of_range(range.trim())
            && weight > best.0
        {
            best = (weight, language);
        }
    }
    best.1
}

/// A quality value as RFC 9110, 12.4.2 has it: `0` to `1`, three places at most.
fn thousandths(text: &str) -> Option<u16> {
    let (whole, places) = text.split_once('.').unwrap_or((text, ""));
    let whole: u16 = whole.parse().ok().filter(|whole| *whole <= 1)?;
    if places.len() > 3 || !places.bytes().all(|place| place.is_ascii_digit()) {
        return None;
    }
    let places: u16 = format!("{places:0<3}").parse().ok()?;
    Some(whole.saturating_mul(1_000).saturating_add(places).min(1_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_asked_for_first_is_taken_and_english_where_neither_is() {
        for (accepted, expected) in [
            ("de", "de"),
            ("DE-at,de;q=0.9,en;q=0.8", "de"),
            ("en,de;q=0.5", "en"),
            ("en;q=0.5, de", "de"),
            ("de;q=0.8,en;q=0.9", "en"),
            ("de;q=0.801,en;q=0.8", "de"),
            ("fr,de;q=0.3,en;q=0.2", "de"),
            ("fr", "en"),
            ("de;q=0", "en"),
            ("den,deu", "en"),
            ("de;q=2,en;q=0.1", "en"),
            ("de;q=-1", "en"),
            ("de;q=0.12345", "en"),
            (";;,=,q=1,de;q=", "en"),
            ("*", "en"),
            ("", "en"),
        ] {
            assert_eq!(language(None, Some(accepted)).tag(), expected, "{accepted}");
        }
        assert_eq!(language(None, None), Language::English);
    }

    #[test]
    fn what_the_person_chose_comes_before_what_the_browser_asks_for() {
        assert_eq!(language(Some("de"), Some("en")), Language::German);
        assert_eq!(language(Some("en"), Some("de")), Language::English);
        assert_eq!(language(Some("tlh"), Some("de")), Language::German);
    }
}
