//! `POST /api/v1/admin/links`.

use device_token::{Destination, Link, LinkClaims, LinkId, LinkParts, RecipientId, UserId};
use enrollment_rules::address::Address;
use enrollment_rules::keyed_hash::Purpose;
use enrollment_rules::messages::{LinkMade, MakeLink};
use enrollment_rules::time_text::{DAY_SECONDS, rfc3339};
use worker::Response;

use super::Desk;
use crate::account::{Directory, Order};
use crate::enrollments::json;
use crate::entropy;
use crate::failure::Failure;
use crate::incoming::now;

/// How long a link is good unless told otherwise, and at most, in days.
const LINK_DAYS: u16 = 400;
const MAX_LINK_DAYS: u16 = 3_650;

/// Signs a new one.
pub(super) async fn make(desk: &mut Desk) -> Result<Response, Failure> {
    let body: MakeLink = desk.incoming.body().await?;
    let days = body.expires_in_days.unwrap_or(LINK_DAYS);
    if !(1..=MAX_LINK_DAYS).contains(&days) {
        return Err(Failure::BodyInvalid {
            field: "expires_in_days".to_owned(),
            detail: "1 to 3650 days".to_owned(),
        });
    }
    let destination =
        Destination::parse(&body.destination).map_err(|error| Failure::DestinationInvalid(error.code()))?;
    let recipient: Address = body.recipient.parse().map_err(|_| Failure::AddressInvalid)?;
    let user: Option<UserId> = desk.ask(Directory::Recipient(recipient.clone()).into()).await?;
    let incoming = &desk.incoming;
    let link = LinkId::from_bytes(entropy::bytes()?);
    let issued_at = now();
    let expires_at = issued_at.plus_seconds(u64::from(days).saturating_mul(DAY_SECONDS));
    let audience = &incoming.account.audience;
    let claims = LinkClaims::new(LinkParts {
        issuer: audience.issuer.clone(),
        account: audience.account.clone(),
        link,
        issued_at,
        expires_at,
        destination,
        // Whoever is not in the directory is still told apart, but not named.
        recipient: match user {
            Some(user) => RecipientId::from_bytes(*user.as_bytes()),
            None => {
                RecipientId::from_bytes(incoming.hash(Purpose::Recipient, &recipient.key()).first_16_bytes())
            }
        },
    })
    .map_err(|_| Failure::Internal("a link"))?;
    let made =
        Order::LinkMade { link: link.to_string(), destination_host: claims.destination().host().to_owned() };
    desk.ask_json(made).await?;
    let token = incoming.config.link_keys.sign::<Link>(&claims);
    let made = LinkMade {
        url: format!("{}/s/{token}", audience.issuer.as_str()),
        link_id: link.to_string(),
        expires_at: rfc3339(expires_at),
    };
    json(Response::builder().with_status(201), &made)
}
