//! How long things last that a deployment may choose, so that tests can run them scaled down in real time.

use crate::time_text::DAY_SECONDS;

/// Configuration of the deployment. In seconds, but for what says otherwise.
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
    /// A location reads anew, after its answer has left, what it read this long ago.
    pub copy_refresh_seconds: u64,
    /// And before its answer what it read this long ago.
    pub copy_await_seconds: u64,
    /// A location that finds a heartbeat this old asks the account object for a new one.
    pub heartbeat_seconds: u64,
    /// What was published this long ago is not trusted by anybody.
    pub trust_seconds: u64,
    /// Between two writes of one key, in milliseconds: KV takes one a second.
    pub publish_interval_milliseconds: u64,
    /// How long a replaced body stays for those who read its head before.
    pub old_body_seconds: u64,
    /// Before the second attempt to hand over a mail; before each further one twice as long.
    pub mail_retry_seconds: u64,
    /// How long whoever takes mail may need for one step.
    pub mail_step_seconds: u64,
}

impl Bounds {
    /// What a deployment that chooses nothing goes by.
    pub const DEFAULT: Self = Self {
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
        copy_refresh_seconds: 30,
        copy_await_seconds: 60,
        heartbeat_seconds: 60,
        trust_seconds: 180,
        publish_interval_milliseconds: 1_000,
        old_body_seconds: 600,
        mail_retry_seconds: 5,
        mail_step_seconds: 15,
    };
}

impl Bounds {
    /// Whether a deployment can go by them: with a heartbeat, or a copy, as old as what is not trusted any more, nothing would ever be
    /// trusted, or nobody would ask for a younger one in time.
    #[must_use]
    pub const fn go_together(&self) -> bool {
        self.heartbeat_seconds < self.trust_seconds && self.copy_await_seconds < self.trust_seconds
    }
}

impl Default for Bounds {
    fn default() -> Self {
        Self::DEFAULT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_longer_than_it_is_trusted_goes_with_nothing() {
        assert!(Bounds::DEFAULT.go_together());
        for (heartbeat_seconds, copy_await_seconds, expected) in
            [(179, 179, true), (180, 60, false), (60, 180, false)]
        {
            let bounds = Bounds { copy_await_seconds, heartbeat_seconds, ..Bounds::DEFAULT };
            assert_eq!(bounds.go_together(), expected, "{heartbeat_seconds} {copy_await_seconds}");
        }
    }
}
