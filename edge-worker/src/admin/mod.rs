//! `/api/v1/admin/…`: what administrators and their programs ask. Who may is judged by the account object, together with what is
//! done; here it is only read what they show, and made ready what takes the platform.

mod access;
mod administrators;
mod announcement;
mod directories;
mod exports;
mod links;
mod passkeys;
mod routes;
mod set_up;

use worker::{Method, Response};

use crate::account::{Administration, Credential, Directory, Message, Order};
use crate::cookies;
use crate::enrollments::passed_on;
use crate::failure::Failure;
use crate::incoming::Incoming;
use enrollment_rules::administration::API_TOKEN_PREFIX;
use enrollment_rules::keyed_hash::Purpose;
use routes::{Action, Found, Open};

/// Somebody at the desk: the request, and what it shows.
pub(crate) struct Desk {
    incoming: Incoming,
    credential: Credential,
}

impl Desk {
    /// Gives an order; the reply as it came.
    async fn ask_json(&self, order: Order) -> Result<String, Failure> {
        let administration =
            Administration { credential: self.credential.clone(), source: source(&self.incoming), order };
        self.incoming.account_object().ask_json(&Message::Administration(Box::new(administration))).await
    }

    /// Gives an order; the reply read.
    async fn ask<T: serde::de::DeserializeOwned>(&self, order: Order) -> Result<T, Failure> {
        serde_json::from_slice(self.ask_json(order).await?.as_bytes())
            .map_err(|_| Failure::Internal("a reply could not be read"))
    }

    /// Gives an order and passes the reply on.
    async fn pass(&self, status: u16, order: impl Into<Order>) -> Result<Response, Failure> {
        Ok(passed_on(status, self.ask_json(order.into()).await?))
    }

    /// Gives an order whose reply says nothing more.
    async fn done(&self, order: impl Into<Order>) -> Result<Response, Failure> {
        self.ask_json(order.into()).await?;
        Ok(no_content())
    }
}

fn no_content() -> Response {
    Response::builder().with_status(204).empty()
}

/// The network address a request comes from, as the edge says it.
fn source(incoming: &Incoming) -> Option<String> {
    incoming.header("CF-Connecting-IP")
}

