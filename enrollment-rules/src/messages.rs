//! Request and reply bodies, as docs/API.md has them. What a field may hold is judged where it is used.

pub mod of_administration;
mod of_devices;
mod of_directories;
mod of_records;

use serde::{Deserialize, Deserializer, Serialize};

use crate::reported_findings::ReportedFindings;
use crate::settings::PrivateWindows;
pub use of_devices::{
    ChallengeMade, ConfirmCode, DeviceProved, GoOn, MyDevice, MyDevices, ProveDevice, RenameDevice,
    ThisDevice,
};
pub use of_directories::{
    AddDomain, AddUser, ChangeUser, DeviceList, DeviceRecord, DomainList, DomainRecord, LinkMade, MakeLink,
    Overview, Revoke, Revoked, SettingsPatch, SettingsRecord, UserList, UserRecord,
};
pub use of_records::{
    AnnouncementRecord, AnnouncementSent, BeginImport, EventList, EventRecord, ImportLine, ImportLineList,
    ImportRecord, InteractionList, InteractionRecord, MailList, MailOneself, MailOverview, MailRecord,
    MailTested, SenderRefused,
};

/// `POST /api/v1/enrollments`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StartEnrollment {
    /// The address, as typed.
    pub address: String,
    /// Where to go on afterwards, a path on this origin.
    #[serde(default)]
    pub to: Option<String>,
}

/// A body that has no fields: `{}`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// 202 of an enrollment: the same bytes for every address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrollmentStarted {
    /// How long the code just sent is good.
    pub code_expires_in_seconds: u64,
    /// When another can be asked for.
    pub resend_after_seconds: u64,
    /// Wrong tries left.
    pub attempts_left: u8,
    /// Whether the account's latest mail to anybody was accepted for delivery.
    pub mail_working: bool,
}

/// `GET /api/v1/enrollments/mail`.
#[derive(Debug, Serialize, Deserialize)]
pub struct MailStanding {
    /// As in [`EnrollmentStarted`].
    pub mail_working: bool,
}

/// Whose browser it is, by the person's word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The person's own: remembered.
    Own,
    /// Shared with others: until the browser is closed, 12 hours at most.
    Shared,
}

/// `POST /api/v1/enrollments/confirm`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfirmEnrollment {
    /// The code, as typed.
    pub code: String,
    /// Whose browser it is.
    pub kind: Kind,
    /// The public device key, 32 bytes in base64url.
    #[serde(default)]
    pub device_key: Option<String>,
    /// What the person calls the device.
    #[serde(default)]
    pub name: Option<String>,
    /// What the page found out about this browser, finding by finding.
    #[serde(default)]
    pub readiness: Option<ReportedFindings>,
}

/// 200 of a confirmation.
#[derive(Debug, Serialize)]
pub struct Enrolled {
    /// For the wasm module to keep; only with a device key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_token: Option<String>,
    /// RFC 3339.
    pub expires_at: String,
    /// Where to go on.
    pub to: String,
}

/// A field that is there has a value: `null` is none of a setting that cannot be taken back.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(input: D) -> Result<Option<T>, D::Error> {
    T::deserialize(input).map(Some)
}

/// Tells a field that is `null` from one that is not there.
#[expect(clippy::option_option, reason = "absent, null and a value are three things in a patch")]
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(input: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(input).map(Some)
}

/// `POST /api/v1/readiness`.
#[derive(Debug, Serialize)]
pub struct ProbeSet {
    /// The id in both probe cookies' names.
    pub probe: String,
    /// The account's rule.
    pub private_windows: PrivateWindows,
    /// Whether the account takes bound devices only.
    pub bound_devices_only: bool,
}

/// `DELETE /api/v1/readiness/{probe}`.
#[derive(Debug, Serialize)]
pub struct ProbeReturned {
    /// Whether the browser brought back the cookie that is set like the device cookie.
    pub returned: bool,
    /// Whether it brought back the plain one.
    pub plain_returned: bool,
}
