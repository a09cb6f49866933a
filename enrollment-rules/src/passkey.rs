//! What a relying party checks of a passkey (`WebAuthn` Level 3, sections 7.1 and 7.2), but for the signature itself, which is
//! the platform's (`WebCrypto`): that way no second curve and no RSA are in the Worker.
//!
//! Written by hand, because the crates of the field (`webauthn-rs-core`, `webauthn_rp`, `passkey-auth`) read the system's clock
//! within their checks, which on wasm32-unknown-unknown ends the program; and because little is left to check without
//! attestation, which nobody here would know what to compare with. There is no CBOR reader: authenticators write a key in
//! exactly one form (CTAP2 canonical CBOR, section 6.5.1.1), so the known forms are compared byte for byte.

use device_token::{Origin, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::bounds::Bounds;
use crate::keyed_hash::{Digest, HashKey, Purpose};

/// What a passkey is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ceremony {
    /// To sign in.
    SignIn,
    /// To show that the person of a session is there.
    Touch,
    /// To have another one.
    Add,
    /// To have the first one.
    SetUp,
}

impl Ceremony {
    const fn name(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::Touch => "touch",
            Self::Add => "add",
            Self::SetUp => "set-up",
        }
    }

    /// `type` of the client data.
    const fn client_data_type(self) -> &'static str {
        match self {
            Self::SignIn | Self::Touch => "webauthn.get",
            Self::Add | Self::SetUp => "webauthn.create",
        }
    }
}

/// Why a passkey's answer is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    /// The client data are not what browsers write.
    ClientData,
    /// Made for another page than this account's, or in a frame.
    Origin,
    /// Creating where using was asked for, or the other way round.
    Ceremony,
    /// Not a challenge of ours for this purpose.
    Challenge,
    /// A challenge of ours, but too old.
    ChallengeExpired,
    /// Answered before.
    ChallengeSpent,
    /// The authenticator data are not what authenticators write.
    AuthenticatorData,
    /// Made for another relying party.
    RelyingParty,
    /// Nobody touched it, or it did not make sure who did.
    UserVerification,
    /// A kind of key that was not asked for.
    Key,
    /// Not that key's signature over exactly these.
    Signature,
    /// It counts backwards: somebody has a copy.
    Counter,
    /// Nobody's here.
    Unknown,
    /// Somebody's already.
    Known,
    /// Another administrator's than the one whose session it is.
    Foreign,
}

impl Refusal {
    /// In words for those who debug; stable.
    #[must_use]
    pub const fn detail(self) -> &'static str {
        match self {
            Self::ClientData => "client data",
            Self::Origin => "origin",
            Self::Ceremony => "type",
            Self::Challenge | Self::ChallengeExpired | Self::ChallengeSpent => "challenge",
            Self::AuthenticatorData => "authenticator data",
            Self::RelyingParty => "relying party id",
            Self::UserVerification => "user verification",
            Self::Key => "public key",
            Self::Signature => "signature",
            Self::Counter => "signature counter",
            Self::Unknown | Self::Known | Self::Foreign => "credential",
        }
    }
}

/// Whom a challenge is for: the purpose, and what it is tied to besides (a session, a set-up address).
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The account's origin.
    pub origin: &'a Origin,
    /// For what.
    pub ceremony: Ceremony,
    /// The session or set-up address; empty where there is none.
    pub subject: &'a str,
}

/// A challenge that was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// To be spent.
    pub id: String,
    /// To be remembered until then.
    pub expires_at: Timestamp,
}

impl Asked<'_> {
    /// The account's host: without the scheme and the port (section 5.1.2).
    #[must_use]
    pub fn relying_party_id(&self) -> &str {
        let host = self.origin.as_str().split_once("://").map_or("", |(_, host)| host);
        // No port is followed by a bracket, as the last colon of an IPv6 address is.
        host.rsplit_once(':').filter(|(_, port)| !port.contains(']')).map_or(host, |(host, _)| host)
    }

    fn mac(&self, id: &str, expires: &str, key: &HashKey) -> Digest {
        let parts = [self.origin.as_str(), self.ceremony.name(), self.subject, id, expires];
        key.digest(Purpose::PasskeyChallenge, &parts.map(str::as_bytes))
    }

    /// A challenge, of 16 random bytes. It needs no memory: whoever asks for a thousand fills nothing.
    #[must_use]
    pub fn challenge(&self, random: [u8; 16], key: &HashKey, bounds: &Bounds, now: Timestamp) -> String {
        let id = crate::set_up::id(random);
        let expires = now.plus_seconds(bounds.passkey_challenge_seconds).to_string();
        let mac = self.mac(&id, &expires, key);
        format!("{id}.{expires}.{}", mac.as_str())
    }

    fn answered(&self, challenge: &str, key: &HashKey, now: Timestamp) -> Result<Answered, Refusal> {
        let mut parts = challenge.split('.');
        let (Some(id), Some(expires), Some(mac), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Refusal::Challenge);
        };
        if Digest::from_stored(mac.to_owned()) != self.mac(id, expires, key) {
            return Err(Refusal::Challenge);
        }
        let expires_at = expires.parse().ok().and_then(|seconds| Timestamp::from_seconds(seconds).ok());
        match expires_at {
            Some(expires_at) if now < expires_at => Ok(Answered { id: id.to_owned(), expires_at }),
            _ => Err(Refusal::ChallengeExpired),
        }
    }
}

