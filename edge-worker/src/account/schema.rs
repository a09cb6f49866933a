//! The tables, and how an older database becomes a newer one.

use worker::{Result, SqlStorage};

/// Each step leads from one version to the next; a step that was ever deployed is never changed again.
///
/// Ids and digests are text, times are Unix seconds. `audit` is append-only: the database itself refuses anything else.
const MIGRATIONS: [&[&str]; 5] = [FIRST, PROOFS_AND_MY_DEVICES, ADMINISTRATION, HEAD_AND_BODY, OUTBOX];

const FIRST: &[&str] = &[
    "CREATE TABLE domains (name TEXT PRIMARY KEY, created_at INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE users (id TEXT PRIMARY KEY, domain TEXT NOT NULL, address TEXT NOT NULL, \
     address_key TEXT NOT NULL UNIQUE, disabled INTEGER NOT NULL DEFAULT 0, revoked_at INTEGER, \
     created_at INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE INDEX users_by_domain ON users (domain, address_key)",
    "CREATE TABLE aliases (address_key TEXT PRIMARY KEY, address TEXT NOT NULL, user TEXT NOT NULL) WITHOUT ROWID",
    "CREATE INDEX aliases_by_user ON aliases (user)",
    "CREATE TABLE devices (id TEXT PRIMARY KEY, user TEXT NOT NULL, name TEXT, browser TEXT NOT NULL, \
     device_key TEXT, session INTEGER NOT NULL, auth_time INTEGER NOT NULL, last_used_at INTEGER NOT NULL, \
     expires_at INTEGER NOT NULL, revoked INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID",
    "CREATE INDEX devices_by_user ON devices (user, auth_time)",
    "CREATE INDEX devices_by_key ON devices (device_key)",
    "CREATE TABLE enrollments (ticket TEXT PRIMARY KEY, person TEXT, alias_of TEXT, mail_to TEXT, \
     typed TEXT NOT NULL, network TEXT NOT NULL, shown TEXT NOT NULL, goes_to TEXT NOT NULL, \
     started_at INTEGER NOT NULL, codes TEXT NOT NULL, wrong_tries INTEGER NOT NULL, stage TEXT NOT NULL) \
     WITHOUT ROWID",
    "CREATE INDEX enrollments_by_network ON enrollments (network, started_at)",
    "CREATE INDEX enrollments_by_person ON enrollments (person)",
    "CREATE INDEX enrollments_by_age ON enrollments (started_at)",
    "CREATE TABLE mails (counted_for TEXT NOT NULL, at INTEGER NOT NULL, reserved INTEGER NOT NULL)",
    "CREATE INDEX mails_by_whom ON mails (counted_for, at)",
    "CREATE INDEX mails_by_age ON mails (at)",
    "CREATE TABLE revocations (kind TEXT NOT NULL, id TEXT NOT NULL, at INTEGER NOT NULL, \
     PRIMARY KEY (kind, id)) WITHOUT ROWID",
    "CREATE TABLE interactions (seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, link TEXT NOT NULL, \
     destination TEXT NOT NULL, user TEXT, device TEXT, recipient TEXT NOT NULL, verdict TEXT NOT NULL)",
    "CREATE TABLE audit (seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, actor TEXT NOT NULL, \
     action TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL)",
    "CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit \
     BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END",
    "CREATE TRIGGER audit_is_not_removed BEFORE DELETE ON audit \
     BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END",
];

const PROOFS_AND_MY_DEVICES: &[&str] = &[
    "CREATE TABLE spent_challenges (id TEXT PRIMARY KEY, expires_at INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE INDEX spent_challenges_by_age ON spent_challenges (expires_at)",
    "CREATE TABLE failed_proofs (device TEXT NOT NULL, why TEXT NOT NULL, at INTEGER NOT NULL, \
     PRIMARY KEY (device, why)) WITHOUT ROWID",
    "CREATE INDEX failed_proofs_by_age ON failed_proofs (at)",
    "CREATE INDEX devices_by_use ON devices (last_used_at)",
    // A code may also be asked for by a device, to change the person's devices.
    "ALTER TABLE enrollments ADD COLUMN for_device TEXT",
    "ALTER TABLE enrollments ADD COLUMN confirmed_at INTEGER",
];

