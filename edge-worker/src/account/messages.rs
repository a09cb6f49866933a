//! What the Worker may ask of the account object, and what it answers. Inside one deployment only; not a public format.
//!
//! While a deployment is on its way, a Worker of one release may reach an object of the other. Messages are told apart by their
//! numbers, so one would be taken for another: where [`PROTOCOL`] differs, nothing is done.

use device_token::{DeviceId, DevicePublicKey, KeyId, Timestamp, UserId};
use enrollment_rules::address::Address;
use enrollment_rules::enrollment;
use enrollment_rules::interaction::Interaction;
use enrollment_rules::keyed_hash::Digest;
use enrollment_rules::language::Language;
use enrollment_rules::mail::words::Asked;
use enrollment_rules::messages::{Kind, ProveDevice};
use enrollment_rules::my_devices::{self, Caller};
use enrollment_rules::not_me::Standing;
use enrollment_rules::set_up::{self, SetUp};
use enrollment_rules::settings::Settings;
use enrollment_rules::settings_change::Warning;
use enrollment_rules::snapshot::ClickSettings;
use enrollment_rules::{administration, passkey, proof};
use serde::{Deserialize, Serialize};

use super::orders::{Administration, SetUpUsed, SignedIn};

/// The form of everything here. Raised with each change, but for a message that is added at the end.
pub(super) const PROTOCOL: &str = "2";

/// A question or an order.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Message {
    /// Whether a device is still enrolled, and by which settings; without one, only those.
    Judge(Option<Judgement>),
    /// The newest head, and a new one published if there was none for long. The body of that version was not found in KV.
    Heartbeat {
        lacking: Option<u64>,
    },
    Start(Start),
    Resend(Resend),
    /// Whether mail works, asked with this ticket.
    MailStanding(Digest),
    Confirm(Confirm),
    Prove(ProveDevice),
    NotMe(NotMe),
    Unproven {
        device: DeviceId,
        user: UserId,
    },
    ReportUse {
        device: DeviceId,
        at: Timestamp,
        expires_at: Timestamp,
    },
    Record(Interaction),
    Forget {
        device: DeviceId,
        user: UserId,
    },
    MyDevices(Asker),
    RenameDevice {
        asker: Asker,
        id: String,
        name: Option<String>,
    },
    SignOut {
        asker: Asker,
        id: String,
    },
    SignOutOthers(Asker),
    AskCode(AskCode),
    ConfirmChange(ConfirmChange),
    Administration(Box<Administration>),
    /// The key of a passkey that somebody signs in with.
    PasskeyKey(String),
    SignIn(SignedIn),
    SignOutAdministrator {
        session: Digest,
        source: Option<String>,
    },
    LookAtSetUp(SetUp),
    SetUp(Box<SetUpUsed>),
}

/// Which enrollment is asked about.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Judgement {
    pub(crate) device: DeviceId,
    pub(crate) user: UserId,
    pub(crate) auth_time: Timestamp,
    /// What signed it.
    pub(crate) key: KeyId,
}

/// What the account object says of it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Judged {
    pub(crate) settings: ClickSettings,
    /// Nobody has revoked the device, and it is still there.
    pub(crate) holds: bool,
}

/// An address was typed.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Start {
    pub(crate) address: Address,
    pub(crate) typed: Digest,
    pub(crate) ticket: Digest,
    pub(crate) network: Digest,
    pub(crate) to: String,
    /// Whom the browser shows to belong to.
    pub(crate) shown: Vec<UserId>,
    pub(crate) asked: Asked,
    pub(crate) language: Language,
}

/// Another code.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Resend {
    pub(crate) ticket: Digest,
    pub(crate) shown: Vec<UserId>,
    pub(crate) asked: Asked,
    pub(crate) language: Language,
}

