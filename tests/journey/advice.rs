//! What the page advises in browsers that are not as one would wish: private windows, a check that comes late or fails.

use serde_json::{Value, json};
use thirtyfour::Key;

use crate::support::{
    Admin, Arrival, Browser, DEVICE, FINDINGS, Kind, Manner, Product, Site, Wire, eventually,
};

/// Where the module that checks comes from, and what the check first asks the edge.
const MODULE: &str = "/client/client_wasm_bg.wasm";
const READINESS: &str = "/api/v1/readiness";

const THIS_WINDOW: &str = "#step-private [data-action=this-window]";
const COPY_ADDRESS: &str = "#step-private [data-action=copy-address]";

/// Waits until the page has this verdict.
async fn is_judged(browser: &Browser, verdict: &str) {
    eventually(&format!("the verdict {verdict}"), async || {
        let found =
            browser.script("return document.getElementById('checked').dataset.verdict ?? null;").await;
        (found == verdict).then_some(())
    })
    .await;
}

/// Notes when the page takes what goes wrong for a failure of its own, however briefly.
const BLAMED: &str = "
window.blamed = [];
new MutationObserver((changes) => {
  for (const { target } of changes) {
    if (['old-browser', 'not-loaded'].includes(target.id) && !target.hidden) window.blamed.push(target.id);
  }
}).observe(document, { subtree: true, attributes: true, attributeFilter: ['hidden'] });";

/// Asserts that it did not, from [`BLAMED`].
async fn blames_nobody(browser: &Browser) {
    assert_eq!(browser.script("return window.blamed;").await, json!([]));
    assert!(!browser.shows("#old-browser").await && !browser.shows("#not-loaded").await);
}

/// The person's only device.
async fn device(admin: &Admin, person: &str) -> Value {
    let [device] = admin.devices(person).await.try_into().unwrap();
    device
}

/// Asserts that the person was enrolled just for this window, and leaves the page.
async fn is_enrolled_for_the_window(browser: &Browser, site: &Site, person: &str) {
    let device = device(&site.admin, person).await;
    assert_eq!((&device["session"], &device["binding"]), (&json!(true), &json!("none")), "{device}");
    assert_eq!(browser.kept(site).await, json!([]));
    let cookie = browser.cookie(DEVICE).await.unwrap();
    assert_eq!((cookie.expiry, cookie.http_only, cookie.secure), (None, Some(true), Some(true)));
}

#[tokio::test]
async fn a_private_window_is_enrolled_just_for_itself() {
    let site = Product::shared().await.demo();
    let person = site.person("private").await;
    let arrival = Arrival::open();
    let browser = Browser::open_as(Manner::Private).await;
    browser.goto(&site.admin.link(&arrival.url, &person.address).await).await;
    browser.see("#step-private").await;
    is_judged(&browser, "session").await;
    assert!(!browser.shows("form").await);
    browser.press(THIS_WINDOW).await;
    let code = browser.ask(&site, &person.address).await;
    assert!(!browser.shows("#kind").await);
    browser.reads("We forget it when it is closed, and after 12 hours at the latest").await;
    browser.confirm(Kind::Own, &code).await;
    browser.reads("Done: you can go on in this window").await;
    browser.reads("when this private window is closed, and after 12 hours at the latest").await;
    browser.press("#continue").await;
    arrival.is_visited().await;
    is_enrolled_for_the_window(&browser, &site, &person.id).await;
    browser.complained_only_of(&[]).await;
}

