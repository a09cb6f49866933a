//! What Cloudflare's own mail service says when it does not take a mail: an error with a `code`
//! (developers.cloudflare.com/email-service/api/send-emails/workers-api).

use super::fate::{Cause, Fate, Step, Trouble};

/// The longest code worth keeping; theirs have 29 characters at the most.
const MAX_CODE: usize = 64;

/// The one without the prefix, which the platform's own library knows.
const NOT_ALLOWED: &str = "RCPT_NOT_ALLOWED";

/// How the attempt ended. Without a code it was not the service that said so, but something on the way to it, and nobody
/// knows whether the mail went through.
#[must_use]
pub fn fate(code: Option<&str>) -> Fate {
    let shaped = |code: &&str| {
        (code.starts_with("E_") || *code == NOT_ALLOWED)
            && code.len() <= MAX_CODE
            && code.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
    };
    let Some(code) = code.filter(shaped) else { return unsure(Cause::HungUp) };
    let trouble = |step, cause| Trouble { step, cause, reply: Some(code.to_owned()) };
    match code {
        "E_SENDER_NOT_VERIFIED" | "E_SENDER_DOMAIN_NOT_AVAILABLE" => {
            Fate::Refused(trouble(Step::Binding, Cause::SenderRefused))
        }
        // Of one person only, so at the step at which a server would say so.
        NOT_ALLOWED | "E_RECIPIENT_NOT_ALLOWED" | "E_RECIPIENT_SUPPRESSED" | "E_DELIVERY_FAILED" => {
            Fate::Refused(trouble(Step::Rcpt, Cause::RecipientRefused))
        }
        "E_VALIDATION_ERROR" | "E_FIELD_MISSING" | "E_TOO_MANY_RECIPIENTS" | "E_CONTENT_TOO_LARGE" => {
            Fate::Refused(trouble(Step::Message, Cause::MessageRefused))
        }
        code if code.starts_with("E_HEADER") => Fate::Refused(trouble(Step::Message, Cause::MessageRefused)),
        // Limits, trouble of theirs, and what they may come to say.
        _ => Fate::Later(trouble(Step::Binding, Cause::Postponed)),
    }
}

/// The mail was given to the service, and no answer came.
#[must_use]
pub fn unsure(cause: Cause) -> Fate {
    Fate::Unsure(Trouble { step: Step::Binding, cause, reply: None })
}

/// There is no such binding.
#[must_use]
pub fn missing() -> Fate {
    Fate::Later(Trouble { step: Step::Begin, cause: Cause::Unreachable, reply: None })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_documented_code_is_of_the_sender_the_recipient_the_message_or_the_moment() {
        for (code, step, cause, refused) in [
            ("E_SENDER_NOT_VERIFIED", Step::Binding, Cause::SenderRefused, true),
            ("E_SENDER_DOMAIN_NOT_AVAILABLE", Step::Binding, Cause::SenderRefused, true),
            ("E_RECIPIENT_NOT_ALLOWED", Step::Rcpt, Cause::RecipientRefused, true),
            ("RCPT_NOT_ALLOWED", Step::Rcpt, Cause::RecipientRefused, true),
            ("E_RECIPIENT_SUPPRESSED", Step::Rcpt, Cause::RecipientRefused, true),
            ("E_DELIVERY_FAILED", Step::Rcpt, Cause::RecipientRefused, true),
            ("E_VALIDATION_ERROR", Step::Message, Cause::MessageRefused, true),
            ("E_FIELD_MISSING", Step::Message, Cause::MessageRefused, true),
            ("E_TOO_MANY_RECIPIENTS", Step::Message, Cause::MessageRefused, true),
            ("E_CONTENT_TOO_LARGE", Step::Message, Cause::MessageRefused, true),
            ("E_HEADER_NOT_ALLOWED", Step::Message, Cause::MessageRefused, true),
            ("E_HEADERS_TOO_LARGE", Step::Message, Cause::MessageRefused, true),
            ("E_RATE_LIMIT_EXCEEDED", Step::Binding, Cause::Postponed, false),
            ("E_DAILY_LIMIT_EXCEEDED", Step::Binding, Cause::Postponed, false),
            ("E_INTERNAL_SERVER_ERROR", Step::Binding, Cause::Postponed, false),
            ("E_WHAT_THEY_MAY_COME_TO_SAY", Step::Binding, Cause::Postponed, false),
        ] {
            let trouble = Trouble { step, cause, reply: Some(code.to_owned()) };
            let expected = if refused { Fate::Refused(trouble) } else { Fate::Later(trouble) };
            assert_eq!(fate(Some(code)), expected, "{code}");
        }
    }

    #[test]
    fn what_the_service_did_not_say_leaves_everybody_unsure() {
        let long = format!("E_{}", "A".repeat(100));
        for code in [None, Some(""), Some("ECONNRESET"), Some("E_to anna@example.com"), Some(&*long)] {
            assert_eq!(fate(code), unsure(Cause::HungUp), "{code:?}");
        }
    }
}