/// `clientDataJSON` (section 5.8.1): what the browser says of the page. It may say more.
#[derive(Debug, Deserialize)]
pub struct ClientData {
    /// `webauthn.create` or `webauthn.get`.
    pub r#type: String,
    /// In base64url.
    pub challenge: String,
    /// Of the page.
    pub origin: String,
    /// In a frame of another site.
    #[serde(default, rename = "crossOrigin")]
    pub cross_origin: bool,
}

impl ClientData {
    /// Is it about what was asked for, here and now? `challenge` is the one of the client data, decoded.
    ///
    /// # Errors
    /// [`Refusal`] says what is wrong.
    pub fn check(
        &self,
        asked: &Asked<'_>,
        challenge: &[u8],
        key: &HashKey,
        now: Timestamp,
    ) -> Result<Answered, Refusal> {
        if self.r#type != asked.ceremony.client_data_type() {
            return Err(Refusal::Ceremony);
        }
        if self.origin != asked.origin.as_str() || self.cross_origin {
            return Err(Refusal::Origin);
        }
        let challenge = std::str::from_utf8(challenge).map_err(|_| Refusal::Challenge)?;
        asked.answered(challenge, key, now)
    }
}

/// A public key, as the platform imports it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum PublicKey {
    /// ECDSA with P-256 and SHA-256: both coordinates, 32 bytes each.
    Es256(Vec<u8>),
    /// Ed25519: 32 bytes.
    EdDsa(Vec<u8>),
    /// RSASSA-PKCS1-v1_5 with SHA-256, as older Windows Hello has it: the modulus, 256 bytes; the exponent is 65,537.
    Rs256(Vec<u8>),
}

/// COSE algorithms (RFC 9053, 8812), the ones asked for, the preferred first.
pub const ALGORITHMS: [i32; 3] = [-8, -7, -257];

impl PublicKey {
    /// Reads a COSE key in the one form there is of each kind; what follows it comes back.
    fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        const ES256: &[u8] = &[0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20];
        const ES256_Y: &[u8] = &[0x22, 0x58, 0x20];
        const ED_DSA: &[u8] = &[0xa4, 0x01, 0x01, 0x03, 0x27, 0x20, 0x06, 0x21, 0x58, 0x20];
        const RS256: &[u8] = &[0xa4, 0x01, 0x03, 0x03, 0x39, 0x01, 0x00, 0x20, 0x59, 0x01, 0x00];
        const RS256_E: &[u8] = &[0x21, 0x43, 0x01, 0x00, 0x01];
        if let Some(rest) = bytes.strip_prefix(ES256) {
            let (x, rest) = rest.split_at_checked(32)?;
            let (y, rest) = rest.strip_prefix(ES256_Y)?.split_at_checked(32)?;
            return Some((Self::Es256([x, y].concat()), rest));
        }
        if let Some(rest) = bytes.strip_prefix(ED_DSA) {
            let (key, rest) = rest.split_at_checked(32)?;
            return Some((Self::EdDsa(key.to_vec()), rest));
        }
        let (modulus, rest) = bytes.strip_prefix(RS256)?.split_at_checked(256)?;
        Some((Self::Rs256(modulus.to_vec()), rest.strip_prefix(RS256_E)?))
    }

    /// The signature in the form `WebCrypto` verifies. An ECDSA signature comes as DER (RFC 3279 section 2.2.3) and is wanted
    /// as two numbers of 32 bytes.
    fn signature(&self, given: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Es256(_) => {
                let (r, s) = integers(given)?;
                Some([r, s].concat())
            }
            Self::EdDsa(_) | Self::Rs256(_) => Some(given.to_vec()),
        }
    }
}

/// The two integers of a DER sequence, filled up to 32 bytes. All lengths here fit the short form, and no crate for ASN.1 is as
/// small as its one case.
fn integers(der: &[u8]) -> Option<([u8; 32], [u8; 32])> {
    let (length, rest) = der.strip_prefix(&[0x30])?.split_first()?;
    if usize::from(*length) != rest.len() || *length > 0x7f {
        return None;
    }
    let (r, rest) = integer(rest)?;
    let (s, rest) = integer(rest)?;
    rest.is_empty().then_some((r, s))
}

