//! Devices that prove: a cookie that was lost comes back, a proof that is due is made on the way, and what cannot be proved is told.
//! And where nothing is kept, the end of it.

use serde_json::{Value, json};

use crate::support::{Arrival, Browser, DEVICE, Kind, Product, Site, eventually};

/// What the page asks the edge first; and whether it says that a proof is due.
const PROOF_IS_DUE: &str = "return fetch('/api/v1/device').then(async (answer) =>
    answer.status === 401 && (await answer.json()).code === 'proof_due');";
/// What a proof asks the edge for first.
const CHALLENGE: &str = "/api/v1/device/challenge";
const COUNT_CHALLENGES: &str = "{
    const fetch = window.fetch;
    window.challenges = 0;
    window.fetch = (address, options) => {
      if (String(address?.url ?? address).endsWith('/challenge')) window.challenges += 1;
      return fetch(address, options);
    };
  }";
/// Cleans what scripts have stored, as browsers and extensions do, and leaves the cookie.
const CLEAN_STORAGE: &str = "return new Promise((resolve, reject) => {
    const deleting = indexedDB.deleteDatabase('device-enrollment');
    deleting.onsuccess = () => resolve(true);
    deleting.onerror = reject;
  });";

/// The person's only device.
async fn device_id(site: &Site, person: &str) -> Value {
    let [device] = site.admin.devices(person).await.try_into().unwrap();
    assert_eq!(device["binding"], "key", "{device}");
    device["id"].clone()
}

/// A page of the origin that starts nothing by itself.
async fn at_home(browser: &Browser, site: &Site) {
    browser.goto(&format!("{}/", site.origin)).await;
}

async fn proof_becomes_due(browser: &Browser) {
    eventually("a proof to be due", async || (browser.script(PROOF_IS_DUE).await == true).then_some(()))
        .await;
}

/// An account in which proofs are due after five seconds.
async fn short_of_proofs(more: &[(&str, &str)]) -> Product {
    let product = Product::start(&[&[("PROOF_HOUR_SECONDS", "5")], more].concat()).await;
    product.demo().admin.set(&json!({ "proof_interval_hours": 1 })).await;
    product
}

#[tokio::test]
async fn a_lost_cookie_comes_back_without_a_question_and_without_another_record() {
    let site = Product::shared().await.demo();
    let person = site.person("cleaned").await;
    let arrival = Arrival::open();
    let (link, link_id) = site.admin.link_with_id(&arrival.url, &person.address).await;
    let browser = Browser::open().await;
    browser.goto(&link).await;
    browser.enroll(&site, &person.address, Kind::Own, &arrival.url).await;
    let enrolled = device_id(&site, &person.id).await;
    for _ in 0..2 {
        at_home(&browser, &site).await;
        browser.lose_cookie(DEVICE).await;
        assert!(browser.cookie(DEVICE).await.is_none());
        browser.goto(&link).await;
        browser.is_at(&arrival.url).await;
    }
    assert_eq!(device_id(&site, &person.id).await, enrolled);
    assert_eq!(site.mail.to(&person.address).await.len(), 1, "nobody is asked for a code");
    let interactions = site.admin.recorded(&link_id, 3).await;
    assert!(interactions.iter().all(|one| one["device"] == enrolled), "{interactions:?}");
}

#[tokio::test]
async fn where_cookies_are_dropped_a_proof_leads_nobody_round() {
    let site = Product::shared().await.demo();
    let person = site.person("round").await;
    let arrival = Arrival::open();
    let link = site.admin.link(&arrival.url, &person.address).await;
    let browser = Browser::open().await;
    browser.goto(&link).await;
    browser.enroll(&site, &person.address, Kind::Own, &arrival.url).await;
    at_home(&browser, &site).await;
    browser.lose_cookie(DEVICE).await;
    browser.before_pages(COUNT_CHALLENGES).await;
    browser.goto(&format!("{}/enroll?finding=cookie-dropped&to=/", site.origin)).await;
    browser.see("#step-cookies").await;
    browser.see("#checked").await;
    assert_eq!(browser.script("return window.challenges;").await, 0, "nothing is to be proved");
    assert!(browser.cookie(DEVICE).await.is_none(), "nothing was proved");
}