/// Answers a request for the administration.
pub(crate) async fn answer(mut incoming: Incoming, segments: &[&str]) -> Result<Response, Failure> {
    let found = routes::find(&incoming.method, segments);
    if let Found::Action(Action::Open(action), _) = found {
        return without_credential(&mut incoming, action).await;
    }
    // Nobody is told what is there.
    let credential = credential(&incoming).await?;
    if incoming.method == Method::Get {
        // A page of another site cannot read it, but it could have exports made.
        incoming.refuse_readers_elsewhere()?;
    } else {
        incoming.refuse_other_sites()?;
    }
    let (action, ids) = match found {
        Found::Action(action, ids) => (action, ids),
        Found::OtherMethods(methods) => return Err(Failure::MethodNotAllowed(methods.join(", "))),
        Found::Nothing => return Err(Failure::NotFound),
    };
    let mut desk = Desk { incoming, credential };
    // Whoever is nobody, or not any more, is told so before anything else is said of what they sent.
    if desk.incoming.method != Method::Get {
        desk.ask_json(Order::Enter).await?;
    }
    let id = || ids.first().map(|id| (*id).to_owned()).unwrap_or_default();
    match action {
        Action::Session => desk.pass(200, Order::Session).await,
        Action::TouchChallenge => passkeys::touch_challenge(&mut desk).await,
        Action::Touch => passkeys::touch(&mut desk).await,
        Action::Passkeys => desk.pass(200, Order::MyPasskeys).await,
        Action::PasskeyChallenge => passkeys::creation_challenge(&mut desk).await,
        Action::AddPasskey => passkeys::add(&mut desk).await,
        Action::RemovePasskey => desk.done(Order::RemovePasskey(id())).await,
        Action::Administrators => desk.pass(200, Order::Administrators).await,
        Action::Invite => administrators::invite(&mut desk).await,
        Action::InviteAgain => administrators::invite_again(&mut desk, id()).await,
        Action::ChangeAdministrator => administrators::change(&mut desk, id()).await,
        Action::RemoveAdministrator => desk.done(Order::RemoveAdministrator(id())).await,
        Action::Tokens => desk.pass(200, Order::Tokens).await,
        Action::MakeToken => administrators::make_token(&mut desk).await,
        Action::RemoveToken => desk.done(Order::RemoveToken(id())).await,
        Action::Settings => directories::settings(&desk, Directory::Settings).await,
        Action::PatchSettings => directories::patch_settings(&mut desk).await,
        Action::Domains => desk.pass(200, Directory::Domains).await,
        Action::AddDomain => directories::add_domain(&mut desk).await,
        Action::RemoveDomain => desk.done(Directory::RemoveDomain(id())).await,
        Action::Users => directories::users(&desk).await,
        Action::AddUser => directories::add_user(&mut desk).await,
        Action::User => desk.pass(200, Directory::User(id())).await,
        Action::ChangeUser => directories::change_user(&mut desk, id()).await,
        Action::RemoveUser => desk.pass(200, Directory::RemoveUser(id())).await,
        Action::Devices => directories::devices(&desk, id()).await,
        Action::Revoke => directories::revoke(&mut desk).await,
        Action::Republish => directories::republish(&mut desk).await,
        Action::CompareWithKv => desk.pass(200, Directory::CompareWithKv).await,
        Action::BeginImport => directories::begin_import(&mut desk).await,
        Action::ImportPart => {
            let number = ids.get(1).copied().unwrap_or_default();
            directories::import_part(&mut desk, id(), number).await
        }
        Action::Import => desk.pass(200, Directory::Import(id())).await,
        Action::ImportLines => directories::import_lines(&desk, id()).await,
        Action::ApplyImport => directories::apply_import(&mut desk, id()).await,
        Action::RemoveImport => desk.done(Directory::RemoveImport(id())).await,
        Action::Audit => {
            desk.pass(200, Directory::Audit(directories::filter(&desk)?, directories::page(&desk)?)).await
        }
        Action::Interactions => {
            let order = Directory::Interactions(directories::filter(&desk)?, directories::page(&desk)?);
            desk.pass(200, order).await
        }
        Action::ExportPeople => exports::people(desk).await,
        Action::ExportAudit => exports::audit(desk).await,
        Action::ExportInteractions => exports::interactions(desk).await,
        Action::Overview => desk.pass(200, Directory::Overview).await,
        Action::Announcement => announcement::show(&desk).await,
        Action::TestAnnouncement => announcement::test(&mut desk).await,
        Action::MakeLink => links::make(&mut desk).await,
        Action::Mail => desk.pass(200, Directory::Mail).await,
        Action::MailMessages => {
            let (user, state) = (desk.incoming.query("user"), desk.incoming.query("state"));
            let page = directories::page(&desk)?;
            desk.pass(200, Directory::MailMessages { user, state, page }).await
        }
        Action::TestMail => announcement::test_mail(&mut desk).await,
        Action::Open(action) => without_credential(&mut desk.incoming, action).await,
    }
}

/// What leads to a session, or out of one.
async fn without_credential(incoming: &mut Incoming, action: Open) -> Result<Response, Failure> {
    incoming.refuse_other_sites()?;
    match action {
        Open::SignInChallenge => passkeys::sign_in_challenge(incoming).await,
        Open::SignIn => passkeys::sign_in(incoming).await,
        Open::SignOut => passkeys::sign_out(incoming).await,
        Open::SetUpChallenge => set_up::challenge(incoming).await,
        Open::SetUp => set_up::set_up(incoming).await,
    }
}

/// What a request shows. An `Authorization` header says who is meant; a cookie beside it does not count.
async fn credential(incoming: &Incoming) -> Result<Credential, Failure> {
    if let Some(value) = incoming.header("Authorization") {
        let token = value.strip_prefix("Bearer ").ok_or(Failure::Unauthorized)?;
        if token.starts_with(API_TOKEN_PREFIX) {
            return Ok(Credential::Token(incoming.hash(Purpose::ApiToken, token)));
        }
        let is_operator = incoming.config.is_admin_token(token);
        return if is_operator { Ok(Credential::Operator) } else { Err(Failure::Unauthorized) };
    }
    if let Some(access) = &incoming.account.access {
        let identity = access::identity(incoming, access).await?;
        return Ok(Credential::Access {
            address: identity.address,
            signed_in_at: identity.signed_in_at,
            expires_at: identity.expires_at,
        });
    }
    let cookie = cookies::read(incoming.request.headers(), cookies::ADMIN)?;
    let cookie = cookie.ok_or(Failure::Unauthorized)?;
    Ok(Credential::Session(incoming.hash(Purpose::AdminSession, &cookie)))
}
