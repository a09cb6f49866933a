//! What a token is: the claims of device cookies, device tokens, challenges and links, how they are signed, read and verified.
//!
//! In scope: the wire format of the four carriers, what a device key signs (`docs/TOKEN.md` is normative), the values their claims may
//! hold, the keys that sign and check them.
//!
//! Not in scope: **time** (nothing here knows the hour: a verified token may have expired long ago, which is for
//! `enrollment-rules` to judge), revocation, policy, randomness, I/O, cookies as HTTP headers.
//!
//! A token goes through two types: [`Unverified`] lends out no claims, [`Verified`] cannot be built by hand.
//!
//! ```
//! use device_token::{
//!     Audience, Binding, DeviceCookie, DeviceFamily, SigningKeys, Statement, StatementParts, Timestamp,
//!     UnverifiedDeviceCookie, DeviceId, UserId,
//! };
//!
//! let keys = SigningKeys::<DeviceFamily>::from_json(
//!     r#"[{"kid":"k1","status":"active","seed":"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"}]"#,
//! )?;
//! let now = Timestamp::from_seconds(1_800_000_000)?;
//! let statement = Statement::new(StatementParts {
//!     issuer: "https://enroll.example.com".parse()?,
//!     account: "example".parse()?,
//!     user: UserId::from_bytes([1; 16]),
//!     device: DeviceId::from_bytes([2; 16]),
//!     auth_time: now,
//!     issued_at: now,
//!     expires_at: now.plus_seconds(30 * 86_400),
//!     binding: Binding::None,
//!     acted_at: now,
//! })?;
//! let cookie = keys.sign::<DeviceCookie>(&statement);
//!
//! let audience = Audience { issuer: "https://enroll.example.com".parse()?, account: "example".parse()? };
//! let verified = UnverifiedDeviceCookie::parse(&cookie)?.verify(keys.verifying(), &audience)?;
//! assert_eq!(verified.claims(), &statement);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod account;
mod base64url;
mod carrier;
mod challenge;
mod destination;
mod device_key;
mod error;
mod ids;
mod json;
mod jwks;
mod keys;
mod link;
mod origin;
mod proof;
mod statement;
mod text;
mod time;
mod token;

#[cfg(test)]
mod known_answers;

pub use account::AccountId;
pub use carrier::{Carrier, Challenge, DeviceCookie, DeviceFamily, DeviceToken, KeyFamily, Link, LinkFamily};
pub use challenge::{ChallengeClaims, ChallengeParts};
pub use destination::Destination;
pub use device_key::DevicePublicKey;
pub use error::{
    DestinationError, InvalidChallenge, InvalidLink, InvalidStatement, InvalidValue, KeySetError, TokenError,
};
pub use ids::{ChallengeId, DeviceId, LinkId, RecipientId, UserId};
pub use keys::{KeyId, KeyStatus, SigningKeys, VerifyingKeys};
pub use link::{LinkClaims, LinkParts};
pub use origin::Origin;
pub use proof::{ProofSignature, proof_message};
pub use statement::{Binding, DeviceTokenClaims, Statement, StatementParts};
pub use time::Timestamp;
pub use token::{
    Audience, Unverified, UnverifiedChallenge, UnverifiedDeviceCookie, UnverifiedDeviceToken, UnverifiedLink,
    Verified, VerifiedChallenge, VerifiedDeviceCookie, VerifiedDeviceToken, VerifiedLink,
};
