//! Telling KV: what the click path must know, written where every location reads it. What is written when is decided by
//! `enrollment_rules::publication`; here it is done.

mod contents;

use std::cell::Cell;
use std::collections::BTreeSet;
use std::time::Duration;

use device_token::{KeyId, Timestamp};
use enrollment_rules::publication::{self as rules, Comparison, Progress, Step};
use enrollment_rules::revoked::Revoked;
use enrollment_rules::snapshot::{BodyName, ClickSettings, REVOCATION_DAYS};
use enrollment_rules::time_text::DAY_SECONDS;
use futures_util::future::{Either, select};
use serde::Serialize;
use worker::{Date, Delay, Env, console_warn};

use self::contents::{bare_head, body, entries, head, name, names, newer, revoked};
use super::messages::{Judged, Judgement};
use super::store::{By, Event, LAST, Store, number, seconds};
use super::{After, Handled, Work, alarm, proving};
use crate::config::Config;
use crate::entropy;
use crate::failure::Failure;
use crate::incoming::now;
use crate::published;

/// When the alarm goes on if everything stops in between.
pub(super) const RESUME: Duration = Duration::from_secs(2);

/// When the alarm comes for what is due already. Not at once: one that is asked for at the time of the one that is ringing counts as
/// that one, and is gone with it.
pub(super) const SOON: Duration = Duration::from_millis(100);

/// KV is given this long to take a head, or to delete something, and a body, which has up to 25 MB.
const DEADLINE: Duration = Duration::from_secs(10);
const BODY_DEADLINE: Duration = Duration::from_mins(1);

/// A publication that was not heard of for this long, in milliseconds, has ended without a word.
const SILENCE: u64 = 90_000;

/// When a body was replaced whose successor no head in KV names yet: it is still needed.
const NOT_YET: u64 = LAST;

/// The counter of states, and of the state KV was last told of, and when.
const VERSION: &str = "version";
const TOLD: &str = "published_version";
const TOLD_AT: &str = "published_at";
/// When a head was last written, or tried to, in Unix milliseconds, and how many tries have failed since one held.
const TRIED_AT: &str = "publish_tried_at";
const FAILURES: &str = "publish_failures";
/// The same of bodies; when the last of those failures was.
const BODY_FAILED_AT: &str = "publish_body_failed_at";
const BODY_FAILURES: &str = "publish_body_failures";
/// The version that a body must have at least, whatever there is; 0 where any will do.
const REBUILD: &str = "publish_rebuild";
/// The names of all signing keys that this deployment ever had, and of those it has.
const KEYS_SEEN: &str = "keys_seen";
const KEYS: &str = "keys";

/// Since when somebody publishes, in Unix milliseconds: one at a time, as two writes under way could arrive in the wrong order.
pub(super) type Busy = Cell<Option<u64>>;

pub(super) fn now_milliseconds() -> u64 {
    Date::now().as_millis()
}

/// Says whether a device is still enrolled.
pub(super) fn judge(store: &Store, config: &Config, asked: Option<&Judgement>) -> Result<Handled, Failure> {
    let settings = ClickSettings::from(&store.settings()?);
    let holds = match asked {
        None => false,
        Some(asked) => {
            let record = proving::record(store, asked.device, asked.user)?;
            config.device_keys.verifying().key_ids().any(|key| *key == asked.key)
                && record.is_some_and(|record| record.lives(asked.auth_time))
        }
    };
    Handled::new(&Judged { settings, holds }, After::Nothing)
}

/// Answers a location that found no heartbeat, or an old one, or no body; and publishes, but not for each that asks.
pub(super) fn heartbeat(
    store: &Store,
    config: &Config,
    lacking: Option<u64>,
    now: Timestamp,
) -> Result<Handled, Failure> {
    let told_at = store.meta(TOLD_AT)?.and_then(|text| text.parse().ok());
    let told_at = told_at.and_then(|seconds| Timestamp::from_seconds(seconds).ok());
    let (made_at, progress) = (body(store)?.map(|(_, made_at)| made_at), progress(store)?);
    let asked = rules::heartbeat(&progress, lacking, made_at, told_at, &config.bounds, now);
    if asked.rebuild {
        rebuild(store)?;
    }
    if asked.new_version {
        store.bump_version()?;
    }
    let after = if asked.publish { After::PublishLater } else { After::Nothing };
    let newest = progress.fits_a_head().then(|| head(store, now)).transpose()?;
    Handled::new(&newest, after)
}

