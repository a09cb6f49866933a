//! The sentence that says what the product is for, from its first word to its last.

use serde_json::{Value, json};

use crate::support::{Arrival, Browser, DEVICE, Kind, Product, WORDS, Wire, eventually};

#[tokio::test]
async fn a_person_confirms_once_passes_from_then_on_and_confirms_again_after_a_revocation() {
    // An administrator switches it on.
    let product = Product::untouched(&[]);
    let site = product.demo();
    let settings = site.admin.settings().await;
    assert_eq!(settings["authentication_enabled"], false);
    assert_eq!(settings["authentication_duration_days"], 30);
    assert_eq!(
        site.admin.set(&json!({ "authentication_enabled": true })).await["authentication_enabled"],
        true
    );
    site.admin.add_domain("example.org").await;
    let ada = site.admin.add_user("ada@example.org", &[]).await;
    let bob = site.admin.add_user("bob@example.org", &[]).await;
    let arrival = Arrival::open();
    // Sent to Bob, who forwards it to Ada.
    let (link, link_id) = site.admin.link_with_id(&arrival.url, "bob@example.org").await;

    // Ada clicks.
    let browser = Browser::open().await;
    browser.goto(&link).await;
    browser.reads("Confirm your mail address").await;
    assert!(browser.url().await.starts_with(&format!("{}/enroll?to=", site.origin)));
    browser.see("#address-form").await;
    assert!(!browser.shows("#step-private").await && !browser.shows("#error").await);
    let code = browser.ask(&site, "ada@example.org").await;
    browser.reads("Enter the code from the mail").await;
    assert!(browser.text().await.contains("ada@example.org"));
    assert!(arrival.visits().is_empty());
    // That it also goes on by itself is what all others wait for.
    browser.hold().await;
    browser.confirm(Kind::Own, &code).await;
    browser.reads("Done: this browser is enrolled").await;
    browser.press("#continue").await;
    browser.is_at(&arrival.url).await;
    browser.reads(WORDS).await;

    // The next click passes straight through.
    browser.goto(&link).await;
    assert_eq!(browser.url().await, arrival.url);
    let clicks = site.admin.recorded(&link_id, 2).await;
    for click in &clicks {
        assert_eq!(click["verdict"], "enrolled", "{click}");
        assert_eq!(click["user"], json!(ada), "{click}");
        assert_eq!(click["address"], "ada@example.org", "{click}");
        assert_eq!(click["recipient"], json!(bob), "{click}");
        assert_eq!(click["destination"], json!(arrival.url), "{click}");
    }
    let [device] = site.admin.devices(&ada).await.try_into().unwrap();
    assert_eq!(clicks[0]["device"], device["id"]);
    assert_eq!((&device["revoked"], &device["session"]), (&json!(false), &json!(false)));
    assert!(device["browser"].as_str().unwrap().contains("Chrome/"), "{device}");
    assert_eq!(device["binding"], "key", "{device}");
    // What the page's module keeps of it: its key, and the token it has verified.
    assert_eq!(browser.kept(&site).await, json!(["key", "token"]));

    // The device is lost.
    assert_eq!(site.admin.revoke_user(&ada).await, 1);
    assert_eq!(site.admin.devices(&ada).await[0]["revoked"], true);
    browser.goto(&link).await;
    browser.see("#address-form").await;
    assert_eq!(site.admin.interactions(&link_id).await.len(), 2);

    // And found again.
    browser.enroll(&site, "ada@example.org", Kind::Own, &arrival.url).await;
    browser.goto(&link).await;
    assert_eq!(browser.url().await, arrival.url);
    let devices = site.admin.devices(&ada).await;
    let standing: Vec<_> = devices.iter().filter(|device| device["revoked"] == false).collect();
    assert_eq!((devices.len(), standing.len()), (2, 1), "{devices:?}");
    let clicks = site.admin.recorded(&link_id, 4).await;
    assert_eq!(clicks[0]["device"], standing[0]["id"]);

    // Nobody was told where she came from, and the browser found nothing to complain of.
    for visit in arrival.visits() {
        assert!(!visit.to_ascii_lowercase().contains("\r\nreferer:"), "{visit}");
    }
    // The revoked browser asked whether it still is one, and its proof was refused.
    browser.complained_only_of(&[401, 403]).await;

    // The books tell it all, the newest first.
    // How mail fares is written down when it is known: of two codes, and of the news of two browsers.
    let is_mail = |event: &Value| event["action"] == "mail.sent";
    let audit = eventually("all mail to have been taken", async || {
        let audit = site.admin.audit().await;
        (audit.iter().filter(|event| is_mail(event)).count() == 4).then_some(audit)
    })
    .await;
    let audit: Vec<_> = audit.into_iter().filter(|event| !is_mail(event)).collect();
    let actions: Vec<_> = audit.iter().map(|event| event["action"].as_str().unwrap()).collect();
    let expected = [
        "device.enrolled",
        "proof.failed",
        "user.revoked",
        "device.enrolled",
        "link.made",
        "user.added",
        "user.added",
        "domain.added",
        "settings.changed",
    ];
    assert_eq!(actions, expected);
    let by = |event: &Value| event["actor"].clone();
    assert_eq!([by(&audit[0]), by(&audit[2])], ["person", "operator"].map(Value::from));
    assert!([0, 1, 2].iter().all(|&event| audit[event]["subject"] == json!(ada)), "{audit:?}");
    assert!(audit[8]["after"].to_string().contains("authentication_enabled"));
    let details = |event: &Value| event["detail"].to_string();
    assert!(
        audit.iter().map(details).all(|detail| !detail.contains('@') && !detail.contains("/offer")),
        "{audit:?}"
    );
}

#[tokio::test]
async fn enrolling_in_the_very_second_of_a_revocation_holds() {
    let site = Product::shared().await.demo();
    let arrival = Arrival::open();
    // Mail takes its time, so it may need some tries until all of it is within one second.
    for _ in 0..20 {
        let person = site.person("again").await;
        let link = site.admin.link(&arrival.url, &person.address).await;
        let mut lost = Wire::to(&site.origin);
        lost.enroll(&site, &person.address, Kind::Own).await;
        lost.click(&link).await.leads_to(&arrival.url);
        assert_eq!(site.admin.revoke_user(&person.id).await, 1);
        let mut found = Wire::to(&site.origin);
        found.enroll(&site, &person.address, Kind::Own).await;
        found.click(&link).await.leads_to(&arrival.url);
        assert_ne!(lost.jar[DEVICE], found.jar[DEVICE]);
        assert_eq!(lost.click(&link).await.status, 303);
        assert_eq!(lost.get("/api/v1/device").await.status, 401);

        let revoked_at = site.admin.user(&person.id).await["revoked_at"].clone();
        let devices = site.admin.devices(&person.id).await;
        let event = site
            .admin
            .audit()
            .await
            .into_iter()
            .find(|event| event["action"] == "device.enrolled" && event["subject"] == json!(person.id));
        assert_eq!(devices.len(), 2);
        if event.unwrap()["at"] == revoked_at {
            return;
        }
    }
    panic!("never enrolled within the second of a revocation");
}
