//! From a text to claims: [`Unverified`], then [`Verified`], with nothing in between that can be read.

use core::fmt;
use core::marker::PhantomData;

use crate::account::AccountId;
use crate::base64url;
use crate::carrier::sealed::ClaimSet;
use crate::carrier::{Carrier, Challenge, DeviceCookie, DeviceToken, Link};
use crate::error::TokenError;
use crate::keys::{KeyId, VerifyingKeys, signature_holds};
use crate::origin::Origin;

/// Who asks: the origin and the account a token must be for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Audience {
    /// What `iss` must be.
    pub issuer: Origin,
    /// What `aud` must be.
    pub account: AccountId,
}

/// A text with the form of a token. It may come from anybody, and lends out no claims.
pub struct Unverified<C> {
    /// Header and payload with the dot between them, as signed.
    signing_input: String,
    header_length: usize,
    payload: Vec<u8>,
    signature: [u8; 64],
    carrier: PhantomData<fn() -> C>,
}

/// A device cookie from a request.
pub type UnverifiedDeviceCookie = Unverified<DeviceCookie>;
/// A device token from a request or from storage.
pub type UnverifiedDeviceToken = Unverified<DeviceToken>;
/// A challenge that comes back with its answer.
pub type UnverifiedChallenge = Unverified<Challenge>;
/// A protected link from a request's path.
pub type UnverifiedLink = Unverified<Link>;

impl<C: Carrier> Unverified<C> {
    /// Looks at length and form: the compact serialization (RFC 7515, 7.1) in canonical base64url and nothing else.
    ///
    /// # Errors
    /// [`TokenError::TooLong`] before anything else is done, then [`TokenError::NotCompact`].
    pub fn parse(text: &str) -> Result<Self, TokenError> {
        if text.len() > C::MAX_LENGTH {
            return Err(TokenError::TooLong);
        }
        Self::split(text).ok_or(TokenError::NotCompact)
    }

    fn split(text: &str) -> Option<Self> {
        if !text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.')) {
            return None;
        }
        let (signing_input, signature) = text.rsplit_once('.')?;
        let (header, payload) = signing_input.split_once('.')?;
        if header.is_empty() || payload.is_empty() {
            return None;
        }
        Some(Self {
            signing_input: signing_input.to_owned(),
            header_length: header.len(),
            payload: base64url::decode(payload)?,
            signature: base64url::decode_array(signature)?,
            carrier: PhantomData,
        })
    }

    /// Checks header, signature, claims, issuer and account, in this order. It does not check any time.
    ///
    /// # Errors
    /// The [`TokenError`] of the first check that fails. The claims are not read before the signature holds.
    pub fn verify(
        &self,
        keys: &VerifyingKeys<C::Family>,
        audience: &Audience,
    ) -> Result<Verified<C>, TokenError> {
        let header = self.signing_input.get(..self.header_length).ok_or(TokenError::UnknownHeader)?;
        let (key_id, key) = keys.by_header::<C>(header).ok_or(TokenError::UnknownHeader)?;
        if !signature_holds(key, self.signing_input.as_bytes(), &self.signature) {
            return Err(TokenError::BadSignature);
        }
        let claims = C::Claims::read(&self.payload).ok_or(TokenError::BadClaims)?;
        if *claims.issuer() != audience.issuer {
            return Err(TokenError::ForeignIssuer);
        }
        if *claims.account() != audience.account {
            return Err(TokenError::ForeignAccount);
        }
        Ok(Verified { claims, key_id: key_id.clone() })
    }
}

impl<C> Clone for Unverified<C> {
    fn clone(&self) -> Self {
        Self {
            signing_input: self.signing_input.clone(),
            header_length: self.header_length,
            payload: self.payload.clone(),
            signature: self.signature,
            carrier: PhantomData,
        }
    }
}

/// Prints no part of the token: a device cookie opens doors for whoever reads it in a log.
impl<C: Carrier> fmt::Debug for Unverified<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unverified").field("typ", &C::TYP).finish_non_exhaustive()
    }
}

/// An authentic token of this issuer for this account. Comes from [`Unverified::verify`] alone.
///
/// Authentic is not valid: it may have expired or been revoked.
pub struct Verified<C: Carrier> {
    claims: C::Claims,
    key_id: KeyId,
}

/// An authentic device cookie.
pub type VerifiedDeviceCookie = Verified<DeviceCookie>;
/// An authentic device token. Whoever shows it still has to prove the device key.
pub type VerifiedDeviceToken = Verified<DeviceToken>;
/// An authentic challenge. It may be old, or answered already.
pub type VerifiedChallenge = Verified<Challenge>;
/// An authentic protected link.
pub type VerifiedLink = Verified<Link>;

impl<C: Carrier> Verified<C> {
    /// What it states.
    #[must_use]
    pub const fn claims(&self) -> &C::Claims {
        &self.claims
    }

    /// What it states, without the proof that it was verified.
    #[must_use]
    pub fn into_claims(self) -> C::Claims {
        self.claims
    }

    /// The key that signed it.
    #[must_use]
    pub const fn key_id(&self) -> &KeyId {
        &self.key_id
    }
}

impl<C: Carrier> Clone for Verified<C> {
    fn clone(&self) -> Self {
        Self { claims: self.claims.clone(), key_id: self.key_id.clone() }
    }
}

impl<C: Carrier> PartialEq for Verified<C> {
    fn eq(&self, other: &Self) -> bool {
        self.claims == other.claims && self.key_id == other.key_id
    }
}

impl<C: Carrier> Eq for Verified<C> {}

impl<C: Carrier> fmt::Debug for Verified<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verified")
            .field("typ", &C::TYP)
            .field("key_id", &self.key_id.as_str())
            .field("claims", &self.claims)
            .finish()
    }
}
