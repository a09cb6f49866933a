//! Statements and links as values, before anybody signs them.

use device_token::{
    AccountId, Binding, DeviceCookie, DeviceId, DevicePublicKey, DeviceTokenClaims, InvalidLink,
    InvalidStatement, KeyId, Link, LinkClaims, LinkId, LinkParts, Origin, RecipientId, Statement,
    StatementParts, Timestamp, UserId,
};
use proptest::prelude::{Strategy, any, proptest};
use proptest::{prop_assert, prop_assert_eq};

use crate::fixtures::{
    at, bound, device_key, device_keys, link_claims, link_keys, link_parts, parts, unbound, verify,
};

#[test]
fn a_statement_with_times_out_of_order_cannot_be_made() {
    let (enrolled, issued) = (at(1_800_000_000), at(1_800_086_400));
    let before = at(1_799_999_999);
    let after = at(1_800_086_401);
    let key = |proven_at| Binding::Key { proven_at };
    for (wrong, error) in [
        (StatementParts { auth_time: after, ..parts() }, InvalidStatement::IssuedBeforeEnrollment),
        (StatementParts { expires_at: issued, ..parts() }, InvalidStatement::ExpiresBeforeIssued),
        (StatementParts { expires_at: before, ..parts() }, InvalidStatement::ExpiresBeforeIssued),
        (StatementParts { binding: key(before), ..parts() }, InvalidStatement::ProvenOutsideLife),
        (StatementParts { binding: key(after), ..parts() }, InvalidStatement::ProvenOutsideLife),
        (StatementParts { acted_at: before, ..parts() }, InvalidStatement::ActedOutsideLife),
        (StatementParts { acted_at: after, ..parts() }, InvalidStatement::ActedOutsideLife),
    ] {
        assert_eq!(Statement::new(wrong), Err(error));
    }
    for right in [
        StatementParts { auth_time: issued, acted_at: issued, ..parts() },
        StatementParts { binding: key(enrolled), acted_at: enrolled, ..parts() },
        StatementParts { binding: key(issued), acted_at: issued, ..parts() },
        StatementParts { expires_at: after, ..parts() },
        StatementParts { expires_at: Timestamp::MAX, ..parts() },
    ] {
        assert_eq!(Statement::new(right.clone()).unwrap().into_parts(), right);
    }
}

#[test]
fn renewing_changes_the_time_of_issue_and_the_expiry_and_nothing_else() {
    let renewed = bound().renewed(at(1_801_000_000), at(1_804_000_000)).unwrap();
    let expected = StatementParts {
        issued_at: at(1_801_000_000),
        expires_at: at(1_804_000_000),
        ..bound().into_parts()
    };
    assert_eq!(renewed.into_parts(), expected);
}

#[test]
fn a_renewal_by_a_clock_that_runs_behind_is_refused_not_invented() {
    let early = at(1_800_000_050);
    assert_eq!(unbound().renewed(early, at(1_802_000_000)), Err(InvalidStatement::ActedOutsideLife));
    assert_eq!(bound().renewed(at(0), at(1)), Err(InvalidStatement::IssuedBeforeEnrollment));
}

#[test]
fn an_unbound_device_gets_no_device_token() {
    assert_eq!(DeviceTokenClaims::new(unbound(), device_key()), Err(InvalidStatement::NotBound));
    let claims = DeviceTokenClaims::new(bound(), device_key()).unwrap();
    assert_eq!((claims.statement(), claims.device_key()), (&bound(), &device_key()));
}

#[test]
fn getters_give_back_what_was_put_in() {
    let statement = bound();
    let p = statement.clone().into_parts();
    assert_eq!((statement.issuer(), statement.account()), (&p.issuer, &p.account));
    assert_eq!((statement.user(), statement.device()), (p.user, p.device));
    assert_eq!((statement.auth_time(), statement.issued_at(), statement.expires_at()), {
        (p.auth_time, p.issued_at, p.expires_at)
    });
    assert_eq!((statement.binding(), statement.acted_at()), (p.binding, p.acted_at));

    let (link, p) = (link_claims(), link_parts());
    assert_eq!((link.issuer(), link.account(), link.destination()), (&p.issuer, &p.account, &p.destination));
    assert_eq!((link.link(), link.recipient()), (p.link, p.recipient));
    assert_eq!((link.issued_at(), link.expires_at()), (p.issued_at, p.expires_at));
}

#[test]
fn a_link_holds_for_a_second_at_least() {
    let wrong = LinkParts { expires_at: link_parts().issued_at, ..link_parts() };
    assert_eq!(LinkClaims::new(wrong), Err(InvalidLink::ExpiresBeforeIssued));
}

