//! Revoking: whom it reaches, whom it does not, and what is said before and after.

use reqwest::Method;
use serde_json::{Value, json};

use crate::console::Desk;
use crate::support::{Kind, Mail, Product, Site, Wire, eventually};

/// Somebody with devices.
struct Holder {
    id: String,
    address: String,
    devices: Vec<Wire>,
}

impl Holder {
    async fn of(site: &Site, address: &str, count: usize) -> Self {
        let id = site.admin.add_user(address, &[]).await;
        let mut devices = vec![];
        for _ in 0..count {
            let mut wire = Wire::to(&site.origin);
            wire.enroll(site, address, Kind::Own).await;
            devices.push(wire);
        }
        Self { id, address: address.to_owned(), devices }
    }

    async fn device_id(&mut self, number: usize) -> String {
        self.devices[number].get("/api/v1/device").await.json()["device_id"].as_str().unwrap().to_owned()
    }

    /// Waits until exactly these are out; the rest hold.
    async fn are_out(&mut self, out: &[bool]) {
        for (device, out) in self.devices.iter_mut().zip(out) {
            let status = if *out { 401 } else { 200 };
            eventually("the device to be as it should", async || {
                (device.get("/api/v1/device").await.status == status).then_some(())
            })
            .await;
        }
    }
}

fn numbers(revoked: &Value) -> (u64, u64) {
    (revoked["revoked_devices"].as_u64().unwrap(), revoked["revoked_people"].as_u64().unwrap())
}

async fn dry(site: &Site, what: &Value) -> (u64, u64) {
    let mut body = what.clone();
    body["dry_run"] = json!(true);
    let counted = site.admin.post("/revocations", &body, 200).await;
    assert_eq!((&counted["effective_by"], &counted["certain_by"]), (&Value::Null, &Value::Null), "{counted}");
    numbers(&counted)
}

/// Counts, revokes, and finds nothing left to revoke.
async fn revoke(site: &Site, what: Value, devices: u64, people: u64) {
    assert_eq!(dry(site, &what).await, (devices, people), "{what}");
    assert_eq!(numbers(&site.admin.revoke(&what).await), (devices, people), "{what}");
    assert_eq!(dry(site, &what).await.0, 0, "{what}");
}

async fn product() -> Product {
    Product::start(&[("RESEND_AFTER_SECONDS", "0")]).await
}

#[tokio::test]
async fn each_reaches_exactly_what_it_names_and_enrolling_again_works() {
    let product = product().await;
    let site = product.demo();
    site.admin.add_domain("second.example").await;
    let mut ada = Holder::of(&site, "ada@example.com", 2).await;
    let mut cleo = Holder::of(&site, "cleo@example.com", 2).await;
    let mut grace = Holder::of(&site, "grace@example.com", 2).await;
    let mut ben = Holder::of(&site, "ben@second.example", 2).await;
    let nobody = Holder::of(&site, "none@example.com", 0).await;
    let elsewhere = product.other();
    let mut stranger = Holder::of(&elsewhere, "ada@example.com", 1).await;

    let lost = ada.device_id(0).await;
    revoke(&site, json!({ "devices": [lost] }), 1, 1).await;
    ada.are_out(&[true, false]).await;
    let second = [ada.device_id(1).await, grace.device_id(0).await];
    revoke(&site, json!({ "devices": second }), 2, 2).await;
    ada.are_out(&[true, true]).await;
    grace.are_out(&[true, false]).await;
    revoke(&site, json!({ "users": [cleo.id, ada.id, nobody.id] }), 2, 1).await;
    cleo.are_out(&[true, true]).await;
    grace.are_out(&[true, false]).await;
    revoke(&site, json!({ "domain": "second.example" }), 2, 1).await;
    ben.are_out(&[true, true]).await;
    grace.are_out(&[true, false]).await;
    for holder in [&mut ada, &mut ben] {
        let mut again = Wire::to(&site.origin);
        again.enroll(&site, &holder.address, Kind::Own).await;
        holder.devices = vec![again];
        holder.are_out(&[false]).await;
    }
    revoke(&site, json!({ "everyone": true }), 3, 3).await;
    ada.are_out(&[true]).await;
    ben.are_out(&[true]).await;
    grace.are_out(&[true, true]).await;
    stranger.are_out(&[false]).await;
    let mut again = Wire::to(&site.origin);
    again.enroll(&site, &grace.address, Kind::Own).await;
    assert_eq!(again.get("/api/v1/device").await.status, 200);
    let mut new = Holder::of(&site, "new@example.com", 1).await;
    new.are_out(&[false]).await;
}

