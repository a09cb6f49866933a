//! Passkeys: what is accepted as one, everything else by its name, and one's own list of them.

use reqwest::Method;
use serde_json::{Value, json};

use crate::console::{Desk, PRESENT, Passkey, SESSION, Said, VERIFIED, recovery_address, set_up_token};
use crate::support::{Answer, Product, Site, Wire, eventually, fresh_address};

/// Options for signing in.
async fn options(site: &Site) -> Value {
    let options = Wire::to(&site.origin).post("/api/v1/admin/session/challenge", &json!({})).await;
    assert_eq!(options.status, 200, "{}", options.text());
    options.json()
}

async fn present(site: &Site, used: &Value) -> Answer {
    let mut wire = Wire::to(&site.origin);
    let answer = wire.post("/api/v1/admin/session", &json!({ "passkey": used })).await;
    assert_eq!(answer.status == 201, wire.jar.contains_key(SESSION), "{}", answer.text());
    answer
}

type Change = fn(&mut Said);

/// Each with the detail that names it.
const WRONG: [(&str, Change); 8] = [
    ("type", |said| said.kind = "webauthn.create"),
    ("origin", |said| said.origin = "https://evil.example".to_owned()),
    ("origin", |said| said.origin.push('/')),
    ("origin", |said| said.cross_origin = true),
    ("relying party id", |said| said.relying_party = "evil.example".to_owned()),
    ("user verification", |said| said.flags = PRESENT),
    ("user verification", |said| said.flags = VERIFIED),
    ("user verification", |said| said.flags = 0),
];

#[tokio::test]
async fn options_are_what_browsers_take() {
    let product = Product::shared().await;
    let site = product.demo();
    let asked = options(&site).await;
    assert_eq!(asked["rpId"], "localhost");
    assert_eq!(asked["userVerification"], "required");
    assert_ne!(options(&site).await["challenge"], asked["challenge"]);
    let address = recovery_address(product, &site);
    let body = json!({ "token": set_up_token(&address) });
    let seen = Wire::to(&site.origin).post("/api/v1/admin/set-up/challenge", &body).await.json();
    let made = &seen["options"];
    assert_eq!(made["rp"]["id"], "localhost");
    assert_eq!(made["authenticatorSelection"]["residentKey"], "required");
    assert_eq!(made["authenticatorSelection"]["userVerification"], "required");
    let kinds: Vec<_> =
        made["pubKeyCredParams"].as_array().unwrap().iter().map(|kind| &kind["alg"]).collect();
    for kind in [-7, -8, -257] {
        assert!(kinds.contains(&&json!(kind)), "{kinds:?}");
    }
}

#[tokio::test]
async fn only_the_answer_of_this_passkey_to_this_challenge_on_this_page_signs_anybody_in() {
    let product = Product::shared().await;
    let site = product.demo();
    let desk = Desk::open(product, &site).await;
    for (detail, change) in WRONG {
        let mut said = Said::to(&options(&site).await, &site.origin);
        change(&mut said);
        let problem = present(&site, &desk.passkey.used(&said)).await.problem(422, "passkey_invalid");
        assert_eq!(problem["detail"], detail);
    }
    let said = Said::to(&options(&site).await, &site.origin);
    let right = desk.passkey.used(&said);
    let altered = |name: &str| {
        let mut altered = right.clone();
        let text = altered[name].as_str().unwrap();
        let first = if text.starts_with('A') { "B" } else { "A" };
        altered[name] = json!(format!("{first}{}", &text[1..]));
        altered
    };
    for (name, detail) in [
        ("signature", "signature"),
        ("client_data", "client data"),
        ("authenticator_data", "relying party id"),
    ] {
        let problem = present(&site, &altered(name)).await.problem(422, "passkey_invalid");
        assert_eq!(problem["detail"], detail);
        let mut cut = right.clone();
        cut[name] = json!("");
        present(&site, &cut).await.problem(422, "passkey_invalid");
        cut[name] = json!("not base64!");
        present(&site, &cut).await.problem(422, "passkey_invalid");
    }
    // Somebody else's key under this one's id, and an id nobody has.
    let forged = Passkey::new().under_the_id_of(&desk.passkey).used(&said);
    assert_eq!(present(&site, &forged).await.problem(422, "passkey_invalid")["detail"], "signature");
    present(&site, &Passkey::new().used(&said)).await.problem(403, "passkey_unknown");
    // None of these has used it up; the right one does.
    assert_eq!(present(&site, &right).await.status, 201);
    present(&site, &right).await.problem(409, "challenge_spent");
}

