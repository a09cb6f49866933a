//! Whoever types an address learns nothing about whether somebody has it.

use serde_json::{Value, json};

use crate::support::{Answer, Browser, Product, Site, Wire, fresh_address};

/// Waits until all mail that was due by now has surely come: somebody else's that was asked for afterwards has.
async fn all_mail_is_there(site: &Site) {
    for _ in 0..2 {
        let other = site.person("fence").await;
        Wire::to(&site.origin).ask(site, &other.address).await;
    }
}

/// Everything a stranger can find out about an address, up to the last try.
async fn probe(site: &Site, address: &str) -> Vec<(u16, Vec<(String, String)>, String)> {
    let mut stranger = Wire::to(&site.origin);
    let mut seen = vec![stranger.start(address).await, stranger.resend().await];
    seen.push(stranger.confirm("1234").await);
    for _ in 0..6 {
        seen.push(stranger.confirm("00000000").await);
    }
    seen.push(stranger.resend().await);
    // Another browser, up to the limit of mails.
    let mut second = Wire::to(&site.origin);
    seen.push(second.start(address).await);
    seen.push(Wire::to(&site.origin).start(address).await);
    let mut seen: Vec<_> = seen.iter().map(Answer::comparable).collect();
    // When there is room again depends on the second in which it was asked.
    if let Some((_, headers, body)) = seen.last_mut() {
        headers.retain(|(name, _)| name != "retry-after" && name != "content-length");
        body.truncate(body.find("retry_after_seconds").unwrap_or(body.len()));
    }
    seen
}

#[tokio::test]
async fn nobody_can_tell_a_known_address_from_an_unknown_an_alias_or_a_disabled_one() {
    let site = Product::impatient().await.demo();
    let known = site.person("known").await;
    let alias = fresh_address("alias");
    site.admin.add_user(&fresh_address("primary"), &[&alias]).await;
    let disabled = site.person("disabled").await;
    site.admin.disable(&disabled.id).await;

    let expected = probe(&site, &known.address).await;
    let statuses: Vec<_> = expected.iter().map(|(status, ..)| *status).collect();
    assert_eq!(statuses, [202, 202, 422, 422, 422, 422, 422, 422, 410, 410, 202, 429]);
    for address in
        [fresh_address("unknown"), alias, disabled.address.clone(), "stranger@elsewhere.example".to_owned()]
    {
        assert_eq!(probe(&site, &address).await, expected, "{address}");
    }
    site.mail.nth(&known.address, 2).await;
    all_mail_is_there(&site).await;
    assert_eq!(site.mail.to(&known.address).await.len(), 3);
    assert_eq!(site.mail.to(&disabled.address).await.len(), 0);
    assert_eq!(site.mail.to("stranger@elsewhere.example").await.len(), 0);
}

#[tokio::test]
async fn the_page_reads_the_same_for_an_unknown_address() {
    let site = Product::shared().await.demo();
    let person = site.person("reader").await;
    let unknown = fresh_address("reader");
    let browser = Browser::open().await;
    let mut texts = vec![];
    for address in [&person.address, &unknown] {
        browser.goto(&format!("{}/enroll", site.origin)).await;
        browser.write("#address", address).await;
        browser.press("#address-form button").await;
        browser.see("#code-form").await;
        browser.reads("Possible in").await;
        let seconds: String = browser.see("#resend-wait").await.text().await.unwrap();
        texts.push(browser.text().await.replace(address.as_str(), "…").replace(&seconds, "…"));
        // The countdown may have gone on in between.
        let last = texts.last_mut().unwrap();
        *last = last.lines().filter(|line| !line.contains("Possible in")).collect();
        browser.press("#other-address").await;
        browser.see("#address-form").await;
    }
    assert_eq!(texts[0].replace("Send another code …", ""), texts[1].replace("Send another code …", ""));
    all_mail_is_there(&site).await;
    assert_eq!(site.mail.to(&unknown).await.len(), 0);
}

