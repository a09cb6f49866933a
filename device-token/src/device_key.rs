//! The public half of a device key: the claim `cnf`.

use ed25519_dalek::VerifyingKey;

use crate::base64url;
use crate::error::InvalidValue;
use crate::text::textual;

/// An Ed25519 public key (RFC 8032, 5.1.5) that a stranger chose: on the curve, canonically encoded, not of low order.
///
/// Low-order keys are refused because a signature that holds for nearly every message can be made for them; a
/// second encoding of one key is refused because equal keys must be equal bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DevicePublicKey([u8; 32]);

impl DevicePublicKey {
    /// Checks the 32 bytes of a public key.
    ///
    /// # Errors
    /// [`InvalidValue::DeviceKey`].
    pub fn from_bytes(bytes: [u8; 32]) -> Result<Self, InvalidValue> {
        read_public_key(&bytes).map(|_| Self(bytes)).ok_or(InvalidValue::DeviceKey)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads 43 characters of canonical base64url without padding, the member `x` of a JWK (RFC 8037, 2).
    ///
    /// # Errors
    /// [`InvalidValue::DeviceKey`].
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        base64url::decode_array(text).ok_or(InvalidValue::DeviceKey).and_then(Self::from_bytes)
    }

    fn text(self) -> String {
        base64url::encode(&self.0)
    }
}

impl core::fmt::Debug for DevicePublicKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_tuple("DevicePublicKey").field(&self.text()).finish()
    }
}

textual!(DevicePublicKey, InvalidValue);

/// The key of these bytes, if it is a canonical encoding of a point that is not of low order.
pub(crate) fn read_public_key(bytes: &[u8; 32]) -> Option<VerifyingKey> {
    let key = VerifyingKey::from_bytes(bytes).ok()?;
    let canonical = key.to_edwards().compress().to_bytes() == *bytes;
    (canonical && !key.is_weak()).then_some(key)
}
