//! What the account object refuses, as the API says it.

use enrollment_rules::enrollment::Refusal;
use enrollment_rules::{administration, my_devices, passkey, proof, set_up};

use super::{Described, Failure};
use crate::account::AccountRefusal;

#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn of_account(refusal: &AccountRefusal) -> Described {
    match refusal {
        AccountRefusal::Enrollment(refusal) => of_enrollment(*refusal),
        AccountRefusal::Proof(refusal) => {
            use proof::Refusal as Proof;
            let (status, title) = match refusal {
                Proof::OriginForeign => (422, "This proof was made for another origin"),
                Proof::KeyInvalid => (422, "This is not a usable device key"),
                Proof::KeyForeign => (422, "This is not the key of that device"),
                Proof::ChallengeInvalid => (422, "This challenge was not made here"),
                Proof::ChallengeForeign => (422, "This challenge was made for another account"),
                Proof::ChallengeExpired => (410, "This challenge is too old"),
                Proof::ChallengeSpent => (409, "This challenge was answered already"),
                Proof::TokenInvalid => (422, "This device token was not made here"),
                Proof::TokenForeign => (422, "This device token was made for another account"),
                Proof::SignatureInvalid => (422, "This is not the signature of that key over these"),
                Proof::DeviceUnknown => (410, "Nobody has this device any more"),
                Proof::Revoked => (403, "This device was revoked"),
                Proof::Expired => (410, "This device was not used for too long"),
            };
            Described::new(status, refusal.code(), title)
        }
        AccountRefusal::MyDevices(refusal) => match refusal {
            my_devices::Refusal::NotEnrolled => Failure::NotEnrolled.described(),
            my_devices::Refusal::ProofNeeded => {
                Described::new(403, "proof_needed", "This takes a recent proof of the device key")
            }
            my_devices::Refusal::CodeNeeded => {
                Described::new(403, "code_needed", "This takes a code from the person's mailbox")
            }
        },
        AccountRefusal::Field { field, detail } => {
            Failure::BodyInvalid { field: field.clone(), detail: detail.clone() }.described()
        }
        AccountRefusal::Unauthorized => Failure::Unauthorized.described(),
        AccountRefusal::SessionEnded => Described::new(401, "session_ended", "Sign in again"),
        AccountRefusal::Administration(refusal) => match refusal {
            administration::Refusal::NotAllowed => {
                Described::new(403, "not_allowed", "Your role or the token's scopes do not reach this far")
            }
            administration::Refusal::TouchNeeded => {
                Described::new(403, "touch_needed", "This takes a fresh touch of a passkey")
            }
        },
        AccountRefusal::Passkey(refusal) => of_passkey(*refusal),
        AccountRefusal::SetUp(refusal) => of_set_up(*refusal),
        AccountRefusal::LastAdministrator => {
            Described::new(409, "last_administrator", "One administrator who can sign in has to stay")
        }
        AccountRefusal::LastPasskey => Described::new(409, "last_passkey", "One passkey has to stay"),
        AccountRefusal::AccessInCharge => {
            Described::new(409, "access_in_charge", "Cloudflare Access signs administrators in here")
        }
        AccountRefusal::NoSender => Described::new(
            409,
            "no_sender",
            "Codes would be from nobody: choose a Notification Postmaster Address first",
        ),
        AccountRefusal::NotFound => Failure::NotFound.described(),
        AccountRefusal::Setting { field, bounds } => {
            Described::new(422, "setting_invalid", "This setting cannot have this value")
                .of_field(field, bounds)
        }
        AccountRefusal::DomainExists => Described::new(409, "domain_exists", "This domain is there already"),
        AccountRefusal::DomainInvalid => Described::new(422, "domain_invalid", "This is not a domain"),
        AccountRefusal::DomainUnknown(address) => Described {
            detail: address.clone(),
            ..Described::new(422, "domain_unknown", "This domain is not one of the account's")
        },
        AccountRefusal::TooManyAliases => {
            Described::new(422, "too_many_aliases", "A person has at most 100 aliases")
        }
        AccountRefusal::SettingsChanged { version, current } => Described {
            tag: Some(*version),
            current: Some(current.clone()),
            ..Described::new(412, "settings_changed", "Somebody else has changed the settings meanwhile")
        },
        AccountRefusal::ConfirmationNeeded(warnings) => Described {
            warnings: Some(warnings.clone()),
            ..Described::new(409, "confirmation_needed", "Read the warnings, and confirm them by their codes")
        },
        AccountRefusal::ImportTooLarge => {
            Described::new(413, "import_too_large", "At most 67108864 bytes and 250000 lines")
        }
        AccountRefusal::PartOutOfOrder { next_part } => Described {
            next_part: Some(*next_part),
            ..Described::new(409, "part_out_of_order", "Another part comes next")
        },
        AccountRefusal::CsvInvalid(why) => Described {
            detail: Some(why.clone()),
            ..Described::new(422, "csv_invalid", "This is not a table of people")
        },
        AccountRefusal::ImportHasErrors => {
            Described::new(409, "import_has_errors", "Some lines cannot be; nothing was done")
        }
        AccountRefusal::ImportNotComplete => {
            Described::new(409, "import_not_complete", "The file has not arrived to its end")
        }
        AccountRefusal::DirectoryChanged => Described::new(
            409,
            "directory_changed",
            "Somebody changed the directory after the file was checked: send it again",
        ),
        AccountRefusal::DomainNotEmpty => {
            Described::new(409, "domain_not_empty", "This domain still has users")
        }
        AccountRefusal::AddressTaken(address) => Described {
            detail: address.clone(),
            ..Described::new(409, "address_taken", "This address is somebody's already")
        },
    }
}