#[test]
fn ids_have_one_text_form() {
    let text = "AQEBAQEBAQEBAQEBAQEBAQ";
    assert_eq!(UserId::from_bytes([1; 16]).to_string(), text);
    assert_eq!(DeviceId::parse(text).unwrap().as_bytes(), &[1; 16]);
    assert_eq!(serde_json::to_string(&LinkId::from_bytes([1; 16])).unwrap(), format!("\"{text}\""));
    assert_eq!(serde_json::from_str::<RecipientId>(&format!("\"{text}\"")).unwrap().to_string(), text);
    for wrong in [
        "",
        "AQEBAQEBAQEBAQEBAQEBA",
        "AQEBAQEBAQEBAQEBAQEBAR",
        "AQEBAQEBAQEBAQEBAQEBAQ=",
        "+QEBAQEBAQEBAQEBAQEBAQ",
    ] {
        assert!(UserId::parse(wrong).is_err(), "{wrong}");
        assert!(serde_json::from_str::<DeviceId>(&format!("\"{wrong}\"")).is_err(), "{wrong}");
    }
    for wrong in ["1", "null", "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]", "{}"] {
        assert!(serde_json::from_str::<DeviceId>(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn codes_of_errors_are_unchanged() {
    use device_token::{DestinationError, InvalidValue, KeySetError, TokenError};

    let token = [
        TokenError::TooLong,
        TokenError::NotCompact,
        TokenError::UnknownHeader,
        TokenError::BadSignature,
        TokenError::BadClaims,
        TokenError::ForeignIssuer,
        TokenError::ForeignAccount,
    ];
    assert_eq!(
        token.map(TokenError::code),
        [
            "too_long",
            "not_compact",
            "unknown_header",
            "bad_signature",
            "bad_claims",
            "foreign_issuer",
            "foreign_account",
        ]
    );
    let destination = [
        DestinationError::TooLong,
        DestinationError::ForbiddenCharacter,
        DestinationError::SchemeNotAllowed,
        DestinationError::UserInfo,
        DestinationError::BadHost,
        DestinationError::NotAUrl,
    ];
    assert_eq!(
        destination.map(DestinationError::code),
        [
            "destination_too_long",
            "destination_forbidden_character",
            "destination_scheme_not_allowed",
            "destination_user_info",
            "destination_bad_host",
            "destination_not_a_url",
        ]
    );
    assert_eq!(InvalidValue::DeviceKey.code(), "device_key_invalid");
    assert_eq!(KeySetError::NoActiveKey.to_string(), "no_active_key");
}

fn any_host() -> impl Strategy<Value = String> {
    "[a-z]([a-z0-9-]{0,20}[a-z0-9])?(\\.[a-z]([a-z0-9-]{0,20}[a-z0-9])?){0,4}"
}

fn any_statement() -> impl Strategy<Value = Statement> {
    let times = (0..200_000_000_000_u64, 0..1_000_000_u64, 1..1_000_000_u64, 0.0..=1.0_f64, 0.0..=1.0_f64);
    let names = (any_host(), proptest::option::of(1..=442_u16), "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");
    (names, any::<[u8; 16]>(), any::<[u8; 16]>(), any::<bool>(), times).prop_map(
        |((host, port, account), user, device, is_bound, (auth_time, age, rest, acted, proven))| {
            let port = port.map_or(String::new(), |port| format!(":{port}"));
            #[expect(
                clippy::as_conversions,
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_precision_loss,
                reason = "a share of the age need not be exact"
            )]
            let within = |share: f64| at(auth_time + ((age as f64) * share) as u64);
            Statement::new(StatementParts {
                issuer: format!("https://{host}{port}").parse().unwrap(),
                account: account.parse().unwrap(),
                user: UserId::from_bytes(user),
                device: DeviceId::from_bytes(device),
                auth_time: at(auth_time),
                issued_at: at(auth_time + age),
                expires_at: at(auth_time + age + rest),
                binding: if is_bound { Binding::Key { proven_at: within(proven) } } else { Binding::None },
                acted_at: within(acted),
            })
            .unwrap()
        },
    )
}

proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 64, failure_persistence: None, ..Default::default() })]

    #[test]
    fn whatever_statement_can_be_made_comes_back_from_its_cookie(statement in any_statement()) {
        let keys = device_keys();
        let cookie = keys.sign::<DeviceCookie>(&statement);
        let audience = device_token::Audience { issuer: statement.issuer().clone(), account: statement.account().clone() };
        let read = device_token::UnverifiedDeviceCookie::parse(&cookie).unwrap().verify(keys.verifying(), &audience);
        prop_assert_eq!(read.unwrap().into_claims(), statement);
    }

    #[test]
    fn whatever_destination_can_be_made_comes_back_from_its_link(
        text in "https?://[a-z]{1,9}\\.(example|рф|[a-z]{2})(:[1-9][0-9]{0,3})?[/?#][ -~äß中]{0,40}"
    ) {
        if let Ok(destination) = text.parse() {
            let claims = LinkClaims::new(LinkParts { destination, ..link_parts() }).unwrap();
            let keys = link_keys();
            let read = verify::<Link>(&keys.sign::<Link>(&claims), keys.verifying());
            prop_assert_eq!(read.unwrap().into_claims(), claims);
        }
    }

    #[test]
    fn no_text_makes_a_parser_panic_and_what_is_read_is_written_alike(text in "\\PC{0,80}") {
        if let Ok(value) = Origin::parse(&text) { prop_assert_eq!(value.to_string(), text.clone()); }
        if let Ok(value) = AccountId::parse(&text) { prop_assert_eq!(value.to_string(), text.clone()); }
        if let Ok(value) = KeyId::parse(&text) { prop_assert_eq!(value.to_string(), text.clone()); }
        if let Ok(value) = UserId::parse(&text) { prop_assert_eq!(value.to_string(), text.clone()); }
        if let Ok(value) = DevicePublicKey::parse(&text) { prop_assert_eq!(value.to_string(), text.clone()); }
        prop_assert!(device_token::UnverifiedLink::parse(&text).is_err());
    }

    #[test]
    fn every_sixteen_bytes_are_an_id_and_come_back(bytes in any::<[u8; 16]>()) {
        let id = DeviceId::from_bytes(bytes);
        prop_assert_eq!(DeviceId::parse(&id.to_string()).unwrap(), id);
        prop_assert_eq!(id.to_string().len(), 22);
    }
}
