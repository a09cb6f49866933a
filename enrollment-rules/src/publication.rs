//! What the account object publishes when: heads, bodies, heartbeats; and whether KV has what it should.
//!
//! One write of a key a second, tried until it holds, a body before the head that names it, and old bodies only when nobody can need
//! them any more. A body that cannot be written holds up no head that does without it. Who writes asks [`next`] before each step,
//! since everything may have changed while a write was under way.

use core::time::Duration;

use device_token::Timestamp;
use serde::Serialize;

use crate::bounds::Bounds;
use crate::revoked::{self, Revoked};
use crate::settings::RevocationReach;
use crate::snapshot::{BodyName, Head};

/// A head has at most this many revocations; then they become part of a new body.
pub const NEWEST: u64 = 1_000;

/// A location may go on answering with what it read from KV this long, in seconds: the least that KV lets one choose.
pub const KV_CACHE_SECONDS: u64 = 30;

/// The longest pause between two tries, in seconds.
const LONGEST_PAUSE_SECONDS: u64 = 30;

/// How long an isolate's time is worth waiting: beyond, the alarm goes on.
const SHORT: Duration = Duration::from_secs(1);

/// How far publication is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// The number of the newest state.
    pub version: u64,
    /// The newest state whose head KV has taken.
    pub told: u64,
    /// The body that the next head will name.
    pub body: Option<BodyName>,
    /// How many revocations are newer than that body.
    pub newer: u64,
    /// A body has to be made whatever there is.
    pub rebuild: bool,
    /// When the head was last written, or tried to, in Unix milliseconds.
    pub tried_at_milliseconds: u64,
    /// How many tries of it have failed since one held.
    pub failures: u32,
    /// When the last try of a body failed, in Unix milliseconds.
    pub body_failed_at_milliseconds: u64,
    /// How many of those have failed since one held.
    pub body_failures: u32,
    /// The body that was replaced first, and when.
    pub replaced: Option<(u64, Timestamp)>,
}

impl Progress {
    /// Whether a head has room for what is not in the body. Before the next body is there, it would be as large as that.
    #[must_use]
    pub const fn fits_a_head(&self) -> bool {
        self.newer <= NEWEST
    }
}

/// The next thing to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Make a body of all revocations, write it, and name it from now on.
    Body,
    /// Write a head.
    Head,
    /// Delete the body of this version.
    Remove(u64),
    /// Wait so long, and ask again.
    Wait(Duration),
    /// Nothing; the alarm asks again after so long, if at all.
    Rest(Option<Duration>),
}

/// What to do at this time, in Unix milliseconds.
#[must_use]
pub fn next(progress: &Progress, bounds: &Bounds, now_milliseconds: u64) -> Step {
    if progress.told < progress.version || progress.rebuild {
        return to_tell(progress, bounds, now_milliseconds);
    }
    let Some((version, replaced_at)) = progress.replaced else { return Step::Rest(None) };
    let due = replaced_at.plus_seconds(bounds.old_body_seconds).as_seconds();
    match due.saturating_mul(1_000).checked_sub(now_milliseconds) {
        None | Some(0) => Step::Remove(version),
        Some(rest) => Step::Rest(Some(Duration::from_millis(rest))),
    }
}

/// Where KV has to be told something.
fn to_tell(progress: &Progress, bounds: &Bounds, now_milliseconds: u64) -> Step {
    let left = |of: Duration, since: u64| match now_milliseconds.checked_sub(since) {
        Some(since) => of.saturating_sub(Duration::from_millis(since)),
        // A clock that was set back holds nothing up.
        None => Duration::ZERO,
    };
    // Each body has a key of its own, so only failures hold it up; but the head that names it has its second.
    let interval = Duration::from_millis(bounds.publish_interval_milliseconds);
    let head = left(pause(progress.failures).max(interval), progress.tried_at_milliseconds);
    let body = match progress.body_failures {
        0 => head,
        failures => left(pause(failures).max(interval), progress.body_failed_at_milliseconds),
    };
    let has_head = progress.told < progress.version && progress.fits_a_head();
    let has_body = progress.rebuild || !progress.fits_a_head();
    let goes_without = has_head && (!has_body || progress.body_failures > 0);
    if goes_without && head.is_zero() {
        return Step::Head;
    }
    if has_body && body.is_zero() {
        return Step::Body;
    }
    let rest = match (goes_without, has_body) {
        (true, true) => head.min(body),
        (true, false) => head,
        _ => body,
    };
    let has_failed = progress.failures > 0 || (has_body && progress.body_failures > 0);
    if !has_failed && rest <= SHORT { Step::Wait(rest) } else { Step::Rest(Some(rest)) }
}

/// After so many failures: 1, 2, 4 seconds and so on.
fn pause(failures: u32) -> Duration {
    let Some(doublings) = failures.checked_sub(1) else { return Duration::ZERO };
    let seconds = 1_u64.checked_shl(doublings).unwrap_or(LONGEST_PAUSE_SECONDS);
    Duration::from_secs(seconds.min(LONGEST_PAUSE_SECONDS))
}

