//! The user name and password for a mail server, and how SMTP says them (RFC 4954).

use std::fmt;

use base64ct::{Base64, Encoding};

use super::way::{Security, Way};

/// The longest of either. SASL PLAIN (RFC 4616) lets a server stop at 255 bytes; tokens used as passwords are longer.
const MAX_LENGTH: usize = 4_096;

/// Why a deployment's user name or password cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unusable {
    /// The user name: without a password, not for this way out, or not one.
    User,
    /// The password: without a user name, or not one.
    Password,
}

/// A user name and a password. They do not print.
#[derive(Clone)]
pub struct Credentials {
    user: String,
    password: String,
}

impl Credentials {
    /// None where one of them is empty, longer than any server would take, or has a control character: the protocol
    /// tells them apart by one.
    #[must_use]
    pub fn new(user: String, password: String) -> Option<Self> {
        let fits =
            |text: &str| !text.is_empty() && text.len() <= MAX_LENGTH && !text.chars().any(char::is_control);
        (fits(&user) && fits(&password)).then_some(Self { user, password })
    }

    /// What a deployment has chosen for its way out: both or neither, and neither where they would be said to anybody who
    /// listens, or to nobody.
    ///
    /// # Errors
    /// Which of the two is to be looked at.
    pub fn for_way(
        way: &Way,
        user: Option<String>,
        password: Option<String>,
    ) -> Result<Option<Self>, Unusable> {
        let (user, password) = match (user, password) {
            (None, None) => return Ok(None),
            (Some(_), None) => return Err(Unusable::Password),
            (None, Some(_)) => return Err(Unusable::User),
            (Some(user), Some(password)) => (user, password),
        };
        let protected = matches!(way, Way::Smtp(server) if server.security() != Security::Loopback);
        if !protected {
            return Err(Unusable::User);
        }
        Self::new(user, password).map(Some).ok_or(Unusable::Password)
    }

    /// For `AUTH PLAIN` (RFC 4616): nobody else is acted for.
    pub(super) fn plain(&self) -> String {
        Base64::encode_string(format!("\0{}\0{}", self.user, self.password).as_bytes())
    }

    /// For `AUTH LOGIN`: what is answered to its first question, and to its second.
    pub(super) fn login(&self) -> [String; 2] {
        [&self.user, &self.password].map(|text| Base64::encode_string(text.as_bytes()))
    }

    /// Everything that a server might say back, and nobody should read.
    pub(super) fn secrets(&self) -> [String; 3] {
        let [_, password] = self.login();
        [self.plain(), password, self.password.clone()]
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_said_as_the_rfcs_show_them() {
        // RFC 4616 section 4.
        let tim = Credentials::new("tim".to_owned(), "tanstaaftanstaaf".to_owned()).unwrap();
        assert_eq!(tim.plain(), "AHRpbQB0YW5zdGFhZnRhbnN0YWFm");
        assert_eq!(tim.login(), ["dGlt", "dGFuc3RhYWZ0YW5zdGFhZg=="]);
    }

    #[test]
    fn what_the_protocol_could_not_tell_apart_is_refused() {
        let long = "a".repeat(MAX_LENGTH + 1);
        for (user, password) in [("", "b"), ("a", ""), ("a\0c", "b"), ("a", "b\r\nQUIT"), (&*long, "b")] {
            assert!(
                Credentials::new(user.to_owned(), password.to_owned()).is_none(),
                "{user:?} {password:?}"
            );
        }
        assert!(Credentials::new("änna@example.com".to_owned(), "pässword with spaces".to_owned()).is_some());
    }

    #[test]
    fn both_are_there_or_neither_and_only_where_tls_is() {
        let chosen = |way: &str, user: Option<&str>, password: Option<&str>| {
            let way: Way = way.parse().unwrap();
            Credentials::for_way(&way, user.map(str::to_owned), password.map(str::to_owned))
                .map(|some| some.is_some())
        };
        for (way, user, password, outcome) in [
            ("smtps://smtp.example.com", Some("a"), Some("b"), Ok(true)),
            ("smtp+starttls://smtp.example.com", Some("a"), Some("b"), Ok(true)),
            ("smtps://smtp.example.com", None, None, Ok(false)),
            ("smtp://127.0.0.1:25", None, None, Ok(false)),
            ("cloudflare:", None, None, Ok(false)),
            ("smtps://smtp.example.com", Some("a"), None, Err(Unusable::Password)),
            ("smtps://smtp.example.com", Some("a"), Some(""), Err(Unusable::Password)),
            ("smtps://smtp.example.com", None, Some("b"), Err(Unusable::User)),
            ("smtp://127.0.0.1:25", Some("a"), Some("b"), Err(Unusable::User)),
            ("cloudflare:", Some("a"), Some("b"), Err(Unusable::User)),
        ] {
            assert_eq!(chosen(way, user, password), outcome, "{way} {user:?} {password:?}");
        }
    }

    #[test]
    fn they_do_not_print() {
        let credentials = Credentials::new("anna".to_owned(), "secret".to_owned()).unwrap();
        assert_eq!(format!("{credentials:?}"), "Credentials");
    }
}
