//! Device cookies whose signature was checked before, so that it is checked once per isolate.
//!
//! Only what never changes is remembered: these exact bytes are what that key signed. Whether the key is still one of ours, whether the
//! statement holds and whether somebody revoked it is asked each time.

use std::num::NonZeroUsize;

use device_token::{Audience, DeviceFamily, UnverifiedDeviceCookie, VerifiedDeviceCookie, VerifyingKeys};
use lru::LruCache;

/// The most that are remembered, about 1 KB each; beyond, those not seen for longest are forgotten.
const KEPT: usize = 8_192;

/// The memory.
#[derive(Debug)]
pub struct VerifiedCookies(LruCache<String, VerifiedDeviceCookie>);

impl Default for VerifiedCookies {
    fn default() -> Self {
        Self::keeping(NonZeroUsize::new(KEPT).unwrap_or(NonZeroUsize::MIN))
    }
}

impl VerifiedCookies {
    fn keeping(most: NonZeroUsize) -> Self {
        // Not `new`, which makes room for all of them at once.
        let mut memory = LruCache::unbounded();
        memory.resize(most);
        Self(memory)
    }

    /// The cookie of this text, if one of these keys signed it for this account.
    pub fn verified(
        &mut self,
        text: &str,
        keys: &VerifyingKeys<DeviceFamily>,
        audience: &Audience,
    ) -> Option<VerifiedDeviceCookie> {
        if let Some(known) = self.0.get(text) {
            let claims = known.claims();
            let is_ours = keys.key_ids().any(|id| id == known.key_id())
                && *claims.issuer() == audience.issuer
                && *claims.account() == audience.account;
            return is_ours.then(|| known.clone());
        }
        let verified = UnverifiedDeviceCookie::parse(text).ok()?.verify(keys, audience).ok()?;
        self.0.put(text.to_owned(), verified.clone());
        Some(verified)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use device_token::{
        AccountId, Binding, DeviceCookie, DeviceId, Origin, SigningKeys, Statement, StatementParts,
        Timestamp, UserId,
    };

    fn keys(names: &[&str]) -> SigningKeys<DeviceFamily> {
        let key = |(number, name): (usize, &&str)| {
            let status = if number == 0 { "active" } else { "retired" };
            let seed: String = name.chars().cycle().take(42).collect();
            format!("{{\"kid\":\"{name}\",\"status\":\"{status}\",\"seed\":\"{seed}A\"}}")
        };
        let keys: Vec<_> = names.iter().enumerate().map(key).collect();
        SigningKeys::from_json(&format!("[{}]", keys.join(","))).unwrap()
    }

    fn audience(account: &str) -> Audience {
        Audience {
            issuer: Origin::parse("https://enroll.example.com").unwrap(),
            account: AccountId::parse(account).unwrap(),
        }
    }

    fn cookie(keys: &SigningKeys<DeviceFamily>, device: u8) -> String {
        let at = |seconds| Timestamp::from_seconds(seconds).unwrap();
        let Audience { issuer, account } = audience("demo");
        let statement = Statement::new(StatementParts {
            issuer,
            account,
            user: UserId::from_bytes([1; 16]),
            device: DeviceId::from_bytes([device; 16]),
            auth_time: at(1),
            issued_at: at(1),
            expires_at: at(2),
            binding: Binding::None,
            acted_at: at(1),
        });
        keys.sign::<DeviceCookie>(&statement.unwrap())
    }

    #[test]
    fn what_was_verified_before_is_not_believed_of_a_removed_key_or_for_another_account() {
        let mut memory = VerifiedCookies::default();
        let both = keys(&["a", "b"]);
        let text = cookie(&both, 1);
        for _ in 0..2 {
            let seen = memory.verified(&text, both.verifying(), &audience("demo")).unwrap();
            assert_eq!(seen.claims().device(), DeviceId::from_bytes([1; 16]));
        }
        assert_eq!(memory.0.len(), 1);
        assert_eq!(memory.verified(&text, keys(&["b"]).verifying(), &audience("demo")), None);
        assert_eq!(memory.verified(&text, both.verifying(), &audience("other")), None);
        assert!(memory.verified(&text, both.verifying(), &audience("demo")).is_some());
    }

    #[test]
    fn only_exactly_what_was_signed_is_remembered_and_only_so_many() {
        let mut memory = VerifiedCookies::keeping(NonZeroUsize::new(2).unwrap());
        let keys = keys(&["a"]);
        let texts: Vec<_> = (1..=3).map(|device| cookie(&keys, device)).collect();
        for text in &texts {
            let (claims, signature) = text.rsplit_once('.').unwrap();
            let forged = format!("{claims}.{}", signature.chars().rev().collect::<String>());
            assert_eq!(memory.verified(&forged, keys.verifying(), &audience("demo")), None);
            let longer = format!("{text}A");
            assert_eq!(memory.verified(&longer, keys.verifying(), &audience("demo")), None);
            assert!(memory.verified(text, keys.verifying(), &audience("demo")).is_some());
        }
        let kept: Vec<_> = memory.0.iter().map(|(text, _)| text.as_str()).collect();
        assert_eq!(kept, [&texts[2], &texts[1]]);
    }
}
