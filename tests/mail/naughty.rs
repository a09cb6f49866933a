//! Strings that have broken something somewhere, and such as would break out of a line of a dialogue or of a header, in everything
//! that reaches a mail: the account's name, where somebody asks from, the addresses of people, of the help desk and of the sender; and
//! in what could reach one by mistake, the browser's and the device's name. Mails that take an administrator's passkey, the announcement and the test, have the account's name in common with the others; the
//! rules' own tests try theirs.

use std::collections::BTreeMap;

use reqwest::Method;
use reqwest::header::HeaderValue;
use serde_json::{Value, json};
use tokio::task::{JoinSet, LocalSet};
use xtask::stack::{CF_HEADER, free_ports};

use crate::console;
use crate::letter::Letter;
use crate::server::{MailServer, Manner};
use crate::support::{Admin, Product, Wire, eventually};

/// So many at a time.
const AT_ONCE: usize = 8;

/// Each end of a line that somebody takes for one, before each thing that would be worth smuggling.
fn injections() -> Vec<String> {
    const ENDS: [&str; 10] =
        ["\r\n", "\n", "\r", "\r\n\r\n", "\r\n.\r\n", "\n.\n", "\u{85}", "\u{2028}", "\0\r\n", "%0d%0a"];
    const PAYLOADS: [&str; 11] = [
        "Bcc: eve@example.org",
        "Reply-To: eve@example.org",
        "MAIL FROM:<>",
        "RCPT TO:<eve@example.org>",
        "DATA",
        "QUIT",
        "Content-Type: text/html",
        "--boundary",
        ".",
        "=?utf-8?q?=0D=0ABcc:_eve=40example.org?=",
        "<script>alert(1)</script>",
    ];
    let each = |end: &&'static str| PAYLOADS.map(|payload| format!("a{end}{payload}{end}b"));
    ENDS.iter().flat_map(each).collect()
}

/// One account, whose name is one of the strings.
struct Place {
    base: String,
    origin: String,
    token: String,
    server: MailServer,
}

impl Place {
    fn wire(&self) -> Wire {
        Wire::behind(&self.base, &self.origin)
    }

    /// The string in every field; each is taken or refused, by words and not by a failure.
    async fn try_everywhere(self, number: usize, text: String) {
        let admin = Admin::behind(&self.base, &self.origin, &self.token);
        admin.set(&json!({ "authentication_enabled": true, "enrollments_per_network_hour": 100_000 })).await;
        admin.add_domain("example.com").await;
        let answered = async |what: &str, method: Method, path: &str, body: Value| {
            let answer = admin.call(method, path, Some(&body)).await;
            let expected =
                (200..300).contains(&answer.status) || [400, 409, 413, 422].contains(&answer.status);
            assert!(expected, "{what} {text:?}: {} {}", answer.status, answer.text());
            answer.status < 300
        };
        let [ada, alias] = ["ada", "alias"].map(|name| format!("{name}-{number}@example.com"));
        let body = json!({ "address": ada, "aliases": [alias] });
        assert!(answered("address", Method::POST, "/users", body).await);
        for field in ["help_address", "notification_postmaster_address"] {
            for value in
                [text.clone(), format!("{text}@example.com"), format!("postmaster@example.com{text}")]
            {
                answered(field, Method::PATCH, "/settings", json!({ field: value })).await;
            }
        }
        for address in [text.clone(), format!("{text}@example.com"), format!("a{text}@example.com")] {
            let body = json!({ "address": address, "aliases": [] });
            let exists = answered("address", Method::POST, "/users", body).await;
            let typed = self.wire().start(&address).await;
            assert!(
                [202, 400, 413, 422].contains(&typed.status),
                "{text:?}: {} {}",
                typed.status,
                typed.text()
            );
            assert!(!exists || typed.status == 202, "{text:?}: {}", typed.text());
        }

        let mut by_alias = self.wire();
        let mut wire = self.wire();
        for (wire, address) in [(&mut by_alias, &alias), (&mut wire, &ada)] {
            let start =
                wire.calling(Method::POST, "/api/v1/enrollments", Some(&json!({ "address": address })));
            let place = json!({ "city": text, "country": text }).to_string();
            let headers = [("User-Agent", text.clone()), (CF_HEADER, place)];
            let start =
                headers.into_iter().fold(start, |start, (name, value)| {
                    match HeaderValue::from_bytes(value.as_bytes()) {
                        Ok(value) if value.len() < 4_000 => start.header(name, value),
                        _ => start,
                    }
                });
            let started = wire.send(start).await;
            assert_eq!(started.status, 202, "{text:?}: {}", started.text());
        }
        Letter::read(&self.server.nth(&alias, 0).await);
        let letter = Letter::read(&self.server.nth(&ada, 0).await);
        let code = letter.code();
        let body = json!({ "code": code, "kind": "own", "name": text });
        let named = wire.post("/api/v1/enrollments/confirm", &body).await;
        assert!([200, 400, 413, 422].contains(&named.status), "{text:?}: {} {}", named.status, named.text());
        if named.status != 200 {
            let confirmed = wire.confirm(&code).await;
            assert_eq!(confirmed.status, 200, "{text:?}: {}", confirmed.text());
        }
        Letter::read(&self.server.nth(&ada, 1).await);
    }
}

