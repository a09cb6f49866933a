//! The device cookie: who holds it, for how long, and browsers that do not.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use ed25519_dalek::SigningKey;
use reqwest::Method;
use serde_json::json;

use crate::support::{Arrival, Browser, DEVICE, Kind, Manner, Product, TICKET, Wire, eventually};

#[tokio::test]
async fn links_opened_at_once_when_a_renewal_is_due_sign_nobody_out() {
    // Renewals are due at each click here.
    let site = Product::shared().await.other();
    let person = site.person("tabs").await;
    let arrival = Arrival::open();
    let (link, link_id) = site.admin.link_with_id(&arrival.url, &person.address).await;
    let mut browser = Wire::to(&site.origin);
    browser.enroll(&site, &person.address, Kind::Own).await;
    let clicks: Vec<_> = (0..5)
        .map(|_| {
            let (mut tab, link) = (browser.clone(), link.clone());
            tokio::spawn(async move { (tab.click(&link).await, tab) })
        })
        .collect();
    let mut holders = vec![browser];
    for click in clicks {
        let (answer, tab) = click.await.unwrap();
        answer.leads_to(&arrival.url);
        assert!(answer.set_cookie(DEVICE).is_some(), "a renewal was due");
        holders.push(tab);
    }
    // Whichever answer the browser happens to keep, it goes on.
    for holder in &mut holders {
        holder.click(&link).await.leads_to(&arrival.url);
    }
    site.admin.recorded(&link_id, 11).await;
    assert_eq!(site.admin.devices(&person.id).await.len(), 1);
}

#[tokio::test]
async fn five_tabs_opened_at_once_all_arrive_and_the_sixth_too() {
    let site = Product::shared().await.other();
    let person = site.person("tabs").await;
    let arrival = Arrival::open();
    let link = site.admin.link(&arrival.url, &person.address).await;
    let browser = Browser::open().await;
    browser.goto(&link).await;
    browser.enroll(&site, &person.address, Kind::Own, &arrival.url).await;
    browser.goto(&format!("{}/", site.origin)).await;
    browser.open_tabs(&link, 5, &arrival.url).await;
    browser.goto(&link).await;
    assert_eq!(browser.url().await, arrival.url);
    browser.complained_only_of(&[]).await;
}

#[tokio::test]
async fn the_cookie_is_the_strictest_that_still_comes_with_a_click() {
    let site = Product::shared().await.demo();
    let person = site.person("strict").await;
    let mut browser = Wire::to(&site.origin);
    let started = browser.start(&person.address).await;
    let ticket = started.set_cookie(TICKET).unwrap();
    let (_, attributes) = ticket.split_once("; ").unwrap();
    assert_eq!(attributes, "Path=/; Secure; HttpOnly; SameSite=Strict");
    let code = site.mail.nth(&person.address, 0).await.code();
    let confirmed = browser.confirm(&code).await;
    let (_, attributes) = confirmed.set_cookie(DEVICE).unwrap().split_once("; ").unwrap();
    assert_eq!(attributes, format!("Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age={}", 30 * 86_400));
    assert!(confirmed.set_cookie(TICKET).unwrap().ends_with("; Max-Age=0"));
    assert!(browser.jar.contains_key(DEVICE) && !browser.jar.contains_key(TICKET));
}

#[tokio::test]
async fn on_a_shared_computer_the_cookie_ends_with_the_browser() {
    let site = Product::shared().await.other();
    let person = site.person("shared").await;
    let arrival = Arrival::open();
    let (link, link_id) = site.admin.link_with_id(&arrival.url, &person.address).await;
    let mut wire = Wire::to(&site.origin);
    let confirmed = wire.enroll(&site, &person.address, Kind::Shared).await;
    assert!(confirmed.json().get("device_token").is_none());
    let cookie = confirmed.set_cookie(DEVICE).unwrap().to_ascii_lowercase();
    assert!(!cookie.contains("max-age") && !cookie.contains("expires"), "{cookie}");
    let clicked = wire.click(&link).await;
    clicked.leads_to(&arrival.url);
    // It is never made to last by using it.
    assert!(clicked.set_cookie(DEVICE).is_none_or(|cookie| !cookie.contains("Max-Age")));
    assert_eq!(wire.get("/api/v1/device").await.json()["session"], true);

    let browser = Browser::open().await;
    browser.goto(&link).await;
    let code = browser.ask(&site, &person.address).await;
    browser.confirm(Kind::Shared, &code).await;
    browser.reads("when this browser is closed, and after 12 hours at the latest").await;
    browser.press("#continue").await;
    arrival.is_visited().await;
    assert_eq!(browser.kept(&site).await, json!([]));
    let cookie = browser.cookie(DEVICE).await.unwrap();
    assert_eq!((cookie.expiry, cookie.http_only, cookie.secure), (None, Some(true), Some(true)));
    site.admin.recorded(&link_id, 2).await;
    let devices = site.admin.devices(&person.id).await;
    assert_eq!(devices.len(), 2);
    assert!(
        devices.iter().all(|device| device["session"] == true && device["binding"] == "none"),
        "{devices:?}"
    );
}

