//! The administration's side of the account object: who gives an order, whether they may, and who carries it out.

use device_token::Timestamp;
use enrollment_rules::administration::{self, Standing, Task};
use enrollment_rules::keyed_hash::Digest;

use super::administrators::{self, Administrator};
use super::api_tokens::{self, NewToken};
use super::messages::AccountRefusal;
use super::orders::{Administration, Credential, Order};
use super::outbox::Underway;
use super::row::Row;
use super::store::{By, Event, Store, seconds};
use super::{After, Handled, directory, passkeys, sessions};
use crate::config::{Account, Config};
use crate::failure::Failure;

/// Somebody who gives an order.
pub(super) struct Caller {
    pub(super) standing: Standing,
    pub(super) by: By,
    /// Who it is, if it is a person.
    pub(super) person: Option<Person>,
}

/// A person who is signed in.
pub(super) struct Person {
    pub(super) administrator: Administrator,
    pub(super) touched_at: Timestamp,
    pub(super) ends_at: Timestamp,
    /// The session and the passkey it was begun with; none where Access is in charge.
    pub(super) session: Option<(Digest, String)>,
}

impl Caller {
    /// The person, where only one can ask.
    pub(super) fn person(&self) -> Result<&Person, Failure> {
        self.person.as_ref().ok_or(AccountRefusal::Administration(administration::Refusal::NotAllowed).into())
    }
}

/// Who shows this credential.
fn caller(
    store: &Store,
    config: &Config,
    credential: Credential,
    source: Option<String>,
    now: Timestamp,
) -> Result<Caller, Failure> {
    let by = |kind, id, name| By { kind, id, name, source: source.clone() };
    match credential {
        Credential::Operator => {
            Ok(Caller { standing: Standing::Operator, by: by("operator", None, None), person: None })
        }
        Credential::Token(digest) => {
            let query = "SELECT id, name, scopes, expires_at FROM api_tokens WHERE digest = ?";
            let read = |row: &mut Row| {
                Ok((
                    row.take::<String>()?,
                    row.take::<String>()?,
                    row.take::<String>()?,
                    row.take::<Timestamp>()?,
                ))
            };
            let found = store.row(query, vec![digest.as_str().into()], read)?;
            let (id, name, scopes, expires_at) = found.ok_or(AccountRefusal::Unauthorized)?;
            if expires_at <= now {
                return Err(AccountRefusal::Unauthorized.into());
            }
            let used = "UPDATE api_tokens SET last_used_at = ? WHERE id = ?";
            store.write(used, vec![seconds(now), id.as_str().into()])?;
            let standing = Standing::Token(api_tokens::scopes(&scopes));
            Ok(Caller { standing, by: by("token", Some(id), Some(name)), person: None })
        }
        Credential::Session(digest) => {
            let (administrator, session) = sessions::current(store, config, &digest, now)?;
            let person = Person {
                administrator,
                touched_at: session.touched_at,
                ends_at: session.ends_at,
                session: Some((digest, session.passkey)),
            };
            Ok(of_person(person, source))
        }
        Credential::Access { address, signed_in_at, expires_at } => {
            let found = administrators::by_address(store, &address)?;
            // Access let them through; nobody here has named them.
            let refused = AccountRefusal::Administration(administration::Refusal::NotAllowed);
            let administrator = found.ok_or(refused)?;
            administrators::seen(store, &administrator.id, now)?;
            let person =
                Person { administrator, touched_at: signed_in_at, ends_at: expires_at, session: None };
            Ok(of_person(person, source))
        }
    }
}

fn of_person(person: Person, source: Option<String>) -> Caller {
    Caller {
        standing: Standing::Person { role: person.administrator.role, touched_at: person.touched_at },
        by: by_person(&person.administrator, source),
        person: Some(person),
    }
}

/// As the audit names an administrator.
pub(super) fn by_person(administrator: &Administrator, source: Option<String>) -> By {
    By {
        kind: "administrator",
        id: Some(administrator.id.clone()),
        name: Some(administrator.name.as_str().to_owned()),
        source,
    }
}

/// Carries out an order, if whoever gives it may.
pub(super) fn act(
    store: &Store,
    config: &Config,
    account: &Account,
    sending: &Underway,
    administration: Administration,
    now: Timestamp,
) -> Result<Handled, Failure> {
    let Administration { credential, source, order } = administration;
    let caller = caller(store, config, credential, source, now)?;
    // What is off already is not switched off.
    let task = match order.task() {
        Task::SwitchOff if !store.settings()?.authentication_enabled => Task::ChangeSettings,
        task => task,
    };
    administration::may(&caller.standing, task, &config.bounds, now)
        .map_err(AccountRefusal::Administration)?;
    let by = &caller.by;
    match order {
        Order::Enter => Handled::new(&(), After::Nothing),
        Order::Session => {
            Handled::new(&sessions::record(config, account, caller.person()?, now), After::Nothing)
        }
        Order::Touch { credential_id, answered, counter } => {
            sessions::touch(store, config, account, &caller, &credential_id, &answered, counter, now)
        }
        Order::MyPasskeys | Order::MayAddPasskey => passkeys::list(store, caller.person()?),
        Order::AddPasskey { name, answered, made } => {
            passkeys::add(store, &caller, &name, &answered, &made, now)
        }
        Order::RemovePasskey(id) => passkeys::remove(store, &caller, &id, now),
        Order::Administrators => administrators::list(store),
        Order::Invite { id, invitation, name, address, role } => {
            let invited = Administrator { id, name, address: address.to_string(), role };
            administrators::invite(store, config, account, by, &invited, &invitation, now)
        }
        Order::InviteAgain { id, invitation } => {
            administrators::invite_again(store, config, account, by, &id, &invitation, now)
        }
        Order::ChangeAdministrator { id, name, role } => {
            administrators::change(store, account, by, &id, (name, role), now)
        }
        Order::RemoveAdministrator(id) => administrators::remove(store, account, by, &id, now),
        Order::Tokens => api_tokens::list(store),
        Order::MakeToken { id, digest, name, scopes, expires_in_days } => {
            api_tokens::make(store, by, NewToken { id, digest, name, scopes, expires_in_days }, now)
        }
        Order::RemoveToken(id) => api_tokens::remove(store, by, &id, now),
        Order::Directory(order) => directory::act(store, config, account, sending, &caller, order, now),
        Order::LinkMade { link, destination_host } => {
            let event =
                Event { action: "link.made", subject: &link, detail: &destination_host, ..Event::default() };
            store.audit_by(by, &event, now)?;
            Handled::new(&(), After::Nothing)
        }
    }
}