#[tokio::test]
async fn a_private_window_that_is_loaded_again_is_still_enrolled_just_for_itself() {
    let site = Product::shared().await.demo();
    let person = site.person("reloaded").await;
    let arrival = Arrival::open();
    let browser = Browser::open_as(Manner::Private).await;
    browser.goto(&site.admin.link(&arrival.url, &person.address).await).await;
    browser.press(THIS_WINDOW).await;
    let code = browser.ask(&site, &person.address).await;
    browser.reload().await;
    browser.see("#code-form").await;
    is_judged(&browser, "session").await;
    assert!(browser.shows("#code-form").await && !browser.shows("#kind").await);
    browser.confirm(Kind::Own, &code).await;
    browser.reads("Done: you can go on in this window").await;
    browser.press("#continue").await;
    arrival.is_visited().await;
    is_enrolled_for_the_window(&browser, &site, &person.id).await;
}

#[tokio::test]
async fn whoever_confirms_in_a_private_window_before_it_is_known_as_one_is_enrolled_just_for_it() {
    let site = Product::shared().await.demo();
    let person = site.person("quick").await;
    let arrival = Arrival::open();
    let browser = Browser::open_as(Manner::Private).await;
    browser.hold_back(READINESS).await;
    browser.goto(&site.admin.link(&arrival.url, &person.address).await).await;
    browser.let_through().await;
    browser.press(THIS_WINDOW).await;
    let code = browser.ask(&site, &person.address).await;
    browser.reload().await;
    // The whole form is sent while the edge has not answered yet.
    let send = "document.getElementById('code').value = CODE;
        document.getElementById('code-form').requestSubmit();
        return document.getElementById('checked').dataset.verdict ?? null;";
    browser.see("#code-form").await;
    assert_eq!(browser.script(&send.replace("CODE", &json!(code).to_string())).await, Value::Null);
    browser.let_through().await;
    browser.reads("Done: you can go on in this window").await;
    browser.press("#continue").await;
    arrival.is_visited().await;
    is_enrolled_for_the_window(&browser, &site, &person.id).await;
}

#[tokio::test]
async fn where_private_windows_are_refused_the_link_is_copied_for_an_ordinary_one() {
    let product = Product::start(&[]).await;
    let site = product.demo();
    let person = site.person("refused").await;
    let link = site.admin.link("https://example.net/", &person.address).await;
    site.admin.set(&json!({ "private_windows": "refuse" })).await;
    let rule = async || {
        let answer = Wire::to(&site.origin).post(READINESS, &json!({})).await;
        (answer.json()["private_windows"] == "refuse").then_some(())
    };
    eventually("the rule to be published", rule).await;

    let browser = Browser::open_as(Manner::Private).await;
    browser.goto(&link).await;
    browser.see("#step-private").await;
    is_judged(&browser, "refused").await;
    browser.reads("Your organization does not allow private windows here").await;
    assert!(!browser.shows("form").await && !browser.shows(THIS_WINDOW).await);
    browser.press(COPY_ADDRESS).await;
    browser.reads("Copied. Now paste it into the address bar").await;
    assert!(!browser.shows("#by-hand").await);
    assert_eq!(browser.clipboard().await, link);
    browser.complained_only_of(&[]).await;

    // Where the browser does not let the page copy, a person can.
    browser.before_pages("navigator.clipboard.writeText = () => Promise.reject(new Error('refused'));").await;
    browser.goto(&link).await;
    browser.press(COPY_ADDRESS).await;
    browser.see("#by-hand-text").await;
    assert!(browser.focuses("#by-hand-text").await);
    let selected = "const field = document.activeElement;
        return field.value.slice(field.selectionStart, field.selectionEnd);";
    assert_eq!(browser.script(selected).await, link);
}

#[tokio::test]
async fn a_late_report_of_blocked_cookies_takes_the_place_of_a_form_nobody_has_begun() {
    let site = Product::shared().await.demo();
    let link = site.admin.link("https://example.net/", "somebody@example.net").await;
    let browser = Browser::open_as(Manner::WithoutCookies).await;
    browser.hold_back(MODULE).await;
    browser.goto(&link).await;
    browser.see("#address-form").await;
    is_judged(&browser, "unchecked").await;
    browser.let_through().await;
    browser.see("#step-cookies").await;
    is_judged(&browser, "blocked").await;
    browser.reads("This browser does not keep our cookie").await;
    assert!(!browser.shows("form").await);
}

