//! Each way to a server brings the mail, and only as it was protected.

use std::io::Write as _;

use reqwest::Method;
use serde_json::json;
use xtask::stack::CF_HEADER;

use crate::post::Post;
use crate::server::{MailServer, Manner, Said};
use crate::support::{Answer, Wire};

async fn brings_a_code_that_works(manner: Manner) -> MailServer {
    let post = Post::open(manner).await;
    let ada = post.site.person("ada").await;
    let (mut wire, _) = post.ask(&ada).await;
    let mail = post.server.nth(&ada.address, 0).await;
    assert_eq!(mail.secured, manner != Manner::PLAIN);
    let letter = crate::letter::Letter::read(&mail);
    assert!(letter.subject.contains(&letter.code()), "{}", letter.subject);
    assert!(letter.html.contains(&letter.code()), "{}", letter.html);
    let confirmed = wire.confirm(&letter.code()).await;
    assert_eq!(confirmed.status, 200, "{}", confirmed.text());
    post.server.was_treated_well();
    post.server
}

#[tokio::test]
async fn where_the_edge_knows_where_somebody_asks_from_the_mail_says_so() {
    let post = Post::open(Manner::PLAIN).await;
    let ada = post.site.person("ada").await;
    let wire = Wire::to(&post.site.origin);
    let start = wire.calling(Method::POST, "/api/v1/enrollments", Some(&json!({ "address": ada.address })));
    let place = json!({ "city": "Zürich", "country": "CH" }).to_string();
    let started = Answer::to(start.header(CF_HEADER, place)).await;
    assert_eq!(started.status, 202, "{}", started.text());
    let letter = post.letter(&ada, 0).await;
    assert!(letter.text.contains("Zürich, CH") && letter.html.contains("Zürich, CH"), "{}", letter.text);
}

#[tokio::test]
async fn in_plain_to_this_machine() {
    let server = brings_a_code_that_works(Manner::PLAIN).await;
    assert_eq!(server.told()[0].count("STARTTLS"), 0);
}

#[tokio::test]
async fn by_starttls_nothing_but_a_greeting_is_said_before_tls() {
    let server = brings_a_code_that_works(Manner::START_TLS).await;
    let told = &server.told()[0];
    let plain: Vec<_> = told.said.iter().filter(|said| !said.secured).map(Said::text).collect();
    assert_eq!(plain.len(), 5, "{plain:?}");
    assert!(plain[1].starts_with("EHLO localhost") && plain[3] == "STARTTLS\r\n", "{plain:?}");
    assert!(told.commands()[3].starts_with("AUTH PLAIN "), "{:?}", told.commands());
}

#[tokio::test]
async fn in_tls_from_the_first_byte() {
    let server = brings_a_code_that_works(Manner::IMPLICIT).await;
    assert!(server.told()[0].said.iter().all(|said| said.secured));
}

#[tokio::test]
async fn where_a_server_knows_only_login_that_is_how_one_signs_in() {
    let server = brings_a_code_that_works(Manner { mechanisms: "XOAUTH2 LOGIN", ..Manner::IMPLICIT }).await;
    assert_eq!(server.told()[0].count("AUTH LOGIN"), 1);
}

#[tokio::test]
async fn the_median_time_from_send_to_the_acceptance_by_the_server_is_shown() {
    let post = Post::open_with(Manner::IMPLICIT, &[("MAIL_STEP_SECONDS", "15")]).await;
    let mut times = vec![];
    for _ in 0..50 {
        let ada = post.site.person("ada").await;
        let begun = crate::server::now();
        post.ask(&ada).await;
        times.push(post.server.nth(&ada.address, 0).await.at.duration_since(begun));
    }
    times.sort();
    // Shown also where the test succeeds.
    let words = format!(
        "\nfrom \"send\" to the end of the message at the server, which then accepts it, in TLS, 50 mails: median {:?}, worst {:?}\n",
        times[25], times[49]
    );
    std::io::stderr().write_all(words.as_bytes()).unwrap();
    post.server.was_treated_well();
    assert_eq!(post.server.told().len(), 50, "one connection for each mail");
}
