//! "This was not me": where the mail about a new device leads, and what is shown there.
//!
//! Its address is all it takes to sign that one device out, and good for nothing else. It holds for as long as the device's record
//! does: a mail may be read late.

use device_token::{DeviceId, Timestamp, UserId};
use serde::{Deserialize, Serialize};

use crate::browser_name::browser_name;
use crate::keyed_hash::{Digest, HashKey, Purpose};
use crate::language::Language;
use crate::template::Values;
use crate::time_text::written_out;

/// The one device that an address is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disowned {
    /// The device.
    pub device: DeviceId,
    /// Whom it was enrolled for.
    pub user: UserId,
}

impl Disowned {
    /// The address, in the language of the mail it stands in.
    #[must_use]
    pub fn link(&self, origin: &str, account: &str, key: &HashKey, language: Language) -> String {
        format!("{origin}/not-me/{}?lang={}", self.token(account, key), language.tag())
    }

    /// `<device>.<person>.<mac>`.
    fn token(&self, account: &str, key: &HashKey) -> String {
        format!("{}.{}.{}", self.device, self.user, self.mac(account, key).as_str())
    }

    /// What such a token is for, if it was made here.
    #[must_use]
    pub fn read(token: &str, account: &str, key: &HashKey) -> Option<Self> {
        let (device, rest) = token.split_once('.')?;
        let (user, mac) = rest.split_once('.')?;
        let read = Self { device: device.parse().ok()?, user: user.parse().ok()? };
        (Digest::from_stored(mac.to_owned()) == read.mac(account, key)).then_some(read)
    }

    fn mac(&self, account: &str, key: &HashKey) -> Digest {
        key.digest(Purpose::NotMe, &[account.as_bytes(), self.device.as_bytes(), self.user.as_bytes()])
    }
}

/// What became of such a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It is enrolled.
    Enrolled,
    /// It was signed out just now, and everybody knows by then.
    SignedOut(Timestamp),
    /// It was gone already.
    Gone,
}

/// What the page is filled with. `enrolled` is what the device calls itself, and since when; none where its record is gone.
#[must_use]
pub fn page(enrolled: Option<(&str, Timestamp)>, standing: Standing, language: Language) -> Values {
    let by = match standing {
        // Minutes are shown, and it holds by the end of this one.
        Standing::SignedOut(by) => written_out(by.plus_seconds(59), language),
        Standing::Enrolled | Standing::Gone => String::new(),
    };
    let (browser, time) = enrolled
        .map(|(agent, at)| (browser_name(agent, language), written_out(at, language)))
        .unwrap_or_default();
    Values::default()
        .when("enrolled", standing == Standing::Enrolled)
        .when("signed out", matches!(standing, Standing::SignedOut(_)))
        .when("gone", standing == Standing::Gone)
        .when("known", enrolled.is_some())
        .with("browser", browser)
        .with("time", time)
        .with("by", by)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disowned(device: u8, user: u8) -> Disowned {
        Disowned { device: DeviceId::from_bytes([device; 16]), user: UserId::from_bytes([user; 16]) }
    }

    #[test]
    fn an_address_is_for_one_device_of_one_person_in_one_account() {
        let key = HashKey::new(&[3; 32]);
        let token = disowned(1, 2).token("demo", &key);
        assert_eq!(Disowned::read(&token, "demo", &key), Some(disowned(1, 2)));
        assert_eq!(Disowned::read(&token, "other", &key), None);
        assert_eq!(Disowned::read(&token, "demo", &HashKey::new(&[4; 32])), None);
        for (device, user) in [(2, 2), (1, 1), (2, 1)] {
            let other = disowned(device, user).token("demo", &key);
            let mac = token.rsplit_once('.').unwrap().1;
            let forged = format!("{}.{mac}", other.rsplit_once('.').unwrap().0);
            assert_eq!(Disowned::read(&forged, "demo", &key), None);
        }
    }

    #[test]
    fn what_was_altered_or_is_no_token_is_none() {
        let key = HashKey::new(&[3; 32]);
        let token = disowned(1, 2).token("demo", &key);
        for index in 0..token.len() {
            let mut altered = token.clone().into_bytes();
            altered[index] = if altered[index] == b'0' { b'1' } else { b'0' };
            let altered = String::from_utf8(altered).unwrap();
            assert_eq!(Disowned::read(&altered, "demo", &key), None, "{altered}");
            assert_eq!(Disowned::read(token.split_at(index).0, "demo", &key), None, "{index}");
        }
        for text in ["", ".", "..", "...", &format!("{token}0"), &format!("{token}."), &token.to_uppercase()]
        {
            assert_eq!(Disowned::read(text, "demo", &key), None, "{text}");
        }
    }

    #[test]
    fn the_address_in_mails_that_were_sent_is_unchanged() {
        let link =
            disowned(1, 2).link("https://a.example", "demo", &HashKey::new(&[0; 32]), Language::German);
        let (path, mac) = link.strip_suffix("?lang=de").unwrap().rsplit_once('.').unwrap();
        assert_eq!(path, "https://a.example/not-me/AQEBAQEBAQEBAQEBAQEBAQ.AgICAgICAgICAgICAgICAg");
        assert_eq!(mac, "fcbbaeb12728f95e46e23270114aed8d492c8a5a64d401fccde0652819639f47");
    }

    #[test]
    fn both_languages_of_the_page_have_every_value_and_every_condition() {
        let at = Timestamp::from_seconds(1_795_341_600).unwrap();
        for (template, language) in [
            (include_str!("../../www/not-me.html"), Language::English),
            (include_str!("../../www/not-me.de.html"), Language::German),
        ] {
            for standing in [Standing::Enrolled, Standing::SignedOut(at), Standing::Gone] {
                for enrolled in [Some(("<b>\"", at)), None] {
                    let values = page(enrolled, standing, language);
                    let html = values.fill_html(template);
                    assert!(!html.contains(['{', '}']) && !html.contains("<b>"), "{html}");
                    assert_eq!(html.matches("<h1>").count(), 1, "{html}");
                    assert_eq!(html.matches("<title>").count(), 1, "{html}");
                    assert_eq!(html.contains("<form"), standing == Standing::Enrolled, "{html}");
                    assert_eq!(
                        html.contains("2026"),
                        enrolled.is_some() || matches!(standing, Standing::SignedOut(_))
                    );
                    for part in template.split('{').skip(1) {
                        let name = part.split_once('}').unwrap().0;
                        let known = match name.strip_prefix("if ") {
                            Some(condition) => {
                                ["enrolled", "signed out", "gone", "known"].contains(&condition)
                            }
                            None => values.has(name),
                        };
                        assert!(known, "{name}");
                    }
                }
            }
        }
    }
}