/// Has everything published anew, under a new version.
pub(super) fn republish(store: &Store, by: &By, now: Timestamp) -> Result<Handled, Failure> {
    rebuild(store)?;
    store.bump_version()?;
    store.set_meta(FAILURES, "0")?;
    store.set_meta(BODY_FAILURES, "0")?;
    let event = Event { action: "revocations.republished", subject: "revocations", ..Event::default() };
    store.audit_by(by, &event, now)?;
    Handled::new(&(), After::Republish)
}

/// The next body has all revocations, whatever there was before. One that is being written was gathered too early.
pub(super) fn rebuild(store: &Store) -> Result<(), Failure> {
    store.set_meta(REBUILD, &store.version(VERSION)?.saturating_add(1).to_string())
}

/// What has become of publishing anew.
#[derive(Serialize)]
struct Republished {
    version: u64,
    entries: u64,
    published: bool,
}

/// The answer to [`republish`], once it was tried.
pub(super) fn republished(store: &Store) -> Result<String, Failure> {
    let version = store.version(VERSION)?;
    let republished = Republished { version, entries: entries(store)?, published: is_told(store)? };
    serde_json::to_string(&republished).map_err(|_| Failure::Internal("a reply could not be written"))
}

/// Waits until KV has been told of everything, by whoever is telling it, but not longer than this.
pub(super) async fn until_told(store: &Store, patience: Duration) -> Result<(), Failure> {
    const LOOK_EVERY: Duration = Duration::from_millis(50);
    let until = now_milliseconds().saturating_add(u64::try_from(patience.as_millis()).unwrap_or(u64::MAX));
    while !is_told(store)? && now_milliseconds() < until {
        Delay::from(LOOK_EVERY).await;
    }
    Ok(())
}

/// Counts a change if the deployment has other keys than before; tells whether it has.
pub(super) fn note_keys(store: &Store, config: &Config) -> Result<bool, Failure> {
    let text = |keys: &BTreeSet<KeyId>| {
        serde_json::to_string(keys).map_err(|_| Failure::Internal("the names of keys"))
    };
    let keys: BTreeSet<KeyId> = config.device_keys.verifying().key_ids().cloned().collect();
    let named = text(&keys)?;
    if store.meta(KEYS)?.as_ref() == Some(&named) {
        return Ok(false);
    }
    let mut seen: BTreeSet<KeyId> = names(store, KEYS_SEEN)?;
    seen.extend(keys);
    store.set_meta(KEYS_SEEN, &text(&seen)?)?;
    store.set_meta(KEYS, &named)?;
    store.bump_version()?;
    Ok(true)
}

/// Whether KV has been told of everything, and no body is still to be made.
fn is_told(store: &Store) -> Result<bool, Failure> {
    Ok(store.version(TOLD)? >= store.version(VERSION)? && store.version(REBUILD)? == 0)
}

fn progress(store: &Store) -> Result<Progress, Failure> {
    let body = body(store)?.map(|(name, _)| name);
    let replaced =
        "SELECT version, replaced_at FROM bodies WHERE replaced_at < ? ORDER BY replaced_at LIMIT 1";
    Ok(Progress {
        version: store.version(VERSION)?,
        told: store.version(TOLD)?,
        body,
        newer: newer(store, body)?,
        rebuild: store.version(REBUILD)? > 0,
        tried_at_milliseconds: store.version(TRIED_AT)?,
        failures: u32::try_from(store.version(FAILURES)?).unwrap_or(u32::MAX),
        body_failed_at_milliseconds: store.version(BODY_FAILED_AT)?,
        body_failures: u32::try_from(store.version(BODY_FAILURES)?).unwrap_or(u32::MAX),
        replaced: store.row(replaced, vec![number(NOT_YET)], |row| Ok((row.take()?, row.take()?)))?,
    })
}