#[tokio::test]
async fn a_late_report_of_blocked_cookies_leaves_a_form_alone_that_somebody_has_begun() {
    let site = Product::shared().await.demo();
    let person = site.person("late").await;
    let link = site.admin.link("https://example.net/", &person.address).await;
    let browser = Browser::open_as(Manner::WithoutCookies).await;
    browser.hold_back(MODULE).await;
    browser.goto(&link).await;
    browser.write("#address", &person.address).await;
    is_judged(&browser, "unchecked").await;
    browser.let_through().await;
    is_judged(&browser, "blocked").await;
    browser.see("#notices [data-cause=cookies_blocked]").await;
    assert!(browser.shows("#address-form").await && !browser.shows("#step-cookies").await);
    let typed = browser.script("return document.getElementById('address').value;").await;
    assert_eq!(typed, json!(person.address));
    // Whoever goes on all the same comes there when the server misses the cookie.
    let code = browser.ask(&site, &person.address).await;
    browser.confirm(Kind::Own, &code).await;
    browser.see("#step-cookies").await;
    assert!(!browser.shows("form").await && site.admin.devices(&person.id).await.is_empty());
}

#[tokio::test]
async fn a_late_report_with_nothing_to_say_leaves_the_focus_where_it_is() {
    let site = Product::shared().await.demo();
    let browser = Browser::open().await;
    browser.hold_back(MODULE).await;
    browser.goto(&format!("{}/enroll", site.origin)).await;
    browser.press("#address").await;
    is_judged(&browser, "unchecked").await;
    browser.let_through().await;
    is_judged(&browser, "ready").await;
    assert!(browser.focuses("#address").await);
}

#[tokio::test]
async fn a_worker_that_cannot_start_takes_nothing_away() {
    let site = Product::shared().await.demo();
    let none = "window.Worker = class { constructor() { throw new Error('no workers here'); } };";
    // What nobody handles in a worker comes to the page that made it, under the worker's address.
    let failing = "window.Worker = class extends EventTarget {
        constructor(address) {
          super();
          queueMicrotask(() => {
            const failure = { message: 'failed', filename: String(address), cancelable: true };
            const event = new ErrorEvent('error', failure);
            this.onerror?.(event);
            if (this.dispatchEvent(event)) window.dispatchEvent(new ErrorEvent('error', failure));
          });
        }
        postMessage() {}
        terminate() {}
      };";
    // The one policy of the page makes a real worker of another script, which is not there.
    let missing = "const make = trustedTypes.createPolicy.bind(trustedTypes);
        trustedTypes.createPolicy = (name) => make(name, { createScriptURL: () => '/assets/none.js' });";
    for trouble in [none, failing, missing] {
        let browser = Browser::open().await;
        browser.before_pages(BLAMED).await;
        browser.before_pages(trouble).await;
        browser.goto(&format!("{}/enroll", site.origin)).await;
        browser.see("#address-form").await;
        is_judged(&browser, "ready").await;
        blames_nobody(&browser).await;
    }
}

#[tokio::test]
async fn a_script_of_somebody_else_that_fails_is_not_taken_for_one_of_the_page() {
    let site = Product::shared().await.demo();
    let browser = Browser::open().await;
    browser.allow_foreign_scripts().await;
    // Nobody listens there.
    let foreign = "document.addEventListener('DOMContentLoaded', () => {
        const script = document.createElement('script');
        script.onerror = () => { window.foreignFailed = true; };
        script.src = 'http://127.0.0.1:9/extension.js';
        document.head.append(script);
      });";
    browser.before_pages(BLAMED).await;
    browser.before_pages(foreign).await;
    browser.hold_back(MODULE).await;
    browser.goto(&format!("{}/enroll", site.origin)).await;
    eventually("the foreign script to fail", async || {
        (browser.script("return window.foreignFailed ?? false;").await == true).then_some(())
    })
    .await;
    blames_nobody(&browser).await;
    browser.let_through().await;
    browser.see("#address-form").await;
    is_judged(&browser, "ready").await;
    blames_nobody(&browser).await;
}