/// A code was typed.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Confirm {
    pub(crate) ticket: Digest,
    pub(crate) code: Digest,
    pub(crate) kind: Kind,
    pub(crate) device_key: Option<DevicePublicKey>,
    pub(crate) name: Option<String>,
    pub(crate) browser: String,
    /// The page is certain that its window is a private one.
    pub(crate) private_window: bool,
    /// What the page found out about the browser, in JSON.
    pub(crate) readiness: Option<String>,
    pub(crate) asked: Asked,
    pub(crate) language: Language,
}

/// The code was right.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Confirmed {
    pub(crate) device_cookie: String,
    pub(crate) max_age_seconds: Option<u64>,
    pub(crate) device_token: Option<String>,
    pub(crate) expires_at: String,
    pub(crate) to: String,
}

/// The device was proved.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Proved {
    pub(crate) device_cookie: String,
    pub(crate) max_age_seconds: u64,
    pub(crate) device_token: String,
    pub(crate) expires_at: String,
    pub(crate) press_due: bool,
}

/// Somebody shows the address of a mail about a new device.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct NotMe {
    pub(crate) device: DeviceId,
    pub(crate) user: UserId,
    /// They pressed the button.
    pub(crate) pressed: bool,
}

/// What there is to say of that device.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct FoundNotMe {
    /// What it calls itself, and since when it is enrolled; none where its record is gone.
    pub(crate) enrolled: Option<(String, Timestamp)>,
    pub(crate) standing: Standing,
}

/// A device whose person asks about their devices, and the ticket of the code that may have been confirmed in the same browser.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Asker {
    pub(crate) caller: Caller,
    pub(crate) ticket: Option<Digest>,
}

/// A code is asked for, to change the person's devices.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct AskCode {
    pub(crate) caller: Caller,
    pub(crate) ticket: Digest,
    pub(crate) network: Digest,
    pub(crate) asked: Asked,
    pub(crate) language: Language,
}

/// Such a code was typed.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ConfirmChange {
    pub(crate) asked: Asked,
    pub(crate) language: Language,
    pub(crate) caller: Caller,
    pub(crate) ticket: Digest,
    pub(crate) code: Digest,
}

/// The settings as JSON, and which version of them.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Tagged {
    pub(crate) version: u64,
    pub(crate) body: String,
}

/// Why the account object does not do it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum AccountRefusal {
    Enrollment(enrollment::Refusal),
    Proof(proof::Refusal),
    MyDevices(my_devices::Refusal),
    Setting {
        field: String,
        bounds: String,
    },
    DomainExists,
    DomainInvalid,
    /// Of which address.
    DomainUnknown(Option<String>),
    TooManyAliases,
    SettingsChanged {
        version: u64,
        current: Box<Settings>,
    },
    ConfirmationNeeded(Vec<Warning>),
    ImportTooLarge,
    PartOutOfOrder {
        next_part: u64,
    },
    CsvInvalid(String),
    ImportHasErrors,
    ImportNotComplete,
    DirectoryChanged,
    DomainNotEmpty,
    /// Which, where it is not plain.
    AddressTaken(Option<String>),
    NotFound,
    Field {
        field: String,
        detail: String,
    },
    /// Nobody.
    Unauthorized,
    SessionEnded,
    Administration(administration::Refusal),
    Passkey(passkey::Refusal),
    SetUp(set_up::Refusal),
    LastAdministrator,
    LastPasskey,
    AccessInCharge,
    /// Mail would be from nobody.
    NoSender,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_of_this_protocol_keep_their_numbers() {
        let (device, user) = (DeviceId::from_bytes([1; 16]), UserId::from_bytes([2; 16]));
        for (message, number) in [
            (Message::Judge(None), 0),
            (Message::Heartbeat { lacking: None }, 1),
            (Message::MailStanding(Digest::from_stored(String::new())), 4),
            (Message::Unproven { device, user }, 8),
            (Message::Forget { device, user }, 11),
            (Message::PasskeyKey(String::new()), 19),
        ] {
            assert_eq!(postcard::to_allocvec(&message).unwrap()[0], number, "{message:?}");
        }
    }
}
