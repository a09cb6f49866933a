//! Proof of possession: when a device has to prove that it has its key, and what a proof that was given leads to.
//!
//! In two steps, because two places know enough for one each: what was offered is authentic and fits together ([`examine`]),
//! and it is worth something now, given the record of the device, which only the account object has ([`accepted`]).

use device_token::{
    Audience, Binding, ChallengeClaims, DeviceFamily, DeviceId, DevicePublicKey, DeviceTokenClaims,
    ProofSignature, Statement, StatementParts, Timestamp, TokenError, UnverifiedChallenge,
    UnverifiedDeviceToken, UserId, VerifiedDeviceToken, VerifyingKeys, proof_message,
};
use serde::{Deserialize, Serialize};

use crate::admission;
use crate::bounds::Bounds;
use crate::messages::ProveDevice;
use crate::revocation;
use crate::snapshot::ClickSettings;
use crate::time_text::end_of_utc_day;

/// Why a proof is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    /// Made for another origin than this.
    OriginForeign,
    /// No key, or a weak one.
    KeyInvalid,
    /// Nothing we have ever signed.
    ChallengeInvalid,
    /// Of another origin or account.
    ChallengeForeign,
    /// Nothing we have ever signed.
    TokenInvalid,
    /// Of another origin or account.
    TokenForeign,
    /// Not the key's signature over exactly these.
    SignatureInvalid,
    /// The challenge is too old.
    ChallengeExpired,
    /// The challenge was answered before.
    ChallengeSpent,
    /// Nobody has this device any more: it was forgotten, replaced or not used for over a year.
    DeviceUnknown,
    /// Not the key that the token, or the record, was made for.
    KeyForeign,
    /// The device, the person or everybody was revoked.
    Revoked,
    /// Not used for longer than the account allows, or enrolled too long ago.
    Expired,
}

impl Refusal {
    /// The stable code, as in the API and the audit.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::OriginForeign => "origin_foreign",
            Self::KeyInvalid => "device_key_invalid",
            Self::ChallengeInvalid => "challenge_invalid",
            Self::ChallengeForeign => "challenge_foreign",
            Self::TokenInvalid => "device_token_invalid",
            Self::TokenForeign => "device_token_foreign",
            Self::SignatureInvalid => "proof_invalid",
            Self::ChallengeExpired => "challenge_expired",
            Self::ChallengeSpent => "challenge_spent",
            Self::DeviceUnknown => "device_unknown",
            Self::KeyForeign => "device_key_foreign",
            Self::Revoked => "device_revoked",
            Self::Expired => "device_expired",
        }
    }
}

/// A proof that is refused without looking at the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// Why.
    pub why: Refusal,
    /// Whose token it is, if it is one of ours: somebody has it who should not.
    pub device: Option<(DeviceId, UserId)>,
}

/// A proof that is authentic and fits together. Whether it is worth anything now is another question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Examined {
    /// The challenge, which may be old or spent.
    pub challenge: ChallengeClaims,
    /// The token, whose device may be gone.
    pub token: DeviceTokenClaims,
}

/// Checks everything that needs no record: whose challenge and token these are, and that the token's key signed both for this
/// origin.
///
/// # Errors
/// [`Refused`], by the first check that fails.
pub fn examine(
    offered: &ProveDevice,
    keys: &VerifyingKeys<DeviceFamily>,
    audience: &Audience,
) -> Result<Examined, Refused> {
    let token = UnverifiedDeviceToken::parse(&offered.device_token)
        .and_then(|token| token.verify(keys, audience))
        .map(VerifiedDeviceToken::into_claims)
        .map_err(|error| if is_foreign(error) { Refusal::TokenForeign } else { Refusal::TokenInvalid });
    let device = token.as_ref().ok().map(|token| (token.statement().device(), token.statement().user()));
    let refused = |why| Refused { why, device };
    examine_around(offered, token, keys, audience).map_err(refused)
}