#[tokio::test]
async fn a_proof_that_comes_late_still_spares_whoever_has_not_begun_the_code() {
    let site = Product::shared().await.demo();
    let person = site.person("slow").await;
    let arrival = Arrival::open();
    let link = site.admin.link(&arrival.url, &person.address).await;
    let browser = Browser::open().await;
    browser.goto(&link).await;
    browser.enroll(&site, &person.address, Kind::Own, &arrival.url).await;
    at_home(&browser, &site).await;
    browser.lose_cookie(DEVICE).await;
    browser.hold_back(CHALLENGE).await;
    browser.goto(&link).await;
    browser.see("#address-form").await;
    browser.let_through().await;
    browser.is_at(&arrival.url).await;
}

#[tokio::test]
async fn whoever_comes_to_enroll_while_the_cookie_holds_is_asked_for_an_address() {
    let site = Product::shared().await.demo();
    let person = site.person("anew").await;
    let arrival = Arrival::open();
    let browser = Browser::open().await;
    browser.goto(&site.admin.link(&arrival.url, &person.address).await).await;
    browser.enroll(&site, &person.address, Kind::Own, &arrival.url).await;
    browser.goto(&format!("{}/enroll", site.origin)).await;
    browser.see("#address-form").await;
}

#[tokio::test]
async fn a_proof_that_is_due_is_made_on_the_way_to_the_destination() {
    let product = short_of_proofs(&[]).await;
    let site = product.demo();
    let person = site.person("due").await;
    let arrival = Arrival::open();
    let link = site.admin.link(&arrival.url, &person.address).await;
    let browser = Browser::open().await;
    browser.goto(&link).await;
    browser.enroll_and_stay(&site, &person.address).await;
    let enrolled = device_id(&site, &person.id).await;
    at_home(&browser, &site).await;
    proof_becomes_due(&browser).await;
    let before = browser.cookie(DEVICE).await.unwrap().value;
    browser.goto(&link).await;
    browser.is_at(&arrival.url).await;
    at_home(&browser, &site).await;
    assert_ne!(browser.cookie(DEVICE).await.unwrap().value, before);
    assert_eq!(device_id(&site, &person.id).await, enrolled);
}

#[tokio::test]
async fn a_browser_whose_storage_was_cleaned_is_told_so_and_confirms_again() {
    let product = short_of_proofs(&[]).await;
    let site = product.demo();
    let person = site.person("nothing").await;
    let arrival = Arrival::open();
    let link = site.admin.link(&arrival.url, &person.address).await;
    let browser = Browser::open().await;
    browser.goto(&link).await;
    browser.enroll_and_stay(&site, &person.address).await;
    at_home(&browser, &site).await;
    browser.script(CLEAN_STORAGE).await;
    proof_becomes_due(&browser).await;
    browser.goto(&link).await;
    browser.see("#step-failed[data-failed=nothing_kept]").await;
    browser.reads("Either the browser’s storage was cleaned, or its cookie was copied here").await;
    assert!(browser.focuses("#step-failed h1").await);
    eventually("the failed proof in the audit", async || {
        let audit = site.admin.audit().await;
        audit.iter().any(|event| event["action"] == "proof.failed").then_some(())
    })
    .await;
    // Going on by keyboard: the one thing to do is next.
    browser.tab_to("#step-failed a[data-fill-href=enroll]").await;
    browser.press("#step-failed a[data-fill-href=enroll]").await;
    browser.enroll_and_stay(&site, &person.address).await;
    browser.goto(&link).await;
    browser.is_at(&arrival.url).await;
}

#[tokio::test]
async fn a_proof_that_finds_no_edge_loses_nothing_and_is_tried_again() {
    let product = short_of_proofs(&[]).await;
    let site = product.demo();
    let person = site.person("offline").await;
    let arrival = Arrival::open();
    let link = site.admin.link(&arrival.url, &person.address).await;
    let browser = Browser::open().await;
    browser.goto(&link).await;
    browser.enroll_and_stay(&site, &person.address).await;
    at_home(&browser, &site).await;
    proof_becomes_due(&browser).await;
    browser
        .before_pages(
            "{
               const fetch = window.fetch;
               window.fetch = (address, options) => {
                 const what = String(address).split('/').pop();
                 const online = sessionStorage.online ?? '';
                 return ['challenge', 'client_wasm_bg.wasm'].includes(what) && !online.includes(what)
                   ? Promise.reject(new TypeError('offline')) : fetch(address, options);
               };
             }",
        )
        .await;
    browser.goto(&link).await;
    for (failed, online) in
        [("no_module", "client_wasm_bg.wasm"), ("edge_unreachable", "client_wasm_bg.wasm challenge")]
    {
        browser.see(&format!("#step-failed[data-failed={failed}]")).await;
        browser.reads("Nothing is lost").await;
        browser.script(&format!("sessionStorage.online = '{online}';")).await;
        browser.press("#step-failed a[data-fill-href=again]").await;
    }
    browser.is_at(&arrival.url).await;
    let audit = site.admin.audit().await;
    assert!(audit.iter().all(|event| event["action"] != "proof.failed"), "{audit:?}");
}

