//! Keyed hashes of what must be recognized again but not be readable where it is kept: codes, tickets, typed
//! addresses, networks. HMAC-SHA-256 (RFC 2104, FIPS 198-1); each purpose hashes apart from the others.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// What a hash is made for. Equal inputs of different purposes give unrelated hashes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// An 8-digit code, together with the ticket it was sent for.
    Code,
    /// The digits of a code.
    CodeDigits,
    /// The Message-ID of a mail.
    MessageId,
    /// The ticket cookie of an enrollment.
    Ticket,
    /// An address as it was typed by whomever.
    TypedAddress,
    /// A client's network.
    Network,
    /// A recipient of a protected link who is nobody in the directory.
    Recipient,
    /// An API token of the administration.
    ApiToken,
    /// The cookie of an administrator's session.
    AdminSession,
    /// A set-up address.
    SetUp,
    /// A challenge for a passkey.
    PasskeyChallenge,
    /// Whether a click is shown where it leads first.
    AwarenessDraw,
    /// That somebody who was shown it goes on.
    AwarenessPass,
    /// Where somebody says that a device is not theirs.
    NotMe,
}

impl Purpose {
    const fn label(self) -> &'static [u8] {
        match self {
            Self::Code => b"code",
            Self::CodeDigits => b"code-digits",
            Self::MessageId => b"message-id",
            Self::Ticket => b"ticket",
            Self::TypedAddress => b"typed-address",
            Self::Network => b"network",
            Self::Recipient => b"recipient",
            Self::ApiToken => b"api-token",
            Self::AdminSession => b"admin-session",
            Self::SetUp => b"set-up",
            Self::PasskeyChallenge => b"passkey-challenge",
            Self::AwarenessDraw => b"awareness-draw",
            Self::AwarenessPass => b"awareness-pass",
            Self::NotMe => b"not-me",
        }
    }
}

/// A keyed hash, 32 bytes, kept as text. Comparing two takes the same time wherever they differ.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(String);

impl Digest {
    /// 64 lower-case hexadecimal digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads back what [`Self::as_str`] gave; any other text equals no digest ever made.
    #[must_use]
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The first 16 bytes, for an opaque id.
    #[must_use]
    pub fn first_16_bytes(&self) -> [u8; 16] {
        let mut bytes = [0; 16];
        let nibble = |b: u8| char::from(b).to_digit(16).and_then(|n| u8::try_from(n).ok()).unwrap_or(0);
        for (byte, pair) in bytes.iter_mut().zip(self.0.as_bytes().chunks_exact(2)) {
            if let [high, low] = *pair {
                *byte = (nibble(high) << 4) | nibble(low);
            }
        }
        bytes
    }
}

impl PartialEq for Digest {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for Digest {}

/// The deployment's secret for keyed hashes.
#[derive(Clone)]
pub struct HashKey(Hmac<Sha256>);

impl HashKey {
    /// From the 32 bytes of the secret.
    #[must_use]
    pub fn new(secret: &[u8; 32]) -> Self {
        // RFC 2104 section 2: a key shorter than the block is filled up with zeros.
        let mut block = [0; 64];
        for (byte, secret) in block.iter_mut().zip(secret) {
            *byte = *secret;
        }
        Self(Hmac::<Sha256>::new(&block.into()))
    }

    /// Hashes `parts` for `purpose`. Each part's length goes in before it, so that no two lists of parts meet.
    #[must_use]
    pub fn digest(&self, purpose: Purpose, parts: &[&[u8]]) -> Digest {
        let mut mac = self.0.clone();
        for part in std::iter::once(&purpose.label()).chain(parts) {
            mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            mac.update(part);
        }
        let mut text = String::with_capacity(64);
        for byte in mac.finalize().into_bytes() {
            for nibble in [byte >> 4, byte & 15] {
                text.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
            }
        }
        Digest(text)
    }
}

impl fmt::Debug for HashKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HashKey(secret)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_and_purposes_do_not_run_into_each_other() {
        let key = HashKey::new(&[7; 32]);
        assert_eq!(key.digest(Purpose::Code, &[b"ab", b"c"]), key.digest(Purpose::Code, &[b"ab", b"c"]));
        assert_ne!(key.digest(Purpose::Code, &[b"ab", b"c"]), key.digest(Purpose::Code, &[b"a", b"bc"]));
        assert_ne!(key.digest(Purpose::Code, &[b"ab"]), key.digest(Purpose::Ticket, &[b"ab"]));
        assert_ne!(
            key.digest(Purpose::Code, &[b"ab"]),
            HashKey::new(&[8; 32]).digest(Purpose::Code, &[b"ab"])
        );
    }

    #[test]
    fn the_stored_form_of_a_digest_is_unchanged() {
        let digest = HashKey::new(&[0; 32]).digest(Purpose::Ticket, &[b"ticket"]);
        assert_eq!(digest.as_str(), "9e311cc66fbfc22723caaf98c3f891b4bb78ccb4e537761a93e8898562230271");
        assert_eq!(digest.first_16_bytes()[0], 0x9e);
    }

    #[test]
    fn the_key_does_not_print() {
        assert_eq!(format!("{:?}", HashKey::new(&[1; 32])), "HashKey(secret)");
    }
}
