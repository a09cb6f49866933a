//! Headers: anything but the very bytes that a known key writes is unknown, however well it is signed.

use device_token::{DeviceCookie, DeviceFamily, DeviceToken, SigningKeys, TokenError};

use crate::fixtures::{
    b64, cookie, device_keys, key_set_json, one_of_each, payload_of, refusal, respelled, segments,
    sign_segments, signer_of, unb64, unbound, verify, verify_cookie,
};

#[test]
fn headers_that_are_well_signed_but_not_ours_are_unknown() {
    for (typ, token) in one_of_each() {
        let payload = b64(payload_of(&token));
        let (seed, kid) = signer_of(typ);
        let x = b64(ed25519_dalek::SigningKey::from_bytes(&seed).verifying_key().to_bytes());
        let jwk = format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{x}"}}"#);
        let good = format!(r#""alg":"EdDSA","kid":"{kid}","typ":"{typ}""#);
        for header in [
            format!(r#"{{"alg":"none","kid":"{kid}","typ":"{typ}"}}"#),
            format!(r#"{{"alg":"NONE","kid":"{kid}","typ":"{typ}"}}"#),
            format!(r#"{{"alg":"noNE","kid":"{kid}","typ":"{typ}"}}"#),
            format!(r#"{{"alg":"HS256","kid":"{kid}","typ":"{typ}"}}"#),
            format!(r#"{{"alg":"RS256","kid":"{kid}","typ":"{typ}"}}"#),
            format!(r#"{{"alg":"Ed25519","kid":"{kid}","typ":"{typ}"}}"#),
            format!(r#"{{"alg":"eddsa","kid":"{kid}","typ":"{typ}"}}"#),
            format!(r#"{{"alg":"","kid":"{kid}","typ":"{typ}"}}"#),
            format!(r#"{{"alg":null,"kid":"{kid}","typ":"{typ}"}}"#),
            format!(r#"{{"kid":"{kid}","typ":"{typ}"}}"#),
            format!(r#"{{"alg":"EdDSA","kid":"k9","typ":"{typ}"}}"#),
            format!(r#"{{"alg":"EdDSA","kid":"","typ":"{typ}"}}"#),
            format!(r#"{{"alg":"EdDSA","kid":"../{kid}","typ":"{typ}"}}"#),
            format!(r#"{{"alg":"EdDSA","kid":["{kid}"],"typ":"{typ}"}}"#),
            format!(r#"{{"alg":"EdDSA","kid":"{}","typ":"{typ}"}}"#, kid.to_uppercase()),
            format!(r#"{{"alg":"EdDSA","typ":"{typ}"}}"#),
            format!(r#"{{"alg":"EdDSA","kid":"{kid}"}}"#),
            format!(r#"{{"alg":"EdDSA","kid":"{kid}","typ":"JWT"}}"#),
            format!(r#"{{"alg":"EdDSA","kid":"{kid}","typ":"application/{typ}"}}"#),
            format!(r#"{{"alg":"EdDSA","kid":"{kid}","typ":"{}"}}"#, typ.to_uppercase()),
            format!(r#"{{{good},"crit":["b64"],"b64":false}}"#),
            format!(r#"{{{good},"crit":[]}}"#),
            format!(r#"{{{good},"jwk":{jwk}}}"#),
            format!(r#"{{{good},"jku":"https://attacker.example/jwks.json"}}"#),
            format!(r#"{{{good},"x5u":"https://attacker.example/x"}}"#),
            format!(r#"{{{good},"cty":"JWT"}}"#),
            format!(r#"{{{good},"kid":"{kid}"}}"#),
            format!(r#"{{"alg":"EdDSA","typ":"{typ}","kid":"{kid}"}}"#),
            format!(r#"{{"typ":"{typ}","alg":"EdDSA","kid":"{kid}"}}"#),
            format!(r#"{{ "alg":"EdDSA","kid":"{kid}","typ":"{typ}"}}"#),
            format!(r#"{{"alg": "EdDSA","kid": "{kid}","typ": "{typ}"}}"#),
            format!("{{{good}}}\n"),
            format!(" {{{good}}}"),
            format!("\u{feff}{{{good}}}"),
            format!(r#"{{"\u0061lg":"EdDSA","kid":"{kid}","typ":"{typ}"}}"#),
            "{}".into(),
            "null".into(),
        ] {
            let forged = sign_segments(seed, &b64(&header), &payload);
            assert_eq!(refusal(typ, &forged), Some(TokenError::UnknownHeader), "{header}");
        }
    }
}

#[test]
fn a_header_spelled_with_left_over_bits_is_unknown() {
    // Two bytes more or less change how many bits are left over; one of these kids leaves some for each carrier.
    let mut tried = 0;
    for kid in ["a", "ab", "abc"] {
        let keys = SigningKeys::<DeviceFamily>::from_json(&key_set_json(&[(kid, "active", 11)])).unwrap();
        let token = keys.sign::<DeviceCookie>(&unbound());
        let [header, payload, _] = segments(&token);
        let forged = sign_segments([11; 32], &respelled(header), payload);
        assert_eq!(verify::<DeviceCookie>(&forged, keys.verifying()).unwrap_err(), TokenError::UnknownHeader);
        tried += u32::from(header.len() % 4 != 0);
    }
    assert_eq!(tried, 2);
}

#[test]
fn the_kid_chooses_the_key_and_no_other_key_of_the_set_will_do() {
    let text = cookie();
    let [header, payload, _] = segments(&text);
    for seed in [[10; 32], [12; 32]] {
        let forged = sign_segments(seed, header, payload);
        assert_eq!(verify_cookie(&forged).unwrap_err(), TokenError::BadSignature);
    }
}

#[test]
fn next_and_retired_keys_verify_and_a_removed_one_is_unknown() {
    let keys_of = |keys: &[_]| SigningKeys::<DeviceFamily>::from_json(&key_set_json(keys)).unwrap();
    let old = keys_of(&[("old", "active", 1), ("new", "next", 2)]);
    let rotated = keys_of(&[("old", "retired", 1), ("new", "active", 2)]);
    let removed = keys_of(&[("new", "active", 2)]);

    let (before, after) = (old.sign::<DeviceCookie>(&unbound()), rotated.sign::<DeviceCookie>(&unbound()));
    assert_eq!(verify::<DeviceCookie>(&before, old.verifying()).unwrap().key_id().as_str(), "old");
    assert_eq!(verify::<DeviceCookie>(&after, old.verifying()).unwrap().key_id().as_str(), "new");
    assert_eq!(verify::<DeviceCookie>(&before, rotated.verifying()).unwrap().key_id().as_str(), "old");
    assert_eq!(verify::<DeviceCookie>(&after, removed.verifying()).unwrap().key_id().as_str(), "new");
    assert_eq!(verify::<DeviceCookie>(&before, removed.verifying()).unwrap_err(), TokenError::UnknownHeader);
}

#[test]
fn a_kid_that_comes_back_with_another_key_does_not_verify_what_the_first_one_signed() {
    let reused = SigningKeys::<DeviceFamily>::from_json(&key_set_json(&[("d1", "active", 99)])).unwrap();
    assert_eq!(verify::<DeviceCookie>(&cookie(), reused.verifying()).unwrap_err(), TokenError::BadSignature);
}

#[test]
fn the_header_is_exactly_three_members_in_order() {
    let text = device_keys().sign::<DeviceToken>(&crate::fixtures::token_claims());
    let header = String::from_utf8(unb64(segments(&text)[0])).unwrap();
    assert_eq!(header, r#"{"alg":"EdDSA","kid":"d1","typ":"device+jwt"}"#);
}
