//! The issuer's keys: several per family, each next, active or retired.
//!
//! Not in scope: making seeds, keeping them secret, deciding when to rotate.

use core::fmt;
use core::marker::PhantomData;

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use crate::base64url;
use crate::carrier::sealed::ClaimSet;
use crate::carrier::{Carrier, KeyFamily};
use crate::error::{InvalidValue, KeySetError};
use crate::json::Value;
use crate::jwks;
use crate::text::textual;

/// The name of a key, the header's `kid`: 1 to 32 of `A-Z`, `a-z`, `0-9`, `_` and `-`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(String);

impl KeyId {
    /// The most bytes of one.
    pub const MAX_LENGTH: usize = 32;

    /// Reads a key's name.
    ///
    /// # Errors
    /// [`InvalidValue::KeyId`].
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        let characters = text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
        if characters && (1..=Self::MAX_LENGTH).contains(&text.len()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidValue::KeyId)
        }
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn text(&self) -> &str {
        &self.0
    }
}

textual!(KeyId, InvalidValue);

/// Where a key is in its life. All three verify; only the active one signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyStatus {
    /// `next`: published so that every reader knows it before it signs.
    Next,
    /// `active`: signs. Exactly one key of a set.
    Active,
    /// `retired`: no longer signs; stays until nothing it signed can still hold.
    Retired,
}

impl KeyStatus {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "next" => Some(Self::Next),
            "active" => Some(Self::Active),
            "retired" => Some(Self::Retired),
            _ => None,
        }
    }
}

/// The public keys of one family.
pub struct VerifyingKeys<F> {
    keys: Vec<(KeyId, VerifyingKey)>,
    family: PhantomData<fn() -> F>,
}

impl<F: KeyFamily> VerifyingKeys<F> {
    /// The most keys of a set: each may cost a comparison on every request.
    pub const MAX_KEYS: usize = 16;

    pub(crate) fn new(keys: Vec<(KeyId, VerifyingKey)>) -> Result<Self, KeySetError> {
        if keys.is_empty() {
            return Err(KeySetError::NoKeys);
        }
        if keys.len() > Self::MAX_KEYS {
            return Err(KeySetError::TooManyKeys);
        }
        let mut names = keys.iter().map(|(name, _)| name);
        while let Some(name) = names.next() {
            if names.clone().any(|other| other == name) {
                return Err(KeySetError::DuplicateKeyId);
            }
        }
        Ok(Self { keys, family: PhantomData })
    }

    /// Reads a JWK Set (RFC 7517, 5; RFC 8037, 2).
    ///
    /// A public format, so members that are not known are ignored, and keys for something else (another `kty`,
    /// `crv`, `use` or `alg`) are passed over. A signing key of this curve must be right in every part.
    ///
    /// # Errors
    /// A [`KeySetError`].
    pub fn from_jwks(text: &str) -> Result<Self, KeySetError> {
        Self::new(jwks::read(text)?)
    }

    /// Writes the JWK Set: `kty`, `crv`, `use`, `kid` and `x` of each key.
    ///
    /// Without `alg`: the name of the algorithm is changing (RFC 9864), and readers refuse or pass over the one
    /// they do not know.
    #[must_use]
    pub fn to_jwks(&self) -> String {
        jwks::write(&self.keys)
    }

    /// The names of the keys, in the order of configuration.
    pub fn key_ids(&self) -> impl Iterator<Item = &KeyId> {
        self.keys.iter().map(|(name, _)| name)
    }

    /// The key whose header for this carrier is exactly this segment. A header is never decoded.
    pub(crate) fn by_header<C: Carrier<Family = F>>(&self, segment: &str) -> Option<(&KeyId, &VerifyingKey)> {
        self.keys.iter().find(|(name, _)| header_segment::<C>(name) == segment).map(|(name, key)| (name, key))
    }
}

impl<F> Clone for VerifyingKeys<F> {
    fn clone(&self) -> Self {
        Self { keys: self.keys.clone(), family: PhantomData }
    }
}

impl<F: KeyFamily> fmt::Debug for VerifyingKeys<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("VerifyingKeys of the family ")?;
        f.write_str(F::NAME)?;
        f.write_str(" ")?;
        f.debug_list().entries(self.keys.iter().map(|(name, _)| name.as_str())).finish()
    }
}

