//! Cloudflare Access: its token, and the keys of the team, which are fetched and kept for a while.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use base64ct::{Base64UrlUnpadded, Encoding};
use device_token::Timestamp;
use enrollment_rules::access::{Claims, Header, Identity, identity as judged};
use enrollment_rules::passkey::PublicKey;
use futures_util::future::{Either, select};
use serde::Deserialize;
use worker::{Delay, Fetch, Url, console_warn};

use crate::config::Access;
use crate::failure::Failure;
use crate::incoming::{Incoming, now};
use crate::web_crypto;

/// Set by Access on what it lets through.
const HEADER: &str = "Cf-Access-Jwt-Assertion";
/// The longest token looked at, in bytes.
const MAX_TOKEN: usize = 16_384;
/// How long keys are kept before they are fetched again, in seconds.
const KEEP_SECONDS: u64 = 3_600;
/// How soon they are fetched again because of a key that is not among them: whoever sends such tokens does not make us ask
/// each time.
const AGAIN_SECONDS: u64 = 60;
/// The team's keys are waited for this long.
const DEADLINE: Duration = Duration::from_secs(5);

/// The keys of one team, by their ids.
#[derive(Clone)]
struct Keys {
    fetched_at: Timestamp,
    by_id: BTreeMap<String, PublicKey>,
}

thread_local! {
    static KEYS: RefCell<BTreeMap<String, Keys>> = const { RefCell::new(BTreeMap::new()) };
}

/// `<issuer>/cdn-cgi/access/certs` (RFC 7517).
#[derive(Deserialize)]
struct Certificates {
    keys: Vec<Certificate>,
}

#[derive(Deserialize)]
struct Certificate {
    kid: String,
    kty: String,
    n: String,
    e: String,
}

/// Whom Access has signed in.
///
/// # Errors
/// [`Failure::Unauthorized`] without a token that holds; [`Failure::Unavailable`] where the team's keys cannot be had.
pub(super) async fn identity(incoming: &Incoming, access: &Access) -> Result<Identity, Failure> {
    let token =
        incoming.header(HEADER).filter(|token| token.len() <= MAX_TOKEN).ok_or(Failure::Unauthorized)?;
    let mut parts = token.rsplitn(2, '.');
    let (Some(signature), Some(signed)) = (parts.next(), parts.next()) else {
        return Err(Failure::Unauthorized);
    };
    let (header, claims) = signed.split_once('.').ok_or(Failure::Unauthorized)?;
    let header: Header = json(header)?;
    if header.alg != "RS256" {
        return Err(Failure::Unauthorized);
    }
    let key = key(&access.issuer, &header.kid).await?.ok_or(Failure::Unauthorized)?;
    let signature = Base64UrlUnpadded::decode_vec(signature).map_err(|_| Failure::Unauthorized)?;
    if !web_crypto::verify(&key, &signature, signed.as_bytes()).await? {
        return Err(Failure::Unauthorized);
    }
    let claims: Claims = json(claims)?;
    judged(&claims, &access.issuer, &access.audience, now()).ok_or(Failure::Unauthorized)
}

fn json<T: serde::de::DeserializeOwned>(part: &str) -> Result<T, Failure> {
    let bytes = Base64UrlUnpadded::decode_vec(part).map_err(|_| Failure::Unauthorized)?;
    serde_json::from_slice(&bytes).map_err(|_| Failure::Unauthorized)
}

/// One of the team's keys; `None` if the team has no such key.
async fn key(issuer: &str, id: &str) -> Result<Option<PublicKey>, Failure> {
    let kept = KEYS.with_borrow(|keys| keys.get(issuer).cloned());
    let age = kept.as_ref().map(|keys| now().seconds_since(keys.fetched_at));
    let found = kept.as_ref().and_then(|keys| keys.by_id.get(id).cloned());
    let is_due = match age {
        None => true,
        Some(age) => age >= if found.is_some() { KEEP_SECONDS } else { AGAIN_SECONDS },
    };
    if !is_due {
        return Ok(found);
    }
    match fetch(issuer).await {
        Ok(by_id) => {
            let found = by_id.get(id).cloned();
            let keys = Keys { fetched_at: now(), by_id };
            KEYS.with_borrow_mut(|all| all.insert(issuer.to_owned(), keys));
            Ok(found)
        }
        // A key that was the team's an hour ago is taken once more; of another one nothing is known.
        Err(failure) if found.is_none() => Err(failure),
        Err(failure) => {
            failure.log();
            console_warn!("the keys of Access are older than they should be");
            Ok(found)
        }
    }
}

async fn fetch(issuer: &str) -> Result<BTreeMap<String, PublicKey>, Failure> {
    let unavailable = |_| Failure::Unavailable("the keys of Access");
    let url: Url =
        format!("{issuer}/cdn-cgi/access/certs").parse().map_err(|_| Failure::Misconfigured("ACCESS"))?;
    let asking = Box::pin(async move {
        let mut response = Fetch::Url(url).send().await?;
        response.bytes().await
    });
    let bytes = match select(asking, Box::pin(Delay::from(DEADLINE))).await {
        Either::Left((answer, _)) => answer.map_err(unavailable)?,
        Either::Right(_) => return Err(Failure::Unavailable("the keys of Access: no answer")),
    };
    let certificates: Certificates = serde_json::from_slice(&bytes)
        .map_err(|_| Failure::Unavailable("the keys of Access: not a key set"))?;
    let keys = certificates.keys.into_iter().filter(|one| one.kty == "RSA" && one.e == "AQAB");
    let keys = keys.filter_map(|one| {
        let modulus = Base64UrlUnpadded::decode_vec(&one.n).ok()?;
        Some((one.kid, PublicKey::Rs256(modulus)))
    });
    Ok(keys.collect())
}
