//! `POST /api/v1/device/challenge` and `…/prove`: a device shows that it is the one that was enrolled. `…/press`: its person shows
//! that there is one. `…/unproven`: the page says that it has nothing to prove with.

use device_token::{Binding, Challenge, ChallengeClaims, ChallengeId, ChallengeParts};
use enrollment_rules::admission;
use enrollment_rules::messages::{ChallengeMade, DeviceProved, GoOn, Nothing, ProveDevice};
use enrollment_rules::my_devices::{self, Caller};
use enrollment_rules::proof;
use worker::{Response, ResponseBuilder};

use crate::account::{Message, Proved};
use crate::enrollments::{json, return_path};
use crate::failure::Failure;
use crate::incoming::{Incoming, now};
use crate::{cookies, entropy, gate, pages};

/// Something to sign.
pub(crate) async fn challenge(incoming: &mut Incoming) -> Result<Response, Failure> {
    let Nothing {} = incoming.body().await?;
    let audience = &incoming.account.audience;
    let issued_at = now();
    let claims = ChallengeClaims::new(ChallengeParts {
        issuer: audience.issuer.clone(),
        account: audience.account.clone(),
        challenge: ChallengeId::from_bytes(entropy::bytes()?),
        issued_at,
        expires_at: issued_at.plus_seconds(incoming.config.bounds.challenge_seconds),
    })
    .map_err(|_| Failure::Internal("a challenge"))?;
    let challenge = incoming.config.device_keys.sign::<Challenge>(&claims);
    json(Response::builder(), &ChallengeMade { challenge })
}

/// The signature, and for it a fresh cookie and a fresh token.
pub(crate) async fn prove(incoming: &mut Incoming) -> Result<Response, Failure> {
    let offered: ProveDevice = incoming.body().await?;
    let to = return_path(incoming, offered.to.as_deref())?;
    // The account object looks at it again, beside the record. What is nobody's does not get there: anybody can send it.
    let keys = incoming.config.device_keys.verifying();
    if let Err(refused) = proof::examine(&offered, keys, &incoming.account.audience)
        && refused.device.is_none()
    {
        return Err(refused.why.into());
    }
    let proved: Proved = incoming.account_object().ask(&Message::Prove(offered)).await?;
    let to = if proved.press_due { to.through_proof(true) } else { to.after_enrolling() };
    let answer = DeviceProved { device_token: proved.device_token, expires_at: proved.expires_at, to };
    let response = json(Response::builder(), &answer)?;
    let cookie = cookies::device(&proved.device_cookie, Some(proved.max_age_seconds));
    pages::set_cookie(response.headers(), &cookie)?;
    Ok(response)
}

/// The person pressed a button of ours; a device with a key says so with its next proof instead.
pub(crate) async fn press(incoming: &mut Incoming) -> Result<Response, Failure> {
    let GoOn { to } = incoming.body().await?;
    let to = return_path(incoming, to.as_deref())?.after_enrolling();
    let (statement, settings) = gate::statement(incoming).await?;
    my_devices::is_without_key(&Caller::from(&statement))?;
    let statement = admission::pressed(&statement, &settings, now());
    let response = json(Response::builder(), &GoOn { to: Some(to) })?;
    gate::report(incoming, &statement);
    pages::set_cookie(response.headers(), &gate::cookie(incoming, &statement))?;
    Ok(response)
}

/// This browser brings the cookie of a device with a key, and has no key or no token to prove it with.
pub(crate) async fn unproven(incoming: &mut Incoming) -> Result<Response, Failure> {
    let Nothing {} = incoming.body().await?;
    if let Some(statement) = gate::presented(incoming)?
        && statement.binding() != Binding::None
    {
        let message = Message::Unproven { device: statement.device(), user: statement.user() };
        incoming.account_object().ask::<()>(&message).await?;
    }
    Ok(ResponseBuilder::new().with_status(204).empty())
}
