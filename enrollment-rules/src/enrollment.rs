//! The act of enrolling: a ticket, codes by mail, wrong tries. What comes of a right code is in [`crate::new_device`].

use device_token::{Timestamp, UserId};
use serde::{Deserialize, Serialize};

use crate::bounds::Bounds;
use crate::keyed_hash::{Digest, HashKey, Purpose};
use crate::limits::Limited;

/// Wrong tries an enrollment stands. The person's mails are limited too, so at most 15 × 5 tries a day are spent on one
/// person, below the 100 of NIST SP 800-63B-4 section 3.2.2.
pub const MAX_WRONG_TRIES: u8 = 5;

/// How long another code can be asked for with one ticket, in seconds: resends must not keep it alive for ever.
pub const TICKET_SECONDS: u64 = 3_600;

/// A code that was sent: only its keyed hash is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentCode {
    /// See [`code_digest`].
    pub digest: Digest,
    /// When.
    pub at: Timestamp,
}

/// How an enrollment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Waiting for the code.
    Open,
    /// Confirmed.
    Used,
    /// Ended by a revocation.
    Ended,
}

/// An enrollment under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrollment {
    /// Who would be enrolled; nobody for an address that is unknown, an alias, or disabled. Those are kept all the same,
    /// so that they answer alike.
    pub person: Option<UserId>,
    /// When it began.
    pub started_at: Timestamp,
    /// The codes sent so far, each good for its own time.
    pub codes: Vec<SentCode>,
    /// Wrong tries so far, over all codes.
    pub wrong_tries: u8,
    /// How it stands.
    pub stage: Stage,
}

impl Stage {
    /// The name it is stored under.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Used => "used",
            Self::Ended => "ended",
        }
    }

    /// The stage stored under a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Open, Self::Used, Self::Ended].into_iter().find(|stage| stage.name() == name)
    }
}

/// Why an enrollment goes no further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Refusal {
    /// No ticket, or none of ours.
    TicketMissing,
    /// Asked for another code too soon.
    ResendTooSoon {
        /// When it is not.
        retry_after_seconds: u64,
    },
    /// Too many mails to this address.
    MailLimit {
        /// When there is room again.
        retry_after_seconds: u64,
    },
    /// Too many enrollments from this network.
    NetworkLimit {
        /// When there is room again.
        retry_after_seconds: u64,
    },
    /// The account does not ask for enrollment.
    AuthenticationOff,
    /// Not the code.
    CodeWrong {
        /// Tries left.
        attempts_left: u8,
    },
    /// No tries left.
    AttemptsExhausted,
    /// Every code sent is too old.
    CodeExpired,
    /// Enrolled with already.
    CodeUsed,
    /// Ended by a revocation.
    EnrollmentEnded,
    /// In a private window, which the account does not allow.
    PrivateWindow,
    /// Without a device key, which the account asks for.
    KeyRequired,
}

impl Refusal {
    /// A full allowance of mails.
    #[must_use]
    pub const fn mail_limit(limited: Limited) -> Self {
        Self::MailLimit { retry_after_seconds: limited.retry_after_seconds }
    }

    /// A full allowance of a network.
    #[must_use]
    pub const fn network_limit(limited: Limited) -> Self {
        Self::NetworkLimit { retry_after_seconds: limited.retry_after_seconds }
    }
}

/// What was typed is not 8 digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MalformedCode;

/// 8 digits.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(String);

/// How many codes there are.
const CODES: u64 = 100_000_000;

/// The code that comes of a ticket and 16 random bytes. Whoever knows the deployment's secret can make it again for another attempt to
/// send it; the database alone does not hold it.
#[must_use]
pub fn code(key: &HashKey, ticket: &Digest, draw: &[u8; 16]) -> Code {
    let bytes = key.digest(Purpose::CodeDigits, &[ticket.as_str().as_bytes(), draw]).first_16_bytes();
    // Of 2^128 numbers, each remainder comes as often as the others but for one in 2^101.
    let number = u128::from_be_bytes(bytes) % u128::from(CODES);
    Code(format!("{number:08}"))
}

impl Code {
    /// From what a person typed; spaces and hyphens do not matter.
    ///
    /// # Errors
    /// [`MalformedCode`] if it is not 8 ASCII digits otherwise.
    pub fn parse(typed: &str) -> Result<Self, MalformedCode> {
        if typed.len() > 64 {
            return Err(MalformedCode);
        }
        let digits: String = typed.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
        if digits.len() != 8 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(MalformedCode);
        }
        Ok(Self(digits))
    }

    /// The digits, to send.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.0
    }
}

/// What is kept of a code: it is worth nothing without its ticket, nor to somebody who reads the database.
#[must_use]
pub fn code_digest(key: &HashKey, ticket: &Digest, code: &Code) -> Digest {
    key.digest(Purpose::Code, &[ticket.as_str().as_bytes(), code.0.as_bytes()])
}

/// A new enrollment whose first code was sent at `now`.
#[must_use]
pub fn start(person: Option<UserId>, code: Digest, now: Timestamp) -> Enrollment {
    let codes = vec![SentCode { digest: code, at: now }];
    Enrollment { person, started_at: now, codes, wrong_tries: 0, stage: Stage::Open }
}

