//! Domains and people: who is who, found by the beginning of an address, and what becomes of their devices.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::console::encoded;
use crate::support::{Admin, Answer, Kind, Product, Site, Wire, eventually, fresh_address};

async fn change(admin: &Admin, user: &str, body: &Value) -> Answer {
    admin.call(Method::PATCH, &format!("/users/{user}"), Some(body)).await
}

async fn remove(admin: &Admin, user: &str) -> Answer {
    admin.call(Method::DELETE, &format!("/users/{user}"), None).await
}

/// A browser of this person.
async fn enrolled(site: &Site, address: &str) -> Wire {
    let mut wire = Wire::to(&site.origin);
    wire.enroll(site, address, Kind::Own).await;
    wire
}

async fn is_out(wire: &mut Wire) {
    eventually("the device to be out", async || {
        (wire.get("/api/v1/device").await.status == 401).then_some(())
    })
    .await;
}

/// The primary addresses of all pages.
async fn walk(admin: &Admin, query: &str, limit: usize) -> Vec<String> {
    let (mut found, mut after) = (vec![], String::new());
    loop {
        let page = admin.get(&format!("/users?limit={limit}{query}{after}")).await;
        let users = page["users"].as_array().unwrap();
        assert!(users.len() <= limit, "{}", users.len());
        found.extend(users.iter().map(|user| user["address"].as_str().unwrap().to_owned()));
        let Some(next) = page["next"].as_str() else { return found };
        assert_eq!(users.len(), limit, "only the last page is short");
        after = format!("&after={}", encoded(next));
    }
}

#[tokio::test]
async fn an_address_is_one_persons_whether_primary_or_alias() {
    let site = Product::shared().await.demo();
    let (ada, grace) = (site.person("ada").await, site.person("grace").await);
    let alias = fresh_address("alias");
    let done = change(&site.admin, &ada.id, &json!({ "aliases": [alias] })).await;
    assert_eq!((done.status, &done.json()["aliases"]), (200, &json!([alias])), "{}", done.text());
    let taken = async |answer: Answer, address: &str| {
        let detail = answer.problem(409, "address_taken")["detail"].clone();
        assert_eq!(detail.as_str().map(str::to_lowercase), Some(address.to_lowercase()));
    };
    // Somebody's primary address is nobody's alias, and the reverse; not even in other letters.
    for wanted in [&ada.address, &alias, &ada.address.to_uppercase()] {
        taken(change(&site.admin, &grace.id, &json!({ "aliases": [wanted] })).await, wanted).await;
        taken(change(&site.admin, &grace.id, &json!({ "address": wanted })).await, wanted).await;
        let new = json!({ "address": wanted });
        taken(site.admin.call(Method::POST, "/users", Some(&new)).await, wanted).await;
        let new = json!({ "address": fresh_address("new"), "aliases": [wanted] });
        taken(site.admin.call(Method::POST, "/users", Some(&new)).await, wanted).await;
    }
    let twice = json!({ "aliases": [fresh_address("x"), alias, alias] });
    assert_ne!(change(&site.admin, &ada.id, &twice).await.status, 500);
    assert_eq!(site.admin.user(&grace.id).await["aliases"], json!([]));
    // One's own alias may become the primary address, and the other way round.
    let swapped = json!({ "address": alias, "aliases": [ada.address] });
    let done = change(&site.admin, &ada.id, &swapped).await;
    assert_eq!(done.status, 200, "{}", done.text());
    let user = site.admin.user(&ada.id).await;
    assert_eq!((&user["address"], &user["aliases"]), (&json!(alias), &json!([ada.address])));
    // What was given up is free.
    change(&site.admin, &ada.id, &json!({ "aliases": [] })).await;
    let done = change(&site.admin, &grace.id, &json!({ "aliases": [ada.address] })).await;
    assert_eq!(done.status, 200, "{}", done.text());
}

