//! How many mails one person is sent, and how many enrollments one network begins.
//!
//! A stranger who types somebody's address uses up that person's mails. So five a day are kept for browsers that show
//! they belong to the person, by a protected link addressed to them or an earlier device cookie of theirs: whoever has one
//! cannot be locked out by strangers.

use device_token::{Timestamp, UserId};

use crate::time_text::DAY_SECONDS;

/// A mail that was sent, as the limits remember it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SentMail {
    /// When.
    pub at: Timestamp,
    /// Whether it was one of the reserved ones.
    pub reserved: bool,
}

/// Which allowance a mail is counted against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowance {
    /// 3 in 15 minutes and 10 in 24 hours, whoever asks.
    Ordinary,
    /// 5 in 24 hours, for browsers that show they belong to the person.
    Reserved,
}

/// A limit is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limited {
    /// When to try again.
    pub retry_after_seconds: u64,
}

const QUARTER_HOUR_SECONDS: u64 = 900;
const PER_QUARTER_HOUR: usize = 3;
const PER_DAY: usize = 10;
const RESERVED_PER_DAY: usize = 5;
const HOUR_SECONDS: u64 = 3_600;

/// How far back a history of mails must reach, in seconds.
pub const HISTORY_SECONDS: u64 = DAY_SECONDS;

/// May somebody be told that all tries of an enrollment in their name were spent, having been told so at `last`? Once a day: what
/// comes of a stranger's doing, and nobody has asked for, must not fill a mailbox.
#[must_use]
pub fn may_tell_of_wrong_codes(last: Option<Timestamp>, now: Timestamp) -> bool {
    last.is_none_or(|last| now.seconds_since(last) >= DAY_SECONDS)
}

/// Seconds until fewer than `limit` of `times` lie within the last `window` seconds; 0 if that is so already.
fn wait(times: impl Iterator<Item = Timestamp>, limit: usize, window: u64, now: Timestamp) -> u64 {
    let mut ages: Vec<u64> = times.map(|at| now.seconds_since(at)).filter(|age| *age < window).collect();
    if ages.len() < limit {
        return 0;
    }
    // Youngest first: the one at `limit - 1` is the oldest that still fills the limit, and must leave the window.
    ages.sort_unstable();
    ages.get(limit.saturating_sub(1)).map_or(0, |age| window.saturating_sub(*age))
}

/// May another mail be sent to a person who was sent `history`? `belongs`: the asking browser shows that it is theirs.
///
/// # Errors
/// [`Limited`] when neither allowance has room.
pub fn mail_allowance(history: &[SentMail], belongs: bool, now: Timestamp) -> Result<Allowance, Limited> {
    let ordinary = || history.iter().filter(|mail| !mail.reserved).map(|mail| mail.at);
    let ordinary_wait = wait(ordinary(), PER_QUARTER_HOUR, QUARTER_HOUR_SECONDS, now).max(wait(
        ordinary(),
        PER_DAY,
        DAY_SECONDS,
        now,
    ));
    if ordinary_wait == 0 {
        return Ok(Allowance::Ordinary);
    }
    if !belongs {
        return Err(Limited { retry_after_seconds: ordinary_wait });
    }
    let reserved = history.iter().filter(|mail| mail.reserved).map(|mail| mail.at);
    match wait(reserved, RESERVED_PER_DAY, DAY_SECONDS, now) {
        0 => Ok(Allowance::Reserved),
        reserved_wait => Err(Limited { retry_after_seconds: ordinary_wait.min(reserved_wait) }),
    }
}

/// Whom a typed address leads to, by the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lookup {
    /// Nobody, or somebody who is disabled.
    Nobody,
    /// The person whose primary address it is.
    Person(UserId),
    /// The person whose alias it is. Nobody enrolls by an alias; a mail explains it.
    AliasOf(UserId),
}

impl Lookup {
    /// Whose mails this counts among.
    #[must_use]
    pub const fn counted_person(self) -> Option<UserId> {
        match self {
            Self::Nobody => None,
            Self::Person(person) | Self::AliasOf(person) => Some(person),
        }
    }

