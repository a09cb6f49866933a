//! The account object, as far as it publishes: what it has written down, and the next step that the rules tell it to take.

use std::collections::{BTreeMap, BTreeSet};

use device_token::{KeyId, Timestamp};
use enrollment_rules::bounds::Bounds;
use enrollment_rules::publication::{self, Progress, Step};
use enrollment_rules::revoked::Revoked;
use enrollment_rules::settings::{Settings, WhenUnsure};
use enrollment_rules::snapshot::{BodyName, ClickSettings, Head};
use proptest::prelude::*;

use super::world::{PEOPLE, time};

/// What KV does with one write.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Write {
    Kept,
    KeptButNotAcknowledged,
    Lost,
}

/// Whatever was ever written.
#[derive(Default)]
pub(crate) struct Kv {
    pub(crate) heads: Vec<Head>,
    /// By the version in their names; those that are there.
    pub(crate) bodies: BTreeMap<u64, Revoked>,
}

/// A write that is under way.
enum Writing {
    Body { name: BodyName, list: Revoked, made_at: Timestamp },
    Head(Head),
}

pub(crate) struct Object {
    pub(crate) settings: Settings,
    pub(crate) revocations: BTreeMap<[u8; 16], (Timestamp, u64)>,
    pub(crate) everybody: Option<Timestamp>,
    pub(crate) people: [Option<Timestamp>; PEOPLE],
    pub(crate) removed_keys: BTreeSet<KeyId>,
    pub(crate) progress: Progress,
    body_made_at: Option<Timestamp>,
    told_at: Option<Timestamp>,
    /// The version of a body whose successor no head in KV names yet.
    replaced: Option<u64>,
    writing: Option<Writing>,
}

impl Object {
    pub(crate) fn new() -> Self {
        Self {
            settings: Settings { when_unsure: WhenUnsure::Refuse, ..Settings::default() },
            revocations: BTreeMap::new(),
            everybody: None,
            people: [None; PEOPLE],
            removed_keys: BTreeSet::new(),
            progress: Progress { version: 1, ..Progress::default() },
            body_made_at: None,
            told_at: None,
            replaced: None,
            writing: None,
        }
    }

    pub(crate) fn revoke(&mut self, id: [u8; 16], at: Timestamp) {
        self.revocations.insert(id, (at, self.progress.version + 1));
    }

    fn list(&self, newer_than: Option<u64>) -> Revoked {
        let newer =
            self.revocations.iter().filter(|(_, (_, version))| newer_than.is_none_or(|body| *version > body));
        Revoked::of(newer.map(|(id, (at, _))| (*id, *at)))
    }

    fn head(&self, now: Timestamp) -> Head {
        Head {
            version: self.progress.version,
            published_at: now,
            settings: ClickSettings::from(&self.settings),
            account_revoked_at: self.everybody,
            removed_keys: self.removed_keys.iter().cloned().collect(),
            body: self.progress.body.filter(|name| name.entries > 0),
            too_many: false,
            newest: self.list(self.progress.body.map(|name| name.version)),
        }
    }

    /// The answer to a place that asks for a heartbeat and may have missed a body. Here a head never has too many revocations.
    pub(crate) fn heartbeat(&mut self, lacking: Option<u64>, bounds: &Bounds, now: Timestamp) -> Head {
        let (made_at, told_at) = (self.body_made_at, self.told_at);
        let asked = publication::heartbeat(&self.progress, lacking, made_at, told_at, bounds, now);
        self.progress.rebuild |= asked.rebuild;
        self.progress.version += u64::from(asked.new_version);
        self.head(now)
    }

    /// Begins the next write or ends the one that is under way: whatever happens in between happens while it is.
    pub(crate) fn publish(
        &mut self,
        kv: &mut Kv,
        write: Write,
        bounds: &Bounds,
        now: u64,
    ) -> Result<(), TestCaseError> {
        match self.writing.take() {
            None => self.writing = self.begin(kv, bounds, now)?,
            Some(writing) => self.end(writing, kv, write, now),
        }
        Ok(())
    }

    fn begin(&mut self, kv: &mut Kv, bounds: &Bounds, now: u64) -> Result<Option<Writing>, TestCaseError> {
        Ok(match publication::next(&self.progress, bounds, now * 1_000) {
            Step::Body => {
                let list = self.list(None);
                // A name of its own, for this attempt and no other.
                self.progress.version += 1;
                let (version, entries) = (self.progress.version, u64::try_from(list.len()).unwrap());
                Some(Writing::Body { name: BodyName { version, entries, draw: 0 }, list, made_at: time(now) })
            }
            Step::Head => {
                self.progress.tried_at_milliseconds = now * 1_000;
                let head = self.head(time(now));
                let has_body = head.body.is_none_or(|name| kv.bodies.contains_key(&name.version));
                prop_assert!(has_body, "a head before its body");
                Some(Writing::Head(head))
            }
            Step::Remove(version) => {
                self.progress.replaced = None;
                kv.bodies.remove(&version);
                None
            }
            Step::Wait(_) | Step::Rest(_) => None,
        })
    }

    fn end(&mut self, writing: Writing, kv: &mut Kv, write: Write, now: u64) {
        let (kept, acknowledged) = (!matches!(write, Write::Lost), matches!(write, Write::Kept));
        let progress = &mut self.progress;
        match writing {
            Writing::Body { name, list, made_at } => {
                if kept {
                    kv.bodies.insert(name.version, list);
                }
                if acknowledged {
                    self.replaced = self.replaced.or(progress.body.map(|body| body.version));
                    (progress.body, progress.rebuild, progress.body_failures) = (Some(name), false, 0);
                    progress.version += 1;
                    self.body_made_at = Some(made_at);
                } else {
                    progress.body_failures += 1;
                    progress.body_failed_at_milliseconds = now * 1_000;
                }
            }
            Writing::Head(head) => {
                if acknowledged {
                    (progress.told, progress.failures) = (head.version, 0);
                    self.told_at = Some(head.published_at);
                    // From now on nobody is told of the body before.
                    if let Some(version) = self.replaced.take() {
                        progress.replaced.get_or_insert((version, time(now)));
                    }
                } else {
                    progress.failures += 1;
                    progress.tried_at_milliseconds = now * 1_000;
                }
                if kept {
                    kv.heads.push(head);
                }
            }
        }
    }
}
