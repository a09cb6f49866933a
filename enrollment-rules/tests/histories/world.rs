//! Histories of one account: revocations published by the rules, read by the rules, over a KV that delays, repeats, reorders and forgets.
//!
//! KV here answers a read of a head with anything that was ever written under that key, or not at all: so any delay and any order is
//! among the histories. Nothing that waits for others is one event: a write and a read begin, other things happen, and they end or
//! never do. What is between the rules and KV is written down once more, as short as it can be.

use device_token::{
    AccountId, Binding, DeviceId, KeyId, Origin, Statement, StatementParts, Timestamp, UserId,
};
use enrollment_rules::bounds::Bounds;
use enrollment_rules::revocation;
use enrollment_rules::settings::RevocationReach;
use proptest::prelude::*;
use proptest::sample::Index;

use super::object::{Kv, Object, Write};
use super::place::{Clicker, Moment, Place, Read, Verdict, WantsHeartbeat};

const START: u64 = 1_700_000_000;
const PLACES: usize = 3;
pub(crate) const PEOPLE: usize = 3;
/// So many keys sign at the same time; where one is removed, another comes.
const KEYS: usize = 2;

#[derive(Debug, Clone)]
enum Event {
    Later(u64),
    /// Who, and by which of the keys.
    Enroll(usize, usize),
    RevokeDevice(Index),
    RevokePerson(usize),
    RevokeEverybody,
    RemoveKey(usize),
    Immediate(bool),
    Rebuild,
    /// A write begins, or the one that is under way ends like this.
    Publish(Write),
    /// Somebody clicks: where, and with which device.
    Click {
        place: usize,
        device: Index,
        answers: Answers,
    },
    /// Something that a place has asked for arrives there.
    Arrive {
        place: usize,
        which: Index,
        answers: Answers,
    },
}

/// What KV and the account object do.
#[derive(Debug, Clone)]
struct Answers {
    read: Read,
    body_there: bool,
    account: bool,
    heartbeat: bool,
}

fn answers() -> impl Strategy<Value = Answers> {
    let read = prop_oneof![4 => any::<Index>().prop_map(Read::Some), 1 => Just(Read::Failed)];
    (read, prop::bool::weighted(0.8), prop::bool::weighted(0.6), any::<bool>())
        .prop_map(|(read, body_there, account, heartbeat)| Answers { read, body_there, account, heartbeat })
}

fn event() -> impl Strategy<Value = Event> {
    let write =
        prop_oneof![4 => Just(Write::Kept), 1 => Just(Write::KeptButNotAcknowledged), 1 => Just(Write::Lost)];
    prop_oneof![
        4 => (0_u64..100).prop_map(Event::Later),
        2 => (0..PEOPLE, 0..KEYS).prop_map(|(person, key)| Event::Enroll(person, key)),
        1 => any::<Index>().prop_map(Event::RevokeDevice),
        1 => (0..PEOPLE).prop_map(Event::RevokePerson),
        1 => Just(Event::RevokeEverybody),
        1 => (0..KEYS).prop_map(Event::RemoveKey),
        1 => any::<bool>().prop_map(Event::Immediate),
        1 => Just(Event::Rebuild),
        12 => write.prop_map(Event::Publish),
        12 => (0..PLACES, any::<Index>(), answers())
            .prop_map(|(place, device, answers)| Event::Click { place, device, answers }),
        12 => (0..PLACES, any::<Index>(), answers())
            .prop_map(|(place, which, answers)| Event::Arrive { place, which, answers }),
    ]
}

struct Device {
    statement: Statement,
    person: usize,
    key: KeyId,
    /// By the world's clock.
    revoked_at: Option<u64>,
}

struct World {
    bounds: Bounds,
    now: u64,
    object: Object,
    kv: Kv,
    devices: Vec<Device>,
    keys: [KeyId; KEYS],
    /// How many keys there ever were.
    keys_made: usize,
    /// Each with how far its clock is behind.
    places: Vec<(Place, u64)>,
}

pub(crate) fn time(seconds: u64) -> Timestamp {
    Timestamp::from_seconds(seconds).unwrap()
}

fn key(number: usize) -> KeyId {
    KeyId::parse(&format!("k{number}")).unwrap()
}

impl World {
    fn new(behind: [u64; PLACES]) -> Self {
        Self {
            bounds: Bounds::default(),
            now: START,
            object: Object::new(),
            kv: Kv::default(),
            devices: vec![],
            keys: std::array::from_fn(key),
            keys_made: KEYS,
            places: behind.map(|behind| (Place::default(), behind)).into(),
        }
    }

    fn enroll(&mut self, person: usize, key: usize) {
        let auth_time =
            revocation::auth_time(time(self.now), self.object.people[person], self.object.everybody);
        let number = u8::try_from(self.devices.len()).unwrap();
        let statement = Statement::new(StatementParts {
            issuer: Origin::parse("https://enroll.example.com").unwrap(),
            account: AccountId::parse("demo").unwrap(),
            user: UserId::from_bytes([200 + u8::try_from(person).unwrap(); 16]),
            device: DeviceId::from_bytes([number; 16]),
            auth_time,
            issued_at: auth_time,
            expires_at: Timestamp::MAX,
            binding: Binding::None,
            acted_at: auth_time,
        });
        let key = self.keys[key].clone();
        self.devices.push(Device { statement: statement.unwrap(), person, key, revoked_at: None });
    }

