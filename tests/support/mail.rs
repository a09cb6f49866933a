//! Everybody's mailbox: the mail catcher's API.

use reqwest::Client;
use serde_json::Value;

use super::{eventually, wire};

/// All mail that was sent.
#[derive(Debug, Clone)]
pub(crate) struct MailCatcher {
    client: Client,
    list: String,
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
        Self { client: wire::client(), list: format!("{origin}/api/email") }
    }

    /// All mail to this address so far, the oldest first.
    pub(crate) async fn to(&self, address: &str) -> Vec<Mail> {
        let all: Vec<Value> = self.client.get(&self.list).send().await.unwrap().json().await.unwrap();
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

    /// Waits for the mail that comes after `before` others.
    pub(crate) async fn nth(&self, address: &str, before: usize) -> Mail {
        eventually(&format!("mail number {} to {address}", before + 1), async || {
            self.to(address).await.get(before).cloned()
        })
        .await
    }
}

impl Mail {
    /// The 8 digits, as a person finds them.
    pub(crate) fn code(&self) -> String {
        let mut words = self.text.split_whitespace();
        let is_code = |word: &&str| word.len() == 8 && word.bytes().all(|byte| byte.is_ascii_digit());
        words.find(is_code).unwrap_or_else(|| panic!("no code in {self:?}")).to_owned()
    }
}
