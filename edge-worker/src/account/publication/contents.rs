//! What there is to publish, out of the database.

use std::collections::BTreeSet;

use device_token::{KeyId, Timestamp};
use enrollment_rules::publication as rules;
use enrollment_rules::revoked::{Gathered, Revoked};
use enrollment_rules::snapshot::{BodyName, ClickSettings, Head};
use worker::SqlStorageValue;

use super::{KEYS, KEYS_SEEN, VERSION};
use crate::account::row::Row;
use crate::account::store::{Store, number};
use crate::failure::Failure;

/// How many revocations are read at once: a value of the database has at most 2 MB.
const PORTION: u64 = 20_000;
/// The length of an id's text.
const ID: usize = 22;

pub(super) fn names(store: &Store, key: &str) -> Result<BTreeSet<KeyId>, Failure> {
    let text = store.meta(key)?.unwrap_or_else(|| "[]".to_owned());
    serde_json::from_slice(text.as_bytes()).map_err(|_| Failure::Internal("stored names of keys"))
}

/// The body that heads name, with how many revocations it has, and when it was made.
pub(super) fn body(store: &Store) -> Result<Option<(BodyName, Timestamp)>, Failure> {
    let query = "SELECT version, entries, draw, made_at FROM bodies WHERE replaced_at IS NULL";
    store.row(query, vec![], |row| Ok((name(row)?, row.take()?)))
}

pub(super) fn name(row: &mut Row) -> Result<BodyName, Failure> {
    let (version, entries) = (row.take()?, row.take()?);
    let draw = u32::try_from(row.take::<u64>()?).map_err(|_| Failure::Internal("the name of a body"))?;
    Ok(BodyName { version, entries, draw })
}

/// From which version on a revocation is not in the body.
pub(super) fn newer_than(body: Option<BodyName>) -> SqlStorageValue {
    body.map_or(SqlStorageValue::Integer(-1), |name| number(name.version))
}

/// How many revocations are not in the body, up to one more than a head has.
pub(super) fn newer(store: &Store, body: Option<BodyName>) -> Result<u64, Failure> {
    let query =
        "SELECT COUNT(*) FROM (SELECT 1 FROM revocations WHERE version > ?1 AND kind <> 'account' LIMIT ?2)";
    store.count(query, vec![newer_than(body), number(rules::NEWEST.saturating_add(1))])
}

/// The newest head.
pub(super) fn head(store: &Store, now: Timestamp) -> Result<Head, Failure> {
    let body = body(store)?.map(|(name, _)| name);
    let query = "SELECT id, at FROM revocations WHERE version > ? AND kind <> 'account'";
    let newest = store.rows(query, vec![newer_than(body)], |row| {
        Ok((id_bytes(&row.take::<String>()?)?, row.take::<Timestamp>()?))
    })?;
    Ok(Head { newest: Revoked::of(newest), ..bare_head(store, body, now)? })
}

/// The same without revocations of its own.
pub(super) fn bare_head(store: &Store, body: Option<BodyName>, now: Timestamp) -> Result<Head, Failure> {
    let too_many = body.is_some_and(|name| rules::are_too_many(name.entries));
    let keys = names(store, KEYS)?;
    Ok(Head {
        version: store.version(VERSION)?,
        published_at: now,
        settings: ClickSettings::from(&store.settings()?),
        account_revoked_at: store.account_revoked_at()?,
        removed_keys: names(store, KEYS_SEEN)?.into_iter().filter(|key| !keys.contains(key)).collect(),
        body: body.filter(|name| name.entries > 0 && !too_many),
        too_many,
        newest: Revoked::default(),
    })
}

/// Ids of devices and of people are written alike.
pub(super) fn id_bytes(text: &str) -> Result<[u8; 16], Failure> {
    let id: device_token::DeviceId = text.parse().map_err(|_| Failure::Internal("a revoked id"))?;
    Ok(*id.as_bytes())
}

/// How many revocations of devices and people there are.
pub(super) fn entries(store: &Store) -> Result<u64, Failure> {
    store.count("SELECT COUNT(*) FROM revocations WHERE kind <> 'account'", vec![])
}

/// All revocations of devices and people.
pub(super) fn revoked(store: &Store, number_of_them: u64) -> Result<Revoked, Failure> {
    let mut gathered = Gathered::of_about(number_of_them);
    for kind in ["device", "user"] {
        let mut after = String::new();
        // As one text: a million rows, each value by itself, would take the better part of a minute.
        let query = "SELECT group_concat(id || at) FROM (SELECT id, at FROM revocations \
             WHERE kind = ? AND id > ? ORDER BY id LIMIT ?)";
        loop {
            let values = vec![kind.into(), after.as_str().into(), number(PORTION)];
            let Some(portion) = store.row(query, values, Row::take::<Option<String>>)?.flatten() else {
                break;
            };
            for entry in portion.split(',') {
                let unreadable = Failure::Internal("a stored revocation");
                let Some((id, at)) = entry.split_at_checked(ID) else { return Err(unreadable) };
                let at = at.parse().ok().and_then(|seconds| Timestamp::from_seconds(seconds).ok());
                gathered.add(&id_bytes(id)?, at.ok_or(unreadable)?);
                if id > after.as_str() {
                    id.clone_into(&mut after);
                }
            }
        }
    }
    Ok(gathered.sorted())
}
