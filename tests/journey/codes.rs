//! Codes: once, in time, in the browser that asked, and not by guessing.

use serde_json::json;

use crate::support::{Arrival, Browser, DEVICE, Kind, Product, Wire};

/// A code that is not this one.
fn wrong(code: &str) -> String {
    let first = if code.starts_with('0') { '1' } else { '0' };
    format!("{first}{}", &code[1..])
}

#[tokio::test]
async fn a_code_enrolls_one_browser_and_never_a_second_time() {
    let site = Product::shared().await.demo();
    let person = site.person("once").await;
    let mut browser = Wire::to(&site.origin);
    let code = browser.ask(&site, &person.address).await.code();
    let mut twin = browser.clone();
    assert_eq!(browser.confirm(&code).await.status, 200);
    let again = twin.confirm(&code).await;
    again.problem(410, "code_used");
    assert_eq!(again.set_cookie(DEVICE), None);
    twin.resend().await.problem(410, "code_used");
    // The browser itself has lost its ticket.
    browser.confirm(&code).await.problem(401, "ticket_missing");
    assert_eq!(site.admin.devices(&person.id).await.len(), 1);
}

#[tokio::test]
async fn a_code_confirmed_many_times_at_once_enrolls_once() {
    let site = Product::shared().await.demo();
    let person = site.person("race").await;
    let mut browser = Wire::to(&site.origin);
    let code = browser.ask(&site, &person.address).await.code();
    let tries: Vec<_> = (0..8)
        .map(|_| {
            let (mut browser, code) = (browser.clone(), code.clone());
            tokio::spawn(async move { browser.confirm(&code).await })
        })
        .collect();
    let mut enrolled = 0;
    for each in tries {
        let answer = each.await.unwrap();
        if answer.status == 200 {
            enrolled += 1;
        } else {
            answer.problem(410, "code_used");
        }
    }
    assert_eq!((enrolled, site.admin.devices(&person.id).await.len()), (1, 1));
}

#[tokio::test]
async fn a_code_does_not_work_in_another_browser() {
    let site = Product::shared().await.demo();
    let (ada, eve) = (site.person("ada").await, site.person("eve").await);
    let code = Wire::to(&site.origin).ask(&site, &ada.address).await.code();
    // Without a ticket, with a made-up one, and with one of her own.
    let mut browser = Wire::to(&site.origin);
    browser.confirm(&code).await.problem(401, "ticket_missing");
    browser.jar.insert("__Host-ticket".to_owned(), "A".repeat(43));
    browser.confirm(&code).await.problem(401, "ticket_missing");
    browser.resend().await.problem(401, "ticket_missing");
    let mut browser = Wire::to(&site.origin);
    browser.ask(&site, &eve.address).await;
    assert_eq!(browser.confirm(&code).await.problem(422, "code_wrong")["attempts_left"], 4);
    assert!(site.admin.devices(&ada.id).await.is_empty() && site.admin.devices(&eve.id).await.is_empty());
}

#[tokio::test]
async fn the_sixth_try_is_refused_even_with_the_right_code() {
    let site = Product::shared().await.demo();
    let person = site.person("guess").await;
    let mut browser = Wire::to(&site.origin);
    let code = browser.ask(&site, &person.address).await.code();
    for malformed in ["", "1234567", "123456789", "abcdefgh", "１２３４５６７８"] {
        browser.confirm(malformed).await.problem(422, "code_malformed");
    }
    for left in (0..5).rev() {
        assert_eq!(browser.confirm(&wrong(&code)).await.problem(422, "code_wrong")["attempts_left"], left);
    }
    browser.confirm(&code).await.problem(410, "attempts_exhausted");
    browser.resend().await.problem(410, "attempts_exhausted");
    assert!(site.admin.devices(&person.id).await.is_empty());
}

#[tokio::test]
async fn many_wrong_tries_at_once_are_five_tries() {
    let site = Product::shared().await.demo();
    let person = site.person("burst").await;
    let mut browser = Wire::to(&site.origin);
    let code = browser.ask(&site, &person.address).await.code();
    let tries: Vec<_> = (0..12)
        .map(|_| {
            let (mut browser, code) = (browser.clone(), wrong(&code));
            tokio::spawn(async move { browser.confirm(&code).await })
        })
        .collect();
    let mut looked_at = vec![];
    for each in tries {
        let answer = each.await.unwrap();
        if answer.status == 422 {
            looked_at.push(answer.problem(422, "code_wrong")["attempts_left"].as_u64().unwrap());
        } else {
            answer.problem(410, "attempts_exhausted");
        }
    }
    looked_at.sort_unstable();
    assert_eq!(looked_at, [0, 1, 2, 3, 4]);
    browser.confirm(&code).await.problem(410, "attempts_exhausted");
}

#[tokio::test]
async fn a_code_is_taken_as_people_type_it() {
    let site = Product::shared().await.demo();
    let person = site.person("typed").await;
    let mut browser = Wire::to(&site.origin);
    let mail = browser.ask(&site, &person.address).await;
    let code = mail.code();
    assert!(mail.subject.contains(&code) && mail.html.contains(&code), "{mail:?}");
    assert!(!mail.from.is_empty() && mail.text.contains(&site.origin), "{mail:?}");
    assert_eq!(browser.confirm(&format!(" {}-{} ", &code[..4], &code[4..])).await.status, 200);
}

