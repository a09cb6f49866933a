//! The proof of possession: a signature by the device key over a challenge, the page's origin and the device token.
//!
//! The three are what makes it worthless anywhere else: the challenge that it was made before, the origin that another site
//! got it, the token that it is combined with somebody else's.

use ed25519_dalek::VerifyingKey;

use crate::base64url;
use crate::device_key::DevicePublicKey;
use crate::error::InvalidValue;
use crate::keys::signature_holds;
use crate::origin::Origin;
use crate::text::textual;

/// The first line of every message that a device key signs. A key signs nothing else, so no signature means two things.
const PURPOSE: &str = "device-proof";

/// The bytes to sign: `device-proof`, the origin, the challenge and the device token, a line feed between each two.
///
/// None of the three can hold a line feed. Both tokens are taken as they came, each character of them counts.
#[must_use]
pub fn proof_message(origin: &Origin, challenge: &str, device_token: &str) -> String {
    // Joining by a separator would weigh three times as much in a page's module.
    [PURPOSE, "\n", origin.as_str(), "\n", challenge, "\n", device_token].concat()
}

/// An Ed25519 signature (RFC 8032, 5.1.6): 64 bytes; as text 86 characters of canonical base64url without padding.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct ProofSignature([u8; 64]);

impl ProofSignature {
    /// The signature of these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }

    /// Reads the text form.
    ///
    /// # Errors
    /// [`InvalidValue::Signature`].
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        base64url::decode_array(text).map(Self).ok_or(InvalidValue::Signature)
    }

    /// Whether it is this key's over this message; strictly, as for tokens.
    #[must_use]
    pub fn holds(&self, key: &DevicePublicKey, message: &str) -> bool {
        VerifyingKey::from_bytes(key.as_bytes())
            .is_ok_and(|key| signature_holds(&key, message.as_bytes(), &self.0))
    }

    fn text(self) -> String {
        base64url::encode(&self.0)
    }
}

impl core::fmt::Debug for ProofSignature {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("ProofSignature")
    }
}

textual!(ProofSignature, InvalidValue);
