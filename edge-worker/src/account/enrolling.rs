//! Enrolling: load, ask the rules, save.

use device_token::{Binding, DeviceCookie, DeviceId, DeviceToken, DeviceTokenClaims, Timestamp, UserId};
use enrollment_rules::address::Address;
use enrollment_rules::admission;
use enrollment_rules::enrollment::{self, Refusal};
use enrollment_rules::keyed_hash::Digest;
use enrollment_rules::language::Language;
use enrollment_rules::limits::{self, Allowance, Lookup};
use enrollment_rules::mail::outbox::{About, CodeSent};
use enrollment_rules::mail::words::Asked;
use enrollment_rules::messages::{EnrollmentStarted, MailStanding};
use enrollment_rules::new_device;
use enrollment_rules::settings::Settings;
use enrollment_rules::snapshot::ClickSettings;
use enrollment_rules::time_text::rfc3339;
use enrollment_rules::who_may_enroll;

use super::device_rows::NewDevice;
use super::messages::{Confirm, Confirmed, Resend, Start};
use super::outbox::{self, NewMail, Underway};
use super::store::{Person, Store, StoredEnrollment};
use super::{After, Handled, revoking};
use crate::config::{Account, Config};
use crate::entropy;
use crate::failure::Failure;

/// Somebody typed an address. Known or not, the same is counted, kept and answered.
pub(super) fn start(
    store: &Store,
    config: &Config,
    underway: &Underway,
    start: Start,
    now: Timestamp,
) -> Result<Handled, Failure> {
    let settings = store.settings()?;
    if !settings.authentication_enabled {
        return Err(Refusal::AuthenticationOff.into());
    }
    store.drop_old_enrollments(now)?;
    store.drop_old_devices(config.bounds.device_record_seconds, now)?;
    let begun = store.begun_from(&start.network, now)?;
    limits::network_allowance(&begun, settings.enrollments_per_network_hour, now)
        .map_err(Refusal::network_limit)?;

    let (lookup, mail_to) = look_up(store, &settings, &start.address.key())?;
    let (sent, digest) = draw_code(config, &start.ticket, start.asked)?;
    let stored = StoredEnrollment {
        enrollment: enrollment::start(lookup.enrolls(), digest, now),
        alias_of: match lookup {
            Lookup::AliasOf(person) => Some(person),
            _ => None,
        },
        mail_to,
        typed: start.typed,
        network: start.network,
        shown: start.shown,
        goes_to: start.to,
        for_device: None,
        confirmed_at: None,
    };
    count_and_queue(store, config, &stored, sent, start.language, now)?;
    store.keep_enrollment(&start.ticket, &stored)?;
    Handled::new(&started(store, config, underway, &stored)?, After::Nothing)
}

/// A new code: what is kept of it while it is on its way, and what it is recognized by.
pub(super) fn draw_code(
    config: &Config,
    ticket: &Digest,
    asked: Asked,
) -> Result<(CodeSent, Digest), Failure> {
    let sent = CodeSent { ticket: ticket.clone(), draw: entropy::bytes()?, asked };
    let code = enrollment::code(&config.hash_key, ticket, &sent.draw);
    let digest = enrollment::code_digest(&config.hash_key, ticket, &code);
    Ok((sent, digest))
}

/// Whom an address leads to, and where the directory says their mail goes. Somebody who may not enroll is nobody.
fn look_up(store: &Store, settings: &Settings, key: &str) -> Result<(Lookup, Option<String>), Failure> {
    if let Some(person) = store.person_by_address(key)? {
        if !may_enroll(settings, &person)? {
            return Ok((Lookup::Nobody, None));
        }
        return Ok((Lookup::Person(person.id), Some(person.address)));
    }
    Ok(match store.person_by_alias(key)? {
        Some((person, alias)) if may_enroll(settings, &person)? => (Lookup::AliasOf(person.id), Some(alias)),
        _ => (Lookup::Nobody, None),
    })
}

