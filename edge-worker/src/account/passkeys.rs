//! Administrators' passkeys. What an authenticator says was checked, and its signature verified, before any of it comes here.

use device_token::Timestamp;
use enrollment_rules::administration::Name;
use enrollment_rules::messages::of_administration::{PasskeyList, PasskeyRecord};
use enrollment_rules::passkey::{self, Answered, PublicKey, Refusal};
use enrollment_rules::time_text::rfc3339;

use super::administration::{Caller, Person};
use super::messages::AccountRefusal;
use super::orders::NewPasskey;
use super::row::Row;
use super::store::{Event, Store, seconds};
use super::{After, Handled};
use crate::failure::Failure;

/// The key that a passkey's signature is to be verified with.
pub(super) fn public_key(store: &Store, credential_id: &str) -> Result<Handled, Failure> {
    let query = "SELECT public_key FROM passkeys WHERE id = ?";
    let found: Option<String> = store.row(query, vec![credential_id.into()], Row::take)?;
    let text = found.ok_or(Refusal::Unknown)?;
    let key: PublicKey =
        serde_json::from_slice(text.as_bytes()).map_err(|_| Failure::Internal("a stored public key"))?;
    Handled::new(&key, After::Nothing)
}

/// A passkey was used for a challenge, which is spent. Returns whose it is.
pub(super) fn used(
    store: &Store,
    credential_id: &str,
    answered: &Answered,
    counter: u32,
    now: Timestamp,
) -> Result<String, Failure> {
    spend(store, answered, now)?;
    let query = "SELECT administrator, counter FROM passkeys WHERE id = ?";
    let read = |row: &mut Row| Ok((row.take::<String>()?, row.take::<u64>()?));
    let (administrator, kept) =
        store.row(query, vec![credential_id.into()], read)?.ok_or(Refusal::Unknown)?;
    if !passkey::counts_on(u32::try_from(kept).unwrap_or(u32::MAX), counter) {
        // A sign that somebody has a copy: the refusal alone would tell nobody.
        store.audit("system", "passkey.refused", &administrator, "its counter goes back", now)?;
        return Err(Refusal::Counter.into());
    }
    store.write(
        "UPDATE passkeys SET counter = ?, last_used_at = ? WHERE id = ?",
        vec![i64::from(counter).into(), seconds(now), credential_id.into()],
    )?;
    Ok(administrator)
}

/// Each challenge is answered once.
pub(super) fn spend(store: &Store, answered: &Answered, now: Timestamp) -> Result<(), Failure> {
    if store.is_spent(&answered.id, now)? {
        return Err(Refusal::ChallengeSpent.into());
    }
    store.spend(&answered.id, answered.expires_at)
}

/// A person's own.
pub(super) fn list(store: &Store, person: &Person) -> Result<Handled, Failure> {
    let current = person.session.as_ref().map(|(_, passkey)| passkey.as_str());
    let query = "SELECT id, name, created_at, last_used_at FROM passkeys WHERE administrator = ? \
         ORDER BY created_at, id";
    let values = vec![person.administrator.id.as_str().into()];
    let passkeys = store.rows(query, values, |row| {
        let (id, name): (String, _) = (row.take()?, row.take()?);
        let (created_at, last_used_at) = (row.take().map(rfc3339)?, row.take().map(rfc3339)?);
        let current = current == Some(id.as_str());
        Ok(PasskeyRecord { id, name, created_at, last_used_at, current })
    })?;
    Handled::new(&PasskeyList { passkeys }, After::Nothing)
}

/// A credential is one administrator's.
pub(super) fn must_be_new(store: &Store, made: &NewPasskey) -> Result<(), Failure> {
    let query = "SELECT COUNT(*) FROM passkeys WHERE id = ?";
    if store.count(query, vec![made.id.as_str().into()])? > 0 {
        return Err(Refusal::Known.into());
    }
    Ok(())
}

/// Keeps a new one.
pub(super) fn keep(
    store: &Store,
    administrator: &str,
    name: &Name,
    made: &NewPasskey,
    now: Timestamp,
) -> Result<(), Failure> {
    let key = serde_json::to_string(&made.key).map_err(|_| Failure::Internal("a public key"))?;
    store.write(
        "INSERT INTO passkeys (id, administrator, name, public_key, counter, created_at, last_used_at) \
         VALUES (?, ?, ?, ?, ?, ?, ?)",
        vec![
            made.id.as_str().into(),
            administrator.into(),
            name.as_str().into(),
            key.into(),
            i64::from(made.counter).into(),
            seconds(now),
            seconds(now),
        ],
    )
}

/// Takes all of somebody's away.
pub(super) fn remove_all(store: &Store, administrator: &str) -> Result<(), Failure> {
    store.write("DELETE FROM passkeys WHERE administrator = ?", vec![administrator.into()])
}

/// One more for the person of a session.
pub(super) fn add(
    store: &Store,
    caller: &Caller,
    name: &Name,
    answered: &Answered,
    made: &NewPasskey,
    now: Timestamp,
) -> Result<Handled, Failure> {
    let administrator = &caller.person()?.administrator.id;
    spend(store, answered, now)?;
    must_be_new(store, made)?;
    keep(store, administrator, name, made, now)?;
    let event =
        Event { action: "passkey.added", subject: administrator, detail: name.as_str(), ..Event::default() };
    store.audit_by(&caller.by, &event, now)?;
    let at = rfc3339(now);
    let record = PasskeyRecord {
        id: made.id.clone(),
        name: name.clone(),
        created_at: at.clone(),
        last_used_at: at,
        current: false,
    };
    Handled::new(&record, After::Nothing)
}

/// Takes one of the person's own away; whoever is signed in with it is signed out.
pub(super) fn remove(store: &Store, caller: &Caller, id: &str, now: Timestamp) -> Result<Handled, Failure> {
    let administrator = &caller.person()?.administrator.id;
    let query = "SELECT name FROM passkeys WHERE id = ? AND administrator = ?";
    let found: Option<String> =
        store.row(query, vec![id.into(), administrator.as_str().into()], Row::take)?;
    let name = found.ok_or(AccountRefusal::NotFound)?;
    let all = "SELECT COUNT(*) FROM passkeys WHERE administrator = ?";
    if store.count(all, vec![administrator.as_str().into()])? < 2 {
        return Err(AccountRefusal::LastPasskey.into());
    }
    store.write("DELETE FROM passkeys WHERE id = ?", vec![id.into()])?;
    store.write("DELETE FROM admin_sessions WHERE passkey = ?", vec![id.into()])?;
    let event =
        Event { action: "passkey.removed", subject: administrator, detail: &name, ..Event::default() };
    store.audit_by(&caller.by, &event, now)?;
    Handled::new(&(), After::Nothing)
}
