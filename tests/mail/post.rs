//! A product whose mail goes to a server of the tests', and what its people and administrators see of it.

use std::cell::RefCell;
use std::time::Duration;

use serde_json::Value;

use crate::authority;
use crate::letter::Letter;
use crate::server::{MailServer, Manner};
use crate::support::product::Person;
use crate::support::{Answer, Product, Site, Wire, eventually};

/// How long a mail may take to be as wanted: less than what is waited for anything, so that what it is instead can be said.
const LIMIT: Duration = Duration::from_secs(19);

/// Both, and nothing else in the way.
pub(crate) struct Post {
    pub(crate) server: MailServer,
    pub(crate) product: Product,
    pub(crate) site: Site,
}

impl Post {
    /// A step may take a second, and so does the first pause between two attempts.
    pub(crate) async fn open(manner: Manner) -> Self {
        Self::open_with(manner, &[]).await
    }

    pub(crate) async fn open_with(manner: Manner, vars: &[(&str, &str)]) -> Self {
        let server = MailServer::open(manner);
        let way = server.way();
        let mut all = vec![
            ("MAIL_OUT", way.as_str()),
            ("MAIL_STEP_SECONDS", "1"),
            ("MAIL_RETRY_SECONDS", "1"),
            ("RESEND_AFTER_SECONDS", "0"),
        ];
        if let Some((user, password)) = manner.credentials {
            all.extend([("SMTP_USER", user), ("SMTP_PASSWORD", password)]);
        }
        all.extend(vars);
        let trusted = vec![authority::trusted()];
        let product = Product::start_arranged(&all, |options| options.trusted_certificates = trusted).await;
        let site = product.demo();
        Self { server, product, site }
    }

    /// Asks for a code; the answer is the one everybody gets.
    pub(crate) async fn ask(&self, person: &Person) -> (Wire, Answer) {
        let mut wire = Wire::to(&self.site.origin);
        let answer = wire.start(&person.address).await;
        assert_eq!(answer.status, 202, "{}", answer.text());
        (wire, answer)
    }

    /// The mail that came to the person after `before` others, by now at the latest.
    pub(crate) async fn letter(&self, person: &Person, before: usize) -> Letter {
        Letter::read(&self.server.nth(&person.address, before).await)
    }

    /// What administrators see of mails to this person, the newest first.
    pub(crate) async fn messages(&self, person: &Person) -> Vec<Value> {
        let path = format!("/mail/messages?user={}", person.id);
        self.site.admin.get(&path).await["messages"].as_array().unwrap().clone()
    }

    /// Waits until the newest mail to this person is as wanted.
    pub(crate) async fn message(
        &self,
        person: &Person,
        what: &str,
        wanted: impl Fn(&Value) -> bool,
    ) -> Value {
        let last = RefCell::new(vec![]);
        let look = async || {
            let messages = self.messages(person).await;
            let found = messages.first().filter(|message| wanted(message)).cloned();
            last.replace(messages);
            found
        };
        let what = format!("the mail to {} to be {what}", person.address);
        tokio::select! {
            found = eventually(&what, look) => found,
            () = tokio::time::sleep(LIMIT) => panic!("not within {LIMIT:?}: {what}, but {:?}", last.borrow()),
        }
    }
}
