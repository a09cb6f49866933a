//! Settings, domains, people, revocations, and what is written down.

use base64ct::{Base64UrlUnpadded, Encoding};
use device_token::{Timestamp, UserId};
use enrollment_rules::address::{Address, Domain};
use enrollment_rules::interaction::Verdict;
use enrollment_rules::messages::{
    AddDomain, AddUser, BeginImport, ChangeUser, Nothing, Revoke, SettingsPatch,
};
use enrollment_rules::time_text::{end_of_utc_day, time_or_day};
use worker::Response;

use super::Desk;
use crate::account::{Directory, Filter, Page, Tagged, UserChange, UsersPage, Whose};
use crate::enrollments::passed_on;
use crate::entropy;
use crate::failure::{Failure, entity_tag};

/// The length of a page of a list.
const PAGE: u16 = 50;
const MAX_PAGE: u16 = 200;
/// The most devices or people that are revoked by name.
const MAX_IDS: usize = 500;
/// The largest part of an import, in bytes.
const MAX_PART: usize = 262_144;

/// The settings, with the tag of their version.
pub(super) async fn settings(desk: &Desk, order: Directory) -> Result<Response, Failure> {
    let Tagged { version, body } = desk.ask(order.into()).await?;
    let response = passed_on(200, body);
    let tagged = response.headers().set("ETag", &entity_tag(version));
    tagged.map_err(|_| Failure::Internal("an entity tag"))?;
    Ok(response)
}

pub(super) async fn patch_settings(desk: &mut Desk) -> Result<Response, Failure> {
    let patch: SettingsPatch = desk.incoming.long_body().await?;
    let if_match = desk.incoming.header("If-Match");
    settings(desk, Directory::PatchSettings { patch, if_match }).await
}

pub(super) async fn add_domain(desk: &mut Desk) -> Result<Response, Failure> {
    let AddDomain { name } = desk.incoming.body().await?;
    desk.pass(201, Directory::AddDomain(name)).await
}

pub(super) async fn users(desk: &Desk) -> Result<Response, Failure> {
    let of = |name| desk.incoming.query(name);
    // White space is no beginning of an address: how much is asked for is judged by what is left.
    let search = of("search").map(|text| text.trim().to_owned());
    let page = UsersPage { domain: domain(desk)?, search, after: of("after"), limit: limit(desk)? };
    desk.pass(200, Directory::Users(page)).await
}

/// Which domain is asked for, however it is spelled.
pub(super) fn domain(desk: &Desk) -> Result<Option<String>, Failure> {
    let domain = desk.incoming.query("domain").map(|text| text.parse::<Domain>()).transpose();
    let domain = domain.map_err(|_| query_invalid("domain", "a domain"))?;
    Ok(domain.map(|domain| domain.as_str().to_owned()))
}

fn address(text: &str) -> Result<Address, Failure> {
    text.parse().map_err(|_| Failure::NotAnAddress(text.to_owned()))
}

fn addresses(texts: &[String]) -> Result<Vec<Address>, Failure> {
    texts.iter().map(|text| address(text)).collect()
}

pub(super) async fn add_user(desk: &mut Desk) -> Result<Response, Failure> {
    let body: AddUser = desk.incoming.long_body().await?;
    let order = Directory::AddUser {
        id: UserId::from_bytes(entropy::bytes()?),
        address: address(&body.address)?,
        aliases: addresses(&body.aliases)?,
        disabled: body.disabled,
    };
    desk.pass(201, order).await
}

pub(super) async fn change_user(desk: &mut Desk, id: String) -> Result<Response, Failure> {
    let body: ChangeUser = desk.incoming.long_body().await?;
    let change = UserChange {
        address: body.address.as_deref().map(address).transpose()?,
        aliases: body.aliases.as_deref().map(addresses).transpose()?,
        disabled: body.disabled,
    };
    desk.pass(200, Directory::ChangeUser { id, change }).await
}

pub(super) async fn devices(desk: &Desk, user: String) -> Result<Response, Failure> {
    let order = Directory::Devices { user, after: desk.incoming.query("after"), limit: limit(desk)? };
    desk.pass(200, order).await
}

pub(super) async fn republish(desk: &mut Desk) -> Result<Response, Failure> {
    let Nothing {} = desk.incoming.body().await?;
    desk.pass(200, Directory::Republish).await
}