#[tokio::test]
async fn an_alias_enrolls_nobody_and_its_mail_names_the_primary_address_masked() {
    let site = Product::shared().await.demo();
    let (primary, alias) = (fresh_address("primary"), fresh_address("nickname"));
    let id = site.admin.add_user(&primary, &[&alias]).await;
    let mail = Wire::to(&site.origin).ask(&site, &alias).await;
    assert!(mail.text.contains("p•••@example.com") && mail.html.contains("p•••@example.com"), "{mail:?}");
    assert!(mail.text.contains("alias"), "{mail:?}");
    assert!(!format!("{mail:?}").contains(&primary), "{mail:?}");
    assert!(
        !mail.text.split_whitespace().any(|word| word.len() == 8 && word.parse::<u32>().is_ok()),
        "{mail:?}"
    );
    assert!(site.mail.to(&primary).await.is_empty() && site.admin.devices(&id).await.is_empty());
    // The primary address works meanwhile, in whatever case it is typed.
    Wire::to(&site.origin).ask(&site, &primary).await;
    let mut shouting = Wire::to(&site.origin);
    assert_eq!(shouting.start(&primary.to_uppercase()).await.status, 202);
    let code = site.mail.nth(&primary, 1).await.code();
    assert_eq!(shouting.confirm(&code).await.status, 200);
}

#[tokio::test]
async fn a_person_disabled_while_the_code_is_in_the_mail_does_not_enroll() {
    let site = Product::shared().await.demo();
    let person = site.person("leaving").await;
    let mut browser = Wire::to(&site.origin);
    let code = browser.ask(&site, &person.address).await.code();
    site.admin.disable(&person.id).await;
    browser.confirm(&code).await.problem(410, "enrollment_ended");
    assert!(site.admin.devices(&person.id).await.is_empty());
}

#[tokio::test]
async fn strangers_use_up_three_mails_and_the_person_still_gets_theirs() {
    let site = Product::shared().await.demo();
    let person = site.person("target").await;
    for _ in 0..3 {
        Wire::to(&site.origin).ask(&site, &person.address).await;
    }
    let refused = Wire::to(&site.origin).start(&person.address).await;
    let problem = refused.problem(429, "mail_limit");
    assert!((1..=900).contains(&problem["retry_after_seconds"].as_u64().unwrap()), "{problem}");
    assert!(refused.header("Retry-After").is_some());
    assert_eq!(refused.set_cookie("__Host-ticket"), None);

    // An altered link shows nothing. Somebody else's is answered as if it did, so that it tells nobody whose it is, but
    // no mail is sent.
    let path = |link: String| link[site.origin.len()..].to_owned();
    let link = path(site.admin.link("https://example.net/", &person.address).await);
    let others = path(site.admin.link("https://example.net/", "somebody@example.net").await);
    let altered = &link[..link.len() - 2];
    Wire::to(&site.origin).start_for(&person.address, altered).await.problem(429, "mail_limit");
    assert_eq!(Wire::to(&site.origin).start_for(&person.address, &others).await.status, 202);
    all_mail_is_there(&site).await;
    assert_eq!(site.mail.to(&person.address).await.len(), 3);
    let audit = site.admin.audit().await;
    let held_back =
        |event: &Value| event["action"] == "mail.held_back" && event["subject"] == json!(person.id);
    assert!(audit.iter().any(held_back), "{audit:?}");
    // A link to the person does.
    let mut browser = Wire::to(&site.origin);
    assert_eq!(browser.start_for(&person.address, &link).await.status, 202);
    let code = site.mail.nth(&person.address, 3).await.code();
    let confirmed = browser.confirm(&code).await;
    assert_eq!(confirmed.json()["to"], json!(format!("{link}?enrolled")));

    // And on the page it is said in words.
    let page = Browser::open().await;
    page.goto(&format!("{}/enroll", site.origin)).await;
    page.write("#address", &person.address).await;
    page.press("#address-form button").await;
    page.see("#error [data-code=mail_limit]").await;
    page.reads("Too many codes were asked for lately. You can ask for another in about").await;
}

#[tokio::test]
async fn what_is_no_mail_address_is_refused_before_anything_is_kept() {
    let site = Product::shared().await.demo();
    for address in
        ["", "ada", "ada@", "@example.com", "a b@example.com", "ada@example.com\r\nBcc: eve@example.net"]
    {
        let refused = Wire::to(&site.origin).start(address).await;
        refused.problem(422, "address_invalid");
        assert_eq!(refused.set_cookie("__Host-ticket"), None, "{address:?}");
    }
}