fn of_enrollment(refusal: Refusal) -> Described {
    match refusal {
        Refusal::TicketMissing => {
            Described::new(401, "ticket_missing", "This browser has not asked for a code")
        }
        Refusal::ResendTooSoon { retry_after_seconds } => {
            Described::new(429, "resend_too_soon", "Another code can be asked for later")
                .later(retry_after_seconds)
        }
        Refusal::MailLimit { retry_after_seconds } => {
            Described::new(429, "mail_limit", "Too many codes were sent to this address")
                .later(retry_after_seconds)
        }
        Refusal::NetworkLimit { retry_after_seconds } => {
            Described::new(429, "network_limit", "Too many enrollments from this network")
                .later(retry_after_seconds)
        }
        Refusal::AuthenticationOff => Described::new(409, "authentication_off", "Nobody has to enroll here"),
        Refusal::CodeWrong { attempts_left } => Described {
            attempts_left: Some(attempts_left),
            ..Described::new(422, "code_wrong", "This is not the code")
        },
        Refusal::AttemptsExhausted => Described::new(410, "attempts_exhausted", "Too many wrong codes"),
        Refusal::CodeExpired => Described::new(410, "code_expired", "The code is too old"),
        Refusal::CodeUsed => Described::new(410, "code_used", "The code was used already"),
        Refusal::EnrollmentEnded => Described::new(410, "enrollment_ended", "This enrollment was ended"),
        Refusal::KeyRequired => Described::new(
            403,
            "device_key_required",
            "Only browsers that keep a device key are enrolled here",
        ),
        Refusal::PrivateWindow => {
            Described::new(403, "private_window_refused", "Private windows are not enrolled here")
        }
    }
}

fn of_set_up(refusal: set_up::Refusal) -> Described {
    use set_up::Refusal as SetUp;
    match refusal {
        SetUp::Invalid => {
            Described::new(403, "set_up_invalid", "This set-up address was not made here, or has ended")
        }
        SetUp::Expired => Described::new(410, "set_up_expired", "This set-up address is too old"),
        SetUp::Spent => Described::new(410, "set_up_spent", "This set-up address was used already"),
        SetUp::Done => Described::new(409, "set_up_done", "There is an administrator already"),
    }
}

fn of_passkey(refusal: passkey::Refusal) -> Described {
    use passkey::Refusal as Passkey;
    let described = match refusal {
        Passkey::ChallengeExpired => Described::new(410, "challenge_expired", "This challenge is too old"),
        Passkey::ChallengeSpent => {
            Described::new(409, "challenge_spent", "This challenge was answered already")
        }
        Passkey::Unknown => Described::new(403, "passkey_unknown", "This passkey is nobody's here"),
        Passkey::Known => Described::new(409, "passkey_known", "This passkey is there already"),
        _ => Described::new(422, "passkey_invalid", "This is not the answer of a passkey to this challenge"),
    };
    Described { detail: Some(refusal.detail().to_owned()), ..described }
}
