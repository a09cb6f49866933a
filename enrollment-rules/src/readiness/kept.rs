//! Does what is stored stay when the browser is closed?

use super::private_window::Evidence;
use super::{Answer, Finding};

/// The finding `kept_after_closing`. It is never a certain "yes": a policy, an extension or a cleaning program can clear without
/// leaving a trace beforehand.
#[must_use]
pub fn finding(evidence: &Evidence) -> Finding {
    let private_window = evidence.finding();
    if private_window.answer == Answer::Yes {
        Finding::new(Answer::No, "private_window=yes")
    } else if evidence.is_deleted_on_closing() {
        Finding::new(Answer::No, private_window.seen)
    } else {
        Finding::new(Answer::Unknown, ["private_window=", private_window.answer.code()].concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(message: &str) -> (Answer, Answer) {
        let evidence = Evidence::Chromium(Ok(message.to_owned()));
        (evidence.finding().answer, finding(&evidence).answer)
    }

    #[test]
    fn a_private_window_and_storage_for_the_session_are_not_kept_and_the_rest_is_unknown() {
        let far = "far_write=QuotaExceededError far_size=QuotaExceededError";
        let session = "large=QuotaExceededError first=209715200 second=QuotaExceededError room=10737418240";
        assert_eq!(answers("far_write=4294967288 far_size=0"), (Answer::Yes, Answer::No));
        assert_eq!(answers(&[far, session].join(" ")), (Answer::Unknown, Answer::No));
        assert_eq!(answers(&[far, "large=3221225472"].join(" ")), (Answer::No, Answer::Unknown));
        assert_eq!(answers(""), (Answer::Unknown, Answer::Unknown));
        for evidence in [Evidence::Chromium(Err(String::new())), Evidence::Other] {
            assert_eq!(finding(&evidence).answer, Answer::Unknown);
        }
    }
}