/// Whether a code of it could still be good, as far as that does not depend on time.
#[must_use]
pub fn is_open(enrollment: &Enrollment) -> bool {
    standing(enrollment).is_ok()
}

fn standing(enrollment: &Enrollment) -> Result<(), Refusal> {
    match enrollment.stage {
        Stage::Used => Err(Refusal::CodeUsed),
        Stage::Ended => Err(Refusal::EnrollmentEnded),
        Stage::Open if enrollment.wrong_tries >= MAX_WRONG_TRIES => Err(Refusal::AttemptsExhausted),
        Stage::Open => Ok(()),
    }
}

/// May another code be sent now? It says nothing of the person's mails; see [`crate::limits`].
///
/// # Errors
/// The [`Refusal`].
pub fn may_resend(enrollment: &Enrollment, bounds: &Bounds, now: Timestamp) -> Result<(), Refusal> {
    standing(enrollment)?;
    if now.seconds_since(enrollment.started_at) >= TICKET_SECONDS {
        return Err(Refusal::CodeExpired);
    }
    let since = enrollment.codes.iter().map(|code| now.seconds_since(code.at)).min().unwrap_or(u64::MAX);
    match bounds.resend_after_seconds.saturating_sub(since) {
        0 => Ok(()),
        retry_after_seconds => Err(Refusal::ResendTooSoon { retry_after_seconds }),
    }
}

/// The enrollment with another code. Those in the mail already stay good, and wrong tries stay counted.
#[must_use]
pub fn resent(mut enrollment: Enrollment, code: Digest, now: Timestamp) -> Enrollment {
    enrollment.codes.push(SentCode { digest: code, at: now });
    enrollment
}

/// Judges a try. What comes back is to be kept, whatever the outcome: it holds the count.
pub fn attempt(
    mut enrollment: Enrollment,
    tried: &Digest,
    bounds: &Bounds,
    now: Timestamp,
) -> (Enrollment, Result<UserId, Refusal>) {
    if let Err(refusal) = standing(&enrollment) {
        return (enrollment, Err(refusal));
    }
    let fresh = |code: &&SentCode| now.seconds_since(code.at) < bounds.code_lifetime_seconds;
    let mut any_fresh = false;
    let mut right = false;
    for code in enrollment.codes.iter().filter(fresh) {
        any_fresh = true;
        // No early exit: how long it takes tells nothing about which code it was.
        right |= code.digest == *tried;
    }
    if !any_fresh {
        return (enrollment, Err(Refusal::CodeExpired));
    }
    match enrollment.person {
        Some(person) if right => {
            enrollment.stage = Stage::Used;
            (enrollment, Ok(person))
        }
        // Nobody's code is never right: it was sent to nobody.
        _ => {
            enrollment.wrong_tries = enrollment.wrong_tries.saturating_add(1);
            let attempts_left = attempts_left(&enrollment);
            (enrollment, Err(Refusal::CodeWrong { attempts_left }))
        }
    }
}

