//! Protected links: who may pass, what changes nothing, and what is no link of ours.

use reqwest::Method;
use serde_json::json;

use crate::support::{Arrival, Browser, DEVICE, Kind, Product, Wire, eventually};

#[tokio::test]
async fn scanners_that_open_a_link_a_hundred_times_change_nothing() {
    let site = Product::shared().await.demo();
    let person = site.person("scanned").await;
    let arrival = Arrival::open();
    let (link, link_id) = site.admin.link_with_id(&arrival.url, &person.address).await;
    let enroll = format!("{}/enroll?to=", site.origin);
    for round in 0..50 {
        for method in [Method::GET, Method::HEAD] {
            let mut scanner = Wire::to(&site.origin);
            let request = scanner.bare(method, &link).header("User-Agent", format!("scanner/{round}"));
            let answer = scanner.send(request).await;
            assert_eq!(answer.status, 303);
            assert!(answer.location().unwrap().starts_with(&enroll), "{answer:?}");
            assert!(scanner.jar.is_empty(), "{answer:?}");
            if round == 0 {
                let page = scanner.bare(Method::GET, answer.location().unwrap());
                scanner.send(page).await.page(200, "Confirm your mail address");
            }
        }
    }
    assert!(site.admin.interactions(&link_id).await.is_empty());
    assert!(site.mail.to(&person.address).await.is_empty());
    assert!(site.admin.devices(&person.id).await.is_empty());
    assert!(arrival.visits().is_empty());

    // The person finds it as it was sent.
    let mut browser = Wire::to(&site.origin);
    assert_eq!(browser.click(&link).await.status, 303);
    let started = browser.start_for(&person.address, &link[site.origin.len()..]).await;
    assert_eq!(started.json()["attempts_left"], 5);
    let code = site.mail.nth(&person.address, 0).await.code();
    let confirmed = browser.confirm(&code).await.json();
    browser.click(confirmed["to"].as_str().unwrap()).await.leads_to(&arrival.url);
    site.admin.recorded(&link_id, 1).await;
}

#[tokio::test]
async fn what_is_not_a_click_renews_and_records_nothing_even_with_the_cookie() {
    // Renewals are due at each click here.
    let site = Product::shared().await.other();
    let person = site.person("inspected").await;
    let arrival = Arrival::open();
    let (link, link_id) = site.admin.link_with_id(&arrival.url, &person.address).await;
    let mut browser = Wire::to(&site.origin);
    browser.enroll(&site, &person.address, Kind::Own).await;
    for (method, name, value) in [
        (Method::HEAD, "Sec-Fetch-Mode", "navigate"),
        (Method::GET, "Sec-Fetch-Mode", "cors"),
        (Method::GET, "Sec-Fetch-Mode", "no-cors"),
    ] {
        let request = browser.request(method, &link).header(name, value);
        let answer = browser.send(request).await;
        answer.leads_to(&arrival.url);
        assert_eq!(answer.set_cookie(DEVICE), None, "{name}: {value}");
    }
    for (name, value) in
        [("Sec-Purpose", "prefetch"), ("Sec-Purpose", "prefetch;prerender"), ("Purpose", "prefetch")]
    {
        let request = browser.request(Method::GET, &link).header(name, value);
        let answer = browser.send(request.header("Sec-Fetch-Mode", "navigate")).await;
        assert_eq!((answer.status, answer.header("Cache-Control")), (503, Some("no-store")));
        assert_eq!(answer.set_cookie(DEVICE), None);
        answer.leads_nowhere();
    }
    // One click, and one is recorded.
    let clicked = browser.click(&link).await;
    clicked.leads_to(&arrival.url);
    assert!(clicked.set_cookie(DEVICE).is_some());
    assert_eq!(clicked.header("Referrer-Policy"), Some("no-referrer"));
    assert_eq!(clicked.header("Cache-Control"), Some("no-store"));
    site.admin.recorded(&link_id, 1).await;
}

/// The link with one character changed at each place that matters: the ends and the middle of each part.
fn altered(link: &str) -> Vec<String> {
    let token = link.find("/s/").unwrap() + 3;
    let mut places = vec![];
    let mut start = token;
    for part in link[token..].split('.') {
        places.extend([start, start + part.len() / 2, start + part.len() - 1]);
        start += part.len() + 1;
    }
    let flip = |place: usize| {
        let other = if &link[place..=place] == "A" { "B" } else { "A" };
        format!("{}{other}{}", &link[..place], &link[place + 1..])
    };
    places.into_iter().map(flip).collect()
}

