//! User awareness: some clicks show where they lead and ask before going on.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Arrival, Browser, Kind, Manner, Product, Site, Wire, eventually};

/// An account that asks `percent` of a hundred, and a browser enrolled in it.
async fn asking(product: &Product, percent: u8) -> (Site, Wire, String) {
    let site = product.demo();
    let person = site.person("aware").await;
    let mut browser = Wire::to(&site.origin);
    browser.enroll(&site, &person.address, Kind::Own).await;
    let settings = json!({ "user_awareness_enabled": true, "user_awareness_percent": percent });
    site.admin.set(&settings).await;
    (site, browser, person.address)
}

/// Where the page that asks goes on to; `None` if the click leads on by itself.
fn way_on(answer: &Answer, arrival: &Arrival) -> Option<String> {
    if answer.status == 303 {
        answer.leads_to(&arrival.url);
        return None;
    }
    answer.page(200, "Where this link leads");
    assert_eq!(answer.header("Cache-Control"), Some("no-store"));
    let text = answer.text();
    assert!(text.contains("127.0.0.1"), "the host is named: {text}");
    let (_, rest) = text.split_once("href=\"/s/").unwrap();
    Some(format!("/s/{}", rest.split_once('"').unwrap().0.replace("&amp;", "&")))
}

/// Clicks until it asks: what was set last may not have been published yet.
async fn asked(browser: &mut Wire, link: &str, arrival: &Arrival) -> String {
    eventually("the click to be asked about", async || way_on(&browser.click(link).await, arrival)).await
}

