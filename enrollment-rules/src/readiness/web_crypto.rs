//! WebCrypto: what making an Ed25519 key proves.

use super::{Answer, Finding, Outcome};

/// The finding `web_crypto`; done means a key was made, was what was asked for, and signed.
///
/// `NotSupportedError` is how a browser says that it does not know the algorithm. Anything else thrown may pass.
#[must_use]
pub fn finding(outcome: &Outcome) -> Finding {
    let answer = match outcome {
        Outcome::Done => Answer::Yes,
        Outcome::Missing => Answer::No,
        Outcome::Threw(thrown) if thrown.name == "NotSupportedError" => Answer::No,
        Outcome::Nonsense | Outcome::Threw(_) => Answer::Unknown,
    };
    Finding::new(answer, outcome.seen("Ed25519, not extractable, signed"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{outcomes, threw};
    use super::*;

    #[test]
    fn only_a_missing_interface_or_algorithm_is_a_no() {
        for outcome in outcomes() {
            let expected = match outcome {
                Outcome::Done => Answer::Yes,
                Outcome::Missing => Answer::No,
                _ => Answer::Unknown,
            };
            assert_eq!(finding(&outcome).answer, expected, "{outcome:?}");
        }
        assert_eq!(finding(&threw("NotSupportedError", "Unrecognized name.")).answer, Answer::No);
    }
}