#[tokio::test]
async fn two_device_cookies_are_refused_and_never_sent_on() {
    let site = Product::shared().await.demo();
    let person = site.person("twice").await;
    let arrival = Arrival::open();
    let (link, link_id) = site.admin.link_with_id(&arrival.url, &person.address).await;
    let mut browser = Wire::to(&site.origin);
    browser.enroll(&site, &person.address, Kind::Own).await;
    let good = browser.jar[DEVICE].clone();
    let headers = [
        vec![format!("{DEVICE}={good}; {DEVICE}={good}")],
        vec![format!("{DEVICE}={good}; {DEVICE}=other")],
        vec![format!("{DEVICE}=other; a=b; {DEVICE}={good}")],
        vec![format!("{DEVICE}={good}; __HOST-DEVICE=other")],
        vec![format!("__host-device={good}")],
        vec![format!("{DEVICE}={good}; {DEVICE}")],
        vec![format!("{DEVICE}={good}"), format!("{DEVICE}={good}")],
        vec![format!("{DEVICE}={good}"), "__Host-Device=other".to_owned()],
    ];
    for cookies in headers {
        let ask = |path: &str| {
            let request = browser.bare(Method::GET, path);
            cookies.iter().fold(request, |request, cookie| request.header("Cookie", cookie))
        };
        let mut wire = browser.clone();
        let clicked = wire.send(ask(&link)).await;
        assert_eq!(clicked.status, 400, "{cookies:?}");
        clicked.page(400, "This browser sent two different proofs");
        assert_eq!(clicked.set_cookie(DEVICE), None);
        wire.send(ask("/api/v1/device")).await.problem(400, "two_device_cookies");
        assert_eq!(wire.send(ask("/api/v1/verify")).await.status, 403, "{cookies:?}");
    }
    assert!(site.admin.interactions(&link_id).await.is_empty());
}

#[tokio::test]
async fn a_cookie_that_is_not_ours_or_of_another_account_is_no_enrollment() {
    let product = Product::shared().await;
    let (site, other) = (product.demo(), product.other());
    let (person, stranger) = (site.person("mine").await, other.person("theirs").await);
    let link = site.admin.link("https://example.net/", &person.address).await;
    let mut browser = Wire::to(&site.origin);
    browser.enroll(&site, &person.address, Kind::Own).await;
    let good = browser.jar[DEVICE].clone();
    let mut theirs = Wire::to(&other.origin);
    theirs.enroll(&other, &stranger.address, Kind::Own).await;
    let parts: Vec<_> = good.split('.').collect();
    let foreign: Vec<_> = theirs.jar[DEVICE].split('.').collect();
    let bad = [
        String::new(),
        "x".to_owned(),
        theirs.jar[DEVICE].clone(),
        format!("{}.{}.{}", parts[0], foreign[1], parts[2]),
        format!("{}.{}.", parts[0], parts[1]),
        // {"alg":"none"}
        format!("eyJhbGciOiJub25lIn0.{}.", parts[1]),
        link[site.origin.len() + 3..].to_owned(),
        "a".repeat(3_000),
    ];
    for cookie in bad {
        browser.jar.insert(DEVICE.to_owned(), cookie.clone());
        let answer = browser.click(&link).await;
        assert!(answer.location().unwrap().starts_with(&format!("{}/enroll?to=", site.origin)), "{cookie}");
        browser.get("/api/v1/device").await.problem(401, "not_enrolled");
    }
    browser.jar.insert(DEVICE.to_owned(), good);
    browser.click(&link).await.leads_to("https://example.net/");
}

