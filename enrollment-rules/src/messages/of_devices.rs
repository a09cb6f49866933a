//! Bodies of what a person's own browser asks: this device, its proof, and all of the person's devices.

use serde::{Deserialize, Serialize};

use crate::my_devices::Change;

/// `GET /api/v1/device`.
#[derive(Debug, Serialize)]
pub struct ThisDevice {
    /// The device's id.
    pub device_id: String,
    /// `none` or `key`.
    pub binding: &'static str,
    /// RFC 3339.
    pub enrolled_at: String,
    /// RFC 3339.
    pub expires_at: String,
    /// Whether it ends with the browser session.
    pub session: bool,
}

/// `POST /api/v1/device/challenge`.
#[derive(Debug, Serialize)]
pub struct ChallengeMade {
    /// To sign within a minute.
    pub challenge: String,
}

/// `POST /api/v1/device/prove`. Origin and key are asked for although the signature covers them, so that a refusal can say what
/// is wrong.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProveDevice {
    /// The page's own origin.
    pub origin: String,
    /// The public half of the key that signed, 32 bytes in base64url.
    pub device_key: String,
    /// The challenge that was signed.
    pub challenge: String,
    /// The kept token that was signed with it.
    pub device_token: String,
    /// See [`device_token::proof_message`]; 64 bytes in base64url.
    pub signature: String,
    /// Whether the person pressed something on our page.
    #[serde(default)]
    pub pressed: bool,
    /// Where to go on afterwards, a path on this origin.
    #[serde(default)]
    pub to: Option<String>,
}

/// 200 of a proof.
#[derive(Debug, Serialize)]
pub struct DeviceProved {
    /// In place of the one that was kept.
    pub device_token: String,
    /// RFC 3339.
    pub expires_at: String,
    /// Where to go on.
    pub to: String,
}

/// Where to go on: asked for in `POST /api/v1/device/press`, and its 200.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GoOn {
    /// A path on this origin.
    #[serde(default)]
    pub to: Option<String>,
}

/// One of a person's own devices.
#[derive(Debug, Serialize)]
pub struct MyDevice {
    /// Opaque.
    pub id: String,
    /// Whether it is the one that asks.
    pub this: bool,
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
}

/// `GET /api/v1/devices`.
#[derive(Debug, Serialize)]
pub struct MyDevices {
    /// The person's primary address, masked: whoever copied a cookie need not learn it.
    pub address_masked: String,
    /// What a change needs now.
    pub change: Change,
    /// Those that are alive: this one first, then the latest used.
    pub devices: Vec<MyDevice>,
}

/// `PATCH /api/v1/devices/{id}`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RenameDevice {
    /// What to call it; `null` for nothing. It has to be there: a body that says nothing takes no name away.
    #[serde(deserialize_with = "Option::deserialize")]
    pub name: Option<String>,
}

/// `POST /api/v1/devices/code/confirm`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfirmCode {
    /// The code, as typed.
    pub code: String,
}
