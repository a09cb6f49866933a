//! The three cookies, as RFC 6265bis has them: `__Host-` names, so that no other host and no plain connection sets them.

use worker::Headers;

use crate::failure::Failure;

/// The device cookie.
pub(crate) const DEVICE: &str = "__Host-device";
/// Ties a code to the browser that asked.
pub(crate) const TICKET: &str = "__Host-ticket";
/// Tells whether this browser brings cookies back.
pub(crate) const PROBE: &str = "__Host-probe";

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

/// `Set-Cookie` for the probe, a minute long.
pub(crate) fn probe() -> String {
    format!("{PROBE}=1; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=60")
}

/// `Set-Cookie` that takes a cookie away. The attributes must be those it was set with.
pub(crate) fn expired(name: &str) -> String {
    let same_site = if name == TICKET { "Strict" } else { "Lax" };
    format!("{name}=; Path=/; Secure; HttpOnly; SameSite={same_site}; Max-Age=0")
}
