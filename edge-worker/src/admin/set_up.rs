//! Set-up addresses: the way to the first passkey.

use enrollment_rules::address::Address;
use enrollment_rules::keyed_hash::Purpose;
use enrollment_rules::messages::of_administration::{DoSetUp, LookAtSetUp, SetUpSeen};
use enrollment_rules::passkey::{Asked, Ceremony};
use enrollment_rules::set_up::{self, SetUp};
use worker::Response;

use super::{access, passkeys, source};
use crate::account::{AccountRefusal, Message, SetUpBy, SetUpFor, SetUpUsed};
use crate::enrollments::{json, passed_on};
use crate::failure::Failure;
use crate::incoming::Incoming;

fn read(incoming: &Incoming, token: &str) -> Result<SetUp, Failure> {
    let found = set_up::read(token, &incoming.account.audience.issuer, incoming.config.admin_link_key()?);
    found.ok_or(AccountRefusal::SetUp(set_up::Refusal::Invalid).into())
}

fn asked<'a>(incoming: &'a Incoming, set_up: &'a SetUp) -> Asked<'a> {
    Asked { origin: &incoming.account.audience.issuer, ceremony: Ceremony::SetUp, subject: &set_up.id }
}

/// What an address is for, and what to make a passkey with.
pub(super) async fn challenge(incoming: &mut Incoming) -> Result<Response, Failure> {
    let LookAtSetUp { token } = incoming.body().await?;
    let set_up = read(incoming, &token)?;
    let SetUpFor { name, address } =
        incoming.account_object().ask(&Message::LookAtSetUp(set_up.clone())).await?;
    let access = incoming.account.access.is_some();
    let asked = asked(incoming, &set_up);
    let options = if access {
        None
    } else {
        // Who it will be is told only now to the page; authenticators show these two to the person alone.
        let shown = address.as_deref().unwrap_or(&incoming.account.name);
        let display = name.as_ref().map_or("Administrator", |name| name.as_str());
        let user = passkeys::credential_user(&set_up.id, shown, display);
        Some(passkeys::creation_options(incoming, &asked, user, Vec::new())?)
    };
    json(Response::builder(), &SetUpSeen { kind: set_up.kind.name(), name, address, access, options })
}

/// Makes an administrator, and signs them in.
pub(super) async fn set_up(incoming: &mut Incoming) -> Result<Response, Failure> {
    let DoSetUp { token, name, address, passkey_name, passkey } = incoming.body().await?;
    let set_up = read(incoming, &token)?;
    let address: Address = address.parse().map_err(|_| Failure::AddressInvalid)?;
    let source = source(incoming);
    if let Some(access) = &incoming.account.access {
        let identity = access::identity(incoming, access).await?;
        if identity.address != address {
            return Err(Failure::AddressInvalid);
        }
        let by = SetUpBy::Access { signed_in_at: identity.signed_in_at, expires_at: identity.expires_at };
        let used = SetUpUsed { set_up, name, address, source, by };
        let reply = incoming.account_object().ask_json(&Message::SetUp(Box::new(used))).await?;
        return Ok(passed_on(201, reply));
    }
    let passkey = passkey.ok_or_else(|| Failure::BodyInvalid {
        field: "passkey".to_owned(),
        detail: "missing field `passkey`".to_owned(),
    })?;
    let (answered, made) = passkeys::made(incoming, &passkey, &asked(incoming, &set_up))?;
    let secret = passkeys::new_session()?;
    let session = incoming.hash(Purpose::AdminSession, &secret);
    let by = SetUpBy::Passkey { name: passkey_name, answered, made, session };
    let used = SetUpUsed { set_up, name, address, source, by };
    let reply = incoming.account_object().ask_json(&Message::SetUp(Box::new(used))).await?;
    passkeys::signed_in(reply, &secret)
}
