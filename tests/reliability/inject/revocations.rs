//! An administrator changes settings, revokes a device, a person and a domain, publishes anew, and revokes everyone.
//!
//! Everyone is last: that leaves no list of revocations, and publishing anew is to write one.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::faults::Place;
use super::tries::Tries;
use crate::support::product::{Person, fresh_address};
use crate::support::{Admin, Answer, Kind, Site, Wire, eventually, eventually_within};

const DESTINATION: &str = "https://destination.example/";
/// A list has a minute to be written; then it is written again, and the one before is deleted.
const BODY_PATIENCE: Duration = Duration::from_secs(100);

/// What is there before anything goes wrong.
pub(super) struct Revocations {
    link: String,
    domain: String,
    days: u64,
    /// By device, by person, two by domain, and the rest with everyone.
    devices: Vec<Enrolled>,
}

struct Enrolled {
    person: Person,
    id: String,
    wire: Wire,
}

fn has(status: u16) -> impl Fn(&Answer) -> bool {
    move |answer| answer.status == status
}

impl Revocations {
    pub(super) async fn prepare(place: &Place) -> Self {
        let home = place.home();
        let domain = fresh_address("x").replace('@', ".");
        home.admin.add_domain(&domain).await;
        let mut people = vec![home.person("by-device").await, home.person("by-person").await];
        for _ in 0..2 {
            let address = fresh_address("by-domain");
            let address = format!("{}@{domain}", address.split('@').next().unwrap());
            people.push(Person { id: home.admin.add_user(&address, &[]).await, address });
        }
        people.push(home.person("with-everyone").await);
        let link = home.admin.link(DESTINATION, &people[0].address).await;
        let mut devices = vec![];
        for person in people {
            let mut wire = place.wire();
            let mut at_home = Wire::to(&home.origin);
            at_home.enroll(&home, &person.address, Kind::Own).await;
            wire.jar = at_home.jar;
            let id = home.admin.devices(&person.id).await[0]["id"].as_str().unwrap().to_owned();
            devices.push(Enrolled { person, id, wire });
        }
        let now = home.admin.settings().await["authentication_duration_days"].as_u64().unwrap();
        home.admin.kv_comes_to_hold().await;
        Self { link, domain, days: if now < 365 { now + 1 } else { 30 }, devices }
    }

    /// `until_deleted`: it is awaited that the list which was replaced is deleted, as long as that may go wrong.
    pub(super) async fn go(mut self, place: &Place, tries: &mut Tries, until_deleted: bool) -> Gone {
        let (home, admin) = (place.home(), place.admin());
        let patch = json!({ "authentication_duration_days": self.days });
        let change = async || admin.call(Method::PATCH, "/settings", Some(&patch)).await;
        let set = tries.again("settings", change, has(200)).await.json();
        assert_eq!(set["authentication_duration_days"], self.days);
        assert_eq!(home.admin.settings().await["authentication_duration_days"], self.days);
        let ends = [
            ("revoking a device", json!({ "devices": [self.devices[0].id] }), 1),
            ("revoking a person", json!({ "users": [self.devices[1].person.id] }), 2),
            ("revoking a domain", json!({ "domain": self.domain }), 4),
            ("revoking everyone", json!({ "everyone": true }), 5),
        ];
        let mut published = Value::Null;
        for (what, body, ended) in ends {
            // With a list that has something in it.
            if ended == self.devices.len() {
                published = publish_anew(&admin, tries).await;
            }
            let revoke = async || admin.call(Method::POST, "/revocations", Some(&body)).await;
            let revoked = tries.again(what, revoke, has(200)).await.json();
            assert!(revoked["certain_by"].is_string(), "{revoked}");
            for (number, device) in self.devices.iter_mut().enumerate() {
                let is_ended = number < ended;
                assert_eq!(is_revoked(&home, device).await, is_ended, "{what}, device {number}");
                // What asks the account object knows at once.
                let this = async || device.wire.get("/api/v1/device").await;
                let whose = if is_ended { "an ended device" } else { "another device" };
                tries.again(whose, this, has(if is_ended { 401 } else { 200 })).await;
            }
        }
        if until_deleted {
            let gone = async || (place.bodies() == 0).then_some(());
            eventually_within(BODY_PATIENCE, "the list that was replaced to be deleted", gone).await;
        }
        Gone { of: self, published }
    }
}

/// What is told of it, after KV was compared with the truth.
async fn publish_anew(admin: &Admin, tries: &mut Tries) -> Value {
    let republish = async || admin.call(Method::POST, "/revocations/republish", Some(&json!({}))).await;
    let published = tries.again("republishing", republish, has(200)).await.json();
    assert!(published["published"].is_boolean(), "{published}");
    let verify = async || admin.call(Method::GET, "/revocations/verify", None).await;
    let found = tries.again("comparing with KV", verify, has(200)).await.json();
    assert!(found["holds"].is_boolean(), "{found}");
    published
}

async fn is_revoked(home: &Site, device: &Enrolled) -> bool {
    home.admin.devices(&device.person.id).await[0]["revoked"] == true
}

/// What is left when everything works again.
pub(super) struct Gone {
    of: Revocations,
    published: Value,
}

impl Gone {
    /// Nothing that was acknowledged is lost, KV has it too, and nobody gets through.
    pub(super) async fn look(self, place: &Place) {
        let home = place.home();
        eventually_within(BODY_PATIENCE, "KV to have the truth", async || home.admin.kv_holds().await).await;
        // KV may have had everything before it was published anew; that comes, too.
        let asked_for = self.published["version"].as_u64().unwrap();
        eventually("what was published anew", async || {
            let published = home.admin.kv_comes_to_hold().await["published_version"].as_u64().unwrap();
            (published >= asked_for).then_some(())
        })
        .await;
        assert_eq!(home.admin.settings().await["authentication_duration_days"], self.of.days);
        for (action, subject) in [
            ("device.revoked", self.of.devices[0].person.id.as_str()),
            ("user.revoked", &self.of.devices[1].person.id),
            ("domain.revoked", &self.of.domain),
        ] {
            let events = home.admin.get(&format!("/audit?action={action}&subject={subject}")).await;
            assert!(!events["events"].as_array().unwrap().is_empty(), "{action} of {subject}");
        }
        for mut device in self.of.devices {
            assert!(is_revoked(&home, &device).await);
            let mut at_home = Wire::to(&home.origin);
            at_home.jar = device.wire.jar.clone();
            for wire in [&mut device.wire, &mut at_home] {
                let click = wire.click(&self.of.link).await;
                assert!(click.location().unwrap().contains("/enroll?to="), "{click:?}");
                assert_eq!(wire.get("/api/v1/verify").await.status, 401);
            }
        }
    }
}
