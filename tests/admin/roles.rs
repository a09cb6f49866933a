//! Administrators and API tokens: who stays, who goes, and what ends with them.

use reqwest::Method;
use serde_json::json;
use xtask::admin_link::Purpose;

use crate::console::{Desk, Said};
use crate::support::{Admin, Product, Wire};

#[tokio::test]
async fn one_administrator_who_can_sign_in_always_stays() {
    let product = Product::start(&[]).await;
    let site = product.demo();
    let first = product.secrets().admin_link(&site.origin, Purpose::First).unwrap();
    let mut grace = Desk::set_up(&site, &first, "Grace Example", "grace@example.org").await;
    let own = format!("/administrators/{}", grace.id);
    let desk_role = json!({ "role": "help_desk" });
    // Neither somebody who only looks up nor somebody who has not come yet takes her place.
    grace.invite(&site, "help_desk").await;
    let body = json!({ "name": "Not Yet", "address": "later@example.org", "role": "administrator" });
    let invited = grace.post("/administrators", &body, 201).await;
    for _ in 0..2 {
        grace.call(Method::DELETE, &own, None).await.problem(409, "last_administrator");
        grace.call(Method::PATCH, &own, Some(&desk_role)).await.problem(409, "last_administrator");
        let operator = site.admin.call(Method::DELETE, &own, None).await;
        operator.problem(409, "last_administrator");
    }
    let url = invited["url"].as_str().unwrap();
    let mut ada = Desk::set_up(&site, url, "Ada Example", "later@example.org").await;
    assert_eq!(grace.call(Method::DELETE, &own, None).await.status, 204);
    grace.call(Method::GET, "/session", None).await.problem(401, "session_ended");
    let own = format!("/administrators/{}", ada.id);
    ada.call(Method::DELETE, &own, None).await.problem(409, "last_administrator");
    ada.call(Method::DELETE, &format!("{own}x"), None).await.problem(404, "not_found");
}

#[tokio::test]
async fn a_session_ends_with_its_administrator_and_with_a_change_of_role_but_not_of_name() {
    let product = Product::shared().await;
    let site = product.demo();
    let mut grace = Desk::open(product, &site).await;
    let mut ada = grace.invite(&site, "administrator").await;
    let path = format!("/administrators/{}", ada.id);
    let changed = grace.call(Method::PATCH, &path, Some(&json!({ "name": "Ada Lovelace" }))).await;
    assert_eq!(
        (changed.status, &changed.json()["name"]),
        (200, &json!("Ada Lovelace")),
        "{}",
        changed.text()
    );
    assert_eq!(ada.get("/session").await["administrator"]["name"], "Ada Lovelace");
    for role in ["help_desk", "administrator"] {
        let changed = grace.call(Method::PATCH, &path, Some(&json!({ "role": role }))).await;
        assert_eq!((changed.status, &changed.json()["role"]), (200, &json!(role)), "{}", changed.text());
        ada.call(Method::GET, "/session", None).await.problem(401, "session_ended");
        ada = Desk::sign_in(&site, ada.passkey).await;
        assert_eq!(ada.get("/session").await["administrator"]["role"], role);
    }
    assert_eq!(grace.call(Method::DELETE, &path, None).await.status, 204);
    ada.call(Method::GET, "/session", None).await.problem(401, "session_ended");
    // The passkey is nobody's now.
    let options = ada.post("/session/challenge", &json!({}), 200).await;
    let used = ada.passkey.used(&Said::to(&options, &site.origin));
    let answer = ada.call(Method::POST, "/session", Some(&json!({ "passkey": used }))).await;
    answer.problem(403, "passkey_unknown");
    for wrong in [json!({ "role": "owner" }), json!({ "role": null, "x": 1 }), json!({ "name": "" })] {
        let path = format!("/administrators/{}", grace.id);
        grace.call(Method::PATCH, &path, Some(&wrong)).await.problem(400, "body_invalid");
    }
}

#[tokio::test]
async fn a_token_is_shown_once_says_what_it_did_and_ends_when_it_is_removed() {
    let product = Product::shared().await;
    let site = product.demo();
    let mut desk = Desk::open(product, &site).await;
    for (field, body) in [
        ("expires_in_days", json!({ "name": "x", "scopes": ["read"], "expires_in_days": 0 })),
        ("expires_in_days", json!({ "name": "x", "scopes": ["read"], "expires_in_days": 366 })),
        ("scopes", json!({ "name": "x", "scopes": [], "expires_in_days": 1 })),
        ("scopes", json!({ "name": "x", "scopes": ["all"], "expires_in_days": 1 })),
        ("name", json!({ "name": " ", "scopes": ["read"], "expires_in_days": 1 })),
        ("name", json!({ "name": "x".repeat(65), "scopes": ["read"], "expires_in_days": 1 })),
    ] {
        let answer = desk.call(Method::POST, "/tokens", Some(&body)).await;
        let found = answer.problem(400, "body_invalid")["field"].as_str().unwrap_or_default().to_owned();
        assert!(found.starts_with(field), "{field}: {}", answer.text());
    }
    let body = json!({ "name": "HR export", "scopes": ["read", "people"], "expires_in_days": 365 });
    let made = desk.post("/tokens", &body, 201).await;
    let (token, record) = (made["token"].as_str().unwrap(), &made["record"]);
    let secret = token.strip_prefix("enrl_").unwrap();
    assert_eq!(secret.len(), 43, "{token}");
    assert!(secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{token}");
    assert_eq!(record["scopes"], json!(["read", "people"]));
    assert!(record["last_used_on"].is_null(), "{record}");
    let program = Admin::of(&site.origin, token);
    program.settings().await;
    let listed = desk.call(Method::GET, "/tokens", None).await;
    assert!(!listed.text().contains(secret), "it is shown only once");
    let listed = listed.json();
    let listed = listed["tokens"].as_array().unwrap().iter().find(|one| one["id"] == record["id"]).unwrap();
    assert_eq!(listed["name"], "HR export");
    assert!(listed["last_used_on"].as_str().is_some_and(|day| day.len() == 10), "{listed}");
    // Of another account it opens nothing.
    let elsewhere = Admin::of(&product.other().origin, token).call(Method::GET, "/settings", None).await;
    elsewhere.problem(401, "unauthorized");
    // A page that sends it along is let through as the program it is; in the address it is nothing.
    let mut wire = Wire::to(&site.origin);
    wire.get(&format!("/api/v1/admin/settings?token={token}")).await.problem(401, "unauthorized");
    let path = format!("/tokens/{}", record["id"].as_str().unwrap());
    assert_eq!(desk.call(Method::DELETE, &path, None).await.status, 204);
    program.call(Method::GET, "/settings", None).await.problem(401, "unauthorized");
    desk.call(Method::DELETE, &path, None).await.problem(404, "not_found");
}