    /// Who would be enrolled.
    #[must_use]
    pub const fn enrolls(self) -> Option<UserId> {
        match self {
            Self::Person(person) => Some(person),
            Self::Nobody | Self::AliasOf(_) => None,
        }
    }
}

/// What a request for a mail is counted against, and whether a mail is sent at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Granted {
    /// The allowance of the address as typed. Reserved ones are counted for the address and those shown together.
    pub typed: Allowance,
    /// The allowance of the person; `None`: no mail is sent, and nobody is told.
    pub person: Option<Allowance>,
}

/// May a mail be sent for a typed address? The answer to the outside depends on what was typed and shown alone, never on
/// the directory: otherwise it would tell who is in it, or who has which alias.
///
/// `typed`: mails asked for with this address, and with it and those `shown` together. `person`: mails sent to the person
/// the address leads to, aliases included. `shown`: whom the browser shows to belong to.
///
/// # Errors
/// [`Limited`] when what was typed has no room.
pub fn may_mail(
    lookup: Lookup,
    shown: &[UserId],
    typed: &[SentMail],
    person: &[SentMail],
    now: Timestamp,
) -> Result<Granted, Limited> {
    let typed = mail_allowance(typed, !shown.is_empty(), now)?;
    let belongs = lookup.enrolls().is_some_and(|person| shown.contains(&person));
    let person = lookup.counted_person().and_then(|_| mail_allowance(person, belongs, now).ok());
    Ok(Granted { typed, person })
}

