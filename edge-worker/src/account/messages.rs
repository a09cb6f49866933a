//! What the Worker may ask of the account object, and what it answers. Inside one deployment only; not a public format.

use device_token::{DeviceId, DevicePublicKey, Timestamp, UserId};
use enrollment_rules::address::Address;
use enrollment_rules::enrollment;
use enrollment_rules::interaction::Interaction;
use enrollment_rules::keyed_hash::Digest;
use enrollment_rules::messages::{Kind, SettingsPatch};
use serde::{Deserialize, Serialize};

/// A question or an order.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Message {
    Snapshot,
    Start(Start),
    Resend(Resend),
    Confirm(Confirm),
    ReportUse { device: DeviceId, at: Timestamp, expires_at: Timestamp },
    Record(Interaction),
    Forget { device: DeviceId, user: UserId },
    Settings,
    PatchSettings(SettingsPatch),
    Domains,
    AddDomain(String),
    RemoveDomain(String),
    Users(UsersPage),
    AddUser { id: UserId, address: Address, aliases: Vec<Address> },
    User(String),
    ChangeUser { id: String, disabled: bool },
    UserByAddress(Address),
    Devices(String),
    RevokeUser(String),
    RevokeDevice(String),
    LinkMade { link: String, destination_host: String },
    Interactions(Page),
    Audit(Page),
}

/// An address was typed.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Start {
    pub(crate) address: Address,
    pub(crate) typed: Digest,
    pub(crate) ticket: Digest,
    pub(crate) network: Digest,
    pub(crate) to: String,
    /// Whom the browser shows to belong to.
    pub(crate) shown: Vec<UserId>,
}

/// Another code.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Resend {
    pub(crate) ticket: Digest,
    pub(crate) shown: Vec<UserId>,
}

/// A code was typed.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Confirm {
    pub(crate) ticket: Digest,
    pub(crate) code: Digest,
    pub(crate) kind: Kind,
    pub(crate) device_key: Option<DevicePublicKey>,
    pub(crate) name: Option<String>,
    pub(crate) browser: String,
    /// The page is certain that its window is a private one.
    pub(crate) private_window: bool,
    /// What the page found out about the browser, in JSON.
    pub(crate) readiness: Option<String>,
}

/// The code was right.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Confirmed {
    pub(crate) device_cookie: String,
    pub(crate) max_age_seconds: Option<u64>,
    pub(crate) device_token: Option<String>,
    pub(crate) expires_at: String,
    pub(crate) to: String,
}

/// Newest first, before a sequence number.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Page {
    pub(crate) before: Option<u64>,
    pub(crate) limit: u16,
}

/// By primary address, after one of them.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct UsersPage {
    pub(crate) domain: Option<String>,
    pub(crate) after: Option<String>,
    pub(crate) limit: u16,
}

/// Why the account object does not do it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum AccountRefusal {
    Enrollment(enrollment::Refusal),
    Setting { field: String, bounds: String },
    DomainExists,
    DomainInvalid,
    DomainUnknown,
    DomainNotEmpty,
    AddressTaken,
    NotFound,
}
