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
}

impl Verdict {
    /// The stable name in the API and in storage.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Enrolled => "enrolled",
            Self::Unidentified => "unidentified",
        }
    }
}

/// A click on a protected link that was let through.
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
