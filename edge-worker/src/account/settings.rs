//! The account's settings: what they are, and what a change of them means.

use device_token::Timestamp;
use enrollment_rules::messages::{SettingsPatch, SettingsRecord};
use enrollment_rules::settings::{LISTED_DOMAINS_REFUSED, SettingRefused, Settings};
use enrollment_rules::settings_change::{self, Number, Numbers, Warning};
use serde::Serialize;
use serde_json::{Map, Value};

use super::messages::{AccountRefusal, Tagged};
use super::store::{By, Event, Store};
use super::{After, Handled, domains, enrolled};
use crate::config::Config;
use crate::failure::{Failure, entity_tag};

/// The counter of changes.
const VERSION: &str = "settings_version";

/// When [`RevocationReach`](enrollment_rules::settings::RevocationReach) was last changed.
const IMMEDIATE_SINCE: &str = "immediate_since";

/// Since when the account is asked about each click, if it is.
pub(super) fn immediate_since(store: &Store) -> Result<Option<Timestamp>, Failure> {
    let seconds = store.meta(IMMEDIATE_SINCE)?.and_then(|text| text.parse().ok());
    Ok(seconds.and_then(|seconds| Timestamp::from_seconds(seconds).ok()))
}

/// The settings with the risks they hold.
pub(super) fn get(store: &Store, now: Timestamp) -> Result<Handled, Failure> {
    let settings = store.settings()?;
    let warnings = holding(store, &settings, now)?;
    reply(store, &settings, warnings, After::Nothing)
}

/// The risks the account runs as it is set.
pub(super) fn holding(store: &Store, settings: &Settings, now: Timestamp) -> Result<Vec<Warning>, Failure> {
    // There are none while people are identified, and then nothing need be counted.
    let number = if settings.authentication_enabled {
        Number::default()
    } else {
        enrolled::number(store, &enrolled::condition(settings, now), vec![])?
    };
    Ok(settings_change::holding(settings, number))
}

/// Changes settings, all of the patch or nothing, and tells KV.
pub(super) fn patch(
    store: &Store,
    config: &Config,
    by: &By,
    patch: SettingsPatch,
    if_match: Option<&str>,
    now: Timestamp,
) -> Result<Handled, Failure> {
    let before = store.settings()?;
    let version = store.version(VERSION)?;
    if if_match.is_some_and(|tags| !matches(tags, version)) {
        return Err(AccountRefusal::SettingsChanged { version, current: Box::new(before) }.into());
    }
    let (dry_run, confirmed) = (patch.dry_run, patch.confirm.clone());
    let after = before.patched(patch).map_err(refused)?;
    for domain in after.listed_domains.iter().filter(|domain| !before.listed_domains.contains(domain)) {
        if !domains::has(store, domain)? {
            return Err(refused(LISTED_DOMAINS_REFUSED).into());
        }
    }
    if settings_change::lacks_sender(&before, &after, config.default_postmaster.is_some()) {
        return Err(AccountRefusal::NoSender.into());
    }
    let warnings = settings_change::brought(&before, &after, &numbers(store, &before, &after, now)?);
    if dry_run || after == before {
        return reply(store, &after, warnings, After::Nothing);
    }
    if settings_change::unconfirmed(&warnings, &confirmed) {
        return Err(AccountRefusal::ConfirmationNeeded(warnings).into());
    }
    store.set_settings(&after)?;
    if before.revocation != after.revocation {
        store.set_meta(IMMEDIATE_SINCE, &now.to_string())?;
    }
    if before.authentication_enabled && !after.authentication_enabled {
        store.write("UPDATE enrollments SET stage = 'ended' WHERE stage = 'open'", vec![])?;
    }
    store.count_up(VERSION)?;
    store.bump_version()?;
    let (was, is) = differences(&before, &after)?;
    let event = Event {
        action: "settings.changed",
        subject: "settings",
        before: Some(was),
        after: Some(is),
        ..Event::default()
    };
    store.audit_by(by, &event, now)?;
    reply(store, &after, warnings, After::Publish)
}

fn reply(
    store: &Store,
    settings: &Settings,
    warnings: Vec<Warning>,
    after: After,
) -> Result<Handled, Failure> {
    let body = serde_json::to_string(&SettingsRecord { settings, warnings })
        .map_err(|_| Failure::Internal("settings"))?;
    Handled::new(&Tagged { version: store.version(VERSION)?, body }, after)
}

/// Is this version among the entity tags? Proxies that compress on the way mark a tag as weak.
fn matches(tags: &str, version: u64) -> bool {
    let ours = entity_tag(version);
    tags.split(',').map(str::trim).any(|tag| tag == "*" || tag.trim_start_matches("W/") == ours)
}

fn refused(refused: SettingRefused) -> AccountRefusal {
    AccountRefusal::Setting { field: refused.field.to_owned(), bounds: refused.bounds.to_owned() }
}

fn numbers(store: &Store, before: &Settings, after: &Settings, now: Timestamp) -> Result<Numbers, Failure> {
    if before == after {
        return Ok(Numbers::default());
    }
    let enrolled = enrolled::condition(before, now);
    let count = |condition: &str| enrolled::number(store, condition, vec![]);
    let ending = if settings_change::shortens(before, after) {
        count(&format!("{enrolled} AND NOT {}", enrolled::timely(after, now)))?
    } else {
        Number::default()
    };
    Ok(Numbers {
        enrolled: count(&enrolled)?,
        ending,
        keyless: count(&format!("{enrolled} AND device_key IS NULL"))?,
        sessions: count(&format!("{enrolled} AND session"))?,
    })
}

/// What was changed, as it was and as it is.
fn differences<T: Serialize>(before: &T, after: &T) -> Result<(String, String), Failure> {
    let fields = |settings: &T| match serde_json::to_value(settings) {
        Ok(Value::Object(fields)) => Ok(fields),
        _ => Err(Failure::Internal("settings")),
    };
    let (before, after) = (fields(before)?, fields(after)?);
    let changed = |of: &Map<String, Value>, other: &Map<String, Value>| -> String {
        let differs = of.iter().filter(|(name, value)| other.get(*name) != Some(*value));
        let differs: Map<_, _> = differs.map(|(name, value)| (name.clone(), value.clone())).collect();
        Value::Object(differs).to_string()
    };
    Ok((changed(&before, &after), changed(&after, &before)))
}
