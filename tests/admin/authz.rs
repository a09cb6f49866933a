//! Every address of the administration, and everybody who should not get through there: what each is told, exactly.

use std::collections::BTreeSet;

use reqwest::{Method, RequestBuilder};
use serde_json::json;
use tokio::sync::OnceCell;
use xtask::checkout::Checkout;

use crate::console::{Desk, SESSION, now};
use crate::support::{Answer, DEVICE, Kind, Product, Site, Wire, eventually};
use crate::table::{Body, Row, SCOPES, rows};

/// In its account `demo` nobody gets through; in `other` somebody does.
async fn product() -> &'static Product {
    static PRODUCT: OnceCell<Product> = OnceCell::const_new();
    PRODUCT.get_or_init(async || Product::start(&[]).await).await
}

/// The request of a row as a program makes it, with the cookies of the jar.
fn bare(wire: &Wire, row: &Row) -> RequestBuilder {
    let method: Method = row.method.parse().unwrap();
    let request = wire.request(method, &format!("/api/v1/admin{}", row.at));
    match &row.body {
        Body::None => request,
        Body::Json(body) => request.json(body),
        Body::Csv(text) => request.header("Content-Type", "text/csv").body(*text),
    }
}

/// The same as a page of ours makes it.
async fn from_page(wire: &Wire, row: &Row) -> Answer {
    Answer::to(bare(wire, row).header("Sec-Fetch-Site", "same-origin").header("Origin", &wire.origin)).await
}

async fn with_token(origin: &str, token: &str, row: &Row) -> Answer {
    Answer::to(bare(&Wire::to(origin), row).bearer_auth(token)).await
}

/// What was found wrong: each row is looked at, also after one that was wrong.
#[derive(Debug, Default)]
struct Found(Vec<String>);

impl Found {
    fn wrong(&mut self, row: &Row, answer: &Answer) {
        let body = row.body.as_text();
        self.0.push(format!("{} {} {body}: {} {}", row.method, row.at, answer.status, answer.text()));
    }

    /// It must not have been who asks that was wrong.
    fn let_through(&mut self, answer: &Answer, row: &Row) {
        let refusals = ["unauthorized", "session_ended", "not_allowed", "touch_needed", "cross_site_request"];
        let is_refused =
            matches!(answer.status, 401 | 403) && refusals.iter().any(|code| answer.json()["code"] == *code);
        if is_refused || answer.status >= 500 {
            self.wrong(row, answer);
        }
    }

    fn refused(&mut self, answer: &Answer, row: &Row, status: u16, code: &str) {
        if answer.status == status && answer.json()["code"] == code {
            answer.problem(status, code);
        } else {
            self.wrong(row, answer);
        }
    }
}

impl Drop for Found {
    fn drop(&mut self) {
        assert!(std::thread::panicking() || self.0.is_empty(), "{:#?}", self.0);
    }
}

/// Of those that take a credential.
fn guarded() -> impl Iterator<Item = Row> {
    rows().into_iter().filter(|row| !row.may.open)
}

#[test]
fn every_documented_address_has_a_row_and_every_row_is_documented() {
    let text = std::fs::read_to_string(Checkout::find().unwrap().root().join("docs/API.md")).unwrap();
    let section = text.split("\n## Administration\n").nth(1).unwrap();
    let methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];
    let names = |path: &str| -> String {
        let parts = path.split('/').map(|part| if part.starts_with('{') { "{}" } else { part });
        parts.collect::<Vec<_>>().join("/")
    };
    let codes = section.split('`').skip(1).step_by(2);
    let documented: BTreeSet<_> = codes
        .filter_map(|code| code.split_once(' '))
        .filter(|(method, rest)| methods.contains(method) && rest.starts_with('/'))
        .map(|(method, rest)| (method.to_owned(), names(rest.split(['?', ' ']).next().unwrap())))
        .collect();
    assert!(documented.len() > 40, "{documented:?}");
    let in_rows: BTreeSet<_> = rows().iter().map(|row| (row.method.to_owned(), names(row.path))).collect();
    assert_eq!(in_rows, documented);
}