/// The secret keys of one family. Prints no secret, and its seeds are overwritten when it is dropped.
pub struct SigningKeys<F> {
    verifying: VerifyingKeys<F>,
    active_id: KeyId,
    active: SigningKey,
}

struct SecretKey<'a> {
    kid: &'a str,
    status: &'a str,
    seed: &'a str,
}

impl<'a> SecretKey<'a> {
    fn read(value: Value<'a>) -> Option<Self> {
        let mut members = value.object()?;
        let entry =
            Self { kid: members.text("kid")?, status: members.text("status")?, seed: members.text("seed")? };
        members.end().map(|()| entry)
    }
}

impl<F: KeyFamily> SigningKeys<F> {
    /// Reads the secret set `[{"kid":"k1","status":"active","seed":"<32 bytes in base64url>"}, …]`.
    ///
    /// # Errors
    /// A [`KeySetError`]; it carries nothing of the text.
    pub fn from_json(text: &str) -> Result<Self, KeySetError> {
        let entries = Value::read(text.as_bytes()).and_then(Value::array).ok_or(KeySetError::Malformed)?;
        let mut keys = Vec::new();
        let mut active = None;
        for entry in entries {
            let entry = SecretKey::read(entry).ok_or(KeySetError::Malformed)?;
            let id = KeyId::parse(entry.kid).map_err(|_| KeySetError::BadKeyId)?;
            let status = KeyStatus::parse(entry.status).ok_or(KeySetError::Malformed)?;
            let seed = base64url::decode_array(entry.seed).ok_or(KeySetError::BadKey)?;
            let key = SigningKey::from_bytes(&seed);
            keys.push((id.clone(), key.verifying_key()));
            if status == KeyStatus::Active && active.replace((id, key)).is_some() {
                return Err(KeySetError::SeveralActiveKeys);
            }
        }
        let verifying = VerifyingKeys::new(keys)?;
        let (active_id, active) = active.ok_or(KeySetError::NoActiveKey)?;
        Ok(Self { verifying, active_id, active })
    }

    /// Signs with the active key (RFC 7515, 5.1; `alg` is `EdDSA`, RFC 8037, 3.1). The same claims give the same token.
    #[must_use]
    pub fn sign<C: Carrier<Family = F>>(&self, claims: &C::Claims) -> String {
        self.sign_segments(
            &header_segment::<C>(&self.active_id),
            &base64url::encode(claims.write().as_bytes()),
        )
    }

    pub(crate) fn sign_segments(&self, header: &str, payload: &str) -> String {
        let mut token = [header, ".", payload].concat();
        let signature = self.active.sign(token.as_bytes()).to_bytes();
        token.push('.');
        token.push_str(&base64url::encode(&signature));
        token
    }

    /// The public keys of all of them.
    #[must_use]
    pub const fn verifying(&self) -> &VerifyingKeys<F> {
        &self.verifying
    }

    /// The name of the key that signs.
    #[must_use]
    pub const fn active_key_id(&self) -> &KeyId {
        &self.active_id
    }
}

impl<F: KeyFamily> fmt::Debug for SigningKeys<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKeys")
            .field("active", &self.active_id.as_str())
            .field("verifying", &self.verifying)
            .finish_non_exhaustive()
    }
}

/// The first part of every token of this carrier and key.
pub(crate) fn header_segment<C: Carrier>(id: &KeyId) -> String {
    let json = ["{\"alg\":\"EdDSA\",\"kid\":\"", id.as_str(), "\",\"typ\":\"", C::TYP, "\"}"].concat();
    base64url::encode(json.as_bytes())
}

/// Whether the signature is that key's over the message.
///
/// Strict: the commitment and the key must not be of low order and the equation is checked without cofactor, so
/// no second verifier that follows the letter of RFC 8032 or the W3C's `WebCrypto` disagrees about an accepted token.
pub(crate) fn signature_holds(key: &VerifyingKey, message: &[u8], signature: &[u8; 64]) -> bool {
    key.verify_strict(message, &Signature::from_bytes(signature)).is_ok()
}
