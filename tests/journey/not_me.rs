//! "This was not me": what the address in the mail about a new device does, and what it does not.

use reqwest::Method;
use serde_json::{Value, json};
use thirtyfour::Key;

use crate::axe::assert_accessible;
use crate::devices::unbound;
use crate::support::{Answer, Bound, Browser, Kind, Manner, Product, Site, Wire, eventually};

/// The address in the newest mail about a new device, as a path.
async fn path(site: &Site, address: &str) -> String {
    let found = eventually("the mail about the new device", async || {
        let mails = site.mail.news_to(address).await;
        let mut words = mails.iter().rev().flat_map(|mail| mail.text.split_whitespace());
        words.find(|word| word.contains("/not-me/")).map(str::to_owned)
    })
    .await;
    let path = found.strip_prefix(&site.origin).expect("an address of this origin");
    path.to_owned()
}

async fn press(wire: &mut Wire, path: &str) -> Answer {
    let request = wire.request(Method::POST, path).header("Sec-Fetch-Site", "same-origin");
    let request = request.header("Origin", &wire.origin);
    wire.send(request).await
}

async fn standing(site: &Site, person: &str) -> Vec<bool> {
    let devices = site.admin.devices(person).await;
    devices.iter().map(|device| device["revoked"] == false).collect()
}

async fn events(site: &Site, person: &str) -> Vec<Value> {
    let audit = site.admin.audit().await.into_iter();
    audit.filter(|event| event["action"] == "device.disowned" && event["subject"] == json!(person)).collect()
}

#[tokio::test]
async fn looking_changes_nothing_and_the_button_signs_out_exactly_that_device() {
    let site = Product::shared().await.demo();
    let person = site.person("notme").await;
    let mut mine = Bound::enroll(&site, &person.address, 70).await;
    let known = path(&site, &person.address).await;
    let mut theirs = unbound(&site, &person.address, Kind::Own).await;
    let path = eventually("the mail about the second device", async || {
        let newest = path(&site, &person.address).await;
        (newest != known).then_some(newest)
    })
    .await;

    let mut anybody = Wire::to(&site.origin);
    for method in [Method::GET, Method::HEAD, Method::GET, Method::HEAD] {
        let request = anybody.request(method.clone(), &path);
        let looked = anybody.send(request).await;
        assert_eq!(looked.status, 200, "{method}");
        assert_eq!(looked.header("Cache-Control"), Some("no-store"));
        assert_eq!(looked.text().contains("<form"), method == Method::GET, "{}", looked.text());
    }
    assert_eq!(standing(&site, &person.id).await, [true, true]);
    assert!(events(&site, &person.id).await.is_empty());

    let pressed = press(&mut anybody, &path).await;
    assert_eq!(pressed.status, 200, "{}", pressed.text());
    assert!(pressed.text().contains("That browser is signed out") && !pressed.text().contains("<form"));
    assert_eq!(theirs.get("/api/v1/device").await.status, 401);
    assert_eq!(mine.wire.get("/api/v1/device").await.status, 200);
    for again in [press(&mut anybody, &path).await, anybody.get(&path).await] {
        assert_eq!(again.status, 200);
        assert!(again.text().contains("signed out already") && !again.text().contains("<form"));
    }
    let [event] = events(&site, &person.id).await.try_into().expect("one event, however often it is pressed");
    assert_eq!(event["actor"], "person", "{event}");
    assert_eq!(standing(&site, &person.id).await.iter().filter(|stands| **stands).count(), 1);
}

#[tokio::test]
async fn a_token_that_was_altered_or_asked_from_elsewhere_signs_nobody_out() {
    let site = Product::shared().await.demo();
    let person = site.person("altered").await;
    let mut wire = unbound(&site, &person.address, Kind::Own).await;
    let path = path(&site, &person.address).await;
    let (token, language) = path.split_once('?').unwrap();
    let mut anybody = Wire::to(&site.origin);
    for wrong in [
        "/not-me/".to_owned(),
        "/not-me/x".to_owned(),
        format!("{token}0?{language}"),
        format!("{}?{language}", &token[..token.len() - 1]),
        format!("{}?{language}", token.replacen("/not-me/", "/not-me/A", 1)),
        format!("{token}/x?{language}"),
    ] {
        for answer in [anybody.get(&wrong).await, press(&mut anybody, &wrong).await] {
            assert_eq!(answer.status, 404, "{wrong}");
            assert!(answer.text().contains("This page does not exist"), "{}", answer.text());
        }
    }
    for site_of_it in ["cross-site", "same-site"] {
        let request = anybody.request(Method::POST, &path).header("Sec-Fetch-Site", site_of_it);
        assert_eq!(anybody.send(request).await.status, 403, "{site_of_it}");
    }
    for method in [Method::PUT, Method::DELETE] {
        let request = anybody.request(method, &path).header("Sec-Fetch-Site", "same-origin");
        let answer = anybody.send(request).await;
        assert_eq!((answer.status, answer.header("Allow")), (405, Some("GET, HEAD, POST")));
    }
    assert_eq!(wire.get("/api/v1/device").await.status, 200);
}

#[tokio::test]
async fn the_page_is_used_by_keyboard_without_scripts_and_on_a_narrow_screen() {
    let site = Product::shared().await.demo();
    let person = site.person("button").await;
    let mut wire = unbound(&site, &person.address, Kind::Own).await;
    let path = path(&site, &person.address).await;
    let address = format!("{}{path}", site.origin);
    let narrow = Browser::open_as(Manner::Narrow).await;
    narrow.goto(&address).await;
    narrow.reads("Was it not you?").await;
    narrow.fits("the question").await;
    narrow.goto(&address.replace("lang=en", "lang=de")).await;
    narrow.reads("Waren Sie das nicht?").await;
    narrow.fits("the question in German").await;
    narrow.allow_foreign_scripts().await;
    narrow.goto(&address).await;
    assert_accessible(&narrow, "the question").await;
    assert_eq!(wire.get("/api/v1/device").await.status, 200);

    let browser = Browser::open_as(Manner::WithoutScripts).await;
    browser.goto(&address).await;
    browser.reads("Was it not you?").await;
    // The header has nothing to focus, so that the button is the first thing that has.
    browser.key(Key::Tab).await;
    browser.key(Key::Enter).await;
    browser.reads("That browser is signed out").await;
    browser.complained_only_of(&[]).await;
    assert_eq!(wire.get("/api/v1/device").await.status, 401);
}