#[tokio::test]
async fn a_challenge_is_for_one_purpose_of_one_account() {
    let product = Product::shared().await;
    let site = product.demo();
    let mut desk = Desk::open(product, &site).await;
    let to_touch = desk.post("/session/touch/challenge", &json!({}), 200).await;
    let of_other = options(&product.other()).await;
    let to_add = desk.post("/session/passkeys/challenge", &json!({}), 200).await;
    for foreign in [&to_touch["challenge"], &of_other["challenge"], &to_add["challenge"], &json!("")] {
        let mut said = Said::to(&options(&site).await, &site.origin);
        said.challenge = foreign.as_str().unwrap().to_owned();
        let answer = present(&site, &desk.passkey.used(&said)).await;
        assert_eq!(answer.problem(422, "passkey_invalid")["detail"], "challenge");
    }
    // The challenge of a touch is this session's.
    let mut second = Desk::sign_in(&site, desk.passkey).await;
    let used = second.passkey.used(&Said::to(&to_touch, &site.origin));
    let answer = second.call(Method::POST, "/session/touch", Some(&json!({ "passkey": used }))).await;
    assert_eq!(answer.problem(422, "passkey_invalid")["detail"], "challenge");
}

#[tokio::test]
async fn a_challenge_that_is_too_old_is_told_so() {
    let product = Product::start(&[("PASSKEY_CHALLENGE_SECONDS", "1")]).await;
    let site = product.demo();
    // By the time it is answered it may be too old on a busy machine; the second is not there to be used.
    let asked = options(&site).await;
    let said = Said::to(&asked, &site.origin);
    let passkey = Passkey::new();
    eventually("the challenge to be too old", async || {
        let answer = present(&site, &passkey.used(&said)).await;
        (answer.json()["code"] == "challenge_expired").then(|| answer.problem(410, "challenge_expired"))
    })
    .await;
}

#[tokio::test]
async fn only_ones_own_passkey_counts_as_a_touch() {
    let product = Product::shared().await;
    let site = product.demo();
    let (mut ada, grace) = (Desk::open(product, &site).await, Desk::open(product, &site).await);
    for (detail, change) in WRONG {
        let answer = ada.touch_as(change).await;
        assert_eq!(answer.problem(422, "passkey_invalid")["detail"], detail);
    }
    assert_eq!(ada.touch_as(|_| {}).await.status, 200);
    ada.passkey = grace.passkey;
    let problem = ada.touch_as(|_| {}).await.problem(422, "passkey_invalid");
    assert_eq!(problem["detail"], "credential");
}

#[tokio::test]
async fn a_counter_that_goes_back_is_a_copy() {
    let product = Product::shared().await;
    let site = product.demo();
    let mut desk = Desk::open(product, &site).await;
    for (counter, status) in [(5, 200), (6, 200), (6, 422), (5, 422), (0, 422), (4_294_967_295, 200)] {
        let answer = desk.touch_as(|said| said.counter = counter).await;
        assert_eq!(answer.status, status, "{counter}: {}", answer.text());
        if status == 422 {
            assert_eq!(answer.problem(422, "passkey_invalid")["detail"], "signature counter");
        }
    }
}

#[tokio::test]
async fn an_rsa_key_signs_in_too() {
    let product = Product::shared().await;
    let site = product.demo();
    let address = recovery_address(product, &site);
    let own = fresh_address("hello");
    let desk = Desk::set_up_with(Passkey::rs256(), &site, &address, "Ada Example", &own).await;
    let mut desk = Desk::sign_in(&site, desk.passkey).await;
    assert_eq!(desk.get("/session").await["administrator"]["address"], own);
}

