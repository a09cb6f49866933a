//! What KV is told: how often, in which order, and what happens when it does not listen or forgets.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::scale::Scale;
use super::watch::Watch;
use crate::kv::{Call, Change, Fault, Kv, Method as KvMethod, View, now};
use crate::places::location;
use crate::support::records::rewrite;
use crate::support::{Kind, MailCatcher, MailSink, Product, Site, Wire, eventually};

const DESTINATION: &str = "https://example.org/";
const HEAD: &str = "demo:head";

/// Whether KV has what it should, by the product's own word.
async fn verified(site: &Site) -> Value {
    site.admin.get("/revocations/verify").await
}

fn writes(view: &View, key: &str) -> Vec<Call> {
    let all = view.calls().into_iter();
    all.filter(|call| call.method == KvMethod::Put && call.key == key).collect()
}

#[tokio::test]
async fn a_key_is_written_once_an_interval_and_the_last_write_has_everything() {
    let kv = Kv::default();
    let home = kv.view();
    let interval = Duration::from_millis(400);
    let product = Product::start_arranged(&[("PUBLISH_INTERVAL_MILLISECONDS", "400")], |options| {
        options.kv_port = Some(home.port());
    })
    .await;
    let site = product.demo();
    eventually("what was set up to be told", async || site.admin.kv_holds().await).await;
    let mut before = writes(&home, HEAD);
    let began = now();
    // Each changes something, and together far more often than KV may be told.
    let mut changing = JoinSet::new();
    for one in 1..=10 {
        let admin = site.admin.clone();
        changing.spawn(async move {
            let mut count = 0;
            while began.elapsed() < interval * 6 {
                count += 1;
                let days = 1 + (one * 30 + count) % 365;
                admin.set(&json!({ "authentication_duration_days": days })).await;
            }
            count
        });
    }
    let count: u32 = changing.join_all().await.into_iter().sum();
    let found = eventually("KV to have the last of them", async || site.admin.kv_holds().await).await;
    assert_eq!(found["version"], found["published_version"], "{found}");
    let those = writes(&home, HEAD).split_off(before.len());
    // A write may arrive a little late, and the next one in time: so not each pause, but all of them together.
    let last_before = before.pop().map_or(began, |call| call.at);
    let span = those.last().unwrap().at.duration_since(last_before);
    let most = span.as_millis() / interval.as_millis() + 1;
    let written = u128::try_from(those.len()).unwrap();
    assert!(written <= most && written > 3 && count > 20, "{written} of at most {most} for {count} changes");
}

/// A product over this KV, with mail that is quick.
async fn product(home: &View, far: &View, sink: &MailSink, vars: &[(&str, &str)]) -> Product {
    let mut all = vec![("MAIL_OUT", sink.address.as_str()), ("RESEND_AFTER_SECONDS", "0")];
    all.extend(vars);
    Product::start_arranged(&all, |options| {
        options.kv_port = Some(home.port());
        options.locations = vec![location(far, &[])];
    })
    .await
}

fn site(product: &Product, sink: &MailSink) -> Site {
    Site { mail: MailCatcher::of(sink), ..product.demo() }
}

/// A browser of somebody new.
async fn enrolled(site: &Site, name: &str) -> Wire {
    let mut wire = Wire::to(&site.origin);
    wire.enroll(site, &site.person(name).await.address, Kind::Own).await;
    wire
}

/// The device of this browser.
async fn device(wire: &Wire) -> Value {
    wire.clone().get("/api/v1/device").await.json()["device_id"].clone()
}

/// Whether a click with the cookies of this browser at the place leads to the destination.
async fn is_accepted(product: &Product, browser: &Wire, link: &str) -> bool {
    let mut wire = product.wire_at(0);
    wire.jar = browser.jar.clone();
    let clicked = wire.click(link).await;
    let to = clicked.location().unwrap_or_else(|| panic!("{clicked:?}"));
    assert!(to == DESTINATION || to.contains("/enroll?"), "{clicked:?}");
    to == DESTINATION
}

/// As if one person had enrolled so many more browsers.
fn copies(state: &Path) {
    rewrite(
        state,
        "WITH RECURSIVE copies (number) AS (VALUES (1) UNION ALL SELECT number + 1 FROM copies WHERE number < 2300)
         INSERT INTO devices SELECT substr(hex(randomblob(11)), 1, 21) || 'A', user, name, browser, device_key, session,
             auth_time, last_used_at, expires_at, revoked FROM devices, copies WHERE user = (SELECT MAX(user) FROM devices);",
    );
}

