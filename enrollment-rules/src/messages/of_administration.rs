//! Bodies of what administrators' sessions, passkeys, set-up addresses and API tokens are about.

use serde::{Deserialize, Serialize};

use crate::administration::{Name, Role, Scope};

/// A passkey that was made, as `navigator.credentials.create()` gives it; binary values in base64url.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PasskeyMade {
    /// The credential's id.
    pub id: String,
    /// `response.getAuthenticatorData()`.
    pub authenticator_data: String,
    /// `response.clientDataJSON`.
    pub client_data: String,
}

/// A passkey that was used, as `navigator.credentials.get()` gives it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PasskeyUsed {
    /// The credential's id.
    pub id: String,
    /// `response.authenticatorData`.
    pub authenticator_data: String,
    /// `response.clientDataJSON`.
    pub client_data: String,
    /// `response.signature`.
    pub signature: String,
}

/// `POST /api/v1/admin/session`, and of a touch.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// The answer to the challenge.
    pub passkey: PasskeyUsed,
}

/// `POST /api/v1/admin/session/passkeys`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddPasskey {
    /// What to call it.
    pub name: Name,
    /// The answer to the challenge.
    pub passkey: PasskeyMade,
}

/// `POST /api/v1/admin/set-up/challenge`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LookAtSetUp {
    /// From the fragment of the address.
    pub token: String,
}

/// `POST /api/v1/admin/set-up`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DoSetUp {
    /// From the fragment of the address.
    pub token: String,
    /// The administrator's name.
    pub name: Name,
    /// Their mail address.
    pub address: String,
    /// What to call the passkey.
    #[serde(default)]
    pub passkey_name: Option<Name>,
    /// The answer to the challenge; none where Access is in charge.
    #[serde(default)]
    pub passkey: Option<PasskeyMade>,
}

/// `POST /api/v1/admin/administrators`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InviteAdministrator {
    /// Their name.
    pub name: Name,
    /// Their mail address.
    pub address: String,
    /// What they may do.
    pub role: Role,
}

/// `PATCH /api/v1/admin/administrators/{id}`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChangeAdministrator {
    /// Their name.
    #[serde(default)]
    pub name: Option<Name>,
    /// What they may do.
    #[serde(default)]
    pub role: Option<Role>,
}

/// `POST /api/v1/admin/tokens`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MakeToken {
    /// What to call it.
    pub name: Name,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// 1 to 365.
    pub expires_in_days: u64,
}

/// An administrator, as their own session shows them.
#[derive(Debug, Serialize, Deserialize)]
pub struct Myself {
    /// Opaque.
    pub id: String,
    /// Their name.
    pub name: Name,
    /// Their mail address.
    pub address: String,
    /// What they may do.
    pub role: Role,
}

/// A session.
#[derive(Debug, Serialize, Deserialize)]
pub struct SessionRecord {
    /// Whose.
    pub administrator: Myself,
    /// `passkey` or `access`.
    pub by: String,
    /// What people call the account.
    pub account_name: String,
    /// RFC 3339; at the latest.
    pub ends_at: String,
    /// Without a request it ends after this long.
    pub idle_seconds: u64,
    /// RFC 3339; until then what takes a touch may be done.
    pub touched_until: Option<String>,
}

/// A passkey in a list.
#[derive(Debug, Serialize, Deserialize)]
pub struct PasskeyRecord {
    /// The credential's id.
    pub id: String,
    /// As its owner calls it.
    pub name: Name,
    /// RFC 3339.
    pub created_at: String,
    /// RFC 3339.
    pub last_used_at: String,
    /// The session was begun with it.
    pub current: bool,
}

/// `GET /api/v1/admin/session/passkeys`.
#[derive(Debug, Serialize, Deserialize)]
pub struct PasskeyList {
    /// The oldest first.
    pub passkeys: Vec<PasskeyRecord>,
}

