//! The cookies, as RFC 6265bis has them: `__Host-` names, so that no other host and no plain connection sets them.

use worker::Headers;

use crate::failure::Failure;

/// The device cookie.
pub(crate) const DEVICE: &str = "__Host-device";
/// An administrator's session.
pub(crate) const ADMIN: &str = "__Host-admin";
/// Ties a code to the browser that asked.
pub(crate) const TICKET: &str = "__Host-ticket";

/// The value of the one cookie of this name.
///
/// Two are refused: browsers compare prefixes without regard to case, so `__HOST-device` set from a sibling host could
/// otherwise shadow ours (RFC 6265bis section 5.7), and nobody could tell which of two is meant.
pub(crate) fn read(headers: &Headers, name: &str) -> Result<Option<String>, Failure> {
    let header = headers.get("Cookie").ok().flatten().unwrap_or_default();
    let mut found = None;
    // Two header lines arrive joined by a comma, which is in no value of ours.
    for pair in header.split([';', ',']) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let key = key.trim();
        if key.eq_ignore_ascii_case(name) && (found.replace(value.trim().to_owned()).is_some() || key != name)
        {
            return Err(Failure::TwoCookies);
        }
    }
    Ok(found)
}

/// `Set-Cookie` for the device cookie; without `max_age_seconds` it ends with the browser session.
pub(crate) fn device(token: &str, max_age_seconds: Option<u64>) -> String {
    let session = format!("{DEVICE}={token}; Path=/; Secure; HttpOnly; SameSite=Lax");
    match max_age_seconds {
        Some(seconds) => format!("{session}; Max-Age={seconds}"),
        None => session,
    }
}

/// `Set-Cookie` for the ticket. Strict: only our own page ever sends it.
pub(crate) fn ticket(value: &str) -> String {
    format!("{TICKET}={value}; Path=/; Secure; HttpOnly; SameSite=Strict")
}

/// `Set-Cookie` for an administrator's session; it ends with the browser's, or before.
pub(crate) fn admin(value: &str) -> String {
    format!("{ADMIN}={value}; Path=/; Secure; HttpOnly; SameSite=Strict")
}

/// Tells whether this browser brings cookies back. Each check has names of its own: tabs that are opened at once must
/// not answer for, or tidy up after, one another.
pub(crate) struct Probe<'a>(pub(crate) &'a str);

impl Probe<'_> {
    /// `Set-Cookie` for two cookies of a minute, should nobody come to take them away: one like the device cookie, and a
    /// plain one that tells a browser without cookies from one that keeps no secure ones on this connection.
    pub(crate) fn set(&self) -> [String; 2] {
        self.pair("1", 60)
    }

    /// `Set-Cookie` that takes both away.
    pub(crate) fn expired(&self) -> [String; 2] {
        self.pair("", 0)
    }

    /// Which of the two came back.
    pub(crate) fn returned(&self, headers: &Headers) -> Result<[bool; 2], Failure> {
        let came = |name: &str| read(headers, name).map(|value| value.as_deref() == Some("1"));
        Ok([came(&format!("__Host-probe-{}", self.0))?, came(&format!("probe-{}", self.0))?])
    }

    fn pair(&self, value: &str, max_age_seconds: u64) -> [String; 2] {
        let Self(id) = self;
        let common = format!("{value}; Path=/; SameSite=Lax; Max-Age={max_age_seconds}");
        [format!("__Host-probe-{id}={common}; Secure; HttpOnly"), format!("probe-{id}={common}")]
    }
}

/// `Set-Cookie` that takes a cookie away. The attributes must be those it was set with.
pub(crate) fn expired(name: &str) -> String {
    let same_site = if name == DEVICE { "Lax" } else { "Strict" };
    format!("{name}=; Path=/; Secure; HttpOnly; SameSite={same_site}; Max-Age=0")
}