async fn revoke_devices(site: &Site, devices: &[Value]) {
    for some in devices.chunks(400) {
        site.admin.revoke(&json!({ "devices": some })).await;
    }
}

#[tokio::test]
async fn a_body_that_kv_took_without_saying_so_is_deleted_too() {
    let kv = Kv::default();
    let home = kv.view();
    let product = Product::start_arranged(&[("OLD_BODY_SECONDS", "1")], |options| {
        options.kv_port = Some(home.port());
    })
    .await;
    let site = product.demo();
    let leaver = enrolled(&site, "leaver").await;
    revoke_devices(&site, &[device(&leaver).await]).await;
    let told = AtomicBool::new(false);
    home.faults(move |call| {
        let is_body = call.method == KvMethod::Put && call.key.starts_with("demo:body-");
        if is_body && !told.swap(true, Ordering::Relaxed) { Fault::DoneAnd(500) } else { Fault::Nothing }
    });
    // Whether the answer waits for the second try is of no matter here.
    site.admin.post("/revocations/republish", &json!({}), 200).await;
    eventually("another body under another name", async || {
        let keys = home.calls().into_iter().map(|call| call.key);
        let bodies: BTreeSet<_> = keys.filter(|key| key.starts_with("demo:body-")).collect();
        (bodies.len() == 2).then_some(())
    })
    .await;
    eventually("what KV needs no longer to be gone", async || {
        // A head, and the body that it names.
        (kv.keys().iter().filter(|key| key.starts_with("demo:")).count() == 2).then_some(())
    })
    .await;
    assert!(site.admin.kv_holds().await.is_some());
}

#[tokio::test]
async fn what_ends_all_revocations_while_their_body_is_written_is_followed_by_another_body() {
    let kv = Kv::default();
    let home = kv.view();
    let product = Product::start_arranged(&[], |options| options.kv_port = Some(home.port())).await;
    let site = product.demo();
    let leaver = enrolled(&site, "leaver").await;
    revoke_devices(&site, &[device(&leaver).await]).await;
    let late = Duration::from_secs(1);
    home.faults(move |call| {
        let is_body = call.method == KvMethod::Put && call.key.starts_with("demo:body-");
        if is_body { Fault::Late(late) } else { Fault::Nothing }
    });
    let is_body = |call: &Call| call.method == KvMethod::Put && call.key.starts_with("demo:body-");
    let bodies = || home.calls().iter().filter(|call| is_body(call)).count();
    let before = bodies();
    let admin = site.admin.clone();
    let publishing = tokio::spawn(async move { admin.post("/revocations/republish", &json!({}), 200).await });
    eventually("the body to be on its way", async || (bodies() > before).then_some(())).await;
    site.admin.revoke(&json!({ "everyone": true })).await;
    publishing.await.unwrap();
    home.heal();
    let found = eventually("KV to have everything", async || {
        site.admin.kv_holds().await.filter(|found| found["surplus"] == 0)
    })
    .await;
    assert_eq!(found["entries"], 0, "{found}");
}