/// Writes what there is to tell until KV has it, or leaves the rest to the alarm.
///
/// Whoever comes while a publication is under way leaves it to that one, which looks again when it is done.
pub(super) async fn publish(work: Work, env: Env, account: String) {
    let Work { store, config, publishing: busy, .. } = &work;
    // First of all the alarm: if everything stops here, it goes on from there.
    if store.storage().set_alarm(RESUME).await.is_err() {
        console_warn!("no alarm could be set for a publication");
    }
    if busy.get().is_some_and(|since| now_milliseconds().saturating_sub(since) < SILENCE) {
        return;
    }
    let published = publish_all(store, &env, config, &account, busy).await;
    busy.set(None);
    match published {
        Ok(()) => alarm::set(&work).await,
        Err(failure) => {
            failure.log();
            _ = store.storage().set_alarm(RESUME).await;
        }
    }
}

/// When the alarm is to come back for it; `None` if KV has been told everything.
pub(super) fn next(store: &Store, config: &Config, busy: &Busy) -> Result<Option<Duration>, Failure> {
    if busy.get().is_some() {
        return Ok(Some(RESUME));
    }
    let rest = match rules::next(&progress(store)?, &config.bounds, now_milliseconds()) {
        Step::Rest(rest) => rest,
        Step::Wait(rest) => Some(rest),
        Step::Body | Step::Head | Step::Remove(_) => Some(SOON),
    };
    Ok(rest.map(|rest| rest.max(SOON)))
}

/// One step after the other, until the next is not due yet.
async fn publish_all(
    store: &Store,
    env: &Env,
    config: &Config,
    account: &str,
    busy: &Busy,
) -> Result<(), Failure> {
    let kv = published::store(env)?;
    loop {
        busy.set(Some(now_milliseconds()));
        match rules::next(&progress(store)?, &config.bounds, now_milliseconds()) {
            Step::Wait(rest) => Delay::from(rest).await,
            Step::Rest(_) => return Ok(()),
            Step::Body => {
                let (name, list) = begin_body(store, now())?;
                let written = match list.filter(|list| !list.is_empty()) {
                    Some(list) => {
                        put(&kv, &published::body_key(account, name), list.as_bytes(), BODY_DEADLINE).await
                    }
                    None => Ok(()),
                };
                match written {
                    Ok(()) => name_body(store, name)?,
                    Err(failure) => failed(store, &failure, [BODY_FAILED_AT, BODY_FAILURES])?,
                }
            }
            Step::Head => {
                store.set_meta(TRIED_AT, &now_milliseconds().to_string())?;
                let head = head(store, now())?;
                let text = serde_json::to_vec(&head).map_err(|_| Failure::Internal("a head"))?;
                match put(&kv, &published::head_key(account), &text, DEADLINE).await {
                    Ok(()) => {
                        store.set_meta(TOLD, &head.version.to_string())?;
                        store.set_meta(TOLD_AT, &head.published_at.to_string())?;
                        store.set_meta(FAILURES, "0")?;
                        let replaced = "UPDATE bodies SET replaced_at = ? WHERE replaced_at = ?";
                        store.write(replaced, vec![seconds(now()), number(NOT_YET)])?;
                    }
                    Err(failure) => failed(store, &failure, [TRIED_AT, FAILURES])?,
                }
            }
            Step::Remove(version) => {
                let query = "SELECT version, entries, draw FROM bodies WHERE version = ?";
                let Some(old) = store.row(query, vec![number(version)], name)? else { continue };
                let key = published::body_key(account, old);
                if matches!(within(kv.delete(&key), DEADLINE).await, Some(Ok(()))) {
                    store.write("DELETE FROM bodies WHERE version = ?", vec![number(version)])?;
                } else {
                    // It harms nobody; it is tried again as if it had only just been replaced.
                    let later = vec![number(version), seconds(now())];
                    store.write("UPDATE bodies SET replaced_at = ?2 WHERE version = ?1", later)?;
                }
            }
        }
    }
}

