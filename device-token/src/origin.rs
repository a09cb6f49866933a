//! The origin that issues tokens: the claim `iss`.
//!
//! Only canonical spellings are read, so equal origins are equal bytes. The reader is written out here instead of
//! being the `url` crate's because a browser reads `iss` as well, and that crate's tables weigh more there than all
//! else in this one; a test holds it to what `url` says.

use crate::error::InvalidValue;
use crate::text::textual;

/// `https://host` or `https://host:port`, or `http://` for the loopback hosts `localhost`, `127.0.0.1` and `[::1]`.
///
/// Canonical as a browser serializes an origin (RFC 6454, 6.2): lower case, A-labels, no default port, no path, no
/// trailing dot. A host name has at most 253 bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin(String);

impl Origin {
    /// The most bytes of one: scheme, host name, port.
    pub const MAX_LENGTH: usize = 8 + 253 + 6;

    /// Reads an origin.
    ///
    /// # Errors
    /// [`InvalidValue::Origin`] for anything but the canonical spelling, a trailing slash included.
    pub fn parse(text: &str) -> Result<Self, InvalidValue> {
        if is_origin(text) { Ok(Self(text.to_owned())) } else { Err(InvalidValue::Origin) }
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host without the port; an IPv6 address is in brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        let authority = self.0.split_once("://").map_or("", |(_, authority)| authority);
        split_port(authority).0
    }

    fn text(&self) -> &str {
        &self.0
    }
}

textual!(Origin, InvalidValue);

fn is_origin(text: &str) -> bool {
    let (authority, secure) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
        (Some(authority), _) => (authority, true),
        (None, Some(authority)) => (authority, false),
        (None, None) => return false,
    };
    let (host, port) = split_port(authority);
    let default_port = if secure { 443 } else { 80 };
    let loopback = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    (secure || loopback)
        && (host == "[::1]" || is_host(host))
        && port.is_none_or(|digits| is_port(digits, default_port))
}

fn split_port(authority: &str) -> (&str, Option<&str>) {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (authority, None),
    }
}

/// Digits without leading zeros, and not the port that a browser would leave out.
fn is_port(digits: &str, default_port: u16) -> bool {
    let plain = digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
    plain && digits.parse::<u16>().is_ok_and(|port| port != default_port)
}

fn is_host(host: &str) -> bool {
    let last = host.rsplit('.').next().unwrap_or(host);
    // The URL Standard takes a host for an IPv4 address if its last label is a number, in any of several notations.
    let numeric = last.bytes().all(|b| b.is_ascii_digit()) || last.starts_with("0x");
    if numeric {
        return is_ipv4(host);
    }
    host.len() <= 253 && host.split('.').all(is_label)
}

/// Four numbers of 0 to 255 without leading zeros. By hand: the parser of [`core::net::Ipv4Addr`], which a test holds this against,
/// would be 300 bytes more for every browser to load.
fn is_ipv4(host: &str) -> bool {
    let is_number = |number: &str| {
        let digits = number.bytes().all(|b| b.is_ascii_digit());
        digits && (number == "0" || !number.starts_with('0')) && number.parse::<u8>().is_ok()
    };
    host.split('.').count() == 4 && host.split('.').all(is_number)
}

fn is_label(label: &str) -> bool {
    (1..=63).contains(&label.len())
        && label.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
        && !label.starts_with('-')
        && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use core::net::Ipv4Addr;

    use proptest::prelude::*;

    use super::{Origin, is_ipv4};

    proptest! {
        #[test]
        fn an_ipv4_address_is_what_the_standard_library_reads(
            likely in "(25[4-7]|[0-9]{1,3})(\\.(25[4-7]|0?[0-9]{1,3})){2,4}",
            any in "[0-9.+x]{0,17}",
        ) {
            for text in [likely, any] {
                prop_assert_eq!(is_ipv4(&text), text.parse::<Ipv4Addr>().is_ok(), "{}", text);
            }
        }
    }

    #[test]
    fn canonical_origins_are_what_the_url_crate_serializes() {
        for good in [
            "https://enroll.example.com",
            "https://enroll.example.com:8443",
            "https://xn--bcher-kva.example",
            "https://192.0.2.7",
            "https://localhost",
            "http://localhost",
            "http://localhost:8787",
            "http://127.0.0.1:8787",
            "http://[::1]:8787",
            "https://[::1]",
            "https://a.b-c.0d",
        ] {
            let origin = Origin::parse(good).unwrap();
            assert_eq!(url::Url::parse(good).unwrap().origin().ascii_serialization(), good);
            assert_eq!(url::Url::parse(good).unwrap().host_str().unwrap(), origin.host());
        }
    }

    #[test]
    fn other_spellings_and_insecure_hosts_are_refused() {
        for bad in [
            "",
            "https://",
            "https://.",
            "https://a.",
            "https://.a",
            "https://a..b",
            "https://a/",
            "https://a/b",
            "https://a?",
            "https://a#",
            "https://A",
            "HTTPS://a",
            "https:a",
            "https:/a",
            "https:///a",
            "https://a:",
            "https://a:443",
            "https://a:0443",
            "https://a:0",
            "https://a:65536",
            "https://a:+1",
            "https://a:1:2",
            "https://u@a",
            "https://@a",
            "https://a b",
            " https://a",
            "https://a\n",
            "https://-a",
            "https://a-",
            "https://xn--example-.org",
            "https://bücher.example",
            "https://a_b.example",
            "https://1.2.3",
            "https://1.2.3.256",
            "https://1.2.3.04",
            "https://0x7f.1",
            "https://a.0x1",
            "https://2130706433",
            "https://[::2]",
            "https://[::1",
            "https://::1",
            "http://a",
            "http://example.com",
            "http://localhost:80",
            "http://localhost.example.com",
            "http://127.0.0.2",
            "ftp://localhost",
            "null",
            "javascript://localhost",
        ] {
            assert!(Origin::parse(bad).is_err(), "{bad:?}");
        }
        assert!(Origin::parse(&format!("https://{}", "a.".repeat(127))).is_err());
        assert!(Origin::parse(&format!("https://{}a", "a.".repeat(127))).is_err());
        assert!(Origin::parse(&format!("https://{}a", "a.".repeat(126))).is_ok());
        assert!(Origin::parse(&format!("https://{}.b", "a".repeat(64))).is_err());
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_read_is_canonical_to_the_url_crate(
            text in "https?://([a-z0-9.-]{1,12}|xn--[a-z0-9]{1,5}|[0-9x.]{1,9}|localhost)(:[0-9]{1,5})?"
        ) {
            // An A-label that decodes to nothing is a host no browser ever names, and only its form is checked here.
            if let (Ok(origin), false) = (Origin::parse(&text), text.contains("xn--")) {
                let url = url::Url::parse(&text).unwrap();
                proptest::prop_assert_eq!(url.origin().ascii_serialization(), origin.as_str());
            }
        }
    }
}
