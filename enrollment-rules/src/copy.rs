//! What one isolate remembers of an account's published state, and what it does as that grows old.
//!
//! Nothing here waits: [`struct@Copy`] is asked what to do, others do it and report. No request waits for what another began, since the
//! runtime may end that one at any time: whoever would have to wait asks the account object instead.
//!
//! Why a revoked device is refused in the end, however KV behaves: a head says when the account object made it, and one made
//! `trust_seconds` ago is not trusted. So whatever is trusted that long after a revocation was made after it, and has it. KV only
//! decides how much sooner that is, and how often the account object has to be asked.

use device_token::{AccountId, Timestamp};
use lru::LruCache;

use crate::bounds::Bounds;
use crate::revoked::Revoked;
use crate::settings::{RevocationReach, WhenUnsure};
use crate::snapshot::{BodyName, Head, Snapshot};

/// A load that is under way this long, in seconds, has ended without a word: its request was given up.
const LOAD_SECONDS: u64 = 30;

/// KV is left alone this long, in seconds, after it did not answer.
const REST_SECONDS: u64 = 5;

/// A location asks for a heartbeat at most this often within the age at which it wants one.
const ASKS_PER_HEARTBEAT: u64 = 6;

/// How far ahead of this clock a heartbeat may be, in seconds. Of one from further ahead nobody knows how old it is.
const AHEAD_SECONDS: u64 = 5;

/// What a request is judged by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// What is remembered.
    Copy,
    /// What KV answers; the request awaits it, then asks again by [`Copy::loaded_plan`].
    Load,
    /// What the account object says of this one device; if it does not, [`Copy::without_answer`].
    Ask,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// For this request.
    pub basis: Basis,
    /// Load from KV after the answer has left.
    pub refresh: bool,
    /// Ask the account object for a new head, after the answer has left.
    pub heartbeat: bool,
}

