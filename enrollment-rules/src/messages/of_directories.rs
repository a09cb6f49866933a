//! Bodies of the administration's settings, directories, revocations and links.

use serde::{Deserialize, Serialize};

use super::{given, present};
use crate::settings::Settings;
use crate::settings_change::Warning;

/// `PATCH /api/v1/admin/settings`. Numbers are read wide, so that one out of bounds is refused by the setting's name.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SettingsPatch {
    /// See [`Settings::authentication_enabled`].
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub authentication_enabled: Option<bool>,
    /// See [`Settings::authentication_duration_days`].
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub authentication_duration_days: Option<i64>,
    /// See [`Settings::renew_after_seconds`].
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub renew_after_seconds: Option<i64>,
    /// See [`Settings::absolute_days`]; `null` takes it back.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub absolute_days: Option<Option<i64>>,
    /// See [`Settings::proof_interval_hours`].
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub proof_interval_hours: Option<i64>,
    /// See [`Settings::bound_devices_only`].
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub bound_devices_only: Option<bool>,
    /// See [`Settings::enrollments_per_network_hour`].
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub enrollments_per_network_hour: Option<i64>,
    /// See [`Settings::private_windows`].
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub private_windows: Option<String>,
    /// See [`Settings::notification_postmaster_address`]; `null` takes it back.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub notification_postmaster_address: Option<Option<String>>,
    /// See [`Settings::who_may_enroll`].
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub who_may_enroll: Option<String>,
    /// See [`Settings::listed_domains`].
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub listed_domains: Option<Vec<String>>,
    /// See [`Settings::revocation_notices`].
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub revocation_notices: Option<bool>,
    /// See [`Settings::help_address`]; `null` takes it back.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub help_address: Option<Option<String>>,
    /// See [`Settings::user_awareness_enabled`].
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub user_awareness_enabled: Option<bool>,
    /// See [`Settings::user_awareness_percent`].
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub user_awareness_percent: Option<i64>,
    /// See [`Settings::revocation`].
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub revocation: Option<String>,
    /// See [`Settings::when_unsure`].
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "given")]
    pub when_unsure: Option<String>,
    /// The codes of the warnings that were read.
    pub confirm: Vec<String>,
    /// Only tell what would be.
    pub dry_run: bool,
}

/// 200 of the settings.
#[derive(Debug, Serialize)]
pub struct SettingsRecord<'a> {
    /// All of them.
    #[serde(flatten)]
    pub settings: &'a Settings,
    /// Those that hold, or that a change brings.
    pub warnings: Vec<Warning>,
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
    /// A disabled person cannot enroll, and has no devices.
    #[serde(default)]
    pub disabled: bool,
}

/// `PATCH /api/v1/admin/users/{id}`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeUser {
    /// The primary address.
    #[serde(default, deserialize_with = "given")]
    pub address: Option<String>,
    /// All further addresses.
    #[serde(default, deserialize_with = "given")]
    pub aliases: Option<Vec<String>>,
    /// A disabled person cannot enroll, and has no devices.
    #[serde(default, deserialize_with = "given")]
    pub disabled: Option<bool>,
}

/// `POST /api/v1/admin/revocations`: exactly one of the first four.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revoke {
    /// Ids of devices.
    #[serde(default, deserialize_with = "given")]
    pub devices: Option<Vec<String>>,
    /// Ids of people.
    #[serde(default, deserialize_with = "given")]
    pub users: Option<Vec<String>>,
    /// The name of a domain: whoever has their primary address there.
    #[serde(default, deserialize_with = "given")]
    pub domain: Option<String>,
    /// The whole account: `true`.
    #[serde(default, deserialize_with = "given")]
    pub everyone: Option<bool>,
    /// Only count.
    #[serde(default)]
    pub dry_run: bool,
}

/// What a revocation answers.
#[derive(Debug, Serialize)]
pub struct Revoked {
    /// How many devices were alive before.
    pub revoked_devices: u64,
    /// Whose they were; not told to the people themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked_people: Option<u64>,
    /// RFC 3339; the click path obeys by then as a rule. `null` where nothing was done.
    pub effective_by: Option<String>,
    /// RFC 3339; from then on no copy is trusted that does not know of it. `null` where nothing was done.
    pub certain_by: Option<String>,
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
    /// How many have their primary address there.
    pub people: u64,
    /// How many devices of theirs are enrolled.
    pub devices: u64,
}

/// `GET /api/v1/admin/domains`.
#[derive(Debug, Serialize)]
pub struct DomainList {
    /// By name.
    pub domains: Vec<DomainRecord>,
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
    /// How many devices are enrolled.
    pub devices: u64,
    /// RFC 3339; devices enrolled until then are dead.
    pub revoked_at: Option<String>,
    /// RFC 3339.
    pub created_at: String,
}

/// `GET /api/v1/admin/users`.
#[derive(Debug, Serialize)]
pub struct UserList {
    /// By primary address.
    pub users: Vec<UserRecord>,
    /// The `after` of the next page, if there is one.
    pub next: Option<String>,
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
    pub binding: &'static str,
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

/// `GET /api/v1/admin/users/{id}/devices`.
#[derive(Debug, Serialize)]
pub struct DeviceList {
    /// The latest enrolled first.
    pub devices: Vec<DeviceRecord>,
    /// The `after` of the next page, if there is one.
    pub next: Option<String>,
}

/// `GET /api/v1/admin/overview`.
#[derive(Debug, Serialize)]
pub struct Overview {
    /// How many there are.
    pub people: u64,
    /// How many of them have a device that is enrolled.
    pub people_enrolled: u64,
    /// How many devices are enrolled.
    pub devices: u64,
    /// See [`Settings::authentication_enabled`].
    pub authentication_enabled: bool,
    /// Whether the mail server took part the last time.
    pub mail_working: bool,
    /// Those of the settings that hold.
    pub warnings: Vec<Warning>,
}
