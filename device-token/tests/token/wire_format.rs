//! What outlives the process: tokens in people's browsers and mailboxes, byte for byte.

use device_token::{
    Binding, Carrier, Challenge, ChallengeClaims, ChallengeId, ChallengeParts, DeviceCookie, DeviceFamily,
    DeviceId, DeviceToken, DeviceTokenClaims, Link, LinkClaims, LinkFamily, LinkId, LinkParts, RecipientId,
    SigningKeys, Statement, StatementParts, Timestamp, UnverifiedLink, UserId,
};

use crate::fixtures::{
    bound, challenge, cookie, device_key, device_keys, key_set_json, link, payload_of, token, unbound,
    verify_cookie, verify_link,
};

#[test]
fn payload_bytes_unchanged() {
    assert_eq!(
        payload_of(&device_keys().sign::<DeviceCookie>(&unbound())),
        r#"{"iss":"https://enroll.example.com","aud":"example","sub":"AQEBAQEBAQEBAQEBAQEBAQ","did":"AgICAgICAgICAgICAgICAg","auth_time":1800000000,"iat":1800086400,"exp":1802678400,"bnd":"none","act":1800000100}"#
    );
    assert_eq!(
        payload_of(&cookie()),
        r#"{"iss":"https://enroll.example.com","aud":"example","sub":"AQEBAQEBAQEBAQEBAQEBAQ","did":"AgICAgICAgICAgICAgICAg","auth_time":1800000000,"iat":1800086400,"exp":1802678400,"bnd":"key","prf":1800086390,"act":1800000100}"#
    );
    assert_eq!(
        payload_of(&token()),
        r#"{"iss":"https://enroll.example.com","aud":"example","sub":"AQEBAQEBAQEBAQEBAQEBAQ","did":"AgICAgICAgICAgICAgICAg","auth_time":1800000000,"iat":1800086400,"exp":1802678400,"bnd":"key","prf":1800086390,"act":1800000100,"cnf":{"jwk":{"kty":"OKP","crv":"Ed25519","x":"DEVICE_KEY"}}}"#
            .replace("DEVICE_KEY", &device_key().to_string())
    );
    assert_eq!(
        payload_of(&challenge()),
        r#"{"iss":"https://enroll.example.com","aud":"example","jti":"BQUFBQUFBQUFBQUFBQUFBQ","iat":1800172800,"exp":1800172860}"#
    );
    assert_eq!(
        payload_of(&link()),
        r#"{"iss":"https://enroll.example.com","aud":"example","lid":"AwMDAwMDAwMDAwMDAwMDAw","iat":1800000000,"exp":1834560000,"dst":"https://intranet.example.org/report?week=46#top","rcp":"BAQEBAQEBAQEBAQEBAQEBA"}"#
    );
}