const ADMINISTRATION: &[&str] = &[
    "CREATE TABLE administrators (id TEXT PRIMARY KEY, name TEXT NOT NULL, address TEXT NOT NULL, \
     address_key TEXT NOT NULL UNIQUE, role TEXT NOT NULL, created_at INTEGER NOT NULL, last_seen_at INTEGER, \
     invitation TEXT, invited_until INTEGER) WITHOUT ROWID",
    "CREATE TABLE passkeys (id TEXT PRIMARY KEY, administrator TEXT NOT NULL, name TEXT NOT NULL, \
     public_key TEXT NOT NULL, counter INTEGER NOT NULL, created_at INTEGER NOT NULL, \
     last_used_at INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE INDEX passkeys_by_administrator ON passkeys (administrator)",
    "CREATE TABLE admin_sessions (id TEXT PRIMARY KEY, administrator TEXT NOT NULL, passkey TEXT NOT NULL, \
     began_at INTEGER NOT NULL, seen_at INTEGER NOT NULL, touched_at INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE INDEX admin_sessions_by_age ON admin_sessions (began_at)",
    "CREATE TABLE api_tokens (id TEXT PRIMARY KEY, digest TEXT NOT NULL UNIQUE, name TEXT NOT NULL, \
     scopes TEXT NOT NULL, created_by TEXT NOT NULL, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, \
     last_used_at INTEGER) WITHOUT ROWID",
    "ALTER TABLE audit ADD COLUMN actor_id TEXT",
    "ALTER TABLE audit ADD COLUMN actor_name TEXT",
    "ALTER TABLE audit ADD COLUMN source TEXT",
    "ALTER TABLE audit ADD COLUMN before TEXT",
    "ALTER TABLE audit ADD COLUMN after TEXT",
    "CREATE INDEX audit_by_subject ON audit (subject, seq)",
    "CREATE INDEX audit_by_action ON audit (action, seq)",
    "CREATE INDEX interactions_by_user ON interactions (user, seq)",
    "CREATE INDEX interactions_by_link ON interactions (link, seq)",
    "CREATE TABLE imports (id TEXT PRIMARY KEY, created_at INTEGER NOT NULL, directory_version INTEGER NOT NULL, \
     status TEXT NOT NULL, bytes INTEGER NOT NULL, received INTEGER NOT NULL DEFAULT 0, \
     next_part INTEGER NOT NULL DEFAULT 0, lines INTEGER NOT NULL DEFAULT 0, columns TEXT, \
     tail BLOB NOT NULL DEFAULT x'', next_line INTEGER NOT NULL DEFAULT 1) WITHOUT ROWID",
    "CREATE TABLE import_lines (import TEXT NOT NULL, line INTEGER NOT NULL, outcome TEXT NOT NULL, code TEXT, \
     detail TEXT, address TEXT NOT NULL, address_key TEXT, disabled INTEGER, has_aliases INTEGER NOT NULL, \
     user TEXT, PRIMARY KEY (import, line)) WITHOUT ROWID",
    "CREATE INDEX import_lines_by_outcome ON import_lines (import, outcome, line)",
    "CREATE TABLE import_addresses (import TEXT NOT NULL, line INTEGER NOT NULL, address_key TEXT NOT NULL, \
     address TEXT NOT NULL, domain TEXT NOT NULL, is_alias INTEGER NOT NULL, \
     PRIMARY KEY (import, line, address_key)) WITHOUT ROWID",
    "CREATE INDEX import_addresses_by_key ON import_addresses (import, address_key, line)",
    "CREATE TABLE notices (seq INTEGER PRIMARY KEY AUTOINCREMENT, user TEXT NOT NULL, address TEXT NOT NULL, \
     at INTEGER NOT NULL)",
];

const HEAD_AND_BODY: &[&str] = &[
    // By which version of the published state a revocation came.
    "ALTER TABLE revocations ADD COLUMN version INTEGER NOT NULL DEFAULT 0",
    "CREATE INDEX revocations_by_version ON revocations (version)",
    // Each that KV may have; the one that heads name was not replaced.
    "CREATE TABLE bodies (version INTEGER PRIMARY KEY, entries INTEGER NOT NULL, draw INTEGER NOT NULL, \
     made_at INTEGER NOT NULL, replaced_at INTEGER)",
    // Whether somebody ever had a device: its record may be gone before its cookie.
    "ALTER TABLE users ADD COLUMN ever_enrolled INTEGER NOT NULL DEFAULT 0",
    "UPDATE users SET ever_enrolled = 1 WHERE id IN (SELECT user FROM devices)",
];

const OUTBOX: &[&str] = &[
    "CREATE TABLE outbox (seq INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, urgent INTEGER NOT NULL, \
     person TEXT NOT NULL, address TEXT NOT NULL, language TEXT NOT NULL, about BLOB NOT NULL, \
     created_at INTEGER NOT NULL, give_up_at INTEGER NOT NULL, next_at INTEGER, tries INTEGER NOT NULL DEFAULT 0, \
     tried_at INTEGER, state TEXT NOT NULL, perhaps_twice INTEGER NOT NULL DEFAULT 0, trouble TEXT)",
    "CREATE INDEX outbox_by_turn ON outbox (urgent DESC, next_at, seq) WHERE next_at IS NOT NULL",
    "CREATE INDEX outbox_by_state ON outbox (state, seq)",
    "CREATE INDEX outbox_by_person ON outbox (person, seq)",
    "CREATE INDEX outbox_by_age ON outbox (created_at)",
    // In which language somebody enrolled last.
    "ALTER TABLE users ADD COLUMN language TEXT",
    // What waited already waits here; a test knows what the byte says.
    "INSERT INTO outbox (kind, urgent, person, address, language, about, created_at, give_up_at, next_at, state) \
     SELECT 'revoked', 0, user, address, 'en', x'05', at, at + 86400, at, 'queued' FROM notices",
    "DROP TABLE notices",
];

/// Brings the database to the newest version. No await: all of it is committed together, or nothing.
pub(super) fn migrate(sql: &SqlStorage) -> Result<()> {
    sql.exec(
        "CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
        None,
    )?;
    let version = super::store::meta(sql, "schema")?.and_then(|text| text.parse().ok()).unwrap_or(0_usize);
    for statements in MIGRATIONS.iter().skip(version) {
        for statement in *statements {
            sql.exec(statement, None)?;
        }
    }
    if version < MIGRATIONS.len() {
        super::store::set_meta(sql, "schema", &MIGRATIONS.len().to_string())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use enrollment_rules::mail::outbox::About;

    use super::OUTBOX;

    #[test]
    fn what_waited_already_is_told_as_a_revocation() {
        let byte = postcard::to_allocvec(&About::Revoked).unwrap();
        assert_eq!(byte, [5]);
        assert_eq!(
            OUTBOX
                .iter()
                .filter(|statement| statement.contains("'revoked', 0, user, address, 'en', x'05'"))
                .count(),
            1
        );
    }
}
