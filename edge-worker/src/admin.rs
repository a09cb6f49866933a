//! `/api/v1/admin/…`: settings, directories, people, devices, links, what was clicked and what was done.

use device_token::{Destination, Link, LinkClaims, LinkId, LinkParts, RecipientId, UserId};
use enrollment_rules::address::Address;
use enrollment_rules::keyed_hash::Purpose;
use enrollment_rules::messages::{
    AddDomain, AddUser, ChangeUser, LinkMade, MakeLink, Nothing, SettingsPatch,
};
use enrollment_rules::time_text::{DAY_SECONDS, rfc3339};
use worker::{Method, Response};

use crate::account::{Message, Page, UsersPage};
use crate::enrollments::{json, passed_on};
use crate::entropy;
use crate::failure::Failure;
use crate::incoming::{Incoming, now};

/// How long a link is good unless told otherwise, and at most, in days.
const LINK_DAYS: u16 = 400;
const MAX_LINK_DAYS: u16 = 3_650;
/// The length of a page of a list.
const PAGE: u16 = 50;
const MAX_PAGE: u16 = 200;

/// Answers an administrator, once the token is right.
pub(crate) async fn answer(mut incoming: Incoming, segments: &[&str]) -> Result<Response, Failure> {
    if !incoming.has_api_token() {
        return Err(Failure::Unauthorized);
    }
    let method = incoming.method.clone();
    if method != Method::Get {
        incoming.refuse_other_sites()?;
    }
    let (status, reply) = match (segments, &method) {
        (["settings"], Method::Get) => (200, ask(&incoming, Message::Settings).await?),
        (["settings"], Method::Patch) => {
            let patch: SettingsPatch = incoming.body().await?;
            (200, ask(&incoming, Message::PatchSettings(patch)).await?)
        }
        (["domains"], Method::Get) => (200, ask(&incoming, Message::Domains).await?),
        (["domains"], Method::Post) => {
            let AddDomain { name } = incoming.body().await?;
            (201, ask(&incoming, Message::AddDomain(name)).await?)
        }
        (["domains", name], Method::Delete) => {
            let message = Message::RemoveDomain((*name).to_owned());
            ask(&incoming, message).await?;
            return Ok(Response::builder().with_status(204).empty());
        }
        (["users"], Method::Get) => {
            let (domain, after) = (incoming.query("domain"), incoming.query("after"));
            let page = UsersPage { domain, after, limit: limit(&incoming)? };
            (200, ask(&incoming, Message::Users(page)).await?)
        }
        (["users"], Method::Post) => (201, add_user(&mut incoming).await?),
        (["users", id], Method::Get) => (200, ask(&incoming, Message::User((*id).to_owned())).await?),
        (["users", id], Method::Patch) => {
            let ChangeUser { disabled } = incoming.body().await?;
            (200, ask(&incoming, Message::ChangeUser { id: (*id).to_owned(), disabled }).await?)
        }
        (["users", id, "devices"], Method::Get) => {
            (200, ask(&incoming, Message::Devices((*id).to_owned())).await?)
        }
        (["users", id, "revoke"], Method::Post) => {
            let Nothing {} = incoming.body().await?;
            (200, ask(&incoming, Message::RevokeUser((*id).to_owned())).await?)
        }
        (["devices", id, "revoke"], Method::Post) => {
            let Nothing {} = incoming.body().await?;
            (200, ask(&incoming, Message::RevokeDevice((*id).to_owned())).await?)
        }
        (["links"], Method::Post) => return make_link(&mut incoming).await,
        (["interactions"], Method::Get) => {
            (200, ask(&incoming, Message::Interactions(page(&incoming)?)).await?)
        }
        (["audit"], Method::Get) => (200, ask(&incoming, Message::Audit(page(&incoming)?)).await?),
        (known, _) => return Err(allowed(known).map_or(Failure::NotFound, Failure::MethodNotAllowed)),
    };
    Ok(passed_on(status, reply))
}

/// The methods of an address that is there.
fn allowed(segments: &[&str]) -> Option<&'static str> {
    match segments {
        ["settings"] | ["users", _] => Some("GET, PATCH"),
        ["domains" | "users"] => Some("GET, POST"),
        ["domains", _] => Some("DELETE"),
        ["users", _, "devices"] | ["interactions" | "audit"] => Some("GET"),
        ["users" | "devices", _, "revoke"] | ["links"] => Some("POST"),
        _ => None,
    }
}

async fn ask(incoming: &Incoming, message: Message) -> Result<String, Failure> {
    incoming.account_object().ask_json(&message).await
}

fn limit(incoming: &Incoming) -> Result<u16, Failure> {
    match incoming.query("limit") {
        None => Ok(PAGE),
        Some(text) => text
            .parse()
            .ok()
            .filter(|limit| (1..=MAX_PAGE).contains(limit))
            .ok_or(Failure::BodyInvalid { field: "limit".to_owned(), detail: "1 to 200".to_owned() }),
    }
}

fn page(incoming: &Incoming) -> Result<Page, Failure> {
    let before = incoming
        .query("before")
        .map(|text| text.parse())
        .transpose()
        .map_err(|_| Failure::BodyInvalid { field: "before".to_owned(), detail: "a number".to_owned() })?;
    Ok(Page { before, limit: limit(incoming)? })
}

async fn add_user(incoming: &mut Incoming) -> Result<String, Failure> {
    let body: AddUser = incoming.body().await?;
    let parse = |text: &String| text.parse::<Address>().map_err(|_| Failure::AddressInvalid);
    let address = parse(&body.address)?;
    let aliases = body.aliases.iter().map(parse).collect::<Result<Vec<_>, _>>()?;
    let id = UserId::from_bytes(entropy::bytes()?);
    ask(incoming, Message::AddUser { id, address, aliases }).await
}

async fn make_link(incoming: &mut Incoming) -> Result<Response, Failure> {
    let body: MakeLink = incoming.body().await?;
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
    let user: Option<UserId> =
        incoming.account_object().ask(&Message::UserByAddress(recipient.clone())).await?;
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
    let made = Message::LinkMade {
        link: link.to_string(),
        destination_host: claims.destination().host().to_owned(),
    };
    ask(incoming, made).await?;
    let token = incoming.config.link_keys.sign::<Link>(&claims);
    let made = LinkMade {
        url: format!("{}/s/{token}", audience.issuer.as_str()),
        link_id: link.to_string(),
        expires_at: rfc3339(expires_at),
    };
    json(Response::builder().with_status(201), &made)
}
