//! Set-up addresses: the way to the first passkey, for one person, once.

use reqwest::Method;
use serde_json::{Value, json};
use xtask::admin_link::Purpose;

use crate::console::{Desk, Passkey, Said, recovery_address, set_up_token};
use crate::support::{Answer, Product, Site, Wire, fresh_address};

async fn look(site: &Site, set_up_address: &str) -> Answer {
    let body = json!({ "token": set_up_token(set_up_address) });
    Wire::to(&site.origin).post("/api/v1/admin/set-up/challenge", &body).await
}

/// The last step, with the options of an earlier look.
async fn finish(site: &Site, set_up_address: &str, options: &Value) -> Answer {
    let made = Passkey::new().made(&Said::to(options, &site.origin));
    let (token, address) = (set_up_token(set_up_address), fresh_address("late"));
    let body = json!({ "token": token, "name": "Late Example", "address": address, "passkey": made });
    Wire::to(&site.origin).post("/api/v1/admin/set-up", &body).await
}

#[tokio::test]
async fn the_first_administrator_comes_by_an_address_that_works_once_and_only_while_there_is_none() {
    let product = Product::start(&[]).await;
    let site = product.demo();
    let first = |site: &Site| product.secrets().admin_link(&site.origin, Purpose::First).unwrap();
    let (address, another) = (first(&site), first(&site));
    let seen = look(&site, &address).await;
    let nobody =
        [&seen.json()["kind"], &seen.json()["name"], &seen.json()["address"], &seen.json()["access"]]
            .map(Clone::clone);
    assert_eq!(nobody, [json!("first"), Value::Null, Value::Null, json!(false)]);
    let late = look(&site, &another).await.json()["options"].clone();
    let mut desk = Desk::set_up(&site, &address, "Grace Example", "grace@example.org").await;
    let session = desk.get("/session").await;
    assert_eq!(session["by"], "passkey");
    assert_eq!(session["account_name"], "Demo Company");
    assert!(session["touched_until"].is_string(), "making a passkey is a touch: {session}");
    let administrator = &session["administrator"];
    assert_eq!(administrator["name"], "Grace Example");
    assert_eq!(administrator["address"], "grace@example.org");
    assert_eq!(administrator["role"], "administrator");
    look(&site, &address).await.problem(410, "set_up_spent");
    finish(&site, &address, &seen.json()["options"]).await.problem(410, "set_up_spent");
    look(&site, &another).await.problem(409, "set_up_done");
    finish(&site, &another, &late).await.problem(409, "set_up_done");
    // The other account has nobody yet, and addresses of its own.
    look(&product.other(), &another).await.problem(403, "set_up_invalid");
    assert_eq!(look(&product.other(), &first(&product.other())).await.status, 200);
}

#[tokio::test]
async fn an_address_somebody_has_altered_leads_nowhere() {
    let product = Product::shared().await;
    let site = product.demo();
    let address = recovery_address(product, &site);
    let token = set_up_token(&address);
    let mut altered =
        vec![String::new(), ".".to_owned(), "x".to_owned(), format!("{token}x"), token[1..].to_owned()];
    altered.push(token.replace("recover", "first"));
    altered.push(token.replace("recover", "invitation"));
    let parts: Vec<_> = token.split('.').collect();
    altered.push([parts[0], parts[1], "9999999999", parts[3]].join("."));
    for token in altered {
        let altered = format!("{}/admin/set-up#{token}", site.origin);
        look(&site, &altered).await.problem(403, "set_up_invalid");
    }
    // What was asked for one address does not finish another.
    let options = look(&site, &address).await.json()["options"].clone();
    let other = recovery_address(product, &site);
    let problem = finish(&site, &other, &options).await.problem(422, "passkey_invalid");
    assert_eq!(problem["detail"], "challenge");
    assert_eq!(look(&site, &other).await.status, 200);
}

