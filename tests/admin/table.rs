//! Every address of the administration, a well-formed request for it that does little, and who may make it. docs/API.md has the same
//! addresses.

use serde_json::{Value, json};

/// What is sent along.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Body {
    None,
    Json(Value),
    Csv(&'static str),
}

impl Body {
    pub(crate) fn as_text(&self) -> String {
        match self {
            Self::None => String::new(),
            Self::Json(body) => body.to_string(),
            Self::Csv(text) => (*text).to_owned(),
        }
    }
}

/// Who may.
#[expect(clippy::struct_excessive_bools, reason = "each is a column of the table")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct May {
    /// Takes no credential.
    pub(crate) open: bool,
    /// Is about the person who asks.
    pub(crate) personal: bool,
    /// Takes a touch.
    pub(crate) touch: bool,
    pub(crate) help_desk: bool,
    /// Any of them is enough.
    pub(crate) scopes: &'static [&'static str],
}

/// An address and a request for it.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) method: &'static str,
    /// As it is documented.
    pub(crate) path: &'static str,
    /// With names that nobody has.
    pub(crate) at: String,
    pub(crate) body: Body,
    pub(crate) may: May,
}

pub(crate) const SCOPES: [&str; 4] = ["read", "people", "revoke", "settings"];

const ADMINISTRATORS: May = May { open: false, personal: false, touch: false, help_desk: false, scopes: &[] };
const OPEN: May = May { open: true, help_desk: true, scopes: &SCOPES, ..ADMINISTRATORS };
const OWN: May = May { personal: true, help_desk: true, ..ADMINISTRATORS };
const OWN_TOUCHED: May = May { touch: true, ..OWN };
const TOUCHED: May = May { touch: true, ..ADMINISTRATORS };
const READ: May = May { scopes: &["read"], ..ADMINISTRATORS };
const LOOK_UP: May = May { help_desk: true, ..READ };
const PEOPLE: May = May { scopes: &["people"], ..ADMINISTRATORS };
const REVOKE: May = May { scopes: &["revoke"], ..ADMINISTRATORS };
const REVOKE_SOME: May = May { help_desk: true, ..REVOKE };
const SETTINGS: May = May { scopes: &["settings"], ..ADMINISTRATORS };
const LINKS: May = May { scopes: &["people", "settings"], ..ADMINISTRATORS };

fn row(method: &'static str, path: &'static str, body: Body, may: May) -> Row {
    let parts = path.split('/').map(|part| match part {
        "{n}" => "0",
        part if part.starts_with('{') => "nobody",
        part => part,
    });
    Row { method, path, at: parts.collect::<Vec<_>>().join("/"), body, may }
}

fn get(path: &'static str, query: &str, may: May) -> Row {
    let row = row("GET", path, Body::None, may);
    Row { at: format!("{}{query}", row.at), ..row }
}

fn post(path: &'static str, body: Value, may: May) -> Row {
    row("POST", path, Body::Json(body), may)
}

fn delete(path: &'static str, may: May) -> Row {
    row("DELETE", path, Body::None, may)
}

/// All of them.
pub(crate) fn rows() -> Vec<Row> {
    let made = json!({ "id": "", "authenticator_data": "", "client_data": "" });
    let used = json!({ "id": "", "authenticator_data": "", "client_data": "", "signature": "" });
    let passkey = json!({ "passkey": used });
    let nothing = || json!({});
    let set_up = json!({ "token": "x", "name": "x", "address": "x@example.com", "passkey": made });
    let somebody = json!({ "name": "x", "address": "somebody@example.net", "role": "help_desk" });
    let token = json!({ "name": "x", "scopes": ["read"], "expires_in_days": 1 });
    let link = json!({ "destination": "https://example.net/", "recipient": "somebody@example.com" });
    let patch = |body: Value| row("PATCH", "/settings", Body::Json(body), SETTINGS);
    vec![
        post("/session/challenge", nothing(), OPEN),
        post("/session", passkey.clone(), OPEN),
        get("/session", "", OWN),
        delete("/session", OPEN),
        post("/session/touch/challenge", nothing(), OWN),
        post("/session/touch", passkey, OWN),
        get("/session/passkeys", "", OWN),
        post("/session/passkeys/challenge", nothing(), OWN_TOUCHED),
        post("/session/passkeys", json!({ "name": "x", "passkey": made }), OWN_TOUCHED),
        delete("/session/passkeys/{id}", OWN_TOUCHED),
        post("/set-up/challenge", json!({ "token": "x" }), OPEN),
        post("/set-up", set_up, OPEN),
        get("/administrators", "", ADMINISTRATORS),
        post("/administrators", somebody, TOUCHED),
        post("/administrators/{id}/invitation", nothing(), TOUCHED),
        row("PATCH", "/administrators/{id}", Body::Json(json!({ "name": "x" })), TOUCHED),
        delete("/administrators/{id}", TOUCHED),
        get("/tokens", "", ADMINISTRATORS),
        post("/tokens", token, TOUCHED),
        delete("/tokens/{id}", TOUCHED),
        get("/settings", "", READ),
        patch(json!({ "renew_after_seconds": 3_600 })),
        patch(json!({ "authentication_enabled": false, "dry_run": true })),
        Row { may: TOUCHED, ..patch(json!({ "authentication_enabled": false })) },
        get("/domains", "", READ),
        post("/domains", json!({ "name": "authz.example" }), PEOPLE),
        delete("/domains/{name}", PEOPLE),
        get("/users", "", READ),
        get("/users", "?search=ab", READ),
        get("/users", "?search=%20%20%20", READ),
        get("/users", "?search=a%20%20", READ),
        get("/users", "?search=abc", LOOK_UP),
        post("/users", json!({ "address": "somebody@elsewhere.example" }), PEOPLE),
        get("/users/{id}", "", LOOK_UP),
        row("PATCH", "/users/{id}", Body::Json(json!({ "disabled": true })), PEOPLE),
        delete("/users/{id}", PEOPLE),
        get("/users/{id}/devices", "", LOOK_UP),
        get("/users/export", "", READ),
        post("/revocations", json!({ "users": ["nobody"] }), REVOKE_SOME),
        post("/revocations", json!({ "devices": ["nobody"] }), REVOKE_SOME),
        post("/revocations", json!({ "users": ["nobody"], "dry_run": true }), REVOKE_SOME),
        post("/revocations", json!({ "domain": "nobody.example" }), REVOKE),
        post("/revocations", json!({ "everyone": true }), TOUCHED),
        post("/revocations/republish", nothing(), REVOKE),
        get("/revocations/verify", "", READ),
        post("/imports", json!({ "bytes": 9 }), PEOPLE),
        row("PUT", "/imports/{id}/parts/{n}", Body::Csv("address\r\n"), PEOPLE),
        get("/imports/{id}", "", PEOPLE),
        get("/imports/{id}/lines", "", PEOPLE),
        post("/imports/{id}/apply", nothing(), PEOPLE),
        delete("/imports/{id}", PEOPLE),
        get("/audit", "", READ),
        get("/audit/export", "?format=csv", READ),
        get("/interactions", "", READ),
        get("/interactions/export", "?format=jsonl", READ),
        get("/overview", "", READ),
        post("/links", link, LINKS),
        get("/announcement", "?language=en", READ),
        get("/mail", "", READ),
        get("/mail/messages", "", READ),
        get("/mail/messages", "?user=nobody", LOOK_UP),
        post("/mail/test", json!({ "language": "en" }), May { personal: true, ..ADMINISTRATORS }),
        post("/announcement/test", json!({ "language": "en" }), May { personal: true, ..ADMINISTRATORS }),
    ]
}