#[tokio::test]
async fn a_resend_leaves_the_first_code_good_and_the_count_as_it_is() {
    let site = Product::impatient().await.demo();
    let person = site.person("resend").await;
    let mut browser = Wire::to(&site.origin);
    let first = browser.ask(&site, &person.address).await.code();
    for _ in 0..2 {
        browser.confirm(&wrong(&first)).await.problem(422, "code_wrong");
    }
    let resent = browser.resend().await;
    assert_eq!((resent.status, &resent.json()["attempts_left"]), (202, &json!(3)));
    let second = site.mail.nth(&person.address, 1).await.code();
    assert_ne!(first, second);
    // Both work: the second in a twin that asks first, the first in this browser.
    assert_eq!(browser.confirm(&wrong(&second)).await.problem(422, "code_wrong")["attempts_left"], 2);
    assert_eq!(browser.confirm(&first).await.status, 200);

    let person = site.person("resend").await;
    let mut browser = Wire::to(&site.origin);
    browser.ask(&site, &person.address).await;
    assert_eq!(browser.resend().await.status, 202);
    let second = site.mail.nth(&person.address, 1).await.code();
    assert_eq!(browser.confirm(&second).await.status, 200);
}

#[tokio::test]
async fn another_code_too_soon_is_refused_and_says_when() {
    let site = Product::shared().await.demo();
    let person = site.person("soon").await;
    let mut browser = Wire::to(&site.origin);
    browser.ask(&site, &person.address).await;
    let problem = browser.resend().await.problem(429, "resend_too_soon");
    assert!((1..=30).contains(&problem["retry_after_seconds"].as_u64().unwrap()), "{problem}");
    assert_eq!(site.mail.to(&person.address).await.len(), 1);
}

#[tokio::test]
async fn a_code_whose_time_is_over_is_said_to_be_and_another_one_is_offered() {
    let product = Product::start(&[("CODE_LIFETIME_SECONDS", "6"), ("RESEND_AFTER_SECONDS", "0")]).await;
    let site = product.demo();
    let (late, waiting) = (site.person("late").await, site.person("waiting").await);
    let browser = Browser::open().await;
    browser.goto(&format!("{}/enroll", site.origin)).await;
    browser.see("#address-form").await;
    let mut wire = Wire::to(&site.origin);
    let code = wire.ask(&site, &late.address).await.code();
    // The page's clock starts after that code's, so at its end that code is too old as well.
    browser.write("#address", &waiting.address).await;
    browser.press("#address-form button").await;
    browser.see("#code-expired").await;
    browser.reads("The code’s time is over").await;
    assert!(!browser.shows("#code-form").await);
    wire.confirm(&code).await.problem(410, "code_expired");
    assert!(site.admin.devices(&late.id).await.is_empty());
    // The way out: one press.
    browser.press("#code-expired button").await;
    browser.see("#code-form").await;
    site.mail.nth(&waiting.address, 1).await;
}

#[tokio::test]
async fn a_revocation_ends_the_enrollments_under_way() {
    let site = Product::shared().await.demo();
    let person = site.person("leaver").await;
    let mut browser = Wire::to(&site.origin);
    let code = browser.ask(&site, &person.address).await.code();
    assert_eq!(site.admin.revoke_user(&person.id).await, 0);
    browser.confirm(&code).await.problem(410, "enrollment_ended");
    browser.resend().await.problem(410, "enrollment_ended");
    assert!(site.admin.devices(&person.id).await.is_empty());
}

#[tokio::test]
async fn a_person_is_told_what_is_wrong_with_a_code_and_gets_on() {
    let site = Product::impatient().await.demo();
    let person = site.person("words").await;
    let arrival = Arrival::open();
    let browser = Browser::open().await;
    browser.goto(&site.admin.link(&arrival.url, &person.address).await).await;
    browser.write("#address", "nobody").await;
    browser.press("#address-form button").await;
    browser.see("#error [data-code=address_invalid]").await;
    let code = browser.ask(&site, &person.address).await;
    browser.confirm(Kind::Own, "1234").await;
    browser.see("#error [data-code=code_malformed]").await;
    browser.confirm(Kind::Own, &wrong(&code)).await;
    browser.see("#error [data-code=code_wrong]").await;
    browser.reads("You can try 4 more times.").await;
    browser.press("#resend").await;
    browser.reads("Another code is on its way").await;
    // A reload, as phones do while the mail is read, loses nothing.
    browser.goto(&browser.url().await).await;
    browser.see("#code-form").await;
    for _ in 0..4 {
        browser.confirm(Kind::Own, &wrong(&code)).await;
        browser.see("#error").await;
    }
    browser.see("#error [data-code=attempts_exhausted]").await;
    browser.press("#error [data-code=attempts_exhausted] button").await;
    browser.see("#code-form").await;
    let fresh = site.mail.nth(&person.address, 2).await.code();
    browser.confirm(Kind::Own, &fresh).await;
    browser.is_at(&arrival.url).await;
    browser.complained_only_of(&[410, 422]).await;
}
