//! Each mail in each language, as a mail program shows its HTML: on a phone and on a screen, by day and by night.

use std::fs;

use reqwest::Method;
use serde_json::json;
use xtask::checkout::Checkout;

use crate::console::{Desk, assert_accessible};
use crate::letter::Letter;
use crate::post::Post;
use crate::server::Manner;
use crate::support::folder::Folder;
use crate::support::{Browser, Wire, fresh_address};

const WIDTHS: [u32; 2] = [390, 1_280];
const LIGHTS: [&str; 2] = ["light", "dark"];
/// What a page would ask the network for.
const LOADS: [&str; 7] = ["src=", "srcset=", "url(", "<link", "<script", "@import", "<img"];

/// One of each kind.
async fn each_kind(post: &Post, language: &str) -> Vec<(&'static str, Letter)> {
    let (site, alias) = (&post.site, fresh_address("alias"));
    let ada = fresh_address("ada");
    let user = site.admin.add_user(&ada, &[&alias]).await;
    let path = |path: &str| format!("/api/v1/{path}?lang={language}");
    let read = async |address: &str, before: usize| Letter::read(&post.server.nth(address, before).await);
    let mut letters = vec![];

    let mut wire = Wire::to(&site.origin);
    assert_eq!(wire.post(&path("enrollments"), &json!({ "address": alias })).await.status, 202);
    letters.push(("alias_used", read(&alias, 0).await));

    assert_eq!(wire.post(&path("enrollments"), &json!({ "address": ada })).await.status, 202);
    let code = read(&ada, 0).await;
    let body = json!({ "code": code.code(), "kind": "own" });
    letters.push(("code", code));
    let confirmed = wire.post(&path("enrollments/confirm"), &body).await;
    assert_eq!(confirmed.status, 200, "{}", confirmed.text());
    letters.push(("new_device", read(&ada, 1).await));
    let asked = wire.post(&path("devices/code"), &json!({})).await;
    assert_eq!(asked.status, 202, "{}", asked.text());
    letters.push(("change_code", read(&ada, 2).await));

    site.admin.set(&json!({ "revocation_notices": true })).await;
    site.admin.revoke_user(&user).await;
    letters.push(("revoked", read(&ada, 3).await));

    let eve = fresh_address("eve");
    site.admin.add_user(&eve, &[]).await;
    let mut wire = Wire::to(&site.origin);
    assert_eq!(wire.post(&path("enrollments"), &json!({ "address": eve })).await.status, 202);
    let code: u32 = read(&eve, 0).await.code().parse().unwrap();
    for wrong in 1..=5 {
        let wrong = format!("{:08}", (code + wrong) % 100_000_000);
        let refused = wire.post(&path("enrollments/confirm"), &json!({ "code": wrong, "kind": "own" })).await;
        assert!([410, 422].contains(&refused.status), "{}", refused.text());
    }
    letters.push(("wrong_codes", read(&eve, 1).await));

    let mut desk = Desk::open(&post.product, site).await;
    let tested = desk.call(Method::POST, "/mail/test", Some(&json!({ "language": language }))).await;
    assert_eq!(tested.status, 200, "{}", tested.text());
    let tested = tested.json();
    assert_eq!((&tested["fate"], &tested["sent_to"]), (&json!("accepted"), &json!(desk.address)), "{tested}");
    let dialogue = tested["dialogue"].to_string();
    assert!(dialogue.contains("RCPT TO:") && !dialogue.contains("Subject:"), "{dialogue}");
    letters.push(("test", read(&desk.address, 0).await));
    letters
}

#[tokio::test]
async fn each_mail_is_read_on_a_phone_and_on_a_screen_by_day_and_by_night_and_asks_nobody_for_anything() {
    let post = Post::open(Manner::PLAIN).await;
    let browser = Browser::open().await;
    let folder = Folder::new("mails");
    // For people to look at.
    let pictures = Checkout::find().unwrap().scratch().join("mails");
    fs::create_dir_all(&pictures).unwrap();
    for language in ["en", "de"] {
        for (kind, letter) in each_kind(&post, language).await {
            let what = format!("{kind}.{language}");
            assert!(letter.html.contains(&format!("lang=\"{language}\"")), "{what}: {}", letter.html);
            for loads in LOADS {
                assert!(!letter.html.contains(loads), "{what}: {loads} in {}", letter.html);
            }
            let file = folder.path().join(format!("{what}.html"));
            fs::write(&file, &letter.html).unwrap();
            for width in WIDTHS {
                let metrics =
                    json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500 });
                browser.devtools("Emulation.setDeviceMetricsOverride", metrics).await;
                browser.goto(&format!("file://{}", file.display())).await;
                let fits =
                    "const root = document.documentElement; return [root.scrollWidth, root.clientWidth];";
                let widths = browser.script(fits).await;
                assert_eq!(widths, json!([width, width]), "{what}: somebody has to scroll sideways");
                let asked = browser.script("return performance.getEntriesByType('resource').length;").await;
                assert_eq!(asked, json!(0), "{what} asks the network");
                // Landmarks and headings are the mail program's: WCAG 2.2 AA alone.
                let rules = r#"{ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }"#;
                browser.script(&format!("window.rules = {rules};")).await;
                assert_accessible(&browser, &format!("{what}, {width} px")).await;
                for light in LIGHTS {
                    let feature = json!({ "name": "prefers-color-scheme", "value": light });
                    browser.devtools("Emulation.setEmulatedMedia", json!({ "features": [feature] })).await;
                    let picture = pictures.join(format!("{what}.{width}.{light}.png"));
                    fs::write(picture, browser.picture().await).unwrap();
                }
            }
        }
    }
    post.server.was_treated_well();
}