/// What a request is judged by when the account object was to be asked, and did not answer.
#[derive(Debug)]
pub enum WithoutAnswer<'a> {
    /// By this as ever: it can be trusted.
    Trusted(&'a Snapshot),
    /// By this, which nobody can tell is true, and nothing is renewed: the account wants it so.
    Unsure(&'a Snapshot),
    /// It is refused.
    Refuse,
}

/// What an isolate remembers of one account.
#[derive(Debug, Default)]
pub struct Copy {
    snapshot: Option<Snapshot>,
    /// When KV or the account object last answered.
    read_at: Option<Timestamp>,
    loading_since: Option<Timestamp>,
    failed_at: Option<Timestamp>,
    asked_at: Option<Timestamp>,
    /// The version of a body that KV does not have.
    lacking: Option<u64>,
}

fn age(since: Option<Timestamp>, now: Timestamp) -> Option<u64> {
    // A time ahead of the clock, which was set back, is long ago.
    since.map(|since| if since > now { u64::MAX } else { now.seconds_since(since) })
}

fn within(since: Option<Timestamp>, seconds: u64, now: Timestamp) -> bool {
    age(since, now).is_some_and(|age| age < seconds)
}

fn is_trusted(head: &Head, bounds: &Bounds, now: Timestamp) -> bool {
    head.published_at <= now.plus_seconds(AHEAD_SECONDS)
        && now.seconds_since(head.published_at) < bounds.trust_seconds
}

impl Copy {
    /// What to do for a request at `now`. A load that is planned counts as begun, a heartbeat as asked for.
    pub fn plan(&mut self, bounds: &Bounds, now: Timestamp) -> Plan {
        let read = age(self.read_at, now).filter(|_| self.snapshot.is_some());
        let may_load =
            !within(self.loading_since, LOAD_SECONDS, now) && !within(self.failed_at, REST_SECONDS, now);
        let basis = match read {
            // Whoever is asked each time need not be read first.
            Some(_) if self.asks_always() => Basis::Ask,
            Some(age) if age < bounds.copy_await_seconds => self.by_copy(bounds, now),
            _ if may_load => Basis::Load,
            // Nobody waits for another's load; but where KV has just failed, what is trusted will do.
            _ if within(self.failed_at, REST_SECONDS, now) => self.by_copy(bounds, now),
            _ => Basis::Ask,
        };
        let refresh =
            basis != Basis::Load && may_load && read.is_none_or(|age| age >= bounds.copy_refresh_seconds);
        if refresh || basis == Basis::Load {
            self.loading_since = Some(now);
        }
        // After a load it is seen what it brought.
        let heartbeat = basis != Basis::Load && self.wants_heartbeat(bounds, now);
        Plan { basis, refresh, heartbeat }
    }

    /// What to do once a load that was awaited has been reported; of one in the background only the heartbeat counts.
    pub fn loaded_plan(&mut self, bounds: &Bounds, now: Timestamp) -> Plan {
        let basis = if self.asks_always() { Basis::Ask } else { self.by_copy(bounds, now) };
        Plan { basis, refresh: false, heartbeat: self.wants_heartbeat(bounds, now) }
    }

    fn by_copy(&self, bounds: &Bounds, now: Timestamp) -> Basis {
        if self.trusted(bounds, now).is_some() { Basis::Copy } else { Basis::Ask }
    }

    fn asks_always(&self) -> bool {
        self.snapshot.as_ref().is_some_and(|snapshot| {
            snapshot.settings().revocation == RevocationReach::Immediate || snapshot.head().too_many
        })
    }

    fn wants_heartbeat(&mut self, bounds: &Bounds, now: Timestamp) -> bool {
        // Where KV does not answer, the account object does in its place.
        let kv_fails = self.failed_at.is_some();
        let too_old = if kv_fails { bounds.copy_refresh_seconds } else { bounds.heartbeat_seconds };
        let old = self.snapshot.as_ref().is_none_or(|snapshot| {
            now.seconds_since(snapshot.head().published_at) >= too_old
                || !is_trusted(snapshot.head(), bounds, now)
        });
        let pause = bounds.heartbeat_seconds.div_ceil(ASKS_PER_HEARTBEAT);
        let wants = (old || self.lacking.is_some()) && !within(self.asked_at, pause, now);
        if wants {
            self.asked_at = Some(now);
        }
        wants
    }

    /// What is remembered, if it can be trusted.
    #[must_use]
    pub fn trusted(&self, bounds: &Bounds, now: Timestamp) -> Option<&Snapshot> {
        self.snapshot.as_ref().filter(|snapshot| is_trusted(snapshot.head(), bounds, now))
    }

    /// What to do where a load that was awaited turns out to take a body, which may be large: nobody waits for that. The load goes on
    /// after the answer has left, and still counts as begun.
    #[must_use]
    pub const fn body_plan() -> Plan {
        Plan { basis: Basis::Ask, refresh: true, heartbeat: false }
    }

    /// What becomes of a request that [`Basis::Ask`] got no answer for.
    #[must_use]
    pub fn without_answer(&self, bounds: &Bounds, now: Timestamp) -> WithoutAnswer<'_> {
        match &self.snapshot {
            Some(snapshot) if !self.asks_always() && is_trusted(snapshot.head(), bounds, now) => {
                WithoutAnswer::Trusted(snapshot)
            }
            // Where there are too many, next to none of them are in any copy.
            Some(snapshot)
                if snapshot.settings().when_unsure == WhenUnsure::Allow && !snapshot.head().too_many =>
            {
                WithoutAnswer::Unsure(snapshot)
            }
            _ => WithoutAnswer::Refuse,
        }
    }

    /// The body to load for this head; `None` if it names none, or the one that is remembered.
    #[must_use]
    pub fn body_to_load(&self, head: &Head) -> Option<BodyName> {
        let known = self.snapshot.as_ref().and_then(|snapshot| snapshot.head().body);
        head.body.filter(|name| Some(*name) != known)
    }

    /// KV answered: a head, and the body, if there was one to load.
    pub fn loaded(&mut self, head: Head, body: Option<Revoked>, bounds: &Bounds, now: Timestamp) {
        (self.loading_since, self.failed_at, self.lacking) = (None, None, None);
        self.read_at = Some(now);
        self.adopt(head, body, bounds, now);
    }

    /// KV did not answer, or had nothing that could be read. `lacking` is the body that it does not have.
    pub fn load_failed(&mut self, lacking: Option<BodyName>, now: Timestamp) {
        (self.loading_since, self.failed_at) = (None, Some(now));
        self.lacking = lacking.map(|name| name.version);
    }

    /// The account object answered with its newest head. It is of no use where the body is not known.
    pub fn told(&mut self, head: Head, bounds: &Bounds, now: Timestamp) {
        if self.body_to_load(&head).is_none() {
            // As good as read, and better.
            self.read_at = Some(now);
            self.adopt(head, None, bounds, now);
        }
    }

    /// The body that KV was found to lack, to be reported with the next request for a heartbeat.
    #[must_use]
    pub fn lacking(&self) -> Option<u64> {
        self.lacking
    }

    /// Never goes back to an older state. But what is trusted counts more than what is not, whatever its number: the account object may
    /// have been restored from a backup.
    fn adopt(&mut self, head: Head, body: Option<Revoked>, bounds: &Bounds, now: Timestamp) {
        let is_newer = self.snapshot.as_ref().is_none_or(|known| {
            let order = |head: &Head| (head.version, head.published_at);
            match (is_trusted(known.head(), bounds, now), is_trusted(&head, bounds, now)) {
                (true, false) => false,
                (false, true) => true,
                _ => order(&head) >= order(known.head()),
            }
        });
        if !is_newer {
            return;
        }
        let body = match (body, head.body) {
            (Some(body), _) => body,
            (None, None) => Revoked::default(),
            // The one that is remembered.
            (None, Some(_)) => self.snapshot.take().map(Snapshot::into_body).unwrap_or_default(),
        };
        self.snapshot = Snapshot::new(head, body);
    }

    fn bytes(&self) -> usize {
        self.snapshot.as_ref().map_or(0, Snapshot::bytes)
    }
}

/// What an isolate remembers of all accounts it serves.
#[derive(Debug)]
pub struct Copies(LruCache<AccountId, Copy>);

/// The lists of all accounts may take this many bytes together, of the 128 MB that an isolate has.
const MOST_BYTES: usize = 40 << 20;

impl Default for Copies {
    fn default() -> Self {
        Self(LruCache::unbounded())
    }
}

impl Copies {
    /// What is remembered of this account.
    pub fn of(&mut self, account: &AccountId) -> &mut Copy {
        self.0.get_or_insert_mut_ref(account, Copy::default)
    }

    /// Forgets accounts, those not asked for longest first, until the rest has room; never the last one asked for.
    pub fn make_room(&mut self) {
        let mut bytes: usize = self.0.iter().map(|(_, copy)| copy.bytes()).sum();
        while bytes > MOST_BYTES && self.0.len() > 1 {
            let Some((_, forgotten)) = self.0.pop_lru() else { return };
            bytes = bytes.saturating_sub(forgotten.bytes());
        }
    }
}

#[cfg(test)]
mod tests;
