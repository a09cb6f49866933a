//! What is written down: who did what to whom, from where, and what it was before; who really clicked; and taking both along.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::console::Desk;
use crate::support::{Admin, Arrival, Kind, Product, Site, Wire, eventually, fresh_address};

/// The newest event of this action.
async fn newest(admin: &Admin, action: &str) -> Value {
    let found = admin.get(&format!("/audit?action={action}&limit=1")).await;
    let event = found["events"][0].clone();
    assert_eq!(event["action"], action, "{found}");
    event
}

/// JSON of a change, however it is given.
fn change(value: &Value) -> Value {
    match value {
        Value::String(text) => serde_json::from_str(text).unwrap(),
        other => other.clone(),
    }
}

#[tokio::test]
async fn every_change_says_who_did_what_from_where_and_what_it_was_before() {
    let product = Product::start(&[]).await;
    let site = product.demo();
    let mut desk = Desk::open(&product, &site).await;
    let path = "/settings";
    desk.call(Method::PATCH, path, Some(&json!({ "authentication_duration_days": 12 }))).await;
    let event = newest(&site.admin, "settings.changed").await;
    assert_eq!(event["actor"], "administrator");
    assert_eq!(
        (&event["actor_id"], &event["actor_name"]),
        (&json!(desk.id), &json!("Grace Example")),
        "{event}"
    );
    assert_eq!(change(&event["before"]), json!({ "authentication_duration_days": 30 }), "{event}");
    assert_eq!(change(&event["after"]), json!({ "authentication_duration_days": 12 }), "{event}");

    let token =
        desk.post("/tokens", &json!({ "name": "HR", "scopes": ["people"], "expires_in_days": 1 }), 201).await;
    assert_eq!(newest(&site.admin, "token.made").await["actor_id"], desk.id);
    let program = Admin::of(&site.origin, token["token"].as_str().unwrap());
    let address = fresh_address("audited");
    let ada = program.add_user(&address, &[]).await;
    let event = newest(&site.admin, "user.added").await;
    assert_eq!(event["actor"], "token");
    assert_eq!(
        [&event["actor_id"], &event["actor_name"], &event["subject"], &event["address"]].map(Clone::clone),
        [token["record"]["id"].clone(), json!("HR"), json!(ada), json!(address)]
    );
    // From where, as the edge tells it.
    let wire = Wire::to(&site.origin);
    let user = format!("/api/v1/admin/users/{ada}");
    let renamed = fresh_address("renamed");
    let request = wire.bare(Method::PATCH, &user).header("CF-Connecting-IP", "203.0.113.9");
    let request =
        request.bearer_auth(product.secrets().admin_api_token()).json(&json!({ "address": renamed }));
    assert_eq!(request.send().await.unwrap().status(), 200);
    let event = newest(&site.admin, "user.changed").await;
    assert_eq!((&event["actor"], &event["source"]), (&json!("operator"), &json!("203.0.113.9")), "{event}");
    assert_eq!(change(&event["before"])["address"], address.as_str());
    assert_eq!(change(&event["after"])["address"], renamed.as_str());
    assert_eq!(event["address"], renamed.as_str(), "as it is now");

    Wire::to(&site.origin).enroll(&site, &renamed, Kind::Own).await;
    site.admin.revoke_user(&ada).await;
    site.admin.disable(&ada).await;
    for (action, subject) in [("user.revoked", &ada), ("user.disabled", &ada), ("device.enrolled", &ada)] {
        assert_eq!(newest(&site.admin, action).await["subject"], subject.as_str(), "{action}");
    }
    assert_eq!(newest(&site.admin, "device.enrolled").await["actor"], "person");
    site.admin.call(Method::DELETE, &format!("/users/{ada}"), None).await;
    let removed = newest(&site.admin, "user.removed").await;
    assert_eq!(change(&removed["before"])["address"], renamed.as_str(), "{removed}");
    // What did not happen is not there. What becomes of her mails comes to the books when it is known.
    let changes = async || {
        let audit = site.admin.audit().await;
        audit.iter().filter(|event| event["actor"] != "system").count()
    };
    let all = changes().await;
    site.admin.call(Method::PATCH, path, Some(&json!({ "authentication_duration_days": 0 }))).await;
    site.admin.call(Method::PATCH, path, Some(&json!({ "absolute_days": 5, "dry_run": true }))).await;
    site.admin.call(Method::PATCH, path, Some(&json!({ "authentication_duration_days": 12 }))).await;
    desk.call(Method::DELETE, "/administrators/nobody", None).await.problem(404, "not_found");
    assert_eq!(changes().await, all);
}

