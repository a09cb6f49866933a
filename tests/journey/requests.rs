//! Requests that no page of ours sends.

use reqwest::Method;
use serde_json::json;

use crate::support::{Answer, Product, Wire};

const CHANGING: [(Method, &str); 15] = [
    (Method::POST, "/api/v1/enrollments"),
    (Method::POST, "/api/v1/enrollments/resend"),
    (Method::POST, "/api/v1/enrollments/confirm"),
    (Method::POST, "/api/v1/readiness"),
    (Method::DELETE, "/api/v1/readiness/0123456789abcdef"),
    (Method::DELETE, "/api/v1/device"),
    (Method::POST, "/api/v1/device/challenge"),
    (Method::POST, "/api/v1/device/prove"),
    (Method::POST, "/api/v1/device/press"),
    (Method::POST, "/api/v1/device/unproven"),
    (Method::PATCH, "/api/v1/devices/x"),
    (Method::DELETE, "/api/v1/devices/x"),
    (Method::POST, "/api/v1/devices/revoke-others"),
    (Method::POST, "/api/v1/devices/code"),
    (Method::POST, "/api/v1/devices/code/confirm"),
];
const ADMINISTERING: [(Method, &str); 7] = [
    (Method::PATCH, "/api/v1/admin/settings"),
    (Method::POST, "/api/v1/admin/domains"),
    (Method::DELETE, "/api/v1/admin/domains/example.com"),
    (Method::POST, "/api/v1/admin/users"),
    (Method::PATCH, "/api/v1/admin/users/x"),
    (Method::POST, "/api/v1/admin/revocations"),
    (Method::POST, "/api/v1/admin/links"),
];
/// Those that read a body, without an administrator.
const READING: [&str; 11] = [
    "/api/v1/enrollments",
    "/api/v1/enrollments/resend",
    "/api/v1/enrollments/confirm",
    "/api/v1/readiness",
    "/api/v1/device/challenge",
    "/api/v1/device/prove",
    "/api/v1/device/press",
    "/api/v1/device/unproven",
    "/api/v1/devices/revoke-others",
    "/api/v1/devices/code",
    "/api/v1/devices/code/confirm",
];

#[tokio::test]
async fn another_site_changes_nothing_here_even_with_an_administrators_token() {
    let product = Product::shared().await;
    let site = product.demo();
    let wire = Wire::to(&site.origin);
    let forged: [&[(&str, &str)]; 8] = [
        &[("Sec-Fetch-Site", "cross-site"), ("Origin", "https://evil.example")],
        &[("Sec-Fetch-Site", "cross-site"), ("Origin", &site.origin)],
        &[("Sec-Fetch-Site", "same-site"), ("Origin", "http://other.localhost")],
        &[("Sec-Fetch-Site", "cross-site")],
        &[("Origin", "https://evil.example")],
        &[("Origin", "null")],
        &[("Origin", &product.other().origin)],
        &[("Origin", "http://localhost")],
    ];
    for headers in forged {
        for (method, path) in CHANGING.iter().chain(&ADMINISTERING) {
            let request = wire
                .bare(method.clone(), path)
                .json(&json!({}))
                .bearer_auth(product.secrets().admin_api_token());
            let request =
                headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
            Answer::to(request).await.problem(403, "cross_site_request");
        }
    }
    // Without either header it is no browser, so it must be a program with a token.
    for (method, path) in CHANGING {
        let answer = Answer::to(wire.bare(method, path).json(&json!({}))).await;
        answer.problem(403, "cross_site_request");
    }
}

