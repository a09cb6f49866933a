//! What is kept of a click.

use device_token::{DeviceId, LinkId, RecipientId, UserId};
use serde::{Deserialize, Serialize};

/// The newest interactions are kept, this many of them; what is dropped is counted.
pub const KEPT: u64 = 10_000;

/// Who clicked, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// By a device whose enrollment holds.
    Enrolled,
    /// Authentication is off: somebody.
    Unidentified,
    /// Shown where the link leads, and asked. Whoever goes on is recorded again.
    Asked,
}

impl Verdict {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Enrolled, Self::Unidentified, Self::Asked];

    /// The stable name in the API and in storage.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Enrolled => "enrolled",
            Self::Unidentified => "unidentified",
            Self::Asked => "asked",
        }
    }
}

/// A click on a protected link that was let through, or shown where the link leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interaction {
    /// The link.
    pub link: LinkId,
    /// Where it leads.
    pub destination: String,
    /// Who clicked: the person who enrolled the device.
    pub user: Option<UserId>,
    /// With which device.
    pub device: Option<DeviceId>,
    /// Whom the message was sent to, by the link's word.
    pub recipient: RecipientId,
    /// What is known.
    pub verdict: Verdict,
}
