//! How long things last that a deployment may choose, so that tests can run them scaled down in real time.

use crate::time_text::DAY_SECONDS;

/// Configuration of the deployment. All in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// A code is good for this long.
    pub code_lifetime_seconds: u64,
    /// Another can be asked for after this long.
    pub resend_after_seconds: u64,
    /// A challenge may be answered for this long.
    pub challenge_seconds: u64,
    /// What an hour of an account's `proof_interval_hours` is.
    pub proof_hour_seconds: u64,
    /// How recent a proof, or a code, must be to change one's own devices.
    pub recent_proof_seconds: u64,
    /// How long after the person's last press on our own pages another is asked for. Browsers delete what sites keep that people
    /// only pass through: Chromium and Firefox 45 days after the last press (bounce-tracking protection), `WebKit` 30.
    pub press_after_seconds: u64,
    /// How long the record of a device is kept after the last report of its use: longer than any enrollment lasts.
    pub device_record_seconds: u64,
    /// An administrator's session ends after this long without a request.
    pub admin_idle_seconds: u64,
    /// And after this long in any case.
    pub admin_session_seconds: u64,
    /// How long a touch of a passkey counts.
    pub touch_seconds: u64,
    /// A challenge for a passkey may be answered for this long.
    pub passkey_challenge_seconds: u64,
    /// How long somebody who was shown where a link leads may take to go on.
    pub awareness_seconds: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            code_lifetime_seconds: 600,
            resend_after_seconds: 30,
            challenge_seconds: 60,
            proof_hour_seconds: 3_600,
            recent_proof_seconds: 600,
            press_after_seconds: 20 * DAY_SECONDS,
            device_record_seconds: 367 * DAY_SECONDS,
            admin_idle_seconds: 1_800,
            admin_session_seconds: 28_800,
            touch_seconds: 300,
            passkey_challenge_seconds: 300,
            awareness_seconds: 600,
        }
    }
}