#[tokio::test]
async fn a_body_of_another_type_is_refused() {
    let wire = Wire::to(&Product::shared().await.demo().origin);
    let types = [
        None,
        Some("text/plain"),
        Some("application/x-www-form-urlencoded"),
        Some("multipart/form-data; boundary=x"),
        Some("application/json; charset=utf-16"),
        Some("application/jsonx"),
        Some("text/plain; application/json"),
    ];
    for path in READING {
        for kind in types {
            let mut request = wire.bare(Method::POST, path).header("Origin", &wire.origin).body("{}");
            if let Some(kind) = kind {
                request = request.header("Content-Type", kind);
            }
            Answer::to(request).await.problem(415, "content_type_unsupported");
        }
    }
}

#[tokio::test]
async fn a_body_that_is_not_exactly_what_was_asked_for_is_refused_by_field() {
    let wire = Wire::to(&Product::shared().await.demo().origin);
    let send = async |path: &str, body: String| {
        let request = wire.bare(Method::POST, path).header("Origin", &wire.origin);
        Answer::to(request.header("Content-Type", "application/json").body(body)).await
    };
    for (path, body, field) in [
        ("/api/v1/enrollments", r#"{"address":"a@example.com","admin":true}"#, Some("admin")),
        ("/api/v1/enrollments", r#"{"address":"a@example.com","address":"b@example.com"}"#, Some("address")),
        ("/api/v1/enrollments", r#"{"address":7}"#, Some("address")),
        ("/api/v1/enrollments", r#"{"address":"a@example.com","to":["/"]}"#, Some("to")),
        ("/api/v1/enrollments", "{}", Some("address")),
        ("/api/v1/enrollments", "[]", None),
        ("/api/v1/enrollments", "", None),
        ("/api/v1/enrollments", "{", None),
        ("/api/v1/enrollments", r#"{"address":"a@example.com"} x"#, None),
        ("/api/v1/enrollments/resend", r#"{"code":"1"}"#, Some("code")),
        ("/api/v1/enrollments/confirm", r#"{"code":"12345678","kind":"mine"}"#, Some("kind")),
        ("/api/v1/enrollments/confirm", r#"{"code":12345678,"kind":"own"}"#, Some("code")),
        ("/api/v1/enrollments/confirm", r#"{"code":"1","code":"2","kind":"own"}"#, Some("code")),
        ("/api/v1/enrollments/confirm", r#"{"code":"1","kind":"own","user":"x"}"#, Some("user")),
    ] {
        let problem = send(path, body.to_owned()).await.problem(400, "body_invalid");
        if let Some(field) = field {
            assert_eq!(problem["field"], field, "{body}: {problem}");
        }
    }
    let large = format!(r#"{{"address":"{}"}}"#, "a".repeat(20_480));
    for path in READING {
        send(path, large.clone()).await.problem(413, "body_too_large");
    }
}

#[tokio::test]
async fn a_host_that_is_no_account_is_misdirected() {
    let wire = Wire::to(&Product::shared().await.demo().origin);
    for host in ["evil.example", "localhost", "localhost.evil.example"] {
        let ask = |path| Answer::to(wire.bare(Method::GET, path).header("Host", host));
        ask("/api/v1/device").await.problem(421, "unknown_host");
        let page = ask("/enroll").await;
        assert_eq!((page.status, page.header("Content-Type")), (421, Some("text/html; charset=utf-8")));
        page.leads_nowhere();
    }
}

#[tokio::test]
async fn an_unknown_path_is_not_found() {
    let wire = Wire::to(&Product::shared().await.demo().origin);
    for path in ["/api/v1/nothing", "/api/v2/device", "/api/v1/enrollments/", "/api/v1/device/x"] {
        Answer::to(wire.bare(Method::GET, path)).await.problem(404, "not_found");
    }
    for path in [
        "/nothing",
        "/enroll.html",
        "/s",
        "/s/a/b",
        "/assets/nothing.js",
        "/assets/../wrangler.toml",
        "/assets/%2e%2e/%2e%2e/Cargo.toml",
        "/client/..%2fenroll.html",
        "/errors/internal.html",
        "/.git/config",
    ] {
        let answer = Answer::to(wire.bare(Method::GET, path)).await;
        assert_eq!(answer.status, 404, "{path}");
        answer.leads_nowhere();
    }
}

#[tokio::test]
async fn another_method_is_refused_with_those_that_are_allowed() {
    let product = Product::shared().await;
    let wire = Wire::to(&product.demo().origin);
    for (method, path, allow) in [
        (Method::GET, "/api/v1/enrollments", "POST"),
        (Method::PUT, "/api/v1/enrollments", "POST"),
        (Method::GET, "/api/v1/enrollments/confirm", "POST"),
        (Method::GET, "/api/v1/readiness", "POST"),
        (Method::GET, "/api/v1/readiness/0123456789abcdef", "DELETE"),
        (Method::POST, "/api/v1/device", "GET, DELETE"),
        (Method::POST, "/api/v1/verify", "GET, HEAD"),
        (Method::POST, "/.well-known/jwks.json", "GET, HEAD"),
        (Method::DELETE, "/api/v1/admin/settings", "GET, PATCH"),
        (Method::GET, "/api/v1/admin/links", "POST"),
    ] {
        let request = wire.bare(method, path).header("Origin", &wire.origin);
        let answer = Answer::to(request.bearer_auth(product.secrets().admin_api_token())).await;
        answer.problem(405, "method_not_allowed");
        assert_eq!(answer.header("Allow"), Some(allow), "{path}");
    }
    for path in ["/", "/enroll", "/s/x", "/healthz", "/assets/style.css"] {
        let answer = Answer::to(wire.bare(Method::POST, path).header("Origin", &wire.origin)).await;
        assert_eq!((answer.status, answer.header("Allow")), (405, Some("GET, HEAD")), "{path}");
    }
}

#[tokio::test]
async fn everything_that_leaves_carries_the_headers_that_protect_it() {
    let product = Product::shared().await;
    let site = product.demo();
    let wire = Wire::to(&site.origin);
    let link = site.admin.link("https://example.net/", "somebody@example.net").await;
    let paths =
        ["/", "/enroll", "/nothing", "/s/x", "/api/v1/device", "/api/v1/nothing", "/assets/page.js", &link];
    for path in paths {
        let answer = Answer::to(wire.bare(Method::GET, path)).await;
        let policy = answer.header("Content-Security-Policy").unwrap();
        for part in ["default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"]
        {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"), "{policy}");
        assert_eq!(answer.header("X-Content-Type-Options"), Some("nosniff"), "{path}");
        assert_eq!(answer.header("Referrer-Policy"), Some("no-referrer"), "{path}");
        assert!(answer.header("Access-Control-Allow-Origin").is_none(), "{path}");
        if !path.starts_with("/assets/") {
            assert_eq!(answer.header("Cache-Control"), Some("no-store"), "{path}");
        }
    }
}

#[tokio::test]
async fn what_pages_load_is_asked_for_again_each_time_so_that_its_parts_fit_together() {
    let wire = Wire::to(&Product::shared().await.demo().origin);
    for (path, kind) in [
        ("/assets/style.css", "text/css; charset=utf-8"),
        ("/assets/enroll.js", "text/javascript; charset=utf-8"),
        ("/client/client_wasm_bg.wasm", "application/wasm"),
    ] {
        let loaded = Answer::to(wire.bare(Method::GET, path)).await;
        assert_eq!((loaded.status, loaded.header("Content-Type")), (200, Some(kind)), "{path}");
        assert_eq!(loaded.header("Cache-Control"), Some("no-cache"), "{path}");
        let tag = loaded.header("ETag").expect("a tag").to_owned();
        for (known, status) in [(tag.clone(), 304), (format!("W/{tag}"), 304), ("\"other\"".to_owned(), 200)]
        {
            let again = wire.bare(Method::GET, path).header("If-None-Match", &known);
            assert_eq!(Answer::to(again).await.status, status, "{path} {known}");
        }
    }
}