#[tokio::test]
async fn a_key_that_proves_nothing_any_more_is_forgotten_so_that_another_can_be_made() {
    let product = short_of_proofs(&[]).await;
    let site = product.demo();
    let person = site.person("damaged").await;
    let arrival = Arrival::open();
    let link = site.admin.link(&arrival.url, &person.address).await;
    let browser = Browser::open().await;
    browser.goto(&link).await;
    browser.enroll_and_stay(&site, &person.address).await;
    at_home(&browser, &site).await;
    proof_becomes_due(&browser).await;
    browser.before_pages("crypto.subtle.sign = () => Promise.resolve(new ArrayBuffer(64));").await;
    browser.goto(&link).await;
    browser.see("#step-failed[data-failed=proof_invalid]").await;
    browser.reads("The browser’s profile was copied or is damaged").await;
    assert_eq!(browser.kept(&site).await, json!([]));
    // Where the module cannot run, what is kept is out of reach: trying again would be in vain.
    browser.before_pages("delete globalThis.WebAssembly;").await;
    browser.goto(&link).await;
    browser.see("#step-failed[data-failed=browser_outdated]").await;
    browser.see("#step-failed a[data-fill-href=enroll]").await;
    assert!(!browser.shows("#step-failed a[data-fill-href=again]").await);
}

#[tokio::test]
async fn a_press_is_asked_for_now_and_then_of_devices_with_a_key_and_without() {
    let product = Product::start(&[("PRESS_AFTER_SECONDS", "5")]).await;
    let site = product.demo();
    for without_key in [false, true] {
        let person = site.person("press").await;
        let arrival = Arrival::open();
        let link = site.admin.link(&arrival.url, &person.address).await;
        let browser = Browser::open().await;
        if without_key {
            browser.before_pages("delete globalThis.WebAssembly;").await;
        }
        browser.goto(&link).await;
        browser.enroll_and_stay(&site, &person.address).await;
        eventually("a press to be due", async || {
            browser.goto(&link).await;
            browser.url().await.contains("/prove?press").then_some(())
        })
        .await;
        browser.reads("Browsers forget sites on which nobody ever presses anything").await;
        browser.tab_to("#step-press button").await;
        browser.press("#step-press button").await;
        browser.is_at(&arrival.url).await;
        let devices = site.admin.devices(&person.id).await;
        assert_eq!(devices.len(), 1);
        assert_eq!(devices[0]["binding"], if without_key { "none" } else { "key" });
    }
}

#[tokio::test]
async fn a_press_is_no_way_around_the_key_and_says_what_is_missing() {
    let site = Product::shared().await.demo();
    let person = site.person("keyless").await;
    let arrival = Arrival::open();
    let link = site.admin.link(&arrival.url, &person.address).await;
    let browser = Browser::open().await;
    browser.goto(&link).await;
    browser.enroll(&site, &person.address, Kind::Own, &arrival.url).await;
    at_home(&browser, &site).await;
    browser.script(CLEAN_STORAGE).await;
    browser.goto(&format!("{}/prove?press&to=/devices", site.origin)).await;
    browser.press("#step-press button").await;
    browser.see("#step-failed[data-failed=nothing_kept]").await;
    let told = async || {
        let audit = site.admin.audit().await;
        let ours = |event: &Value| event["action"] == "proof.failed" && event["subject"] == json!(person.id);
        audit.iter().any(ours).then_some(())
    };
    eventually("the audit to tell of it", told).await;
}

