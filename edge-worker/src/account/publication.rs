//! Telling KV: what the click path must know, written where every location reads it.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use device_token::{DeviceId, Timestamp, UserId};
use enrollment_rules::snapshot::{ClickSettings, REVOCATION_DAYS, Snapshot};
use enrollment_rules::time_text::DAY_SECONDS;
use futures_util::future::{Either, select};
use worker::{Delay, Env, console_warn};

use super::store::Store;
use super::{After, Handled, notices};
use crate::failure::Failure;
use crate::gate::{REVOCATIONS, head_key};
use crate::incoming::now;

/// When a publication that failed is tried again.
const RETRY: Duration = Duration::from_secs(2);

/// The counter of changes, and of the change KV was last told of.
const VERSION: &str = "version";
const PUBLISHED: &str = "published_version";
/// When a Worker's finding nothing in KV leads to another publication.
const AGAIN_AT: &str = "publish_again_at";

/// KV is given this long to take a write.
const DEADLINE: Duration = Duration::from_secs(10);

/// Answers a Worker that found nothing in KV, and publishes, once a minute at most: a location remembers for that long that
/// there was nothing, whatever is written meanwhile, and KV takes one write a second for a key.
pub(super) fn snapshot(store: &Store, now: Timestamp) -> Result<Handled, Failure> {
    if store.version(VERSION)? == 0 {
        store.bump_version()?;
    }
    let after = if now.as_seconds() >= store.version(AGAIN_AT)? {
        // KV may have lost what was published; it is told again.
        store.set_meta(PUBLISHED, "0")?;
        store.set_meta(AGAIN_AT, &now.plus_seconds(60).to_string())?;
        After::PublishLater
    } else {
        After::Nothing
    };
    Handled::new(&current(store, now)?, after)
}

/// The state as it is now.
fn current(store: &Store, now: Timestamp) -> Result<Snapshot, Failure> {
    let oldest = now.as_seconds().saturating_sub(REVOCATION_DAYS.saturating_mul(DAY_SECONDS));
    let rows = store.rows(
        "SELECT kind, id, at FROM revocations WHERE at >= ?",
        vec![i64::try_from(oldest).unwrap_or(0).into()],
        |row| Ok((row.take::<String>()?, row.take::<String>()?, row.take::<Timestamp>()?)),
    )?;
    let mut snapshot = Snapshot {
        version: store.version(VERSION)?,
        published_at: now,
        settings: ClickSettings::from(&store.settings()?),
        account_revoked_at: None,
        users: BTreeMap::new(),
        devices: BTreeSet::new(),
    };
    for (kind, id, at) in rows {
        match kind.as_str() {
            "account" => snapshot.account_revoked_at = Some(at),
            "user" => {
                let id: UserId = id.parse().map_err(|_| Failure::Internal("a revoked user's id"))?;
                snapshot.users.insert(id, at);
            }
            _ => {
                let id: DeviceId = id.parse().map_err(|_| Failure::Internal("a revoked device's id"))?;
                snapshot.devices.insert(id);
            }
        }
    }
    Ok(snapshot)
}

/// Writes the newest state to KV until KV has it, or leaves the rest to the alarm.
///
/// One at a time: two writes under way could arrive in the wrong order. Whoever comes while one is under way leaves it to
/// that one, which looks again when it is done.
pub(super) async fn publish(store: &Store, env: &Env, account: &str, publishing: &Cell<bool>) {
    // First of all the alarm: if everything stops here, it goes on from there.
    if store.storage().set_alarm(RETRY).await.is_err() {
        console_warn!("no alarm could be set for a publication");
    }
    if publishing.replace(true) {
        return;
    }
    let outcome = publish_newest(store, env, account).await;
    publishing.set(false);
    match outcome {
        // Notices wait for the same alarm.
        Ok(()) if notices::waiting(store).unwrap_or(true) => {}
        Ok(()) => {
            _ = store.storage().delete_alarm().await;
        }
        Err(failure) => {
            failure.log();
            console_warn!("a publication failed; the alarm tries again");
        }
    }
}

/// When the alarm is to come back for it; `None` if KV has been told everything.
pub(super) fn next(store: &Store) -> Result<Option<Duration>, Failure> {
    Ok((store.version(PUBLISHED)? < store.version(VERSION)?).then_some(RETRY))
}

async fn publish_newest(store: &Store, env: &Env, account: &str) -> Result<(), Failure> {
    let unavailable = |_| Failure::Unavailable("KV");
    while store.version(PUBLISHED)? < store.version(VERSION)? {
        let snapshot = current(store, now())?;
        let text = serde_json::to_string(&snapshot).map_err(|_| Failure::Internal("a snapshot"))?;
        let kv = env.kv(REVOCATIONS).map_err(|_| Failure::Misconfigured(REVOCATIONS))?;
        let writing = Box::pin(kv.put(&head_key(account), text).map_err(unavailable)?.execute());
        match select(writing, Box::pin(Delay::from(DEADLINE))).await {
            Either::Left((written, _)) => written.map_err(unavailable)?,
            Either::Right(_) => return Err(Failure::Unavailable("KV: no answer to a write")),
        }
        store.set_meta(PUBLISHED, &snapshot.version.to_string())?;
    }
    Ok(())
}
