//! What the server has to do with readiness: the probe cookies, the account's rule for private windows, the report.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Kind, Product, Wire, eventually};

/// Begins a check; returns the id of its probe.
async fn probe(browser: &mut Wire) -> String {
    let answer = browser.post("/api/v1/readiness", &json!({})).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["probe"].as_str().unwrap().to_owned()
}

/// Ends it.
async fn returned(browser: &mut Wire, probe: &str) -> Value {
    let request = browser.request(Method::DELETE, &format!("/api/v1/readiness/{probe}"));
    let answer = browser.send(request.header("Sec-Fetch-Site", "same-origin")).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

#[tokio::test]
async fn the_probe_tells_which_cookies_came_back_and_leaves_none() {
    let site = Product::shared().await.demo();
    let mut browser = Wire::to(&site.origin);
    let first = probe(&mut browser).await;
    let second = probe(&mut browser).await;
    assert_eq!(browser.jar.len(), 4);
    // Tabs opened at once are apart.
    let both = json!({ "returned": true, "plain_returned": true });
    assert_eq!(returned(&mut browser, &first).await, both);
    assert_eq!(returned(&mut browser, &second).await, both);
    assert!(browser.jar.is_empty(), "{:?}", browser.jar);
    let none = json!({ "returned": false, "plain_returned": false });
    assert_eq!(returned(&mut browser, &second).await, none);

    // A browser that keeps no secure cookies on this connection.
    let third = probe(&mut browser).await;
    browser.jar.retain(|name, _| !name.starts_with("__Host-"));
    assert_eq!(browser.jar.len(), 1);
    let plain = json!({ "returned": false, "plain_returned": true });
    assert_eq!(returned(&mut browser, &third).await, plain);
}

#[tokio::test]
async fn the_probe_that_is_like_the_device_cookie_is_set_like_it() {
    let site = Product::shared().await.demo();
    let mut browser = Wire::to(&site.origin);
    let answer = browser.post("/api/v1/readiness", &json!({})).await;
    let probe = answer.json()["probe"].as_str().unwrap().to_owned();
    let strict = answer.set_cookie(&format!("__Host-probe-{probe}")).unwrap();
    for attribute in ["Path=/", "Secure", "HttpOnly", "SameSite=Lax", "Max-Age=60"] {
        assert!(strict.split("; ").any(|part| part == attribute), "{strict}");
    }
    let plain = answer.set_cookie(&format!("probe-{probe}")).unwrap();
    assert!(!plain.contains("Secure") && !plain.contains("HttpOnly"), "{plain}");
}

#[tokio::test]
async fn what_is_no_probe_is_nowhere() {
    let wire = Wire::to(&Product::shared().await.demo().origin);
    for name in ["x", "0123456789ABCDEF", "0123456789abcdef0", "0123456789abcde%3D", ";Path=/"] {
        let request = wire.bare(Method::DELETE, &format!("/api/v1/readiness/{name}"));
        let answer = Answer::to(request.header("Origin", &wire.origin)).await;
        answer.problem(404, "not_found");
        assert!(!answer.headers.contains_key("Set-Cookie"));
    }
}

/// A confirmation with this report of a private window.
fn confirmation(code: &str, private_window: &str) -> Value {
    let finding = |answer| json!({ "answer": answer, "seen": "a test" });
    let readiness = json!({ "cookies": finding("yes"), "private_window": finding(private_window) });
    json!({ "code": code, "kind": "shared", "readiness": readiness })
}

#[tokio::test]
async fn an_account_that_refuses_private_windows_enrolls_all_others() {
    let product = Product::start(&[]).await;
    let site = product.demo();
    let person = site.person("private").await;
    let mut browser = Wire::to(&site.origin);
    let rule = async |browser: &mut Wire| {
        let answer = browser.post("/api/v1/readiness", &json!({})).await;
        answer.json()["private_windows"].clone()
    };
    assert_eq!(rule(&mut browser).await, "session");
    site.admin.set(&json!({ "private_windows": "refuse" })).await;
    assert_eq!(site.admin.settings().await["private_windows"], "refuse");
    eventually("the rule to be published", async || (rule(&mut browser).await == "refuse").then_some(()))
        .await;

    let code = browser.ask(&site, &person.address).await.code();
    let confirm = "/api/v1/enrollments/confirm";
    let refused = browser.post(confirm, &confirmation(&code, "yes")).await;
    refused.problem(403, "private_window_refused");
    // Nothing is spent on it, and nobody is turned away on a suspicion.
    let enrolled = browser.post(confirm, &confirmation(&code, "unknown")).await;
    assert_eq!(enrolled.status, 200, "{}", enrolled.text());

    site.admin.set(&json!({ "private_windows": "session" })).await;
    let mut private = Wire::to(&site.origin);
    let code = private.ask(&site, &person.address).await.code();
    assert_eq!(private.post(confirm, &confirmation(&code, "yes")).await.status, 200);
}

#[tokio::test]
async fn the_report_goes_to_the_audit_with_the_device() {
    let product = Product::start(&[]).await;
    let site = product.demo();
    let person = site.person("report").await;
    let mut browser = Wire::to(&site.origin);
    let code = browser.ask(&site, &person.address).await.code();
    let mut body = confirmation(&code, "no");
    // What makes no sense is refused by name, and nothing is spent on it.
    for nonsense in
        [json!("x"), json!({ "cookies": "yes" }), json!({ "cookies": { "answer": "perhaps", "seen": "" } })]
    {
        body["readiness"] = nonsense;
        browser.post("/api/v1/enrollments/confirm", &body).await.problem(400, "body_invalid");
    }
    let body = confirmation(&code, "no");
    assert_eq!(browser.post("/api/v1/enrollments/confirm", &body).await.status, 200);

    let audit = site.admin.audit().await;
    let enrolled = audit.iter().find(|event| event["action"] == "device.enrolled").unwrap();
    let device = site.admin.devices(&person.id).await[0]["id"].clone();
    let detail: Value = serde_json::from_str(enrolled["detail"].as_str().unwrap()).unwrap();
    assert_eq!(detail, json!({ "device": device, "readiness": body["readiness"] }));

    // A program, or a page without the module, has nothing to report.
    let mut program = Wire::to(&site.origin);
    program.enroll(&site, &person.address, Kind::Own).await;
    let audit = site.admin.audit().await;
    let newest = audit.iter().find(|event| event["action"] == "device.enrolled").unwrap();
    let detail: Value = serde_json::from_str(newest["detail"].as_str().unwrap()).unwrap();
    assert!(detail["device"].is_string() && detail["readiness"].is_null(), "{newest}");
}