fn may_enroll(settings: &Settings, person: &Person) -> Result<bool, Failure> {
    let address: Address = person.address.parse().map_err(|_| Failure::Internal("a stored address"))?;
    Ok(who_may_enroll::may_enroll(settings, address.domain(), person.disabled))
}

/// Another code for the same ticket.
pub(super) fn resend(
    store: &Store,
    config: &Config,
    underway: &Underway,
    resend: Resend,
    now: Timestamp,
) -> Result<Handled, Failure> {
    let mut stored = store.enrollment(&resend.ticket)?.ok_or(Refusal::TicketMissing)?;
    if !store.settings()?.authentication_enabled {
        return Err(Refusal::EnrollmentEnded.into());
    }
    enrollment::may_resend(&stored.enrollment, &config.bounds, now)?;
    still_theirs(store, &stored)?;
    for person in resend.shown {
        if !stored.shown.contains(&person) {
            stored.shown.push(person);
        }
    }
    let (sent, digest) = draw_code(config, &resend.ticket, resend.asked)?;
    count_and_queue(store, config, &stored, sent, resend.language, now)?;
    stored.enrollment = enrollment::resent(stored.enrollment, digest, now);
    store.keep_enrollment(&resend.ticket, &stored)?;
    Handled::new(&started(store, config, underway, &stored)?, After::Nothing)
}

/// Whether mail as a whole works, for whoever has asked for a code.
pub(super) fn mail_standing(store: &Store, underway: &Underway, ticket: &Digest) -> Result<Handled, Failure> {
    store.enrollment(ticket)?.ok_or(Refusal::TicketMissing)?;
    Handled::new(&MailStanding { mail_working: outbox::works(store, underway)? }, After::Nothing)
}

pub(super) fn started(
    store: &Store,
    config: &Config,
    underway: &Underway,
    stored: &StoredEnrollment,
) -> Result<EnrollmentStarted, Failure> {
    Ok(EnrollmentStarted {
        code_expires_in_seconds: config.bounds.code_lifetime_seconds,
        resend_after_seconds: config.bounds.resend_after_seconds,
        attempts_left: enrollment::attempts_left(&stored.enrollment),
        mail_working: outbox::works(store, underway)?,
    })
}

/// Counts a request for a mail, and queues one. Where none is to be sent, something that goes the same way is queued, so that neither
/// the work nor what it finds out tells whether somebody has the address.
pub(super) fn count_and_queue(
    store: &Store,
    config: &Config,
    stored: &StoredEnrollment,
    sent: CodeSent,
    language: Language,
    now: Timestamp,
) -> Result<(), Failure> {
    let lookup = match (stored.enrollment.person, stored.alias_of) {
        (Some(person), _) => Lookup::Person(person),
        (None, Some(person)) => Lookup::AliasOf(person),
        (None, None) => Lookup::Nobody,
    };
    let typed = format!("typed:{}", stored.typed.as_str());
    let shown: Vec<String> = stored.shown.iter().map(ToString::to_string).collect();
    let typed_and_shown = format!("{typed}/{}", shown.join("+"));
    let mut asked = store.sent_mails(&typed, now)?;
    asked.extend(store.sent_mails(&typed_and_shown, now)?);
    let whose = lookup.counted_person().map(|person| (person, format!("person:{person}")));
    let history = match &whose {
        Some((_, key)) => store.sent_mails(key, now)?,
        None => Vec::new(),
    };
    let granted =
        limits::may_mail(lookup, &stored.shown, &asked, &history, now).map_err(Refusal::mail_limit)?;
    let reserved = granted.typed == Allowance::Reserved;
    store.count_mail(if reserved { &typed_and_shown } else { &typed }, reserved, now)?;
    let nobody = NewMail { person: "", address: "", language, about: About::Nobody };
    let (Some((person, key)), Some(mail_to)) = (whose, &stored.mail_to) else {
        return outbox::queue(store, config, nobody, now);
    };
    let Some(allowance) = granted.person else {
        store.audit("system", "mail.held_back", &person.to_string(), "the person's mail limit", now)?;
        return outbox::queue(store, config, nobody, now);
    };
    store.count_mail(&key, allowance == Allowance::Reserved, now)?;
    let about = if stored.alias_of.is_some() {
        let primary = store.person(person)?.map(|person| person.address).unwrap_or_default();
        let primary_masked = primary.parse::<Address>().map(|address| address.masked()).unwrap_or_default();
        About::AliasUsed { primary_masked, asked: sent.asked }
    } else if stored.for_device.is_some() {
        About::ChangeCode(sent)
    } else {
        About::Code(sent)
    };
    let mail = NewMail { person: &person.to_string(), address: mail_to, language, about };
    outbox::queue(store, config, mail, now)
}

