//! What to tell people before authentication is switched on.

use reqwest::Method;
use serde_json::json;

use crate::console::Desk;
use crate::support::Product;

#[tokio::test]
async fn the_announcement_has_the_accounts_own_values_in_both_languages() {
    let product = Product::start(&[]).await;
    let site = product.demo();
    let settings = json!({ "authentication_duration_days": 47, "help_address": "help.desk@example.com" });
    site.admin.set(&settings).await;
    let mut subjects = vec![];
    for language in ["en", "de"] {
        let told = site.admin.get(&format!("/announcement?language={language}")).await;
        assert_eq!(told["language"], language);
        for form in ["text", "html"] {
            let words = told[form].as_str().unwrap();
            for value in ["Demo Company", "help.desk@example.com", "47", site.origin.as_str()] {
                assert!(words.contains(value), "{language} {form} without {value}: {words}");
            }
            assert!(!words.contains(['{', '}']) || form == "html", "{words}");
            assert!(!words.contains("{{"), "{words}");
        }
        assert!(!told["text"].as_str().unwrap().contains('<'), "{told}");
        assert!(told["html"].as_str().unwrap().contains(&format!("lang=\"{language}\"")), "{told}");
        subjects.push(told["subject"].as_str().unwrap().to_owned());
    }
    assert_ne!(subjects[0], subjects[1]);
    site.admin.set(&json!({ "help_address": null })).await;
    let told = site.admin.get("/announcement?language=en").await;
    for form in ["text", "html"] {
        assert!(!told[form].as_str().unwrap().contains("null"), "{told}");
        assert!(!told[form].as_str().unwrap().contains("help.desk"), "{told}");
    }
    for wrong in ["", "?language=", "?language=fr", "?language=EN%00"] {
        let answer = site.admin.call(Method::GET, &format!("/announcement{wrong}"), None).await;
        assert_eq!(answer.problem(400, "body_invalid")["field"], "language", "{wrong}");
    }
}

#[tokio::test]
async fn a_test_goes_to_whoever_asks_for_it_and_to_nobody_else() {
    let product = Product::shared().await;
    let site = product.demo();
    let mut desk = Desk::open(product, &site).await;
    for (number, language) in ["en", "de"].into_iter().enumerate() {
        let told = site.admin.get(&format!("/announcement?language={language}")).await;
        let sent = desk.post("/announcement/test", &json!({ "language": language }), 202).await;
        assert_eq!(sent["sent_to"], desk.address.as_str());
        let mail = site.mail.nth(&desk.address, number).await;
        assert!(mail.subject.contains(told["subject"].as_str().unwrap()), "{mail:?}");
        assert!(!mail.from.is_empty() && mail.html.contains("Demo Company"), "{mail:?}");
        assert!(mail.text.contains("Demo Company"), "{mail:?}");
    }
    for wrong in [json!({ "language": "fr" }), json!({}), json!({ "language": "en", "to": "a@example.com" })]
    {
        desk.call(Method::POST, "/announcement/test", Some(&wrong)).await.problem(400, "body_invalid");
    }
}