#[tokio::test]
async fn a_recovered_administrator_is_one_more_and_the_audit_says_so() {
    let product = Product::shared().await;
    let site = product.demo();
    let mut before = Desk::open(product, &site).await;
    let address = recovery_address(product, &site);
    assert_eq!(look(&site, &address).await.json()["kind"], "recover");
    let mut desk = Desk::set_up(&site, &address, "Ada Example", &fresh_address("back")).await;
    assert_eq!(before.get("/session").await["administrator"]["id"], before.id);
    let audit = desk.get(&format!("/audit?subject={}", desk.id)).await;
    let actions: Vec<_> = audit["events"].as_array().unwrap().iter().map(|event| &event["action"]).collect();
    assert!(actions.contains(&&json!("admin.recovered")), "{audit}");
    look(&site, &address).await.problem(410, "set_up_spent");
}

#[tokio::test]
async fn an_invitation_is_for_one_person_and_the_newest_counts() {
    let product = Product::shared().await;
    let site = product.demo();
    let mut desk = Desk::open(product, &site).await;
    let own = fresh_address("invited");
    let body = json!({ "name": "Ada Example", "address": own, "role": "help_desk" });
    let invited = desk.post("/administrators", &body, 201).await;
    let administrator = &invited["administrator"];
    assert_eq!(administrator["passkeys"], 0);
    assert_eq!(administrator["invited_until"], invited["expires_at"]);
    let id = administrator["id"].as_str().unwrap();
    let first = invited["url"].as_str().unwrap();
    let seen = look(&site, first).await.json();
    assert_eq!([&seen["kind"], &seen["name"], &seen["address"]], ["invitation", "Ada Example", &own]);
    let same = desk.call(Method::POST, "/administrators", Some(&body)).await;
    same.problem(409, "address_taken");

    let again = desk.post(&format!("/administrators/{id}/invitation"), &json!({}), 201).await;
    look(&site, first).await.problem(403, "set_up_invalid");
    let second = again["url"].as_str().unwrap();
    // The address is whom it was for, whatever is said.
    let mut ada = Desk::set_up(&site, second, "Ada Lovelace", &fresh_address("chosen")).await;
    assert_eq!((&*ada.id, &*ada.address), (id, &*own));
    assert_eq!(ada.get("/session").await["administrator"]["role"], "help_desk");
    look(&site, second).await.problem(410, "set_up_spent");
    let listed = desk.get("/administrators").await;
    let listed = listed["administrators"].as_array().unwrap();
    let found = listed.iter().find(|one| one["id"] == id).unwrap();
    assert_eq!((&found["passkeys"], &found["invited_until"]), (&json!(1), &Value::Null));
    desk.post(&format!("/administrators/{id}x/invitation"), &json!({}), 404).await;
}

#[tokio::test]
async fn whoever_is_invited_again_leaves_what_they_came_with_behind() {
    let product = Product::shared().await;
    let site = product.demo();
    let mut desk = Desk::open(product, &site).await;
    let mut ada = desk.invite(&site, "administrator").await;
    let again = desk.post(&format!("/administrators/{}/invitation", ada.id), &json!({}), 201).await;
    // Being invited ends nothing yet; going there does.
    assert_eq!(ada.get("/session").await["administrator"]["id"], ada.id);
    let mut back = Desk::set_up(&site, again["url"].as_str().unwrap(), "Ada Example", &ada.address).await;
    assert_eq!(back.id, ada.id);
    ada.call(Method::GET, "/session", None).await.problem(401, "session_ended");
    let passkeys = back.get("/session/passkeys").await;
    assert_eq!(passkeys["passkeys"].as_array().unwrap().len(), 1, "{passkeys}");
    let events = site.admin.audit().await;
    let of_ada = |action: &str| {
        events.iter().any(|event| event["action"] == action && event["subject"] == json!(ada.id))
    };
    assert!(
        of_ada("admin.invited") && of_ada("admin.invited_again") && of_ada("admin.joined"),
        "{events:#?}"
    );
}