#[test]
fn token_bytes_unchanged() {
    assert_eq!(
        cookie(),
        "eyJhbGciOiJFZERTQSIsImtpZCI6ImQxIiwidHlwIjoiZGV2aWNlLWNvb2tpZStqd3QifQ.eyJpc3MiOiJodHRwczovL2Vuc\
         m9sbC5leGFtcGxlLmNvbSIsImF1ZCI6ImV4YW1wbGUiLCJzdWIiOiJBUUVCQVFFQkFRRUJBUUVCQVFFQkFRIiwiZGlkIjoiQ\
         WdJQ0FnSUNBZ0lDQWdJQ0FnSUNBZyIsImF1dGhfdGltZSI6MTgwMDAwMDAwMCwiaWF0IjoxODAwMDg2NDAwLCJleHAiOjE4M\
         DI2Nzg0MDAsImJuZCI6ImtleSIsInByZiI6MTgwMDA4NjM5MCwiYWN0IjoxODAwMDAwMTAwfQ.SSiuetgUpwmuLyi8Nn_5oa\
         unyaEURNtkP5NU1aWLG4t-6Z_KVvvNEHndQfHU-749-Z_MdCd9m7z7MxBKqJMqDA"
    );
    assert_eq!(
        token(),
        "eyJhbGciOiJFZERTQSIsImtpZCI6ImQxIiwidHlwIjoiZGV2aWNlK2p3dCJ9.eyJpc3MiOiJodHRwczovL2Vucm9sbC5leGF\
         tcGxlLmNvbSIsImF1ZCI6ImV4YW1wbGUiLCJzdWIiOiJBUUVCQVFFQkFRRUJBUUVCQVFFQkFRIiwiZGlkIjoiQWdJQ0FnSUN\
         BZ0lDQWdJQ0FnSUNBZyIsImF1dGhfdGltZSI6MTgwMDAwMDAwMCwiaWF0IjoxODAwMDg2NDAwLCJleHAiOjE4MDI2Nzg0MDA\
         sImJuZCI6ImtleSIsInByZiI6MTgwMDA4NjM5MCwiYWN0IjoxODAwMDAwMTAwLCJjbmYiOnsiandrIjp7Imt0eSI6Ik9LUCI\
         sImNydiI6IkVkMjU1MTkiLCJ4IjoiUXdScl9rQ1NzLWxKbE9yYUZkekNEWXFxQjdaWV9UbFU2NDRPLTR2Y3BkNCJ9fX0.KLi\
         mmb86qTStLSR7qdxtYWez3Vhb3p1ph7EtJ2hJN5WyHyxKGJ2e-iToOhSzXWVws38OQzj8nZw9LZ1P18dBCQ"
    );
    assert_eq!(
        link(),
        "eyJhbGciOiJFZERTQSIsImtpZCI6ImwxIiwidHlwIjoibGluaytqd3QifQ.eyJpc3MiOiJodHRwczovL2Vucm9sbC5leGFtc\
         GxlLmNvbSIsImF1ZCI6ImV4YW1wbGUiLCJsaWQiOiJBd01EQXdNREF3TURBd01EQXdNREF3IiwiaWF0IjoxODAwMDAwMDAwL\
         CJleHAiOjE4MzQ1NjAwMDAsImRzdCI6Imh0dHBzOi8vaW50cmFuZXQuZXhhbXBsZS5vcmcvcmVwb3J0P3dlZWs9NDYjdG9wI\
         iwicmNwIjoiQkFRRUJBUUVCQVFFQkFRRUJBUUVCQSJ9.NKDwIQpDvJwxt9AVnCwgG6OVMVv4E4MbZtu-zzx-QQ0BpToomvFQ\
         7kM0AX3nopwyC153RTNIMCXIGGDLvZHTAg"
    );
}

#[test]
fn typ_and_limits_unchanged() {
    assert_eq!((DeviceCookie::TYP, DeviceCookie::MAX_LENGTH), ("device-cookie+jwt", 2048));
    assert_eq!((DeviceToken::TYP, DeviceToken::MAX_LENGTH), ("device+jwt", 2048));
    assert_eq!((Challenge::TYP, Challenge::MAX_LENGTH), ("challenge+jwt", 1024));
    assert_eq!((Link::TYP, Link::MAX_LENGTH), ("link+jwt", 8192));
}

/// The longest legal value of everything.
fn longest() -> (StatementParts, LinkParts) {
    let host = format!("{}a", "a.".repeat(126));
    let issuer = format!("https://{host}:65535");
    let statement = StatementParts {
        issuer: issuer.parse().unwrap(),
        account: "a".repeat(63).parse().unwrap(),
        user: UserId::from_bytes([0xff; 16]),
        device: DeviceId::from_bytes([0xff; 16]),
        auth_time: Timestamp::from_seconds(253_402_300_798).unwrap(),
        issued_at: Timestamp::from_seconds(253_402_300_798).unwrap(),
        expires_at: Timestamp::MAX,
        binding: Binding::Key { proven_at: Timestamp::from_seconds(253_402_300_798).unwrap() },
        acted_at: Timestamp::from_seconds(253_402_300_798).unwrap(),
    };
    let link = LinkParts {
        issuer: statement.issuer.clone(),
        account: statement.account.clone(),
        link: LinkId::from_bytes([0xff; 16]),
        issued_at: statement.issued_at,
        expires_at: statement.expires_at,
        destination: format!("https://example.org/{}", "a".repeat(2048 - 20)).parse().unwrap(),
        recipient: RecipientId::from_bytes([0xff; 16]),
    };
    (statement, link)
}

