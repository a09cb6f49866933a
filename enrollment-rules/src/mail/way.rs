//! The way out that a deployment has chosen for its mail (`MAIL_OUT`).
//!
//! | | |
//! |---|---|
//! | `smtps://host` | TLS from the first byte; port 465 unless named |
//! | `smtp+starttls://host` | TLS by `STARTTLS`, without which nothing is said; port 587 unless named |
//! | `smtp://127.0.0.1:25` | no TLS: a server on this machine, with its port |
//! | `cloudflare:` | the binding `MAIL` to Cloudflare's own mail service |
//!
//! Not in scope: user names and passwords, which are secrets of their own (`credentials`).

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use url::{Host, Url};

/// How the connection to a server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte (RFC 8314 section 3.3).
    Implicit,
    /// TLS by `STARTTLS` (RFC 3207), or nothing.
    StartTls,
    /// None: nothing leaves this machine.
    Loopback,
}

/// An SMTP server, as it is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    host: String,
    port: u16,
    security: Security,
}

impl Server {
    /// The name its certificate must be for; an IPv6 address in brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Its port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// How the connection is protected.
    #[must_use]
    pub const fn security(&self) -> Security {
        self.security
    }
}

/// A way out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// SMTP to a server.
    Smtp(Server),
    /// Cloudflare's own mail service.
    Cloudflare,
}

impl Way {
    /// Whether it can be found out without a mail that this way works.
    #[must_use]
    pub const fn can_be_tried_without_a_mail(&self) -> bool {
        matches!(self, Self::Smtp(_))
    }

    /// Whether a mail keeps the Message-ID it is given.
    #[must_use]
    pub const fn keeps_message_ids(&self) -> bool {
        matches!(self, Self::Smtp(_))
    }
}

/// The text names no way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidWay;

impl FromStr for Way {
    type Err = InvalidWay;

    fn from_str(text: &str) -> Result<Self, InvalidWay> {
        if text == "cloudflare:" {
            return Ok(Self::Cloudflare);
        }
        let url = Url::parse(text).map_err(|_| InvalidWay)?;
        let (security, default_port) = match url.scheme() {
            "smtps" => (Security::Implicit, Some(465)),
            "smtp+starttls" => (Security::StartTls, Some(587)),
            "smtp" => (Security::Loopback, None),
            _ => return Err(InvalidWay),
        };
        // A password in here would be in every place that names the way out.
        let more = !url.username().is_empty()
            || url.password().is_some()
            || !url.path().is_empty()
            || url.query().is_some()
            || url.fragment().is_some();
        let host = url.host_str().filter(|host| !host.is_empty() && !more).ok_or(InvalidWay)?;
        // Again, as a host of the web: of a scheme it does not know the URL parser takes a host as it is.
        let host = Host::parse(host).map_err(|_| InvalidWay)?;
        let port = url.port().or(default_port).filter(|port| *port != 0).ok_or(InvalidWay)?;
        if security == Security::Loopback && !is_this_machine(&host) {
            return Err(InvalidWay);
        }
        Ok(Self::Smtp(Server { host: host.to_string(), port, security }))
    }
}

/// The names that mean this machine whoever is asked. Others may too, until somebody changes what they resolve to.
fn is_this_machine(host: &Host) -> bool {
    match host {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(address) => *address == Ipv4Addr::LOCALHOST,
        Host::Ipv6(address) => *address == Ipv6Addr::LOCALHOST,
    }
}

/// As it is configured, with its port.
impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cloudflare => f.write_str("cloudflare:"),
            Self::Smtp(Server { host, port, security }) => {
                let scheme = match security {
                    Security::Implicit => "smtps",
                    Security::StartTls => "smtp+starttls",
                    Security::Loopback => "smtp",
                };
                write!(f, "{scheme}://{host}:{port}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_out_is_its_scheme_its_host_and_its_port() {
        for (text, shown) in [
            ("smtps://smtp.example.com", "smtps://smtp.example.com:465"),
            ("smtps://smtp.example.com:2465", "smtps://smtp.example.com:2465"),
            ("smtps://SMTP.Example.com", "smtps://smtp.example.com:465"),
            ("smtps://bücher.example", "smtps://xn--bcher-kva.example:465"),
            ("smtps://192.0.2.1", "smtps://192.0.2.1:465"),
            ("smtps://[2001:DB8:0::1]:465", "smtps://[2001:db8::1]:465"),
            ("smtp+starttls://smtp.office365.com", "smtp+starttls://smtp.office365.com:587"),
            ("smtp+starttls://smtp.example.com:25", "smtp+starttls://smtp.example.com:25"),
            ("SMTP+StartTLS://smtp.example.com", "smtp+starttls://smtp.example.com:587"),
            ("smtp://127.0.0.1:25", "smtp://127.0.0.1:25"),
            ("smtp://localhost:1025", "smtp://localhost:1025"),
            ("smtp://[::1]:1025", "smtp://[::1]:1025"),
            ("cloudflare:", "cloudflare:"),
        ] {
            let way: Way = text.parse().unwrap_or_else(|_| panic!("{text}"));
            assert_eq!(way.to_string(), shown);
            assert_eq!(shown.parse(), Ok(way), "{shown}");
        }
    }

    #[test]
    fn without_tls_no_mail_leaves_this_machine() {
        for text in [
            "smtp://smtp.example.com:25",
            "smtp://127.0.0.1.example.com:25",
            "smtp://localhost.example.com:25",
            "smtp://127.0.0.2:25",
            "smtp://0.0.0.0:25",
            "smtp://[::]:25",
            "smtp://[::ffff:127.0.0.1]:25",
            "smtp://10.0.0.1:25",
        ] {
            assert_eq!(text.parse::<Way>(), Err(InvalidWay), "{text}");
        }
    }

    #[test]
    fn what_is_more_or_less_than_a_way_out_is_none() {
        for text in [
            "",
            "127.0.0.1:25",
            "smtp.example.com",
            "smtp://127.0.0.1",
            "smtps:",
            "smtps://",
            "smtps://:465",
            "smtps:smtp.example.com",
            "smtps://smtp.example.com:0",
            "smtps://smtp.example.com:65536",
            "smtps://smtp.example.com/",
            "smtps://smtp.example.com/path",
            "smtps://smtp.example.com?tls=no",
            "smtps://smtp.example.com#more",
            "smtps://user@smtp.example.com",
            "smtps://user:password@smtp.example.com",
            "smtps://smtp%0d%0a.example.com",
            "smtps://smtp example.com",
            "starttls://smtp.example.com",
            "https://smtp.example.com",
            "cloudflare://",
            "cloudflare:MAIL",
            "Cloudflare:",
        ] {
            assert_eq!(text.parse::<Way>(), Err(InvalidWay), "{text}");
        }
    }
}
