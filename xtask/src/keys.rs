//! `keys`: a signing key's life, as the operator leads it. A secret set goes in, the changed one comes out, to be handed on to
//! `wrangler secret put`; nothing is kept here.

use std::io::Read as _;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use device_token::{DeviceFamily, KeyId, KeySetError, SigningKeys};
use serde::{Deserialize, Serialize};

use crate::failure::{Explain as _, Failure, Outcome};

/// What to do with a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Tell which keys there are, and their public halves.
    Show,
    /// A new key: published, and not used yet.
    Add(String),
    /// It signs from now on, and the one that did is retired.
    Activate(String),
    /// What it signed is not believed any more.
    Remove(String),
}

/// As the Worker's secrets `DEVICE_KEYS` and `LINK_KEYS` have it (docs/TOKEN.md, "Keys").
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Key {
    kid: String,
    status: String,
    seed: String,
}

/// The set that everybody may see (RFC 7517).
#[derive(Deserialize)]
struct Published {
    keys: Vec<PublicKey>,
}

#[derive(Deserialize)]
struct PublicKey {
    kid: String,
    x: String,
}

/// Reads a set from standard input and prints what becomes of it.
///
/// # Errors
/// When it is none, or the change would leave none that can be deployed.
pub fn run(change: &Change) -> Outcome {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).explain("standard input")?;
    println!("{}", apply(text.trim(), change)?);
    Ok(())
}

/// The set that a change makes of another.
///
/// # Errors
/// When it is none, or the change would leave none that can be deployed.
pub fn apply(text: &str, change: &Change) -> Outcome<String> {
    changed(text, change, || {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).explain("random bytes")?;
        Ok(seed)
    })
}

fn changed(text: &str, change: &Change, seed: impl FnOnce() -> Outcome<[u8; 32]>) -> Outcome<String> {
    // An empty one is where the first key is added.
    let keys = if text.is_empty() { "[]" } else { text };
    let mut keys: Vec<Key> = serde_json::from_str(keys).map_err(|_| wrong(KeySetError::Malformed))?;
    if !keys.is_empty() {
        SigningKeys::<DeviceFamily>::from_json(text).map_err(wrong)?;
    }
    let position = |keys: &[Key], kid: &str| {
        let found = keys.iter().position(|key| key.kid == kid);
        found.ok_or_else(|| Failure::new(format!("there is no key {kid} in this set")))
    };
    match change {
        Change::Show => return shown(text, &keys),
        Change::Add(kid) => {
            if KeyId::parse(kid).is_err() {
                return Err(Failure::new(format!("{kid} is no name of a key: 1 to 32 of A-Z a-z 0-9 _ -")));
            }
            if keys.iter().any(|key| key.kid == *kid) {
                return Err(Failure::new(format!("there is a key {kid} already; a name never comes back")));
            }
            let status = if keys.is_empty() { "active" } else { "next" };
            let seed = Base64UrlUnpadded::encode_string(&seed()?);
            keys.push(Key { kid: kid.clone(), status: status.to_owned(), seed });
        }
        Change::Activate(kid) => {
            let chosen = position(&keys, kid)?;
            for (number, key) in keys.iter_mut().enumerate() {
                if number == chosen {
                    "active".clone_into(&mut key.status);
                } else if key.status == "active" {
                    "retired".clone_into(&mut key.status);
                }
            }
        }
        Change::Remove(kid) => {
            let chosen = position(&keys, kid)?;
            if keys.get(chosen).is_some_and(|key| key.status == "active") {
                return Err(Failure::new(format!("{kid} is the active key: activate another one first")));
            }
            keys.remove(chosen);
        }
    }
    let text = serde_json::to_string(&keys).explain("the set")?;
    SigningKeys::<DeviceFamily>::from_json(&text).map_err(wrong)?;
    Ok(text)
}

fn wrong(error: KeySetError) -> Failure {
    Failure::new(format!(
        "standard input has no set of signing keys that could be deployed: {}",
        error.code()
    ))
}

