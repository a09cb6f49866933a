//! A place where people click: what the Worker does between the rules, KV and the account object, each of which takes its time.
//!
//! Whatever is read is under way until it arrives, in any order or never; meanwhile everything else goes on, other loads too.

use device_token::{KeyId, Statement, Timestamp};
use enrollment_rules::bounds::Bounds;
use enrollment_rules::copy::{Basis, Copy, Plan, WithoutAnswer};
use enrollment_rules::snapshot::{BodyName, Head};
use proptest::sample::Index;

use super::object::Kv;

/// What KV does with one read of a head.
#[derive(Debug, Clone)]
pub(crate) enum Read {
    /// One of the values that were ever there.
    Some(Index),
    Failed,
}

impl Read {
    fn of(&self, kv: &Kv) -> Option<Head> {
        match self {
            Self::Some(which) if !kv.heads.is_empty() => Some(which.get(&kv.heads).clone()),
            _ => None,
        }
    }
}

/// What has been asked for and has not arrived.
enum UnderWay {
    /// A head that somebody's click waits for.
    Awaited { device: usize, head: Option<Head> },
    /// In the background: a head, and the body that was missing for it. Perhaps a heartbeat is wanted afterwards.
    Load { head: Option<Head>, body: Option<BodyName>, heartbeat: bool },
    /// The account object's newest head.
    Told(Head),
}

/// Somebody who clicks, with the key that signed their cookie.
pub(crate) struct Clicker<'a> {
    pub(crate) number: usize,
    pub(crate) statement: &'a Statement,
    pub(crate) key: &'a KeyId,
    /// By the account object.
    pub(crate) holds: bool,
}

/// What a click led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) passes: bool,
    /// By the account object's own word.
    pub(crate) certain: bool,
}

/// The moment of an event, by this place's clock, and what answers.
pub(crate) struct Moment<'a> {
    pub(crate) now: Timestamp,
    pub(crate) bounds: &'a Bounds,
    pub(crate) kv: &'a Kv,
    /// What KV answers to the next read of a head.
    pub(crate) read: &'a Read,
    pub(crate) body_there: bool,
    pub(crate) answers: bool,
}

/// What a place wants of the account object: a heartbeat, and which body it has missed.
pub(crate) struct WantsHeartbeat(pub(crate) Option<u64>);

#[derive(Default)]
pub(crate) struct Place {
    copy: Copy,
    under_way: Vec<UnderWay>,
}

impl Place {
    /// The version of what it trusts.
    pub(crate) fn trusted(&self, bounds: &Bounds, now: Timestamp) -> Option<u64> {
        self.copy.trusted(bounds, now).map(|snapshot| snapshot.head().version)
    }

    /// A click; `None` as long as it waits, or if it is put off.
    pub(crate) fn click(&mut self, who: &Clicker, at: &Moment) -> (Option<Verdict>, Option<WantsHeartbeat>) {
        let plan = self.copy.plan(at.bounds, at.now);
        if plan.basis == Basis::Load {
            self.under_way.push(UnderWay::Awaited { device: who.number, head: at.read.of(at.kv) });
            return (None, None);
        }
        (self.judge(plan.basis, who, at), self.afterwards(plan, at))
    }

    /// Whose click waits for what is to arrive next.
    pub(crate) fn waits(&self, which: Index) -> Option<usize> {
        let which = (!self.under_way.is_empty()).then(|| which.index(self.under_way.len()))?;
        match self.under_way.get(which)? {
            UnderWay::Awaited { device, .. } => Some(*device),
            _ => None,
        }
    }

    /// Something that was under way arrives.
    pub(crate) fn arrive(
        &mut self,
        which: Index,
        who: Option<&Clicker>,
        at: &Moment,
    ) -> (Option<Verdict>, Option<WantsHeartbeat>) {
        if self.under_way.is_empty() {
            return (None, None);
        }
        match (self.under_way.swap_remove(which.index(self.under_way.len())), who) {
            (UnderWay::Awaited { head, .. }, Some(who)) => {
                let plan = match head {
                    Some(head) if self.copy.body_to_load(&head).is_some() => Copy::body_plan(),
                    Some(head) => {
                        self.copy.loaded(head, None, at.bounds, at.now);
                        self.copy.loaded_plan(at.bounds, at.now)
                    }
                    None => {
                        self.copy.load_failed(None, at.now);
                        self.copy.loaded_plan(at.bounds, at.now)
                    }
                };
                (self.judge(plan.basis, who, at), self.afterwards(plan, at))
            }
            (UnderWay::Load { head, body, heartbeat }, _) => {
                let list = body.and_then(|name| at.kv.bodies.get(&name.version)).filter(|_| at.body_there);
                match (head, body, list) {
                    (Some(head), None, _) => self.copy.loaded(head, None, at.bounds, at.now),
                    (Some(head), Some(_), Some(list)) => {
                        self.copy.loaded(head, Some(list.clone()), at.bounds, at.now);
                    }
                    (_, body, _) => self.copy.load_failed(body, at.now),
                }
                let wants = self.copy.loaded_plan(at.bounds, at.now).heartbeat || heartbeat;
                (None, self.heartbeat(wants))
            }
            (UnderWay::Told(head), _) => {
                self.copy.told(head, at.bounds, at.now);
                (None, None)
            }
            (UnderWay::Awaited { .. }, None) => (None, None),
        }
    }

    /// The account object has answered.
    pub(crate) fn answered(&mut self, head: Head) {
        self.under_way.push(UnderWay::Told(head));
    }

    fn judge(&self, basis: Basis, who: &Clicker, at: &Moment) -> Option<Verdict> {
        let by_copy = |passes| Some(Verdict { passes, certain: false });
        if basis == Basis::Copy
            && let Some(known) = self.copy.trusted(at.bounds, at.now)
        {
            return by_copy(known.holds(who.statement, who.key));
        }
        if at.answers {
            return Some(Verdict { passes: who.holds, certain: true });
        }
        match self.copy.without_answer(at.bounds, at.now) {
            WithoutAnswer::Trusted(known) => by_copy(known.holds(who.statement, who.key)),
            WithoutAnswer::Unsure(_) | WithoutAnswer::Refuse => None,
        }
    }

    /// What is begun once the answer has left.
    fn afterwards(&mut self, plan: Plan, at: &Moment) -> Option<WantsHeartbeat> {
        if plan.refresh {
            let head = at.read.of(at.kv);
            let body = head.as_ref().and_then(|head| self.copy.body_to_load(head));
            self.under_way.push(UnderWay::Load { head, body, heartbeat: plan.heartbeat });
            return None;
        }
        self.heartbeat(plan.heartbeat)
    }

    fn heartbeat(&self, wanted: bool) -> Option<WantsHeartbeat> {
        wanted.then(|| WantsHeartbeat(self.copy.lacking()))
    }
}
