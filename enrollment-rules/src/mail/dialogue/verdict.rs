//! What a reply means that is not the one hoped for.

use super::reply::{Enhanced, Reply};
use crate::mail::fate::{Cause, Fate, Step, Trouble};

/// What somebody has against the sender, by the enhanced code, at whichever step it is said: it may be said to the
/// recipient's name or to the end of the message, as many servers look at the sender only then.
///
/// RFC 3463 section 3.2 and RFC 7505 (5.1.7, 5.1.8, 5.7.27), RFC 7372 (5.7.20 to 24 and 26), and Exchange Online's by
/// learn.microsoft.com/exchange/troubleshoot/email-delivery/ndr/non-delivery-reports-in-exchange-online.
const AGAINST_THE_SENDER: &[Enhanced] = &[
    [5, 1, 7],   // not an address
    [5, 1, 8],   // of a domain or mailbox that does not exist, or may not send any more
    [5, 1, 20],  // more than one
    [5, 2, 252], // may not send as this sender
    [5, 7, 20],  // no DKIM signature that passes
    [5, 7, 21],  // no DKIM signature that is acceptable
    [5, 7, 22],  // no DKIM signature of the author's domain
    [5, 7, 23],  // SPF does not hold
    [5, 7, 24],  // SPF cannot be read
    [5, 7, 26],  // neither SPF nor DKIM hold
    [5, 7, 27],  // of a domain that takes no mail
    [5, 7, 60],  // may not send as this sender
    [5, 7, 64],  // no connector is for this sender
    [5, 7, 68],  // no connector is for this sender
    [5, 7, 501], // banned sender
    [5, 7, 502], // banned sender
    [5, 7, 503], // banned sender
    [5, 7, 509], // DMARC does not hold
    [5, 7, 512], // no valid header sender
    [5, 7, 513], // no valid sender's domain
    [5, 7, 515], // not authenticated as the receiver demands
    [5, 7, 750], // of a domain that the tenant has not registered
];

/// What somebody has against whoever connects: RFC 7372 (5.7.25), the same page, and limits by the day (5.1.90, and 5.4.5 of
/// Google's relay).
fn against_the_client(enhanced: Enhanced) -> bool {
    matches!(enhanced, [5, 1, 90] | [5, 4, 5] | [5, 7, 25 | 508 | 511 | 606..=649 | 700..=749])
}

/// The same two in words, since "5.7.1" is said of everything.
const WORDS_AGAINST_THE_SENDER: [&str; 19] = [
    "null sender",
    "empty sender",
    "blank sender",
    "<>",
    "send as",
    "sendasdenied",
    "sender address",
    "sender rejected",
    "sender denied",
    "sender is not",
    "sender not",
    "sender verify",
    "sender domain",
    "invalid sender",
    "banned sender",
    "mail from",
    "spf",
    "dkim",
    "dmarc",
];
const WORDS_AGAINST_THE_CLIENT: [&str; 4] = ["client host", "blocked using", "block list", "blacklist"];
const WORDS_OF_RELAYS: [&str; 1] = ["relay"];

/// How the attempt ends with this reply to this step. `signed_in`: by a user name and a password.
pub(super) fn fate(step: Step, reply: &Reply, signed_in: bool) -> Fate {
    let trouble = |cause| Trouble { step, cause, reply: Some(reply.numbers()) };
    match reply.class() {
        4 if is_against_the_sender(step, reply) => Fate::Later(trouble(Cause::SenderRefused)),
        4 => Fate::Later(trouble(Cause::Postponed)),
        5 => Fate::Refused(trouble(refusal(step, reply, signed_in))),
        // Something else than was asked for.
        _ if step == Step::Message => Fate::Unsure(trouble(Cause::NotSmtp)),
        _ => Fate::Later(trouble(Cause::NotSmtp)),
    }
}

/// Said for the time being. By its number alone: words are found in every 4xx.
fn is_against_the_sender(step: Step, reply: &Reply) -> bool {
    let of_the_mail = matches!(step, Step::Mail | Step::Rcpt | Step::Message);
    let enhanced = reply.enhanced.map(|[_, subject, detail]| [5, subject, detail]);
    of_the_mail && enhanced.is_some_and(|enhanced| AGAINST_THE_SENDER.contains(&enhanced))
}

fn refusal(step: Step, reply: &Reply, signed_in: bool) -> Cause {
    match step {
        Step::StartTls => Cause::NoStartTls,
        // 504: not by this mechanism; 500 and 502: not at all.
        Step::Auth if matches!(reply.code, 500 | 502 | 504) => Cause::NoAuth,
        Step::Auth => Cause::AuthRefused,
        Step::Mail | Step::Rcpt | Step::Data | Step::Message => of_the_mail(step, reply, signed_in),
        _ => Cause::Refused,
    }
}

