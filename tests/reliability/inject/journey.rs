//! One person's way from the first click to forgetting the device, with strangers and signed-out devices at the same door.

use ed25519_dalek::SigningKey;
use reqwest::Method;
use serde_json::json;

use super::faults::Place;
use super::tries::Tries;
use crate::support::product::Person;
use crate::support::{Answer, Bound, CONFIRM, DEVICE, Wire, b64, eventually};

pub(super) const DESTINATION: &str = "https://destination.example/";
const VERIFY: &str = "/api/v1/verify";
const DEVICES: &str = "/api/v1/devices";

/// What is there before anything goes wrong.
pub(super) struct Journey {
    person: Person,
    link: String,
    /// A device that was revoked, which everybody knows.
    revoked: Bound,
    stranger: Wire,
    own: Wire,
    key: SigningKey,
}

pub(super) fn gets_through(answer: &Answer) -> bool {
    (answer.status, answer.location()) == (303, Some(DESTINATION))
}

pub(super) fn leads_to_enrolling(answer: &Answer) -> bool {
    answer.status == 303 && answer.location().unwrap().contains("/enroll?to=")
}

fn has(status: u16) -> impl Fn(&Answer) -> bool {
    move |answer| answer.status == status
}

fn has_code(answer: &Answer, status: u16, code: &str) -> bool {
    answer.status == status && answer.json()["code"] == code
}

impl Journey {
    pub(super) async fn prepare(place: &Place) -> Self {
        let home = place.home();
        let person = home.person("traveler").await;
        let revoked = home.person("revoked").await;
        let link = home.admin.link(DESTINATION, &person.address).await;
        let mut revoked_device = Bound::enroll(&home, &revoked.address, 7).await;
        assert!(gets_through(&revoked_device.wire.click(&link).await));
        home.admin.revoke_user(&revoked.id).await;
        // All revocations so far become a body, so that there are two values to read.
        home.admin.post("/revocations/republish", &json!({}), 200).await;
        home.admin.kv_comes_to_hold().await;
        let jar = revoked_device.wire.jar.clone();
        revoked_device.wire = place.wire();
        revoked_device.wire.jar = jar;
        let key = SigningKey::from_bytes(&[8; 32]);
        Self { person, link, revoked: revoked_device, stranger: place.wire(), own: place.wire(), key }
    }

    pub(super) async fn go(self, place: &Place, tries: &mut Tries) -> Gone {
        let Self { person, link, mut revoked, mut stranger, own, key } = self;
        let at_the_door = async |tries: &mut Tries, who: &str, wire: &mut Wire| {
            tries
                .again(&format!("{who}'s click"), async || wire.click(&link).await, leads_to_enrolling)
                .await;
            tries.verify(&format!("{who}'s verification"), async || wire.get(VERIFY).await, has(401)).await;
        };
        at_the_door(tries, "a stranger", &mut stranger).await;
        at_the_door(tries, "a revoked device", &mut revoked.wire).await;
        let is_refused = |answer: &Answer| has_code(answer, 403, "device_revoked");
        tries.again("a revoked device's proof", async || revoked.prove().await, is_refused).await;

        let mut device = enroll(place, tries, &person, own, key).await;
        let renews = |answer: &Answer| gets_through(answer) && answer.set_cookie(DEVICE).is_some();
        for _ in 0..2 {
            tries.again("a click", async || device.wire.click(&link).await, renews).await;
        }
        let verified = tries.verify("a verification", async || device.wire.get(VERIFY).await, has(204)).await;
        assert_eq!(verified.header("Device-User"), Some(person.id.as_str()));
        prove(tries, &mut device).await;
        my_devices(tries, &mut device.wire).await;
        at_the_door(tries, "a stranger", &mut stranger).await;
        at_the_door(tries, "a revoked device", &mut revoked.wire).await;

        let jar = device.wire.jar.clone();
        let forget = async || device.wire.call(Method::DELETE, "/api/v1/device", None).await;
        tries.again("forgetting", forget, has(204)).await;
        // What asks the account object knows at once.
        device.wire.jar = jar;
        tries.again("a forgotten device's proof", async || device.prove().await, is_refused).await;
        let this = async || device.wire.get("/api/v1/device").await;
        tries.again("a forgotten device's question", this, has(401)).await;
        Gone { person, link, forgotten: device.wire, revoked: revoked.wire, stranger }
    }
}