fn shown(text: &str, keys: &[Key]) -> Outcome<String> {
    let set = SigningKeys::<DeviceFamily>::from_json(text).map_err(wrong)?.verifying().to_jwks();
    let set: Published = serde_json::from_str(&set).explain("the public set")?;
    let public = |kid: &str| {
        let of_it = set.keys.iter().find(|key| key.kid == kid);
        of_it.map(|key| key.x.clone()).unwrap_or_default()
    };
    let line = |key: &Key| format!("{:<8} {}  {}", key.status, public(&key.kid), key.kid);
    Ok(keys.iter().map(line).collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(text: &str, change: &Change) -> Result<String, String> {
        changed(text, change, || Ok([7; 32])).map_err(|failure| failure.to_string())
    }

    fn statuses(text: &str) -> Vec<(String, String)> {
        let keys: Vec<Key> = serde_json::from_str(text).unwrap();
        keys.into_iter().map(|key| (key.kid, key.status)).collect()
    }

    fn set(keys: &[(&str, &str)]) -> String {
        let seed = |number: usize| Base64UrlUnpadded::encode_string(&[u8::try_from(number).unwrap(); 32]);
        let key = |(number, (kid, status)): (usize, &(&str, &str))| {
            format!("{{\"kid\":\"{kid}\",\"status\":\"{status}\",\"seed\":\"{}\"}}", seed(number))
        };
        format!("[{}]", keys.iter().enumerate().map(key).collect::<Vec<_>>().join(","))
    }

    #[test]
    fn a_key_is_next_then_active_then_retired_then_gone_and_there_is_always_one_that_signs() {
        let named = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(kid, status)| ((*kid).to_owned(), (*status).to_owned())).collect()
        };
        let first = change("", &Change::Add("a".to_owned())).unwrap();
        assert_eq!(statuses(&first), named(&[("a", "active")]));
        let second = change(&set(&[("a", "active")]), &Change::Add("b".to_owned())).unwrap();
        assert_eq!(statuses(&second), named(&[("a", "active"), ("b", "next")]));
        let activated = change(&second, &Change::Activate("b".to_owned())).unwrap();
        assert_eq!(statuses(&activated), named(&[("a", "retired"), ("b", "active")]));
        let removed = change(&activated, &Change::Remove("a".to_owned())).unwrap();
        assert_eq!(statuses(&removed), named(&[("b", "active")]));
        let shown = change(&activated, &Change::Show).unwrap();
        assert_eq!(shown.lines().count(), 2);
        assert!(!shown.contains(&Base64UrlUnpadded::encode_string(&[7; 32])), "{shown}");
    }

    #[test]
    fn what_could_not_be_deployed_does_not_come_out() {
        let a = set(&[("a", "active")]);
        let refused = |text: &str, what: Change| change(text, &what).unwrap_err();
        assert!(refused(&a, Change::Add("a".to_owned())).contains("already"));
        assert!(refused(&a, Change::Add("a b".to_owned())).contains("no name of a key"));
        assert!(refused(&a, Change::Remove("a".to_owned())).contains("activate another one first"));
        assert!(refused(&a, Change::Activate("b".to_owned())).contains("there is no key b"));
        assert!(refused(&a, Change::Remove("b".to_owned())).contains("there is no key b"));
        assert!(refused("{}", Change::Show).contains("malformed"));
        assert!(
            refused("", Change::Show).contains("malformed") || refused("", Change::Show).contains("no_keys")
        );
        let two = set(&[("a", "active"), ("b", "active")]);
        assert!(refused(&two, Change::Add("c".to_owned())).contains("several_active_keys"));
        let many: Vec<_> = (0..16).map(|number| format!("k{number}")).collect();
        let many: Vec<_> =
            many.iter().map(|kid| (kid.as_str(), if kid == "k0" { "active" } else { "retired" })).collect();
        assert!(refused(&set(&many), Change::Add("one-more".to_owned())).contains("too_many_keys"));
    }
}