    /// Ends the devices that are `meant`; returns a time that reaches all of them.
    fn end(&mut self, meant: impl Fn(&Device) -> bool) -> Timestamp {
        let mut at = time(self.now);
        for device in self.devices.iter_mut().filter(|device| meant(device)) {
            device.revoked_at.get_or_insert(self.now);
            at = at.max(device.statement.auth_time());
        }
        at
    }

    fn happen(&mut self, event: &Event) -> Result<(), TestCaseError> {
        match event {
            Event::Later(seconds) => self.now += seconds,
            Event::Enroll(person, key) => self.enroll(*person, *key),
            Event::RevokeDevice(which) if !self.devices.is_empty() => {
                let id = which.get(&self.devices).statement.device();
                let at = self.end(|device| device.statement.device() == id);
                self.object.revoke(*id.as_bytes(), at);
                self.object.progress.version += 1;
            }
            Event::RevokePerson(person) => {
                let at = self
                    .end(|device| device.person == *person)
                    .max(self.object.people[*person].unwrap_or(time(0)));
                self.object.people[*person] = Some(at);
                self.object.revoke([200 + u8::try_from(*person).unwrap(); 16], at);
                self.object.progress.version += 1;
            }
            Event::RevokeEverybody => {
                let latest = self.object.revocations.values().map(|(at, _)| *at).max();
                let at = self.end(|_| true).max(latest.unwrap_or(time(0)));
                self.object.everybody = Some(at.max(self.object.everybody.unwrap_or(at)));
                self.object.revocations.clear();
                self.object.progress.rebuild = true;
                self.object.progress.version += 1;
            }
            Event::RemoveKey(which) => {
                let removed = std::mem::replace(&mut self.keys[*which], key(self.keys_made));
                self.keys_made += 1;
                self.end(|device| device.key == removed);
                self.object.removed_keys.insert(removed);
                self.object.progress.version += 1;
            }
            Event::Immediate(immediate) => {
                let reach = if *immediate { RevocationReach::Immediate } else { RevocationReach::Published };
                self.object.settings.revocation = reach;
                self.object.progress.version += 1;
            }
            Event::Rebuild => {
                self.object.progress.rebuild = true;
                self.object.progress.version += 1;
            }
            Event::Publish(write) => self.object.publish(&mut self.kv, *write, &self.bounds, self.now)?,
            Event::Click { place, device, answers } if !self.devices.is_empty() => {
                let device = device.index(self.devices.len());
                self.at(*place, Some(device), answers, |place, who, at| match who {
                    Some(who) => place.click(who, at),
                    None => (None, None),
                })?;
            }
            Event::Arrive { place, which, answers } => {
                let waits = self.places[*place].0.waits(*which);
                self.at(*place, waits, answers, |place, who, at| place.arrive(*which, who, at))?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Something happens at a place; with whose click, if it answers one.
    fn at(
        &mut self,
        number: usize,
        device: Option<usize>,
        answers: &Answers,
        happens: impl FnOnce(&mut Place, Option<&Clicker>, &Moment) -> (Option<Verdict>, Option<WantsHeartbeat>),
    ) -> Result<(), TestCaseError> {
        let (mut place, behind) = std::mem::take(&mut self.places[number]);
        let (bounds, now) = (self.bounds, time(self.now - behind));
        let before = place.trusted(&bounds, now);
        let Answers { read, body_there, account, heartbeat } = answers;
        let at =
            Moment { now, bounds: &bounds, kv: &self.kv, read, body_there: *body_there, answers: *account };
        let who = device.map(|number| {
            let Device { statement, key, revoked_at, .. } = &self.devices[number];
            Clicker { number, statement, key, holds: revoked_at.is_none() }
        });
        let (verdict, wants) = happens(&mut place, who.as_ref(), &at);
        if let (Some(device), Some(verdict)) = (device, verdict) {
            self.is_right(&self.devices[device], verdict, behind)?;
        }
        if let Some(WantsHeartbeat(lacking)) = wants.filter(|_| *heartbeat) {
            place.answered(self.object.heartbeat(lacking, &bounds, time(self.now)));
        }
        let after = place.trusted(&bounds, now);
        prop_assert!(before.is_none() || after >= before, "back to an older state");
        self.places[number] = (place, behind);
        Ok(())
    }

    fn is_right(&self, device: &Device, verdict: Verdict, behind: u64) -> Result<(), TestCaseError> {
        // The place's clock is behind: by so much longer it trusts what it has.
        let bound = self.bounds.trust_seconds + behind;
        match (verdict.passes, device.revoked_at) {
            (true, Some(revoked_at)) => {
                prop_assert!(!verdict.certain, "the account object let a revoked device pass");
                prop_assert!(self.now < revoked_at + bound, "{} seconds after", self.now - revoked_at);
            }
            (false, None) => prop_assert!(false, "a device that nobody revoked was refused"),
            _ => {}
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    /// No history in which a revoked device passes once the bound is over, none in which another is refused as revoked, none in which
    /// a location goes back to an older state that it trusts.
    #[test]
    fn whatever_kv_answers_a_revoked_device_does_not_pass_after_the_bound(
        behind in [0_u64..=5, 0_u64..=5, 0_u64..=5],
        events in prop::collection::vec(event(), 1..150),
    ) {
        let mut world = World::new(behind);
        for event in &events {
            world.happen(event)?;
        }
    }
}