#[tokio::test]
async fn a_body_is_written_before_the_head_that_names_it_and_deleted_long_after() {
    let (kv, sink) = (Kv::default(), MailSink::open());
    let [home, far] = [kv.view(), kv.view()];
    let keep_seconds = 2;
    let vars = [("OLD_BODY_SECONDS", "2"), ("PUBLISH_INTERVAL_MILLISECONDS", "100")];
    let mut product = product(&home, &far, &sink, &vars).await;
    let [first, second, kept] = {
        let site = site(&product, &sink);
        [enrolled(&site, "first").await, enrolled(&site, "second").await, enrolled(&site, "kept").await]
    };
    let [first_id, second_id, kept_id] = [device(&first).await, device(&second).await, device(&kept).await];
    product.while_stopped(copies);
    let site = site(&product, &sink);
    let link = site.admin.link(DESTINATION, "first-0@example.com").await;
    let mut others = vec![];
    for user in site.admin.get("/users?domain=example.com&limit=200").await["users"].as_array().unwrap() {
        let mut after = String::new();
        loop {
            let page = site
                .admin
                .get(&format!("/users/{}/devices?limit=200{after}", user["id"].as_str().unwrap()))
                .await;
            others.extend(page["devices"].as_array().unwrap().iter().map(|device| device["id"].clone()));
            let Some(next) = page["next"].as_str() else { break };
            after = format!("&after={next}");
        }
    }
    others.retain(|id| ![&first_id, &second_id, &kept_id].contains(&id));
    assert_eq!(others.len(), 2_300);
    let (early, late) = others.split_at(1_150);
    for (one, many) in [(&first_id, early), (&second_id, late)] {
        revoke_devices(&site, std::slice::from_ref(one)).await;
        revoke_devices(&site, many).await;
    }
    let found = eventually("KV to have all", async || site.admin.kv_holds().await).await;
    assert_eq!(
        (&found["entries"], &found["missing"], &found["surplus"]),
        (&json!(2_302), &json!(0), &json!(0))
    );
    for (browser, accepted) in [(&first, false), (&second, false), (&kept, true)] {
        assert_eq!(is_accepted(&product, browser, &link).await, accepted);
    }

    // No head ever named a body that was not there as a whole, and its body stayed for those who had read it.
    let heads = named_bodies(&kv.history(HEAD));
    let versions: Vec<_> = heads.iter().filter_map(|(_, body)| body.as_ref()).map(|(key, _)| key).collect();
    let mut replaced = BTreeMap::new();
    for ((_, body), next) in heads.iter().zip(heads.iter().skip(1)) {
        if let Some((key, _)) = body.as_ref().filter(|_| next.1 != *body) {
            replaced.insert(key.clone(), next.0);
        }
    }
    for (at, body) in &heads {
        let Some((key, entries)) = body else { continue };
        let changes = kv.history(key);
        let before = changes.iter().rev().find(|change| change.at <= *at).expect("a body before its head");
        let value = before.value.as_ref().expect("a body that is there");
        assert_eq!(value.len(), entries * 21);
        let ids: Vec<_> = value.chunks(21).map(|entry| &entry[..16]).collect();
        assert!(ids.is_sorted_by(|one, other| one < other), "sorted, and each once");
    }
    assert!(!replaced.is_empty() && versions.len() > 1, "{heads:?}");
    for (key, at) in &replaced {
        eventually("the body that was replaced to go", async || kv.value(key).is_none().then_some(())).await;
        let gone = kv.history(key).pop().unwrap().at;
        // Times are kept in whole seconds.
        let least = Duration::from_secs(keep_seconds - 1);
        assert!(gone.duration_since(*at) >= least, "{key} was gone after {:?}", gone.duration_since(*at));
    }
    let left = kv.keys().into_iter().filter(|key| key.starts_with("demo:")).count();
    assert_eq!(left, 2, "the head and one body");
    assert_eq!(verified(&site).await["holds"], true);
}

/// When each head was written, with the version and the number of entries of the body that it names.
fn named_bodies(heads: &[Change]) -> Vec<(Instant, Option<(String, usize)>)> {
    let named = |value: &[u8]| {
        let head: Value = serde_json::from_slice(value).unwrap();
        let (version, draw) = (head["body"]["version"].as_u64()?, head["body"]["draw"].as_u64().unwrap());
        Some((
            format!("demo:body-{version}-{draw:08x}"),
            usize::try_from(head["body"]["entries"].as_u64().unwrap()).unwrap(),
        ))
    };
    heads.iter().map(|change| (change.at, change.value.as_deref().and_then(named))).collect()
}

async fn republish(site: &Site) -> Value {
    site.admin.post("/revocations/republish", &json!({}), 200).await
}

