//! The console: account settings, word by word as the guide has them, and nothing saved or lost by a wrong press.

use reqwest::Method;
use serde_json::json;
use thirtyfour::Key;

use crate::console::Screen;
use crate::support::{Kind, Product, Site, Wire, eventually};

const AUTHENTICATION: &str = "Targeted Threat Protection Authentication";
const DAYS: &str = "Authentication Duration (Days)";
const AWARENESS: &str = "User awareness";

/// An account in which authentication is `on`, and an administrator at its settings.
async fn at_settings(product: &Product) -> (Site, Screen) {
    let site = product.demo();
    let screen = Screen::signed_in(product, &site).await;
    screen.press("Account settings").await;
    screen.reads("User access and permissions").await;
    (site, screen)
}

/// Waits until the account is so.
async fn is_set(site: &Site, name: &str, value: impl Into<serde_json::Value>) {
    let value = value.into();
    eventually(&format!("{name} to be {value}"), async || {
        (site.admin.settings().await[name] == value).then_some(())
    })
    .await;
}

async fn is_saved(site: &Site, screen: &Screen) {
    eventually("the overview", async || {
        let url = screen.browser.url().await;
        url.trim_end_matches("?saved").ends_with("/admin").then_some(())
    })
    .await;
    screen.reads("The new settings hold from now on.").await;
    assert!(screen.browser.url().await.starts_with(&site.origin));
}

#[tokio::test]
async fn an_administrator_switches_authentication_on_as_the_guide_says() {
    let product = Product::untouched(&[]);
    let (site, screen) = at_settings(&product).await;
    for section in ["User access and permissions", "System notifications", "URL Protect"] {
        screen.reads(section).await;
    }
    assert!(!screen.is_ticked(AUTHENTICATION).await);
    screen.tick(AUTHENTICATION).await;
    screen.write(DAYS, "14").await;
    screen.write("Notification Postmaster Address", "postmaster@example.com").await;
    screen.press("Save and exit").await;
    is_saved(&site, &screen).await;
    let settings = site.admin.settings().await;
    assert_eq!(settings["authentication_enabled"], true);
    assert_eq!(settings["authentication_duration_days"], 14);
    assert_eq!(settings["notification_postmaster_address"], "postmaster@example.com");
    screen.press("Account settings").await;
    assert_eq!(screen.value(DAYS).await, "14");
    assert!(screen.is_ticked(AUTHENTICATION).await);
    screen.browser.complained_only_of(&[401]).await;
}

#[tokio::test]
async fn how_revocations_reach_clicks_is_chosen_in_words() {
    let product = Product::start(&[]).await;
    let (site, screen) = at_settings(&product).await;
    for usual in ["Within 90 seconds as a rule, after 3 minutes at the latest", "Refuse the click"] {
        assert!(screen.is_ticked(usual).await, "{usual}");
    }
    // What it brings is there before it is chosen.
    screen.reads("A device that was revoked since then gets through too").await;
    let others = ["At once", "Let enrolled devices through, by what was known last"];
    for other in others {
        screen.tick(other).await;
    }
    screen.press("Save and exit").await;
    is_saved(&site, &screen).await;
    is_set(&site, "revocation", "immediate").await;
    is_set(&site, "when_unsure", "allow").await;
    screen.press("Account settings").await;
    for other in others {
        assert!(screen.is_ticked(other).await, "{other}");
    }
}

#[tokio::test]
async fn switching_on_and_off_needs_no_mouse() {
    let product = Product::untouched(&[]);
    let site = product.demo();
    let screen = Screen::signed_in(&product, &site).await;
    for (on, confirmed) in [(true, false), (false, true)] {
        screen.enter("Account settings").await;
        screen.field(AUTHENTICATION).await;
        screen.reach("#authentication_enabled").await;
        screen.browser.key(Key::Space).await;
        assert_eq!(screen.is_ticked(AUTHENTICATION).await, on);
        screen.enter("Save and exit").await;
        if confirmed {
            screen.dialog().await;
            screen.enter("Save all the same").await;
        }
        is_saved(&site, &screen).await;
        assert_eq!(site.admin.settings().await["authentication_enabled"], on);
    }
}

