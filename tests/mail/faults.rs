//! Whatever the mail server does: everybody gets the same answer at once, people are told when mail as a whole is in trouble,
//! administrators see where and why, and once the server heals the mail arrives, and is lost or doubled by nothing but a server
//! that took it without a word.

mod ended;
mod outlived;
mod refusals;
mod steps;
mod table;

use std::time::Duration;

use serde_json::{Value, json};

use self::table::{Row, Table};
use crate::letter::Letter;
use crate::post::Post;
use crate::server::{Act, Step, now};
use crate::support::product::{Person, fresh_address};
use crate::support::{Answer, Wire, eventually};

/// Something that goes wrong at the server and can be tried again, and what is documented of it.
#[derive(Debug, Clone)]
pub(crate) struct Fault {
    pub(crate) name: &'static str,
    /// Where the server does it.
    pub(crate) at: Step,
    pub(crate) act: Act,
    pub(crate) cause: &'static str,
}

impl Fault {
    /// Where it is seen to be.
    fn step(&self) -> &'static str {
        match self.at {
            // The server that hides it is asked by EHLO.
            Step::Ehlo if self.cause == "no_start_tls" => "start_tls",
            Step::Tls => "tls",
            Step::Greeting => "greeting",
            Step::Ehlo | Step::SecureEhlo => "ehlo",
            Step::StartTls => "start_tls",
            Step::Auth => "auth",
            Step::Mail => "mail",
            Step::Rcpt => "rcpt",
            Step::Data => "data",
            Step::Message | Step::Quit => "message",
        }
    }

    /// Whether all mail fails by it.
    fn is_of_whole(&self) -> bool {
        !matches!(self.at, Step::Rcpt | Step::Data | Step::Message)
    }

    /// Whether the server may have the mail already.
    fn is_unsure(&self) -> bool {
        self.at == Step::Message && matches!(self.cause, "hung_up" | "timed_out" | "too_long" | "not_smtp")
    }
}

/// What everybody may know of the answer: all but whether mail as a whole works, which others may have found out in between.
fn told(answer: &Answer) -> (u16, Vec<(String, String)>, Value) {
    let (status, mut headers, body) = answer.comparable();
    headers.retain(|(name, _)| name != "content-length");
    let mut body: Value = serde_json::from_str(&body).unwrap();
    body["mail_working"] = json!(null);
    (status, headers, body)
}

impl Post {
    /// What everybody may know of mail as a whole, for a page that waits for a code.
    async fn works_for(&self, wire: &mut Wire, wanted: bool) {
        eventually(&format!("mail_working to be {wanted}"), async || {
            let answer = wire.get("/api/v1/enrollments/mail").await;
            assert_eq!(answer.status, 200, "{}", answer.text());
            (answer.json() == json!({ "mail_working": wanted })).then_some(())
        })
        .await;
    }

    /// Waits until an administrator sees of this person's newest mail that it waits after this went wrong.
    async fn waits(&self, person: &Person, step: &str, cause: &str) -> Value {
        let message = self
            .message(person, &format!("waiting after {cause} at {step}"), |message| {
                message["trouble"]["step"] == step && message["trouble"]["cause"] == cause
            })
            .await;
        assert!(["queued", "sending"].contains(&message["state"].as_str().unwrap()), "{message}");
        assert!(message["tries"].as_u64() >= Some(1) && message["next_at"].is_string(), "{message}");
        message
    }

    /// Everything of one fault that heals; `begins` makes it, and what it is seen as is given.
    async fn goes_through(
        &self,
        name: &str,
        [step, cause]: [&str; 2],
        is_of_whole: bool,
        copies: usize,
        begins: impl AsyncFnOnce(),
    ) -> Row {
        let ada = self.site.person("ada").await;
        begins().await;
        let begun = now();
        let (mut wire, answer) = self.ask(&ada).await;
        let answered = begun.elapsed();
        let mut known = None;
        if is_of_whole {
            self.works_for(&mut wire, false).await;
            known = Some(begun.elapsed());
        }
        let strangers = Wire::to(&self.site.origin).start(&fresh_address("stranger")).await;
        assert_eq!(told(&strangers), told(&answer), "{name}: a stranger learns something");
        let message = self.waits(&ada, step, cause).await;
        let seen = begun.elapsed();
        assert_eq!(message["kind"], "code");

        self.server.heal().await;
        let healed = now();
        self.message(&ada, "sent", |message| message["state"] == "sent").await;
        let arrived = healed.elapsed();
        self.works_for(&mut wire, true).await;
        let mails = self.server.taken(&ada.address);
        assert_eq!(mails.len(), copies, "{name}: so many mails");
        let letters: Vec<_> = mails.iter().map(Letter::read).collect();
        let message = &self.messages(&ada).await[0];
        for letter in &letters {
            assert_eq!(
                message["message_id"].as_str().unwrap().trim_matches(['<', '>']),
                letter.message_id,
                "{name}"
            );
            assert_eq!(letter.code(), letters[0].code(), "{name}");
        }
        let is_unsure =
            step == "message" && ["hung_up", "timed_out", "too_long", "not_smtp"].contains(&cause);
        assert_eq!(message["perhaps_twice"], is_unsure, "{name}: {message}");
        let confirmed = wire.confirm(&letters[0].code()).await;
        assert_eq!(confirmed.status, 200, "{name}: {}", confirmed.text());
        // The notice of the new device, so that the next fault meets no mail but its own.
        self.server.nth(&ada.address, copies).await;
        Row { name: name.to_owned(), answered, known, seen, arrived }
    }

    /// The same for something that the server does.
    async fn survives(&self, fault: &Fault) -> Row {
        let takes_once = fault.act.takes() && fault.is_unsure();
        self.goes_through(
            &format!("{} at {}", fault.name, fault.step()),
            [fault.step(), fault.cause],
            fault.is_of_whole(),
            if takes_once { 2 } else { 1 },
            async || self.server.fault(fault.at, fault.act.clone()),
        )
        .await
    }
}

/// All of them against one server, and how long each took.
async fn survives_all(post: &Post, title: &str, faults: &[Fault]) {
    let mut table = Table::new(title);
    for fault in faults {
        table.row(&post.survives(fault).await);
    }
    post.server.was_treated_well();
    table.close();
}

/// What a person may have to wait.
const PROMISE: Duration = Duration::from_secs(3);
