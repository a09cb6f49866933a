//! Where a protected link leads: the claim `dst`.
//!
//! One parser, the `url` crate, reads it when it is signed, when it is verified and when it becomes a `Location`;
//! what that parser would repair in silence is refused before, because other readers repair it differently.

use core::fmt;

use url::{Host, Url};

use crate::error::DestinationError;
use crate::text::textual;

/// An absolute `http` or `https` URL in the `url` crate's serialization: printable ASCII without quotation marks and
/// backslashes, with a host, without user information, at most [`Destination::MAX_LENGTH`] bytes.
///
/// `Debug` shows the host alone: paths and queries of mailed addresses hold secrets.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Destination(Url);

impl Destination {
    /// The most bytes, both as given and as serialized.
    pub const MAX_LENGTH: usize = 2048;

    /// Reads and normalizes an address: `HTTPS://Example.com` becomes `https://example.com/`.
    ///
    /// # Errors
    /// A [`DestinationError`] that names the first thing found wrong.
    pub fn parse(text: &str) -> Result<Self, DestinationError> {
        if text.len() > Self::MAX_LENGTH {
            return Err(DestinationError::TooLong);
        }
        if text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
            return Err(DestinationError::ForbiddenCharacter);
        }
        let authority = raw_authority(text).ok_or(DestinationError::SchemeNotAllowed)?;
        if authority.is_empty() {
            return Err(DestinationError::BadHost);
        }
        if authority.contains('@') {
            return Err(DestinationError::UserInfo);
        }
        let url = Url::parse(text).map_err(|error| match error {
            url::ParseError::EmptyHost
            | url::ParseError::IdnaError
            | url::ParseError::InvalidIpv4Address
            | url::ParseError::InvalidIpv6Address
            | url::ParseError::InvalidDomainCharacter => DestinationError::BadHost,
            _ => DestinationError::NotAUrl,
        })?;
        Self::check(url)
    }

    /// Looks at what the parser made of it.
    fn check(url: Url) -> Result<Self, DestinationError> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(DestinationError::SchemeNotAllowed);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(DestinationError::UserInfo);
        }
        if !has_usable_host(&url) {
            return Err(DestinationError::BadHost);
        }
        let text = url.as_str();
        if text.len() > Self::MAX_LENGTH {
            return Err(DestinationError::TooLong);
        }
        // Claims and `Location` are written from this text without escaping.
        if !text.bytes().all(|b| matches!(b, 0x21..=0x7e) && b != b'"' && b != b'\\') {
            return Err(DestinationError::ForbiddenCharacter);
        }
        if Url::parse(text).is_ok_and(|again| again.as_str() == text) {
            Ok(Self(url))
        } else {
            Err(DestinationError::NotAUrl)
        }
    }

    /// The serialized URL.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The host without port: a lower-case host name in A-labels, an IPv4 address, or an IPv6 address in brackets.
    ///
    /// Without the dot of the root that the URL may have: who ends a host must end both spellings of it.
    #[must_use]
    pub fn host(&self) -> &str {
        bare_host(&self.0)
    }

    fn text(&self) -> &str {
        self.0.as_str()
    }
}

textual!(Destination, DestinationError);

impl fmt::Debug for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Destination").field("host", &self.host()).finish_non_exhaustive()
    }
}

/// What stands between `http://` or `https://` and the path, as written; `None` without either.
///
/// The parser takes `https:host`, `https:/host` and `https:///host` for the same thing, and `@host` for no user.
fn raw_authority(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_once("://")?;
    let allowed = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
    allowed.then(|| rest.split(['/', '?', '#']).next().unwrap_or(rest))
}

fn bare_host(url: &Url) -> &str {
    let host = url.host_str().unwrap_or_default();
    host.strip_suffix('.').unwrap_or(host)
}

/// The parser lets a host name have quotation marks and braces in it; no real one has.
fn has_usable_host(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(_)) => bare_host(url).split('.').all(|label| {
            !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        }),
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => true,
        None => false,
    }
}
