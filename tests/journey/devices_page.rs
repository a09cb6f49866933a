//! The page of a person's own devices, as they use it.

use serde_json::{Value, json};

use crate::devices::{DEVICES, another, listed, unbound};
use crate::support::{Browser, DEVICE, Kind, Product, eventually};

/// The answer's status and what a change needs, as the page's script is told them.
const ASKED: &str =
    "return fetch('/api/v1/devices').then(async (answer) => [answer.status, (await answer.json()).change]);";

#[tokio::test]
async fn a_person_names_this_browser_signs_the_other_out_and_has_this_one_forgotten() {
    let site = Product::shared().await.demo();
    let person = site.person("page").await;
    let page = format!("{}/devices", site.origin);
    let mut other = unbound(&site, &person.address, Kind::Own).await;
    let browser = Browser::open().await;
    // As some systems name their language, and no standard does.
    browser
        .before_pages("Object.defineProperty(navigator, 'languages', { value: ['en-US@posix', 'en'] });")
        .await;
    browser.goto(&page).await;
    browser.see("#step-not-enrolled").await;
    browser.press("#step-not-enrolled a").await;
    browser.enroll(&site, &person.address, Kind::Own, &page).await;
    browser.see("#this-device article").await;
    browser.reads("by its key").await;
    browser.reads("Chrome on Linux").await;
    // A lost cookie comes back here as it does at a link, and the language that was chosen stays.
    browser.lose_cookie(DEVICE).await;
    browser.reload().await;
    browser.see("#this-device article").await;
    browser.lose_cookie(DEVICE).await;
    browser.goto(&format!("{}/enroll?to=/devices&lang=de", site.origin)).await;
    browser.is_at(&format!("{page}?lang=de")).await;
    browser.goto(&page).await;
    browser.see("#this-device article").await;
    assert!(!browser.text().await.contains(&person.address));

    browser.press("#this-device [data-action=rename]").await;
    assert!(browser.focuses("#this-device input").await);
    browser.write("#this-device input", "<b>My</b> & “mine”").await;
    browser.press("#this-device form .button").await;
    browser.reads("is now called").await;
    assert!(browser.focuses("#this-device h3").await);
    browser.reads("<b>My</b> & “mine”").await;
    assert!(!browser.shows("article b").await);

    browser.press("#others [data-action=sign-out]").await;
    browser.reads("This holds everywhere by").await;
    browser.reads("There are no others.").await;
    other.get(DEVICES).await.problem(401, "not_enrolled");

    browser.press("[data-action=ask-forget]").await;
    browser.press("#forget-ask [data-action=forget]").await;
    browser.see("#step-gone").await;
    assert!(browser.cookie(DEVICE).await.is_none());
    assert!(!browser.text().await.contains("mine"));
    assert_eq!(browser.kept(&site).await, json!([]));
    assert_eq!(site.admin.devices(&person.id).await.iter().filter(|one| one["revoked"] == false).count(), 0);
    browser.complained_only_of(&[401]).await;
}

#[tokio::test]
async fn at_a_shared_computer_a_code_comes_first_and_what_was_wanted_then_happens_in_german_too() {
    let site = Product::shared().await.demo();
    let person = site.person("geteilt").await;
    let mut other = unbound(&site, &person.address, Kind::Own).await;
    let browser = Browser::open().await;
    let page = format!("{}/devices?lang=de", site.origin);
    browser.goto(&format!("{}/enroll", site.origin)).await;
    let code = browser.ask(&site, &person.address).await;
    browser.confirm(Kind::Shared, &code).await;
    browser.see("#step-done").await;
    // Whoever is finished finds the way out after a reload, too, and in the other language.
    browser.reload().await;
    browser.see("#step-done [data-action=finished]").await;
    browser.press("#other-language").await;
    browser.reads("Ich bin fertig").await;
    browser.goto(&page).await;
    browser.reads("Meine Geräte").await;
    browser.reads("Chrome unter Linux").await;
    browser.press("[data-action=ask-sign-out-others]").await;
    browser.reads("Ein anderes Gerät abmelden?").await;
    browser.press("[data-action=sign-out-others]").await;
    browser.see("#code-form").await;
    // Phones drop pages while people read their mail.
    browser.reload().await;
    browser.see("#code-form").await;
    assert_eq!(listed(&mut other).await["devices"].as_array().unwrap().len(), 2);
    let code = site.mail.nth(&person.address, 2).await.code();
    browser.write("#code", &another(&code)).await;
    browser.press("#code-form button").await;
    browser.see("#error [data-code=code_wrong]").await;
    browser.write("#code", &code).await;
    browser.press("#code-form button").await;
    browser.reads("Ein Gerät ist abgemeldet.").await;
    other.get(DEVICES).await.problem(401, "not_enrolled");
    browser.press("#forget-part [data-action=forget]:not(#forget-ask *)").await;
    browser.reads("Dieser Browser ist abgemeldet").await;
    assert!(browser.cookie(DEVICE).await.is_none());
    browser.complained_only_of(&[422]).await;
}

