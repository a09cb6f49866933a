//! Everybody's mailbox: the mail catcher's API, or what a sink has kept.

use reqwest::Client;
use serde_json::Value;

use super::{MailSink, eventually, wire};

/// All mail that was sent.
#[derive(Debug, Clone)]
pub(crate) struct MailCatcher(Kept);

#[derive(Debug, Clone)]
enum Kept {
    /// By the mail catcher, beside the product.
    Catcher { client: Client, list: String },
    /// By this process.
    Sink(MailSink),
}

/// One mail.
#[derive(Debug, Clone)]
pub(crate) struct Mail {
    pub(crate) from: String,
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
}

impl MailCatcher {
    pub(crate) fn at(origin: &str) -> Self {
        Self(Kept::Catcher { client: wire::client(), list: format!("{origin}/api/email") })
    }

    /// Of a product whose `MAIL_OUT` is this sink's.
    pub(crate) fn of(sink: &MailSink) -> Self {
        Self(Kept::Sink(sink.clone()))
    }

    /// All mail to this address so far that somebody asked for, the oldest first.
    pub(crate) async fn to(&self, address: &str) -> Vec<Mail> {
        self.all_to(address).await.into_iter().filter(|mail| !mail.is_news()).collect()
    }

    /// What this address was told so far without having asked, the oldest first.
    pub(crate) async fn news_to(&self, address: &str) -> Vec<Mail> {
        self.all_to(address).await.into_iter().filter(Mail::is_news).collect()
    }

    async fn all_to(&self, address: &str) -> Vec<Mail> {
        let (client, list) = match &self.0 {
            Kept::Catcher { client, list } => (client, list),
            Kept::Sink(sink) => return sink.to(address),
        };
        let all: Vec<Value> = client.get(list).send().await.unwrap().json().await.unwrap();
        let is_to =
            |mail: &&Value| mail["to"].as_array().into_iter().flatten().any(|to| to["address"] == address);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mails = all.iter().filter(is_to).map(|mail| Mail {
            from: text(&mail["from"][0]["address"]),
            subject: text(&mail["subject"]),
            text: text(&mail["text"]),
            html: text(&mail["html"]),
        });
        mails.collect()
    }

    /// Waits for the mail that comes after `before` others of those somebody asked for.
    pub(crate) async fn nth(&self, address: &str, before: usize) -> Mail {
        if let Kept::Sink(sink) = &self.0 {
            return sink.nth(address, before).await;
        }
        eventually(&format!("mail number {} to {address}", before + 1), async || {
            self.to(address).await.get(before).cloned()
        })
        .await
    }
}

impl Mail {
    /// Whether it tells of a browser that was enrolled, or of tries that are spent: nobody asked for it, and it comes in its own time.
    pub(crate) fn is_news(&self) -> bool {
        self.text.contains("/not-me/") || self.subject.starts_with("Too many wrong codes")
    }

    /// The 8 digits, as a person finds them.
    pub(crate) fn code(&self) -> String {
        let mut words = self.text.split_whitespace();
        let is_code = |word: &&str| word.len() == 8 && word.bytes().all(|byte| byte.is_ascii_digit());
        words.find(is_code).unwrap_or_else(|| panic!("no code in {self:?}")).to_owned()
    }
}
