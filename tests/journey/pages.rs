//! The pages for everybody: by keyboard, on a narrow screen, without scripts.

use serde_json::json;
use thirtyfour::Key;

use crate::support::{Arrival, Browser, Kind, Manner, Product};

#[tokio::test]
async fn a_person_enrolls_with_the_keyboard_alone() {
    let site = Product::shared().await.demo();
    let person = site.person("keys").await;
    let arrival = Arrival::open();
    let browser = Browser::open().await;
    browser.goto(&site.admin.link(&arrival.url, &person.address).await).await;
    browser.see("#address-form").await;
    browser.tab_to("#address").await;
    // A mistake first: the focus goes to what is said about it, and on to the field.
    browser.keys("nobody").await;
    browser.key(Key::Enter).await;
    browser.see("#error [data-code=address_invalid]").await;
    assert!(browser.focuses("#error").await);
    browser.key(Key::Tab).await;
    browser.key(Key::Enter).await;
    assert!(browser.focuses("#address").await);
    browser.see("#address").await.clear().await.unwrap();
    browser.tab_to("#address").await;
    browser.keys(&person.address).await;
    browser.key(Key::Enter).await;
    browser.see("#code-form").await;
    let code = site.mail.nth(&person.address, 0).await.code();
    browser.tab_to("#code").await;
    browser.keys(&code).await;
    browser.tab_to("#kind-own").await;
    browser.key(Key::Down).await;
    assert!(browser.focuses("#kind-shared").await);
    browser.key(Key::Tab).await;
    browser.key(Key::Enter).await;
    browser.see("#step-done").await;
    browser.tab_to("#continue").await;
    browser.key(Key::Enter).await;
    arrival.is_visited().await;
    assert_eq!(site.admin.devices(&person.id).await[0]["session"], true);
    browser.complained_only_of(&[422]).await;
}

#[tokio::test]
async fn on_a_narrow_screen_nobody_scrolls_sideways() {
    let site = Product::impatient().await.demo();
    let person = site.person("a.rather.long.name.that.does.not.break.anywhere.at.all").await;
    let arrival = Arrival::open();
    let link = site.admin.link(&arrival.url, &person.address).await;
    let browser = Browser::open_as(Manner::Narrow).await;
    browser.goto(&format!("{}/", site.origin)).await;
    browser.fits("start").await;
    browser.goto(&format!("{}/s/x", site.origin)).await;
    browser.fits("bad link").await;
    browser.goto(&link).await;
    browser.see("#address-form").await;
    browser.fits("address").await;
    browser.write("#address", "x").await;
    browser.press("#address-form button").await;
    browser.see("#error").await;
    browser.fits("problem with the address").await;
    let code = browser.ask(&site, &person.address).await;
    browser.fits("code").await;
    browser.confirm(Kind::Own, "1").await;
    browser.see("#error").await;
    browser.fits("problem with the code").await;
    browser.hold().await;
    browser.confirm(Kind::Own, &code).await;
    browser.see("#continue").await;
    browser.fits("done").await;
    browser.press("#continue").await;
    browser.is_at(&arrival.url).await;
    browser.goto(&format!("{}/enroll?finding=cookie-dropped&to=/", site.origin)).await;
    browser.see("#step-cookies").await;
    browser.fits("cookies").await;
}

#[tokio::test]
async fn without_scripts_the_page_says_what_to_do() {
    let site = Product::shared().await.demo();
    let link = site.admin.link("https://example.net/", "somebody@example.net").await;
    let browser = Browser::open_as(Manner::WithoutScripts).await;
    browser.goto(&link).await;
    browser.reads("This page needs JavaScript").await;
    browser.reads("Switch on JavaScript for this site").await;
    assert!(!browser.shows("form").await);
    for page in ["enroll", "prove", "devices"] {
        browser.goto(&format!("{}/{page}", site.origin)).await;
        browser.reads("This page needs JavaScript").await;
        assert!(!browser.shows("#step-checking").await, "{page} checks nothing");
    }
}

#[tokio::test]
async fn whoever_has_not_to_wait_for_a_proof_sees_nothing_of_it() {
    let site = Product::shared().await.demo();
    let browser = Browser::open().await;
    browser.hold_back("/client/client_wasm_bg.wasm").await;
    browser.goto(&format!("{}/prove", site.origin)).await;
    let seen = browser
        .script(
            "const [appearing] = document.body.getAnimations();
             const seen = (time) => {
               appearing.currentTime = time;
               return getComputedStyle(document.getElementById('step-checking')).visibility;
             };
             appearing.pause();
             return [getComputedStyle(document.body).animationDelay, seen(0), seen(299), seen(600)];",
        )
        .await;
    assert_eq!(seen, json!(["0.3s", "hidden", "hidden", "visible"]));
}

#[tokio::test]
async fn what_somebody_smuggles_into_a_page_does_not_run_and_the_browser_complains_of_it() {
    let site = Product::shared().await.demo();
    let elsewhere = Arrival::open();
    let browser = Browser::open().await;
    browser.goto(&format!("{}/enroll", site.origin)).await;
    browser.see("#address-form").await;
    browser.complained_only_of(&[]).await;
    let smuggled = format!(
        "const image = document.createElement('img'); image.src = '{}'; document.body.append(image);
         const style = document.createElement('style'); style.textContent = 'form {{ display: none }}';
         document.body.append(style);
         try {{ document.body.innerHTML += '<p>smuggled</p>'; }} catch (refused) {{ return refused.name; }}",
        elsewhere.url
    );
    assert_eq!(browser.script(&smuggled).await, "TypeError");
    let complaints = browser.complaints().await;
    for what in ["img-src", "style-src", "TrustedHTML"] {
        assert!(complaints.iter().any(|words| words.contains(what)), "{what}: {complaints:?}");
    }
    assert!(browser.shows("#address-form").await && elsewhere.visits().is_empty());
}
