//! What asks the account object knows of a revocation at once, however old a copy the place has.

use reqwest::Method;
use serde_json::{Value, json};

use crate::kv::{Kv, Method as KvMethod};
use crate::places::location;
use crate::support::{Bound, CONFIRM, DEVICE, Kind, MailCatcher, MailSink, Product, Site, Wire, eventually};

const DESTINATION: &str = "https://example.org/";
const HEAD: &str = "demo:head";

/// A product at home and at one place that reads KV as it was when it was told to.
#[tokio::test]
async fn proofs_enrollments_their_own_pages_and_the_administration_need_no_time() {
    let (kv, sink) = (Kv::default(), MailSink::open());
    let [home, far] = [kv.view(), kv.view()];
    let vars = [("MAIL_OUT", sink.address.as_str()), ("RESEND_AFTER_SECONDS", "0")];
    let product = Product::start_arranged(&vars, |options| {
        options.kv_port = Some(home.port());
        options.locations = vec![location(&far, &[])];
    })
    .await;
    let site = Site { mail: MailCatcher::of(&sink), ..product.demo() };
    let person = site.person("leaver").await;
    let link = site.admin.link(DESTINATION, &person.address).await;
    let near = Bound::enroll(&site, &person.address, 1).await;
    let mut bound = Bound { wire: product.wire_at(0), ..near.clone() };
    bound.wire.jar.clone_from(&near.wire.jar);
    // Somebody who has just been sent a code.
    let mut late = Wire::to(&site.origin);
    let code = late.ask(&site, &person.address).await.code();
    let jar = late.jar.clone();
    let mut late = product.wire_at(0);
    late.jar = jar;

    bound.wire.click(&link).await.leads_to(DESTINATION);
    eventually("the place to have a copy", async || (far.count(KvMethod::Get, HEAD) > 0).then_some(())).await;
    far.stick(HEAD);
    assert_eq!(bound.prove().await.status, 200);
    let challenge = bound.challenge().await;
    let proof = bound.proof(&challenge);
    site.admin.revoke_user(&person.id).await;

    // The place still goes by what it knew. So all the others below are not by chance.
    bound.wire.clone().click(&link).await.leads_to(DESTINATION);
    let refused = bound.offer(&proof).await;
    refused.problem(403, "device_revoked");
    assert_eq!(refused.set_cookie(DEVICE).filter(|cookie| !cookie.contains("Max-Age=0")), None);
    let body = json!({ "code": code, "kind": "own" });
    let confirmed = late.post(CONFIRM, &body).await;
    assert!((400..500).contains(&confirmed.status), "{}", confirmed.text());
    for path in ["/api/v1/device", "/api/v1/devices"] {
        assert_eq!(bound.wire.clone().get(path).await.status, 401, "{path}");
    }
    let by_that_place = product.admin_at(0).user(&person.id).await;
    assert_eq!(by_that_place["devices"], 0, "{by_that_place}");
}

#[tokio::test]
async fn an_account_that_wants_it_at_once_has_it_at_once_everywhere() {
    let (kv, sink) = (Kv::default(), MailSink::open());
    let [home, far, dead] = [kv.view(), kv.view(), kv.view()];
    dead.die();
    let product = Product::start_arranged(&[("MAIL_OUT", sink.address.as_str())], |options| {
        options.kv_port = Some(home.port());
        options.locations = vec![location(&far, &[]), location(&dead, &[])];
    })
    .await;
    let site = Site { mail: MailCatcher::of(&sink), ..product.demo() };
    site.admin.set(&json!({ "revocation": "immediate" })).await;
    let mut clickers = vec![];
    for name in ["by-person", "by-device"] {
        let person = site.person(name).await;
        let mut phone = Wire::to(&site.origin);
        phone.enroll(&site, &person.address, Kind::Own).await;
        clickers.push((person, phone));
    }
    let link = site.admin.link(DESTINATION, &clickers[0].0.address).await;
    let at = |place: Option<usize>, phone: &Wire| {
        let mut wire = place.map_or_else(|| Wire::to(&site.origin), |place| product.wire_at(place));
        wire.jar = phone.jar.clone();
        wire
    };
    let everywhere = [None, Some(0), Some(1)];
    for (_, phone) in &clickers {
        for place in everywhere {
            at(place, phone).click(&link).await.leads_to(DESTINATION);
        }
    }
    far.stick(HEAD);
    let device = clickers[1].1.get("/api/v1/device").await.json()["device_id"].clone();
    let revocations = [json!({ "users": [clickers[0].0.id] }), json!({ "devices": [device] })];
    for ((_, phone), what) in clickers.iter().zip(revocations) {
        site.admin.revoke(&what).await;
        for place in everywhere {
            let clicked = at(place, phone).click(&link).await;
            assert!(clicked.location().unwrap().contains("/enroll?"), "{place:?}: {clicked:?}");
            assert_eq!(verdict(&at(place, phone)).await, 401, "{place:?}");
        }
    }
}

async fn verdict(wire: &Wire) -> u16 {
    wire.request(Method::GET, "/api/v1/verify").send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn the_answer_says_by_when_it_is_known_as_a_rule_and_at_the_latest() {
    let product = Product::start(&[("COPY_AWAIT_SECONDS", "60")]).await;
    let site = product.demo();
    let person = site.person("leaver").await;
    let revoked = site.admin.revoke(&json!({ "users": [person.id] })).await;
    assert_eq!(seconds_between(&revoked["effective_by"], &revoked["certain_by"]), 90, "{revoked}");
    let at = &site.admin.audit().await[0]["at"];
    assert_eq!(seconds_between(at, &revoked["certain_by"]), 180, "{revoked} {at}");
}

/// Both are RFC 3339 in UTC, and less than a day apart.
fn seconds_between(one: &Value, other: &Value) -> u32 {
    let of_day = |time: &Value| {
        let (_, clock) = time.as_str().unwrap().split_once('T').unwrap();
        let parts = clock.trim_end_matches('Z').split(':').map(|part| part.parse::<u32>().unwrap());
        parts.fold(0, |sum, part| sum * 60 + part)
    };
    (of_day(other) + 86_400 - of_day(one)) % 86_400
}
