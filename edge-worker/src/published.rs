//! What the account object publishes, as it lies in KV.

use std::time::Duration;

use enrollment_rules::publication::KV_CACHE_SECONDS;
use enrollment_rules::revoked::Revoked;
use enrollment_rules::snapshot::{BodyName, Head};
use futures_util::future::{Either, select};
use worker::kv::KvStore;
use worker::{Delay, Env};

use crate::failure::Failure;

/// The KV binding.
const REVOCATIONS: &str = "REVOCATIONS";

/// KV is given this long to answer where a person is waiting.
pub(crate) const SOON: Duration = Duration::from_secs(2);
/// And where nobody is, or somebody with patience: a body has up to 25 MB.
pub(crate) const IN_TIME: Duration = Duration::from_secs(20);

/// Where it is.
pub(crate) fn store(env: &Env) -> Result<KvStore, Failure> {
    env.kv(REVOCATIONS).map_err(|_| Failure::Misconfigured(REVOCATIONS))
}

/// The key of an account's head.
pub(crate) fn head_key(account: &str) -> String {
    format!("{account}:head")
}

/// The key of one of its bodies.
pub(crate) fn body_key(account: &str, name: BodyName) -> String {
    format!("{account}:body-{}-{:08x}", name.version, name.draw)
}

/// The head; `None` if there is none, or none of this release.
pub(crate) async fn read_head(
    kv: &KvStore,
    account: &str,
    deadline: Duration,
) -> Result<Option<Head>, Failure> {
    let bytes = read(kv, &head_key(account), deadline).await?;
    Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

/// A body; `None` if KV does not have it as it is named.
pub(crate) async fn read_body(
    kv: &KvStore,
    account: &str,
    name: BodyName,
) -> Result<Option<Revoked>, Failure> {
    let bytes = read(kv, &body_key(account, name), IN_TIME).await?;
    let list = bytes.and_then(|bytes| Revoked::from_bytes(bytes).ok());
    Ok(list.filter(|list| u64::try_from(list.len()) == Ok(name.entries)))
}

async fn read(kv: &KvStore, key: &str, deadline: Duration) -> Result<Option<Vec<u8>>, Failure> {
    let reading = Box::pin(kv.get(key).cache_ttl(KV_CACHE_SECONDS).bytes());
    match select(reading, Box::pin(Delay::from(deadline))).await {
        Either::Left((bytes, _)) => bytes.map_err(|_| Failure::Unavailable("KV")),
        Either::Right(_) => Err(Failure::Unavailable("KV: no answer to a read")),
    }
}
