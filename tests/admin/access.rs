//! Cloudflare Access in charge of who is an administrator.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use reqwest::Method;
use serde_json::{Value, json};

use crate::console::{Desk, KeyServer, RsaKey, kid, now, recovery_address, set_up_token};
use crate::support::{Answer, Product, Site, Wire, fresh_address};

const HEADER: &str = "Cf-Access-Jwt-Assertion";

/// A product with Access in charge of account `demo`, and its team.
async fn product(team: &KeyServer) -> Product {
    Product::start(&[("ACCESS", &team.variable("demo"))]).await
}

async fn ask(site: &Site, token: &str, method: Method, path: &str, body: Option<&Value>) -> Answer {
    let wire = Wire::to(&site.origin);
    let request = wire.bare(method, &format!("/api/v1/admin{path}")).header("Sec-Fetch-Site", "same-origin");
    let request = request.header(HEADER, token);
    Answer::to(if let Some(body) = body { request.json(body) } else { request }).await
}

async fn session(site: &Site, token: &str) -> Answer {
    ask(site, token, Method::GET, "/session", None).await
}

/// Makes whoever the token names an administrator.
async fn set_up(product: &Product, site: &Site, token: &str, address: &str) -> Answer {
    let set_up_address = recovery_address(product, site);
    let body = json!({ "token": set_up_token(&set_up_address), "name": "Grace Example", "address": address });
    let challenge = json!({ "token": set_up_token(&set_up_address) });
    let seen = ask(site, token, Method::POST, "/set-up/challenge", Some(&challenge)).await.json();
    assert_eq!((&seen["access"], &seen["options"]), (&json!(true), &Value::Null));
    ask(site, token, Method::POST, "/set-up", Some(&body)).await
}

#[tokio::test]
async fn only_what_the_team_signed_for_this_application_signs_anybody_in() {
    let (team, key) = (KeyServer::open(), RsaKey::new());
    team.show(&[&key]);
    let product = product(&team).await;
    let site = product.demo();
    let address = fresh_address("access");
    let right = team.token(&key, &address, |_, _| {});
    // Access knows who it is, and nobody here has named them.
    session(&site, &right).await.problem(403, "not_allowed");
    set_up(&product, &site, &right, &fresh_address("another")).await.problem(422, "address_invalid");
    let there = set_up(&product, &site, &right, &address).await;
    assert_eq!(there.status, 201, "{}", there.text());
    assert!(there.set_cookie("__Host-admin").is_none(), "{there:?}");
    let answer = session(&site, &right).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let found = answer.json();
    assert_eq!((&found["by"], &found["administrator"]["address"]), (&json!("access"), &json!(address)));
    assert!(found["touched_until"].is_string(), "signed in just now: {found}");

    // Whom Access lets through is not whoever else was invited.
    let invited = json!({ "name": "Victor", "address": fresh_address("victor"), "role": "administrator" });
    let invited = ask(&site, &right, Method::POST, "/administrators", Some(&invited)).await.json();
    let mallory = fresh_address("mallory");
    let other = team.token(&key, &mallory, |_, _| {});
    let body = json!({ "token": set_up_token(invited["url"].as_str().unwrap()), "name": "Mallory", "address": mallory });
    ask(&site, &other, Method::POST, "/set-up", Some(&body)).await.problem(403, "set_up_invalid");

    let long_ago = now() - 1_000;
    let change: [(&str, Value); 9] = [
        ("aud", json!(["another"])),
        ("aud", json!([])),
        ("iss", json!("https://evil.example")),
        ("iss", json!(format!("{}/", team.issuer))),
        ("exp", json!(long_ago)),
        ("nbf", json!(now() + 1_000)),
        ("iat", json!(now() + 1_000)),
        ("email", Value::Null),
        ("email", json!("")),
    ];
    for (claim, value) in change {
        let token = team.token(&key, &address, |_, claims| claims[claim] = value.clone());
        session(&site, &token).await.problem(401, "unauthorized");
    }
    let several = team.token(&key, &address, |_, claims| claims["aud"] = json!(["a", claims["aud"][0]]));
    assert_eq!(session(&site, &several).await.status, 200);
    // Signed in a while ago: it holds, but it is no touch.
    let earlier = team.token(&key, &address, |_, claims| claims["iat"] = json!(long_ago));
    let found = session(&site, &earlier).await.json();
    assert!(found["touched_until"].is_null(), "{found}");
    let revoke = json!({ "everyone": true });
    let answer = ask(&site, &earlier, Method::POST, "/revocations", Some(&revoke)).await;
    answer.problem(403, "touch_needed");
    assert_eq!(ask(&site, &right, Method::POST, "/revocations", Some(&revoke)).await.status, 200);
}