#[test]
fn the_longest_legal_claims_fit_their_carriers_and_a_cookie() {
    let name = "k".repeat(32);
    let keys = key_set_json(&[(&name, "active", 1)]);
    let device = SigningKeys::<DeviceFamily>::from_json(&keys).unwrap();
    let links = SigningKeys::<LinkFamily>::from_json(&keys).unwrap();
    let (statement, link) = longest();
    assert_eq!(statement.issuer.as_str().len(), device_token::Origin::MAX_LENGTH);
    let challenge = ChallengeParts {
        issuer: statement.issuer.clone(),
        account: statement.account.clone(),
        challenge: ChallengeId::from_bytes([0xff; 16]),
        issued_at: statement.issued_at,
        expires_at: statement.expires_at,
    };
    let challenge = device.sign::<Challenge>(&ChallengeClaims::new(challenge).unwrap());
    assert!(challenge.len() <= Challenge::MAX_LENGTH, "{}", challenge.len());
    let statement = Statement::new(statement).unwrap();
    let cookie = device.sign::<DeviceCookie>(&statement);
    let token = device.sign::<DeviceToken>(&DeviceTokenClaims::new(statement, device_key()).unwrap());
    let link = links.sign::<Link>(&LinkClaims::new(link).unwrap());
    assert!(cookie.len() <= DeviceCookie::MAX_LENGTH, "{}", cookie.len());
    assert!(token.len() <= DeviceToken::MAX_LENGTH, "{}", token.len());
    assert!(link.len() <= Link::MAX_LENGTH, "{}", link.len());
}

#[test]
fn an_everyday_cookie_is_well_under_a_kilobyte() {
    assert!(cookie().len() < 480, "{}", cookie().len());
}

#[test]
fn no_claim_has_room_for_a_mail_address() {
    let (statement, link) = longest();
    let statement = Statement::new(statement).unwrap();
    let keys = device_keys();
    let payloads = [
        payload_of(&keys.sign::<DeviceCookie>(&statement)),
        payload_of(&keys.sign::<DeviceToken>(&DeviceTokenClaims::new(statement, device_key()).unwrap())),
        payload_of(&crate::fixtures::link_keys().sign::<Link>(&LinkClaims::new(link).unwrap())),
    ];
    for payload in payloads {
        assert!(!payload.contains('@'), "{payload}");
    }
    // The types of every claim but the destination, which is the sender's text, have no such value.
    let address = "person@example.com";
    assert!(UserId::parse(address).is_err() && RecipientId::parse(address).is_err());
    assert!(DeviceId::parse(address).is_err() && LinkId::parse(address).is_err());
    assert!(device_token::AccountId::parse(address).is_err());
    assert!(device_token::Origin::parse("https://person@example.com").is_err());
}

#[test]
fn the_same_claims_give_the_same_bytes() {
    assert_eq!(cookie(), cookie());
    let renewed = bound().renewed(bound().issued_at(), bound().expires_at()).unwrap();
    assert_eq!(device_keys().sign::<DeviceCookie>(&renewed), cookie());
}

#[test]
fn debug_of_an_unverified_token_is_pinned_and_shows_no_part_of_it() {
    let unverified = UnverifiedLink::parse(&link()).unwrap();
    assert_eq!(format!("{unverified:?}"), r#"Unverified { typ: "link+jwt", .. }"#);
}

#[test]
fn debug_of_verified_tokens_shows_ids_but_no_signature_and_no_path() {
    let shown = format!("{:?}", verify_cookie(&cookie()).unwrap());
    assert!(
        shown.starts_with(r#"Verified { typ: "device-cookie+jwt", key_id: "d1", claims: Statement("#),
        "{shown}"
    );
    assert!(!cookie().split('.').any(|part| shown.contains(part)));
    let shown = format!("{:?}", verify_link(&link()).unwrap());
    assert!(shown.contains("intranet.example.org") && !shown.contains("report"), "{shown}");
}