/// Gathers the revocations for a body, unless there are too many. It is written down before it is written, under a version that no other
/// attempt has, so that what nobody comes to name is deleted later, also where KV has taken it without saying so.
fn begin_body(store: &Store, now: Timestamp) -> Result<(BodyName, Option<Revoked>), Failure> {
    let oldest = now.as_seconds().saturating_sub(REVOCATION_DAYS.saturating_mul(DAY_SECONDS));
    store.write("DELETE FROM revocations WHERE kind <> 'account' AND at < ?", vec![number(oldest)])?;
    let entries = entries(store)?;
    let list = if rules::are_too_many(entries) { None } else { Some(revoked(store, entries)?) };
    let draw = u32::from_be_bytes(entropy::bytes()?);
    store.bump_version()?;
    let name = BodyName { version: store.version(VERSION)?, entries, draw };
    let begun = "INSERT INTO bodies (version, entries, draw, made_at, replaced_at) \
         VALUES (?1, ?2, ?3, ?4, ?4)";
    let values = vec![number(name.version), number(entries), number(draw.into()), seconds(now)];
    store.write(begun, values)?;
    Ok((name, list))
}

/// KV has it: the next head names it. Its predecessor is needed until KV has that head, too.
fn name_body(store: &Store, name: BodyName) -> Result<(), Failure> {
    let replaced = "UPDATE bodies SET replaced_at = ? WHERE replaced_at IS NULL";
    store.write(replaced, vec![number(NOT_YET)])?;
    store.write("UPDATE bodies SET replaced_at = NULL WHERE version = ?", vec![number(name.version)])?;
    if store.version(REBUILD)? <= name.version {
        store.set_meta(REBUILD, "0")?;
    }
    store.set_meta(BODY_FAILURES, "0")?;
    // The next head differs from the last one, even if nothing was revoked in between.
    store.bump_version()
}

fn failed(store: &Store, failure: &Failure, [at, count]: [&str; 2]) -> Result<(), Failure> {
    failure.log();
    console_warn!("a publication failed; it is tried again");
    store.set_meta(at, &now_milliseconds().to_string())?;
    store.count_up(count)
}

async fn put(kv: &worker::kv::KvStore, key: &str, value: &[u8], deadline: Duration) -> Result<(), Failure> {
    let write = kv.put_bytes(key, value).map_err(|_| Failure::Unavailable("KV"))?;
    match within(write.execute(), deadline).await {
        Some(written) => written.map_err(|_| Failure::Unavailable("KV")),
        None => Err(Failure::Unavailable("KV: no answer to a write")),
    }
}

async fn within<T>(work: impl Future<Output = T>, deadline: Duration) -> Option<T> {
    match select(Box::pin(work), Box::pin(Delay::from(deadline))).await {
        Either::Left((done, _)) => Some(done),
        Either::Right(_) => None,
    }
}

/// Holds what KV answers against the truth.
pub(super) async fn compare(store: &Store, env: &Env, account: &str) -> Result<String, Failure> {
    let kv = published::store(env)?;
    let head_read = published::read_head(&kv, account, published::IN_TIME).await?;
    let body_read = match head_read.as_ref().and_then(|head| head.body) {
        Some(name) => published::read_body(&kv, account, name).await?,
        None => None,
    };
    // After the reading: what has come since is not missing yet, but neither is it there.
    let name = body(store)?.map(|(name, _)| name);
    let truth = bare_head(store, name, now())?;
    let entries = entries(store)?;
    let list = if truth.too_many { Revoked::default() } else { revoked(store, entries)? };
    let compared =
        Comparison { entries, ..rules::compare(&truth, &list, head_read.as_ref(), body_read.as_ref()) };
    serde_json::to_string(&compared).map_err(|_| Failure::Internal("a reply could not be written"))
}
