//! What administrators see and do before they switch authentication on: that there is a sender, and that mail arrives.

use reqwest::Method;
use serde_json::json;

use crate::console::{Screen, assert_accessible};
use crate::post::Post;
use crate::server::{Act, Manner, Step};
use crate::support::{Product, eventually};

#[tokio::test]
async fn without_a_sender_authentication_is_not_switched_on_and_a_sender_in_use_not_taken_away() {
    let product = Product::untouched(&[("DEFAULT_POSTMASTER_ADDRESS", "")]);
    let admin = product.demo().admin;
    let patch = async |change| admin.call(Method::PATCH, "/settings", Some(&change)).await;
    assert_eq!(admin.get("/mail").await["sender"], json!(null));
    let on = json!({ "authentication_enabled": true });
    patch(on.clone()).await.problem(409, "no_sender");
    patch(json!({ "authentication_enabled": true, "dry_run": true })).await.problem(409, "no_sender");
    assert_eq!(admin.get("/settings").await["authentication_enabled"], false);
    admin.set(&json!({ "notification_postmaster_address": "post@example.com" })).await;
    assert_eq!(admin.get("/mail").await["sender"], "post@example.com");
    admin.set(&on).await;
    patch(json!({ "notification_postmaster_address": null })).await.problem(409, "no_sender");
    // What has nothing to do with it goes on.
    admin.set(&json!({ "authentication_duration_days": 20 })).await;

    let screen = Screen::signed_in(&product, &product.demo()).await;
    let settings = json!({ "authentication_enabled": false, "confirm": ["authentication_off"] });
    assert_eq!(patch(settings).await.status, 200);
    admin.set(&json!({ "notification_postmaster_address": null })).await;
    screen.browser.goto(&format!("{}/admin/settings", product.demo().origin)).await;
    screen.tick("Targeted Threat Protection Authentication").await;
    screen.press("Save and exit").await;
    screen.reads("neither this account nor the service names a sender").await;
}

#[tokio::test]
async fn a_test_delivery_shows_both_sides_and_says_in_one_sentence_what_to_change() {
    let post = Post::open(Manner::START_TLS).await;
    let screen = Screen::signed_in(&post.product, &post.site).await;
    let page = format!("{}/admin/mail", post.site.origin);
    screen.browser.goto(&page).await;
    screen.reads("Mail gets through.").await;
    screen.press("Send a test to me").await;
    screen.reads("The server has taken the mail").await;
    screen.reads("MAIL FROM:<postmaster@enroll.example.com>").await;
    let said = screen.browser.see("#dialogue").await.text().await.unwrap();
    // Neither the password, in whichever coding, nor the mail itself.
    for secret in ["correct horse", "Y29ycmVjdCBob3JzZ", "Subject:"] {
        assert!(!said.contains(secret), "{said}");
    }
    assert!(said.contains("AUTH") && said.contains("STARTTLS"), "{said}");
    assert_accessible(&screen.browser, "a test delivery").await;

    for (at, words, advice) in [
        (
            Step::Mail,
            "550 5.7.60 SMTP; Client does not have permissions to send as this sender",
            "Choose a Notification Postmaster Address that exists there",
        ),
        (Step::Rcpt, "550 5.1.1 no such user", "The server does not take mail for this recipient."),
        (Step::Auth, "535 5.7.8 no", "Correct the secrets SMTP_USER and SMTP_PASSWORD."),
        (Step::Ehlo, "250 nothing", "The server does not offer STARTTLS"),
    ] {
        post.server.fault(at, Act::Say(words));
        screen.press("Send a test to me").await;
        let told = eventually(advice, async || {
            let told = screen.browser.see("#main").await.text().await.unwrap();
            told.contains(advice).then_some(told)
        })
        .await;
        // At once, as whoever reads the outcome reads the rest of the page too; and until somebody takes a mail.
        assert!(told.contains("The sender was refused"), "{told}");
        post.server.heal().await;
    }
    screen.browser.goto(&format!("{}/admin/settings", post.site.origin)).await;
    screen
        .reads("The receiving side has refused mail from postmaster@enroll.example.com (550 5.7.60).")
        .await;
    screen.browser.goto(&page).await;
    screen.press("Send a test to me").await;
    screen.reads("The server has taken the mail").await;
    let standing = screen.browser.see("#mail").await.text().await.unwrap();
    assert!(!standing.contains("The sender was refused"), "{standing}");
}

#[tokio::test]
async fn how_each_mail_fared_is_listed_by_person_by_state_and_page_by_page() {
    let post = Post::open(Manner::PLAIN).await;
    let [ada, bob] = [post.site.person("ada").await, post.site.person("bob").await];
    post.ask(&ada).await;
    post.letter(&ada, 0).await;
    post.server.fault(Step::Rcpt, Act::Say("550 5.1.1 no such user here"));
    post.ask(&bob).await;
    post.message(&bob, "refused", |message| message["state"] == "refused").await;
    let admin = &post.site.admin;
    let newest = admin.get("/mail/messages?limit=1").await;
    assert_eq!(newest["messages"][0]["to"], bob.address.as_str());
    let older = admin.get(&format!("/mail/messages?limit=1&before={}", newest["next"])).await;
    assert_eq!((&older["messages"][0]["to"], &older["next"]), (&json!(ada.address), &json!(null)));
    let refused = admin.get("/mail/messages?state=refused").await;
    assert_eq!(refused["messages"].as_array().unwrap().len(), 1, "{refused}");
    let unknown = admin.call(Method::GET, "/mail/messages?state=lost", None).await;
    assert_eq!(unknown.problem(400, "body_invalid")["field"], "state");

    let screen = Screen::signed_in(&post.product, &post.site).await;
    screen.browser.goto(&format!("{}/admin/mail?user={}", post.site.origin, bob.id)).await;
    screen.reads("refused by the mail server").await;
    screen.reads("550 5.1.1").await;
    let list = screen.browser.see("#messages").await.text().await.unwrap();
    assert!(list.contains(&bob.address) && !list.contains(&ada.address), "{list}");
}
