//! When a revocation holds against an enrollment.
//!
//! A revocation of a person or an account is a time, compared with `auth_time`, which no renewal changes: so a location
//! that has not heard of it yet cannot renew anybody back to life. Both times are handed out here, by the only writer,
//! so that an `auth_time` is always later than the revocation before it and never later than the one after it.

use device_token::Timestamp;

/// The time of enrollment to state, given the revocations the person is under.
#[must_use]
pub fn auth_time(now: Timestamp, person: Option<Timestamp>, account: Option<Timestamp>) -> Timestamp {
    let after = |revoked: Option<Timestamp>| revoked.map_or(now, |at| at.plus_seconds(1));
    now.max(after(person)).max(after(account))
}

/// The time of a revocation, given the last one and the latest `auth_time` it must reach.
#[must_use]
pub fn revocation_time(
    now: Timestamp,
    previous: Option<Timestamp>,
    latest_auth_time: Option<Timestamp>,
) -> Timestamp {
    now.max(previous.unwrap_or(now)).max(latest_auth_time.unwrap_or(now))
}

/// Does a revocation at `revoked` end what was enrolled at `auth_time`?
#[must_use]
pub fn ends(revoked: Option<Timestamp>, auth_time: Timestamp) -> bool {
    revoked.is_some_and(|at| auth_time <= at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Any order of enrolling and revoking, with a clock that stands still and jumps backwards.
        #[test]
        fn a_revocation_ends_every_earlier_enrollment_and_no_later_one(
            steps in prop::collection::vec((0_u64..5, prop::sample::select(vec!['e', 'p', 'a'])), 1..60),
        ) {
            let (mut person, mut account) = (None, None);
            let mut enrolled: Vec<(Timestamp, bool)> = Vec::new();
            for (clock, step) in steps {
                let now = Timestamp::from_seconds(1_000 + clock).unwrap();
                let latest = enrolled.iter().map(|(at, _)| *at).max();
                match step {
                    'e' => enrolled.push((auth_time(now, person, account), true)),
                    'p' => person = Some(revocation_time(now, person, latest)),
                    _ => account = Some(revocation_time(now, account, latest)),
                }
                if step != 'e' {
                    for (_, alive) in &mut enrolled {
                        *alive = false;
                    }
                }
                for (at, alive) in &enrolled {
                    prop_assert_eq!(!ends(person, *at) && !ends(account, *at), *alive);
                }
            }
        }
    }
}