/// May a network that began enrollments at `begun` begin another one?
///
/// # Errors
/// [`Limited`] when it began `per_hour` within the last hour.
pub fn network_allowance(begun: &[Timestamp], per_hour: u32, now: Timestamp) -> Result<(), Limited> {
    let limit = usize::try_from(per_hour).unwrap_or(usize::MAX);
    match wait(begun.iter().copied(), limit, HOUR_SECONDS, now) {
        0 => Ok(()),
        retry_after_seconds => Err(Limited { retry_after_seconds }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_seconds(1_000_000 + seconds).unwrap()
    }

    #[test]
    fn a_stranger_gets_three_mails_in_a_quarter_of_an_hour() {
        let history: Vec<_> = [0, 10, 20].map(|s| SentMail { at: at(s), reserved: false }).into();
        assert_eq!(mail_allowance(&history, false, at(30)), Err(Limited { retry_after_seconds: 870 }));
        assert_eq!(mail_allowance(&history, false, at(899)), Err(Limited { retry_after_seconds: 1 }));
        assert_eq!(mail_allowance(&history, false, at(900)), Ok(Allowance::Ordinary));
    }

    #[test]
    fn that_tries_were_spent_is_told_once_a_day() {
        for (last, told) in
            [(None, true), (Some(0), false), (Some(DAY_SECONDS - 1), false), (Some(DAY_SECONDS), true)]
        {
            let now = at(DAY_SECONDS);
            let last = last.map(|ago| at(DAY_SECONDS - ago));
            assert_eq!(may_tell_of_wrong_codes(last, now), told, "{last:?}");
        }
    }

    #[test]
    fn a_stranger_cannot_lock_the_person_out() {
        let mut history: Vec<_> = (0..10).map(|n| SentMail { at: at(n * 900), reserved: false }).collect();
        let now = at(10_000);
        assert!(mail_allowance(&history, false, now).is_err());
        for _ in 0..5 {
            assert_eq!(mail_allowance(&history, true, now), Ok(Allowance::Reserved));
            history.push(SentMail { at: now, reserved: true });
        }
        assert!(mail_allowance(&history, true, now).is_err());
    }

    /// Requests for one address as the account object keeps them: counted by what was typed, and by the person.
    fn ask(
        lookup: Lookup,
        shown: &[UserId],
        kept: &mut [Vec<SentMail>; 3],
        now: u64,
    ) -> Result<bool, Limited> {
        let typed: Vec<SentMail> = kept[0].iter().chain(&kept[1]).copied().collect();
        let granted = may_mail(lookup, shown, &typed, &kept[2], at(now))?;
        let reserved = granted.typed == Allowance::Reserved;
        kept[usize::from(reserved)].push(SentMail { at: at(now), reserved });
        if let Some(allowance) = granted.person {
            kept[2].push(SentMail { at: at(now), reserved: allowance == Allowance::Reserved });
        }
        Ok(granted.person.is_some())
    }

    proptest! {
        /// Whatever is typed, shown and waited: known, unknown and alias are answered alike, to the second.
        #[test]
        fn the_limits_do_not_tell_who_is_in_the_directory(
            requests in prop::collection::vec((0_u64..2_000, any::<bool>()), 1..60),
        ) {
            let person = UserId::from_bytes([1; 16]);
            let mut kept: [[Vec<SentMail>; 3]; 3] = Default::default();
            let mut now = 0;
            for (pause, shows) in requests {
                now += pause;
                let shown = if shows { vec![person] } else { Vec::new() };
                let lookups = [Lookup::Nobody, Lookup::Person(person), Lookup::AliasOf(person)];
                let answers: Vec<_> = lookups
                    .into_iter()
                    .zip(&mut kept)
                    .map(|(lookup, kept)| ask(lookup, &shown, kept, now).map(|_| ()))
                    .collect();
                prop_assert_eq!(answers[0], answers[1]);
                prop_assert_eq!(answers[0], answers[2]);
            }
        }
    }

    #[test]
    fn three_mails_a_quarter_of_an_hour_are_the_persons_and_not_each_alias_s() {
        let person = UserId::from_bytes([1; 16]);
        let (mut by_alias, mut by_primary): ([Vec<SentMail>; 3], [Vec<SentMail>; 3]) = Default::default();
        for second in 0..3 {
            assert_eq!(ask(Lookup::AliasOf(person), &[], &mut by_alias, second), Ok(true));
        }
        by_primary[2].clone_from(&by_alias[2]);
        // Not told, and not sent; somebody who shows that it is theirs is sent one.
        assert_eq!(ask(Lookup::Person(person), &[], &mut by_primary, 4), Ok(false));
        assert_eq!(ask(Lookup::Person(person), &[person], &mut by_primary, 5), Ok(true));
    }

    #[test]
    fn a_network_is_told_when_its_oldest_enrollment_leaves_the_hour() {
        assert_eq!(
            network_allowance(&[at(0), at(5)], 2, at(10)),
            Err(Limited { retry_after_seconds: 3_590 })
        );
        assert_eq!(network_allowance(&[at(0), at(5)], 2, at(3_600)), Ok(()));
        assert_eq!(network_allowance(&[], 1, at(0)), Ok(()));
    }

    proptest! {
        #[test]
        fn no_sequence_of_requests_gets_more_than_the_limits(
            requests in prop::collection::vec((0_u64..4_000, any::<bool>()), 1..120),
        ) {
            let mut history: Vec<SentMail> = Vec::new();
            let mut now = 0_u64;
            for (step, belongs) in requests {
                now += step;
                match mail_allowance(&history, belongs, at(now)) {
                    Ok(allowance) => {
                        history.push(SentMail { at: at(now), reserved: allowance == Allowance::Reserved });
                    }
                    Err(limited) => {
                        // The answer is true: at that time it works, one second before it does not.
                        let then = now + limited.retry_after_seconds;
                        prop_assert!(mail_allowance(&history, belongs, at(then)).is_ok());
                        prop_assert!(mail_allowance(&history, belongs, at(then - 1)).is_err());
                    }
                }
                for start in history.iter().map(|mail| mail.at) {
                    let count = |reserved, window| {
                        history
                            .iter()
                            .filter(|m| m.reserved == reserved && m.at >= start && m.at.seconds_since(start) < window)
                            .count()
                    };
                    prop_assert!(count(false, QUARTER_HOUR_SECONDS) <= PER_QUARTER_HOUR);
                    prop_assert!(count(false, DAY_SECONDS) <= PER_DAY);
                    prop_assert!(count(true, DAY_SECONDS) <= RESERVED_PER_DAY);
                }
            }
        }
    }
}
