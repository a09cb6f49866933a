//! What is written in a token, without asking whether it is true; and waiting for a time that is written there.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde_json::Value;

/// The claims.
pub(crate) fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap_or_default();
    let bytes = Base64UrlUnpadded::decode_vec(payload).unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or(Value::Null)
}

/// A claim that is a time.
pub(crate) fn number(token: &str, claim: &str) -> Option<u64> {
    claims(token)[claim].as_u64()
}

/// Waits until this second has begun: what is written in a token holds until then, and nobody tells when it is over.
#[expect(clippy::disallowed_methods, reason = "the product runs on the machine's own clock")]
pub(crate) fn until(second: u64) {
    let at = UNIX_EPOCH + Duration::from_secs(second);
    if let Ok(left) = at.duration_since(SystemTime::now()) {
        std::thread::sleep(left);
    }
}
