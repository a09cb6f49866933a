//! Administrators and API tokens.

use base64ct::{Base64UrlUnpadded, Encoding};
use enrollment_rules::address::Address;
use enrollment_rules::administration::API_TOKEN_PREFIX;
use enrollment_rules::keyed_hash::Purpose;
use enrollment_rules::messages::Nothing;
use enrollment_rules::messages::of_administration::{ChangeAdministrator, InviteAdministrator, MakeToken};
use enrollment_rules::set_up;
use worker::Response;

use super::Desk;
use crate::account::Order;
use crate::enrollments::passed_on;
use crate::entropy;
use crate::failure::Failure;

pub(super) async fn invite(desk: &mut Desk) -> Result<Response, Failure> {
    let InviteAdministrator { name, address, role } = desk.incoming.body().await?;
    let address: Address = address.parse().map_err(|_| Failure::AddressInvalid)?;
    let (id, invitation) = (set_up::id(entropy::bytes()?), set_up::id(entropy::bytes()?));
    desk.pass(201, Order::Invite { id, invitation, name, address, role }).await
}

pub(super) async fn invite_again(desk: &mut Desk, id: String) -> Result<Response, Failure> {
    let Nothing {} = desk.incoming.body().await?;
    let invitation = set_up::id(entropy::bytes()?);
    desk.pass(201, Order::InviteAgain { id, invitation }).await
}

pub(super) async fn change(desk: &mut Desk, id: String) -> Result<Response, Failure> {
    let ChangeAdministrator { name, role } = desk.incoming.body().await?;
    desk.pass(200, Order::ChangeAdministrator { id, name, role }).await
}

pub(super) async fn make_token(desk: &mut Desk) -> Result<Response, Failure> {
    let MakeToken { name, scopes, expires_in_days } = desk.incoming.body().await?;
    let secret: [u8; 32] = entropy::bytes()?;
    let token = format!("{API_TOKEN_PREFIX}{}", Base64UrlUnpadded::encode_string(&secret));
    let digest = desk.incoming.hash(Purpose::ApiToken, &token);
    let id = set_up::id(entropy::bytes()?);
    let record = desk.ask_json(Order::MakeToken { id, digest, name, scopes, expires_in_days }).await?;
    // Both are JSON already: the record as the account object wrote it, and a token has no character to escape.
    Ok(passed_on(201, format!("{{\"token\":\"{token}\",\"record\":{record}}}")))
}