#[tokio::test]
async fn nothing_takes_an_event_away_or_changes_it() {
    let site = Product::shared().await.demo();
    let newest = site.admin.audit().await[0]["seq"].clone();
    for path in ["/audit".to_owned(), format!("/audit/{newest}"), "/interactions".to_owned()] {
        for method in [Method::DELETE, Method::PATCH, Method::PUT, Method::POST] {
            let answer = site.admin.call(method.clone(), &path, Some(&json!({}))).await;
            assert!(matches!(answer.status, 404 | 405), "{method} {path}: {}", answer.text());
        }
    }
    let found = site.admin.get("/audit?limit=200").await;
    assert!(found["events"].as_array().unwrap().iter().any(|event| event["seq"] == newest));
}

/// All pages of a list, newest first.
async fn walk(admin: &Admin, list: &str, name: &str, query: &str) -> Vec<Value> {
    let (mut found, mut before) = (vec![], String::new());
    loop {
        let page = admin.get(&format!("/{list}?limit=7{query}{before}")).await;
        found.extend(page[name].as_array().unwrap().clone());
        if page["next"].is_null() {
            return found;
        }
        before = format!("&before={}", page["next"]);
    }
}

fn sequence(all: &[Value]) -> Vec<u64> {
    all.iter().map(|one| one["seq"].as_u64().unwrap()).collect()
}

/// Which events a filter keeps.
type Keep = fn(&Value) -> bool;

/// A record of the CSV, field by field.
fn csv(text: &str) -> Vec<Vec<String>> {
    let text = text.trim_start_matches('\u{feff}');
    let (mut rows, mut row, mut field, mut quoted) = (vec![], vec![], String::new(), false);
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut field)),
            '\n' if !quoted => {
                row.push(std::mem::take(&mut field));
                rows.push(std::mem::take(&mut row));
            }
            '\r' if !quoted => {}
            other => field.push(other),
        }
    }
    assert!(!quoted && field.is_empty() && row.is_empty(), "ends in the middle: {text}");
    rows
}

/// Both forms of an export; the sequence numbers of each, oldest first.
async fn exported(admin: &Admin, list: &str, query: &str) -> [Vec<u64>; 2] {
    let jsonl = admin.call(Method::GET, &format!("/{list}/export?format=jsonl{query}"), None).await;
    assert_eq!(jsonl.status, 200, "{}", jsonl.text());
    assert!(jsonl.header("Content-Disposition").unwrap().starts_with("attachment"), "{jsonl:?}");
    let lines: Vec<Value> = jsonl.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let table = admin.call(Method::GET, &format!("/{list}/export?format=csv{query}"), None).await;
    assert_eq!(table.status, 200, "{}", table.text());
    assert!(table.header("Content-Type").unwrap().starts_with("text/csv"), "{table:?}");
    let rows = csv(&table.text());
    let column = rows[0].iter().position(|name| name == "seq").unwrap();
    assert!(rows.iter().all(|row| row.len() == rows[0].len()), "{rows:?}");
    [sequence(&lines), rows[1..].iter().map(|row| row[column].parse().unwrap()).collect()]
}