#[tokio::test]
async fn a_token_nobody_of_the_team_signed_is_none_however_it_claims_to_be_signed() {
    let (team, key) = (KeyServer::open(), RsaKey::new());
    team.show(&[&key]);
    let product = product(&team).await;
    let site = product.demo();
    let address = fresh_address("access");
    let right = team.token(&key, &address, |_, _| {});
    assert_eq!(set_up(&product, &site, &right, &address).await.status, 201);
    let other = RsaKey::new();
    let mut forged = vec![
        team.token(&other, &address, |_, _| {}),
        team.token(&key, &address, |header, _| header["kid"] = json!("unknown")),
        team.token(&key, &address, |header, _| header["alg"] = json!("RS512")),
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        "x".repeat(20_000),
        format!("{right}x"),
        right.rsplit_once('.').unwrap().0.to_owned(),
    ];
    let unsigned = team.signed_part(&address, |header, _| header["alg"] = json!("none"));
    forged.push(format!("{unsigned}."));
    // With the public key as the secret.
    let hs256 = team.signed_part(&address, |header, _| header["alg"] = json!("HS256"));
    let secret = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &key.modulus());
    let mac = ring::hmac::sign(&secret, hs256.as_bytes());
    forged.push(format!("{hs256}.{}", Base64UrlUnpadded::encode_string(mac.as_ref())));
    for token in forged {
        session(&site, &token).await.problem(401, "unauthorized");
    }
    assert_eq!(session(&site, &right).await.status, 200);
}

#[tokio::test]
async fn without_the_teams_keys_the_door_stays_shut_and_a_new_key_opens_it() {
    let (team, keys) = (KeyServer::open(), [RsaKey::new(), RsaKey::new()]);
    let product = product(&team).await;
    let site = product.demo();
    let address = fresh_address("access");
    let right = team.token(&keys[0], &address, |_, _| {});
    session(&site, &right).await.problem(503, "unavailable");
    session(&site, &right).await.problem(503, "unavailable");
    team.show(&[&keys[0], &keys[1]]);
    assert_eq!(set_up(&product, &site, &right, &address).await.status, 201);
    let by_second = team.token(&keys[1], &address, |header, _| header["kid"] = json!(kid(1)));
    assert_eq!(session(&site, &by_second).await.status, 200);
}

#[tokio::test]
async fn passkeys_sign_nobody_in_where_access_is_in_charge() {
    let (team, key) = (KeyServer::open(), RsaKey::new());
    team.show(&[&key]);
    let product = product(&team).await;
    let site = product.demo();
    let address = fresh_address("access");
    let right = team.token(&key, &address, |_, _| {});
    assert_eq!(set_up(&product, &site, &right, &address).await.status, 201);
    for (method, path, body) in [
        (Method::POST, "/session/challenge", Some(json!({}))),
        (Method::POST, "/session/touch/challenge", Some(json!({}))),
        (Method::POST, "/session/passkeys/challenge", Some(json!({}))),
    ] {
        ask(&site, &right, method, path, body.as_ref()).await.problem(409, "access_in_charge");
    }
    // The other account has passkeys as before, and Access is nothing there.
    let desk = Desk::open(&product, &product.other()).await;
    session(&product.other(), &right).await.problem(401, "unauthorized");
    let mut wire = Wire::to(&site.origin);
    wire.jar.clone_from(&desk.wire.jar);
    wire.get("/api/v1/admin/session").await.problem(401, "unauthorized");
}
