//! Naughty strings in every field of every address: kept as they are or refused by name, never a failure, never markup.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::console::{Desk, encoded, strings};
use crate::support::{Answer, Product, Wire, fresh_address};
use crate::table::{Body, Row, rows};

/// Every field of a body, by its place, with a string instead of what was there.
fn with_string(body: &Value, text: &str) -> Vec<Value> {
    let Value::Object(fields) = body else { panic!("{body}") };
    let mut all = vec![];
    for (name, value) in fields {
        let mut changed = vec![json!(text), json!([text])];
        if value.is_object() {
            changed.extend(with_string(value, text));
        }
        for value in changed {
            let mut body = body.clone();
            body[name] = value;
            all.push(body);
        }
    }
    let mut with_another = body.clone();
    with_another[text] = json!(text);
    all.push(with_another);
    all
}

fn request(desk: &Desk, row: &Row, at: &str) -> RequestBuilder {
    let method: Method = row.method.parse().unwrap();
    let request = desk.wire.request(method, &format!("/api/v1/admin{at}"));
    request.header("Sec-Fetch-Site", "same-origin")
}

#[track_caller]
fn assert_answered(answer: &Answer, row: &Row, text: &str) {
    assert!(answer.status < 500, "{} {} {text:?}: {}", row.method, row.path, answer.text());
    if answer.status >= 400 && row.method != "HEAD" {
        let problem = answer.json();
        answer.problem(answer.status, problem["code"].as_str().unwrap());
    }
}

/// These would end what the test stands on, or make something for good each time.
fn is_harmless(row: &Row) -> bool {
    !(row.method == "DELETE" && row.path == "/session") && row.body != Body::Json(json!({ "everyone": true }))
}

#[tokio::test]
async fn no_field_of_any_body_fails() {
    let product = Product::start(&[]).await;
    let site = product.demo();
    let desk = Desk::open(&product, &site).await;
    // The whole list goes into fields that are kept, below; of each kind of string some go everywhere.
    let strings: Vec<_> = strings().into_iter().step_by(41).collect();
    for row in rows().into_iter().filter(is_harmless) {
        for text in &strings {
            let bodies = match &row.body {
                Body::Json(body) => with_string(body, text),
                Body::None | Body::Csv(_) => vec![],
            };
            for body in bodies {
                let answer = Answer::to(request(&desk, &row, &row.at).json(&body)).await;
                assert_answered(&answer, &row, text);
            }
        }
    }
}

#[tokio::test]
async fn no_part_of_any_address_fails() {
    let product = Product::start(&[]).await;
    let site = product.demo();
    let desk = Desk::open(&product, &site).await;
    let parameters =
        ["search", "domain", "after", "before", "limit", "actor", "action", "subject", "from", "until"];
    let more = ["user", "device", "link", "host", "verdict", "format", "language", "outcome"];
    for text in strings().iter().filter(|text| text.len() < 2_000).step_by(29) {
        for row in rows().into_iter().filter(is_harmless) {
            let body = |request: RequestBuilder| match &row.body {
                Body::None => request,
                Body::Json(body) => request.json(body),
                Body::Csv(text) => request.header("Content-Type", "text/csv").body(*text),
            };
            if row.path.contains('{') {
                let at = row.at.replace("nobody", &encoded(text));
                assert_answered(&Answer::to(body(request(&desk, &row, &at))).await, &row, text);
            }
            if row.method == "GET" {
                let all = parameters.iter().chain(&more);
                let query: Vec<_> = all.map(|name| format!("{name}={}", encoded(text))).collect();
                let at = format!("{}?{}", row.at.split('?').next().unwrap(), query.join("&"));
                assert_answered(&Answer::to(request(&desk, &row, &at)).await, &row, text);
            }
        }
        // One by one, where lists are asked for.
        for list in ["users", "audit", "interactions"] {
            for name in parameters.iter().chain(&more) {
                let path = format!("/{list}?{name}={}", encoded(text));
                let row = Row { method: "GET", ..rows().remove(0) };
                assert_answered(&Answer::to(request(&desk, &row, &path)).await, &row, text);
            }
        }
    }
}

#[tokio::test]
async fn names_are_kept_as_they_are_given_or_refused_by_name() {
    let product = Product::start(&[]).await;
    let site = product.demo();
    let mut desk = Desk::open(&product, &site).await;
    let path = format!("/administrators/{}", desk.id);
    let (mut kept, mut refused) = (0, 0);
    for text in strings() {
        let answer = desk.call(Method::PATCH, &path, Some(&json!({ "name": text }))).await;
        if answer.status == 200 {
            kept += 1;
            assert_eq!(answer.json()["name"], text.trim());
            assert_eq!(desk.get("/session").await["administrator"]["name"], text.trim());
        } else {
            refused += 1;
            assert_eq!(answer.problem(400, "body_invalid")["field"], "name", "{text:?}");
        }
    }
    assert!(kept > 200 && refused > 50, "{kept} kept, {refused} refused");
}

#[tokio::test]
async fn addresses_and_searches_take_every_string_or_refuse_it_by_name() {
    let product = Product::start(&[]).await;
    let site = product.demo();
    let user = site.admin.add_user(&fresh_address("naughty"), &[]).await;
    let path = format!("/users/{user}");
    for text in strings() {
        // As the whole address, and as the part before the domain.
        for address in [text.clone(), format!("{text}@example.com")] {
            let answer = site.admin.call(Method::PATCH, &path, Some(&json!({ "address": address }))).await;
            if answer.status == 200 {
                assert_eq!(answer.json()["address"], address, "{address:?}");
                assert_eq!(site.admin.user(&user).await["address"], address);
            } else {
                let code = answer.json()["code"].as_str().unwrap().to_owned();
                assert!(
                    ["address_invalid", "domain_unknown", "body_too_large"].contains(&&*code),
                    "{address:?}: {code}"
                );
            }
        }
        let found = site.admin.call(Method::GET, &format!("/users?search={}", encoded(&text)), None).await;
        assert!(matches!(found.status, 200 | 400 | 414 | 431), "{text:?}: {}", found.text());
    }
    // A person with an odd name for a device, as the device said it.
    let odd = "<img src=x onerror=alert(1)>";
    let person = site.person("device").await;
    let mut wire = Wire::to(&site.origin);
    let code = wire.ask(&site, &person.address).await.code();
    let body = json!({ "code": code, "kind": "own", "name": odd });
    assert_eq!(wire.post("/api/v1/enrollments/confirm", &body).await.status, 200);
    assert_eq!(site.admin.devices(&person.id).await[0]["name"], odd);
}
