//! What was acknowledged survives the end of the server, however it comes.

use crate::support::{Arrival, Browser, Kind, Product, Wire};

#[tokio::test]
async fn a_server_that_is_killed_forgets_no_device_and_no_code_under_way() {
    let mut product = Product::start(&[("RESEND_AFTER_SECONDS", "0")]).await;
    let site = product.demo();
    let (ada, bob) = (site.person("ada").await, site.person("bob").await);
    let arrival = Arrival::open();
    let (link, link_id) = site.admin.link_with_id(&arrival.url, &ada.address).await;
    let browser = Browser::open().await;
    browser.goto(&link).await;
    browser.enroll(&site, &ada.address, Kind::Own, &arrival.url).await;
    site.admin.recorded(&link_id, 1).await;
    let mut enrolling = Wire::to(&site.origin);
    let code = enrolling.ask(&site, &bob.address).await.code();
    enrolling.confirm("00000000").await.problem(422, "code_wrong");
    let mut revoked = Wire::to(&site.origin);
    revoked.enroll(&site, &bob.address, Kind::Own).await;
    let device = site.admin.devices(&bob.id).await[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(site.admin.revoke_device(&device).await, 1);

    product.crash_and_restart();

    browser.goto(&link).await;
    assert_eq!(browser.url().await, arrival.url);
    site.admin.recorded(&link_id, 2).await;
    assert_eq!(revoked.click(&link).await.status, 303);
    assert!(revoked.click(&link).await.location().unwrap().contains("/enroll?"));
    // The count of tries went on where it was.
    assert_eq!(enrolling.confirm("00000000").await.problem(422, "code_wrong")["attempts_left"], 3);
    assert_eq!(enrolling.confirm(&code).await.status, 200);
    enrolling.click(&link).await.leads_to(&arrival.url);
    let actions = site.admin.audit().await;
    assert!(actions.iter().any(|event| event["action"] == "device.revoked"));
}
