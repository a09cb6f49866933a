//! The places, the KV and the network of these tests do what they are told: otherwise what the tests say would mean nothing.

use std::time::Duration;

use serde_json::json;
use xtask::stack::Location;

use crate::faulty_accounts::{AccountCall, Fate, FaultyAccounts};
use crate::kv::{Fault, Kv, Method, View};
use crate::places::location;
use crate::support::{Admin, Kind, Product, Wire, eventually};

const HEAD: &str = "demo:head";

pub(crate) async fn read(view: &View, key: &str) -> (u16, Vec<u8>) {
    let key = key.replace(':', "%3A");
    let address = format!("http://127.0.0.1:{}/{key}?urlencoded=true&cache_ttl=30", view.port());
    let answer = reqwest::get(address).await.unwrap();
    (answer.status().as_u16(), answer.bytes().await.unwrap().to_vec())
}

#[tokio::test]
async fn a_view_is_as_late_as_forgetful_and_as_stuck_as_it_is_told() {
    let kv = Kv::default();
    let [quick, slow, forgetful, stuck] = [kv.view(), kv.view(), kv.view(), kv.view()];
    slow.delay(Duration::from_hours(1));
    forgetful.remember_misses(Duration::from_hours(1));
    assert_eq!(read(&forgetful, HEAD).await.0, 404);
    kv.put(HEAD, b"one");
    stuck.stick(HEAD);
    kv.put(HEAD, b"two");
    assert_eq!(read(&quick, HEAD).await, (200, b"two".to_vec()));
    assert_eq!(read(&slow, HEAD).await.0, 404);
    assert_eq!(read(&forgetful, HEAD).await.0, 404);
    assert_eq!(read(&stuck, HEAD).await, (200, b"one".to_vec()));
    stuck.unstick(HEAD);
    assert_eq!(read(&stuck, HEAD).await, (200, b"two".to_vec()));
    quick.remember(Duration::from_hours(1));
    assert_eq!(read(&quick, HEAD).await, (200, b"two".to_vec()));
    kv.put(HEAD, b"three");
    assert_eq!(read(&quick, HEAD).await, (200, b"two".to_vec()));
    kv.wipe();
    assert_eq!((read(&stuck, HEAD).await.0, kv.value(HEAD), kv.history(HEAD).len()), (404, None, 4));
}

#[tokio::test]
async fn a_view_fails_when_it_is_told_to() {
    let kv = Kv::default();
    let view = kv.view();
    view.faults(|call| match (call.method, call.number) {
        (Method::Get, 1) => Fault::Status(429),
        (Method::Put, 1) => Fault::DoneAnd(500),
        (Method::Get, 2) => Fault::Late(Duration::from_millis(1)),
        (Method::Delete, _) => Fault::Hang,
        _ => Fault::Nothing,
    });
    assert_eq!(read(&view, HEAD).await.0, 429);
    let client = reqwest::Client::new();
    let address = format!("http://127.0.0.1:{}/{HEAD}", view.port());
    assert_eq!(client.put(&address).body("one").send().await.unwrap().status(), 500);
    assert_eq!(read(&view, HEAD).await, (200, b"one".to_vec()));
    tokio::select! {
        answer = client.delete(&address).send() => panic!("{answer:?}"),
        () = eventually("the call to have come", async || {
            view.calls().pop().is_some_and(|call| call.method == Method::Delete).then_some(())
        }) => {}
    }
    assert_eq!((kv.value(HEAD).as_deref(), view.count(Method::Get, ":head")), (Some(b"one".as_slice()), 2));
    view.die();
    assert!(reqwest::get(&address).await.is_err());
    view.heal();
    assert_eq!(read(&view, HEAD).await.0, 200);
}

