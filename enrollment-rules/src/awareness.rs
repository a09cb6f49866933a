//! User awareness: a share of the clicks is shown where the link leads, and asked before going on.

use device_token::{DeviceId, LinkId, Timestamp};

use crate::bounds::Bounds;
use crate::keyed_hash::{Digest, HashKey, Purpose};
use crate::snapshot::ClickSettings;

/// A click, as far as it matters whether it is shown: nothing in it changes by trying again.
#[derive(Debug, Clone, Copy)]
pub struct Click<'a> {
    /// The account.
    pub account: &'a str,
    /// The link.
    pub link: LinkId,
    /// The device; none where authentication is off.
    pub device: Option<DeviceId>,
}

impl Click<'_> {
    /// Whether the person is to be shown where the link leads and asked, now that nothing else is in the way. `pass` is what
    /// they bring from having been.
    #[must_use]
    pub fn asks(&self, settings: &ClickSettings, pass: Option<&str>, key: &HashKey, now: Timestamp) -> bool {
        settings.user_awareness_enabled
            && self.is_shown(settings.user_awareness_percent, key)
            && !pass.is_some_and(|pass| self.passes(pass, key, now))
    }

    fn digest(&self, key: &HashKey, purpose: Purpose, more: &[u8]) -> Digest {
        let device = self.device.map(|device| device.to_string()).unwrap_or_default();
        key.digest(
            purpose,
            &[self.account.as_bytes(), self.link.to_string().as_bytes(), device.as_bytes(), more],
        )
    }

    /// Whether this click is among the `percent` of a hundred that are shown. A keyed hash draws, so that it is the same each
    /// time and nobody can tell beforehand.
    fn is_shown(&self, percent: u8, key: &HashKey) -> bool {
        let bytes = self.digest(key, Purpose::AwarenessDraw, &[]).first_16_bytes();
        u128::from_be_bytes(bytes) % 100 < u128::from(percent)
    }

    /// What goes on from the page that shows it: `<expires>.<mac>`, for this link and this device.
    #[must_use]
    pub fn pass(&self, key: &HashKey, bounds: &Bounds, now: Timestamp) -> String {
        let expires = now.plus_seconds(bounds.awareness_seconds).to_string();
        let mac = self.digest(key, Purpose::AwarenessPass, expires.as_bytes());
        format!("{expires}.{}", mac.as_str())
    }

    /// Is this such a pass, and still good?
    fn passes(&self, pass: &str, key: &HashKey, now: Timestamp) -> bool {
        let Some((expires, mac)) = pass.split_once('.') else { return false };
        let is_ours = Digest::from_stored(mac.to_owned())
            == self.digest(key, Purpose::AwarenessPass, expires.as_bytes());
        is_ours && expires.parse().is_ok_and(|expires: u64| now.as_seconds() < expires)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn click(link: u8, device: Option<u8>) -> Click<'static> {
        let device = device.map(|byte| DeviceId::from_bytes([byte; 16]));
        Click { account: "demo", link: LinkId::from_bytes([link; 16]), device }
    }

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_seconds(seconds).unwrap()
    }

    #[test]
    fn about_that_share_is_shown_and_the_same_ones_each_time() {
        let key = HashKey::new(&[3; 32]);
        for percent in [0, 10, 50, 100] {
            let shown: Vec<_> =
                (0..=255).flat_map(|link| (0..4).map(move |device| click(link, Some(device)))).collect();
            let count = shown.iter().filter(|click| click.is_shown(percent, &key)).count();
            assert_eq!(count, shown.iter().filter(|click| click.is_shown(percent, &key)).count());
            // 1,024 draws: five standard deviations are less than 8 of a hundred.
            let expected = shown.len() * usize::from(percent) / 100;
            assert!(count.abs_diff(expected) <= 82, "{percent}: {count}");
        }
        assert!((0..=255).all(|link| !click(link, None).is_shown(0, &key)));
        assert!((0..=255).all(|link| click(link, None).is_shown(100, &key)));
    }

    #[test]
    fn nobody_is_asked_where_it_is_off_or_twice_within_ten_minutes() {
        let (key, bounds) = (HashKey::new(&[3; 32]), Bounds::default());
        let settings = |user_awareness_enabled| ClickSettings {
            user_awareness_enabled,
            user_awareness_percent: 100,
            ..ClickSettings::from(&crate::settings::Settings::default())
        };
        let click = click(1, Some(1));
        assert!(!click.asks(&settings(false), None, &key, at(1_000)));
        assert!(click.asks(&settings(true), None, &key, at(1_000)));
        assert!(click.asks(&settings(true), Some("x"), &key, at(1_000)));
        let pass = click.pass(&key, &bounds, at(1_000));
        assert!(!click.asks(&settings(true), Some(&pass), &key, at(1_599)));
        assert!(click.asks(&settings(true), Some(&pass), &key, at(1_600)));
    }

    #[test]
    fn a_pass_is_good_for_one_link_one_device_and_ten_minutes() {
        let (key, bounds) = (HashKey::new(&[3; 32]), Bounds::default());
        let pass = click(1, Some(1)).pass(&key, &bounds, at(1_000));
        assert!(click(1, Some(1)).passes(&pass, &key, at(1_599)));
        assert!(!click(1, Some(1)).passes(&pass, &key, at(1_600)));
        for other in [click(2, Some(1)), click(1, Some(2)), click(1, None)] {
            assert!(!other.passes(&pass, &key, at(1_000)));
        }
        assert!(!click(1, Some(1)).passes(&pass, &HashKey::new(&[4; 32]), at(1_000)));
        for altered in [pass.replacen("1600", "9999", 1), String::new(), ".".to_owned(), "1600".to_owned()] {
            assert!(!click(1, Some(1)).passes(&altered, &key, at(1_000)), "{altered}");
        }
    }
}