fn verdicts(recorded: &[Value]) -> Vec<&str> {
    recorded.iter().rev().map(|one| one["verdict"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn whoever_is_asked_goes_on_for_this_link_and_this_device_only() {
    let product = Product::start(&[("RESEND_AFTER_SECONDS", "0")]).await;
    let (site, mut browser, address) = asking(&product, 100).await;
    let arrival = Arrival::open();
    let first = site.admin.link(&arrival.url, &address).await;
    asked(&mut browser, &first, &arrival).await;
    let (link, id) = site.admin.link_with_id(&arrival.url, &address).await;
    let on = asked(&mut browser, &link, &arrival).await;
    // However often it is loaded.
    let again = browser.click(&link).await;
    assert!(way_on(&again, &arrival).is_some());
    assert_eq!(verdicts(&site.admin.recorded(&id, 2).await), ["asked", "asked"]);
    browser.click(&on).await.leads_to(&arrival.url);
    let recorded = site.admin.recorded(&id, 3).await;
    assert_eq!(verdicts(&recorded), ["asked", "asked", "enrolled"]);
    assert!(recorded.iter().all(|one| one["address"] == address.as_str()), "{recorded:?}");

    // The pass is good for nothing else.
    let pass = on.split_once('?').unwrap().1;
    let (other, other_id) = site.admin.link_with_id(&arrival.url, &address).await;
    let with_pass = format!("{other}?{pass}");
    assert!(way_on(&browser.click(&with_pass).await, &arrival).is_some(), "another link");
    let mut second = Wire::to(&site.origin);
    second.enroll(&site, &address, Kind::Own).await;
    assert!(way_on(&second.click(&on).await, &arrival).is_some(), "another device");
    let stranger = Wire::to(&site.origin).click(&on).await;
    assert!(stranger.location().unwrap().starts_with(&format!("{}/enroll?to=", site.origin)), "{stranger:?}");
    for altered in
        [format!("{on}x"), on.replacen("go=", "go=9", 1), format!("{link}?go="), format!("{link}?go=.")]
    {
        assert!(way_on(&browser.click(&altered).await, &arrival).is_some(), "{altered}");
    }
    assert_eq!(verdicts(&site.admin.recorded(&other_id, 1).await), ["asked"]);
    assert!(arrival.visits().is_empty(), "the product itself goes nowhere");
}

#[tokio::test]
async fn whoever_takes_too_long_is_asked_again() {
    let product = Product::start(&[("AWARENESS_SECONDS", "1")]).await;
    let (site, mut browser, address) = asking(&product, 100).await;
    let arrival = Arrival::open();
    let link = site.admin.link(&arrival.url, &address).await;
    let on = asked(&mut browser, &link, &arrival).await;
    eventually("the pass to be too old", async || way_on(&browser.click(&on).await, &arrival)).await;
}

#[tokio::test]
async fn some_of_a_hundred_are_asked_and_trying_again_changes_nothing() {
    let product = Product::start(&[]).await;
    let (site, mut browser, address) = asking(&product, 100).await;
    let arrival = Arrival::open();
    let first = site.admin.link(&arrival.url, &address).await;
    asked(&mut browser, &first, &arrival).await;
    site.admin.set(&json!({ "user_awareness_percent": 50 })).await;
    let mut links = vec![];
    for _ in 0..40 {
        links.push(site.admin.link(&arrival.url, &address).await);
    }
    let mut round = async || {
        let mut shown = vec![];
        for link in &links {
            shown.push(way_on(&browser.click(link).await, &arrival).is_some());
        }
        shown
    };
    eventually("half of a hundred to be published", async || round().await.contains(&false).then_some(()))
        .await;
    let shown = round().await;
    // Of forty draws all the same: once in 500,000,000,000.
    assert!(shown.contains(&true) && shown.contains(&false), "{shown:?}");
    for _ in 0..3 {
        assert_eq!(round().await, shown);
    }
}

#[tokio::test]
async fn what_is_not_a_click_is_neither_recorded_nor_let_through() {
    let product = Product::start(&[]).await;
    let (site, mut browser, address) = asking(&product, 100).await;
    let arrival = Arrival::open();
    let first = site.admin.link(&arrival.url, &address).await;
    asked(&mut browser, &first, &arrival).await;
    let (link, id) = site.admin.link_with_id(&arrival.url, &address).await;
    let request = browser.request(Method::HEAD, &link);
    let head = browser.send(request).await;
    assert_eq!((head.status, head.body.len()), (200, 0), "{head:?}");
    let request = browser.request(Method::GET, &link).header("Sec-Purpose", "prefetch");
    assert_eq!(browser.send(request).await.status, 503);
    let on = asked(&mut browser, &link, &arrival).await;
    let request = browser.request(Method::GET, &on).header("Sec-Purpose", "prefetch");
    assert_eq!(browser.send(request).await.status, 503);
    assert_eq!(verdicts(&site.admin.recorded(&id, 1).await), ["asked"]);
}

#[tokio::test]
async fn it_works_without_scripts_and_where_nobody_is_enrolled() {
    let product = Product::start(&[]).await;
    let site = product.demo();
    let off = json!({ "authentication_enabled": false, "user_awareness_enabled": true, "user_awareness_percent": 100 });
    site.admin.set(&off).await;
    let arrival = Arrival::open();
    let (link, id) = site.admin.link_with_id(&arrival.url, "somebody@example.net").await;
    let mut wire = Wire::to(&site.origin);
    eventually("the setting to be published", async || (wire.click(&link).await.status == 200).then_some(()))
        .await;
    let before = site.admin.interactions(&id).await.len();
    let browser = Browser::open_as(Manner::WithoutScripts).await;
    browser.goto(&link).await;
    browser.reads("Where this link leads").await;
    browser.reads("127.0.0.1").await;
    assert!(arrival.visits().is_empty());
    browser.reload().await;
    browser.reads("Where this link leads").await;
    browser.press("main a.button").await;
    browser.is_at(&arrival.url).await;
    let recorded = eventually("the click to be recorded", async || {
        let found = site.admin.interactions(&id).await;
        (found.first()?["verdict"] == "unidentified").then_some(found)
    })
    .await;
    assert!(recorded.len() > before, "{recorded:?}");
    assert_eq!(recorded.iter().filter(|one| one["verdict"] == "unidentified").count(), 1);
}

#[tokio::test]
async fn where_a_link_leads_is_shown_as_text() {
    let product = Product::start(&[]).await;
    let (site, mut browser, address) = asking(&product, 100).await;
    let odd = Arrival::open();
    let first = site.admin.link(&odd.url, &address).await;
    asked(&mut browser, &first, &odd).await;
    for destination in [
        "https://example.net/?<script>alert(1)</script>&\"'><img/src=x>",
        "https://xn--bcher-kva.example/{{go-on}}{{host}}?{{destination}}",
    ] {
        let link = site.admin.link(destination, &address).await;
        let page = browser.click(&link).await;
        page.page(200, "Where this link leads");
        let text = page.text();
        assert!(!text.contains("<script>alert") && !text.contains("<img"), "{text}");
        assert_eq!(text.matches("href=\"/s/").count(), 1, "{text}");
    }
}
