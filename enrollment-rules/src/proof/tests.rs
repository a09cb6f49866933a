use super::*;
use crate::settings::Settings;
use crate::time_text::DAY_SECONDS;
use base64ct::{Base64UrlUnpadded, Encoding as _};
use device_token::{AccountId, Challenge, ChallengeId, ChallengeParts, DeviceToken, Origin, SigningKeys};
use ed25519_dalek::{Signer as _, SigningKey};

const DAY: u64 = DAY_SECONDS;

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_seconds(1_700_000_000 + seconds).unwrap()
}

fn key(text: &str) -> DevicePublicKey {
    DevicePublicKey::parse(text).unwrap()
}

fn ours() -> DevicePublicKey {
    key("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
}

fn statement(binding: Binding, issued: u64) -> Statement {
    Statement::new(StatementParts {
        issuer: Origin::parse("https://enroll.example.com").unwrap(),
        account: AccountId::parse("demo").unwrap(),
        user: UserId::from_bytes([1; 16]),
        device: DeviceId::from_bytes([2; 16]),
        auth_time: at(0),
        issued_at: at(issued),
        expires_at: at(issued + 30 * DAY),
        binding,
        acted_at: at(0),
    })
    .unwrap()
}

fn bound(issued: u64) -> Statement {
    statement(Binding::Key { proven_at: at(issued) }, issued)
}

fn settings(interval_hours: u16, days: u16, absolute: Option<u16>) -> ClickSettings {
    ClickSettings::from(&Settings {
        proof_interval_hours: interval_hours,
        authentication_duration_days: days,
        absolute_days: absolute,
        ..Settings::default()
    })
}

fn record() -> DeviceRecord {
    DeviceRecord {
        device_key: Some(ours()),
        last_used_at: at(0),
        revoked: false,
        person_revoked_at: None,
        account_revoked_at: None,
    }
}

const ORIGIN: &str = "https://enroll.example.com";

fn issuer_keys(seed: u8) -> SigningKeys<DeviceFamily> {
    let seed = Base64UrlUnpadded::encode_string(&[seed; 32]);
    SigningKeys::from_json(&format!(r#"[{{"kid":"k","status":"active","seed":"{seed}"}}]"#)).unwrap()
}

fn device(seed: u8) -> (SigningKey, DevicePublicKey) {
    let key = SigningKey::from_bytes(&[seed; 32]);
    (key.clone(), DevicePublicKey::from_bytes(key.verifying_key().to_bytes()).unwrap())
}

fn audience(origin: &str, account: &str) -> Audience {
    Audience { issuer: origin.parse().unwrap(), account: account.parse().unwrap() }
}

fn challenge(keys: &SigningKeys<DeviceFamily>, audience: &Audience) -> String {
    let parts = ChallengeParts {
        issuer: audience.issuer.clone(),
        account: audience.account.clone(),
        challenge: ChallengeId::from_bytes([9; 16]),
        issued_at: at(0),
        expires_at: at(60),
    };
    keys.sign::<Challenge>(&ChallengeClaims::new(parts).unwrap())
}

fn token(keys: &SigningKeys<DeviceFamily>, audience: &Audience, key: DevicePublicKey) -> String {
    let parts = StatementParts {
        issuer: audience.issuer.clone(),
        account: audience.account.clone(),
        ..bound(0).into_parts()
    };
    let claims = DeviceTokenClaims::new(Statement::new(parts).unwrap(), key).unwrap();
    keys.sign::<DeviceToken>(&claims)
}

fn signed(key: &SigningKey, origin: &str, challenge: &str, token: &str) -> String {
    let message = proof_message(&origin.parse().unwrap(), challenge, token);
    Base64UrlUnpadded::encode_string(&key.sign(message.as_bytes()).to_bytes())
}

#[test]
fn each_way_in_which_a_proof_can_be_wrong_has_its_own_name() {
    let (keys, here) = (issuer_keys(1), audience(ORIGIN, "demo"));
    let (secret, public) = device(31);
    let (stranger, strangers) = device(32);
    let (challenged, kept) = (challenge(&keys, &here), token(&keys, &here, public));
    let public = public.to_string();
    let right = signed(&secret, ORIGIN, &challenged, &kept);
    let good = ProveDevice {
        origin: ORIGIN.to_owned(),
        device_key: public.clone(),
        challenge: challenged.clone(),
        device_token: kept.clone(),
        signature: right.clone(),
        to: None,
        pressed: false,
    };
    let whole = |offered: &ProveDevice| examine(offered, keys.verifying(), &here);
    let examined = |offered: ProveDevice| whole(&offered).map(drop).map_err(|refused| refused.why);
    let good = || good.clone();
    assert_eq!(whole(&good()).unwrap().challenge.challenge(), ChallengeId::from_bytes([9; 16]));

    let elsewhere = "https://enroll.example.net";
    assert_eq!(examined(ProveDevice { origin: elsewhere.to_owned(), ..good() }), Err(Refusal::OriginForeign));
    // Made there, and said to be made here.
    let made_there = signed(&secret, elsewhere, &challenged, &kept);
    assert_eq!(
        examined(ProveDevice { signature: made_there.clone(), ..good() }),
        Err(Refusal::SignatureInvalid)
    );

    let weak = Base64UrlUnpadded::encode_string(&[0; 32]);
    for key in [weak.as_str(), "", "x"] {
        assert_eq!(examined(ProveDevice { device_key: key.to_owned(), ..good() }), Err(Refusal::KeyInvalid));
    }
    let strangers = strangers.to_string();
    let by_stranger = signed(&stranger, ORIGIN, &challenged, &kept);
    let offered = ProveDevice { device_key: strangers.clone(), signature: by_stranger.clone(), ..good() };
    assert_eq!(examined(offered), Err(Refusal::KeyForeign));
    assert_eq!(
        examined(ProveDevice { signature: by_stranger.clone(), ..good() }),
        Err(Refusal::SignatureInvalid)
    );

    let forged = challenge(&issuer_keys(2), &here);
    for text in [forged.as_str(), kept.as_str(), ""] {
        assert_eq!(
            examined(ProveDevice { challenge: text.to_owned(), ..good() }),
            Err(Refusal::ChallengeInvalid)
        );
    }
    for other in [audience(elsewhere, "demo"), audience(ORIGIN, "other")] {
        let foreign = challenge(&keys, &other);
        assert_eq!(
            examined(ProveDevice { challenge: foreign.clone(), ..good() }),
            Err(Refusal::ChallengeForeign)
        );
        let foreign = token(&keys, &other, device(31).1);
        assert_eq!(
            examined(ProveDevice { device_token: foreign.clone(), ..good() }),
            Err(Refusal::TokenForeign)
        );
    }

    let forged = token(&issuer_keys(2), &here, device(31).1);
    let cut = kept.get(..kept.len() - 1).unwrap();
    for text in [forged.as_str(), cut, challenged.as_str(), ""] {
        assert_eq!(
            examined(ProveDevice { device_token: text.to_owned(), ..good() }),
            Err(Refusal::TokenInvalid)
        );
    }
    // Whose token it is can be told as soon as it is one of ours, whatever else is wrong.
    let refused = whole(&ProveDevice { origin: elsewhere.to_owned(), ..good() }).unwrap_err();
    assert_eq!(refused.device, Some((bound(0).device(), bound(0).user())));
    let refused = whole(&ProveDevice { device_token: cut.to_owned(), ..good() }).unwrap_err();
    assert_eq!(refused.device, None);
    // Another person's token, put in the place of the one that was signed.
    let other = token(&keys, &here, device(32).1);
    assert_eq!(examined(ProveDevice { device_token: other.clone(), ..good() }), Err(Refusal::KeyForeign));
    for signature in ["", "x", right.get(1..).unwrap()] {
        assert_eq!(
            examined(ProveDevice { signature: signature.to_owned(), ..good() }),
            Err(Refusal::SignatureInvalid)
        );
    }
}

#[test]
fn a_proof_is_due_after_the_interval_and_never_without_one_or_without_a_key() {
    let day = settings(24, 30, None);
    let due = |statement: &Statement, settings: &ClickSettings, now| {
        is_due(statement, settings, &Bounds::default(), now)
    };
    assert!(!due(&bound(0), &day, at(DAY - 1)));
    assert!(due(&bound(0), &day, at(DAY)));
    assert!(!due(&bound(0), &settings(0, 30, None), at(29 * DAY)));
    assert!(!due(&statement(Binding::None, 0), &day, at(29 * DAY)));
}

#[test]
fn a_proof_makes_a_new_statement_of_the_same_device() {
    let new = accepted(&bound(0), &ours(), Some(&record()), false, &settings(24, 30, None), at(DAY)).unwrap();
    assert_eq!(new.binding(), Binding::Key { proven_at: at(DAY) });
    assert_eq!((new.issued_at(), new.expires_at()), (at(DAY), at(31 * DAY)));
    assert_eq!((new.auth_time(), new.acted_at()), (at(0), at(0)));
    assert_eq!((new.device(), new.user()), (bound(0).device(), bound(0).user()));
}

#[test]
fn only_a_press_moves_the_time_of_the_last_one() {
    let proved = |pressed| {
        accepted(&bound(0), &ours(), Some(&record()), pressed, &settings(24, 30, None), at(DAY)).unwrap()
    };
    assert_eq!(proved(true).acted_at(), at(DAY));
    assert_eq!(proved(false).acted_at(), at(0));
}

#[test]
fn a_cookie_lost_after_many_renewals_is_healed_as_long_as_the_device_lives() {
    let settings = settings(0, 30, None);
    let used = DeviceRecord { last_used_at: at(100 * DAY), ..record() };
    let proved = |now| accepted(&bound(0), &ours(), Some(&used), false, &settings, now);
    assert_eq!(proved(at(129 * DAY)).unwrap().expires_at(), at(159 * DAY));
    assert_eq!(proved(at(131 * DAY)), Err(Refusal::Expired));
    let unused = accepted(&bound(0), &ours(), Some(&record()), false, &settings, at(31 * DAY));
    assert_eq!(unused, Err(Refusal::Expired));
}

#[test]
fn a_proof_that_is_due_while_the_cookie_still_holds_is_never_too_late() {
    // One day, and the day's first use reported long before its last: the cookie holds until 22:00 of the next day.
    let midnight = at(0).plus_seconds(86_400 - at(0).as_seconds() % 86_400);
    let hour = |hours: u64| midnight.plus_seconds(hours * 3_600);
    let used = DeviceRecord { last_used_at: hour(9), ..record() };
    let proved = |now| accepted(&bound(0), &ours(), Some(&used), false, &settings(24, 1, None), now);
    assert!(proved(hour(24 + 22)).is_ok());
    assert_eq!(proved(hour(48)), Err(Refusal::Expired));
}

#[test]
fn the_absolute_limit_holds_for_proofs_too() {
    let settings = settings(24, 30, Some(40));
    let used = DeviceRecord { last_used_at: at(39 * DAY), ..record() };
    let proved = |now| accepted(&bound(0), &ours(), Some(&used), false, &settings, now);
    assert_eq!(proved(at(40 * DAY - 1)).unwrap().expires_at(), at(40 * DAY));
    assert_eq!(proved(at(40 * DAY)), Err(Refusal::Expired));
}

#[test]
fn each_kind_of_revocation_is_refused_at_once_and_an_earlier_one_is_not() {
    let settings = settings(24, 30, None);
    let proved =
        |record: DeviceRecord| accepted(&bound(0), &ours(), Some(&record), false, &settings, at(1)).map(drop);
    assert_eq!(proved(DeviceRecord { revoked: true, ..record() }), Err(Refusal::Revoked));
    assert_eq!(proved(DeviceRecord { person_revoked_at: Some(at(0)), ..record() }), Err(Refusal::Revoked));
    assert_eq!(proved(DeviceRecord { account_revoked_at: Some(at(0)), ..record() }), Err(Refusal::Revoked));
    let before = Timestamp::from_seconds(1_699_999_999).unwrap();
    assert_eq!(proved(DeviceRecord { person_revoked_at: Some(before), ..record() }), Ok(()));
}

#[test]
fn a_device_that_is_gone_or_has_another_key_is_told_apart() {
    let settings = settings(24, 30, None);
    let proved = |record: Option<&DeviceRecord>| {
        accepted(&bound(0), &ours(), record, false, &settings, at(1)).map(drop)
    };
    assert_eq!(proved(None), Err(Refusal::DeviceUnknown));
    let other = key("PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw");
    assert_eq!(proved(Some(&DeviceRecord { device_key: Some(other), ..record() })), Err(Refusal::KeyForeign));
    assert_eq!(proved(Some(&DeviceRecord { device_key: None, ..record() })), Err(Refusal::KeyForeign));
}

#[test]
fn proving_in_the_second_of_enrolling_after_a_revocation_works() {
    // Stated a second ahead of the clock.
    let proved = accepted(&bound(0), &ours(), Some(&record()), true, &settings(24, 30, None), {
        Timestamp::from_seconds(1_699_999_999).unwrap()
    });
    assert_eq!(proved.unwrap().issued_at(), at(0));
}