#[tokio::test]
async fn without_web_assembly_a_person_enrolls_with_the_cookie_alone() {
    let site = Product::shared().await.demo();
    let person = site.person("plain").await;
    let arrival = Arrival::open();
    let link = site.admin.link(&arrival.url, &person.address).await;
    let browser = Browser::open().await;
    browser.before_pages(BLAMED).await;
    browser.before_pages("delete globalThis.WebAssembly;").await;
    browser.goto(&link).await;
    browser.see("#address-form").await;
    is_judged(&browser, "unchecked").await;
    blames_nobody(&browser).await;
    browser.enroll(&site, &person.address, Kind::Own, &arrival.url).await;
    let device = device(&site.admin, &person.id).await;
    assert_eq!((&device["session"], &device["binding"]), (&json!(false), &json!("none")), "{device}");
    assert_eq!(browser.kept(&site).await, json!([]));
    assert!(browser.cookie(DEVICE).await.unwrap().expiry.is_some());
    browser.goto(&link).await;
    assert_eq!(browser.url().await, arrival.url);
}

#[tokio::test]
async fn whoever_has_to_confirm_again_for_a_key_is_told_so_and_without_the_module_that_it_is_in_vain() {
    let site = Product::shared().await.demo();
    let page = format!("{}/enroll?finding=key-required&to=/", site.origin);
    let able = Browser::open().await;
    able.goto(&page).await;
    able.see("#address-form").await;
    able.reads("Your organization now asks for browsers that keep a key").await;
    let without = Browser::open().await;
    without.before_pages("delete globalThis.WebAssembly;").await;
    without.goto(&page).await;
    without.see("#step-key").await;
    without.reads("does not run in this browser").await;
    assert!(!without.shows("form").await);
}

#[tokio::test]
async fn what_was_checked_is_read_and_copied_by_keyboard() {
    let site = Product::shared().await.demo();
    let browser = Browser::open().await;
    browser.goto(&format!("{}/enroll", site.origin)).await;
    browser.see("#address-form").await;
    is_judged(&browser, "ready").await;
    assert!(!browser.shows("#findings").await);
    browser.tab_to("#checked > summary").await;
    browser.key(Key::Enter).await;
    browser.see("#findings").await;
    let rows = browser
        .script(
            "return [...document.querySelectorAll('#findings [data-finding]')].map((name) => {
               const found = name.nextElementSibling;
               const shown = found.checkVisibility() && found.innerText.trim() !== '';
               return [name.dataset.finding, found.dataset.answer, found.dataset.seen, shown];
             });",
        )
        .await;
    let rows = rows.as_array().unwrap();
    assert_eq!(rows.iter().map(|row| row[0].as_str().unwrap()).collect::<Vec<_>>(), FINDINGS);
    browser.tab_to("#checked [data-action=copy-checked]").await;
    browser.key(Key::Enter).await;
    browser.reads("Copied. Now paste it into a message").await;
    let copied = browser.clipboard().await;
    for words in [format!("Site: {}\n", site.origin), "Verdict: ready\n".to_owned()] {
        assert!(copied.contains(&words), "{words:?} is not in {copied}");
    }
    for row in rows {
        assert!(["yes", "no", "unknown"].map(Value::from).contains(&row[1]) && row[3] == true, "{row}");
        let [name, answer, seen] = [0, 1, 2].map(|column| row[column].as_str().unwrap());
        let line = format!("{name}: {answer} ({seen})");
        assert!(copied.lines().any(|copied| copied == line), "{line:?} is not in {copied}");
    }
    browser.complained_only_of(&[]).await;
}