/// From an address to a device. An answer that was lost costs another code, never the way.
async fn enroll(place: &Place, tries: &mut Tries, person: &Person, mut wire: Wire, key: SigningKey) -> Bound {
    let mail = place.home().mail;
    let (mut read, mut asks) = (0, 0);
    loop {
        asks += 1;
        assert!(asks <= 2, "one call went wrong, and two codes were not enough");
        let start = async || wire.start(&person.address).await;
        tries.again("asking for a code", start, has(202)).await;
        loop {
            let code = mail.nth(&person.address, read).await.code();
            read += 1;
            let body = json!({ "code": code, "kind": "own", "device_key": b64(key.verifying_key()) });
            let confirm = async || wire.post(CONFIRM, &body).await;
            let (is_used, is_older) = (
                |answer: &Answer| has_code(answer, 410, "code_used"),
                // Of a ticket whose answer was lost.
                |answer: &Answer| has_code(answer, 422, "code_wrong"),
            );
            let is_told = |answer: &Answer| answer.status == 200 || is_older(answer);
            let confirmed = tries.ask("confirming", confirm, is_told, is_used).await;
            if is_older(&confirmed) {
                continue;
            }
            if confirmed.status == 200 {
                assert!(confirmed.set_cookie(DEVICE).is_some());
                let token = confirmed.json()["device_token"].as_str().unwrap().to_owned();
                return Bound { wire, key, token };
            }
            break;
        }
    }
}

/// A proof whose answer was lost is spent; another is as good.
async fn prove(tries: &mut Tries, device: &mut Bound) {
    for _ in 0..2 {
        let ask = async || device.wire.post("/api/v1/device/challenge", &json!({})).await;
        let challenge = tries.again("a challenge", ask, has(200)).await.json();
        let proof = device.proof(challenge["challenge"].as_str().unwrap());
        let is_spent = |answer: &Answer| has_code(answer, 409, "challenge_spent");
        let proved = tries.ask("a proof", async || device.offer(&proof).await, has(200), is_spent).await;
        if proved.status == 200 {
            assert!(proved.set_cookie(DEVICE).is_some());
            device.token = proved.json()["device_token"].as_str().unwrap().to_owned();
            return;
        }
    }
    panic!("one call went wrong, and two proofs were not enough");
}

async fn my_devices(tries: &mut Tries, wire: &mut Wire) {
    let mine = tries.again("my devices", async || wire.get(DEVICES).await, has(200)).await.json();
    let this = mine["devices"][0].clone();
    assert_eq!(this["this"], true, "{mine}");
    let path = format!("{DEVICES}/{}", this["id"].as_str().unwrap());
    let name = json!({ "name": "lamp" });
    let rename = async || wire.call(Method::PATCH, &path, Some(&name)).await;
    tries.again("a new name", rename, has(200)).await;
    let others = async || wire.post("/api/v1/devices/revoke-others", &json!({})).await;
    tries.again("signing out the others", others, has(200)).await;
    let asked = tries.again("this device", async || wire.get("/api/v1/device").await, has(200)).await;
    assert_eq!(asked.json()["device_id"], this["id"]);
}

/// After a read of KV that failed, a location goes by what it remembers for a few seconds; within the promise, so it is right.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rests {
    No,
    /// It is awaited.
    Awaited,
    /// An isolate that remembers nothing knows at once.
    CutShort,
}

/// What is left when everything works again.
pub(super) struct Gone {
    person: Person,
    link: String,
    forgotten: Wire,
    revoked: Wire,
    stranger: Wire,
}

impl Gone {
    /// Nothing that was acknowledged is lost, KV has it too, and nobody gets through.
    pub(super) async fn look(mut self, place: &mut Place, rests: Rests) {
        place.home().admin.kv_comes_to_hold().await;
        match rests {
            Rests::No => {}
            Rests::Awaited => {
                let click =
                    async || leads_to_enrolling(&self.forgotten.click(&self.link).await).then_some(());
                eventually("KV to be read again", click).await;
            }
            Rests::CutShort => place.begin_anew(),
        }
        let home = place.home();
        let devices = home.admin.devices(&self.person.id).await;
        assert!(devices.iter().all(|device| device["revoked"] == true), "{devices:?}");
        let events = home.admin.get(&format!("/audit?limit=200&subject={}", self.person.id)).await;
        let count = |action: &str| {
            events["events"].as_array().unwrap().iter().filter(|event| event["action"] == action).count()
        };
        let replaced = count("device.replaced");
        assert_eq!(count("device.enrolled"), devices.len() + replaced, "{events}");
        assert_eq!((count("device.forgotten"), replaced <= 1), (1, true), "{events}");
        assert!(count("device.renamed") >= 1, "{events}");
        for wire in [self.forgotten, self.revoked, self.stranger] {
            let mut wire = wire.anew();
            let mut at_home = Wire::to(&home.origin);
            at_home.jar = wire.jar.clone();
            for wire in [&mut wire, &mut at_home] {
                assert!(leads_to_enrolling(&wire.click(&self.link).await));
                assert_eq!(wire.get(VERIFY).await.status, 401);
            }
        }
    }
}