/// Whether a location that asks for a heartbeat leads to one being written, or one was a moment ago.
#[must_use]
pub fn heartbeat_is_due(published_at: Option<Timestamp>, bounds: &Bounds, now: Timestamp) -> bool {
    published_at.is_none_or(|at| at > now || now.seconds_since(at) >= bounds.heartbeat_seconds.div_ceil(2))
}

/// What a location that asks for a heartbeat sets off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heartbeat {
    /// The body is lost and has to be made anew.
    pub rebuild: bool,
    /// A new state, though nothing has changed.
    pub new_version: bool,
    /// KV is to be told.
    pub publish: bool,
}

/// See [`Heartbeat`]. `lacking` is the version of the body that the location did not find, `made_at` when the present one was made,
/// `told_at` when the last head that KV has was.
#[must_use]
pub fn heartbeat(
    progress: &Progress,
    lacking: Option<u64>,
    made_at: Option<Timestamp>,
    told_at: Option<Timestamp>,
    bounds: &Bounds,
    now: Timestamp,
) -> Heartbeat {
    let is_meant = lacking.is_some() && lacking == progress.body.map(|name| name.version);
    // A location remembers for a while that it was not there, whatever is written meanwhile; and where KV is late, another body
    // would be as late.
    let rebuild = is_meant && made_at.is_some_and(|at| now.seconds_since(at) >= bounds.trust_seconds);
    let publish = rebuild || heartbeat_is_due(told_at, bounds, now);
    Heartbeat {
        rebuild,
        // One that KV has not been told yet will be as young.
        new_version: publish && progress.told >= progress.version,
        publish,
    }
}

/// Whether there are more revocations than can be published.
#[must_use]
pub const fn are_too_many(entries: u64) -> bool {
    entries > revoked::MOST
}

/// When a revocation of now is known everywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownBy {
    /// As long as KV keeps its word.
    pub as_a_rule: Timestamp,
    /// From then on nothing is trusted that does not know of it.
    pub at_the_latest: Timestamp,
}

/// See [`KnownBy`]. `immediate_since` is when the account came to be [`RevocationReach::Immediate`], which has to become known itself.
#[must_use]
pub fn known_by(
    reach: RevocationReach,
    immediate_since: Option<Timestamp>,
    bounds: &Bounds,
    now: Timestamp,
) -> KnownBy {
    let is_known = immediate_since.is_none_or(|since| now >= since.plus_seconds(bounds.trust_seconds));
    let (rule, latest) = match reach {
        RevocationReach::Immediate if is_known => (0, 0),
        _ => (KV_CACHE_SECONDS.saturating_add(bounds.copy_await_seconds), bounds.trust_seconds),
    };
    KnownBy { as_a_rule: now.plus_seconds(rule.min(latest)), at_the_latest: now.plus_seconds(latest) }
}

/// What KV has, beside what it should have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Comparison {
    /// Nothing is missing and everything else agrees.
    pub holds: bool,
    /// The newest state.
    pub version: u64,
    /// The state KV has.
    pub published_version: Option<u64>,
    /// How many revocations there are.
    pub entries: u64,
    /// How many of them KV does not have, or not with so late a time.
    pub missing: u64,
    /// How many more KV has, or with a later time than the true one. Those that are over harm nobody; after the database was restored
    /// from a backup, others refuse people who would have to be let through.
    pub surplus: u64,
    /// Whether KV has the body that its head names, if that names one.
    pub body_found: bool,
    /// When the head was made that KV has, RFC 3339.
    pub published_at: Option<String>,
}

/// Compares the truth, as a head without a body and all revocations, with the head and the body that were read.
#[must_use]
pub fn compare(truth: &Head, entries: &Revoked, head: Option<&Head>, body: Option<&Revoked>) -> Comparison {
    let nothing = Revoked::default();
    let newest = head.map_or(&nothing, |head| &head.newest);
    let older = body.unwrap_or(&nothing);
    let published = |id: &[u8; 16]| newest.at(id).max(older.at(id));
    let missing = entries.iter().filter(|(id, at)| published(id).is_none_or(|there| there < *at)).count();
    let later = entries.iter().filter(|(id, at)| published(id).is_some_and(|there| there > *at)).count();
    let in_newest = newest.iter().filter(|(id, _)| entries.at(id).is_none()).count();
    let in_body = older.iter().filter(|(id, _)| entries.at(id).is_none() && newest.at(id).is_none()).count();
    let body_found = head.is_some_and(|head| match head.body {
        None => true,
        Some(name) => body.is_some_and(|body| u64::try_from(body.len()) == Ok(name.entries)),
    });
    let agrees = head.is_some_and(|head| {
        head.settings == truth.settings
            && head.account_revoked_at == truth.account_revoked_at
            && head.removed_keys == truth.removed_keys
            && head.too_many == truth.too_many
    });
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    // Where there are too many, nothing but that is published.
    let missing = if truth.too_many { 0 } else { count(missing) };
    Comparison {
        holds: agrees && body_found && missing == 0,
        version: truth.version,
        published_version: head.map(|head| head.version),
        entries: count(entries.len()),
        missing,
        surplus: count(in_newest.saturating_add(in_body).saturating_add(later)),
        body_found,
        published_at: head.map(|head| crate::time_text::rfc3339(head.published_at)),
    }
}

#[cfg(test)]
mod tests;