pub(super) async fn revoke(desk: &mut Desk) -> Result<Response, Failure> {
    let body: Revoke = desk.incoming.long_body().await?;
    let wrong = |field: &str, detail: &str| Failure::BodyInvalid {
        field: field.to_owned(),
        detail: detail.to_owned(),
    };
    let whose = match (body.devices, body.users, body.domain, body.everyone) {
        (Some(devices), None, None, None) => Whose::Devices(devices),
        (None, Some(users), None, None) => Whose::Users(users),
        (None, None, Some(domain), None) => Whose::Domain(domain),
        (None, None, None, Some(true)) => Whose::Everyone,
        (None, None, None, Some(false)) => return Err(wrong("everyone", "true, or not there")),
        _ => return Err(wrong("", "exactly one of devices, users, domain and everyone")),
    };
    if let Whose::Devices(ids) | Whose::Users(ids) = &whose
        && !(1..=MAX_IDS).contains(&ids.len())
    {
        return Err(wrong("", "1 to 500 ids"));
    }
    desk.pass(200, Directory::Revoke { whose, dry_run: body.dry_run }).await
}

pub(super) async fn begin_import(desk: &mut Desk) -> Result<Response, Failure> {
    let BeginImport { bytes } = desk.incoming.body().await?;
    let id = Base64UrlUnpadded::encode_string(&entropy::bytes::<16>()?);
    desk.pass(201, Directory::BeginImport { id, bytes }).await
}

pub(super) async fn import_part(desk: &mut Desk, id: String, number: &str) -> Result<Response, Failure> {
    let number = number.parse().map_err(|_| Failure::NotFound)?;
    let data = desk.incoming.bytes("text/csv", MAX_PART).await?;
    let is_last = desk.incoming.query("last").is_some();
    desk.pass(200, Directory::ImportPart { id, number, is_last, data }).await
}

pub(super) async fn import_lines(desk: &Desk, id: String) -> Result<Response, Failure> {
    let order = Directory::ImportLines {
        id,
        outcome: desk.incoming.query("outcome"),
        after: number(desk, "after")?.unwrap_or(0),
        limit: limit(desk)?,
    };
    desk.pass(200, order).await
}

pub(super) async fn apply_import(desk: &mut Desk, id: String) -> Result<Response, Failure> {
    let Nothing {} = desk.incoming.body().await?;
    desk.pass(200, Directory::ApplyImport(id)).await
}

fn query_invalid(field: &str, detail: &str) -> Failure {
    Failure::BodyInvalid { field: field.to_owned(), detail: detail.to_owned() }
}

fn limit(desk: &Desk) -> Result<u16, Failure> {
    let Some(text) = desk.incoming.query("limit") else { return Ok(PAGE) };
    let limit = text.parse().ok().filter(|limit| (1..=MAX_PAGE).contains(limit));
    limit.ok_or_else(|| query_invalid("limit", "1 to 200"))
}

fn number(desk: &Desk, name: &str) -> Result<Option<u64>, Failure> {
    let number = desk.incoming.query(name).map(|text| text.parse()).transpose();
    number.map_err(|_| query_invalid(name, "a number"))
}

/// A page of what is written down.
pub(super) fn page(desk: &Desk) -> Result<Page, Failure> {
    Ok(Page { before: number(desk, "before")?, limit: limit(desk)? })
}

/// Which of what is written down.
pub(super) fn filter(desk: &Desk) -> Result<Filter, Failure> {
    let of = |name| desk.incoming.query(name).filter(|text| !text.is_empty());
    let time = |name, whole_day: fn(Timestamp) -> Timestamp| match of(name).map(|text| time_or_day(&text)) {
        None => Ok(None),
        Some(Some((at, is_day))) => Ok(Some(if is_day { whole_day(at) } else { at })),
        Some(None) => Err(query_invalid(name, "an RFC 3339 time or a UTC day")),
    };
    let verdict = of("verdict");
    if verdict.as_deref().is_some_and(|name| !Verdict::ALL.iter().any(|one| one.code() == name)) {
        return Err(query_invalid("verdict", "enrolled, asked or unidentified"));
    }
    Ok(Filter {
        actor: of("actor"),
        action: of("action"),
        subject: of("subject"),
        user: of("user"),
        device: of("device"),
        link: of("link"),
        host: of("host"),
        verdict,
        from: time("from", |day| day)?,
        until: time("until", end_of_utc_day)?,
    })
}
