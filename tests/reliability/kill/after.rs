//! What must hold after an end, whatever was told before it.

use serde_json::Value;

use super::ledger::{Ledger, device_of, event_of, of};
use super::strokes::{Change, Ending, Enrolling, Told, Victim};
use crate::support::product::Person;
use crate::support::{Answer, Bound, Site, Wire};

/// One look at everything that was under way.
pub(super) struct After<'a> {
    pub(super) site: &'a Site,
    pub(super) ledger: &'a mut Ledger,
    /// Leads to `destination`.
    pub(super) link: &'a str,
    pub(super) destination: &'a str,
    /// What was written into the audit since the round began.
    pub(super) news: Vec<Value>,
    /// Everybody's devices were ended in this round.
    pub(super) everyone: bool,
}

fn status(told: Option<&Answer>) -> Option<u16> {
    told.map(|answer| answer.status)
}

impl After<'_> {
    /// Returns the devices that go on clicking and proving, if they may.
    pub(super) async fn look(mut self, told: Told) -> (Option<Wire>, Option<Bound>) {
        let (ending, victims, domain, answer) = told.ending;
        self.everyone = ending == Ending::Everyone && !of(&self.news, "everyone.revoked", "").is_empty();
        if self.everyone {
            self.ledger.dead.append(&mut self.ledger.alive);
        }
        self.change(told.change.0, told.change.1.as_ref()).await;
        self.ending(ending, victims, &domain, answer.as_ref()).await;
        let (enrolling, wire, answer) = told.enrolling;
        self.enrolling(&enrolling, wire, answer.as_ref()).await;
        let (person, wire, answer) = told.starting;
        self.starting(&person, wire, answer.as_ref()).await;
        let proving = self.proving(told.proving.0, &told.proving.1, told.proving.2.as_ref()).await;
        (self.clicking(told.clicking).await, proving)
    }

    /// Whether a click gets through; otherwise it leads to enrolling.
    async fn gets_through(&self, wire: &mut Wire) -> bool {
        let answer = wire.click(self.link).await;
        assert_eq!(answer.status, 303, "{}", answer.text());
        let location = answer.location().unwrap();
        assert!(location == self.destination || location.contains("/enroll?to="), "{location}");
        location == self.destination
    }

    async fn change(&mut self, change: Change, told: Option<&Answer>) {
        let now = self.site.admin.settings().await["authentication_duration_days"].as_u64().unwrap();
        match change {
            Change::DurationDays(days) => {
                let kept = now == days;
                assert!(kept || now == self.ledger.duration_days, "neither as it was nor as it was to be");
                assert!(kept || told.is_none(), "a setting that was acknowledged is lost");
                assert_eq!(of(&self.news, "settings.changed", "settings").len(), usize::from(kept));
                self.ledger.duration_days = now;
                self.ledger.count("change of settings", told.is_some(), kept);
            }
            Change::Republication => {
                assert_eq!(now, self.ledger.duration_days);
                let kept = !of(&self.news, "revocations.republished", "revocations").is_empty();
                assert!(kept || told.is_none(), "what was acknowledged is not in the audit");
                self.ledger.count("republication", told.is_some(), kept);
            }
        }
        assert!(status(told).is_none_or(|status| status == 200), "{told:?}");
    }

    /// All of it or nothing; and what was acknowledged, all of it.
    async fn ending(&mut self, ending: Ending, victims: Vec<Victim>, domain: &str, told: Option<&Answer>) {
        assert!(status(told).is_none_or(|status| [200, 204].contains(&status)), "{told:?}");
        let (action, subject) = event_of(ending, &victims[0].person.id, domain);
        let kept = of(&self.news, action, &subject).len();
        assert!(kept <= 1, "{action} of {subject}: {kept} times");
        let kept = kept == 1;
        assert!(kept || told.is_none(), "{ending:?} was acknowledged and is lost");
        self.ledger.count(name(ending), told.is_some(), kept);
        self.is_whole(ending, &victims, kept).await;
        if !kept && ending != Ending::Everyone {
            let again = ending.ask(self.site, &reconnected(&victims), domain).await.unwrap();
            assert!([200, 204].contains(&again.status), "{}", again.text());
            self.is_whole(ending, &victims, true).await;
            self.ledger.kv_holds(self.site).await;
        }
        let ended = kept || ending != Ending::Everyone;
        for Victim { person, devices, open, .. } in victims {
            self.ledger.people.push(person.id);
            for (number, device) in devices.into_iter().enumerate() {
                let mut wire = device.wire.anew();
                let is_ended = ended && (ending.is_whole() || number == 0);
                assert_eq!(self.gets_through(&mut wire).await, !is_ended, "{ending:?}, device {number}");
                if is_ended { self.ledger.dead.push(wire) } else { self.ledger.alive.push(wire) }
            }
            let (wire, confirmed) = open.confirm().await;
            if ended && ending.is_whole() {
                confirmed.problem(410, "enrollment_ended");
            } else {
                assert_eq!(confirmed.status, 200, "{}", confirmed.text());
                self.ledger.alive.push(wire);
            }
        }
    }

    /// Nobody half: a person's devices, what is written of the person, and the event go together.
    async fn is_whole(&self, ending: Ending, victims: &[Victim], kept: bool) {
        for victim in victims {
            let user = self.site.admin.user(&victim.person.id).await;
            let is_later = user["revoked_at"] != victim.revoked_at;
            assert_eq!(is_later, kept && ending.is_whole(), "{ending:?}: {user}");
            assert_eq!(user["disabled"] == true, kept && ending == Ending::Disabled, "{user}");
            let devices = self.site.admin.devices(&victim.person.id).await;
            assert_eq!(devices.len(), victim.devices.len(), "{devices:?}");
            for device in &devices {
                let is_meant = ending.is_whole() || device["id"] == *victim.devices[0].id;
                assert_eq!(device["revoked"] == true, kept && is_meant, "{ending:?}: {devices:?}");
            }
        }
    }

    /// A code makes one device, whether or not anybody was told.
    async fn enrolling(&mut self, enrolling: &Enrolling, told_to: Wire, told: Option<&Answer>) {
        let person = enrolling.person.id.clone();
        let devices = self.site.admin.devices(&person).await;
        let events = of(&self.news, "device.enrolled", &person);
        let by_event: Vec<_> = events.into_iter().map(device_of).collect();
        let by_list: Vec<_> =
            devices.iter().map(|device| device["id"].as_str().unwrap().to_owned()).collect();
        assert_eq!(by_list, by_event, "devices and events of one person");
        let kept = devices.len() == 1;
        assert!(devices.len() <= 1, "{devices:?}");
        match status(told) {
            Some(200) => assert!(kept, "a device that was acknowledged is lost"),
            Some(_) => {
                assert!(self.everyone && !kept, "{told:?}");
                told.unwrap().problem(410, "enrollment_ended");
            }
            None => {}
        }
        self.ledger.count("confirmation", told.is_some(), kept);
        let (mut wire, again) = enrolling.confirm().await;
        if kept {
            again.problem(410, "code_used");
        } else if self.everyone {
            again.problem(410, "enrollment_ended");
        } else {
            assert_eq!(again.status, 200, "{}", again.text());
            enrolling.confirm().await.1.problem(410, "code_used");
        }
        let devices = self.site.admin.devices(&person).await;
        assert_eq!(devices.len(), usize::from(kept || !self.everyone), "{devices:?}");
        self.ledger.people.push(person);
        if status(told) == Some(200) {
            wire = told_to.anew();
        }
        // Who was not told has no cookie.
        if status(told) == Some(200) || again.status == 200 {
            let lives = devices[0]["revoked"] == false;
            assert!(lives || self.everyone, "{devices:?}");
            assert_eq!(self.gets_through(&mut wire).await, lives);
            if lives { self.ledger.alive.push(wire) } else { self.ledger.dead.push(wire) }
        }
    }

    /// A ticket that somebody got goes on to a code; who got none asks again.
    async fn starting(&mut self, person: &Person, wire: Wire, told: Option<&Answer>) {
        assert!(status(told).is_none_or(|status| status == 202), "{told:?}");
        let mut wire = wire.anew();
        let before = self.site.mail.to(&person.address).await.len();
        if told.is_some() && !self.everyone {
            let resent = wire.resend().await;
            assert_eq!(resent.status, 202, "a ticket that was given is lost: {}", resent.text());
        } else {
            assert_eq!(wire.start(&person.address).await.status, 202);
        }
        let code = self.site.mail.nth(&person.address, before).await.code();
        let mut confirmed = wire.confirm(&code).await;
        if confirmed.status == 422 {
            // What was being sent at the end is sent once more, and may come first.
            let code = self.site.mail.nth(&person.address, before + 1).await.code();
            confirmed = wire.confirm(&code).await;
        }
        assert_eq!(confirmed.status, 200, "{}", confirmed.text());
        self.ledger.people.push(person.id.clone());
        self.ledger.alive.push(wire);
        // Of one that was not told, nobody knows whether it was kept: asking again is as good.
        if told.is_some() {
            self.ledger.count("start", true, true);
        }
    }

    /// A proof is taken once, and the device goes on.
    async fn proving(&mut self, mut bound: Bound, proof: &Value, told: Option<&Answer>) -> Option<Bound> {
        bound.wire = bound.wire.anew();
        let again = bound.offer(proof).await;
        let allowed: &[u16] = match (status(told), self.everyone) {
            (Some(200), false) => &[409],
            (None, false) => &[200, 409],
            (_, true) => &[403, 409],
            (Some(_), false) => panic!("{told:?}"),
        };
        assert!(allowed.contains(&again.status), "{told:?}, then {}", again.text());
        self.ledger.count("proof", told.is_some(), again.status == 409);
        let lives = self.gets_through(&mut bound.wire).await;
        assert_eq!(lives, !self.everyone);
        let proved = bound.prove().await;
        if !lives {
            proved.problem(403, "device_revoked");
            self.ledger.dead.push(bound.wire);
            return None;
        }
        assert_eq!(proved.status, 200, "{}", proved.text());
        Some(bound)
    }

    /// Whichever renewal was the last, its cookie opens the door.
    async fn clicking(&mut self, wire: Wire) -> Option<Wire> {
        let mut wire = wire.anew();
        let lives = self.gets_through(&mut wire).await;
        assert_eq!(lives, !self.everyone);
        if lives {
            return Some(wire);
        }
        self.ledger.dead.push(wire);
        None
    }
}

/// The same people, on new connections.
fn reconnected(victims: &[Victim]) -> Vec<Victim> {
    victims.iter().map(Victim::anew).collect()
}

fn name(ending: Ending) -> &'static str {
    match ending {
        Ending::Device => "revocation: device",
        Ending::Person => "revocation: person",
        Ending::Domain => "revocation: domain",
        Ending::Everyone => "revocation: everyone",
        Ending::Disabled => "person disabled",
        Ending::Forgotten => "device forgotten",
    }
}
