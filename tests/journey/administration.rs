//! What an administrator may set, and who is one.

use reqwest::Method;
use serde_json::json;

use crate::support::{Admin, Kind, Product, Wire, eventually, fresh_address};

#[tokio::test]
async fn a_setting_out_of_bounds_is_refused_by_its_name_and_nothing_changes() {
    let site = Product::shared().await.demo();
    let before = site.admin.settings().await;
    for (field, value, status, code) in [
        ("authentication_duration_days", json!(0), 422, "setting_invalid"),
        ("authentication_duration_days", json!(366), 422, "setting_invalid"),
        ("authentication_duration_days", json!(-1), 422, "setting_invalid"),
        ("authentication_duration_days", json!("ten"), 400, "body_invalid"),
        ("authentication_duration_days", json!(1.5), 400, "body_invalid"),
        ("authentication_duration_days", json!([30]), 400, "body_invalid"),
        ("renew_after_seconds", json!(86_401), 422, "setting_invalid"),
        ("absolute_days", json!(0), 422, "setting_invalid"),
        ("enrollments_per_network_hour", json!(0), 422, "setting_invalid"),
        ("notification_postmaster_address", json!("<>"), 422, "setting_invalid"),
        ("authentication_enabled", json!("yes"), 400, "body_invalid"),
        ("no_such_setting", json!(1), 400, "body_invalid"),
    ] {
        // Beside one that would be right: all of it or nothing.
        let patch = json!({ "absolute_days": 7, field: value });
        let answer = site.admin.call(Method::PATCH, "/settings", Some(&patch)).await;
        assert_eq!(answer.problem(status, code)["field"], field, "{value}");
    }
    assert_eq!(site.admin.settings().await, before);
}

#[tokio::test]
async fn the_bounds_themselves_can_be_set_and_hold_for_the_next_cookie() {
    let product = Product::start(&[]).await;
    let site = product.demo();
    for days in [1, 365] {
        let settings = site.admin.set(&json!({ "authentication_duration_days": days })).await;
        assert_eq!(settings["authentication_duration_days"], days);
        let person = site.person("bound").await;
        let confirmed = Wire::to(&site.origin).enroll(&site, &person.address, Kind::Own).await;
        let cookie = confirmed.set_cookie("__Host-device").unwrap();
        assert!(cookie.ends_with(&format!("; Max-Age={}", days * 86_400)), "{cookie}");
    }
    let settings = json!({ "notification_postmaster_address": "postmaster@example.com" });
    site.admin.set(&settings).await;
    let person = site.person("notified").await;
    let mail = Wire::to(&site.origin).ask(&site, &person.address).await;
    assert_eq!(mail.from, "postmaster@example.com");
    // A network that enrolls too much is told when to come again.
    site.admin.set(&json!({ "enrollments_per_network_hour": 1 })).await;
    let problem = Wire::to(&site.origin).start(&person.address).await.problem(429, "network_limit");
    assert!((1..=3_600).contains(&problem["retry_after_seconds"].as_u64().unwrap()), "{problem}");
}

#[tokio::test]
async fn without_the_token_nobody_is_an_administrator() {
    let product = Product::shared().await;
    let origin = product.demo().origin;
    let token = product.secrets().admin_api_token();
    let mut wrong = token.to_owned();
    wrong.replace_range(..1, if token.starts_with('A') { "B" } else { "A" });
    let wrong = [String::new(), "x".to_owned(), wrong, format!("{token}x"), token[1..].to_owned()];
    for (method, path) in [
        (Method::GET, "/settings"),
        (Method::PATCH, "/settings"),
        (Method::GET, "/domains"),
        (Method::POST, "/domains"),
        (Method::DELETE, "/domains/example.com"),
        (Method::GET, "/users"),
        (Method::POST, "/users"),
        (Method::POST, "/revocations"),
        (Method::POST, "/links"),
        (Method::GET, "/interactions"),
        (Method::GET, "/audit"),
        (Method::GET, "/nothing"),
    ] {
        for wrong in &wrong {
            let answer = Admin::of(&origin, wrong).call(method.clone(), path, Some(&json!({}))).await;
            answer.problem(401, "unauthorized");
        }
        let mut stranger = Wire::to(&origin);
        let path = format!("/api/v1/admin{path}");
        let bare = stranger.bare(method.clone(), &path);
        let answer = stranger.send(bare).await;
        answer.problem(401, "unauthorized");
        assert_eq!(answer.header("WWW-Authenticate"), Some("Bearer"));
        let basic = stranger.bare(method, &path).header("Authorization", format!("Basic {token}"));
        stranger.send(basic).await.problem(401, "unauthorized");
    }
}

#[tokio::test]
async fn a_directory_takes_each_address_once_and_only_of_its_domains() {
    let site = Product::shared().await.demo();
    let (primary, alias) = (fresh_address("dir"), fresh_address("dir"));
    site.admin.add_user(&primary, &[&alias]).await;
    for taken in [&primary, &alias, &primary.to_uppercase()] {
        let body = json!({ "address": taken });
        site.admin.call(Method::POST, "/users", Some(&body)).await.problem(409, "address_taken");
        let body = json!({ "address": fresh_address("dir"), "aliases": [taken] });
        site.admin.call(Method::POST, "/users", Some(&body)).await.problem(409, "address_taken");
    }
    let body = json!({ "address": "ada@elsewhere.example" });
    site.admin.call(Method::POST, "/users", Some(&body)).await.problem(422, "domain_unknown");
    let body = json!({ "name": "example.com" });
    site.admin.call(Method::POST, "/domains", Some(&body)).await.problem(409, "domain_exists");
    let body = json!({ "name": "not a domain" });
    site.admin.call(Method::POST, "/domains", Some(&body)).await.problem(422, "domain_invalid");
    let answer = site.admin.call(Method::DELETE, "/domains/example.com", None).await;
    answer.problem(409, "domain_not_empty");
    site.admin.call(Method::GET, "/users/nobody", None).await.problem(404, "not_found");
}

#[tokio::test]
async fn revoking_one_device_leaves_the_others() {
    let site = Product::shared().await.demo();
    let person = site.person("phones").await;
    let mut phones = [Wire::to(&site.origin), Wire::to(&site.origin)];
    for phone in &mut phones {
        phone.enroll(&site, &person.address, Kind::Own).await;
    }
    let lost = phones[0].get("/api/v1/device").await.json()["device_id"].as_str().unwrap().to_owned();
    assert_eq!(site.admin.revoke_device(&lost).await, 1);
    assert_eq!(site.admin.revoke_device(&lost).await, 0);
    eventually("the lost phone to be out", async || {
        (phones[0].get("/api/v1/device").await.status == 401).then_some(())
    })
    .await;
    assert_eq!(phones[1].get("/api/v1/device").await.status, 200);
    // The other one is forgotten by the person.
    let request = phones[1].request(Method::DELETE, "/api/v1/device").header("Sec-Fetch-Site", "same-origin");
    assert_eq!(phones[1].clone().send(request).await.status, 204);
    eventually("the forgotten phone to be out", async || {
        (phones[1].get("/api/v1/device").await.status == 401).then_some(())
    })
    .await;
    assert!(site.admin.devices(&person.id).await.iter().all(|device| device["revoked"] == true));
}