#[tokio::test]
async fn deselecting_it_warns_at_once_and_asks_with_numbers_and_cancel_keeps_everything() {
    let product = Product::start(&[("RESEND_AFTER_SECONDS", "0")]).await;
    let site = product.demo();
    let (ada, grace) = (site.person("ada").await, site.person("grace").await);
    for person in [&ada, &ada, &grace] {
        Wire::to(&site.origin).enroll(&site, &person.address, Kind::Own).await;
    }
    let (site, screen) = at_settings(&product).await;
    screen.tick(AUTHENTICATION).await;
    // Before anything is saved.
    screen.browser.see("#warn-authentication_off").await;
    screen.press("Save and exit").await;
    let asked = screen.dialog().await;
    assert!(asked.contains("3 devices") && asked.contains("2 people"), "{asked}");
    screen.press("Cancel").await;
    screen.no_dialog().await;
    assert!(!screen.is_ticked(AUTHENTICATION).await, "what was chosen stays chosen");
    assert_eq!(site.admin.settings().await["authentication_enabled"], true);
    screen.press("Cancel").await;
    eventually("what was loaded", async || screen.is_ticked(AUTHENTICATION).await.then_some(())).await;

    screen.tick(AUTHENTICATION).await;
    screen.press("Save and exit").await;
    screen.dialog().await;
    screen.press("Save all the same").await;
    is_saved(&site, &screen).await;
    assert_eq!(site.admin.settings().await["authentication_enabled"], false);
    // What holds now is said on the first page.
    screen.reads("Targeted Threat Protection Authentication is off.").await;
}

#[tokio::test]
async fn user_awareness_without_authentication_is_warned_of() {
    let product = Product::untouched(&[]);
    let (site, screen) = at_settings(&product).await;
    screen.tick(AWARENESS).await;
    screen.browser.see("#warn-awareness_without_authentication").await;
    screen.press("Save and exit").await;
    screen.dialog().await;
    screen.press("Cancel").await;
    screen.no_dialog().await;
    assert_eq!(site.admin.settings().await["user_awareness_enabled"], false);
    // With authentication on there is nothing to warn of.
    screen.tick(AUTHENTICATION).await;
    assert!(!screen.browser.shows("#warn-awareness_without_authentication").await);
    screen.press("Save and exit").await;
    is_saved(&site, &screen).await;
    is_set(&site, "user_awareness_enabled", true).await;
}

#[tokio::test]
async fn what_is_not_saved_is_not_lost_by_a_wrong_press() {
    let product = Product::start(&[]).await;
    let (site, screen) = at_settings(&product).await;
    screen.write(DAYS, "77").await;
    screen.press("Directories").await;
    screen.dialog().await;
    screen.press("Stay").await;
    screen.no_dialog().await;
    assert_eq!(screen.value(DAYS).await, "77");
    screen.press("Directories").await;
    screen.press("Leave without saving").await;
    screen.reads("Add a domain").await;
    assert_eq!(site.admin.settings().await["authentication_duration_days"], 30);
    // Nothing changed, nothing asked.
    screen.press("Account settings").await;
    screen.field(DAYS).await;
    screen.press("Directories").await;
    screen.reads("Add a domain").await;
}

#[tokio::test]
async fn a_value_that_cannot_be_is_told_at_its_field_and_nothing_typed_is_lost() {
    let product = Product::start(&[]).await;
    let (site, screen) = at_settings(&product).await;
    screen.write(DAYS, "400").await;
    screen.write("Notification Postmaster Address", "postmaster@example.com").await;
    screen.press("Save and exit").await;
    screen.browser.see("#error").await;
    assert!(screen.browser.focuses("#error").await);
    let field = screen.field(DAYS).await;
    assert_eq!(field.attr("aria-invalid").await.unwrap().as_deref(), Some("true"));
    assert_eq!(screen.value("Notification Postmaster Address").await, "postmaster@example.com");
    assert_eq!(site.admin.settings().await["authentication_duration_days"], 30);
    screen.write(DAYS, "40").await;
    screen.press("Save and exit").await;
    is_saved(&site, &screen).await;
    is_set(&site, "authentication_duration_days", 40).await;
    is_set(&site, "notification_postmaster_address", "postmaster@example.com").await;
}

#[tokio::test]
async fn of_two_who_save_at_once_the_second_sees_both_versions_and_chooses() {
    let product = Product::start(&[]).await;
    for (choice, days) in [("Keep mine", 66), ("Take theirs", 55)] {
        let (site, first) = at_settings(&product).await;
        let (_, second) = at_settings(&product).await;
        for (screen, days) in [(&first, "55"), (&second, "66")] {
            screen.write(DAYS, days).await;
        }
        first.press("Save and exit").await;
        is_saved(&site, &first).await;
        second.press("Save and exit").await;
        second.reads("55").await;
        second.press(choice).await;
        if choice == "Keep mine" {
            is_saved(&site, &second).await;
        }
        is_set(&site, "authentication_duration_days", days).await;
        let back = json!({ "authentication_duration_days": 30 });
        assert_eq!(site.admin.call(Method::PATCH, "/settings", Some(&back)).await.status, 200);
    }
}
