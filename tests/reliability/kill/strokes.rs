//! What is under way when the server ends, and what was told of it.

use std::time::Duration;

use ed25519_dalek::SigningKey;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::chance::Chance;
use crate::support::product::Person;
use crate::support::{Answer, Bound, CONFIRM, Kind, PROVE, Site, Wire, b64, eventually};

/// Within this time everything of a round begins.
const BEGINNING: Duration = Duration::from_millis(12);

/// Somebody with a code, about to type it.
pub(super) struct Enrolling {
    pub(super) person: Person,
    pub(super) wire: Wire,
    pub(super) body: Value,
}

/// A device, as an administrator names it, and the browser it is.
pub(super) struct Enrolled {
    pub(super) id: String,
    pub(super) wire: Wire,
}

/// Somebody whose devices are about to end, and who has a code under way.
pub(super) struct Victim {
    pub(super) person: Person,
    pub(super) devices: Vec<Enrolled>,
    pub(super) open: Enrolling,
    /// Since when, before any of it.
    pub(super) revoked_at: Value,
}

impl Victim {
    /// The same person and devices, on new connections.
    pub(super) fn anew(&self) -> Self {
        let device = |device: &Enrolled| Enrolled { id: device.id.clone(), wire: device.wire.anew() };
        Self {
            person: self.person.clone(),
            revoked_at: self.revoked_at.clone(),
            devices: self.devices.iter().map(device).collect(),
            open: Enrolling {
                person: self.person.clone(),
                wire: self.open.wire.anew(),
                body: self.open.body.clone(),
            },
        }
    }
}

/// How devices end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Device,
    Person,
    Domain,
    Everyone,
    Disabled,
    Forgotten,
}

impl Ending {
    /// Everyone comes seldom: it ends what the other rounds look after.
    pub(super) fn by_chance(random: &mut Chance) -> Self {
        if random.below(12) == 0 {
            return Self::Everyone;
        }
        random.one_of(&[Self::Device, Self::Person, Self::Domain, Self::Disabled, Self::Forgotten])
    }

    /// Whether it ends all of a person's devices, and what they have begun.
    pub(super) fn is_whole(self) -> bool {
        !matches!(self, Self::Device | Self::Forgotten)
    }

    /// What is asked for.
    pub(super) async fn ask(self, site: &Site, victims: &[Victim], domain: &str) -> Option<Answer> {
        let Victim { person, devices, .. } = &victims[0];
        let revoke = async |what: Value| site.admin.attempt(Method::POST, "/revocations", &what).await;
        match self {
            Self::Device => revoke(json!({ "devices": [devices[0].id] })).await,
            Self::Person => revoke(json!({ "users": [person.id] })).await,
            Self::Domain => revoke(json!({ "domain": domain })).await,
            Self::Everyone => revoke(json!({ "everyone": true })).await,
            Self::Disabled => {
                let path = format!("/users/{}", person.id);
                site.admin.attempt(Method::PATCH, &path, &json!({ "disabled": true })).await
            }
            Self::Forgotten => {
                let wire = &devices[0].wire;
                Answer::perhaps(wire.calling(Method::DELETE, "/api/v1/device", None)).await
            }
        }
    }
}

/// What is published anew.
#[derive(Debug, Clone, Copy)]
pub(super) enum Change {
    DurationDays(u64),
    Republication,
}

impl Change {
    async fn ask(self, site: &Site) -> Option<Answer> {
        match self {
            Self::DurationDays(days) => {
                let patch = json!({ "authentication_duration_days": days });
                site.admin.attempt(Method::PATCH, "/settings", &patch).await
            }
            Self::Republication => {
                site.admin.attempt(Method::POST, "/revocations/republish", &json!({})).await
            }
        }
    }
}

impl Enrolling {
    /// With a code in hand.
    pub(super) async fn asked(site: &Site, person: Person, kind: Kind, key: Option<&SigningKey>) -> Self {
        let mut wire = Wire::to(&site.origin);
        let code = wire.ask(site, &person.address).await.code();
        let kind = if kind == Kind::Own { "own" } else { "shared" };
        let mut body = json!({ "code": code, "kind": kind });
        if let Some(key) = key {
            body["device_key"] = b64(key.verifying_key()).into();
        }
        Self { person, wire, body }
    }

    /// What comes of it, and the browser then. The ticket stays here, as an attacker would keep it.
    pub(super) async fn confirm(&self) -> (Wire, Answer) {
        let mut wire = self.wire.anew();
        let answer = wire.post(CONFIRM, &self.body).await;
        (wire, answer)
    }
}