#[tokio::test]
async fn an_altered_link_leads_nowhere_enrolled_or_not() {
    let product = Product::shared().await;
    let site = product.demo();
    let person = site.person("tampered").await;
    let arrival = Arrival::open();
    let link = site.admin.link(&arrival.url, &person.address).await;
    let mut enrolled = Wire::to(&site.origin);
    let set = enrolled.enroll(&site, &person.address, Kind::Own).await;
    let mut bad = altered(&link);
    assert_eq!(bad.len(), 9);
    bad.push(link[..link.len() - 1].to_owned());
    bad.push(format!("{link}A"));
    bad.push(format!("{link}.{}", "A".repeat(9_000)));
    bad.push(format!("{}/s/", site.origin));
    // What is signed by us, but is no link.
    bad.push(format!("{}/s/{}", site.origin, enrolled.jar[DEVICE]));
    assert!(set.set_cookie(DEVICE).is_some());
    // Another account's, at our host and at its own.
    let theirs = product.other().admin.link(&arrival.url, &person.address).await;
    bad.push(theirs.replace(&product.other().origin, &site.origin));
    for link in &bad {
        for browser in [&mut enrolled, &mut Wire::to(&site.origin)] {
            browser.click(link).await.page(404, "This link cannot be opened");
            let head = browser.send(browser.request(Method::HEAD, link)).await;
            assert_eq!(head.status, 404);
            head.leads_nowhere();
        }
    }
    enrolled.click(&link).await.leads_to(&arrival.url);
}

#[tokio::test]
async fn a_bad_link_is_explained_to_the_person_who_clicked_it() {
    let product = Product::shared().await;
    let site = product.demo();
    let arrival = Arrival::open();
    let link = site.admin.link(&arrival.url, "somebody@example.net").await;
    let theirs = product.other().admin.link(&arrival.url, "somebody@example.net").await;
    let browser = Browser::open().await;
    for bad in [altered(&link)[4].clone(), theirs.replace(&product.other().origin, &site.origin)] {
        browser.goto(&bad).await;
        assert_eq!(browser.url().await, bad);
        assert!(browser.shows("h1").await);
        let text = browser.text().await;
        assert!(text.contains("This link cannot be opened"), "{text}");
        assert!(text.contains("ask the sender, or your administrator"), "{text}");
    }
    assert!(arrival.visits().is_empty());
    browser.complained_only_of(&[404]).await;
}

#[tokio::test]
async fn a_link_leads_only_to_where_a_mail_could_have_led() {
    let site = Product::shared().await.demo();
    for destination in [
        "",
        "javascript:alert(1)",
        "JavaScript:alert(1)//https://example.net/",
        " javascript:alert(1)",
        "java\tscript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "file:///etc/passwd",
        "ftp://example.net/",
        "blob:https://example.net/1",
        "mailto:ada@example.com",
        "//example.net/",
        "/admin",
        "example.net",
        "https://",
        "https:///",
        "https://user:pw@example.net/",
        "https://user@example.net/",
        "https://:@example.net/",
        "https://exa mple.net/",
        "https://example..net/",
    ] {
        let body = json!({ "destination": destination, "recipient": "ada@example.net" });
        let answer = site.admin.call(Method::POST, "/links", Some(&body)).await;
        let problem = answer.problem(422, "destination_invalid");
        assert_eq!(problem["field"], "destination", "{destination:?}: {problem}");
    }
    let body = json!({ "destination": "https://example.net/", "recipient": "nobody" });
    site.admin.call(Method::POST, "/links", Some(&body)).await.problem(422, "address_invalid");
}

#[tokio::test]
async fn with_authentication_off_everybody_passes_and_nobody_is_named() {
    let product = Product::untouched(&[]);
    let site = product.demo();
    let arrival = Arrival::open();
    let (link, link_id) = site.admin.link_with_id(&arrival.url, "somebody@example.net").await;
    let browser = Browser::open().await;
    browser.goto(&link).await;
    assert_eq!(browser.url().await, arrival.url);
    let clicks = site.admin.recorded(&link_id, 1).await;
    assert_eq!(clicks[0]["verdict"], "unidentified", "{clicks:?}");
    assert!(["user", "address", "device"].iter().all(|name| clicks[0][name].is_null()), "{clicks:?}");
    // HEAD is no click; what is no link is none here either.
    let mut wire = Wire::to(&site.origin);
    wire.send(wire.bare(Method::HEAD, &link)).await.leads_to(&arrival.url);
    wire.click(&altered(&link)[4]).await.page(404, "This link cannot be opened");
    wire.start("somebody@example.net").await.problem(409, "authentication_off");
    assert_eq!(site.admin.interactions(&link_id).await.len(), 1);
    // Who comes to the page by an old bookmark is told.
    browser.goto(&format!("{}/enroll", site.origin)).await;
    browser.write("#address", "somebody@example.net").await;
    browser.press("#address-form button").await;
    browser.reads("your organization has switched this off").await;

    // Switched on, the same link asks; switched off again, it does not, and what was under way ends.
    site.admin.set(&json!({ "authentication_enabled": true })).await;
    site.admin.add_domain("example.com").await;
    let person = site.person("off").await;
    eventually("the link to ask", async || {
        let location = wire.click(&link).await.location()?.to_owned();
        location.contains("/enroll?").then_some(())
    })
    .await;
    let code = wire.ask(&site, &person.address).await.code();
    site.admin.set(&json!({ "authentication_enabled": false })).await;
    wire.confirm(&code).await.problem(410, "enrollment_ended");
    eventually("the link to let pass", async || {
        (wire.click(&link).await.location()? == arrival.url).then_some(())
    })
    .await;
}
