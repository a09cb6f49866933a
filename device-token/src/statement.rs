//! What the issuer states of a device, and its two carriers' payloads.
//!
//! Whether a statement still holds is not decided here: that takes the hour and the account's settings.

use crate::account::AccountId;
use crate::carrier::sealed::ClaimSet;
use crate::device_key::DevicePublicKey;
use crate::error::InvalidStatement;
use crate::ids::{DeviceId, UserId};
use crate::json::{Members, Value};
use crate::origin::Origin;
use crate::time::Timestamp;

/// Whether the enrollment is tied to a device key: the claims `bnd` and `prf`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Binding {
    /// `none`: whoever has the cookie is the device.
    None,
    /// `key`: a device key was proved at enrollment, and has to be proved again from time to time.
    Key {
        /// When the device last proved to have its key (`prf`).
        proven_at: Timestamp,
    },
}

/// The parts of a [`Statement`], not yet held against each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementParts {
    /// `iss`: the account's origin.
    pub issuer: Origin,
    /// `aud`: the account.
    pub account: AccountId,
    /// `sub`: the person.
    pub user: UserId,
    /// `did`: the device.
    pub device: DeviceId,
    /// `auth_time`: when the device was enrolled. Never changes in the life of a device.
    pub auth_time: Timestamp,
    /// `iat`: when this was signed.
    pub issued_at: Timestamp,
    /// `exp`: the first second at which it no longer holds, at the latest.
    pub expires_at: Timestamp,
    /// `bnd` and `prf`.
    pub binding: Binding,
    /// `act`: when the person last pressed something on the issuer's origin.
    pub acted_at: Timestamp,
}

/// What is stated of a device: `auth_time` ≤ `iat` < `exp`, and `prf` and `act` within `auth_time` to `iat`.
///
/// As the claims of a device cookie it says all there is; a device token adds the device key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement(StatementParts);

impl Statement {
    /// Holds the times against each other.
    ///
    /// # Errors
    /// The [`InvalidStatement`] that names the first pair out of order.
    pub fn new(parts: StatementParts) -> Result<Self, InvalidStatement> {
        let life = parts.auth_time..=parts.issued_at;
        if life.is_empty() {
            return Err(InvalidStatement::IssuedBeforeEnrollment);
        }
        if parts.expires_at <= parts.issued_at {
            return Err(InvalidStatement::ExpiresBeforeIssued);
        }
        if let Binding::Key { proven_at } = parts.binding
            && !life.contains(&proven_at)
        {
            return Err(InvalidStatement::ProvenOutsideLife);
        }
        if !life.contains(&parts.acted_at) {
            return Err(InvalidStatement::ActedOutsideLife);
        }
        Ok(Self(parts))
    }

