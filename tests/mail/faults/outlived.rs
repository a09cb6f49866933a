//! What a mail was for is over before the server takes it: then nobody gets it.

use reqwest::Method;
use serde_json::{Value, json};

use crate::letter::Letter;
use crate::post::Post;
use crate::server::{Act, Manner, Step};
use crate::support::product::{Person, fresh_address};
use crate::support::{Answer, Wire, eventually};

const LATER: Act = Act::Say("450 4.2.1 later, please");

/// Spends all tries; the chance that one of these is right is one in twenty million.
async fn spend(wire: &mut Wire) {
    for code in 1..=5 {
        wire.confirm(&format!("{code:08}")).await.problem(422, "code_wrong");
    }
}

/// How the mails of one kind to somebody stand, the newest first.
async fn of_kind(post: &Post, person: &Person, kind: &str) -> Vec<Value> {
    let all = post.messages(person).await.into_iter();
    all.filter(|message| message["kind"] == kind).map(|message| message["state"].clone()).collect()
}

#[tokio::test]
async fn what_is_about_one_person_does_not_reach_the_next_owner_of_the_address() {
    let post = Post::open(Manner::PLAIN).await;
    let ada = post.site.person("ada").await;
    let (mut wire, _) = post.ask(&ada).await;
    let code = post.letter(&ada, 0).await.code();
    post.server.fault(Step::Rcpt, LATER);
    assert_eq!(wire.confirm(&code).await.status, 200);
    let waits = |message: &Value| message["kind"] == "new_device" && !message["trouble"].is_null();
    post.message(&ada, "waiting", waits).await;
    let admin = &post.site.admin;
    let path = format!("/users/{}", ada.id);
    let moved: Answer =
        admin.call(Method::PATCH, &path, Some(&json!({ "address": fresh_address("ada") }))).await;
    assert_eq!(moved.status, 200, "{}", moved.text());
    let next = Person { id: admin.add_user(&ada.address, &[]).await, address: ada.address.clone() };
    post.server.heal().await;
    post.message(&ada, "dropped", |message| message["state"] == "dropped").await;
    // Nothing but the code, which came while the address was hers; and then what is for the other.
    let (mut wire, _) = post.ask(&next).await;
    let letter = post.letter(&next, 1).await;
    assert_eq!(wire.confirm(&letter.code()).await.status, 200);
}

#[tokio::test]
async fn a_code_whose_tries_are_spent_is_not_sent_any_more_and_that_they_were_is_told_once_a_day() {
    let post = Post::open(Manner::PLAIN).await;
    let eve = post.site.person("eve").await;
    post.server.fault(Step::Rcpt, LATER);
    let (mut wire, _) = post.ask(&eve).await;
    post.message(&eve, "waiting", |message| !message["trouble"].is_null()).await;
    spend(&mut wire).await;
    post.server.heal().await;
    let told = Letter::read(&post.server.nth(&eve.address, 0).await);
    assert!(told.text.contains("no longer work"), "{}", told.text);
    for number in 1..=2 {
        let (mut wire, _) = post.ask(&eve).await;
        post.letter(&eve, number).await.code();
        spend(&mut wire).await;
    }
    assert_eq!(of_kind(&post, &eve, "wrong_codes").await, ["sent"]);
    // At its next attempt.
    eventually("the first code to be dropped", async || {
        (of_kind(&post, &eve, "code").await == ["sent", "sent", "dropped"]).then_some(())
    })
    .await;
}