#[tokio::test]
async fn the_audit_is_filtered_paged_and_exported_completely() {
    let product = Product::start(&[("RESEND_AFTER_SECONDS", "0")]).await;
    let site = product.demo();
    let mut desk = Desk::open(&product, &site).await;
    for number in 0..20 {
        let address = format!("=p{number}\"@example.com");
        let body =
            json!({ "address": if number % 2 == 0 { fresh_address("p") } else { address.replace('"', "") } });
        desk.post("/users", &body, 201).await;
    }
    let ada = site.person("ada").await;
    Wire::to(&site.origin).enroll(&site, &ada.address, Kind::Own).await;
    site.admin.revoke_user(&ada.id).await;
    // Her code, and the news of her device: nothing comes to the books after that.
    eventually("both mails to be written down", async || {
        let audit = site.admin.audit().await;
        (audit.iter().filter(|event| event["action"] == "mail.sent").count() == 2).then_some(())
    })
    .await;
    let all = walk(&site.admin, "audit", "events", "").await;
    let in_order = sequence(&all);
    assert!(in_order.is_sorted_by(|newer, older| newer > older), "each once, newest first: {in_order:?}");
    let filters: [(_, Keep); 10] = [
        ("&action=user.added", |event| event["action"] == "user.added"),
        ("&action=user.", |event| event["action"].as_str().unwrap().starts_with("user.")),
        ("&actor=administrator", |event| event["actor"] == "administrator"),
        ("&actor=operator", |event| event["actor"] == "operator"),
        ("&actor=person", |event| event["actor"] == "person"),
        ("&actor=administrator&action=user.added", |event| {
            event["actor"] == "administrator" && event["action"] == "user.added"
        }),
        ("&action=nothing", |_| false),
        ("&action=user", |_| false),
        ("&from=2000-01-01&until=2000-01-02", |_| false),
        ("&from=2000-01-01T00:00:00Z&until=2999-12-31", |_| true),
    ];
    for (query, keep) in filters {
        let expected: Vec<_> = all.iter().filter(|event| keep(event)).cloned().collect();
        let found = walk(&site.admin, "audit", "events", query).await;
        assert_eq!(sequence(&found), sequence(&expected), "{query}");
    }
    for (query, name, value) in [
        (format!("&subject={}", ada.id), "subject", &ada.id),
        (format!("&actor={}", desk.id), "actor_id", &desk.id),
    ] {
        let found = walk(&site.admin, "audit", "events", &query).await;
        assert!(
            found.len() >= 2 && found.iter().all(|event| event[name] == value.as_str()),
            "{query}: {found:?}"
        );
        let of_all = all.iter().filter(|event| event[name] == value.as_str()).count();
        assert_eq!(found.len(), of_all, "{query}");
    }
    for wrong in ["from=yesterday", "until=2000-13-01", "before=x", "limit=0", "from=2000-01-01T00:00:00"] {
        let answer = site.admin.call(Method::GET, &format!("/audit?{wrong}"), None).await;
        let field = wrong.split_once('=').unwrap().0;
        assert_eq!(answer.problem(400, "body_invalid")["field"], field, "{wrong}");
    }
    let oldest_first: Vec<_> = in_order.iter().rev().copied().collect();
    for export in exported(&site.admin, "audit", "").await {
        // An export is written down itself.
        assert!(export.starts_with(&oldest_first), "{export:?} is not {oldest_first:?}");
        assert!(export.is_sorted(), "{export:?}");
    }
    let added: Vec<_> = all.iter().filter(|event| event["action"] == "user.added").cloned().collect();
    let added: Vec<_> = sequence(&added).into_iter().rev().collect();
    for export in exported(&site.admin, "audit", "&action=user.added").await {
        assert_eq!(export, added);
    }
    assert_eq!(newest(&site.admin, "audit.exported").await["actor"], "operator");
    let wrong = site.admin.call(Method::GET, "/audit/export?format=xlsx", None).await;
    assert_eq!(wrong.problem(400, "body_invalid")["field"], "format");
}

