//! My devices: what people see of them, what they may change, and everybody else who would like to.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Bound, DEVICE, Kind, Product, Site, TICKET, Wire, eventually};

pub(crate) const DEVICES: &str = "/api/v1/devices";
const OTHERS: &str = "/api/v1/devices/revoke-others";
const CODE: &str = "/api/v1/devices/code";
const CONFIRM_CODE: &str = "/api/v1/devices/code/confirm";

/// What the page's script sends.
async fn change(wire: &mut Wire, method: Method, path: &str, body: Option<&Value>) -> Answer {
    let request = wire.request(method, path).header("Sec-Fetch-Site", "same-origin");
    let request = request.header("Origin", &wire.origin);
    let request = if let Some(body) = body { request.json(body) } else { request };
    wire.send(request).await
}

async fn rename(wire: &mut Wire, id: &str, name: impl Into<Value>) -> Answer {
    change(wire, Method::PATCH, &format!("{DEVICES}/{id}"), Some(&json!({ "name": name.into() }))).await
}

async fn sign_out(wire: &mut Wire, id: &str) -> Answer {
    change(wire, Method::DELETE, &format!("{DEVICES}/{id}"), None).await
}

pub(crate) async fn listed(wire: &mut Wire) -> Value {
    let answer = wire.get(DEVICES).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

async fn id(wire: &mut Wire) -> String {
    wire.get("/api/v1/device").await.json()["device_id"].as_str().unwrap().to_owned()
}

pub(crate) async fn unbound(site: &Site, address: &str, kind: Kind) -> Wire {
    let mut wire = Wire::to(&site.origin);
    wire.enroll(site, address, kind).await;
    wire
}

/// Asks for a code to change something with, and reads the mail.
async fn code(wire: &mut Wire, site: &Site, address: &str) -> String {
    let before = site.mail.to(address).await.len();
    let sent = wire.post(CODE, &json!({})).await;
    assert_eq!(sent.status, 202, "{}", sent.text());
    assert!(sent.set_cookie(TICKET).is_some());
    let mail = site.mail.nth(address, before).await;
    assert!(mail.subject.contains("change your devices"), "{}", mail.subject);
    mail.code()
}

pub(crate) fn another(code: &str) -> String {
    format!("{:08}", (code.parse::<u32>().unwrap() + 1) % 100_000_000)
}

#[track_caller]
fn assert_signed_out(answer: &Answer, count: u64) {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let body = answer.json();
    assert_eq!(body["revoked_devices"], count, "{body}");
    for by in ["effective_by", "certain_by"] {
        assert!(body[by].as_str().is_some_and(|at| at.ends_with('Z')), "{body}");
    }
}

#[tokio::test]
async fn people_see_their_own_living_devices_and_nothing_of_anybody_else() {
    let site = Product::shared().await.demo();
    let (person, other) = (site.person("mine").await, site.person("theirs").await);
    let mut bound = Bound::enroll(&site, &person.address, 60).await;
    let mut shared = unbound(&site, &person.address, Kind::Shared).await;
    let mut gone = unbound(&site, &person.address, Kind::Own).await;
    let mut stranger = unbound(&site, &other.address, Kind::Own).await;
    let gone = id(&mut gone).await;
    site.admin.revoke_device(&gone).await;

    let answer = bound.wire.get(DEVICES).await;
    assert!(!answer.text().contains(&person.address), "{}", answer.text());
    let list = answer.json();
    assert_eq!((&list["address_masked"], &list["change"]), (&json!("m•••@example.com"), &json!("open")));
    let [this, second] = list["devices"].as_array().unwrap().clone().try_into().unwrap();
    assert_eq!((&this["this"], &second["this"]), (&json!(true), &json!(false)));
    assert_eq!((&this["binding"], &second["binding"]), (&json!("key"), &json!("none")));
    assert_eq!((&this["session"], &second["session"]), (&json!(false), &json!(true)));
    assert_eq!(this["id"], json!(id(&mut bound.wire).await));
    for device in [&this, &second] {
        let names: BTreeSet<_> = device.as_object().unwrap().keys().map(String::as_str).collect();
        let expected = [
            "binding",
            "browser",
            "enrolled_at",
            "expires_at",
            "id",
            "last_used_on",
            "name",
            "session",
            "this",
        ];
        assert_eq!(names, BTreeSet::from(expected));
        assert_eq!(device["last_used_on"].as_str().unwrap().len(), "2026-11-22".len());
    }
    // Seen from the other one, that is the first, and it needs a code.
    let list = listed(&mut shared).await;
    assert_eq!((&list["devices"][0]["id"], &list["change"]), (&second["id"], &json!("code")));
    assert_eq!(listed(&mut stranger).await["devices"].as_array().unwrap().len(), 1);
    Wire::to(&site.origin).get(DEVICES).await.problem(401, "not_enrolled");
}

#[tokio::test]
async fn a_device_gets_a_name_and_loses_it_and_markup_is_only_text() {
    let site = Product::shared().await.demo();
    let person = site.person("name").await;
    let mut wire = Bound::enroll(&site, &person.address, 61).await.wire;
    let mut other = unbound(&site, &person.address, Kind::Own).await;
    let other = id(&mut other).await;
    let longest = "\u{1f5a5}".repeat(64);
    for name in ["Office", "<img src=x onerror=alert(1)>", "\u{202e}حاسوبي", &longest] {
        let renamed = rename(&mut wire, &other, name).await;
        assert_eq!(renamed.status, 200, "{}", renamed.text());
        assert_eq!((&renamed.json()["name"], &renamed.json()["id"]), (&json!(name), &json!(other)));
        assert_eq!(listed(&mut wire).await["devices"][1]["name"], name);
    }
    for name in [format!("{longest}x"), "a\u{7}b".to_owned(), "a\nb".to_owned()] {
        rename(&mut wire, &other, name).await.problem(422, "name_invalid");
    }
    rename(&mut wire, &other, 7).await.problem(400, "body_invalid");
    assert_eq!(listed(&mut wire).await["devices"][1]["name"], json!(longest));
    assert_eq!(rename(&mut wire, &other, Value::Null).await.json()["name"], Value::Null);
    let audit = site.admin.audit().await;
    let renamed =
        |event: &&Value| event["action"] == "device.renamed" && event["subject"] == json!(person.id);
    let event = audit.iter().find(renamed).unwrap();
    assert!(!event.to_string().contains("Office"), "{event}");
}

#[tokio::test]
async fn another_persons_device_is_not_there_and_goes_on() {
    let site = Product::shared().await.demo();
    let person = site.person("nosy").await;
    let mut nosy = Bound::enroll(&site, &person.address, 62).await.wire;
    let mut victim = unbound(&site, &site.person("victim").await.address, Kind::Own).await;
    let victims = id(&mut victim).await;
    for id in [victims.as_str(), "x", "AAAAAAAAAAAAAAAAAAAAAA", "..", "%00"] {
        let id = id.replace("..", "%2e%2e%2f");
        rename(&mut nosy, &id, "mine").await.problem(404, "not_found");
        sign_out(&mut nosy, &id).await.problem(404, "not_found");
    }
    assert_signed_out(&nosy.post(OTHERS, &json!({})).await, 0);
    assert_eq!(listed(&mut victim).await["devices"][0]["name"], Value::Null);
}

#[tokio::test]
async fn one_device_is_signed_out_at_once_and_this_one_goes_on() {
    let site = Product::shared().await.demo();
    let person = site.person("one").await;
    let mut wire = Bound::enroll(&site, &person.address, 63).await.wire;
    let mut lost = Bound::enroll(&site, &person.address, 64).await;
    let ended = id(&mut lost.wire).await;
    assert_signed_out(&sign_out(&mut wire, &ended).await, 1);
    lost.prove().await.problem(403, "device_revoked");
    lost.wire.get(DEVICES).await.problem(401, "not_enrolled");
    assert_eq!(listed(&mut wire).await["devices"].as_array().unwrap().len(), 1);
    // It is not there to be signed out again, or named.
    sign_out(&mut wire, &ended).await.problem(404, "not_found");
    rename(&mut wire, &ended, "x").await.problem(404, "not_found");
}

#[tokio::test]
async fn all_others_are_signed_out_and_what_somebody_is_about_to_enroll_too() {
    let site = Product::shared().await.demo();
    let person = site.person("all").await;
    let mut wire = Bound::enroll(&site, &person.address, 65).await.wire;
    let mut bound = Bound::enroll(&site, &person.address, 66).await;
    let mut shared = unbound(&site, &person.address, Kind::Shared).await;
    let mut coming = Wire::to(&site.origin);
    // The fourth mail within a quarter of an hour, for a browser that shows whose it is.
    coming.jar.clone_from(&wire.jar);
    let code = coming.ask(&site, &person.address).await.code();
    coming.jar.remove(DEVICE);
    assert_signed_out(&wire.post(OTHERS, &json!({})).await, 2);
    bound.prove().await.problem(403, "device_revoked");
    bound.wire.get(DEVICES).await.problem(401, "not_enrolled");
    shared.get(DEVICES).await.problem(401, "not_enrolled");
    coming.confirm(&code).await.problem(410, "enrollment_ended");
    assert_eq!(listed(&mut wire).await["devices"].as_array().unwrap().len(), 1);
    assert_signed_out(&wire.post(OTHERS, &json!({})).await, 0);
}

#[tokio::test]
async fn a_body_without_a_name_takes_none_away_and_the_fixed_addresses_are_no_ids() {
    let site = Product::shared().await.demo();
    let person = site.person("fixed").await;
    let mut device = Bound::enroll(&site, &person.address, 68).await;
    let own = id(&mut device.wire).await;
    assert_eq!(rename(&mut device.wire, &own, "mine").await.status, 200);
    let at = format!("{DEVICES}/{own}");
    let nothing = device.wire.request(Method::PATCH, &at).header("Origin", &site.origin).json(&json!({}));
    device.wire.send(nothing).await.problem(400, "body_invalid");
    assert_eq!(listed(&mut device.wire).await["devices"][0]["name"], "mine");
    for fixed in [OTHERS, CODE] {
        let delete = device.wire.request(Method::DELETE, fixed).header("Origin", &site.origin);
        device.wire.send(delete).await.problem(405, "method_not_allowed");
    }
}

#[tokio::test]
async fn signing_out_the_device_that_asks_empties_its_browser_too() {
    let site = Product::shared().await.demo();
    let person = site.person("itself").await;
    let mut device = Bound::enroll(&site, &person.address, 69).await;
    let own = id(&mut device.wire).await;
    let gone = sign_out(&mut device.wire, &own).await;
    assert_signed_out(&gone, 1);
    assert_eq!(gone.headers["Clear-Site-Data"], "\"storage\"");
    assert!(!device.wire.jar.contains_key(DEVICE));
}

#[tokio::test]
async fn a_copied_cookie_changes_nothing_once_the_proof_is_no_longer_recent() {
    let product = Product::start(&[("RECENT_PROOF_SECONDS", "2")]).await;
    let site = product.demo();
    let person = site.person("recent").await;
    let mut device = Bound::enroll(&site, &person.address, 67).await;
    let mut copy = device.wire.clone();
    let own = id(&mut copy).await;
    let refused = eventually("a change to need a proof", async || {
        let answer = rename(&mut copy, &own, "theirs").await;
        (answer.status != 200).then_some(answer)
    });
    refused.await.problem(403, "proof_needed");
    sign_out(&mut copy, &own).await.problem(403, "proof_needed");
    copy.post(OTHERS, &json!({})).await.problem(403, "proof_needed");
    assert_eq!(listed(&mut copy).await["change"], "proof");
    // A code is not another way: whoever reads the mail has not the key. Nor does a bare press make the cookie any fresher.
    let mails = site.mail.to(&person.address).await.len();
    copy.post(CODE, &json!({})).await.problem(403, "proof_needed");
    assert_eq!(site.mail.to(&person.address).await.len(), mails);
    copy.post("/api/v1/device/press", &json!({})).await.problem(403, "proof_needed");
    // The device proves, and may. On a slow machine that, too, may take too long for once.
    eventually("a change right after a proof", async || {
        assert_eq!(device.prove().await.status, 200);
        let renamed = rename(&mut device.wire, &own, "mine").await;
        (renamed.status == 200).then_some(())
    })
    .await;
    rename(&mut copy, &own, "theirs").await.problem(403, "proof_needed");
    assert_eq!(listed(&mut copy).await["devices"][0]["name"], "mine");
}

#[tokio::test]
async fn without_a_key_a_code_opens_changes_in_the_browser_that_asked_for_it_and_nowhere_else() {
    let site = Product::shared().await.demo();
    let person = site.person("code").await;
    let mut wire = unbound(&site, &person.address, Kind::Own).await;
    let own = id(&mut wire).await;
    rename(&mut wire, &own, "x").await.problem(403, "code_needed");
    sign_out(&mut wire, &own).await.problem(403, "code_needed");
    wire.post(OTHERS, &json!({})).await.problem(403, "code_needed");
    wire.post(CONFIRM_CODE, &json!({ "code": "12345678" })).await.problem(401, "ticket_missing");

    let mut copy = wire.clone();
    let code = code(&mut wire, &site, &person.address).await;
    copy.post(CONFIRM_CODE, &json!({ "code": code })).await.problem(401, "ticket_missing");
    wire.post(CONFIRM_CODE, &json!({ "code": "1" })).await.problem(422, "code_malformed");
    for left in [4, 3] {
        let wrong = wire.post(CONFIRM_CODE, &json!({ "code": another(&code) })).await;
        assert_eq!(wrong.problem(422, "code_wrong")["attempts_left"], left);
    }
    rename(&mut wire, &own, "x").await.problem(403, "code_needed");
    let confirmed = wire.post(CONFIRM_CODE, &json!({ "code": code })).await;
    assert_eq!(confirmed.status, 204, "{}", confirmed.text());
    assert!(confirmed.set_cookie(DEVICE).is_none());
    wire.post(CONFIRM_CODE, &json!({ "code": code })).await.problem(410, "code_used");

    assert_eq!(rename(&mut wire, &own, "mine").await.json()["name"], "mine");
    assert_eq!(listed(&mut wire).await["change"], "open");
    rename(&mut copy, &own, "theirs").await.problem(403, "code_needed");
    assert_eq!(listed(&mut copy).await["change"], "code");
    // Somebody else's device with this ticket is not open either.
    let stranger = site.person("stranger").await;
    let mut thief = unbound(&site, &stranger.address, Kind::Own).await;
    let theirs = id(&mut thief).await;
    thief.jar.insert(TICKET.to_owned(), wire.jar[TICKET].clone());
    rename(&mut thief, &theirs, "x").await.problem(403, "code_needed");
}

#[tokio::test]
async fn five_wrong_codes_end_the_right_one() {
    let site = Product::shared().await.demo();
    let person = site.person("guess").await;
    let mut wire = unbound(&site, &person.address, Kind::Own).await;
    let own = id(&mut wire).await;
    let code = code(&mut wire, &site, &person.address).await;
    for left in [4, 3, 2, 1, 0] {
        let wrong = wire.post(CONFIRM_CODE, &json!({ "code": another(&code) })).await;
        assert_eq!(wrong.problem(422, "code_wrong")["attempts_left"], left);
    }
    wire.post(CONFIRM_CODE, &json!({ "code": code })).await.problem(410, "attempts_exhausted");
    rename(&mut wire, &own, "x").await.problem(403, "code_needed");
}

#[tokio::test]
async fn a_code_to_enroll_changes_no_device_and_a_code_to_change_enrolls_none() {
    let site = Product::shared().await.demo();
    let person = site.person("mixed").await;
    let mut wire = unbound(&site, &person.address, Kind::Own).await;
    let own = id(&mut wire).await;
    let to_enroll = wire.ask(&site, &person.address).await.code();
    wire.post(CONFIRM_CODE, &json!({ "code": to_enroll })).await.problem(401, "ticket_missing");
    rename(&mut wire, &own, "x").await.problem(403, "code_needed");

    let to_change = code(&mut wire, &site, &person.address).await;
    wire.confirm(&to_change).await.problem(401, "ticket_missing");
    // Not even once it has been confirmed.
    assert_eq!(wire.post(CONFIRM_CODE, &json!({ "code": to_change })).await.status, 204);
    wire.confirm(&to_change).await.problem(401, "ticket_missing");
    assert_eq!(site.admin.devices(&person.id).await.len(), 1);
}

#[tokio::test]
async fn a_forgotten_device_is_ended_everywhere_and_takes_its_cookies_and_storage_along() {
    let site = Product::shared().await.demo();
    let person = site.person("forget").await;
    let mut wire = unbound(&site, &person.address, Kind::Own).await;
    let mut copy = wire.clone();
    // No code is needed for it, and another's ticket goes along.
    code(&mut wire, &site, &person.address).await;
    let forgotten = change(&mut wire, Method::DELETE, "/api/v1/device", None).await;
    assert_eq!(forgotten.status, 204, "{}", forgotten.text());
    assert_eq!(forgotten.header("Clear-Site-Data"), Some("\"storage\""));
    for name in [DEVICE, TICKET] {
        let cookie = forgotten.set_cookie(name).unwrap();
        assert!(cookie.contains("Max-Age=0") && cookie.contains("Path=/"), "{cookie}");
    }
    assert!(wire.jar.is_empty());
    copy.get(DEVICES).await.problem(401, "not_enrolled");
    copy.post(CODE, &json!({})).await.problem(401, "not_enrolled");
    // Again, and from a browser that never was one: nothing to end.
    assert_eq!(change(&mut wire, Method::DELETE, "/api/v1/device", None).await.status, 204);
}