#[tokio::test]
async fn whoever_waits_for_a_code_is_out_too_unless_it_was_a_single_device() {
    let product = product().await;
    let site = product.demo();
    let mut holder = Holder::of(&site, "ada@example.com", 1).await;
    for (what, ends) in [
        (json!({ "devices": [holder.device_id(0).await] }), false),
        (json!({ "users": [holder.id] }), true),
        (json!({ "domain": "example.com" }), true),
        (json!({ "everyone": true }), true),
    ] {
        let person = if ends { site.person("waits").await } else { site.person("other").await };
        let (id, address) = if what["users"].is_array() {
            (holder.id.clone(), holder.address.clone())
        } else {
            (person.id, person.address)
        };
        let mut open = Wire::to(&site.origin);
        let code = open.ask(&site, &address).await.code();
        site.admin.revoke(&what).await;
        let confirmed = open.confirm(&code).await;
        if ends {
            confirmed.problem(410, "enrollment_ended");
        } else {
            assert_eq!(confirmed.status, 200, "{}", confirmed.text());
        }
        assert!(!id.is_empty());
    }
}

#[tokio::test]
async fn one_that_is_not_there_stops_all_of_it_and_a_dry_run_does_nothing() {
    let product = product().await;
    let site = product.demo();
    let mut ada = Holder::of(&site, "ada@example.com", 2).await;
    let device = ada.device_id(0).await;
    for what in [
        json!({ "devices": [device, "nobody"] }),
        json!({ "users": [ada.id, "nobody"] }),
        json!({ "domain": "nobody.example" }),
    ] {
        let answer = site.admin.call(Method::POST, "/revocations", Some(&what)).await;
        answer.problem(404, "not_found");
    }
    let many: Vec<_> = (0..501).map(|number| format!("{number:022}")).collect();
    for what in [
        json!({}),
        json!({ "dry_run": true }),
        json!({ "devices": [] }),
        json!({ "users": [] }),
        json!({ "everyone": false }),
        json!({ "everyone": "yes" }),
        json!({ "users": [ada.id], "devices": [device] }),
        json!({ "users": [ada.id], "everyone": true }),
        json!({ "devices": many }),
        json!({ "users": ada.id }),
        json!({ "all": true }),
    ] {
        let answer = site.admin.call(Method::POST, "/revocations", Some(&what)).await;
        answer.problem(400, "body_invalid");
    }
    for what in [json!({ "devices": [device] }), json!({ "users": [ada.id] }), json!({ "everyone": true })] {
        assert!(dry(&site, &what).await.0 > 0);
    }
    ada.are_out(&[false, false]).await;
    // Named twice it is still one.
    assert_eq!(dry(&site, &json!({ "users": [ada.id, ada.id] })).await, (2, 1));
    assert_eq!(dry(&site, &json!({ "devices": [device, device] })).await, (1, 1));
}

#[tokio::test]
async fn the_help_desk_revokes_people_and_devices_but_no_domain() {
    let product = product().await;
    let site = product.demo();
    let mut ada = Holder::of(&site, "ada@example.com", 2).await;
    let mut desk = Desk::open(&product, &site).await.invite(&site, "help_desk").await;
    let found = desk.get("/users?search=ada@").await;
    assert_eq!(found["users"][0]["id"], ada.id);
    let devices = desk.get(&format!("/users/{}/devices", ada.id)).await;
    assert_eq!(devices["devices"].as_array().unwrap().len(), 2);
    let device = ada.device_id(1).await;
    desk.post("/revocations", &json!({ "devices": [device] }), 200).await;
    ada.are_out(&[false, true]).await;
    let revoked = desk.post("/revocations", &json!({ "users": [ada.id] }), 200).await;
    assert_eq!(numbers(&revoked), (1, 1));
    ada.are_out(&[true, true]).await;
    for what in [json!({ "domain": "example.com" }), json!({ "everyone": true })] {
        desk.post("/revocations", &what, 403).await;
        let mut dry = what;
        dry["dry_run"] = json!(true);
        desk.post("/revocations", &dry, 403).await;
    }
}

#[tokio::test]
async fn the_answer_says_by_when_as_a_rule_and_at_the_latest() {
    let product = product().await;
    let site = product.demo();
    // Right after it was chosen, not every location has heard of `immediate`.
    for reach in ["published", "immediate"] {
        site.admin.set(&json!({ "revocation": reach })).await;
        let ada = Holder::of(&site, &format!("ada-{reach}@example.com"), 1).await;
        let mut grace = Holder::of(&site, &format!("grace-{reach}@example.com"), 1).await;
        let path = format!("/users/{}", ada.id);
        let removed = site.admin.call(Method::DELETE, &path, None).await.json();
        let device = grace.device_id(0).await;
        let ended = site.admin.revoke(&json!({ "devices": [device] })).await;
        for revoked in [removed, ended] {
            let by = |name: &str| revoked[name].as_str().unwrap_or_else(|| panic!("{revoked}")).to_owned();
            // Times of this form are in the order of their letters.
            let (rule, latest) = (by("effective_by"), by("certain_by"));
            assert!(rule.ends_with('Z') && latest.ends_with('Z'), "{revoked}");
            assert!(rule < latest, "{reach}: {revoked}");
        }
    }
}