fn examine_around(
    offered: &ProveDevice,
    token: Result<DeviceTokenClaims, Refusal>,
    keys: &VerifyingKeys<DeviceFamily>,
    audience: &Audience,
) -> Result<Examined, Refusal> {
    if offered.origin != audience.issuer.as_str() {
        return Err(Refusal::OriginForeign);
    }
    let device_key = DevicePublicKey::parse(&offered.device_key).map_err(|_| Refusal::KeyInvalid)?;
    let challenge = UnverifiedChallenge::parse(&offered.challenge)
        .and_then(|challenge| challenge.verify(keys, audience))
        .map_err(
            |error| if is_foreign(error) { Refusal::ChallengeForeign } else { Refusal::ChallengeInvalid },
        )?
        .into_claims();
    let token = token?;
    if *token.device_key() != device_key {
        return Err(Refusal::KeyForeign);
    }
    let message = proof_message(&audience.issuer, &offered.challenge, &offered.device_token);
    let signature = ProofSignature::parse(&offered.signature).map_err(|_| Refusal::SignatureInvalid)?;
    if !signature.holds(&device_key, &message) {
        return Err(Refusal::SignatureInvalid);
    }
    Ok(Examined { challenge, token })
}

const fn is_foreign(error: TokenError) -> bool {
    matches!(error, TokenError::ForeignIssuer | TokenError::ForeignAccount)
}

/// What the account object knows of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceRecord {
    /// The key it was enrolled with.
    pub device_key: Option<DevicePublicKey>,
    /// By the latest report of its use.
    pub last_used_at: Timestamp,
    /// By an administrator or the person.
    pub revoked: bool,
    /// When the person's devices were last revoked.
    pub person_revoked_at: Option<Timestamp>,
    /// When everybody's were.
    pub account_revoked_at: Option<Timestamp>,
}

impl DeviceRecord {
    /// Whether nobody has revoked the device, which was enrolled at `auth_time`.
    #[must_use]
    pub fn lives(&self, auth_time: Timestamp) -> bool {
        !self.revoked
            && !revocation::ends(self.person_revoked_at, auth_time)
            && !revocation::ends(self.account_revoked_at, auth_time)
    }
}

/// Whether a bound device has to prove its key before it goes on.
#[must_use]
pub fn is_due(statement: &Statement, settings: &ClickSettings, bounds: &Bounds, now: Timestamp) -> bool {
    let interval = u64::from(settings.proof_interval_hours).saturating_mul(bounds.proof_hour_seconds);
    match statement.binding() {
        Binding::Key { proven_at } => interval > 0 && now >= proven_at.plus_seconds(interval),
        Binding::None => false,
    }
}

/// The statement that replaces the one of the device token, once the signature is known to be that of its key.
///
/// The cookie may have been lost long ago, and with it every renewal since the token was made: so the record tells when the
/// device was last used, and the token only what it is. `pressed` says that the person pressed something on our page.
///
/// # Errors
/// The [`Refusal`] that says what the person has to do.
pub fn accepted(
    presented: &Statement,
    device_key: &DevicePublicKey,
    record: Option<&DeviceRecord>,
    pressed: bool,
    settings: &ClickSettings,
    now: Timestamp,
) -> Result<Statement, Refusal> {
    let record = record.ok_or(Refusal::DeviceUnknown)?;
    let auth_time = presented.auth_time();
    if !record.lives(auth_time) {
        return Err(Refusal::Revoked);
    }
    if record.device_key != Some(*device_key) {
        return Err(Refusal::KeyForeign);
    }
    // The record knows the first use of each UTC day only; so a cookie that still holds is never refused here.
    let used_at = presented.issued_at().max(end_of_utc_day(record.last_used_at));
    // Right after enrolling, the clock may stand a second before what was stated.
    let issued_at = now.max(auth_time);
    let expires_at = admission::expiry(auth_time, issued_at, settings);
    if now >= admission::expiry(auth_time, used_at, settings) || expires_at <= issued_at {
        return Err(Refusal::Expired);
    }
    let acted_at = if pressed { issued_at } else { presented.acted_at().min(issued_at) };
    Statement::new(StatementParts {
        issued_at,
        expires_at,
        binding: Binding::Key { proven_at: issued_at },
        acted_at,
        ..presented.clone().into_parts()
    })
    .map_err(|_| Refusal::Expired)
}

#[cfg(test)]
mod tests;