#[tokio::test]
async fn two_locations_share_the_account_object_and_nothing_else() {
    let kv = Kv::default();
    let [home, near, far] = [kv.view(), kv.view(), kv.view()];
    let product = Product::start_arranged(&[], |options| {
        options.kv_port = Some(home.port());
        options.locations = vec![location(&near, &[]), location(&far, &[])];
    })
    .await;
    let site = product.demo();
    let ada = site.person("ada").await;
    let link = site.admin.link("https://example.org/", &ada.address).await;
    let mut phone = Wire::to(&site.origin);
    phone.enroll(&site, &ada.address, Kind::Own).await;
    let mut at = [product.wire_at(0), product.wire_at(1)];
    for wire in &mut at {
        wire.jar = phone.jar.clone();
        wire.click(&link).await.leads_to("https://example.org/");
    }
    eventually("both to have read KV", async || {
        (near.count(Method::Get, HEAD) > 0 && far.count(Method::Get, HEAD) > 0).then_some(())
    })
    .await;
    assert_eq!(home.count(Method::Get, HEAD), 0, "a location reads by its own view only");

    // What one location is told, the other one's administration tells.
    assert_eq!(product.admin_at(1).user(&ada.id).await["devices"], 1);
    far.stick(HEAD);
    product.admin_at(0).revoke_user(&ada.id).await;
    let [near, far] = &mut at;
    eventually("the near one to know", async || {
        near.click(&link).await.location().unwrap().contains("/enroll?to=").then_some(())
    })
    .await;
    far.click(&link).await.leads_to("https://example.org/");
}

#[tokio::test]
async fn calls_to_the_account_object_are_lost_before_and_after_their_work() {
    let kv = Kv::default();
    let (view, calls) = (kv.view(), FaultyAccounts::open());
    let product = Product::start_arranged(&[], |options| {
        options.kv_port = Some(view.port());
        options.locations = vec![Location { faulty_accounts: Some(calls.port()), ..location(&view, &[]) }];
    })
    .await;
    let (here, there) = (product.demo().admin, product.admin_at(0));
    let add = async |name: &str| {
        let body = json!({ "name": name });
        there.call(reqwest::Method::POST, "/domains", Some(&body)).await.status
    };
    let has = async |name: &str| here.get("/domains").await.to_string().contains(name);
    assert_eq!((add("passes.example").await, has("passes.example").await), (201, true));
    // Who calls is asked first, and that is a call of the same kind.
    let (last, _) = calls.calls().pop().unwrap();
    assert_eq!((last.number, last.of_kind, calls.calls()[0].0.kind), (2, 2, last.kind));
    let all_that_name = |name: &'static str, fate: Fate| {
        let names =
            move |call: &AccountCall| call.message.windows(name.len()).any(|part| part == name.as_bytes());
        calls.rule(move |call| if names(call) { fate } else { Fate::Pass });
    };
    for (fate, name, status, is_done) in [
        (Fate::FailBefore, "before.example", 503, false),
        (Fate::FailAfter, "after.example", 503, true),
        (Fate::PassAfter(Duration::from_millis(1)), "late.example", 201, true),
    ] {
        all_that_name(name, fate);
        assert_eq!((add(name).await, has(name).await), (status, is_done), "{fate:?}");
        assert_eq!(calls.calls().pop().unwrap().1, fate);
    }
    for (fate, name, is_done) in
        [(Fate::HangBefore, "silent.example", false), (Fate::HangAfter, "mute.example", true)]
    {
        all_that_name(name, fate);
        tokio::select! {
            status = add(name) => panic!("{fate:?} is answered: {status}"),
            () = eventually("the call to have come", async || {
                let has_come = calls.calls().pop().is_some_and(|(_, of_last)| of_last == fate);
                (has_come && has(name).await == is_done).then_some(())
            }) => {}
        }
    }
}

#[tokio::test]
async fn a_deployment_with_another_secret_has_it_everywhere() {
    let kv = Kv::default();
    let view = kv.view();
    let mut product = Product::start_arranged(&[], |options| {
        options.kv_port = Some(view.port());
        options.locations = vec![location(&view, &[])];
    })
    .await;
    let others = "a-token-of-somebody-who-is-not-known-here";
    product.redeploy(&[("ADMIN_API_TOKEN", others)]);
    let settings = async |admin: &Admin| admin.call(reqwest::Method::GET, "/settings", None).await.status;
    let origin = product.stack.origin();
    assert_eq!(settings(&product.admin_at(0)).await, 401);
    assert_eq!(settings(&Admin::of(&origin, others)).await, 200);
}