fn of_the_mail(step: Step, reply: &Reply, signed_in: bool) -> Cause {
    let words = words(reply);
    let says = |some: &[&str]| some.iter().any(|word| words.contains(word));
    let unknown = if signed_in { Cause::AuthRefused } else { Cause::AuthRequired };
    match (reply.code, reply.enhanced) {
        // 503 to the sender's name: something was to come before it. 5.7.57 is Exchange's 530.
        (530, _) | (_, Some([5, 7, 57])) => return unknown,
        (503, _) if step == Step::Mail => return unknown,
        (_, Some(enhanced)) if AGAINST_THE_SENDER.contains(&enhanced) => return Cause::SenderRefused,
        (_, Some(enhanced)) if against_the_client(enhanced) => return Cause::Refused,
        // Too big, or for a mailbox that is full.
        (552, _) if step != Step::Rcpt => return Cause::MessageRefused,
        _ => {}
    }
    if says(&WORDS_AGAINST_THE_CLIENT) {
        return Cause::Refused;
    }
    if says(&WORDS_AGAINST_THE_SENDER) {
        return Cause::SenderRefused;
    }
    match step {
        // Parameters, and what else has nothing to do with whom it is from.
        Step::Mail if matches!(reply.code, 500 | 502 | 504 | 555) => Cause::Refused,
        Step::Mail => Cause::SenderRefused,
        // A relay takes for others only what it takes from those it knows.
        Step::Rcpt if says(&WORDS_OF_RELAYS) && !signed_in => Cause::AuthRequired,
        // RFC 3463 section 3.8: this sender may not send to this recipient.
        Step::Rcpt
            if reply.enhanced == Some([5, 7, 1]) && !says(&["recipient", "user", "mailbox", "relay"]) =>
        {
            Cause::SenderRefused
        }
        Step::Rcpt => Cause::RecipientRefused,
        _ => Cause::MessageRefused,
    }
}