#[tokio::test]
async fn browsers_are_called_by_their_names_where_these_are_certain() {
    let site = Product::shared().await.demo();
    let browser = Browser::open().await;
    browser.goto(&format!("{}/", site.origin)).await;
    let webkit = "AppleWebKit/605.1.15 (KHTML, like Gecko)";
    let blink = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0";
    let mac = "(Macintosh; Intel Mac OS X 10_15_7)";
    let phone = "(iPhone; CPU iPhone OS 18_5 like Mac OS X)";
    for (agent, name, system) in [
        (
            "(Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
            json!("Firefox"),
            json!("Windows"),
        ),
        ("(Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0", json!("Firefox"), json!("Android")),
        (
            &format!("{phone} {webkit} FxiOS/145.0 Mobile/15E148 Safari/605.1.15"),
            json!("Firefox"),
            json!("iPhone"),
        ),
        (&format!("(X11; Linux x86_64) {blink} Safari/537.36"), json!("Chrome"), json!("Linux")),
        (&format!("(X11; CrOS x86_64 14541.0.0) {blink} Safari/537.36"), json!("Chrome"), json!("ChromeOS")),
        (&format!("(Linux; Android 10; K) {blink} Mobile Safari/537.36"), json!("Chrome"), json!("Android")),
        (&format!("{mac} {webkit} CriOS/140.0 Mobile/15E148 Safari/604.1"), json!("Chrome"), json!("iPad")),
        (&format!("(Windows NT 10.0) {blink} Safari/537.36 Edg/140.0.0.0"), json!("Edge"), json!("Windows")),
        (&format!("(Windows NT 10.0) {blink} Safari/537.36 OPR/120.0.0.0"), json!("Opera"), json!("Windows")),
        (
            "(Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
            json!("Samsung Internet"),
            json!("Android"),
        ),
        (
            &format!("{phone} {webkit} Version/18.5 Mobile/15E148 Safari/604.1"),
            json!("Safari"),
            json!("iPhone"),
        ),
        (&format!("{mac} {webkit} Version/18.5 Safari/605.1.15"), json!("Safari"), json!("Mac / iPad")),
        // Those that pass as another, or are inside an app: not certain.
        (&format!("(X11; Linux x86_64) {webkit} Version/18.5 Safari/605.1.15"), Value::Null, json!("Linux")),
        (&format!("(Windows NT 10.0) {blink} Safari/537.36 Whale/4"), Value::Null, json!("Windows")),
        (
            "(Linux; Android 15; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/140.0.0.0 Mobile Safari/537.36",
            Value::Null,
            json!("Android"),
        ),
        (&format!("{phone} {webkit} Mobile/15E148"), Value::Null, json!("iPhone")),
        ("", Value::Null, Value::Null),
    ] {
        let agent = format!("Mozilla/5.0 {agent}");
        let script =
            "return import('/assets/browser-name.js').then(({ browserName }) => browserName(AGENT));";
        let named = browser.script(&script.replace("AGENT", &json!(agent).to_string())).await;
        assert_eq!((&named["browser"], &named["system"]), (&name, &system), "{agent}");
    }
}

#[tokio::test]
async fn a_proof_that_a_change_needs_is_given_without_a_question() {
    let product = Product::start(&[("RECENT_PROOF_SECONDS", "4")]).await;
    let site = product.demo();
    let person = site.person("silent").await;
    let page = format!("{}/devices", site.origin);
    let browser = Browser::open().await;
    browser.goto(&format!("{}/enroll?to=/devices", site.origin)).await;
    browser.enroll(&site, &person.address, Kind::Own, &page).await;
    eventually("a change to need a proof", async || {
        (browser.script(ASKED).await == json!([200, "proof"])).then_some(())
    })
    .await;
    // Whether the page knows that already or is only told by the refusal.
    for (reload, name) in [(false, "one"), (true, "two")] {
        if reload {
            eventually("a change to need a proof", async || {
                (browser.script(ASKED).await == json!([200, "proof"])).then_some(())
            })
            .await;
            browser.reload().await;
        }
        browser.press("#this-device [data-action=rename]").await;
        browser.write("#this-device input", name).await;
        browser.press("#this-device form .button").await;
        browser.reads(&format!("is now called “\u{2068}{name}\u{2069}”")).await;
    }
    browser.complained_only_of(&[403]).await;
}

#[tokio::test]
async fn a_proof_that_is_due_comes_before_the_list_and_without_a_key_the_page_says_so() {
    let product = Product::start(&[("PROOF_HOUR_SECONDS", "4")]).await;
    let site = product.demo();
    site.admin.set(&json!({ "proof_interval_hours": 1 })).await;
    let person = site.person("due").await;
    let page = format!("{}/devices", site.origin);
    let browser = Browser::open().await;
    browser.goto(&format!("{}/enroll?to=/devices", site.origin)).await;
    browser.enroll(&site, &person.address, Kind::Own, &page).await;
    let due = async || {
        eventually("a proof to be due", async || {
            (browser.script(ASKED).await[0] == json!(401)).then_some(())
        })
        .await;
    };
    due().await;
    browser.reload().await;
    browser.see("#this-device article").await;
    browser.script("return new Promise((gone) => { indexedDB.deleteDatabase('device-enrollment').onsuccess = () => gone(); });").await;
    due().await;
    browser.reload().await;
    browser.see("#step-unproven").await;
    browser.see("#step-unproven a[href='/prove?to=/devices']").await;
    browser.complained_only_of(&[401]).await;
}