/// Everything of one round, prepared.
pub(super) struct Prepared {
    pub(super) enrolling: Enrolling,
    pub(super) starting: (Person, Wire),
    pub(super) clicking: Wire,
    pub(super) proving: (Bound, Value),
    pub(super) ending: (Ending, Vec<Victim>, String),
    pub(super) change: Change,
}

/// The same after the server ended, each with what was told of it, if anything.
pub(super) struct Told {
    pub(super) enrolling: (Enrolling, Wire, Option<Answer>),
    pub(super) starting: (Person, Wire, Option<Answer>),
    pub(super) clicking: Wire,
    pub(super) proving: (Bound, Value, Option<Answer>),
    pub(super) ending: (Ending, Vec<Victim>, String, Option<Answer>),
    pub(super) change: (Change, Option<Answer>),
}

/// All of them, soon to begin or begun.
pub(super) struct UnderWay {
    /// How many have been told what came of what they asked for.
    told: watch::Sender<u32>,
    enrolling: JoinHandle<(Enrolling, Wire, Option<Answer>)>,
    starting: JoinHandle<(Person, Wire, Option<Answer>)>,
    clicking: JoinHandle<Wire>,
    proving: JoinHandle<(Bound, Value, Option<Answer>)>,
    ending: JoinHandle<(Ending, Vec<Victim>, String, Option<Answer>)>,
    change: JoinHandle<(Change, Option<Answer>)>,
}

impl Prepared {
    pub(super) fn begin(self, site: &Site, link: &str, random: &mut Chance) -> UnderWay {
        let told = watch::Sender::new(0);
        let mut soon = || (sleep(random.shorter_than(BEGINNING)), told.clone());
        let Self { enrolling, starting, clicking, proving, ending, change } = self;
        let (begins, count) = soon();
        let enrolling = tokio::spawn(async move {
            begins.await;
            let mut wire = enrolling.wire.clone();
            let told = wire.attempt(wire.calling(Method::POST, CONFIRM, Some(&enrolling.body))).await;
            count.send_modify(|count| *count += u32::from(told.is_some()));
            (enrolling, wire, told)
        });
        let (begins, count) = soon();
        let starting = tokio::spawn(async move {
            begins.await;
            let (person, mut wire) = starting;
            let body = json!({ "address": person.address });
            let request = wire.calling(Method::POST, "/api/v1/enrollments", Some(&body));
            let told = wire.attempt(request).await;
            count.send_modify(|count| *count += u32::from(told.is_some()));
            (person, wire, told)
        });
        let link = link.to_owned();
        let clicking = tokio::spawn(async move {
            let mut wire = clicking;
            // One after the other, as long as anybody answers: each renews.
            while wire.attempt(wire.clicking(&link)).await.is_some() {}
            wire
        });
        let (begins, count) = soon();
        let proving = tokio::spawn(async move {
            begins.await;
            let (mut bound, proof) = proving;
            let told = bound.wire.attempt(bound.wire.calling(Method::POST, PROVE, Some(&proof))).await;
            count.send_modify(|count| *count += u32::from(told.is_some()));
            (bound, proof, told)
        });
        let ((begins, count), by) = (soon(), site.clone());
        let ending = tokio::spawn(async move {
            begins.await;
            let (kind, victims, domain) = ending;
            let told = kind.ask(&by, &victims, &domain).await;
            count.send_modify(|count| *count += u32::from(told.is_some()));
            (kind, victims, domain, told)
        });
        let ((begins, count), by) = (soon(), site.clone());
        let change = tokio::spawn(async move {
            begins.await;
            let told = change.ask(&by).await;
            count.send_modify(|count| *count += u32::from(told.is_some()));
            (change, told)
        });
        UnderWay { told, enrolling, starting, clicking, proving, ending, change }
    }
}

impl UnderWay {
    /// Once so many have been told.
    pub(super) async fn until_told(&self, count: u32) {
        eventually("what is asked for to be answered", async || {
            self.told.subscribe().wait_for(|told| *told >= count).await.ok().map(drop)
        })
        .await;
    }

    /// Once all of them know that nobody answers any more.
    pub(super) async fn told(self) -> Told {
        Told {
            enrolling: self.enrolling.await.unwrap(),
            starting: self.starting.await.unwrap(),
            clicking: self.clicking.await.unwrap(),
            proving: self.proving.await.unwrap(),
            ending: self.ending.await.unwrap(),
            change: self.change.await.unwrap(),
        }
    }
}
