//! Whether a statement opens the door now, and what it is renewed to.

use device_token::{Binding, LinkClaims, Statement, StatementParts, Timestamp};

use crate::bounds::Bounds;
use crate::proof;
use crate::snapshot::ClickSettings;
use crate::time_text::{DAY_SECONDS, utc_day};

/// How long an enrollment on a shared computer or for one window lasts at most, in seconds.
///
/// Shorter than the shortest duration, so such an enrollment is recognized by its expiry alone: [`is_session`].
pub const SESSION_SECONDS: u64 = 12 * 3_600;

/// How far ahead of this clock a statement may have been issued, in seconds: locations' clocks differ, and an enrollment
/// right after a revocation is a second ahead.
const CLOCK_TOLERANCE_SECONDS: u64 = 300;

/// Why a statement does not open the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Past its expiry, or past what the account's duration now allows.
    Expired,
    /// The account asks to enroll again this long after enrolling.
    AbsoluteLimit,
    /// The device, the person or everybody was revoked.
    Revoked,
    /// Issued in the future.
    NotYet,
    /// Not tied to a key, where the account takes no other devices.
    Unbound,
}

/// A statement that opens the door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admission {
    /// Whether a proof of the device key has to come first: without it nothing is renewed and no door opens.
    pub proof_due: bool,
    /// Whether the person should press a button on a page of ours, where there is one to press on.
    pub press_due: bool,
    /// The statement to set in place of the one presented, if it is time for that.
    pub renewal: Option<Renewal>,
}

impl Admission {
    /// The same where nobody can tell whether the device was revoked.
    #[must_use]
    pub fn without_renewal(self) -> Self {
        Self { renewal: None, ..self }
    }
}

/// A statement that replaces an older one of the same device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renewal {
    /// The new statement: a later `iat` and `exp`, nothing else changed.
    pub statement: Statement,
    /// Whether this is the device's first renewal on this UTC day, which the account object is told of.
    pub first_today: bool,
}

/// Does the enrollment end with the browser session? Such a one is never extended.
#[must_use]
pub fn is_session(statement: &Statement) -> bool {
    statement.expires_at() <= statement.auth_time().plus_seconds(SESSION_SECONDS)
}

/// The expiry of what is issued at `issued_at`.
#[must_use]
pub fn expiry(auth_time: Timestamp, issued_at: Timestamp, settings: &ClickSettings) -> Timestamp {
    let sliding = issued_at.plus_seconds(days(settings.authentication_duration_days));
    match settings.absolute_days {
        Some(limit) => sliding.min(auth_time.plus_seconds(days(limit))),
        None => sliding,
    }
}

fn days(count: u16) -> u64 {
    u64::from(count).saturating_mul(DAY_SECONDS)
}

/// Does a verified link still lead anywhere?
#[must_use]
pub fn link_holds(link: &LinkClaims, now: Timestamp) -> bool {
    now < link.expires_at()
}

/// Judges a verified statement at `now`. `holds` says that neither it nor the key that signed it was revoked.
///
/// # Errors
/// The [`Refusal`] says why the person has to enroll.
pub fn admit(
    statement: &Statement,
    settings: &ClickSettings,
    holds: bool,
    bounds: &Bounds,
    now: Timestamp,
) -> Result<Admission, Refusal> {
    let (auth_time, issued_at) = (statement.auth_time(), statement.issued_at());
    if issued_at > now.plus_seconds(CLOCK_TOLERANCE_SECONDS) {
        return Err(Refusal::NotYet);
    }
    // The current duration, not the one at signing: shortening it works at once.
    let holds_until =
        statement.expires_at().min(issued_at.plus_seconds(days(settings.authentication_duration_days)));
    if now >= holds_until {
        return Err(Refusal::Expired);
    }
    if settings.absolute_days.is_some_and(|limit| now >= auth_time.plus_seconds(days(limit))) {
        return Err(Refusal::AbsoluteLimit);
    }
    if !holds {
        return Err(Refusal::Revoked);
    }
    if settings.bound_devices_only && statement.binding() == Binding::None {
        return Err(Refusal::Unbound);
    }
    let proof_due = proof::is_due(statement, settings, bounds, now);
    let renewal = if proof_due { None } else { renewal(statement, settings, now) };
    Ok(Admission { proof_due, press_due: press_is_due(statement, bounds, now), renewal })
}

