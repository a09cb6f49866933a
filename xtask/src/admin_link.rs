//! `admin-link`: a set-up address, for whoever has the deployment's secrets.

use std::time::{SystemTime, UNIX_EPOCH};

use base64ct::{Base64UrlUnpadded, Encoding as _};
use device_token::{Origin, Timestamp};
use enrollment_rules::keyed_hash::HashKey;
use enrollment_rules::set_up::{self, OPERATORS_SECONDS, SetUp, SetUpKind};

use crate::failure::{Explain as _, Failure, Outcome};

/// The Worker's secret, and the variable it is read from.
pub const KEY: &str = "ADMIN_LINK_KEY";

/// Which administrator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// The first one.
    First,
    /// One more, because nobody there can sign in.
    Recover,
}

/// A new set-up address of the account at `origin`, keyed by `key`, 32 bytes in base64url.
///
/// # Errors
/// When either is not what it should be.
pub fn make(origin: &str, purpose: Purpose, key: &str) -> Outcome<String> {
    let origin = Origin::parse(origin)
        .map_err(|_| Failure::new(format!("{origin} is no origin, such as https://enroll.example.com")))?;
    let key = Base64UrlUnpadded::decode_vec(key).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    let key = key.ok_or_else(|| Failure::new(format!("{KEY} is not 32 bytes in base64url")))?;
    let mut id = [0; 16];
    getrandom::fill(&mut id).explain("random bytes")?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).explain("the clock")?;
    let now = Timestamp::from_seconds(now.as_secs()).map_err(|_| Failure::new("the clock is wrong"))?;
    let set_up = SetUp {
        kind: match purpose {
            Purpose::First => SetUpKind::First,
            Purpose::Recover => SetUpKind::Recover,
        },
        id: set_up::id(id),
        expires_at: now.plus_seconds(OPERATORS_SECONDS),
    };
    Ok(set_up::address(&set_up, &origin, &HashKey::new(&key)))
}

/// Prints one, with the key of the environment.
///
/// # Errors
/// When there is none, or it is not what it should be.
pub fn run(origin: &str, purpose: Purpose) -> Outcome {
    let key = std::env::var(KEY).map_err(|_| {
        Failure::new(format!(
            "{KEY} is not set: the Worker's secret of that name is needed to make the address"
        ))
    })?;
    println!("{}", make(origin, purpose, &key)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named() {
        let key = Base64UrlUnpadded::encode_string(&[1; 32]);
        let address = make("https://enroll.example.com", Purpose::Recover, &key).unwrap();
        assert!(address.starts_with("https://enroll.example.com/admin/set-up#recover."), "{address}");
        let wrong = make("enroll.example.com", Purpose::First, &key).unwrap_err().to_string();
        assert!(wrong.contains("enroll.example.com is no origin"), "{wrong}");
        let wrong = make("https://enroll.example.com", Purpose::First, "short").unwrap_err().to_string();
        assert!(wrong.contains(KEY), "{wrong}");
    }
}
