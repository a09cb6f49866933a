//! Clicks that are judged by what the place remembers, while it looks again and asks for heartbeats behind their backs. Nobody notices
//! what goes wrong there, and a revocation becomes known all the same.

use std::time::Duration;

use super::faults::{Calls, Kind, Place};
use super::journey::{DESTINATION, gets_through, leads_to_enrolling};
use super::tries::Tries;
use crate::kv::Method;
use crate::support::product::Person;
use crate::support::{Kind as Whose, Wire, eventually};

/// A copy is looked after each second, and good for much longer.
pub(super) const SOON: [(&str, &str); 4] = [
    ("COPY_REFRESH_SECONDS", "1"),
    ("COPY_AWAIT_SECONDS", "20"),
    ("HEARTBEAT_SECONDS", "1"),
    ("TRUST_SECONDS", "30"),
];
/// How often it is read and asked for without anything going wrong.
const ENOUGH: u64 = 3;
/// Between two rounds of clicks.
const EVERY: Duration = Duration::from_millis(200);

/// What is there before anything goes wrong.
pub(super) struct Background {
    link: String,
    person: Person,
    kept: Wire,
    revoked: Wire,
    stranger: Wire,
}

impl Background {
    pub(super) async fn prepare(place: &Place) -> Self {
        let home = place.home();
        let (person, leaver) = (home.person("stayer").await, home.person("leaver").await);
        let link = home.admin.link(DESTINATION, &person.address).await;
        let mut wires = vec![];
        for person in [&person, &leaver] {
            let (mut wire, mut at_home) = (place.wire(), Wire::to(&home.origin));
            at_home.enroll(&home, &person.address, Whose::Own).await;
            wire.jar = at_home.jar;
            wires.push(wire);
        }
        home.admin.revoke_user(&leaver.id).await;
        home.admin.kv_comes_to_hold().await;
        let [kept, revoked] = wires.try_into().unwrap();
        Self { link, person, kept, revoked, stranger: place.wire() }
    }

    pub(super) async fn go(mut self, tries: &mut Tries, calls: &Calls) -> Gone {
        let mut ticks = tokio::time::interval(EVERY);
        // Also after the one that goes wrong there are enough.
        let enough = || ENOUGH + u64::from(calls.went_wrong());
        let counted = || calls.of(Kind::HEARTBEAT).max(calls.of(Kind::head(Method::Get)));
        eventually("what is done in the background", async || {
            ticks.tick().await;
            let kept = async || self.kept.click(&self.link).await;
            tries.again("a click", kept, gets_through).await;
            for (who, wire) in [("a revoked device", &mut self.revoked), ("a stranger", &mut self.stranger)] {
                let click = async || wire.click(&self.link).await;
                tries.again(&format!("{who}'s click"), click, leads_to_enrolling).await;
            }
            (counted() >= enough()).then_some(())
        })
        .await;
        assert!(tries.are_as_ever(), "what goes wrong in the background is noticed: {tries:?}");
        let Self { link, person, kept, .. } = self;
        Gone { link, person, kept }
    }
}

/// What is left when everything works again.
pub(super) struct Gone {
    link: String,
    person: Person,
    kept: Wire,
}

impl Gone {
    /// A revocation becomes known at the place.
    pub(super) async fn look(self, place: &Place) {
        let home = place.home();
        assert_eq!(home.admin.revoke_user(&self.person.id).await, 1);
        eventually("the place to know", async || {
            // Whoever has copied a cookie keeps it.
            leads_to_enrolling(&self.kept.clone().click(&self.link).await).then_some(())
        })
        .await;
        home.admin.kv_comes_to_hold().await;
    }
}