#[tokio::test]
async fn what_is_no_address_of_the_account_is_refused_and_nothing_changes() {
    let site = Product::shared().await.demo();
    let ada = site.person("ada").await;
    let before = site.admin.user(&ada.id).await;
    let many: Vec<_> = (0..101).map(|number| format!("a{number}.{}", ada.address)).collect();
    for (body, status, code) in [
        (json!({ "address": "ada" }), 422, "address_invalid"),
        (json!({ "address": "ada@elsewhere.example" }), 422, "domain_unknown"),
        (json!({ "aliases": ["ada@elsewhere.example"] }), 422, "domain_unknown"),
        (json!({ "aliases": ["a b@example.com"] }), 422, "address_invalid"),
        (json!({ "aliases": many }), 422, "too_many_aliases"),
        (json!({ "aliases": "ada@example.com" }), 400, "body_invalid"),
        (json!({ "disabled": "yes" }), 400, "body_invalid"),
        (json!({ "name": "Ada" }), 400, "body_invalid"),
    ] {
        let answer = change(&site.admin, &ada.id, &body).await;
        let problem = answer.problem(status, code);
        if code == "address_invalid" {
            assert!(problem["detail"].is_string(), "{problem}");
        }
    }
    assert_eq!(site.admin.user(&ada.id).await, before);
    for method in [Method::GET, Method::DELETE] {
        site.admin.call(method, "/users/nobody", None).await.problem(404, "not_found");
    }
    change(&site.admin, "nobody", &json!({ "disabled": true })).await.problem(404, "not_found");
    site.admin.call(Method::GET, "/users/nobody/devices", None).await.problem(404, "not_found");
}

#[tokio::test]
async fn another_primary_address_keeps_the_devices_and_mail_goes_to_the_new_one() {
    let site = Product::impatient().await.demo();
    let ada = site.person("ada").await;
    let mut phone = enrolled(&site, &ada.address).await;
    let new = fresh_address("married");
    let done = change(&site.admin, &ada.id, &json!({ "address": new })).await;
    assert_eq!((done.status, &done.json()["devices"]), (200, &json!(1)), "{}", done.text());
    assert_eq!(phone.get("/api/v1/device").await.status, 200);
    enrolled(&site, &new).await;
    let before = site.mail.to(&ada.address).await.len();
    Wire::to(&site.origin).start(&ada.address).await;
    enrolled(&site, &new).await;
    assert_eq!(site.mail.to(&ada.address).await.len(), before, "the former address is nobody's");
    assert_eq!(site.admin.user(&ada.id).await["devices"], 3);
}

#[tokio::test]
async fn a_domain_may_be_as_long_as_domains_get_and_be_asked_for_in_other_letters() {
    let site = Product::shared().await.demo();
    let long = format!("{0}.{0}.{0}.example", "a".repeat(60));
    site.admin.add_domain(&long).await;
    let path = format!("/domains/{long}");
    let alias = format!("alias@{long}");
    let ada = site.person("long").await;
    let changed = change(&site.admin, &ada.id, &json!({ "aliases": [alias] })).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    site.admin.call(Method::DELETE, &path, None).await.problem(409, "domain_not_empty");
    change(&site.admin, &ada.id, &json!({ "address": alias, "aliases": [] })).await;
    let found = site.admin.call(Method::GET, &format!("/users?domain={}", long.to_uppercase()), None).await;
    assert_eq!(found.json()["users"].as_array().unwrap().len(), 1, "{}", found.text());
    let none = site.admin.call(Method::GET, "/users?domain=no%20domain", None).await;
    assert_eq!(none.problem(400, "body_invalid")["field"], "domain");
    change(&site.admin, &ada.id, &json!({ "address": fresh_address("long") })).await;
    assert_eq!(site.admin.call(Method::DELETE, &path, None).await.status, 204);
}