/// Whether the person has not pressed anything of ours for long.
#[must_use]
pub fn press_is_due(statement: &Statement, bounds: &Bounds, now: Timestamp) -> bool {
    now >= statement.acted_at().plus_seconds(bounds.press_after_seconds)
}

/// The statement of a device that is not tied to a key, after its person pressed something on our own page.
#[must_use]
pub fn pressed(statement: &Statement, settings: &ClickSettings, now: Timestamp) -> Statement {
    let issued_at = now.max(statement.issued_at());
    let expires_at = if is_session(statement) {
        statement.expires_at()
    } else {
        expiry(statement.auth_time(), issued_at, settings)
    };
    let parts =
        StatementParts { issued_at, expires_at, acted_at: issued_at, ..statement.clone().into_parts() };
    // At the end of its life there is nothing to write down any more.
    Statement::new(parts).unwrap_or_else(|_| statement.clone())
}

fn renewal(statement: &Statement, settings: &ClickSettings, now: Timestamp) -> Option<Renewal> {
    let issued_at = statement.issued_at();
    if is_session(statement)
        || now < issued_at
        || now.seconds_since(issued_at) < renew_after_seconds(settings)
    {
        return None;
    }
    let renewed = statement.renewed(now, expiry(statement.auth_time(), now, settings)).ok()?;
    Some(Renewal { first_today: utc_day(issued_at) != utc_day(now), statement: renewed })
}

