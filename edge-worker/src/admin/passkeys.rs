//! Signing in and touching with passkeys, and making them.

use base64ct::{Base64UrlUnpadded, Encoding};
use enrollment_rules::keyed_hash::Purpose;
use enrollment_rules::messages::Nothing;
use enrollment_rules::messages::of_administration::{
    AddPasskey, AuthenticatorSelection, CreationOptions, CredentialDescriptor, CredentialUser, KeyKind,
    PasskeyList, PasskeyMade, PasskeyUsed, RelyingParty, RequestOptions, SessionRecord, SignIn,
};
use enrollment_rules::passkey::{
    self, ALGORITHMS, Answered, Asked, Ceremony, ClientData, PublicKey, Refusal,
};
use worker::Response;

use super::{Desk, no_content, source};
use crate::account::{AccountRefusal, Credential, Message, NewPasskey, Order, SignedIn};
use crate::cookies;
use crate::enrollments::{json, passed_on};
use crate::entropy;
use crate::failure::Failure;
use crate::incoming::{Incoming, now};
use crate::pages::set_cookie;
use crate::web_crypto;

/// A challenge, as it stands among options: base64url of it.
fn challenge(incoming: &Incoming, asked: &Asked<'_>) -> Result<String, Failure> {
    let config = &incoming.config;
    let text = asked.challenge(entropy::bytes()?, &config.hash_key, &config.bounds, now());
    Ok(Base64UrlUnpadded::encode_string(text.as_bytes()))
}

fn asked<'a>(incoming: &'a Incoming, ceremony: Ceremony, subject: &'a str) -> Asked<'a> {
    Asked { origin: &incoming.account.audience.issuer, ceremony, subject }
}

fn milliseconds(incoming: &Incoming) -> u64 {
    incoming.config.bounds.passkey_challenge_seconds.saturating_mul(1_000)
}