#[tokio::test]
async fn a_code_does_not_follow_an_address_to_somebody_else() {
    let site = Product::impatient().await.demo();
    let (ada, ben) = (site.person("ada").await, site.person("ben").await);
    let mut open = Wire::to(&site.origin);
    let code = open.ask(&site, &ada.address).await.code();
    let moved = change(&site.admin, &ada.id, &json!({ "address": fresh_address("married") })).await;
    assert_eq!(moved.status, 200, "{}", moved.text());
    let given = change(&site.admin, &ben.id, &json!({ "aliases": [ada.address] })).await;
    assert_eq!(given.status, 200, "{}", given.text());
    // The mailbox is another person's now, and what was asked for was the first one's.
    open.resend().await.problem(410, "enrollment_ended");
    open.confirm(&code).await.problem(410, "enrollment_ended");
    assert_eq!(site.admin.user(&ada.id).await["devices"], 0);
}

#[tokio::test]
async fn disabling_ends_the_devices_and_enabling_does_not_bring_them_back() {
    let site = Product::impatient().await.demo();
    let ada = site.person("ada").await;
    let mut phone = enrolled(&site, &ada.address).await;
    let mut open = Wire::to(&site.origin);
    let code = open.ask(&site, &ada.address).await.code();
    let done = change(&site.admin, &ada.id, &json!({ "disabled": true })).await.json();
    assert_eq!((&done["disabled"], &done["devices"]), (&json!(true), &json!(0)), "{done}");
    assert!(done["revoked_at"].is_string(), "{done}");
    is_out(&mut phone).await;
    assert_ne!(open.confirm(&code).await.status, 200);
    let done = change(&site.admin, &ada.id, &json!({ "disabled": false })).await.json();
    assert_eq!((&done["disabled"], &done["devices"]), (&json!(false), &json!(0)), "{done}");
    assert_eq!(phone.get("/api/v1/device").await.status, 401);
    let mut again = enrolled(&site, &ada.address).await;
    assert_eq!(again.get("/api/v1/device").await.status, 200);
}

#[tokio::test]
async fn whoever_is_removed_is_gone_with_their_devices_and_their_address_is_free() {
    let site = Product::impatient().await.demo();
    let ada = site.person("ada").await;
    let mut phone = enrolled(&site, &ada.address).await;
    let mut laptop = enrolled(&site, &ada.address).await;
    let revoked = remove(&site.admin, &ada.id).await;
    assert_eq!(revoked.status, 200, "{}", revoked.text());
    let revoked = revoked.json();
    assert_eq!(
        (&revoked["revoked_devices"], &revoked["revoked_people"]),
        (&json!(2), &json!(1)),
        "{revoked}"
    );
    assert!(revoked["effective_by"].is_string(), "{revoked}");
    is_out(&mut phone).await;
    is_out(&mut laptop).await;
    site.admin.call(Method::GET, &format!("/users/{}", ada.id), None).await.problem(404, "not_found");
    remove(&site.admin, &ada.id).await.problem(404, "not_found");
    // Whoever has the address next is somebody else.
    let next = site.admin.add_user(&ada.address, &[]).await;
    assert_ne!(next, ada.id);
    assert_eq!(site.admin.user(&next).await["devices"], 0);
    assert_eq!(phone.get("/api/v1/device").await.status, 401);
}

#[tokio::test]
async fn a_person_can_be_added_disabled() {
    let site = Product::shared().await.demo();
    let address = fresh_address("later");
    let body = json!({ "address": address, "disabled": true });
    let user = site.admin.post("/users", &body, 201).await;
    assert_eq!((&user["disabled"], &user["devices"]), (&json!(true), &json!(0)), "{user}");
}