#[tokio::test]
async fn what_kv_has_lost_is_found_missing_harms_nobody_and_comes_back() {
    let (kv, sink) = (Kv::default(), MailSink::open());
    let [home, far] = [kv.view(), kv.view()];
    // Short, so that a place says soon what it misses.
    let mut product =
        product(&home, &far, &sink, &[("HEARTBEAT_SECONDS", "2"), ("TRUST_SECONDS", "6")]).await;
    let (link, revoked, kept) = {
        let site = site(&product, &sink);
        let [revoked, kept] = [enrolled(&site, "revoked").await, enrolled(&site, "kept").await];
        site.admin.revoke(&json!({ "devices": [device(&revoked).await] })).await;
        (site.admin.link(DESTINATION, "somebody@example.com").await, revoked, kept)
    };
    let all_right = async |product: &Product| {
        assert!(!is_accepted(product, &revoked, &link).await, "the revoked one is refused");
        assert!(is_accepted(product, &kept, &link).await, "the other one is not");
    };
    all_right(&product).await;
    let site_now = site(&product, &sink);
    let told = republish(&site_now).await;
    assert_eq!((&told["published"], &told["entries"]), (&json!(true), &json!(1)), "{told}");
    assert!(site_now.admin.kv_holds().await.is_some(), "{}", verified(&site_now).await);
    let audit = site_now.admin.audit().await;
    assert!(audit.iter().any(|event| event["action"] == "revocations.republished"), "{audit:?}");

    kv.wipe();
    let found = verified(&site_now).await;
    assert_eq!(
        (&found["holds"], &found["missing"], &found["published_version"]),
        (&json!(false), &json!(1), &Value::Null)
    );
    all_right(&product).await;
    // Nothing is in anybody's memory any more.
    product.crash_and_restart();
    all_right(&product).await;
    let site_now = site(&product, &sink);
    assert_eq!(republish(&site_now).await["published"], true);
    assert!(site_now.admin.kv_holds().await.is_some(), "{}", verified(&site_now).await);
    all_right(&product).await;

    let body = kv.keys().into_iter().find(|key| key.starts_with("demo:body-")).unwrap();
    kv.delete(&body);
    let found = verified(&site_now).await;
    assert_eq!(
        (&found["holds"], &found["missing"], &found["body_found"]),
        (&json!(false), &json!(1), &json!(false)),
        "{found}"
    );
    product.crash_and_restart();
    // The place finds that it is missing, says so, and it is made anew.
    let site_now = site(&product, &sink);
    eventually("the body to come back by itself", async || {
        all_right(&product).await;
        site_now.admin.kv_holds().await
    })
    .await;
    all_right(&product).await;

    home.die();
    let unknown = site_now.admin.call(Method::GET, "/revocations/verify", None).await;
    unknown.problem(503, "unavailable");
    assert_eq!(republish(&site_now).await["published"], false);
    home.heal();
    eventually("KV to be told after all", async || site_now.admin.kv_holds().await).await;
    all_right(&product).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_kv_takes_no_write_the_bound_holds_and_nobody_else_is_signed_out() {
    let scale = Scale::of_this_run();
    let (kv, sink) = (Kv::default(), MailSink::open());
    let [home, far] = [kv.view(), kv.view()];
    let vars = scale.variables();
    let vars: Vec<_> = vars.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let product = product(&home, &far, &sink, &vars).await;
    let site = site(&product, &sink);
    site.admin.set(&json!({ "renew_after_seconds": 0 })).await;
    let [revoked, kept] = [enrolled(&site, "revoked").await, enrolled(&site, "kept").await];
    let link = site.admin.link(DESTINATION, "somebody@example.com").await;
    let began = now();
    let mut watch = Watch::new();
    let mut add = |browser: &Wire| {
        let mut wire = product.wire_at(0);
        wire.jar = browser.jar.clone();
        watch.add(wire, &link, DESTINATION, false)
    };
    let records = [add(&revoked), add(&kept)];
    tokio::time::sleep(scale.time(60)).await;
    home.faults(|call| match call.method {
        KvMethod::Put => Fault::Status(if call.number % 2 == 0 { 429 } else { 500 }),
        _ => Fault::Nothing,
    });
    site.admin.revoke(&json!({ "devices": [device(&revoked).await] })).await;
    let revoked_at = now();
    tokio::time::sleep(scale.time(240)).await;
    watch.end().await;
    records[0].is_refused(revoked_at, "the revoked one");
    let late = records[0].accepted_after(revoked_at);
    assert!(late <= scale.time(180), "{late:?}");
    assert!(records[1].all_accepted(began, now(), "the kept one") > 20);
    assert_ne!(verified(&site).await["missing"], 0);
    home.heal();
    // The pauses between two tries grow to half a minute.
    if site.admin.kv_holds().await.is_none() {
        assert_eq!(republish(&site).await["published"], true);
    }
    assert!(site.admin.kv_holds().await.is_some());
}