#[tokio::test]
async fn an_account_that_has_been_immediate_for_long_enough_promises_it_at_once() {
    let product = Product::start(&[("HEARTBEAT_SECONDS", "1"), ("TRUST_SECONDS", "4")]).await;
    let site = product.demo();
    let promised_and_done = async || {
        let revoked = site.admin.revoke(&json!({ "everyone": true })).await;
        let done = site.admin.audit().await.swap_remove(0);
        assert_eq!(done["action"], "everyone.revoked");
        assert_eq!(revoked["effective_by"], revoked["certain_by"]);
        (revoked["certain_by"].clone(), done["at"].clone())
    };
    let (promised, done) = promised_and_done().await;
    assert_ne!(promised, done);
    site.admin.set(&json!({ "revocation": "immediate" })).await;
    let (promised, done) = promised_and_done().await;
    assert_ne!(promised, done);
    eventually("everybody to have heard of it", async || {
        let (promised, done) = promised_and_done().await;
        (promised == done).then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_is_published_is_held_against_what_is_true_and_made_anew() {
    let product = product().await;
    let site = product.demo();
    let ada = Holder::of(&site, "ada@example.com", 1).await;
    let grace = Holder::of(&site, "grace@example.com", 2).await;
    site.admin.revoke(&json!({ "users": [ada.id, grace.id] })).await;
    let holds = async || {
        let compared = site.admin.get("/revocations/verify").await;
        (compared["holds"] == true).then_some(compared)
    };
    let compared = eventually("KV to have everything", holds).await;
    let mut names: Vec<_> = compared.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    let documented = [
        "body_found",
        "entries",
        "holds",
        "missing",
        "published_at",
        "published_version",
        "surplus",
        "version",
    ];
    assert_eq!(names, documented);
    assert_eq!((&compared["entries"], &compared["missing"]), (&json!(2), &json!(0)), "{compared}");
    assert_eq!((&compared["surplus"], &compared["body_found"]), (&json!(0), &json!(true)), "{compared}");

    let more = json!({ "everything": true });
    let refused = site.admin.call(Method::POST, "/revocations/republish", Some(&more)).await;
    refused.problem(400, "body_invalid");
    let made_anew = site.admin.post("/revocations/republish", &json!({}), 200).await;
    assert_eq!(made_anew["entries"], 2, "{made_anew}");
    assert!(made_anew["published"].is_boolean(), "{made_anew}");
    let version = made_anew["version"].as_u64().unwrap();
    assert!(version > compared["version"].as_u64().unwrap(), "{made_anew}");
    eventually("KV to have the new version", async || {
        let compared = holds().await?;
        (compared["published_version"].as_u64() >= Some(version)).then_some(())
    })
    .await;
    let audit = site.admin.get("/audit?action=revocations.republished").await;
    assert_eq!(audit["events"].as_array().unwrap().len(), 1, "{audit}");
    assert_eq!(audit["events"][0]["actor"], "operator", "{audit}");
}

/// Mail that is no code.
async fn notices(site: &Site, address: &str) -> Vec<Mail> {
    let is_code = |mail: &Mail| {
        mail.text
            .split_whitespace()
            .any(|word| word.len() == 8 && word.bytes().all(|byte| byte.is_ascii_digit()))
    };
    site.mail.to(address).await.into_iter().filter(|mail| !is_code(mail)).collect()
}

#[tokio::test]
async fn people_are_told_once_where_the_account_wants_it_and_only_if_it_reached_them() {
    let product = product().await;
    let site = product.demo();
    let ada = Holder::of(&site, "ada@example.com", 2).await;
    let grace = Holder::of(&site, "grace@example.com", 1).await;
    let nobody = Holder::of(&site, "none@example.com", 0).await;
    site.admin.revoke_user(&grace.id).await;
    site.admin.set(&json!({ "revocation_notices": true })).await;
    site.admin.revoke_user(&nobody.id).await;
    site.admin.post("/revocations", &json!({ "users": [ada.id], "dry_run": true }), 200).await;
    site.admin.revoke_user(&ada.id).await;
    let told = eventually("the notice", async || notices(&site, &ada.address).await.pop()).await;
    assert!(told.text.contains(&site.origin), "where to enroll again: {}", told.text);
    assert!(!told.from.is_empty() && !told.subject.is_empty(), "{told:?}");
    assert_eq!(site.admin.revoke_user(&ada.id).await, 0, "nothing is left");
    // Of a whole domain everybody with a device is told, and mail goes out in order: what comes last says that the rest is there.
    for address in [&ada.address, &grace.address] {
        let mut again = Wire::to(&site.origin);
        again.enroll(&site, address, Kind::Own).await;
    }
    site.admin.revoke(&json!({ "domain": "example.com" })).await;
    for (address, count) in [(&ada.address, 2), (&grace.address, 1)] {
        let told = eventually("the notices", async || {
            let told = notices(&site, address).await;
            (told.len() >= count).then_some(told)
        });
        assert_eq!(told.await.len(), count, "{address}");
    }
    assert_eq!(notices(&site, &nobody.address).await.len(), 0);
}