/// At most half of the duration: with a duration of a day and a renewal after a day, nobody would ever be renewed.
fn renew_after_seconds(settings: &ClickSettings) -> u64 {
    u64::from(settings.renew_after_seconds).min(days(settings.authentication_duration_days) / 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Settings;
    use device_token::{
        AccountId, Binding, Destination, DeviceId, LinkId, LinkParts, Origin, RecipientId, StatementParts,
        UserId,
    };
    use proptest::prelude::*;

    const DAY: u64 = DAY_SECONDS;
    const START: u64 = 1_700_000_000;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_seconds(START + seconds).unwrap()
    }

    fn admit(statement: &Statement, account: &ClickSettings, now: Timestamp) -> Result<Admission, Refusal> {
        super::admit(statement, account, true, &Bounds::default(), now)
    }

    fn statement(issued: u64, expires: u64) -> Statement {
        Statement::new(StatementParts {
            issuer: Origin::parse("https://enroll.example.com").unwrap(),
            account: AccountId::parse("demo").unwrap(),
            user: UserId::from_bytes([1; 16]),
            device: DeviceId::from_bytes([2; 16]),
            auth_time: at(0),
            issued_at: at(issued),
            expires_at: at(expires),
            binding: Binding::None,
            acted_at: at(0),
        })
        .unwrap()
    }

    fn account(days: u16, renew_after: u32, absolute: Option<u16>) -> ClickSettings {
        ClickSettings::from(&Settings {
            authentication_enabled: true,
            authentication_duration_days: days,
            renew_after_seconds: renew_after,
            absolute_days: absolute,
            ..Settings::default()
        })
    }

    #[test]
    fn a_link_leads_nowhere_from_the_second_of_its_expiry() {
        let link = LinkClaims::new(LinkParts {
            issuer: Origin::parse("https://enroll.example.com").unwrap(),
            account: AccountId::parse("demo").unwrap(),
            link: LinkId::from_bytes([3; 16]),
            issued_at: at(0),
            expires_at: at(400 * DAY),
            destination: Destination::parse("https://example.com/").unwrap(),
            recipient: RecipientId::from_bytes([1; 16]),
        })
        .unwrap();
        assert!(link_holds(&link, at(400 * DAY - 1)));
        assert!(!link_holds(&link, at(400 * DAY)));
    }

    #[test]
    fn shortening_the_duration_works_at_once() {
        let issued_for_30_days = statement(0, 30 * DAY);
        assert!(admit(&issued_for_30_days, &account(30, 3_600, None), at(8 * DAY)).is_ok());
        assert_eq!(admit(&issued_for_30_days, &account(7, 3_600, None), at(8 * DAY)), Err(Refusal::Expired));
    }

    #[test]
    fn a_shared_computers_enrollment_is_never_extended() {
        let session = statement(0, SESSION_SECONDS);
        let admitted = admit(&session, &account(365, 0, None), at(SESSION_SECONDS - 1)).unwrap();
        assert_eq!(admitted.renewal, None);
        assert_eq!(admit(&session, &account(365, 0, None), at(SESSION_SECONDS)), Err(Refusal::Expired));
    }

    #[test]
    fn the_absolute_limit_holds_however_often_the_device_is_used() {
        let account = account(30, 0, Some(90));
        let mut current = statement(0, 30 * DAY);
        for day in 1..90 {
            let renewal = admit(&current, &account, at(day * DAY)).unwrap().renewal;
            current = renewal.map_or(current, |renewal| renewal.statement);
            assert!(current.expires_at() <= at(90 * DAY));
        }
        assert!(admit(&current, &account, at(90 * DAY)).is_err());
    }

    #[test]
    fn a_statement_from_the_future_is_refused_but_not_one_of_a_clock_a_little_ahead() {
        let ahead = statement(CLOCK_TOLERANCE_SECONDS, 30 * DAY);
        assert!(admit(&ahead, &account(30, 0, None), at(0)).is_ok());
        let far_ahead = statement(CLOCK_TOLERANCE_SECONDS + 1, 30 * DAY);
        assert_eq!(admit(&far_ahead, &account(30, 0, None), at(0)), Err(Refusal::NotYet));
    }

    fn bound(proven: u64, issued: u64) -> Statement {
        let parts = statement(issued, issued + 30 * DAY).into_parts();
        Statement::new(StatementParts { binding: Binding::Key { proven_at: at(proven) }, ..parts }).unwrap()
    }

    #[test]
    fn without_a_proof_that_is_due_no_door_opens_and_nothing_is_renewed() {
        let account = account(30, 0, None);
        let admitted = |now| admit(&bound(0, DAY - 10), &account, at(now)).unwrap();
        assert!(!admitted(DAY - 1).proof_due);
        assert!(admitted(DAY - 1).renewal.is_some());
        assert_eq!(admitted(DAY), Admission { proof_due: true, press_due: false, renewal: None });
        let both = admit(&bound(0, 19 * DAY), &account, at(20 * DAY)).unwrap();
        assert_eq!(both, Admission { proof_due: true, press_due: true, renewal: None });
    }

    #[test]
    fn a_press_is_asked_for_every_twenty_days_and_a_renewal_does_not_count_as_one() {
        let account = account(365, 0, None);
        let cookie = statement(19 * DAY, 384 * DAY);
        assert!(!admit(&cookie, &account, at(20 * DAY - 1)).unwrap().press_due);
        let asked = admit(&cookie, &account, at(20 * DAY)).unwrap();
        assert!(asked.press_due && !asked.proof_due);
        assert_eq!(asked.renewal.unwrap().statement.acted_at(), at(0));
        let pressed = pressed(&cookie, &account, at(20 * DAY));
        assert_eq!((pressed.acted_at(), pressed.issued_at()), (at(20 * DAY), at(20 * DAY)));
        assert!(!admit(&pressed, &account, at(40 * DAY - 1)).unwrap().press_due);
    }

    #[test]
    fn a_press_does_not_extend_a_session() {
        let session = statement(0, SESSION_SECONDS);
        let pressed = pressed(&session, &account(365, 0, None), at(60));
        assert_eq!((pressed.acted_at(), pressed.expires_at()), (at(60), at(SESSION_SECONDS)));
    }

    #[test]
    fn an_account_that_takes_bound_devices_only_refuses_the_others() {
        let mut account = account(30, 0, None);
        account.bound_devices_only = true;
        assert_eq!(admit(&statement(0, 30 * DAY), &account, at(1)), Err(Refusal::Unbound));
        assert!(admit(&bound(0, 0), &account, at(1)).is_ok());
    }

    #[test]
    fn what_was_revoked_opens_no_door() {
        let cookie = statement(0, 30 * DAY);
        let revoked = super::admit(&cookie, &account(30, 3_600, None), false, &Bounds::default(), at(1));
        assert_eq!(revoked, Err(Refusal::Revoked));
    }

    #[test]
    fn the_first_renewal_of_a_utc_day_is_reported_and_no_other() {
        // START is 22:13:20 UTC.
        let account = account(30, 0, None);
        let first =
            |issued, now| admit(&statement(issued, 30 * DAY), &account, at(now)).unwrap().renewal.unwrap();
        assert!(!first(0, 60).first_today);
        assert!(first(0, 7_200).first_today);
        assert!(!first(7_200, 9_000).first_today);
    }

    proptest! {
        /// Interactions less than the duration apart keep the person enrolled; the expiry is never short of the
        /// promise by more than `renew_after`.
        #[test]
        fn whoever_comes_back_within_the_duration_enrolls_once(
            days in 1_u16..=365,
            renew_after in 0_u32..=86_400,
            gaps in prop::collection::vec(0.0_f64..1.0, 1..40),
        ) {
            let account = account(days, renew_after, None);
            let duration = u64::from(days) * DAY;
            let mut cookie = statement(0, duration);
            let mut now = 0_u64;
            for gap in gaps {
                let renew_after = u64::from(renew_after).min(duration / 2);
                let longest = duration - 1 - renew_after;
                #[expect(clippy::as_conversions, clippy::cast_possible_truncation, clippy::cast_sign_loss,
                    clippy::cast_precision_loss, reason = "a fraction of a gap in a test")]
                { now += (longest as f64 * gap) as u64; }
                let admitted = admit(&cookie, &account, at(now));
                prop_assert!(admitted.is_ok());
                if let Some(renewal) = admitted.unwrap().renewal {
                    prop_assert_eq!(renewal.statement.auth_time(), cookie.auth_time());
                    prop_assert_eq!(renewal.statement.expires_at(), at(now + duration));
                    cookie = renewal.statement;
                }
                let promised = at(now + duration);
                prop_assert!(promised.seconds_since(cookie.expires_at()) <= renew_after);
            }
        }

        /// Tabs opened at once all present the same cookie and answer in any order: whichever answer the browser
        /// keeps last still opens the door.
        #[test]
        fn renewals_at_the_same_time_sign_nobody_out(
            days in 1_u16..=365,
            tabs in prop::collection::vec(0_u64..3, 2..12),
            kept in any::<prop::sample::Index>(),
        ) {
            let account = account(days, 0, None);
            let cookie = statement(0, u64::from(days) * DAY);
            let answers: Vec<Statement> = tabs
                .iter()
                .map(|delay| admit(&cookie, &account, at(100 + delay)).unwrap().renewal.unwrap().statement)
                .collect();
            let left_in_the_browser = kept.get(&answers);
            prop_assert!(admit(left_in_the_browser, &account, at(103)).is_ok());
            // The one that was replaced is not burnt either: an answer lost on the way signs nobody out.
            prop_assert!(admit(&cookie, &account, at(103)).is_ok());
        }
    }
}
