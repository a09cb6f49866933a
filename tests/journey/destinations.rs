//! Where a person goes on after enrolling: back to this origin, and nowhere else.

use serde_json::json;

use crate::support::{Browser, Kind, Product, Wire};

/// Texts that some browser or some parser takes for another site.
const ELSEWHERE: [&str; 16] = [
    "https://evil.example",
    "https://evil.example/s/x",
    "http:evil.example",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/.//evil.example",
    "/..//evil.example",
    "/%2e//evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    " //evil.example",
    "javascript:alert(1)",
    "data:text/html,x",
    "@evil.example",
];

#[tokio::test]
async fn nothing_that_leads_elsewhere_is_taken_as_a_way_on() {
    let site = Product::shared().await.demo();
    let person = site.person("redirected").await;
    for to in ELSEWHERE {
        let refused = Wire::to(&site.origin).start_for(&person.address, to).await;
        refused.problem(422, "to_invalid");
        assert_eq!(refused.set_cookie("__Host-ticket"), None, "{to:?}");
    }
    assert!(site.mail.to(&person.address).await.is_empty());
    // What stays here is kept, as a browser would read it.
    for (to, expected) in [("/", "/"), ("/devices?a=b", "/devices?a=b"), ("/a/../enroll", "/enroll")] {
        let person = site.person("kept").await;
        let mut browser = Wire::to(&site.origin);
        assert_eq!(browser.start_for(&person.address, to).await.status, 202, "{to}");
        let code = site.mail.nth(&person.address, 0).await.code();
        assert_eq!(browser.confirm(&code).await.json()["to"], json!(expected));
    }
}

#[tokio::test]
async fn the_page_offers_no_way_off_this_origin_whatever_its_address_says() {
    let site = Product::shared().await.demo();
    let person = site.person("lured").await;
    let browser = Browser::open().await;
    let leaving = "return [...document.links].map((link) => link.href).filter((to) => !to.startsWith(location.origin + '/'));";
    for to in ELSEWHERE {
        let encoded = to.bytes().fold(String::new(), |encoded, byte| format!("{encoded}%{byte:02x}"));
        for query in [format!("to={encoded}"), format!("finding=cookie-dropped&to={encoded}")] {
            browser.goto(&format!("{}/enroll?{query}", site.origin)).await;
            let step = if query.starts_with("to") { "#step-address" } else { "#step-cookies" };
            browser.see(step).await;
            assert_eq!(browser.script(leaving).await, json!([]), "{query}");
        }
    }
    // To the end of one of them: refused in words, and the way out is to this site's start.
    browser.goto(&format!("{}/enroll?to=//evil.example", site.origin)).await;
    browser.write("#address", &person.address).await;
    browser.press("#address-form button").await;
    browser.see("#error [data-code=to_invalid]").await;
    browser.reads("The address you were to be sent on to is not one of this site.").await;
    browser.press("#error [data-action=without-to]").await;
    browser.see("#code-form").await;
    let code = site.mail.nth(&person.address, 0).await.code();
    browser.confirm(Kind::Own, &code).await;
    browser.is_at(&format!("{}/", site.origin)).await;
    browser.complained_only_of(&[422]).await;
}
