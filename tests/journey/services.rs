//! Other services that ask whether a browser is enrolled, and verify it for themselves.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use ed25519_dalek::{Signature, VerifyingKey};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{DEVICE, Kind, Product, Wire, eventually};

#[tokio::test]
async fn a_service_is_told_who_it_is_or_where_to_enroll_and_nothing_else() {
    // Renewals are due at each interaction here.
    let site = Product::shared().await.other();
    let person = site.person("served").await;
    let mut browser = Wire::to(&site.origin);
    let asked = browser.get("/api/v1/verify").await;
    assert_eq!((asked.status, asked.body.len()), (401, 0));
    assert_eq!(asked.header("Device-Enroll"), Some(format!("{}/enroll", site.origin).as_str()));
    assert!(asked.header("Device-User").is_none() && asked.header("Device-Id").is_none());

    browser.enroll(&site, &person.address, Kind::Own).await;
    let device = browser.get("/api/v1/device").await.json()["device_id"].clone();
    let asked = browser.get("/api/v1/verify").await;
    assert_eq!((asked.status, asked.header("Device-Verdict")), (204, Some("enrolled")));
    assert_eq!(asked.header("Device-User"), Some(person.id.as_str()));
    assert_eq!(asked.header("Device-Id"), device.as_str());
    assert!(asked.set_cookie(DEVICE).is_some(), "a renewal was due");
    assert_eq!(asked.header("Cache-Control"), Some("no-store"));

    // What nobody did is answered alike and renews nothing.
    let inspections = [
        browser.request(Method::HEAD, "/api/v1/verify"),
        browser.request(Method::GET, "/api/v1/verify").header("X-Forwarded-Method", "HEAD"),
        browser.request(Method::GET, "/api/v1/verify").header("Sec-Purpose", "prefetch"),
    ];
    for request in inspections {
        let asked = browser.send(request).await;
        assert_eq!((asked.status, asked.header("Device-Verdict")), (204, Some("enrolled")));
        assert_eq!(asked.set_cookie(DEVICE), None);
    }

    site.admin.revoke_user(&person.id).await;
    eventually("the service to be told of the revocation", async || {
        (browser.get("/api/v1/verify").await.status == 401).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_service_is_told_when_nobody_needs_to_enroll() {
    let product = Product::untouched(&[]);
    let asked = Wire::to(&product.demo().origin).get("/api/v1/verify").await;
    assert_eq!((asked.status, asked.header("Device-Verdict")), (204, Some("authentication-off")));
    assert!(asked.header("Device-User").is_none() && asked.header("Device-Id").is_none());
}

#[tokio::test]
async fn the_published_keys_verify_the_device_cookie_for_anybody() {
    let site = Product::shared().await.demo();
    let person = site.person("verified").await;
    let mut browser = Wire::to(&site.origin);
    browser.enroll(&site, &person.address, Kind::Own).await;
    let answer = browser.get("/.well-known/jwks.json").await;
    assert_eq!(answer.status, 200);
    let set = answer.json();
    assert_eq!((&set["issuer"], &set["account"]), (&json!(site.origin), &json!("demo")));
    let keys = set["keys"].as_array().unwrap();
    for key in keys {
        assert_eq!(
            (&key["kty"], &key["crv"], &key["use"]),
            (&json!("OKP"), &json!("Ed25519"), &json!("sig"))
        );
        assert!(key.get("alg").is_none() && key.get("d").is_none(), "{key}");
    }

    let cookie = &browser.jar[DEVICE];
    let parts: Vec<_> = cookie.split('.').collect();
    let [header, payload, signature] = parts[..] else { panic!("{cookie}") };
    let read = |part: &str| Base64UrlUnpadded::decode_vec(part).unwrap();
    let header: Value = serde_json::from_slice(&read(header)).unwrap();
    assert_eq!((&header["alg"], &header["typ"]), (&json!("EdDSA"), &json!("device-cookie+jwt")));
    let key = keys.iter().find(|key| key["kid"] == header["kid"]).unwrap();
    let key: [u8; 32] = read(key["x"].as_str().unwrap()).try_into().unwrap();
    let key = VerifyingKey::from_bytes(&key).unwrap();
    let signature = Signature::from_slice(&read(signature)).unwrap();
    let signed = format!("{}.{payload}", parts[0]);
    key.verify_strict(signed.as_bytes(), &signature).unwrap();
    assert!(key.verify_strict(format!("{signed}A").as_bytes(), &signature).is_err());

    let claims: Value = serde_json::from_slice(&read(payload)).unwrap();
    assert_eq!((&claims["iss"], &claims["aud"]), (&json!(site.origin), &json!("demo")));
    assert_eq!(claims["sub"], json!(person.id));
    assert_eq!((&claims["bnd"], &claims["auth_time"]), (&json!("none"), &claims["iat"]));
    let lifetime = claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap();
    assert!((30 * 86_400..=30 * 86_400 + 3_600).contains(&lifetime), "{claims}");
    assert!(!claims.to_string().contains('@'), "{claims}");
}
