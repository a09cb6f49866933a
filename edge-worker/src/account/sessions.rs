//! Sessions of administrators, and set-up addresses, which begin the first one.

use device_token::Timestamp;
use enrollment_rules::administration::{Role, session_ends, touched_until};
use enrollment_rules::keyed_hash::Digest;
use enrollment_rules::messages::of_administration::{Myself, SessionRecord};
use enrollment_rules::passkey::{self, Answered};
use enrollment_rules::set_up::{self, SetUp, SetUpKind};
use enrollment_rules::time_text::rfc3339;

use super::administration::{Caller, Person, by_person};
use super::administrators::{self, Administrator};
use super::messages::AccountRefusal;
use super::orders::{SetUpBy, SetUpFor, SetUpUsed, SignedIn};
use super::store::{Event, Store, seconds};
use super::{After, Handled, passkeys};
use crate::config::{Account, Config};
use crate::failure::Failure;

/// A session that holds.
pub(super) struct Current {
    pub(super) touched_at: Timestamp,
    pub(super) ends_at: Timestamp,
    pub(super) passkey: String,
}

/// The session of this cookie, which counts as used by being asked for.
pub(super) fn current(
    store: &Store,
    config: &Config,
    id: &Digest,
    now: Timestamp,
) -> Result<(Administrator, Current), Failure> {
    let query =
        "SELECT administrator, passkey, began_at, seen_at, touched_at FROM admin_sessions WHERE id = ?";
    let found = store.row(query, vec![id.as_str().into()], |row| {
        let (administrator, passkey) = (row.take::<String>()?, row.take::<String>()?);
        let times = (row.take::<Timestamp>()?, row.take::<Timestamp>()?, row.take::<Timestamp>()?);
        Ok((administrator, passkey, times))
    })?;
    let (administrator, passkey, (began, seen, touched_at)) = found.ok_or(AccountRefusal::SessionEnded)?;
    let ends_at = session_ends(began, seen, &config.bounds, now).ok_or(AccountRefusal::SessionEnded)?;
    let administrator = administrators::by_id(store, &administrator)?.ok_or(AccountRefusal::SessionEnded)?;
    store.write(
        "UPDATE admin_sessions SET seen_at = ? WHERE id = ?",
        vec![seconds(now), id.as_str().into()],
    )?;
    administrators::seen(store, &administrator.id, now)?;
    Ok((administrator, Current { touched_at, ends_at, passkey }))
}

/// As the API shows it.
pub(super) fn record(config: &Config, account: &Account, person: &Person, now: Timestamp) -> SessionRecord {
    let Administrator { id, name, address, role } = &person.administrator;
    let by = if person.session.is_some() { "passkey" } else { "access" };
    SessionRecord {
        administrator: Myself { id: id.clone(), name: name.clone(), address: address.clone(), role: *role },
        by: by.to_owned(),
        account_name: account.name.clone(),
        ends_at: rfc3339(person.ends_at),
        idle_seconds: config.bounds.admin_idle_seconds,
        touched_until: touched_until(person.touched_at, &config.bounds, now).map(rfc3339),
    }
}

/// Somebody used a passkey to sign in.
pub(super) fn sign_in(
    store: &Store,
    config: &Config,
    account: &Account,
    signed_in: SignedIn,
    now: Timestamp,
) -> Result<Handled, Failure> {
    let SignedIn { credential_id, answered, counter, session, source } = signed_in;
    let owner = passkeys::used(store, &credential_id, &answered, counter, now)?;
    let administrator = administrators::by_id(store, &owner)?.ok_or(passkey::Refusal::Unknown)?;
    begin(store, config, account, administrator, session, credential_id, source, "admin.signed_in", now)
}

/// Begins a session, which its reply tells of.
#[expect(clippy::too_many_arguments, reason = "each is a thing of its own")]
fn begin(
    store: &Store,
    config: &Config,
    account: &Account,
    administrator: Administrator,
    session: Digest,
    credential_id: String,
    source: Option<String>,
    action: &str,
    now: Timestamp,
) -> Result<Handled, Failure> {
    drop_ended(store, config, now)?;
    store.write(
        "INSERT INTO admin_sessions (id, administrator, passkey, began_at, seen_at, touched_at) \
         VALUES (?, ?, ?, ?, ?, ?)",
        vec![
            session.as_str().into(),
            administrator.id.as_str().into(),
            credential_id.as_str().into(),
            seconds(now),
            seconds(now),
            seconds(now),
        ],
    )?;
    administrators::seen(store, &administrator.id, now)?;
    let by = by_person(&administrator, source);
    let event = Event { action, subject: &administrator.id, ..Event::default() };
    store.audit_by(&by, &event, now)?;
    let ends_at = now.plus_seconds(config.bounds.admin_session_seconds);
    let person = Person { administrator, touched_at: now, ends_at, session: Some((session, credential_id)) };
    Handled::new(&record(config, account, &person, now), After::Nothing)
}

fn drop_ended(store: &Store, config: &Config, now: Timestamp) -> Result<(), Failure> {
    let before = now.as_seconds().saturating_sub(config.bounds.admin_session_seconds);
    let query = "DELETE FROM admin_sessions WHERE began_at < ?";
    store.write(query, vec![i64::try_from(before).unwrap_or(0).into()])
}

/// Ends a session; that of nobody is ended already.
pub(super) fn sign_out(
    store: &Store,
    config: &Config,
    id: &Digest,
    source: Option<String>,
    now: Timestamp,
) -> Result<Handled, Failure> {
    if let Ok((administrator, _)) = current(store, config, id, now) {
        store.write("DELETE FROM admin_sessions WHERE id = ?", vec![id.as_str().into()])?;
        let by = by_person(&administrator, source);
        let event = Event { action: "admin.signed_out", subject: &administrator.id, ..Event::default() };
        store.audit_by(&by, &event, now)?;
    }
    Handled::new(&(), After::Nothing)
}

