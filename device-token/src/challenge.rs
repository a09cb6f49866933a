//! What the issuer asks a device to sign, so that a proof cannot have been made before. Whether it is still fresh and has
//! not been answered yet is decided elsewhere.

use crate::account::AccountId;
use crate::carrier::sealed::ClaimSet;
use crate::error::InvalidChallenge;
use crate::ids::ChallengeId;
use crate::json::Value;
use crate::origin::Origin;
use crate::time::Timestamp;

/// The parts of [`ChallengeClaims`], not yet held against each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChallengeParts {
    /// `iss`: the account's origin.
    pub issuer: Origin,
    /// `aud`: the account.
    pub account: AccountId,
    /// `jti`: by which it is spent.
    pub challenge: ChallengeId,
    /// `iat`: when it was signed.
    pub issued_at: Timestamp,
    /// `exp`: the first second at which no answer is taken any more.
    pub expires_at: Timestamp,
}

/// What a challenge says: `iat` < `exp`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChallengeClaims(ChallengeParts);

impl ChallengeClaims {
    /// Holds the times against each other.
    ///
    /// # Errors
    /// [`InvalidChallenge::ExpiresBeforeIssued`].
    pub fn new(parts: ChallengeParts) -> Result<Self, InvalidChallenge> {
        if parts.issued_at < parts.expires_at {
            Ok(Self(parts))
        } else {
            Err(InvalidChallenge::ExpiresBeforeIssued)
        }
    }

    /// `iss`.
    #[must_use]
    pub const fn issuer(&self) -> &Origin {
        &self.0.issuer
    }

    /// `aud`.
    #[must_use]
    pub const fn account(&self) -> &AccountId {
        &self.0.account
    }

    /// `jti`.
    #[must_use]
    pub const fn challenge(&self) -> ChallengeId {
        self.0.challenge
    }

    /// `iat`.
    #[must_use]
    pub const fn issued_at(&self) -> Timestamp {
        self.0.issued_at
    }

    /// `exp`.
    #[must_use]
    pub const fn expires_at(&self) -> Timestamp {
        self.0.expires_at
    }
}

impl ClaimSet for ChallengeClaims {
    fn read(payload: &[u8]) -> Option<Self> {
        let mut claims = Value::read(payload)?.object()?;
        let challenge = Self::new(ChallengeParts {
            issuer: Origin::parse(claims.text("iss")?).ok()?,
            account: AccountId::parse(claims.text("aud")?).ok()?,
            challenge: ChallengeId::parse(claims.text("jti")?).ok()?,
            issued_at: claims.time("iat")?,
            expires_at: claims.time("exp")?,
        })
        .ok()?;
        claims.end()?;
        Some(challenge)
    }

    /// None of these texts can hold a character that JSON escapes.
    fn write(&self) -> String {
        let parts = &self.0;
        [
            "{\"iss\":\"",
            parts.issuer.as_str(),
            "\",\"aud\":\"",
            parts.account.as_str(),
            "\",\"jti\":\"",
            &parts.challenge.to_string(),
            "\",\"iat\":",
            &parts.issued_at.to_string(),
            ",\"exp\":",
            &parts.expires_at.to_string(),
            "}",
        ]
        .concat()
    }

    fn issuer(&self) -> &Origin {
        self.issuer()
    }

    fn account(&self) -> &AccountId {
        self.account()
    }
}
