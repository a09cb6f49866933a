//! Mail addresses and domains, and when two of them are the same.

use std::fmt;
use std::str::FromStr;

use email_address::{EmailAddress, Options};
use serde::{Deserialize, Serialize};

/// The longest address that fits a mail path (RFC 5321 section 4.5.3.1.3, less the angle brackets).
const MAX_ADDRESS: usize = 254;

/// The text is not an address that mail can be sent to from here.
///
/// Quoted local parts, address literals and local parts beyond ASCII are refused: no directory this product was
/// measured against has any, and each is a way to smuggle something into a mail dialogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidAddress;

/// A domain name as its lower-case A-label (RFC 5890 section 2.3.2.1), at least two labels.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Domain(String);

impl Domain {
    /// The A-label form.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Domain {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        let ascii = idna::domain_to_ascii_strict(text).map_err(|_| InvalidAddress)?;
        let mut labels = 0_usize;
        for label in ascii.split('.') {
            if label.is_empty() || label.len() > 63 {
                return Err(InvalidAddress);
            }
            labels = labels.saturating_add(1);
        }
        let numeric_end =
            ascii.rsplit('.').next().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()));
        if labels < 2 || ascii.len() > 253 || numeric_end {
            return Err(InvalidAddress);
        }
        Ok(Self(ascii))
    }
}

impl TryFrom<String> for Domain {
    type Error = InvalidAddress;

    fn try_from(text: String) -> Result<Self, InvalidAddress> {
        text.parse()
    }
}

impl From<Domain> for String {
    fn from(domain: Domain) -> Self {
        domain.0
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for InvalidAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a mail address or domain")
    }
}

/// A mail address. Two are equal when their domains' A-labels and their local parts without regard to ASCII case are;
/// nothing cleverer: dots and plus signs mean what the receiving side says they mean.
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address {
    local: String,
    domain: Domain,
}

impl Address {
    /// The domain.
    #[must_use]
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// What two equal addresses have in common: the form to look up and to hash.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{}@{}", self.local.to_ascii_lowercase(), self.domain)
    }

    /// Enough for its owner to recognize it, too little for anybody else: `a•••@example.com`.
    #[must_use]
    pub fn masked(&self) -> String {
        let first: String = self.local.chars().take(1).collect();
        format!("{first}•••@{}", self.domain)
    }
}

impl FromStr for Address {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        let text = text.trim();
        // The length first: nothing below should work on a megabyte.
        if text.len() > MAX_ADDRESS {
            return Err(InvalidAddress);
        }
        let (local, domain) = text.rsplit_once('@').ok_or(InvalidAddress)?;
        let domain: Domain = domain.parse()?;
        let canonical = format!("{local}@{domain}");
        let options = Options::default().without_display_text().without_domain_literal();
        let parsed = EmailAddress::parse_with_options(&canonical, options).map_err(|_| InvalidAddress)?;
        let plain = |b: u8| b.is_ascii_graphic() && b != b'"';
        if canonical.len() > MAX_ADDRESS || parsed.local_part() != local || !local.bytes().all(plain) {
            return Err(InvalidAddress);
        }
        Ok(Self { local: local.to_owned(), domain })
    }
}

impl PartialEq for Address {
    fn eq(&self, other: &Self) -> bool {
        self.domain == other.domain && self.local.eq_ignore_ascii_case(&other.local)
    }
}

impl Eq for Address {}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.local, self.domain)
    }
}

/// Addresses are personal data: logs get the masked form.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({})", self.masked())
    }
}

impl TryFrom<String> for Address {
    type Error = InvalidAddress;

    fn try_from(text: String) -> Result<Self, InvalidAddress> {
        text.parse()
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        text.parse().unwrap()
    }

    #[test]
    fn case_of_letters_and_form_of_the_domain_do_not_make_another_person() {
        assert_eq!(address("Anna@EXAMPLE.com"), address("anna@example.com"));
        assert_eq!(address("anna@bücher.example").key(), "anna@xn--bcher-kva.example");
        assert_eq!(address("  anna@example.com "), address("anna@example.com"));
    }

    #[test]
    fn dots_and_plus_signs_make_another_person() {
        assert_ne!(address("an.na@example.com"), address("anna@example.com"));
        assert_ne!(address("anna+x@example.com"), address("anna@example.com"));
    }

    #[test]
    fn what_could_reach_into_a_mail_dialogue_is_no_address() {
        for text in [
            "",
            "@",
            "anna",
            "@example.com",
            "anna@",
            "anna@localhost",
            "anna@example..com",
            "anna@.example.com",
            "anna@example.com.",
            "anna@127.0.0.1",
            "anna@[127.0.0.1]",
            "anna@-example.com",
            "\"anna b\"@example.com",
            "anna b@example.com",
            "anna\r\nRCPT TO:<x@y.example>@example.com",
            "anna@example.com\r\nDATA",
            "anna@exa\nmple.com",
            "<anna@example.com>",
            "Anna <anna@example.com>",
            "anna@example.com,ben@example.com",
            "anna..b@example.com",
            ".anna@example.com",
            "änna@example.com",
            "anna@xn--.com",
            "anna\0@example.com",
        ] {
            assert!(text.parse::<Address>().is_err(), "{text:?}");
        }
        let long = format!("{}@example.com", "a".repeat(65));
        assert!(long.parse::<Address>().is_err());
        let huge = format!("a@{}com", "b.".repeat(1_000_000));
        assert!(huge.parse::<Address>().is_err());
    }

    #[test]
    fn an_address_does_not_print_itself_into_a_log() {
        assert_eq!(format!("{:?}", address("anna@example.com")), "Address(a•••@example.com)");
    }
}