/// Ends all sessions of an administrator.
pub(super) fn end_all(store: &Store, administrator: &str) -> Result<(), Failure> {
    store.write("DELETE FROM admin_sessions WHERE administrator = ?", vec![administrator.into()])
}

/// The person of a session touched a passkey of theirs.
#[expect(clippy::too_many_arguments, reason = "each is a thing of its own")]
pub(super) fn touch(
    store: &Store,
    config: &Config,
    account: &Account,
    caller: &Caller,
    credential_id: &str,
    answered: &Answered,
    counter: u32,
    now: Timestamp,
) -> Result<Handled, Failure> {
    let person = caller.person()?;
    let Some((session, passkey)) = &person.session else { return Err(AccountRefusal::AccessInCharge.into()) };
    let owner = passkeys::used(store, credential_id, answered, counter, now)?;
    if owner != person.administrator.id {
        return Err(passkey::Refusal::Foreign.into());
    }
    let query = "UPDATE admin_sessions SET touched_at = ? WHERE id = ?";
    store.write(query, vec![seconds(now), session.as_str().into()])?;
    let event = Event { action: "admin.touched", subject: &person.administrator.id, ..Event::default() };
    store.audit_by(&caller.by, &event, now)?;
    let touched = Person {
        administrator: person.administrator.clone(),
        touched_at: now,
        ends_at: person.ends_at,
        session: Some((session.clone(), passkey.clone())),
    };
    Handled::new(&record(config, account, &touched, now), After::Nothing)
}

/// Whether a set-up address still leads somewhere, and whom it is for: the invited administrator, if it is an invitation.
fn set_up_holds(store: &Store, set_up: &SetUp, now: Timestamp) -> Result<Option<Administrator>, Failure> {
    let spent = store.is_spent(&set_up.id, now)?;
    let query =
        "SELECT COUNT(*) FROM administrators WHERE role = 'administrator' AND last_seen_at IS NOT NULL";
    let administrators = store.count(query, vec![])? > 0;
    let invited = administrators::by_invitation(store, &set_up.id)?;
    set_up::holds(set_up, spent, administrators, invited.is_some(), now).map_err(AccountRefusal::SetUp)?;
    Ok(invited.filter(|_| set_up.kind == SetUpKind::Invitation))
}

/// What a set-up address is for, before it is used.
pub(super) fn look_at_set_up(store: &Store, set_up: &SetUp, now: Timestamp) -> Result<Handled, Failure> {
    let invited = set_up_holds(store, set_up, now)?;
    let (name, address) = invited.map(|one| (one.name, one.address)).unzip();
    Handled::new(&SetUpFor { name, address }, After::Nothing)
}

/// A set-up address is used: an administrator is there, and signed in.
pub(super) fn set_up(
    store: &Store,
    config: &Config,
    account: &Account,
    used: SetUpUsed,
    now: Timestamp,
) -> Result<Handled, Failure> {
    let SetUpUsed { set_up, name, address, source, by } = used;
    let invited = set_up_holds(store, &set_up, now)?;
    let action = match set_up.kind {
        SetUpKind::First | SetUpKind::Invitation => "admin.joined",
        SetUpKind::Recover => "admin.recovered",
    };
    let known = administrators::by_address(store, &address)?;
    let was_there = invited.is_some() || known.is_some();
    let administrator = match (invited, known) {
        // The address is not theirs to choose: it is whom the invitation was for. Access says who it is; another one is refused.
        (Some(invited), known) => {
            let is_other = known.is_none_or(|known| known.id != invited.id);
            if is_other && matches!(by, SetUpBy::Access { .. }) {
                return Err(AccountRefusal::SetUp(set_up::Refusal::Invalid).into());
            }
            Administrator { name, ..invited }
        }
        // Whoever lost the way in comes back as who they were.
        (None, Some(known)) if set_up.kind == SetUpKind::Recover => {
            Administrator { name, role: Role::Administrator, ..known }
        }
        (None, Some(_)) => return Err(AccountRefusal::AddressTaken(None).into()),
        (None, None) => {
            let (id, role) = (set_up.id.clone(), Role::Administrator);
            Administrator { id, name, address: address.to_string(), role }
        }
    };
    // What refuses comes before what is written.
    if let SetUpBy::Passkey { answered, made, .. } = &by {
        passkeys::spend(store, answered, now)?;
        passkeys::must_be_new(store, made)?;
    }
    administrators::keep(store, &administrator, now)?;
    store.spend(&set_up.id, set_up.expires_at)?;
    // Whoever comes back has lost what they came with, and somebody may have found it.
    if was_there {
        end_all(store, &administrator.id)?;
        passkeys::remove_all(store, &administrator.id)?;
    }
    let person = match by {
        SetUpBy::Passkey { name, made, session, .. } => {
            let name = name.as_ref().unwrap_or(&administrator.name);
            passkeys::keep(store, &administrator.id, name, &made, now)?;
            return begin(store, config, account, administrator, session, made.id, source, action, now);
        }
        SetUpBy::Access { signed_in_at, expires_at } => {
            Person { administrator, touched_at: signed_in_at, ends_at: expires_at, session: None }
        }
    };
    administrators::seen(store, &person.administrator.id, now)?;
    let by = by_person(&person.administrator, source);
    let event = Event { action, subject: &person.administrator.id, ..Event::default() };
    store.audit_by(&by, &event, now)?;
    Handled::new(&record(config, account, &person, now), After::Nothing)
}
