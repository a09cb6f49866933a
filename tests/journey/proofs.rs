//! Proofs of possession by HTTP: what a device gets for one, and everything that is none.

use serde_json::{Value, json};

use crate::support::{Bound, CONFIRM, DEVICE, PROVE, Product, Wire, eventually};

#[tokio::test]
async fn a_proof_brings_a_fresh_cookie_and_token_of_the_same_device() {
    let site = Product::shared().await.demo();
    let person = site.person("proof").await;
    let mut device = Bound::enroll(&site, &person.address, 41).await;
    let id = device.device_id().await;
    let proved = device.prove().await;
    assert_eq!(proved.status, 200, "{}", proved.text());
    assert!(proved.set_cookie(DEVICE).is_some());
    device.token = proved.json()["device_token"].as_str().unwrap().to_owned();
    assert_eq!(device.device_id().await, id);
    // The new token proves, too; and the former one, should its answer have been lost.
    assert_eq!(device.prove().await.status, 200);
    assert_eq!(site.admin.devices(&person.id).await.len(), 1);
}

#[tokio::test]
async fn a_lost_cookie_comes_back_with_a_proof_and_makes_no_new_record() {
    let site = Product::shared().await.demo();
    let person = site.person("healed").await;
    let mut device = Bound::enroll(&site, &person.address, 42).await;
    let id = device.device_id().await;
    device.wire.jar.clear();
    assert_eq!(device.wire.get("/api/v1/device").await.status, 401);
    assert_eq!(device.prove().await.status, 200);
    assert_eq!(device.device_id().await, id);
    assert_eq!(site.admin.devices(&person.id).await.len(), 1);
}

#[tokio::test]
async fn each_wrong_proof_is_refused_by_its_own_name_and_the_right_one_still_works() {
    let product = Product::shared().await;
    let site = product.demo();
    let person = site.person("wrong").await;
    let mut device = Bound::enroll(&site, &person.address, 43).await;
    let other = Bound::enroll(&site, &site.person("other").await.address, 44).await;
    let mut elsewhere = Wire::to(&product.other().origin);
    let foreign = elsewhere.post("/api/v1/device/challenge", &json!({})).await.json();
    let foreign = foreign["challenge"].as_str().unwrap().to_owned();
    let challenge = device.challenge().await;
    let good = device.proof(&challenge);
    let with = |name: &str, value: &str| {
        let mut proof = good.clone();
        proof[name] = value.into();
        proof
    };
    let by_other = other.proof(&challenge);
    let cut = device.token[..device.token.len() - 1].to_owned();
    for (proof, code) in [
        (with("origin", &product.other().origin), "origin_foreign"),
        (with("device_key", &"A".repeat(43)), "device_key_invalid"),
        (with("device_key", by_other["device_key"].as_str().unwrap()), "device_key_foreign"),
        (with("challenge", &foreign), "challenge_foreign"),
        (with("challenge", &device.token), "challenge_invalid"),
        (with("device_token", &cut), "device_token_invalid"),
        (with("device_token", &other.token), "device_key_foreign"),
        (with("signature", by_other["signature"].as_str().unwrap()), "proof_invalid"),
        (with("signature", ""), "proof_invalid"),
    ] {
        let refused = device.offer(&proof).await;
        refused.problem(422, code);
        assert!(refused.set_cookie(DEVICE).is_none());
    }
    assert_eq!(device.offer(&good).await.status, 200);
    device.offer(&good).await.problem(409, "challenge_spent");
    // One line in the books for each reason, and none for an answer that was lost on its way.
    for _ in 0..2 {
        device.offer(&with("signature", "")).await.problem(422, "proof_invalid");
    }
    let audit = site.admin.audit().await;
    let failed = |event: &&Value| event["action"] == "proof.failed" && event["subject"] == json!(person.id);
    let mut told: Vec<_> = audit.iter().filter(failed).map(|event| event["detail"].to_string()).collect();
    assert_eq!(told.len(), 6, "{told:?}");
    told.sort();
    told.dedup();
    assert_eq!(told.len(), 6, "{told:?}");
    assert!(told.iter().any(|detail| detail.ends_with(": proof_invalid\"")), "{told:?}");
}