fn descriptors(passkeys: PasskeyList) -> Vec<CredentialDescriptor> {
    let all = passkeys.passkeys.into_iter();
    all.map(|one| CredentialDescriptor { r#type: "public-key", id: one.id }).collect()
}

fn request_options(
    incoming: &Incoming,
    asked: &Asked<'_>,
    allow_credentials: Vec<CredentialDescriptor>,
) -> Result<Response, Failure> {
    let options = RequestOptions {
        challenge: challenge(incoming, asked)?,
        rp_id: asked.relying_party_id(),
        timeout: milliseconds(incoming),
        user_verification: "required",
        allow_credentials,
    };
    json(Response::builder(), &options)
}

/// What a passkey for somebody is to be made with.
pub(super) fn creation_options<'a>(
    incoming: &'a Incoming,
    asked: &'a Asked<'a>,
    user: CredentialUser,
    exclude_credentials: Vec<CredentialDescriptor>,
) -> Result<CreationOptions<'a>, Failure> {
    Ok(CreationOptions {
        challenge: challenge(incoming, asked)?,
        rp: RelyingParty { id: asked.relying_party_id(), name: &incoming.account.name },
        user,
        pub_key_cred_params: ALGORITHMS.map(|alg| KeyKind { r#type: "public-key", alg }).into(),
        timeout: milliseconds(incoming),
        authenticator_selection: AuthenticatorSelection {
            resident_key: "required",
            require_resident_key: true,
            user_verification: "required",
        },
        attestation: "none",
        exclude_credentials,
    })
}

fn decoded(text: &str, refusal: Refusal) -> Result<Vec<u8>, Failure> {
    Base64UrlUnpadded::decode_vec(text).map_err(|_| refusal.into())
}

/// Reads and checks what the browser says of the page.
fn client_data(incoming: &Incoming, text: &str, asked: &Asked<'_>) -> Result<(Vec<u8>, Answered), Failure> {
    let bytes = decoded(text, Refusal::ClientData)?;
    let data: ClientData = serde_json::from_slice(&bytes).map_err(|_| Refusal::ClientData)?;
    let challenge = decoded(&data.challenge, Refusal::Challenge)?;
    let answered = data.check(asked, &challenge, &incoming.config.hash_key, now())?;
    Ok((bytes, answered))
}

/// Checks a passkey that was made.
pub(super) fn made(
    incoming: &Incoming,
    given: &PasskeyMade,
    asked: &Asked<'_>,
) -> Result<(Answered, NewPasskey), Failure> {
    let (_, answered) = client_data(incoming, &given.client_data, asked)?;
    let data = decoded(&given.authenticator_data, Refusal::AuthenticatorData)?;
    let made = passkey::made(&data, asked)?;
    if decoded(&given.id, Refusal::AuthenticatorData)? != made.credential_id {
        return Err(Refusal::AuthenticatorData.into());
    }
    Ok((answered, NewPasskey { id: given.id.clone(), key: made.key, counter: made.counter }))
}

/// Checks a passkey that was used, signature and all.
async fn used(
    incoming: &Incoming,
    given: &PasskeyUsed,
    asked: &Asked<'_>,
) -> Result<(Answered, u32), Failure> {
    let (client_data, answered) = client_data(incoming, &given.client_data, asked)?;
    let key: PublicKey = incoming.account_object().ask(&Message::PasskeyKey(given.id.clone())).await?;
    let data = decoded(&given.authenticator_data, Refusal::AuthenticatorData)?;
    let signature = decoded(&given.signature, Refusal::Signature)?;
    let used = passkey::used(&data, &client_data, &signature, &key, asked)?;
    if !web_crypto::verify(&key, &used.signature, &used.message).await? {
        return Err(Refusal::Signature.into());
    }
    Ok((answered, used.counter))
}

/// Passkeys sign nobody in where Access does.
fn refuse_with_access(incoming: &Incoming) -> Result<(), Failure> {
    if incoming.account.access.is_some() { Err(AccountRefusal::AccessInCharge.into()) } else { Ok(()) }
}

pub(super) async fn sign_in_challenge(incoming: &mut Incoming) -> Result<Response, Failure> {
    refuse_with_access(incoming)?;
    let Nothing {} = incoming.body().await?;
    request_options(incoming, &asked(incoming, Ceremony::SignIn, ""), Vec::new())
}

pub(super) async fn sign_in(incoming: &mut Incoming) -> Result<Response, Failure> {
    refuse_with_access(incoming)?;
    let SignIn { passkey } = incoming.body().await?;
    let (answered, counter) = used(incoming, &passkey, &asked(incoming, Ceremony::SignIn, "")).await?;
    let secret = new_session()?;
    let message = Message::SignIn(SignedIn {
        credential_id: passkey.id,
        answered,
        counter,
        session: incoming.hash(Purpose::AdminSession, &secret),
        source: source(incoming),
    });
    let reply = incoming.account_object().ask_json(&message).await?;
    signed_in(reply, &secret)
}

/// What a session's cookie holds: 32 random bytes.
pub(super) fn new_session() -> Result<String, Failure> {
    let secret: [u8; 32] = entropy::bytes()?;
    Ok(Base64UrlUnpadded::encode_string(&secret))
}

/// The answer that begins a session.
pub(super) fn signed_in(record: String, secret: &str) -> Result<Response, Failure> {
    let response = passed_on(201, record);
    set_cookie(response.headers(), &cookies::admin(secret))?;
    Ok(response)
}

pub(super) async fn sign_out(incoming: &Incoming) -> Result<Response, Failure> {
    if let Some(cookie) = cookies::read(incoming.request.headers(), cookies::ADMIN)? {
        let session = incoming.hash(Purpose::AdminSession, &cookie);
        let message = Message::SignOutAdministrator { session, source: source(incoming) };
        incoming.account_object().ask_json(&message).await?;
    }
    let response = no_content();
    set_cookie(response.headers(), &cookies::expired(cookies::ADMIN))?;
    Ok(response)
}

/// What ties a challenge to a session.
fn subject(desk: &Desk) -> Result<String, Failure> {
    match &desk.credential {
        Credential::Session(digest) => Ok(digest.as_str().to_owned()),
        Credential::Access { .. } => Err(AccountRefusal::AccessInCharge.into()),
        // The account object says the same of them, in one place.
        Credential::Operator | Credential::Token(_) => Ok(String::new()),
    }
}

pub(super) async fn touch_challenge(desk: &mut Desk) -> Result<Response, Failure> {
    let Nothing {} = desk.incoming.body().await?;
    let subject = subject(desk)?;
    let passkeys: PasskeyList = desk.ask(Order::MyPasskeys).await?;
    request_options(&desk.incoming, &asked(&desk.incoming, Ceremony::Touch, &subject), descriptors(passkeys))
}

pub(super) async fn touch(desk: &mut Desk) -> Result<Response, Failure> {
    let SignIn { passkey } = desk.incoming.body().await?;
    let subject = subject(desk)?;
    // Whoever may not is told so before their passkey is looked at.
    let _: SessionRecord = desk.ask(Order::Session).await?;
    let (answered, counter) =
        used(&desk.incoming, &passkey, &asked(&desk.incoming, Ceremony::Touch, &subject)).await?;
    desk.pass(200, Order::Touch { credential_id: passkey.id, answered, counter }).await
}

pub(super) async fn creation_challenge(desk: &mut Desk) -> Result<Response, Failure> {
    let Nothing {} = desk.incoming.body().await?;
    let subject = subject(desk)?;
    let passkeys: PasskeyList = desk.ask(Order::MayAddPasskey).await?;
    let SessionRecord { administrator, .. } = desk.ask(Order::Session).await?;
    let user = credential_user(&administrator.id, &administrator.address, administrator.name.as_str());
    let asked = asked(&desk.incoming, Ceremony::Add, &subject);
    let options = creation_options(&desk.incoming, &asked, user, descriptors(passkeys))?;
    json(Response::builder(), &options)
}

/// An administrator, as authenticators are told of them.
pub(super) fn credential_user(id: &str, address: &str, name: &str) -> CredentialUser {
    CredentialUser {
        id: Base64UrlUnpadded::encode_string(id.as_bytes()),
        name: address.to_owned(),
        display_name: name.to_owned(),
    }
}

pub(super) async fn add(desk: &mut Desk) -> Result<Response, Failure> {
    let AddPasskey { name, passkey } = desk.incoming.body().await?;
    let subject = subject(desk)?;
    let _: PasskeyList = desk.ask(Order::MayAddPasskey).await?;
    let (answered, made) = made(&desk.incoming, &passkey, &asked(&desk.incoming, Ceremony::Add, &subject))?;
    desk.pass(201, Order::AddPasskey { name, answered, made }).await
}