#[tokio::test]
async fn ones_own_passkeys_are_added_and_removed_but_for_the_last() {
    let product = Product::shared().await;
    let site = product.demo();
    let mut desk = Desk::open(product, &site).await;
    let first = desk.passkey.id();
    let only = json!({ "id": first, "current": true });
    let listed = desk.get("/session/passkeys").await;
    assert_eq!(listed["passkeys"].as_array().unwrap().len(), 1);
    assert_eq!(
        [&listed["passkeys"][0]["id"], &listed["passkeys"][0]["current"]],
        [&only["id"], &only["current"]]
    );
    let path = format!("/session/passkeys/{first}");
    desk.call(Method::DELETE, &path, None).await.problem(409, "last_passkey");

    let second = Passkey::new();
    let asked = desk.post("/session/passkeys/challenge", &json!({}), 200).await;
    assert_eq!(asked["excludeCredentials"][0]["id"], first);
    let said = Said::to(&asked, &site.origin);
    for (name, status, code) in [("", 400, "body_invalid"), ("a\nb", 400, "body_invalid")] {
        let body = json!({ "name": name, "passkey": second.made(&said) });
        let answer = desk.call(Method::POST, "/session/passkeys", Some(&body)).await;
        assert_eq!(answer.problem(status, code)["field"], "name");
    }
    let made = second.made(&said);
    let body = json!({ "name": "Key at home", "passkey": made });
    let added = desk.post("/session/passkeys", &body, 201).await;
    assert_eq!((&added["name"], &added["current"]), (&json!("Key at home"), &json!(false)));
    let again = desk.call(Method::POST, "/session/passkeys", Some(&body)).await;
    again.problem(409, "challenge_spent");
    let asked = desk.post("/session/passkeys/challenge", &json!({}), 200).await;
    let known = json!({ "name": "x", "passkey": second.made(&Said::to(&asked, &site.origin)) });
    desk.call(Method::POST, "/session/passkeys", Some(&known)).await.problem(409, "passkey_known");

    let mut elsewhere = Desk::sign_in(&site, second).await;
    assert_eq!(elsewhere.id, desk.id);
    let listed = elsewhere.get("/session/passkeys").await;
    let current: Vec<_> = listed["passkeys"].as_array().unwrap().iter().map(|one| &one["current"]).collect();
    assert_eq!(current.iter().filter(|one| ***one == json!(true)).count(), 1, "{listed}");
    assert_eq!(elsewhere.call(Method::DELETE, &path, None).await.status, 204);
    elsewhere.call(Method::DELETE, &path, None).await.problem(404, "not_found");
    // It is gone, and so is what was begun with it.
    let said = Said::to(&options(&site).await, &site.origin);
    present(&site, &desk.passkey.used(&said)).await.problem(403, "passkey_unknown");
    desk.call(Method::GET, "/session", None).await.problem(401, "session_ended");
    // Another person's is not there to be removed.
    let mut other = Desk::open(product, &site).await;
    let path = format!("/session/passkeys/{}", elsewhere.passkey.id());
    other.call(Method::DELETE, &path, None).await.problem(404, "not_found");
    assert_eq!(elsewhere.get("/session").await["administrator"]["id"], elsewhere.id);
}

#[tokio::test]
async fn signing_out_ends_the_session_everywhere_it_was_copied_to() {
    let product = Product::shared().await;
    let site = product.demo();
    let mut desk = Desk::open(product, &site).await;
    let mut copy = Wire::to(&site.origin);
    copy.jar.clone_from(&desk.wire.jar);
    let out = desk.call(Method::DELETE, "/session", None).await;
    assert_eq!(out.status, 204, "{}", out.text());
    assert!(!desk.wire.jar.contains_key(SESSION), "{:?}", desk.wire.jar);
    copy.get("/api/v1/admin/session").await.problem(401, "session_ended");
    // Whoever is not signed in may sign out as well.
    assert_eq!(desk.call(Method::DELETE, "/session", None).await.status, 204);
    assert_eq!(copy.call(Method::DELETE, "/api/v1/admin/session", None).await.status, 204);
}
