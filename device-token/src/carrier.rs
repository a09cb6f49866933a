//! The four carriers and the two families of keys, as types: a link cannot be signed or checked with device keys.
//!
//! None of these types has a value; they stand in signatures only. What must not be done does not compile:
//!
//! ```compile_fail,E0271
//! # use device_token::{DeviceFamily, Link, LinkClaims, SigningKeys};
//! fn sign_with_the_wrong_keys(keys: &SigningKeys<DeviceFamily>, claims: &LinkClaims) -> String {
//!     keys.sign::<Link>(claims)
//! }
//! ```
//!
//! ```compile_fail,E0308
//! # use device_token::{Audience, DeviceFamily, UnverifiedLink, VerifyingKeys};
//! fn check_with_the_wrong_keys(link: &UnverifiedLink, keys: &VerifyingKeys<DeviceFamily>, who: &Audience) {
//!     let _ = link.verify(keys, who);
//! }
//! ```

use core::fmt;

use crate::account::AccountId;
use crate::challenge::ChallengeClaims;
use crate::link::LinkClaims;
use crate::origin::Origin;
use crate::statement::{DeviceTokenClaims, Statement};

pub(crate) mod sealed {
    use super::{AccountId, Origin, fmt};

    pub trait Sealed {}

    /// Claims as the payload holds them. Out of reach from outside, so that nobody reads claims past verification.
    pub trait ClaimSet: Clone + fmt::Debug + PartialEq + Eq {
        /// The claims of this payload, if it is exactly such a set of claims.
        fn read(payload: &[u8]) -> Option<Self>;
        /// The payload: compact JSON in the order of `docs/TOKEN.md`.
        fn write(&self) -> String;
        fn issuer(&self) -> &Origin;
        fn account(&self) -> &AccountId;
    }
}

/// Keys that sign for one purpose. Sealed: [`DeviceFamily`] and [`LinkFamily`] are all there are.
pub trait KeyFamily: sealed::Sealed + 'static {
    /// What `Debug` of a set of keys calls the family.
    const NAME: &'static str;
}

/// A kind of token. Sealed: [`DeviceCookie`], [`DeviceToken`], [`Challenge`] and [`Link`] are all there are.
pub trait Carrier: sealed::Sealed + 'static {
    /// The header's `typ` (RFC 8725, 3.11): no two carriers share one.
    const TYP: &'static str;
    /// The most bytes of a token that are looked at.
    const MAX_LENGTH: usize;
    /// What it states.
    type Claims: sealed::ClaimSet;
    /// Whose keys sign it.
    type Family: KeyFamily;
}

/// The keys of device cookies, device tokens and challenges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceFamily {}

/// The keys of links, which stay for as long as links are good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkFamily {}

/// What the cookie `__Host-device` holds: a bearer token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceCookie {}

/// What the browser keeps beside its device key: worthless without that key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceToken {}

/// What a device is asked to sign: good for a minute and for one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Challenge {}

/// A protected link: destination and recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {}

impl sealed::Sealed for DeviceFamily {}
impl sealed::Sealed for LinkFamily {}
impl sealed::Sealed for DeviceCookie {}
impl sealed::Sealed for DeviceToken {}
impl sealed::Sealed for Challenge {}
impl sealed::Sealed for Link {}

impl KeyFamily for DeviceFamily {
    const NAME: &'static str = "device";
}

impl KeyFamily for LinkFamily {
    const NAME: &'static str = "link";
}

impl Carrier for DeviceCookie {
    const TYP: &'static str = "device-cookie+jwt";
    const MAX_LENGTH: usize = 2048;
    type Claims = Statement;
    type Family = DeviceFamily;
}

impl Carrier for DeviceToken {
    const TYP: &'static str = "device+jwt";
    const MAX_LENGTH: usize = 2048;
    type Claims = DeviceTokenClaims;
    type Family = DeviceFamily;
}

impl Carrier for Challenge {
    const TYP: &'static str = "challenge+jwt";
    const MAX_LENGTH: usize = 1024;
    type Claims = ChallengeClaims;
    type Family = DeviceFamily;
}

impl Carrier for Link {
    const TYP: &'static str = "link+jwt";
    const MAX_LENGTH: usize = 8192;
    type Claims = LinkClaims;
    type Family = LinkFamily;
}
