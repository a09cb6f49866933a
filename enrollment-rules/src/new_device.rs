//! What a confirmed enrollment makes: a device, its name, and the first statement of it.

use device_token::{
    AccountId, Binding, DeviceId, DevicePublicKey, InvalidStatement, Origin, Statement, StatementParts,
    Timestamp, UserId,
};

use crate::admission::{self, SESSION_SECONDS};
use crate::enrollment::Refusal;
use crate::messages::Kind;
use crate::revocation;
use crate::settings::PrivateWindows;
use crate::snapshot::ClickSettings;

/// The longest device name, in characters.
const MAX_NAME: usize = 64;

/// A device name: `None` if nothing was given.
///
/// # Errors
/// [`InvalidName`] for more than 64 characters or any control character.
pub fn device_name(given: Option<&str>) -> Result<Option<String>, InvalidName> {
    let Some(name) = given.map(str::trim).filter(|name| !name.is_empty()) else { return Ok(None) };
    if name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
        return Err(InvalidName);
    }
    Ok(Some(name.to_owned()))
}

/// Too long, or with control characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidName;

/// As what a browser is enrolled, and with which device key. A private window forgets everything when it closes: whatever its
/// page asks for, it is enrolled just for itself, or not at all.
///
/// # Errors
/// [`Refusal::PrivateWindow`] where the account enrolls nobody in one.
pub fn kind_and_key(
    kind: Kind,
    device_key: Option<DevicePublicKey>,
    private_window: bool,
    rule: PrivateWindows,
) -> Result<(Kind, Option<DevicePublicKey>), Refusal> {
    match (private_window, rule) {
        (true, PrivateWindows::Refuse) => Err(Refusal::PrivateWindow),
        (true, PrivateWindows::Session) => Ok((Kind::Shared, None)),
        (false, _) => Ok((kind, device_key)),
    }
}

/// What a confirmed enrollment makes a device of.
#[derive(Debug)]
pub struct NewDevice {
    /// The account's origin.
    pub issuer: Origin,
    /// The account.
    pub account: AccountId,
    /// The person.
    pub person: UserId,
    /// 16 fresh random bytes.
    pub device: DeviceId,
    /// Whose browser it is.
    pub kind: Kind,
    /// The device key, if the browser has one to keep.
    pub device_key: Option<DevicePublicKey>,
    /// When the person's devices were last revoked.
    pub person_revoked_at: Option<Timestamp>,
    /// When everybody's were.
    pub account_revoked_at: Option<Timestamp>,
}

/// The first statement of a new device.
///
/// # Errors
/// [`InvalidStatement`] only at the end of time, when no expiry later than now can be written.
pub fn statement(
    device: NewDevice,
    settings: &ClickSettings,
    now: Timestamp,
) -> Result<Statement, InvalidStatement> {
    let auth_time = revocation::auth_time(now, device.person_revoked_at, device.account_revoked_at);
    let expires_at = match device.kind {
        Kind::Own => admission::expiry(auth_time, auth_time, settings),
        Kind::Shared => auth_time.plus_seconds(SESSION_SECONDS),
    };
    // The key was made for this enrollment, in the browser that typed the code: the enrollment stands for the first proof.
    let binding = match (device.kind, device.device_key) {
        (Kind::Own, Some(_)) => Binding::Key { proven_at: auth_time },
        _ => Binding::None,
    };
    Statement::new(StatementParts {
        issuer: device.issuer,
        account: device.account,
        user: device.person,
        device: device.device,
        auth_time,
        issued_at: auth_time,
        expires_at,
        binding,
        acted_at: auth_time,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERSON: [u8; 16] = [1; 16];

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_seconds(1_000_000 + seconds).unwrap()
    }

    #[test]
    fn a_device_name_is_kept_as_given_or_refused() {
        assert_eq!(device_name(Some(" My <b>phone</b> ")), Ok(Some("My <b>phone</b>".to_owned())));
        assert_eq!(device_name(Some("  ")), Ok(None));
        assert_eq!(device_name(None), Ok(None));
        assert_eq!(device_name(Some("a\nb")), Err(InvalidName));
        assert!(device_name(Some(&"ä".repeat(64))).is_ok());
        assert_eq!(device_name(Some(&"ä".repeat(65))), Err(InvalidName));
    }

    #[test]
    fn a_private_window_is_enrolled_without_a_key_for_itself_or_not_at_all() {
        // RFC 8032, section 7.1, test 1.
        let key = DevicePublicKey::parse("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").unwrap();
        for asked in [(Kind::Own, Some(key)), (Kind::Own, None), (Kind::Shared, None)] {
            let enrolled = |private_window, rule| kind_and_key(asked.0, asked.1, private_window, rule);
            for rule in [PrivateWindows::Session, PrivateWindows::Refuse] {
                assert_eq!(enrolled(false, rule), Ok(asked));
            }
            assert_eq!(enrolled(true, PrivateWindows::Session), Ok((Kind::Shared, None)));
            assert_eq!(enrolled(true, PrivateWindows::Refuse), Err(Refusal::PrivateWindow));
        }
    }

    #[test]
    fn enrolling_in_the_second_of_a_revocation_states_a_later_time() {
        let settings = ClickSettings::from(&crate::settings::Settings::default());
        let device = |kind, person_revoked_at| NewDevice {
            issuer: Origin::parse("https://enroll.example.com").unwrap(),
            account: AccountId::parse("demo").unwrap(),
            person: UserId::from_bytes(PERSON),
            device: DeviceId::from_bytes([2; 16]),
            kind,
            device_key: None,
            person_revoked_at,
            account_revoked_at: None,
        };
        let own = statement(device(Kind::Own, Some(at(0))), &settings, at(0)).unwrap();
        assert_eq!(own.auth_time(), at(1));
        assert!(!admission::is_session(&own));
        let shared = statement(device(Kind::Shared, None), &settings, at(0)).unwrap();
        assert_eq!(shared.expires_at(), at(SESSION_SECONDS));
        assert!(admission::is_session(&shared));
    }
}