#[tokio::test]
async fn nobody_gets_nothing() {
    let mut found = Found::default();
    let site = product().await.demo();
    for row in guarded() {
        let answer = from_page(&Wire::to(&site.origin), &row).await;
        found.refused(&answer, &row, 401, "unauthorized");
        assert_eq!(answer.header("WWW-Authenticate"), Some("Bearer"));
    }
}

#[tokio::test]
async fn a_made_up_token_or_cookie_opens_nothing_and_a_good_cookie_does_not_make_up_for_a_wrong_token() {
    let mut found = Found::default();
    let product = product().await;
    let site = product.demo();
    let desk = Desk::open(product, &site).await;
    let made_up = format!("enrl_{}", "A".repeat(43));
    let mut cookie = Wire::to(&site.origin);
    cookie.jar.insert(SESSION.to_owned(), "A".repeat(43));
    for row in guarded() {
        for token in [made_up.as_str(), "enrl_", "A", ""] {
            found.refused(&with_token(&site.origin, token, &row).await, &row, 401, "unauthorized");
            let both = bare(&desk.wire, &row).header("Sec-Fetch-Site", "same-origin").bearer_auth(token);
            found.refused(&Answer::to(both).await, &row, 401, "unauthorized");
        }
        found.refused(&from_page(&cookie, &row).await, &row, 401, "session_ended");
    }
}

#[tokio::test]
async fn the_help_desk_looks_up_and_revokes_and_gets_no_further() {
    let mut found = Found::default();
    let product = product().await;
    let site = product.demo();
    let desk = Desk::open(product, &site).await.invite(&site, "help_desk").await;
    for row in guarded() {
        let answer = from_page(&desk.wire, &row).await;
        if row.may.help_desk {
            found.let_through(&answer, &row);
        } else {
            found.refused(&answer, &row, 403, "not_allowed");
        }
    }
}

#[tokio::test]
async fn a_token_reaches_as_far_as_its_scopes_and_never_to_what_takes_a_person() {
    let mut found = Found::default();
    let product = product().await;
    let site = product.demo();
    let mut desk = Desk::open(product, &site).await;
    for scope in SCOPES {
        let body = json!({ "name": scope, "scopes": [scope], "expires_in_days": 1 });
        let made = desk.post("/tokens", &body, 201).await;
        for row in guarded() {
            let answer = with_token(&site.origin, made["token"].as_str().unwrap(), &row).await;
            if row.may.scopes.contains(&scope) {
                found.let_through(&answer, &row);
            } else {
                found.refused(&answer, &row, 403, "not_allowed");
            }
        }
    }
}

#[tokio::test]
async fn the_operator_may_everything_but_what_belongs_to_a_person() {
    let mut found = Found::default();
    let product = product().await;
    let site = product.other();
    for row in guarded() {
        let answer = with_token(&site.origin, product.secrets().admin_api_token(), &row).await;
        if row.may.personal {
            found.refused(&answer, &row, 403, "not_allowed");
        } else {
            found.let_through(&answer, &row);
        }
    }
}

#[tokio::test]
async fn an_administrator_who_has_just_touched_a_passkey_may_everything() {
    let mut found = Found::default();
    let product = product().await;
    let site = product.other();
    let desk = Desk::open(product, &site).await;
    for row in guarded() {
        found.let_through(&from_page(&desk.wire, &row).await, &row);
    }
    // What takes no credential is asked without one: one of these ends the session.
    for row in rows().iter().filter(|row| row.may.open) {
        found.let_through(&from_page(&Wire::to(&site.origin), row).await, row);
    }
}

#[tokio::test]
async fn an_administrator_is_one_in_their_own_account_only() {
    let mut found = Found::default();
    let product = product().await;
    let desk = Desk::open(product, &product.other()).await;
    let mut stranger = Wire::to(&product.demo().origin);
    stranger.jar.clone_from(&desk.wire.jar);
    for row in guarded() {
        found.refused(&from_page(&stranger, &row).await, &row, 401, "session_ended");
    }
}