#[tokio::test]
async fn five_hundred_naughty_strings_in_every_field_that_reaches_a_mail_stay_in_their_field() {
    let mut strings = console::strings();
    strings.extend(injections());
    assert!(strings.len() >= 500, "{}", strings.len());
    let server = MailServer::open(Manner::PLAIN);
    let [port] = free_ports().unwrap();
    let mut accounts: BTreeMap<String, Value> = ["localhost", "127.0.0.1"]
        .map(|host| format!("{host}:{port}"))
        .into_iter()
        .enumerate()
        .map(|(number, host)| account(host, &format!("own-{number}"), "Example", "http"))
        .collect();
    for (number, text) in strings.iter().enumerate() {
        let name = format!("account-{number}");
        accounts.extend([account(format!("{name}.example"), &name, text, "https")]);
    }
    let accounts = serde_json::to_string(&accounts).unwrap();
    let way = server.way();
    let vars = [("ACCOUNTS", accounts.as_str()), ("MAIL_OUT", way.as_str()), ("RESEND_AFTER_SECONDS", "0")];
    let product = Product::start_arranged(&vars, |options| options.port = port).await;

    let all = async {
        let mut under_way = JoinSet::new();
        for (number, text) in strings.iter().cloned().enumerate() {
            if under_way.len() == AT_ONCE {
                under_way.join_next().await.unwrap().unwrap();
            }
            let place = Place {
                base: format!("http://127.0.0.1:{port}"),
                origin: format!("https://account-{number}.example"),
                token: product.secrets().admin_api_token().to_owned(),
                server: server.clone(),
            };
            under_way.spawn_local(place.try_everywhere(number, text));
        }
        while let Some(ended) = under_way.join_next().await {
            ended.unwrap();
        }
    };
    LocalSet::new().run_until(all).await;

    // A mail is known before the farewell that follows it.
    let with_mail = eventually("every connection to have ended", async || {
        let with_mail: Vec<_> = server.told().into_iter().filter(|told| told.count("DATA") > 0).collect();
        with_mail.iter().all(|told| told.count("QUIT") > 0).then_some(with_mail)
    })
    .await;
    server.was_treated_well();
    let exactly_one = |verb: &str, told: &crate::server::Told| told.count(verb) == 1;
    let mut mails = 0;
    for told in with_mail {
        assert!(exactly_one("MAIL ", &told) && exactly_one("RCPT ", &told), "{:?}", told.commands());
        assert_eq!(told.commands().len(), 5, "{:?}", told.commands());
        mails += 1;
    }
    assert!(mails >= 3 * strings.len(), "{mails}");
    for mail in server.all_taken() {
        assert!(mail.to.ends_with("@example.com"), "{mail:?}");
        Letter::read(&mail);
    }
}

fn account(host: String, id: &str, name: &str, scheme: &str) -> (String, Value) {
    let origin = format!("{scheme}://{host}");
    (host, json!({ "account": id, "name": name, "origin": origin }))
}
