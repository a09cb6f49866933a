//! Mail by Cloudflare's own service (`mail_service.js` in its place): what it is given, and what becomes of what it says.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use xtask::stack::{Location, free_ports};

use crate::http_service::{HttpService, Reply};
use crate::support::{Kind, Product, Site, Wire, eventually, fresh_address};

/// What the service was given, and what it says to it.
struct Service {
    given: Arc<Mutex<Vec<Value>>>,
    says: Arc<Mutex<&'static str>>,
    http: HttpService,
}

const TAKEN: &str = r#"{"messageId":"1"}"#;

impl Service {
    fn open() -> Self {
        let given: Arc<Mutex<Vec<Value>>> = Arc::default();
        let says = Arc::new(Mutex::new(TAKEN));
        let (keeps, answers) = (Arc::clone(&given), Arc::clone(&says));
        let http = HttpService::start(move |received| {
            let reply = if received.target == "/never" {
                Reply::Never
            } else {
                keeps.lock().unwrap().push(serde_json::from_slice(&received.body).unwrap());
                Reply::With(200, answers.lock().unwrap().as_bytes().into())
            };
            async move { reply }
        });
        Self { given, says, http }
    }

    fn say(&self, words: &'static str) {
        *self.says.lock().unwrap() = words;
    }

    async fn given_to(&self, address: &str) -> Value {
        eventually(&format!("a mail to {address}"), async || {
            self.given.lock().unwrap().iter().find(|mail| mail["to"] == address).cloned()
        })
        .await
    }

    async fn product(&self) -> Product {
        // Longer than an attempt may last before mail as a whole shows as not working.
        let vars = [
            ("MAIL_OUT", "cloudflare:"),
            ("MAIL_STEP_SECONDS", "4"),
            ("RESEND_AFTER_SECONDS", "0"),
            ("MAIL_RETRY_SECONDS", "1"),
        ];
        let port = self.http.port;
        Product::start_arranged(&vars, |options| options.mail_service = Some(port)).await
    }
}

async fn somebody(site: &Site) -> String {
    let address = fresh_address("anna");
    site.admin.add_user(&address, &[]).await;
    address
}

#[tokio::test]
async fn the_service_is_given_the_parts_of_a_mail_and_nothing_that_it_makes_itself() {
    let service = Service::open();
    let product = service.product().await;
    let site = product.demo();
    let address = somebody(&site).await;
    let mut wire = Wire::to(&site.origin);
    assert_eq!(wire.start(&address).await.status, 202);
    let mail = service.given_to(&address).await;
    assert_eq!(mail["from"]["name"], "Demo Company");
    assert!(mail["from"]["email"].as_str().unwrap().contains('@'), "{mail}");
    let text = mail["text"].as_str().unwrap();
    let is_code = |word: &&str| word.len() == 8 && word.bytes().all(|byte| byte.is_ascii_digit());
    let code = text.split_whitespace().find(is_code).unwrap();
    assert!(mail["subject"].as_str().unwrap().contains(code), "{mail}");
    assert!(mail["html"].as_str().unwrap().contains(code), "{mail}");
    let headers = mail["headers"].as_object().unwrap();
    assert_eq!(headers["Auto-Submitted"], "auto-generated");
    // What the service makes itself, or refuses.
    for name in headers.keys() {
        let lower = name.to_ascii_lowercase();
        let allowed = lower.starts_with("x-") || ["auto-submitted", "content-language"].contains(&&*lower);
        assert!(allowed, "{name}");
    }
    assert_eq!(wire.confirm_as(Kind::Own, code).await.status, 200);
}

#[tokio::test]
async fn what_the_service_says_is_told_to_administrators_and_no_stranger_learns_of_an_address_by_it() {
    let service = Service::open();
    let product = service.product().await;
    let site = product.demo();
    for (words, state, cause) in [
        ("throw E_SENDER_NOT_VERIFIED this domain is not yours", "queued", "sender_refused"),
        (TAKEN, "sent", ""),
        ("lose", "queued", "hung_up"),
        ("throw E_RECIPIENT_SUPPRESSED it has bounced", "refused", "recipient_refused"),
        ("throw E_DAILY_LIMIT_EXCEEDED enough for today", "queued", "postponed"),
        ("hang", "queued", "timed_out"),
    ] {
        service.say(words);
        let person = site.person("anna").await;
        let mut wire = Wire::to(&site.origin);
        assert_eq!(wire.start(&person.address).await.status, 202);
        let message = eventually(&format!("what became of {words:?}"), async || {
            // Without a mail nothing can be found out this way: for an address that nobody has it would be the same.
            assert_eq!(wire.get("/api/v1/enrollments/mail").await.json()["mail_working"], true, "{words}");
            let found = site.admin.get(&format!("/mail/messages?user={}", person.id)).await;
            let message = found["messages"][0].clone();
            (message["state"] == state && message["tries"].as_u64() > Some(0)).then_some(message)
        })
        .await;
        assert_eq!(message["trouble"]["cause"].as_str().unwrap_or_default(), cause, "{message}");
        assert_eq!(message["perhaps_twice"], ["hung_up", "timed_out"].contains(&cause), "{message}");
        let refused = &site.admin.get("/mail").await["sender_refused"];
        assert_eq!(refused["reply"] == "E_SENDER_NOT_VERIFIED", cause == "sender_refused", "{refused}");
        assert_eq!(wire.get("/api/v1/enrollments/mail").await.json()["mail_working"], true, "{words}");
    }
}

#[tokio::test]
async fn mail_that_administrators_cause_tells_whether_the_service_works() {
    let service = Service::open();
    let product = service.product().await;
    let site = product.demo();
    site.admin.set(&json!({ "revocation_notices": true })).await;
    let mut asks = Wire::to(&site.origin);
    assert_eq!(asks.start(&fresh_address("nobody")).await.status, 202);
    for (words, works) in
        [("throw E_SENDER_NOT_VERIFIED", false), (TAKEN, true), ("throw E_DAILY_LIMIT_EXCEEDED", false)]
    {
        service.say(TAKEN);
        let person = site.person("anna").await;
        let mut wire = Wire::to(&site.origin);
        assert_eq!(wire.start(&person.address).await.status, 202);
        let mail = service.given_to(&person.address).await;
        let code = mail["subject"].as_str().unwrap().split(' ').next().unwrap().to_owned();
        assert_eq!(wire.confirm_as(Kind::Own, &code).await.status, 200);
        service.say(words);
        site.admin.revoke(&json!({ "users": [person.id] })).await;
        eventually(&format!("mail_working to be {works}"), async || {
            let standing = asks.get("/api/v1/enrollments/mail").await.json();
            (standing["mail_working"] == works).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn where_the_binding_is_missing_nothing_is_answered_as_if_mail_could_go_out() {
    let [nowhere] = free_ports().unwrap();
    let vars = [("MAIL_OUT".to_owned(), "cloudflare:".to_owned())].into();
    let product = Product::arranged(&[], |options| {
        options.locations = vec![Location { kv_port: nowhere, vars, faulty_accounts: None }];
    });
    let there = format!("http://127.0.0.1:{}", product.stack.location(0).unwrap());
    let answer = Wire::behind(&there, &product.stack.origin()).get("/api/v1/enrollments/mail").await;
    answer.problem(500, "internal");
    let log = std::fs::read_to_string(product.stack.state_dir().join("workerd.log")).unwrap();
    assert!(log.contains("configuration: MAIL is missing or wrong"), "{log}");
}