async fn click(site: &Site, browser: &mut Wire, recipient: &str, arrival: &Arrival) -> String {
    let (link, id) = site.admin.link_with_id(&arrival.url, recipient).await;
    // What was changed last may not have been published yet; who is sent to enroll is not recorded.
    eventually("the click to lead on", async || {
        (browser.click(&link).await.location() == Some(arrival.url.as_str())).then_some(())
    })
    .await;
    site.admin.recorded(&id, 1).await;
    id
}

#[tokio::test]
async fn who_really_clicked_is_filtered_paged_and_exported_completely() {
    let product = Product::start(&[]).await;
    let site = product.demo();
    let (ada, grace) = (site.person("ada").await, site.person("grace").await);
    let arrival = Arrival::open();
    let mut browser = Wire::to(&site.origin);
    browser.enroll(&site, &ada.address, Kind::Own).await;
    let mut links = vec![];
    for number in 0..16 {
        // Every second link was sent to somebody else.
        let recipient = if number % 2 == 0 { &ada.address } else { &grace.address };
        links.push(click(&site, &mut browser, recipient, &arrival).await);
    }
    site.admin.set(&json!({ "authentication_enabled": false })).await;
    let off = click(&site, &mut Wire::to(&site.origin), &grace.address, &arrival).await;

    let all = walk(&site.admin, "interactions", "interactions", "").await;
    assert_eq!(all.len(), 17);
    let forwarded = all.iter().find(|one| one["link_id"] == links[1].as_str()).unwrap();
    assert_eq!((&forwarded["user"], &forwarded["address"]), (&json!(ada.id), &json!(ada.address)));
    assert_eq!(forwarded["recipient"], grace.id.as_str(), "{forwarded}");
    let device = forwarded["device"].as_str().unwrap();
    for (query, count) in [
        (format!("&user={}", ada.id), 16),
        (format!("&user={}", grace.id), 0),
        (format!("&device={device}"), 16),
        (format!("&link={}", links[3]), 1),
        (format!("&link={off}"), 1),
        ("&host=127.0.0.1".to_owned(), 17),
        ("&host=elsewhere.example".to_owned(), 0),
        ("&verdict=enrolled".to_owned(), 16),
        ("&verdict=unidentified".to_owned(), 1),
        ("&verdict=asked".to_owned(), 0),
        ("&until=2000-01-01".to_owned(), 0),
        ("&from=2000-01-01".to_owned(), 17),
    ] {
        let found = walk(&site.admin, "interactions", "interactions", &query).await;
        assert_eq!(found.len(), count, "{query}");
        let distinct: BTreeSet<_> = sequence(&found).into_iter().collect();
        assert_eq!(distinct.len(), count, "{query}");
        for export in exported(&site.admin, "interactions", &query).await {
            assert_eq!(export, sequence(&found).into_iter().rev().collect::<Vec<_>>(), "{query}");
        }
    }
    for wrong in ["verdict=perhaps", "until=x", "from=x", "limit=201"] {
        let answer = site.admin.call(Method::GET, &format!("/interactions?{wrong}"), None).await;
        answer.problem(400, "body_invalid");
    }
    assert_eq!(newest(&site.admin, "interactions.exported").await["actor"], "operator");
}

#[tokio::test]
async fn what_a_table_program_would_take_for_a_formula_is_none_in_an_export() {
    let product = Product::start(&[]).await;
    let site = product.demo();
    let mut desk = Desk::open(&product, &site).await;
    for name in ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", "'=1", "a,\"b\";c"] {
        let body = json!({ "name": name, "scopes": ["people"], "expires_in_days": 1 });
        let made = desk.post("/tokens", &body, 201).await;
        let program = Admin::of(&site.origin, made["token"].as_str().unwrap());
        program.add_user(&fresh_address("=odd"), &[]).await;
    }
    let table = site.admin.call(Method::GET, "/audit/export?format=csv", None).await;
    for field in csv(&table.text()).into_iter().flatten() {
        assert!(!field.starts_with(['=', '+', '-', '@']), "{field}");
    }
}