#[tokio::test]
async fn where_a_press_and_a_proof_are_due_one_press_goes_on() {
    let product = short_of_proofs(&[("PROOF_HOUR_SECONDS", "6"), ("PRESS_AFTER_SECONDS", "6")]).await;
    let site = product.demo();
    let person = site.person("both").await;
    let arrival = Arrival::open();
    let link = site.admin.link(&arrival.url, &person.address).await;
    let browser = Browser::open().await;
    browser.goto(&link).await;
    browser.enroll_and_stay(&site, &person.address).await;
    let enrolled = device_id(&site, &person.id).await;
    at_home(&browser, &site).await;
    proof_becomes_due(&browser).await;
    browser.goto(&link).await;
    browser.see("#step-press button").await;
    assert!(browser.url().await.contains("/prove?press"));
    browser.press("#step-press button").await;
    browser.is_at(&arrival.url).await;
    assert_eq!(device_id(&site, &person.id).await, enrolled);
}

#[tokio::test]
async fn on_a_shared_computer_i_am_finished_ends_it_everywhere() {
    let site = Product::shared().await.demo();
    let person = site.person("finished").await;
    let arrival = Arrival::open();
    let link = site.admin.link(&arrival.url, &person.address).await;
    let browser = Browser::open().await;
    browser.goto(&link).await;
    let code = browser.ask(&site, &person.address).await;
    browser.confirm(Kind::Shared, &code).await;
    browser.press("#continue").await;
    arrival.is_visited().await;
    // The page from which it was opened is still there.
    let held = browser.cookie(DEVICE).await.unwrap().value;
    browser.press("#step-done [data-action=finished]").await;
    browser.see("#step-finished").await;
    assert!(browser.focuses("#step-finished h1").await);
    let left = "return document.body.textContent + document.getElementById('address').value;";
    assert!(!browser.script(left).await.as_str().unwrap().contains(&person.address));
    let devices = site.admin.devices(&person.id).await;
    assert!(devices.len() == 1 && devices[0]["revoked"] == true, "{devices:?}");
    assert!(browser.cookie(DEVICE).await.is_none());
    assert_eq!(browser.kept(&site).await, json!([]));
    browser.goto(&link).await;
    browser.see("#address-form").await;
    // Whoever kept the cookie has nothing either.
    let mut copied = crate::support::Wire::to(&site.origin);
    copied.jar.insert(DEVICE.to_owned(), held);
    eventually("the copied cookie to be refused", async || {
        (copied.get("/api/v1/device").await.status == 401).then_some(())
    })
    .await;
}

#[tokio::test]
async fn where_keys_are_demanded_a_browser_without_one_is_told_before_it_is_asked_for_anything() {
    let product = Product::start(&[]).await;
    let site = product.demo();
    site.admin.set(&json!({ "bound_devices_only": true })).await;
    let link = site.admin.link("https://example.net/", "somebody@example.net").await;
    let browser = Browser::open().await;
    browser.before_pages("Object.defineProperty(crypto, 'subtle', { value: undefined });").await;
    eventually("the rule to be published", async || {
        browser.goto(&link).await;
        browser.see("#checked").await;
        browser.shows("#step-key").await.then_some(())
    })
    .await;
    browser.reads("This browser cannot keep a key").await;
    browser.reads("An update of the browser may bring it").await;
    assert!(!browser.shows("form").await);

    // One that could not be checked comes further, and is told then.
    let person = site.person("unchecked").await;
    let unchecked = Browser::open().await;
    unchecked.before_pages("delete globalThis.WebAssembly;").await;
    unchecked.goto(&link).await;
    let code = unchecked.ask(&site, &person.address).await;
    unchecked.confirm(Kind::Own, &code).await;
    unchecked.see("#error [data-code=device_key_required]").await;
    assert!(site.admin.devices(&person.id).await.is_empty());

    // And one that keeps a key is not offered to keep none.
    let arrival = Arrival::open();
    let able = Browser::open().await;
    able.goto(&site.admin.link(&arrival.url, &person.address).await).await;
    let code = able.ask(&site, &person.address).await;
    able.reads("Shared computers cannot be enrolled here").await;
    assert!(!able.shows("#kind-shared").await);
    able.confirm(Kind::Own, &code).await;
    able.is_at(&arrival.url).await;
    device_id(&site, &person.id).await;
}
