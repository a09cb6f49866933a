//! Ten thousand devices of one person: walked through, counted and revoked.

use std::collections::BTreeSet;

use serde_json::json;

use crate::support::records::rewrite;
use crate::support::{Kind, Product, Wire, eventually};

/// Nobody is sent enough codes in a day to enroll so many, so the record of one is copied. Ids are 22 characters of base64url.
const COPY: &str = "
    WITH RECURSIVE copies (number) AS (VALUES (1) UNION ALL SELECT number + 1 FROM copies WHERE number < 9999)
    INSERT INTO devices SELECT substr(hex(randomblob(11)), 1, 21) || 'A', user, name, browser, device_key, session,
        auth_time, last_used_at, expires_at, revoked FROM devices, copies;
";

#[tokio::test]
async fn ten_thousand_devices_of_one_person_are_listed_counted_and_revoked() {
    let mut product = Product::start(&[]).await;
    let site = product.demo();
    let ada = site.person("collector").await;
    let mut phone = Wire::to(&site.origin);
    phone.enroll(&site, &ada.address, Kind::Own).await;
    product.while_stopped(|state| rewrite(state, COPY));
    // The connections of before are broken.
    let site = product.demo();
    let jar = phone.jar;
    let mut phone = Wire::to(&site.origin);
    phone.jar = jar;

    assert_eq!(site.admin.user(&ada.id).await["devices"], 10_000);
    let (mut found, mut after) = (BTreeSet::new(), String::new());
    loop {
        let page = site.admin.get(&format!("/users/{}/devices?limit=200{after}", ada.id)).await;
        for device in page["devices"].as_array().unwrap() {
            assert!(found.insert(device["id"].as_str().unwrap().to_owned()), "twice: {device}");
        }
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(found.len(), 10_000);
    let shorter = json!({ "private_windows": "refuse", "bound_devices_only": true, "dry_run": true });
    let dry = site.admin.set(&shorter).await;
    let keyless = dry["warnings"].as_array().unwrap().iter().find(|one| one["code"] == "keyless_refused");
    assert_eq!(keyless.unwrap()["devices"], 10_000, "{dry}");
    assert_eq!(site.admin.revoke_user(&ada.id).await, 10_000);
    assert_eq!(site.admin.user(&ada.id).await["devices"], 0);
    eventually("the phone to be out", async || {
        (phone.get("/api/v1/device").await.status == 401).then_some(())
    })
    .await;
}