#[tokio::test]
async fn a_browser_that_silently_drops_the_cookie_ends_at_the_explanation() {
    let site = Product::shared().await.demo();
    let person = site.person("dropper").await;
    let arrival = Arrival::open();
    let link = site.admin.link(&arrival.url, &person.address).await;
    let path = &link[site.origin.len()..];

    let mut wire = Wire::to(&site.origin);
    wire.start_for(&person.address, path).await;
    let code = site.mail.nth(&person.address, 0).await.code();
    let confirmed = wire.confirm(&code).await.json();
    wire.jar.clear();
    let back = wire.click(confirmed["to"].as_str().unwrap()).await;
    let explained = format!("{}/enroll?finding=cookie-dropped&to=", site.origin);
    assert!(back.status == 303 && back.location().unwrap().starts_with(&explained), "{back:?}");
    wire.click(back.location().unwrap()).await.page(200, "the browser then dropped the cookie");
    // One that came back but does not hold was not dropped, and is not explained so.
    wire.jar.insert(DEVICE.to_owned(), "x".to_owned());
    let back = wire.click(confirmed["to"].as_str().unwrap()).await;
    let not_accepted = format!("{}/enroll?finding=not-accepted&to=", site.origin);
    assert!(back.location().unwrap().starts_with(&not_accepted), "{back:?}");

    let browser = Browser::open().await;
    browser.goto(&link).await;
    let code = browser.ask(&site, &person.address).await;
    // Long enough for a cleaning extension to come by.
    browser.hold().await;
    browser.confirm(Kind::Own, &code).await;
    browser.see("#continue").await;
    browser.lose_cookie(DEVICE).await;
    browser.press("#continue").await;
    browser.see("#step-cookies").await;
    browser.reads("the browser then dropped the cookie").await;
    assert!(browser.url().await.starts_with(&explained));
    assert!(!browser.shows("form").await && arrival.visits().is_empty());
    // The way out leads to another try, and that one works: with the key that is still there, without another code.
    browser.press("#try-again").await;
    browser.is_at(&arrival.url).await;
    browser.complained_only_of(&[401]).await;
}

#[tokio::test]
async fn where_cookies_are_blocked_the_page_says_so_and_asks_for_nothing() {
    let site = Product::shared().await.demo();
    let person = site.person("blocked").await;
    let link = site.admin.link("https://example.net/", &person.address).await;
    let browser = Browser::open_as(Manner::WithoutCookies).await;
    browser.goto(&link).await;
    browser.see("#step-cookies").await;
    browser.reads("This browser does not keep our cookie").await;
    browser.reads("The browser does not keep it, so enrolling here would be in vain").await;
    assert!(!browser.shows("form").await);
    // Trying again without having changed anything ends at the same place.
    browser.press("#try-again").await;
    browser.see("#step-cookies").await;
    assert!(!browser.shows("form").await);
}

#[tokio::test]
async fn enrolling_again_with_the_same_key_replaces_the_former_record_and_its_cookie() {
    let site = Product::shared().await.demo();
    let person = site.person("key").await;
    let key = SigningKey::from_bytes(&[7; 32]).verifying_key();
    let key = Base64UrlUnpadded::encode_string(key.as_bytes());
    let mut holders = vec![];
    for _ in 0..2 {
        let mut browser = Wire::to(&site.origin);
        let code = browser.ask(&site, &person.address).await.code();
        let confirm = async |browser: &mut Wire, kind: &str, key: &str| {
            let body = json!({ "code": code, "kind": kind, "device_key": key });
            browser.post("/api/v1/enrollments/confirm", &body).await
        };
        // A key of low order, one that is none, and one where none may be: the code is not spent on them.
        for (kind, key) in [("own", "A".repeat(43)), ("own", "x".to_owned()), ("shared", key.clone())] {
            confirm(&mut browser, kind, &key).await.problem(422, "device_key_invalid");
        }
        let confirmed = confirm(&mut browser, "own", &key).await;
        assert!(confirmed.json()["device_token"].as_str().is_some_and(|token| token.split('.').count() == 3));
        holders.push(browser);
    }
    eventually("the former cookie to be worth nothing", async || {
        (holders[0].get("/api/v1/device").await.status == 401).then_some(())
    })
    .await;
    assert_eq!(holders[1].get("/api/v1/device").await.json()["binding"], "key");
    let devices = site.admin.devices(&person.id).await;
    assert_eq!(devices.iter().filter(|device| device["revoked"] == false).count(), 1, "{devices:?}");
}