/// A code was typed: a device is made, or the try is counted.
pub(super) fn confirm(
    store: &Store,
    config: &Config,
    account: &Account,
    confirm: &Confirm,
    now: Timestamp,
) -> Result<Handled, Failure> {
    let stored = store.enrollment(&confirm.ticket)?.filter(|stored| stored.for_device.is_none());
    let mut stored = stored.ok_or(Refusal::TicketMissing)?;
    let settings = store.settings()?;
    if !settings.authentication_enabled {
        return Err(Refusal::EnrollmentEnded.into());
    }
    let (kind, device_key) = new_device::kind_and_key(
        confirm.kind,
        confirm.device_key,
        confirm.private_window,
        settings.private_windows,
    )?;
    if settings.bound_devices_only && device_key.is_none() {
        return Err(Refusal::KeyRequired.into());
    }
    let tried = Tried {
        ticket: &confirm.ticket,
        code: &confirm.code,
        asked: &confirm.asked,
        language: confirm.language,
    };
    let user = try_code(store, config, &mut stored, &tried, now)?;
    still_theirs(store, &stored)?;
    let person = still_allowed(store, &settings, user)?;
    let click = ClickSettings::from(&settings);
    let device = DeviceId::from_bytes(entropy::bytes()?);
    let statement = new_device::statement(
        new_device::NewDevice {
            issuer: account.audience.issuer.clone(),
            account: account.audience.account.clone(),
            person: person.id,
            device,
            kind,
            device_key,
            person_revoked_at: person.revoked_at,
            account_revoked_at: store.account_revoked_at()?,
        },
        &click,
        now,
    )
    .map_err(|_| Failure::Internal("a statement"))?;
    let device_token = match (statement.binding(), device_key) {
        (Binding::Key { .. }, Some(key)) => {
            let claims = DeviceTokenClaims::new(statement.clone(), key)
                .map_err(|_| Failure::Internal("a device token"))?;
            Some(config.device_keys.sign::<DeviceToken>(&claims))
        }
        _ => None,
    };
    let session = admission::is_session(&statement);
    // The same key is the same browser: its former record is replaced, and what it left in other hands dies.
    let replaced = match device_key {
        Some(key) => revoking::replaced_by_key(store, person.id, &key.to_string(), now)?,
        None => false,
    };
    store.add_device(NewDevice {
        id: device,
        user: person.id,
        name: confirm.name.as_deref(),
        browser: &confirm.browser,
        key: device_key.map(|key| key.to_string()),
        session,
        auth_time: statement.auth_time(),
        expires_at: statement.expires_at(),
    })?;
    // The id holds nothing that JSON would escape.
    let readiness = confirm.readiness.as_deref().unwrap_or("null");
    let detail = format!("{{\"device\":\"{device}\",\"readiness\":{readiness}}}");
    store.audit("person", "device.enrolled", &person.id.to_string(), &detail, now)?;
    let speaks = "UPDATE users SET language = ? WHERE id = ?";
    store.write(speaks, vec![confirm.language.tag().into(), person.id.to_string().into()])?;
    let told = NewMail {
        person: &person.id.to_string(),
        address: &person.address,
        language: confirm.language,
        about: About::NewDevice { device, asked: confirm.asked.clone() },
    };
    outbox::queue(store, config, told, now)?;
    let confirmed = Confirmed {
        device_cookie: config.device_keys.sign::<DeviceCookie>(&statement),
        max_age_seconds: (!session).then(|| statement.expires_at().seconds_since(now)),
        device_token,
        expires_at: rfc3339(statement.expires_at()),
        to: stored.goes_to,
    };
    Handled::new(&confirmed, if replaced { After::Publish } else { After::Nothing })
}