#[tokio::test]
async fn domains_say_whom_they_have_and_go_only_when_empty() {
    let site = Product::impatient().await.demo();
    for bad in ["", "x", "a b.example", "-a.example", "a..example", "@example.org", &"a.".repeat(200)] {
        let answer = site.admin.call(Method::POST, "/domains", Some(&json!({ "name": bad }))).await;
        answer.problem(422, "domain_invalid");
    }
    let added = site.admin.post("/domains", &json!({ "name": "Numbers.EXAMPLE" }), 201).await;
    assert_eq!(
        [&added["name"], &added["people"], &added["devices"]].map(Clone::clone),
        [json!("numbers.example"), json!(0), json!(0)]
    );
    let ada = site.admin.add_user("ada@numbers.example", &[]).await;
    enrolled(&site, "ada@numbers.example").await;
    enrolled(&site, "ada@numbers.example").await;
    let of_domain = async || {
        let all = site.admin.get("/domains").await;
        let mut all = all["domains"].as_array().unwrap().clone().into_iter();
        all.find(|domain| domain["name"] == "numbers.example")
    };
    let domain = of_domain().await.unwrap();
    assert_eq!((&domain["people"], &domain["devices"]), (&json!(1), &json!(2)), "{domain}");
    let path = "/domains/numbers.example";
    site.admin.call(Method::DELETE, path, None).await.problem(409, "domain_not_empty");
    // An alias keeps it as well.
    let elsewhere = fresh_address("moved");
    change(&site.admin, &ada, &json!({ "address": elsewhere, "aliases": ["ada@numbers.example"] })).await;
    site.admin.call(Method::DELETE, path, None).await.problem(409, "domain_not_empty");
    change(&site.admin, &ada, &json!({ "aliases": [] })).await;
    assert_eq!(site.admin.call(Method::DELETE, path, None).await.status, 204);
    assert!(of_domain().await.is_none());
    site.admin.call(Method::DELETE, path, None).await.problem(404, "not_found");
}

#[tokio::test]
async fn three_hundred_people_are_walked_through_exactly_once_and_found_by_the_beginning_of_an_address() {
    let product = Product::start(&[]).await;
    let site = product.demo();
    site.admin.add_domain("second.example").await;
    let mut added = BTreeSet::new();
    for number in 0..300 {
        let domain = if number % 3 == 0 { "second.example" } else { "example.com" };
        let address = format!("p{number:03}@{domain}");
        let alias = format!("other-{number}@example.com");
        site.admin.add_user(&address, &[&alias]).await;
        added.insert(address);
    }
    for limit in [1, 7, 50, 100, 200] {
        let found = walk(&site.admin, "", limit).await;
        assert_eq!(found.len(), 300, "each once, {limit} at a time");
        assert!(found.is_sorted(), "{found:?}");
        assert_eq!(found.iter().cloned().collect::<BTreeSet<_>>(), added);
    }
    let second = walk(&site.admin, "&domain=second.example", 30).await;
    assert_eq!(second.len(), 100);
    assert!(second.iter().all(|address| address.ends_with("@second.example")));
    for (search, count) in [("p", 300), ("p0", 100), ("P01", 10), ("p299", 1), ("p299@exam", 1), ("299", 0)] {
        assert_eq!(walk(&site.admin, &format!("&search={search}"), 40).await.len(), count, "{search}");
    }
    // By an alias, and a person whom several fit is there once.
    assert_eq!(walk(&site.admin, "&search=other-17@", 40).await, ["p017@example.com"]);
    assert_eq!(walk(&site.admin, "&search=other-1", 40).await.len(), 111);
    assert_eq!(walk(&site.admin, "&search=p0&domain=second.example", 10).await.len(), 34);
    // What means something elsewhere means itself here.
    for search in ["%25", "_", "p%25", "%2a", "%27", "%22", "p0%00"] {
        assert_eq!(walk(&site.admin, &format!("&search={search}"), 10).await, [""; 0], "{search}");
    }
    for wrong in ["limit=0", "limit=201", "limit=x", "limit=-1"] {
        let answer = site.admin.call(Method::GET, &format!("/users?{wrong}"), None).await;
        assert_eq!(answer.problem(400, "body_invalid")["field"], "limit");
    }
}