/// An administrator in a list.
#[derive(Debug, Serialize)]
pub struct AdministratorRecord {
    /// Opaque.
    pub id: String,
    /// Their name.
    pub name: Name,
    /// Their mail address.
    pub address: String,
    /// What they may do.
    pub role: Role,
    /// How many they have.
    pub passkeys: u64,
    /// RFC 3339.
    pub last_seen_at: Option<String>,
    /// RFC 3339.
    pub created_at: String,
    /// RFC 3339; where an invitation is open.
    pub invited_until: Option<String>,
}

/// `GET /api/v1/admin/administrators`.
#[derive(Debug, Serialize)]
pub struct AdministratorList {
    /// By name.
    pub administrators: Vec<AdministratorRecord>,
}

/// 201 of an invitation.
#[derive(Debug, Serialize)]
pub struct Invited {
    /// Who.
    pub administrator: AdministratorRecord,
    /// The set-up address to hand over.
    pub url: String,
    /// RFC 3339.
    pub expires_at: String,
}

/// An API token in a list.
#[derive(Debug, Serialize)]
pub struct TokenRecord {
    /// Opaque.
    pub id: String,
    /// As it is called.
    pub name: Name,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// The name of who made it.
    pub created_by: String,
    /// RFC 3339.
    pub created_at: String,
    /// RFC 3339.
    pub expires_at: String,
    /// A UTC day.
    pub last_used_on: Option<String>,
}

/// `GET /api/v1/admin/tokens`.
#[derive(Debug, Serialize)]
pub struct TokenList {
    /// The newest first.
    pub tokens: Vec<TokenRecord>,
}

/// Options for `navigator.credentials.get()`, in the JSON form of the standard.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestOptions<'a> {
    /// In base64url.
    pub challenge: String,
    /// The relying party.
    pub rp_id: &'a str,
    /// In milliseconds.
    pub timeout: u64,
    /// `required`.
    pub user_verification: &'static str,
    /// Which passkeys; empty for any.
    pub allow_credentials: Vec<CredentialDescriptor>,
}

/// A passkey among options.
#[derive(Debug, Serialize)]
pub struct CredentialDescriptor {
    /// `public-key`.
    pub r#type: &'static str,
    /// In base64url.
    pub id: String,
}

/// Options for `navigator.credentials.create()`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreationOptions<'a> {
    /// In base64url.
    pub challenge: String,
    /// The relying party.
    pub rp: RelyingParty<'a>,
    /// Whose it will be.
    pub user: CredentialUser,
    /// The kinds of keys taken, the preferred first.
    pub pub_key_cred_params: Vec<KeyKind>,
    /// In milliseconds.
    pub timeout: u64,
    /// Discoverable, with user verification.
    pub authenticator_selection: AuthenticatorSelection,
    /// `none`.
    pub attestation: &'static str,
    /// Those that there are already.
    pub exclude_credentials: Vec<CredentialDescriptor>,
}

/// The relying party among options.
#[derive(Debug, Serialize)]
pub struct RelyingParty<'a> {
    /// The host.
    pub id: &'a str,
    /// The account's name.
    pub name: &'a str,
}

/// The administrator among options.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CredentialUser {
    /// In base64url.
    pub id: String,
    /// What tells two of them apart.
    pub name: String,
    /// What people call them.
    pub display_name: String,
}

/// A kind of key among options.
#[derive(Debug, Serialize)]
pub struct KeyKind {
    /// `public-key`.
    pub r#type: &'static str,
    /// COSE's number.
    pub alg: i32,
}

/// What is asked of authenticators.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthenticatorSelection {
    /// `required`.
    pub resident_key: &'static str,
    /// For browsers that do not know the other.
    pub require_resident_key: bool,
    /// `required`.
    pub user_verification: &'static str,
}

/// 200 of `POST /api/v1/admin/set-up/challenge`.
#[derive(Debug, Serialize)]
pub struct SetUpSeen<'a> {
    /// `first`, `recover` or `invitation`.
    pub kind: &'static str,
    /// Of an invitation.
    pub name: Option<Name>,
    /// Of an invitation.
    pub address: Option<String>,
    /// Access is in charge.
    pub access: bool,
    /// What to create a passkey with.
    pub options: Option<CreationOptions<'a>>,
}