    /// The same statement issued anew. `auth_time` and all else stay, so no renewal outlives a revocation.
    ///
    /// # Errors
    /// [`InvalidStatement`], as of [`Statement::new`]: a renewal cannot be issued before what it states happened.
    pub fn renewed(&self, issued_at: Timestamp, expires_at: Timestamp) -> Result<Self, InvalidStatement> {
        Self::new(StatementParts { issued_at, expires_at, ..self.0.clone() })
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

    /// `sub`.
    #[must_use]
    pub const fn user(&self) -> UserId {
        self.0.user
    }

    /// `did`.
    #[must_use]
    pub const fn device(&self) -> DeviceId {
        self.0.device
    }

    /// `auth_time`.
    #[must_use]
    pub const fn auth_time(&self) -> Timestamp {
        self.0.auth_time
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

    /// `bnd` and `prf`.
    #[must_use]
    pub const fn binding(&self) -> Binding {
        self.0.binding
    }

    /// `act`.
    #[must_use]
    pub const fn acted_at(&self) -> Timestamp {
        self.0.acted_at
    }

    /// The parts, to make another statement of.
    #[must_use]
    pub fn into_parts(self) -> StatementParts {
        self.0
    }

    /// The members of the payload, without the braces.
    ///
    /// Written out because the bytes are the wire format, and because it cannot fail: none of these texts can hold
    /// a character that JSON escapes.
    fn write_members(&self) -> String {
        let parts = &self.0;
        let mut json = String::with_capacity(512);
        for (name, value) in [
            ("\"iss\":\"", parts.issuer.as_str()),
            ("\",\"aud\":\"", parts.account.as_str()),
            ("\",\"sub\":\"", &parts.user.to_string()),
            ("\",\"did\":\"", &parts.device.to_string()),
            ("\",\"auth_time\":", &parts.auth_time.to_string()),
            (",\"iat\":", &parts.issued_at.to_string()),
            (",\"exp\":", &parts.expires_at.to_string()),
        ] {
            json.push_str(name);
            json.push_str(value);
        }
        match parts.binding {
            Binding::None => json.push_str(",\"bnd\":\"none\""),
            Binding::Key { proven_at } => {
                json.push_str(",\"bnd\":\"key\",\"prf\":");
                json.push_str(&proven_at.to_string());
            }
        }
        json.push_str(",\"act\":");
        json.push_str(&parts.acted_at.to_string());
        json
    }
}

impl ClaimSet for Statement {
    fn read(payload: &[u8]) -> Option<Self> {
        match read(payload)? {
            (statement, None) => Some(statement),
            (_, Some(_)) => None,
        }
    }

    fn write(&self) -> String {
        ["{", &self.write_members(), "}"].concat()
    }

    fn issuer(&self) -> &Origin {
        self.issuer()
    }

    fn account(&self) -> &AccountId {
        self.account()
    }
}

/// What a device token states: a bound device, and its key (`cnf`, RFC 7800, 3.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceTokenClaims {
    statement: Statement,
    device_key: DevicePublicKey,
}

impl DeviceTokenClaims {
    /// Puts the key beside the statement.
    ///
    /// # Errors
    /// [`InvalidStatement::NotBound`] unless the statement's binding is [`Binding::Key`].
    pub fn new(statement: Statement, device_key: DevicePublicKey) -> Result<Self, InvalidStatement> {
        match statement.binding() {
            Binding::Key { .. } => Ok(Self { statement, device_key }),
            Binding::None => Err(InvalidStatement::NotBound),
        }
    }

    /// All claims but `cnf`.
    #[must_use]
    pub const fn statement(&self) -> &Statement {
        &self.statement
    }

    /// `cnf`.
    #[must_use]
    pub const fn device_key(&self) -> &DevicePublicKey {
        &self.device_key
    }
}

impl ClaimSet for DeviceTokenClaims {
    fn read(payload: &[u8]) -> Option<Self> {
        let (statement, device_key) = read(payload)?;
        Self::new(statement, device_key?).ok()
    }

    fn write(&self) -> String {
        let members = self.statement.write_members();
        let key = self.device_key.to_string();
        let cnf = ",\"cnf\":{\"jwk\":{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"";
        ["{", &members, cnf, &key, "\"}}}"].concat()
    }

    fn issuer(&self) -> &Origin {
        self.statement.issuer()
    }

    fn account(&self) -> &AccountId {
        self.statement.account()
    }
}

fn read(payload: &[u8]) -> Option<(Statement, Option<DevicePublicKey>)> {
    let mut claims = Value::read(payload)?.object()?;
    let binding = match (claims.text("bnd")?, claims.take("prf")) {
        ("none", None) => Binding::None,
        ("key", Some(proven_at)) => Binding::Key { proven_at: proven_at.time()? },
        _ => return None,
    };
    let device_key = match claims.take("cnf") {
        None => None,
        Some(confirmation) => Some(read_confirmation(confirmation.object()?)?),
    };
    let statement = Statement::new(StatementParts {
        issuer: Origin::parse(claims.text("iss")?).ok()?,
        account: AccountId::parse(claims.text("aud")?).ok()?,
        user: UserId::parse(claims.text("sub")?).ok()?,
        device: DeviceId::parse(claims.text("did")?).ok()?,
        auth_time: claims.time("auth_time")?,
        issued_at: claims.time("iat")?,
        expires_at: claims.time("exp")?,
        binding,
        acted_at: claims.time("act")?,
    })
    .ok()?;
    claims.end()?;
    Some((statement, device_key))
}

/// The value of `cnf`.
fn read_confirmation(mut confirmation: Members<'_>) -> Option<DevicePublicKey> {
    let mut jwk = confirmation.object("jwk")?;
    confirmation.end()?;
    if (jwk.text("kty")?, jwk.text("crv")?) != ("OKP", "Ed25519") {
        return None;
    }
    let key = DevicePublicKey::parse(jwk.text("x")?).ok()?;
    jwk.end()?;
    Some(key)
}
