//! Storage: what trying to write proves, and what is known of how long it stays.

use super::browser::Engine;
use super::{Answer, Finding, Outcome};

/// The finding `indexed_db` or `local_storage`.
#[must_use]
pub fn writing(outcome: &Outcome) -> Finding {
    Finding::new(available(outcome), outcome.seen("wrote, read, deleted"))
}

/// The finding `file_system`; done means that there was a directory.
#[must_use]
pub fn file_system(directory: &Outcome) -> Finding {
    Finding::new(available(directory), directory.seen("directory"))
}

/// A full disk, a busy one or a database that is being repaired is passing trouble. What the browser does not have, or refuses
/// by its settings, will not be there a minute later either.
fn available(outcome: &Outcome) -> Answer {
    match outcome {
        Outcome::Done => Answer::Yes,
        Outcome::Missing => Answer::No,
        Outcome::Threw(thrown) if matches!(thrown.name.as_str(), "SecurityError" | "InvalidStateError") => {
            Answer::No
        }
        Outcome::Nonsense | Outcome::Threw(_) => Answer::Unknown,
    }
}

/// The finding `storage_kept`: `WebKit` removes what a script wrote seven days after the person last used the site; of the
/// others nothing can be said beforehand.
#[must_use]
pub fn kept(engine: Engine) -> Finding {
    let answer = if engine == Engine::WebKit { Answer::No } else { Answer::Unknown };
    Finding::new(answer, engine.name())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{outcomes, threw};
    use super::*;

    #[test]
    fn only_what_will_not_pass_is_a_no() {
        for name in ["QuotaExceededError", "UnknownError", "AbortError", "TypeError", "DataError", ""] {
            assert_eq!(writing(&threw(name, "")).answer, Answer::Unknown, "{name}");
            assert_eq!(file_system(&threw(name, "")).answer, Answer::Unknown, "{name}");
        }
        for name in ["SecurityError", "InvalidStateError"] {
            assert_eq!(writing(&threw(name, "")).answer, Answer::No, "{name}");
            assert_eq!(file_system(&threw(name, "")).answer, Answer::No, "{name}");
        }
        assert_eq!(writing(&Outcome::Missing).answer, Answer::No);
        assert_eq!(writing(&Outcome::Nonsense).answer, Answer::Unknown);
        for outcome in outcomes() {
            assert_eq!(writing(&outcome).answer == Answer::Yes, outcome == Outcome::Done, "{outcome:?}");
        }
    }

    #[test]
    fn only_of_webkit_it_is_known_that_storage_does_not_last() {
        for engine in [Engine::Chromium, Engine::Gecko, Engine::Other] {
            assert_eq!(kept(engine).answer, Answer::Unknown);
        }
        assert_eq!(kept(Engine::WebKit).answer, Answer::No);
    }
}
