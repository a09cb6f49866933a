//! The announcement, with the account's own values in it, and the mail that shows that mail arrives.

use enrollment_rules::announcement;
use enrollment_rules::language::Language;
use enrollment_rules::messages::{AnnouncementRecord, MailOneself};
use enrollment_rules::settings::Settings;
use worker::Response;

use super::Desk;
use crate::account::{Directory, Tagged};
use crate::enrollments::json;
use crate::failure::Failure;
use crate::pages;

pub(super) async fn show(desk: &Desk) -> Result<Response, Failure> {
    let language = desk.incoming.query("language").unwrap_or_default();
    json(Response::builder(), &filled(desk, &language).await?)
}

/// Sends it to whoever asks.
pub(super) async fn test(desk: &mut Desk) -> Result<Response, Failure> {
    let MailOneself { language } = desk.incoming.body().await?;
    let AnnouncementRecord { subject, text, html, .. } = filled(desk, &language).await?;
    let language = known(&language)?;
    desk.pass(202, Directory::SendAnnouncement { language, subject, text, html }).await
}

/// Sends the other mail, and tells how that went.
pub(super) async fn test_mail(desk: &mut Desk) -> Result<Response, Failure> {
    let MailOneself { language } = desk.incoming.body().await?;
    desk.pass(200, Directory::TestMail(known(&language)?)).await
}

fn known(language: &str) -> Result<Language, Failure> {
    let field = || Failure::BodyInvalid { field: "language".to_owned(), detail: "en or de".to_owned() };
    Language::tagged(language).ok_or_else(field)
}

async fn filled(desk: &Desk, language: &str) -> Result<AnnouncementRecord, Failure> {
    let language = known(language)?.tag();
    let Tagged { body, .. } = desk.ask(Directory::Settings.into()).await?;
    let settings: Settings =
        serde_json::from_slice(body.as_bytes()).map_err(|_| Failure::Internal("settings"))?;
    let incoming = &desk.incoming;
    let (config, account) = (&incoming.config, &incoming.account);
    let sender = settings.notification_postmaster_address.as_ref().or(config.default_postmaster.as_ref());
    let values = announcement::values(
        &account.name,
        account.audience.issuer.as_str(),
        &sender.map(ToString::to_string).unwrap_or_default(),
        config.bounds.code_lifetime_seconds.div_ceil(60),
        &settings,
    );
    let (subject, text) = values.fill_text(&template(desk, language, "txt").await?);
    let html = values.fill_html(&template(desk, language, "html").await?);
    Ok(AnnouncementRecord { language, subject, text, html })
}

async fn template(desk: &Desk, language: &str, form: &str) -> Result<String, Failure> {
    let path = format!("/announcement/{language}.{form}");
    let bytes = pages::asset(&desk.incoming.env, &path).await?;
    String::from_utf8(bytes).map_err(|_| Failure::Internal("a template"))
}
