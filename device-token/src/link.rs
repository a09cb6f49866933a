//! What a protected link says. Whether it still holds, and whether its host was ended, is decided elsewhere.

use crate::account::AccountId;
use crate::carrier::sealed::ClaimSet;
use crate::destination::Destination;
use crate::error::InvalidLink;
use crate::ids::{LinkId, RecipientId};
use crate::json::Value;
use crate::origin::Origin;
use crate::time::Timestamp;

/// The parts of [`LinkClaims`], not yet held against each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkParts {
    /// `iss`: the account's origin.
    pub issuer: Origin,
    /// `aud`: the account.
    pub account: AccountId,
    /// `lid`: by which the link can be ended.
    pub link: LinkId,
    /// `iat`: when it was signed.
    pub issued_at: Timestamp,
    /// `exp`: the first second at which it no longer leads anywhere.
    pub expires_at: Timestamp,
    /// `dst`: where it leads.
    pub destination: Destination,
    /// `rcp`: whom the message was sent to.
    pub recipient: RecipientId,
}

/// What a protected link says: `iat` < `exp`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkClaims(LinkParts);

impl LinkClaims {
    /// Holds the times against each other.
    ///
    /// # Errors
    /// [`InvalidLink::ExpiresBeforeIssued`].
    pub fn new(parts: LinkParts) -> Result<Self, InvalidLink> {
        if parts.issued_at < parts.expires_at {
            Ok(Self(parts))
        } else {
            Err(InvalidLink::ExpiresBeforeIssued)
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

    /// `lid`.
    #[must_use]
    pub const fn link(&self) -> LinkId {
        self.0.link
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

    /// `dst`.
    #[must_use]
    pub const fn destination(&self) -> &Destination {
        &self.0.destination
    }

    /// `rcp`.
    #[must_use]
    pub const fn recipient(&self) -> RecipientId {
        self.0.recipient
    }
}

impl ClaimSet for LinkClaims {
    fn read(payload: &[u8]) -> Option<Self> {
        let mut claims = Value::read(payload)?.object()?;
        let text = claims.text("dst")?;
        // Only what the issuer's own parser wrote: a reader must not send people where the signer did not look.
        let destination = Destination::parse(text).ok().filter(|read| read.as_str() == text)?;
        let link = Self::new(LinkParts {
            issuer: Origin::parse(claims.text("iss")?).ok()?,
            account: AccountId::parse(claims.text("aud")?).ok()?,
            link: LinkId::parse(claims.text("lid")?).ok()?,
            issued_at: claims.time("iat")?,
            expires_at: claims.time("exp")?,
            destination,
            recipient: RecipientId::parse(claims.text("rcp")?).ok()?,
        })
        .ok()?;
        claims.end()?;
        Some(link)
    }

    /// None of these texts can hold a character that JSON escapes.
    fn write(&self) -> String {
        let parts = &self.0;
        let mut json = String::with_capacity(512);
        for (name, value) in [
            ("{\"iss\":\"", parts.issuer.as_str()),
            ("\",\"aud\":\"", parts.account.as_str()),
            ("\",\"lid\":\"", &parts.link.to_string()),
            ("\",\"iat\":", &parts.issued_at.to_string()),
            (",\"exp\":", &parts.expires_at.to_string()),
            (",\"dst\":\"", parts.destination.as_str()),
            ("\",\"rcp\":\"", &parts.recipient.to_string()),
            ("\"}", ""),
        ] {
            json.push_str(name);
            json.push_str(value);
        }
        json
    }

    fn issuer(&self) -> &Origin {
        self.issuer()
    }

    fn account(&self) -> &AccountId {
        self.account()
    }
}