#[tokio::test]
async fn another_site_changes_nothing_with_the_cookie_of_an_administrator() {
    let mut found = Found::default();
    let product = product().await;
    let site = product.demo();
    let mut desk = Desk::open(product, &site).await;
    let foreign: [&[(&str, &str)]; 6] = [
        &[("Sec-Fetch-Site", "cross-site"), ("Origin", "https://evil.example")],
        &[("Sec-Fetch-Site", "cross-site"), ("Origin", &site.origin)],
        &[("Sec-Fetch-Site", "same-site")],
        &[("Origin", "https://evil.example")],
        &[("Origin", "null")],
        &[],
    ];
    for row in rows() {
        for headers in foreign {
            let request = bare(&desk.wire, &row);
            let request =
                headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
            let answer = Answer::to(request).await;
            let says_where = headers.iter().any(|(name, _)| *name == "Sec-Fetch-Site");
            if row.method == "GET" && !says_where {
                // It may be asked for by what does not say where it is, but only our own pages can read it.
                found.let_through(&answer, &row);
                assert_eq!(answer.header("Access-Control-Allow-Origin"), None, "{}", row.at);
                assert_eq!(answer.header("Cross-Origin-Resource-Policy"), Some("same-origin"), "{}", row.at);
            } else {
                found.refused(&answer, &row, 403, "cross_site_request");
            }
        }
    }
    assert_eq!(desk.get("/session").await["administrator"]["id"], desk.id);
}

#[tokio::test]
async fn a_device_cookie_is_no_credential_whatever_it_is_called() {
    let mut found = Found::default();
    let site = product().await.demo();
    let person = site.person("employee").await;
    let mut browser = Wire::to(&site.origin);
    browser.enroll(&site, &person.address, Kind::Own).await;
    assert_eq!(browser.get("/api/v1/device").await.status, 200);
    let cookie = browser.jar[DEVICE].clone();
    for row in guarded() {
        found.refused(&from_page(&browser, &row).await, &row, 401, "unauthorized");
        found.refused(&with_token(&site.origin, &cookie, &row).await, &row, 401, "unauthorized");
    }
    browser.jar.insert(SESSION.to_owned(), cookie);
    for row in guarded() {
        found.refused(&from_page(&browser, &row).await, &row, 401, "session_ended");
    }
}

/// Asserts that this session opens nothing any more.
async fn assert_ended(site: &Site, mut desk: Desk) {
    let mut found = Found::default();
    for row in guarded() {
        found.refused(&from_page(&desk.wire, &row).await, &row, 401, "session_ended");
    }
    let passkey = desk.passkey;
    desk = Desk::sign_in(site, passkey).await;
    assert_eq!(desk.get("/session").await["administrator"]["id"], desk.id);
}

#[tokio::test]
async fn a_session_that_is_not_used_ends() {
    let product = Product::start(&[("ADMIN_IDLE_SECONDS", "4")]).await;
    let site = product.demo();
    let mut desk = Desk::open(&product, &site).await;
    assert_eq!(desk.get("/session").await["idle_seconds"], 4);
    let used = now();
    eventually("four seconds without a request", async || (now() > used + 4).then_some(())).await;
    assert_ended(&site, desk).await;
}

#[tokio::test]
async fn a_session_ends_however_much_it_is_used() {
    let product = Product::start(&[("ADMIN_SESSION_SECONDS", "4")]).await;
    let site = product.demo();
    let mut desk = Desk::open(&product, &site).await;
    eventually("the session to end", async || {
        (desk.call(Method::GET, "/session", None).await.status == 401).then_some(())
    })
    .await;
    assert_ended(&site, desk).await;
}

#[tokio::test]
async fn what_takes_a_touch_is_refused_without_a_fresh_one() {
    let mut found = Found::default();
    let product = Product::start(&[("TOUCH_SECONDS", "4")]).await;
    let site = product.demo();
    let mut desk = Desk::open(&product, &site).await;
    eventually("the touch to be too old", async || {
        desk.get("/session").await["touched_until"].is_null().then_some(())
    })
    .await;
    for row in guarded() {
        let answer = from_page(&desk.wire, &row).await;
        if row.may.touch {
            found.refused(&answer, &row, 403, "touch_needed");
        } else {
            found.let_through(&answer, &row);
        }
    }
    let touched = desk.touch_as(|_| {}).await;
    assert_eq!(touched.status, 200, "{}", touched.text());
    assert!(touched.json()["touched_until"].is_string());
    let row = guarded().find(|row| row.may.touch).unwrap();
    found.let_through(&from_page(&desk.wire, &row).await, &row);
}
