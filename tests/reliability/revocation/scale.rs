//! All times of a run, divided by one number.

use std::time::Duration;

/// What they are divided by unless the environment says otherwise.
const FACTOR: u32 = 20;

/// The times of the product as it is deployed, in seconds.
const VARIABLES: [(&str, u32); 5] = [
    ("COPY_REFRESH_SECONDS", 30),
    ("COPY_AWAIT_SECONDS", 60),
    ("HEARTBEAT_SECONDS", 60),
    ("TRUST_SECONDS", 180),
    ("OLD_BODY_SECONDS", 600),
];

#[derive(Debug, Clone, Copy)]
pub(super) struct Scale(u32);

impl Scale {
    pub(super) fn of_this_run() -> Self {
        let asked = std::env::var("REVOCATION_FACTOR").ok();
        Self(asked.map_or(FACTOR, |factor| factor.parse().expect("REVOCATION_FACTOR is a number from 1 on")))
    }

    /// A time of what is deployed as it is in this run.
    pub(super) fn time(self, seconds: u32) -> Duration {
        Duration::from_secs(seconds.into()) / self.0
    }

    /// A time of this run as it would be of what is deployed, in seconds.
    pub(super) fn deployed(self, time: Duration) -> f64 {
        (time * self.0).as_secs_f64()
    }

    /// The product's variables. They are whole seconds, so that some become longer than they should; the bounds do not.
    pub(super) fn variables(self) -> Vec<(&'static str, String)> {
        let interval = ("PUBLISH_INTERVAL_MILLISECONDS", (1_000 / self.0).to_string());
        let seconds = VARIABLES.iter().map(|(name, seconds)| (*name, seconds.div_ceil(self.0).to_string()));
        seconds.chain([interval]).collect()
    }
}

impl std::fmt::Display for Scale {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}", self.0)
    }
}
