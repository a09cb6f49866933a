//! What is said for good: of the sender, of a recipient, of the password.

use serde_json::json;

use super::told;
use crate::letter::Letter;
use crate::post::Post;
use crate::server::{Act, Manner, Step};
use crate::support::product::fresh_address;
use crate::support::{Wire, eventually};

#[tokio::test]
async fn a_refusal_of_the_sender_is_told_to_administrators_beside_the_setting_until_a_mail_is_taken() {
    let post = Post::open(Manner::START_TLS).await;
    for (at, step, words, reply) in [
        (Step::Mail, "mail", "550 5.7.1 message from null sender refused", "550 5.7.1"),
        (
            Step::Rcpt,
            "rcpt",
            "550 5.7.60 SMTP; Client does not have permissions to send as this sender",
            "550 5.7.60",
        ),
        (Step::Message, "message", "550 5.1.8 Access denied, bad outbound sender", "550 5.1.8"),
    ] {
        let ada = post.site.person("ada").await;
        post.server.fault(at, Act::Say(words));
        let (mut wire, _) = post.ask(&ada).await;
        let message = post.message(&ada, "refused", |message| !message["trouble"].is_null()).await;
        let expected = json!({ "step": step, "cause": "sender_refused", "reply": reply });
        assert_eq!(message["trouble"], expected);
        // Whenever it is said: all mail is meant, so this one waits until that is mended.
        assert_ne!(message["state"], "refused", "{message}");
        assert!(!message["next_at"].is_null(), "{message}");
        let mail = post.site.admin.get("/mail").await;
        assert_eq!(mail["sender_refused"]["reply"], reply, "{mail}");
        assert_eq!(mail["sender_refused"]["sender"], mail["sender"], "{mail}");
        let recorded = post.site.admin.audit().await;
        assert!(recorded.iter().any(|event| event["action"] == "mail.sender_refused"), "{recorded:?}");
        // Said of somebody whom it knows, it would tell everybody who has an address.
        post.works_for(&mut wire, step != "mail").await;

        post.server.heal().await;
        let letter = post.letter(&ada, 0).await;
        assert_eq!(wire.confirm(&letter.code()).await.status, 200);
        eventually("the refusal to be forgotten", async || {
            post.site.admin.get("/mail").await["sender_refused"].is_null().then_some(())
        })
        .await;
    }
    post.server.was_treated_well();
}

#[tokio::test]
async fn a_recipient_whom_the_server_refuses_is_known_to_administrators_and_to_nobody_else() {
    let post = Post::open(Manner::START_TLS).await;
    let ada = post.site.person("ada").await;
    post.server.fault(Step::Rcpt, Act::Say("550 5.1.1 no such user here"));
    let (mut wire, answer) = post.ask(&ada).await;
    let message = post.message(&ada, "refused", |message| message["state"] == "refused").await;
    let expected = json!({ "step": "rcpt", "cause": "recipient_refused", "reply": "550 5.1.1" });
    assert_eq!(message["trouble"], expected);
    let stranger = Wire::to(&post.site.origin).start(&fresh_address("stranger")).await;
    assert_eq!(told(&stranger), told(&answer));
    post.works_for(&mut wire, true).await;
    assert!(post.site.admin.get("/mail").await["sender_refused"].is_null());
    post.server.was_treated_well();
}

#[tokio::test]
async fn a_password_that_the_server_refuses_is_mail_in_trouble() {
    let post = Post::open_with(Manner::IMPLICIT, &[("SMTP_PASSWORD", "wrong")]).await;
    let ada = post.site.person("ada").await;
    let (mut wire, _) = post.ask(&ada).await;
    let message = post.message(&ada, "in trouble", |message| !message["trouble"].is_null()).await;
    let expected = json!({ "step": "auth", "cause": "auth_refused", "reply": "535 5.7.8" });
    assert_eq!(message["trouble"], expected);
    post.works_for(&mut wire, false).await;
    assert!(!post.site.admin.get("/mail").await.to_string().contains("wrong"));
    post.server.was_treated_well();
}

#[tokio::test]
async fn an_address_that_nobody_has_finds_out_as_much_as_one_that_somebody_has() {
    let post = Post::open(Manner::START_TLS).await;
    post.server.fault(Step::Mail, Act::Say("451 4.3.0 not now"));
    let mut stranger = Wire::to(&post.site.origin);
    assert_eq!(stranger.start(&fresh_address("stranger")).await.status, 202);
    post.works_for(&mut stranger, false).await;
    post.server.heal().await;
    // It is tried again, and no mail comes of it.
    post.works_for(&mut stranger, true).await;
    for told in post.server.told() {
        assert_eq!((told.count("RCPT"), told.count("DATA")), (0, 0), "{:?}", told.commands());
    }
    let ada = post.site.person("ada").await;
    let (_, _) = post.ask(&ada).await;
    let mail = post.server.nth(&ada.address, 0).await;
    assert_eq!(mail.to, ada.address);
    Letter::read(&mail);
    post.server.was_treated_well();
}
