//! The console: coming in, going out, and what is said when a session has ended.

use xtask::admin_link::Purpose;

use crate::console::{Screen, encoded, now, recovery_address};
use crate::support::{Browser, Manner, Product, eventually};

#[tokio::test]
async fn the_first_administrator_makes_a_passkey_signs_out_and_in_again() {
    let product = Product::untouched(&[]);
    let site = product.demo();
    let first = product.secrets().admin_link(&site.origin, Purpose::First).unwrap();
    let screen = Screen::open().await;
    screen.set_up(&site, &first).await;
    screen.reads("Demo Company").await;
    screen.reads("Grace Example").await;
    let found = screen.browser.cookie("__Host-admin").await.unwrap();
    assert_eq!((found.http_only, found.secure), (Some(true), Some(true)));
    screen.press("Sign out").await;
    screen.pressable("Sign in with a passkey").await;
    assert!(screen.browser.cookie("__Host-admin").await.is_none());
    // Whoever is not signed in is brought back to where they wanted to go.
    screen.browser.goto(&format!("{}/admin/settings", site.origin)).await;
    screen.press("Sign in with a passkey").await;
    screen.reads("User access and permissions").await;
    // Used up.
    screen.press("Sign out").await;
    screen.pressable("Sign in with a passkey").await;
    screen.browser.goto(&first).await;
    screen.reads("It has been used already,").await;
    assert!(!screen.browser.url().await.contains('#'), "the token is not left in the address");
}

#[tokio::test]
async fn a_session_that_was_not_used_is_told_to_have_ended() {
    let product = Product::start(&[("ADMIN_IDLE_SECONDS", "6")]).await;
    let site = product.demo();
    let screen = Screen::signed_in(&product, &site).await;
    screen.is_settled().await;
    let used = now();
    eventually("six seconds without a request", async || (now() > used + 6).then_some(())).await;
    screen.press("Directories").await;
    screen.pressable("Sign in with a passkey").await;
    screen.reads("session has ended").await;
    screen.press("Sign in with a passkey").await;
    screen.reads("Add a domain").await;
}

#[tokio::test]
async fn somebody_elses_machine_has_no_passkey_for_this_account_and_is_told_so() {
    let product = Product::shared().await;
    let site = product.demo();
    let stranger = Screen::open().await;
    stranger.browser.goto(&format!("{}/admin", site.origin)).await;
    stranger.press("Sign in with a passkey").await;
    stranger.browser.see("#error").await;
    assert!(stranger.browser.cookie("__Host-admin").await.is_none());
    assert!(!stranger.browser.url().await.contains("//evil"));
}

#[tokio::test]
async fn signing_in_leads_to_pages_of_the_console_only() {
    let product = Product::shared().await;
    let site = product.demo();
    let screen = Screen::signed_in(product, &site).await;
    for to in [
        "https://evil.example/",
        "//evil.example",
        "/enroll",
        "/admin/../enroll",
        "/\\evil.example",
        "javascript:1",
    ] {
        screen.press("Sign out").await;
        screen.pressable("Sign in with a passkey").await;
        screen.browser.goto(&format!("{}/admin/sign-in?to={}", site.origin, encoded(to))).await;
        screen.press("Sign in with a passkey").await;
        screen.browser.is_at(&format!("{}/admin", site.origin)).await;
    }
}

#[tokio::test]
async fn without_scripts_each_page_says_what_is_needed_and_shows_nothing() {
    let product = Product::shared().await;
    let site = product.demo();
    let browser = Browser::open_as(Manner::WithoutScripts).await;
    for page in super::pages::PAGES {
        browser.goto(&format!("{}{page}", site.origin)).await;
        browser.reads("JavaScript").await;
    }
    browser.goto(&recovery_address(product, &site)).await;
    browser.reads("JavaScript").await;
}