#[tokio::test]
async fn of_a_hundred_answers_to_one_challenge_one_is_taken() {
    let site = Product::shared().await.demo();
    let person = site.person("spent").await;
    let mut device = Bound::enroll(&site, &person.address, 45).await;
    let challenge = device.challenge().await;
    let proof = device.proof(&challenge);
    let offers: Vec<_> = (0..100)
        .map(|_| {
            let (mut wire, proof) = (device.wire.clone(), proof.clone());
            tokio::spawn(async move { wire.post(PROVE, &proof).await.status })
        })
        .collect();
    let mut statuses = vec![];
    for offer in offers {
        statuses.push(offer.await.unwrap());
    }
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [200, 409].contains(status)), "{statuses:?}");
}

#[tokio::test]
async fn proofs_at_the_same_time_sign_nobody_out_and_leave_one_record() {
    let site = Product::shared().await.demo();
    let person = site.person("parallel").await;
    let device = Bound::enroll(&site, &person.address, 46).await;
    let proofs: Vec<_> = (0..50)
        .map(|_| {
            let mut tab = device.clone();
            tokio::spawn(async move {
                let proved = tab.prove().await;
                assert_eq!(proved.status, 200, "{}", proved.text());
                tab
            })
        })
        .collect();
    for proof in proofs {
        let mut tab = proof.await.unwrap();
        assert_eq!(tab.wire.get("/api/v1/device").await.status, 200);
    }
    assert_eq!(site.admin.devices(&person.id).await.len(), 1);
}

#[tokio::test]
async fn a_revoked_device_proves_nothing_from_that_moment() {
    let site = Product::shared().await.demo();
    let person = site.person("revoked").await;
    let mut one = Bound::enroll(&site, &person.address, 47).await;
    let mut two = Bound::enroll(&site, &person.address, 48).await;
    let id = one.device_id().await;
    site.admin.revoke_device(id.as_str().unwrap()).await;
    one.prove().await.problem(403, "device_revoked");
    assert_eq!(two.prove().await.status, 200);
    site.admin.revoke_user(&person.id).await;
    two.prove().await.problem(403, "device_revoked");
}

#[tokio::test]
async fn a_challenge_outlives_a_crash_and_so_does_its_being_spent() {
    let mut product = Product::start(&[]).await;
    let site = product.demo();
    let person = site.person("crash").await;
    let mut device = Bound::enroll(&site, &person.address, 49).await;
    let challenge = device.challenge().await;
    let proof = device.proof(&challenge);
    product.crash_and_restart();
    // The proof is enough; and the connections of before are gone.
    device.wire = Wire::to(&site.origin);
    assert_eq!(device.offer(&proof).await.status, 200);
    product.crash_and_restart();
    device.wire = Wire::to(&site.origin);
    device.offer(&proof).await.problem(409, "challenge_spent");
}

#[tokio::test]
async fn a_proof_without_a_press_that_is_due_leads_to_the_button_and_not_round() {
    let product = Product::start(&[("PRESS_AFTER_SECONDS", "2")]).await;
    let site = product.demo();
    let person = site.person("press").await;
    let link = site.admin.link("https://example.net/", &person.address).await;
    let path = &link[site.origin.len()..];
    let mut device = Bound::enroll(&site, &person.address, 52).await;
    let mut proved = async |pressed: bool| {
        let challenge = device.challenge().await;
        let mut proof = device.proof(&challenge);
        proof["to"] = path.into();
        proof["pressed"] = pressed.into();
        device.offer(&proof).await.json()["to"].as_str().unwrap().to_owned()
    };
    let button = eventually("a press to be due", async || {
        Some(proved(false).await).filter(|to| !to.ends_with("?enrolled"))
    });
    assert!(button.await.starts_with("/prove?press&to=%2Fs%2F"));
    assert_eq!(proved(true).await, format!("{path}?enrolled"));
}

#[tokio::test]
async fn an_account_that_wants_keys_enrolls_nobody_without_one() {
    let product = Product::start(&[]).await;
    let site = product.demo();
    site.admin.set(&json!({ "bound_devices_only": true })).await;
    let person = site.person("bound").await;
    let mut without = Wire::to(&site.origin);
    let code = without.ask(&site, &person.address).await.code();
    let confirmed = without.post(CONFIRM, &json!({ "code": code, "kind": "own" })).await;
    confirmed.problem(403, "device_key_required");
    Bound::enroll(&site, &person.address, 50).await;
}