/// A code that was typed.
pub(super) struct Tried<'a> {
    pub(super) ticket: &'a Digest,
    pub(super) code: &'a Digest,
    /// By whom, for the mail that says that all tries are spent.
    pub(super) asked: &'a Asked,
    pub(super) language: Language,
}

/// Counts a try, and keeps the count whatever becomes of it. A right code is used up by it.
pub(super) fn try_code(
    store: &Store,
    config: &Config,
    stored: &mut StoredEnrollment,
    tried: &Tried<'_>,
    now: Timestamp,
) -> Result<UserId, Failure> {
    let before = stored.enrollment.clone();
    let (enrollment, outcome) = enrollment::attempt(before.clone(), tried.code, &config.bounds, now);
    stored.enrollment = enrollment;
    let counted = stored.enrollment != before;
    if counted {
        store.keep_enrollment(tried.ticket, stored)?;
    }
    // What is not counted is not written down either: anybody could fill the books.
    if let (Err(_), true, Some(person)) = (&outcome, counted, before.person) {
        let person = person.to_string();
        store.audit("person", "enrollment.code_wrong", &person, "", now)?;
        if let (0, Some(address)) = (enrollment::attempts_left(&stored.enrollment), &stored.mail_to)
            && are_theirs(store, stored)?
            && limits::may_tell_of_wrong_codes(outbox::told_of_wrong_codes(store, &person)?, now)
        {
            let about = About::WrongCodes(tried.asked.clone());
            outbox::queue(
                store,
                config,
                NewMail { person: &person, address, language: tried.language, about },
                now,
            )?;
        }
    }
    Ok(outcome?)
}

/// The person, if they may still enroll: that may have changed while the code was in the mail.
fn still_allowed(store: &Store, settings: &Settings, user: UserId) -> Result<Person, Failure> {
    let person = store.person(user)?.ok_or(Refusal::EnrollmentEnded)?;
    if may_enroll(settings, &person)? { Ok(person) } else { Err(Refusal::EnrollmentEnded.into()) }
}

/// Refuses where the address the codes go to has since been taken from the person: it may be somebody else's now.
fn still_theirs(store: &Store, stored: &StoredEnrollment) -> Result<(), Failure> {
    if are_theirs(store, stored)? { Ok(()) } else { Err(Refusal::EnrollmentEnded.into()) }
}

/// Whether the address the codes go to is still the person's; nobody's is.
pub(super) fn are_theirs(store: &Store, stored: &StoredEnrollment) -> Result<bool, Failure> {
    let person = stored.enrollment.person.or(stored.alias_of);
    let (Some(mail_to), Some(person)) = (&stored.mail_to, person) else { return Ok(true) };
    Ok(owner(store, mail_to)? == Some(person))
}

/// Whose address it is now, as the primary address or as an alias.
pub(super) fn owner(store: &Store, address: &str) -> Result<Option<UserId>, Failure> {
    let address: Address = address.parse().map_err(|_| Failure::Internal("a stored address"))?;
    let key = address.key();
    let owner = match store.person_by_address(&key)? {
        Some(owner) => Some(owner),
        None => store.person_by_alias(&key)?.map(|(owner, _)| owner),
    };
    Ok(owner.map(|owner| owner.id))
}

/// Ends every enrollment of a person that is under way: a revocation reaches those too.
pub(super) fn end_open(store: &Store, user: &str) -> Result<(), Failure> {
    store.write(
        "UPDATE enrollments SET stage = 'ended' WHERE person = ? AND stage = 'open'",
        vec![user.into()],
    )
}