/// Without the addresses: anybody may be called `relay@example.com`.
fn words(reply: &Reply) -> String {
    let words: Vec<_> =
        reply.texts().flat_map(str::split_whitespace).filter(|word| !word.contains('@')).collect();
    words.join(" ").to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::super::reply::Replies;
    use super::*;

    fn cause(step: Step, text: &str, signed_in: bool) -> Cause {
        let mut replies = Replies::default();
        replies.hear(format!("{text}\r\n").as_bytes());
        match fate(step, &replies.next().unwrap().unwrap(), signed_in) {
            Fate::Refused(trouble) => trouble.cause,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn a_refusal_of_the_sender_is_told_from_all_others_at_every_step() {
        use Cause::{AuthRefused, AuthRequired, MessageRefused, RecipientRefused, Refused, SenderRefused};
        use Step::{Data, Mail, Message, Rcpt};
        for (step, text, expected) in [
            // Office 365 and Exchange.
            (Mail, "550 5.7.1 Service refuses messages from the null sender <>", SenderRefused),
            (Rcpt, "550 5.7.1 Service refuses messages from the null sender <>", SenderRefused),
            (Message, "550 5.7.1 Message rejected: null sender is not accepted", SenderRefused),
            (
                Message,
                "550 5.7.60 SMTP; Client does not have permissions to send as this sender",
                SenderRefused,
            ),
            (
                Message,
                "554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied",
                SenderRefused,
            ),
            (
                Message,
                "554 5.2.252 SendAsDenied; a@example.com not allowed to send as b@example.com",
                SenderRefused,
            ),
            (Rcpt, "550 5.7.64 TenantAttribution; Relay Access Denied", SenderRefused),
            (Rcpt, "550 5.7.501 Service unavailable. Your account has been blocked", SenderRefused),
            (
                Message,
                "550 5.7.509 Access denied, sending domain does not pass DMARC verification",
                SenderRefused,
            ),
            (
                Message,
                "550 5.7.512 Access denied, message must be RFC 5322 section 3.6.2 compliant",
                SenderRefused,
            ),
            (
                Message,
                "550 5.7.515 Access denied, sending domain does not meet the required level",
                SenderRefused,
            ),
            (Rcpt, "550 5.7.750 Service unavailable. Client blocked from sending", SenderRefused),
            (Mail, "501 5.1.7 Invalid address", SenderRefused),
            (Mail, "530 5.7.57 Client not authenticated to send mail", AuthRequired),
            (Rcpt, "550 5.7.606 Access denied, banned sending IP", Refused),
            (
                Mail,
                "550 5.7.708 Service unavailable. Access denied, traffic not accepted from this IP",
                Refused,
            ),
            (Rcpt, "550 5.7.124 Sender not in allowed-senders list", SenderRefused),
            (Rcpt, "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain", AuthRequired),
            (Rcpt, "550 5.1.1 RESOLVER.ADR.RecipNotFound; not found", RecipientRefused),
            (Rcpt, "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found", RecipientRefused),
            (Rcpt, "554 5.2.2 mailbox full", RecipientRefused),
            (
                Message,
                "550 5.1.90 Your message can't be sent because you've reached your daily limit",
                Refused,
            ),
            // Gmail.
            (Message, "550 5.4.5 Daily SMTP relay limit exceeded for user", Refused),
            (Message, "550-5.7.26 This mail is unauthenticated", SenderRefused),
            (Message, "552 5.3.4 Your message exceeded Google's message size limits", MessageRefused),
            // Postfix, Exim, Cloudflare.
            (Rcpt, "553 5.7.1 <a@example.com>: Sender address rejected: not owned by user b", SenderRefused),
            (Rcpt, "554 5.7.1 <a@example.org>: Relay access denied", AuthRequired),
            (
                Rcpt,
                "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using list.example",
                Refused,
            ),
            (Rcpt, "550 mail from 192.0.2.1 refused, it is on our blacklist", Refused),
            (Rcpt, "550 5.1.1 <a@example.com>: Recipient address rejected: User unknown", RecipientRefused),
            (Rcpt, "550 5.7.1 <a@example.com>: Recipient address rejected: Access denied", RecipientRefused),
            (Rcpt, "550 5.7.1 Delivery not authorized", SenderRefused),
            (Rcpt, "550 Sender verify failed", SenderRefused),
            (Rcpt, "550 no such user", RecipientRefused),
            (Rcpt, "550 5.1.1 <spf@example.com>: unknown", RecipientRefused),
            (Rcpt, "552 5.2.2 over quota", RecipientRefused),
            (Mail, "550 5.7.1 Sender denied", SenderRefused),
            (Mail, "550 no", SenderRefused),
            (Mail, "503 5.5.1 Bad sequence of commands", AuthRequired),
            (Mail, "530 5.7.0 Authentication required", AuthRequired),
            (Mail, "555 5.5.4 Unsupported option", Refused),
            (Mail, "552 5.3.4 Message size exceeds fixed limit", MessageRefused),
            (Message, "550 5.7.1 Blocked by content filter", MessageRefused),
            (Message, "554 5.6.0 Message contains invalid header", MessageRefused),
            (Data, "554 5.5.1 no valid recipients", MessageRefused),
        ] {
            // The continuation line needs its end.
            let text = if text.get(3..4) == Some("-") {
                format!("{text}\r\n550 5.7.26 end")
            } else {
                text.to_owned()
            };
            assert_eq!(cause(step, &text, false), expected, "{step:?} {text}");
        }
        assert_eq!(cause(Mail, "530 5.7.0 Authentication required", true), AuthRefused);
        assert_eq!(cause(Rcpt, "554 5.7.1 <a@example.org>: Relay access denied", true), RecipientRefused);
    }

    #[test]
    fn for_the_time_being_a_refusal_of_the_sender_is_known_by_its_number() {
        for (step, text, cause) in [
            (Step::Rcpt, "450 4.1.8 Sender address rejected: Domain not found", Cause::SenderRefused),
            (Step::Message, "421 4.7.26 unauthenticated mail is rate limited", Cause::SenderRefused),
            (Step::Rcpt, "450 4.2.1 mail from you is greylisted", Cause::Postponed),
            (Step::Auth, "454 4.7.20 not now", Cause::Postponed),
        ] {
            let mut replies = Replies::default();
            replies.hear(format!("{text}\r\n").as_bytes());
            let fate = fate(step, &replies.next().unwrap().unwrap(), true);
            assert!(matches!(&fate, Fate::Later(trouble) if trouble.cause == cause), "{text}: {fate:?}");
        }
    }

    #[test]
    fn before_the_mail_a_refusal_is_of_the_server_or_of_what_it_was_told() {
        for (step, text, expected) in [
            (Step::Greeting, "554 5.7.1 no mail from here", Cause::Refused),
            (Step::Ehlo, "502 5.5.1 not implemented", Cause::Refused),
            (Step::StartTls, "502 5.5.1 not implemented", Cause::NoStartTls),
            (Step::Auth, "535 5.7.139 Authentication unsuccessful", Cause::AuthRefused),
            (Step::Auth, "550 5.7.30 Basic authentication is not supported", Cause::AuthRefused),
            (Step::Auth, "535 5.7.8 bad credentials", Cause::AuthRefused),
            (Step::Auth, "504 5.5.4 unrecognized authentication type", Cause::NoAuth),
        ] {
            assert_eq!(cause(step, text, true), expected, "{step:?} {text}");
        }
    }
}