fn integer(der: &[u8]) -> Option<([u8; 32], &[u8])> {
    let (length, rest) = der.strip_prefix(&[0x02])?.split_first()?;
    let (digits, rest) = rest.split_at_checked(usize::from(*length))?;
    // A zero before a first bit that would otherwise be a sign.
    let digits = match digits {
        [0, more @ ..] if more.first().is_some_and(|byte| *byte >= 0x80) => more,
        [0, _, ..] | [] => return None,
        [first, ..] if *first >= 0x80 => return None,
        digits => digits,
    };
    let mut number = [0; 32];
    let start = number.len().checked_sub(digits.len())?;
    number.get_mut(start..)?.copy_from_slice(digits);
    Some((number, rest))
}

/// Authenticator data (section 6.1), checked.
struct AuthenticatorData<'a> {
    counter: u32,
    /// Credential and key, where one was made.
    made: Option<(&'a [u8], PublicKey)>,
}

impl<'a> AuthenticatorData<'a> {
    fn check(bytes: &'a [u8], relying_party_id: &str) -> Result<Self, Refusal> {
        const PRESENT: u8 = 1;
        const VERIFIED: u8 = 1 << 2;
        const MADE: u8 = 1 << 6;
        const EXTENSIONS: u8 = 1 << 7;
        let wrong = Refusal::AuthenticatorData;
        let (hash, rest) = bytes.split_at_checked(32).ok_or(wrong)?;
        let (flags, rest) = rest.split_first().ok_or(wrong)?;
        let (counter, rest) = rest.split_first_chunk().ok_or(wrong)?;
        if hash != Sha256::digest(relying_party_id.as_bytes()).as_slice() {
            return Err(Refusal::RelyingParty);
        }
        if flags & (PRESENT | VERIFIED) != PRESENT | VERIFIED {
            return Err(Refusal::UserVerification);
        }
        let counter = u32::from_be_bytes(*counter);
        let (made, rest) = if flags & MADE == 0 {
            (None, rest)
        } else {
            let (_model, rest) = rest.split_at_checked(16).ok_or(wrong)?;
            let (length, rest) = rest.split_first_chunk().ok_or(wrong)?;
            let (id, rest) = rest.split_at_checked(u16::from_be_bytes(*length).into()).ok_or(wrong)?;
            let (key, rest) = PublicKey::read(rest).ok_or(Refusal::Key)?;
            (Some((id, key)), rest)
        };
        if flags & EXTENSIONS == 0 && !rest.is_empty() {
            return Err(wrong);
        }
        Ok(Self { counter, made })
    }
}

/// The longest credential id taken, in bytes (section 7.1, step 25).
const MAX_CREDENTIAL_ID: usize = 1_023;

/// A passkey that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// Its id.
    pub credential_id: Vec<u8>,
    /// Its public half.
    pub key: PublicKey,
    /// Where it begins to count.
    pub counter: u32,
}

/// Checks the authenticator's side of making a passkey.
///
/// # Errors
/// [`Refusal`] says what is wrong.
pub fn made(authenticator_data: &[u8], asked: &Asked<'_>) -> Result<Made, Refusal> {
    let data = AuthenticatorData::check(authenticator_data, asked.relying_party_id())?;
    let (id, key) = data.made.ok_or(Refusal::AuthenticatorData)?;
    if id.is_empty() || id.len() > MAX_CREDENTIAL_ID {
        return Err(Refusal::AuthenticatorData);
    }
    Ok(Made { credential_id: id.to_vec(), key, counter: data.counter })
}

/// What the platform has to verify, and what to keep if it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Used {
    /// What was signed.
    pub message: Vec<u8>,
    /// As `WebCrypto` wants it.
    pub signature: Vec<u8>,
    /// The counter's new value.
    pub counter: u32,
}

/// Checks the authenticator's side of using a passkey.
///
/// # Errors
/// [`Refusal`] says what is wrong.
pub fn used(
    authenticator_data: &[u8],
    client_data: &[u8],
    signature: &[u8],
    key: &PublicKey,
    asked: &Asked<'_>,
) -> Result<Used, Refusal> {
    let data = AuthenticatorData::check(authenticator_data, asked.relying_party_id())?;
    let signature = key.signature(signature).ok_or(Refusal::Signature)?;
    let message = [authenticator_data, Sha256::digest(client_data).as_slice()].concat();
    Ok(Used { message, signature, counter: data.counter })
}

/// Does a counter go on as it should? Passkeys that are kept in several places do not count: zero stays zero (section 6.1.1).
#[must_use]
pub fn counts_on(kept: u32, counter: u32) -> bool {
    (kept == 0 && counter == 0) || counter > kept
}

#[cfg(test)]
mod tests;