/// Wrong tries left.
#[must_use]
pub fn attempts_left(enrollment: &Enrollment) -> u8 {
    MAX_WRONG_TRIES.saturating_sub(enrollment.wrong_tries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PERSON: [u8; 16] = [1; 16];

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_seconds(1_000_000 + seconds).unwrap()
    }

    fn digest(number: u32) -> Digest {
        let key = HashKey::new(&[3; 32]);
        let ticket = key.digest(Purpose::Ticket, &[b"ticket"]);
        code_digest(&key, &ticket, &Code(format!("{number:08}")))
    }

    fn open() -> Enrollment {
        start(Some(UserId::from_bytes(PERSON)), digest(1), at(0))
    }

    #[test]
    fn the_right_code_works_once() {
        let (used, outcome) = attempt(open(), &digest(1), &Bounds::default(), at(10));
        assert_eq!(outcome, Ok(UserId::from_bytes(PERSON)));
        assert_eq!(attempt(used, &digest(1), &Bounds::default(), at(11)).1, Err(Refusal::CodeUsed));
    }

    #[test]
    fn a_code_is_good_for_its_time_and_not_a_second_longer() {
        assert!(attempt(open(), &digest(1), &Bounds::default(), at(599)).1.is_ok());
        let (kept, outcome) = attempt(open(), &digest(1), &Bounds::default(), at(600));
        assert_eq!(outcome, Err(Refusal::CodeExpired));
        assert_eq!(kept.wrong_tries, 0);
    }

    #[test]
    fn the_sixth_try_is_not_looked_at_even_if_it_is_right() {
        let mut enrollment = open();
        for left in (0..5).rev() {
            let (next, outcome) = attempt(enrollment, &digest(2), &Bounds::default(), at(1));
            assert_eq!(outcome, Err(Refusal::CodeWrong { attempts_left: left }));
            enrollment = next;
        }
        assert_eq!(
            attempt(enrollment, &digest(1), &Bounds::default(), at(1)).1,
            Err(Refusal::AttemptsExhausted)
        );
    }

    #[test]
    fn a_resend_leaves_the_first_code_good() {
        let enrollment = resent(open(), digest(2), at(40));
        assert!(attempt(enrollment.clone(), &digest(1), &Bounds::default(), at(50)).1.is_ok());
        assert!(attempt(enrollment.clone(), &digest(2), &Bounds::default(), at(639)).1.is_ok());
        assert_eq!(
            attempt(enrollment, &digest(1), &Bounds::default(), at(639)).1,
            Err(Refusal::CodeWrong { attempts_left: 4 })
        );
    }

    #[test]
    fn another_code_can_be_asked_for_after_a_while_and_not_for_ever() {
        assert_eq!(
            may_resend(&open(), &Bounds::default(), at(10)),
            Err(Refusal::ResendTooSoon { retry_after_seconds: 20 })
        );
        assert_eq!(may_resend(&open(), &Bounds::default(), at(30)), Ok(()));
        assert_eq!(may_resend(&open(), &Bounds::default(), at(700)), Ok(()));
        assert_eq!(may_resend(&open(), &Bounds::default(), at(TICKET_SECONDS)), Err(Refusal::CodeExpired));
        let ended = Enrollment { stage: Stage::Ended, ..open() };
        assert_eq!(may_resend(&ended, &Bounds::default(), at(60)), Err(Refusal::EnrollmentEnded));
    }

    #[test]
    fn nobodys_code_is_never_right() {
        let nobodys = start(None, digest(1), at(0));
        assert_eq!(
            attempt(nobodys, &digest(1), &Bounds::default(), at(1)).1,
            Err(Refusal::CodeWrong { attempts_left: 4 })
        );
    }

    #[test]
    fn a_code_is_read_as_people_type_it() {
        for typed in ["12345678", " 1234 5678 ", "1234-5678", "12 34 56 78"] {
            assert_eq!(Code::parse(typed).unwrap().digits(), "12345678");
        }
        for typed in
            ["", "1234567", "123456789", "1234567a", "１２３４５６７８", "12345678'--", &"1".repeat(100)]
        {
            assert!(Code::parse(typed).is_err(), "{typed:?}");
        }
    }

    #[test]
    fn a_code_comes_of_its_ticket_its_draw_and_the_secret() {
        let key = HashKey::new(&[3; 32]);
        let [ticket, other] = [b"one", b"two"].map(|name| key.digest(Purpose::Ticket, &[name]));
        let made = code(&key, &ticket, &[5; 16]);
        assert!(Code::parse(made.digits()).is_ok_and(|parsed| parsed == code(&key, &ticket, &[5; 16])));
        for differs in [
            code(&key, &other, &[5; 16]),
            code(&key, &ticket, &[6; 16]),
            code(&HashKey::new(&[4; 32]), &ticket, &[5; 16]),
        ] {
            assert_ne!(made.digits(), differs.digits());
        }
    }

    #[test]
    fn codes_are_spread_evenly_and_keep_their_leading_zeros() {
        let key = HashKey::new(&[3; 32]);
        let ticket = key.digest(Purpose::Ticket, &[b"one"]);
        let mut first = [0_u32; 10];
        for number in 0_u128..10_000 {
            let made = code(&key, &ticket, &number.to_be_bytes());
            assert_eq!(made.digits().len(), 8);
            first[usize::from(made.digits().as_bytes()[0] - b'0')] += 1;
        }
        assert!(first.iter().all(|count| (850..1_150).contains(count)), "{first:?}");
    }

    proptest! {
        /// Any interleaving of resends, wrong codes and waiting: never more than five tries are looked at, and a resend
        /// neither adds one nor kills a code that is still in time.
        #[test]
        fn no_interleaving_of_resends_and_wrong_codes_gets_a_sixth_try(
            steps in prop::collection::vec((0_u64..200, any::<bool>()), 1..60),
        ) {
            let mut enrollment = open();
            let (mut now, mut looked_at, mut sent) = (0, 0_u8, vec![(1_u32, 0_u64)]);
            for (pause, resend) in steps {
                now += pause;
                if resend {
                    if may_resend(&enrollment, &Bounds::default(), at(now)).is_ok() {
                        let number = u32::try_from(sent.len()).unwrap() + 1;
                        let before = enrollment.wrong_tries;
                        enrollment = resent(enrollment, digest(number), at(now));
                        prop_assert_eq!(enrollment.wrong_tries, before);
                        sent.push((number, now));
                    }
                } else {
                    let (next, outcome) = attempt(enrollment, &digest(99_999_999), &Bounds::default(), at(now));
                    enrollment = next;
                    if matches!(outcome, Err(Refusal::CodeWrong { .. })) {
                        looked_at += 1;
                    }
                }
                prop_assert!(looked_at <= MAX_WRONG_TRIES);
                for (number, at_second) in &sent {
                    let outcome = attempt(enrollment.clone(), &digest(*number), &Bounds::default(), at(now)).1;
                    let good = looked_at < MAX_WRONG_TRIES && now - at_second < 600;
                    prop_assert_eq!(outcome.is_ok(), good);
                }
            }
        }
    }
}
