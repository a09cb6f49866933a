//! Request and reply bodies, as docs/API.md has them. What a field may hold is judged where it is used.

mod of_devices;

use serde::{Deserialize, Deserializer, Serialize};

use crate::reported_findings::ReportedFindings;
use crate::settings::PrivateWindows;
pub use of_devices::{
    ChallengeMade, ConfirmCode, DeviceProved, GoOn, MyDevice, MyDevices, ProveDevice, RenameDevice,
    ThisDevice,
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

/// `PATCH /api/v1/admin/settings`. Numbers are read wide, so that one out of bounds is refused by the setting's name.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SettingsPatch {
    /// See [`crate::settings::Settings::authentication_enabled`].
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub authentication_enabled: Option<bool>,
    /// See [`crate::settings::Settings::authentication_duration_days`].
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub authentication_duration_days: Option<i64>,
    /// See [`crate::settings::Settings::renew_after_seconds`].
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub renew_after_seconds: Option<i64>,
    /// See [`crate::settings::Settings::absolute_days`]; `null` takes it back.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub absolute_days: Option<Option<i64>>,
    /// See [`crate::settings::Settings::proof_interval_hours`].
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub proof_interval_hours: Option<i64>,
    /// See [`crate::settings::Settings::bound_devices_only`].
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub bound_devices_only: Option<bool>,
    /// See [`crate::settings::Settings::enrollments_per_network_hour`].
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub enrollments_per_network_hour: Option<i64>,
    /// See [`crate::settings::Settings::private_windows`].
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub private_windows: Option<String>,
    /// See [`crate::settings::Settings::notification_postmaster_address`]; `null` takes it back.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub notification_postmaster_address: Option<Option<String>>,
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

/// `POST /api/v1/admin/domains`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddDomain {
    /// The domain's name.
    pub name: String,
}

/// `POST /api/v1/admin/users`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddUser {
    /// The primary address.
    pub address: String,
    /// Further addresses of the same person.
    #[serde(default)]
    pub aliases: Vec<String>,
}

/// `PATCH /api/v1/admin/users/{id}`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeUser {
    /// A disabled person cannot enroll, and has no devices.
    pub disabled: bool,
}

/// `POST /api/v1/admin/links`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MakeLink {
    /// Where the link leads.
    pub destination: String,
    /// The address the message goes to.
    pub recipient: String,
    /// 1 to 3,650; 400 unless told otherwise.
    #[serde(default)]
    pub expires_in_days: Option<u16>,
}

/// 201 of a link.
#[derive(Debug, Serialize)]
pub struct LinkMade {
    /// To put into the message.
    pub url: String,
    /// The link's id.
    pub link_id: String,
    /// RFC 3339.
    pub expires_at: String,
}

/// A domain.
#[derive(Debug, Serialize)]
pub struct DomainRecord {
    /// Its name.
    pub name: String,
    /// RFC 3339.
    pub created_at: String,
}

/// A person.
#[derive(Debug, Serialize)]
pub struct UserRecord {
    /// Opaque.
    pub id: String,
    /// The primary address.
    pub address: String,
    /// Further addresses.
    pub aliases: Vec<String>,
    /// Cannot enroll.
    pub disabled: bool,
    /// RFC 3339; devices enrolled until then are dead.
    pub revoked_at: Option<String>,
    /// RFC 3339.
    pub created_at: String,
}

/// A device in a list.
#[derive(Debug, Serialize)]
pub struct DeviceRecord {
    /// Opaque.
    pub id: String,
    /// As the person called it.
    pub name: Option<String>,
    /// As the browser called itself when it enrolled.
    pub browser: String,
    /// `none` or `key`.
    pub binding: String,
    /// Ends with the browser session.
    pub session: bool,
    /// RFC 3339.
    pub enrolled_at: String,
    /// A UTC day.
    pub last_used_on: String,
    /// RFC 3339; by the latest report.
    pub expires_at: String,
    /// By an administrator or the person.
    pub revoked: bool,
}

/// What a revocation answers.
#[derive(Debug, Serialize)]
pub struct Revoked {
    /// How many devices were alive before.
    pub revoked_devices: u64,
    /// RFC 3339; the click path obeys by then.
    pub effective_by: String,
}

/// A click in a list.
#[derive(Debug, Serialize)]
pub struct InteractionRecord {
    /// Grows with each.
    pub seq: u64,
    /// RFC 3339.
    pub at: String,
    /// The link.
    pub link_id: String,
    /// Where it leads.
    pub destination: String,
    /// Who clicked.
    pub user: Option<String>,
    /// Their primary address.
    pub address: Option<String>,
    /// With which device.
    pub device: Option<String>,
    /// Whom the message was sent to.
    pub recipient: String,
    /// `enrolled` or `unidentified`.
    pub verdict: String,
}

/// An audit event in a list.
#[derive(Debug, Serialize)]
pub struct EventRecord {
    /// Grows with each.
    pub seq: u64,
    /// RFC 3339.
    pub at: String,
    /// `administrator`, `person` or `system`.
    pub actor: String,
    /// What was done, a stable name.
    pub action: String,
    /// To whom or what.
    pub subject: String,
    /// More, as text.
    pub detail: String,
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

/// `GET /api/v1/admin/domains`.
#[derive(Debug, Serialize)]
pub struct DomainList {
    /// By name.
    pub domains: Vec<DomainRecord>,
}

/// `GET /api/v1/admin/users`.
#[derive(Debug, Serialize)]
pub struct UserList {
    /// By primary address.
    pub users: Vec<UserRecord>,
    /// The `after` of the next page, if there is one.
    pub next: Option<String>,
}

/// `GET /api/v1/admin/users/{id}/devices`.
#[derive(Debug, Serialize)]
pub struct DeviceList {
    /// The latest first.
    pub devices: Vec<DeviceRecord>,
}

/// `GET /api/v1/admin/interactions`.
#[derive(Debug, Serialize)]
pub struct InteractionList {
    /// The newest first.
    pub interactions: Vec<InteractionRecord>,
    /// How many older ones are gone.
    pub dropped: u64,
}

/// `GET /api/v1/admin/audit`.
#[derive(Debug, Serialize)]
pub struct EventList {
    /// The newest first.
    pub events: Vec<EventRecord>,
}
