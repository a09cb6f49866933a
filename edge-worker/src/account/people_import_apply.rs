//! What the lines of an import say is done: all of it at once, or nothing.

use device_token::Timestamp;

use super::messages::AccountRefusal;
use super::people_import::{APPLIED, CHECKED, get, load};
use super::revoking::{self, Set};
use super::store::{By, Event, Store, seconds};
use super::{After, Handled, people};
use crate::failure::Failure;

/// Those who become disabled.
const DISABLED: &str = "disabled = 0 AND id IN (SELECT user FROM import_lines WHERE import = ?1 \
     AND outcome = 'change' AND import_lines.disabled = 1)";

/// Does what the lines say.
pub(super) fn apply(store: &Store, by: &By, id: &str, now: Timestamp) -> Result<Handled, Failure> {
    let import = load(store, id)?;
    if import.status == APPLIED {
        return get(store, id);
    }
    if import.status != CHECKED {
        return Err(AccountRefusal::ImportNotComplete.into());
    }
    let errors = "SELECT COUNT(*) FROM import_lines WHERE import = ? AND outcome = 'error'";
    if store.count(errors, vec![id.into()])? > 0 {
        return Err(AccountRefusal::ImportHasErrors.into());
    }
    if import.directory_version != store.version(people::VERSION)? {
        return Err(AccountRefusal::DirectoryChanged.into());
    }
    write_down(store, by, id, now)?;
    let only = || vec![id.into()];
    let disabled = store.count(&format!("SELECT COUNT(*) FROM users WHERE {DISABLED}"), only())?;
    if disabled > 0 {
        revoking::end_people(store, &Set::new(DISABLED, id.into()), now)?;
        store.bump_version()?;
    }
    store.write(
        "INSERT INTO users (id, domain, address, address_key, disabled, created_at) \
         SELECT user, own.domain, own.address, own.address_key, COALESCE(disabled, 0), ?2 FROM import_lines \
         JOIN import_addresses AS own ON own.import = ?1 AND own.line = import_lines.line AND NOT own.is_alias \
         WHERE import_lines.import = ?1 AND outcome = 'add'",
        vec![id.into(), seconds(now)],
    )?;
    store.write(
        "UPDATE users SET disabled = import_lines.disabled FROM import_lines WHERE import = ?1 \
         AND outcome = 'change' AND users.id = import_lines.user AND import_lines.disabled IS NOT NULL",
        only(),
    )?;
    store.write(
        "DELETE FROM aliases WHERE user IN (SELECT user FROM import_lines WHERE import = ?1 \
         AND outcome = 'change' AND has_aliases)",
        only(),
    )?;
    store.write(
        "INSERT INTO aliases (address_key, address, user) SELECT own.address_key, own.address, import_lines.user \
         FROM import_lines JOIN import_addresses AS own ON own.import = ?1 AND own.line = import_lines.line \
         AND own.is_alias WHERE import_lines.import = ?1 AND outcome IN ('add', 'change')",
        only(),
    )?;
    store.write("UPDATE imports SET status = 'applied' WHERE id = ?", only())?;
    store.count_up(people::VERSION)?;
    let mut handled = get(store, id)?;
    let event = Event {
        action: "people.imported",
        subject: id,
        after: Some(handled.reply.clone()),
        ..Event::default()
    };
    store.audit_by(by, &event, now)?;
    if disabled > 0 {
        handled.after = After::Publish;
    }
    Ok(handled)
}

/// An event for each person, with how they were and how they will be.
fn write_down(store: &Store, by: &By, id: &str, now: Timestamp) -> Result<(), Failure> {
    let listed = |from: &str| {
        format!(
            "json((SELECT json_group_array(address) FROM (SELECT address FROM {from} ORDER BY address_key)))"
        )
    };
    let flag = |value: &str| format!("json(CASE {value} WHEN 1 THEN 'true' ELSE 'false' END)");
    let were = listed("aliases WHERE aliases.user = users.id");
    let will_be = listed(
        "import_addresses AS own WHERE own.import = ?1 AND own.line = import_lines.line AND own.is_alias",
    );
    let added = format!(
        "'user.added', import_lines.user, NULL, json_object('address', address, 'aliases', {will_be}, 'disabled', {}) \
         FROM import_lines WHERE import = ?1 AND outcome = 'add'",
        flag("COALESCE(disabled, 0)")
    );
    let changed = format!(
        "'user.changed', users.id, json_object('aliases', {were}, 'disabled', {}), json_object('aliases', \
         CASE WHEN has_aliases THEN {will_be} ELSE {were} END, 'disabled', {}) \
         FROM import_lines JOIN users ON users.id = import_lines.user WHERE import = ?1 AND outcome = 'change'",
        flag("users.disabled"),
        flag("COALESCE(import_lines.disabled, users.disabled)")
    );
    for events in [added, changed] {
        let query = format!(
            "INSERT INTO audit (at, actor, actor_id, actor_name, source, detail, action, subject, before, after) \
             SELECT ?2, ?3, ?4, ?5, ?6, 'import ' || ?1, {events}"
        );
        store.write(
            &query,
            vec![
                id.into(),
                seconds(now),
                by.kind.into(),
                by.id.clone().into(),
                by.name.clone().into(),
                by.source.clone().into(),
            ],
        )?;
    }
    Ok(())
}
