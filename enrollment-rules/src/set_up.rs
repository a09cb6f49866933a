//! Set-up addresses: how the first administrator, or one who lost the way in, comes to a passkey.
//!
//! The token is in the fragment, which no server's log ever sees: `<kind>.<id>.<expires>.<mac>`, the MAC keyed by a secret
//! of the deployment. That it is used once is for the account object to see to, by the id.

use device_token::{Origin, Timestamp};
use serde::{Deserialize, Serialize};

use crate::keyed_hash::{Digest, HashKey, Purpose};

/// How long an address made by the operator is good for, in seconds.
pub const OPERATORS_SECONDS: u64 = 86_400;
/// How long one made by an administrator is.
pub const INVITATION_SECONDS: u64 = 3 * 86_400;

/// What it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SetUpKind {
    /// The first administrator: good as long as there is none.
    First,
    /// One more, by the operator: everybody has lost the way in.
    Recover,
    /// Somebody an administrator has named.
    Invitation,
}

impl SetUpKind {
    /// The stable name in tokens and in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Recover => "recover",
            Self::Invitation => "invitation",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::First, Self::Recover, Self::Invitation].into_iter().find(|one| one.name() == name)
    }
}

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetUp {
    /// What it is for.
    pub kind: SetUpKind,
    /// 32 hexadecimal digits.
    pub id: String,
    /// Good before.
    pub expires_at: Timestamp,
}

/// Why a set-up address leads nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Refusal {
    /// Not made here for this account, or ended by a later one.
    Invalid,
    /// Too old.
    Expired,
    /// Used already.
    Spent,
    /// For the first administrator, but there is one.
    Done,
}

/// Does it still lead somewhere? `spent`: it was used; `administrators`: there are some who can sign in; `invited`: somebody
/// waits with an invitation of this id.
///
/// # Errors
/// [`Refusal`] says why not.
pub fn holds(
    set_up: &SetUp,
    spent: bool,
    administrators: bool,
    invited: bool,
    now: Timestamp,
) -> Result<(), Refusal> {
    if spent {
        return Err(Refusal::Spent);
    }
    match set_up.kind {
        SetUpKind::First if administrators => return Err(Refusal::Done),
        SetUpKind::Invitation if !invited => return Err(Refusal::Invalid),
        SetUpKind::First | SetUpKind::Recover | SetUpKind::Invitation => {}
    }
    if now < set_up.expires_at { Ok(()) } else { Err(Refusal::Expired) }
}

/// 16 random bytes as an id.
#[must_use]
pub fn id(bytes: [u8; 16]) -> String {
    format!("{:032x}", u128::from_be_bytes(bytes))
}

fn mac(set_up: &SetUp, origin: &Origin, key: &HashKey) -> Digest {
    let expires = set_up.expires_at.to_string();
    key.digest(
        Purpose::SetUp,
        &[
            origin.as_str().as_bytes(),
            set_up.kind.name().as_bytes(),
            set_up.id.as_bytes(),
            expires.as_bytes(),
        ],
    )
}

/// The token.
#[must_use]
pub fn token(set_up: &SetUp, origin: &Origin, key: &HashKey) -> String {
    let SetUp { kind, id, expires_at } = set_up;
    format!("{}.{id}.{expires_at}.{}", kind.name(), mac(set_up, origin, key).as_str())
}

/// The address to hand over.
#[must_use]
pub fn address(set_up: &SetUp, origin: &Origin, key: &HashKey) -> String {
    format!("{}/admin/set-up#{}", origin.as_str(), token(set_up, origin, key))
}

/// Reads a token; `None` if it was not made here for this origin.
#[must_use]
pub fn read(token: &str, origin: &Origin, key: &HashKey) -> Option<SetUp> {
    let mut parts = token.split('.');
    let (kind, id, expires, given) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let expires_at = Timestamp::from_seconds(expires.parse().ok()?).ok()?;
    let set_up = SetUp { kind: SetUpKind::named(kind)?, id: id.to_owned(), expires_at };
    let is_ours = Digest::from_stored(given.to_owned()) == mac(&set_up, origin, key);
    (is_ours && parts.next().is_none()).then_some(set_up)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made() -> (SetUp, Origin, HashKey) {
        let expires_at = Timestamp::from_seconds(1_700_000_000).unwrap();
        let set_up = SetUp { kind: SetUpKind::First, id: id([7; 16]), expires_at };
        (set_up, Origin::parse("https://enroll.example.com").unwrap(), HashKey::new(&[1; 32]))
    }

    #[test]
    fn what_was_made_is_read_and_nothing_else_is() {
        let (set_up, origin, key) = made();
        let text = token(&set_up, &origin, &key);
        assert_eq!(read(&text, &origin, &key), Some(set_up.clone()));
        let address = address(&set_up, &origin, &key);
        assert_eq!(address, format!("https://enroll.example.com/admin/set-up#{text}"));
        for (index, _) in text.char_indices() {
            let mut altered = text.clone().into_bytes();
            altered[index] ^= 1;
            let altered = String::from_utf8(altered).unwrap();
            assert_eq!(read(&altered, &origin, &key), None, "{altered}");
        }
        for other in
            [text.replace("first", "recover"), format!("{text}.x"), text.replacen('f', "", 1), String::new()]
        {
            assert_eq!(read(&other, &origin, &key), None, "{other}");
        }
        assert_eq!(read(&text, &Origin::parse("https://other.example.com").unwrap(), &key), None);
        assert_eq!(read(&text, &origin, &HashKey::new(&[2; 32])), None);
    }

    #[test]
    fn it_holds_once_for_its_purpose_and_its_time() {
        let (first, ..) = made();
        let at = |seconds| Timestamp::from_seconds(seconds).unwrap();
        let of = |kind| SetUp { kind, ..first.clone() };
        let (early, late) = (at(1_699_999_999), at(1_700_000_000));
        assert_eq!(holds(&first, false, false, false, early), Ok(()));
        assert_eq!(holds(&first, false, false, false, late), Err(Refusal::Expired));
        assert_eq!(holds(&first, true, false, false, early), Err(Refusal::Spent));
        assert_eq!(holds(&first, false, true, false, early), Err(Refusal::Done));
        assert_eq!(holds(&of(SetUpKind::Recover), false, true, false, early), Ok(()));
        assert_eq!(holds(&of(SetUpKind::Invitation), false, true, true, early), Ok(()));
        assert_eq!(holds(&of(SetUpKind::Invitation), false, true, false, early), Err(Refusal::Invalid));
    }
}
