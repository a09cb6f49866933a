//! Sets of keys: secret ones from configuration, public ones from a JWK Set.

use device_token::{
    DeviceCookie, DeviceFamily, DevicePublicKey, KeyId, KeySetError, LinkFamily, SigningKeys, TokenError,
    VerifyingKeys,
};

use crate::fixtures::{b64, cookie, device_keys, key_set_json, verify};

fn refused(json: &str) -> KeySetError {
    SigningKeys::<DeviceFamily>::from_json(json).unwrap_err()
}

fn refused_jwks(json: &str) -> KeySetError {
    VerifyingKeys::<DeviceFamily>::from_jwks(json).unwrap_err()
}

#[test]
fn exactly_one_key_is_active() {
    assert_eq!(refused(&key_set_json(&[("a", "next", 1), ("b", "retired", 2)])), KeySetError::NoActiveKey);
    assert_eq!(
        refused(&key_set_json(&[("a", "active", 1), ("b", "active", 2)])),
        KeySetError::SeveralActiveKeys
    );
    assert_eq!(refused("[]"), KeySetError::NoKeys);
}

#[test]
fn names_are_unique_and_well_formed() {
    assert_eq!(refused(&key_set_json(&[("a", "active", 1), ("a", "next", 2)])), KeySetError::DuplicateKeyId);
    for name in ["", "a b", "a.b", "a/b", "ä", &"a".repeat(33)] {
        assert_eq!(refused(&key_set_json(&[(name, "active", 1)])), KeySetError::BadKeyId, "{name}");
    }
    let longest = "a".repeat(32);
    assert!(SigningKeys::<DeviceFamily>::from_json(&key_set_json(&[(&longest, "active", 1)])).is_ok());
    assert!(KeyId::parse("Aa0_-").is_ok());
}

#[test]
fn sixteen_keys_are_a_set_and_seventeen_are_too_many() {
    let names: Vec<String> = (0..17).map(|i| format!("k{i}")).collect();
    let mut keys: Vec<_> =
        names.iter().zip(0..).map(|(name, seed)| (name.as_str(), "retired", seed)).collect();
    keys[0].1 = "active";
    assert_eq!(refused(&key_set_json(&keys)), KeySetError::TooManyKeys);
    keys.pop();
    assert!(SigningKeys::<DeviceFamily>::from_json(&key_set_json(&keys)).is_ok());
}

#[test]
fn a_set_of_secret_keys_in_any_other_shape_is_malformed() {
    let seed = b64([1; 32]);
    for json in [
        String::new(),
        "{}".into(),
        "null".into(),
        "[null]".into(),
        format!(r#"{{"kid":"a","status":"active","seed":"{seed}"}}"#),
        format!(r#"[["a","active","{seed}"]]"#),
        format!(r#"[{{"kid":"a","seed":"{seed}"}}]"#),
        format!(r#"[{{"kid":"a","status":"Active","seed":"{seed}"}}]"#),
        format!(r#"[{{"kid":"a","status":"revoked","seed":"{seed}"}}]"#),
        format!(r#"[{{"kid":"a","status":"active","seed":"{seed}","note":""}}]"#),
        format!(r#"[{{"kid":"a","kid":"b","status":"active","seed":"{seed}"}}]"#),
        format!(r#"[{{"kid":"a","status":"active","seed":"{seed}"}}] x"#),
        format!(r#"[{{"kid":"a","status":"active","seed":"{seed}"}},]"#),
        format!(r#"[,{{"kid":"a","status":"active","seed":"{seed}"}}]"#),
        format!(r#"[{{"kid":"\u0061","status":"active","seed":"{seed}"}}]"#),
    ] {
        assert_eq!(refused(&json), KeySetError::Malformed, "{json}");
    }
}

#[test]
fn a_seed_is_32_bytes_in_canonical_base64url() {
    for seed in [b64([1; 31]), b64([1; 33]), b64([1; 64]), String::new(), format!("{}=", b64([1; 32]))] {
        let json = format!(r#"[{{"kid":"a","status":"active","seed":"{seed}"}}]"#);
        assert_eq!(refused(&json), KeySetError::BadKey, "{seed}");
    }
}

#[test]
fn the_published_set_verifies_what_the_secret_set_signs() {
    let published = device_keys().verifying().to_jwks();
    let read = VerifyingKeys::<DeviceFamily>::from_jwks(&published).unwrap();
    assert!(verify::<DeviceCookie>(&cookie(), &read).is_ok());
    assert_eq!(read.to_jwks(), published);
    assert_eq!(read.key_ids().map(KeyId::as_str).collect::<Vec<_>>(), ["d0", "d1", "d2"]);
}

#[test]
fn the_published_set_names_no_algorithm_and_no_secret() {
    let keys = SigningKeys::<DeviceFamily>::from_json(&key_set_json(&[("d1", "active", 11)])).unwrap();
    let x = b64(ed25519_dalek::SigningKey::from_bytes(&[11; 32]).verifying_key().to_bytes());
    let expected =
        format!(r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","use":"sig","kid":"d1","x":"{x}"}}]}}"#);
    assert_eq!(keys.verifying().to_jwks(), expected);
}

#[test]
fn members_and_keys_for_other_things_are_passed_over() {
    let ours = device_keys().verifying().to_jwks();
    let more = ours
        .replacen(
            r#"{"keys":["#,
            r#"{"issuer":"x","keys":[{"kty":"RSA","n":"AQ","e":"AQAB","kid":"d1"},{"kty":"EC","crv":"P-256","x":"A","y":"B"},
               {"kty":"OKP","crv":"X25519","x":"AQ"},{"kty":"OKP","crv":"Ed25519","use":"enc","x":"AQ"},
               {"kty":"OKP","crv":"Ed25519","alg":"EdDSA2","x":"AQ"},{"kty":"oct","k":"AQ","later":{"a":[1]}},"#,
            1,
        )
        .replacen(r#""use":"sig""#, r#""use":"sig","alg":"Ed25519","key_ops":["verify"],"x5c":[]"#, 1);
    assert_eq!(VerifyingKeys::<DeviceFamily>::from_jwks(&more).unwrap().to_jwks(), ours);
}

#[test]
fn escapes_in_what_is_passed_over_do_no_harm_and_in_a_signing_key_spoil_the_set() {
    let ours = device_keys().verifying().to_jwks();
    let more = ours.replacen(
        r#"{"keys":[{"#,
        r#"{"n\u006fte":"\"keys\":[\\","keys":[{"kty":"RSA","kid":"a\/b","use":1},{"x5c":["\/\u002f"],"\u006b":1.5e3,"#,
        1,
    );
    assert_eq!(VerifyingKeys::<DeviceFamily>::from_jwks(&more).unwrap().to_jwks(), ours);
    assert_eq!(refused_jwks(&ours.replacen("\"d0\"", "\"d\\u0030\"", 1)), KeySetError::BadKeyId);
    assert_eq!(refused_jwks(&ours.replacen("\"kid\"", "\"k\\u0069d\"", 1)), KeySetError::BadKeyId);
}

#[test]
fn a_member_of_a_key_given_twice_makes_a_published_set_malformed() {
    let ours = device_keys().verifying().to_jwks();
    let twice = ours.replacen(r#""kid":"d0""#, r#""kid":"d0","kid":"d1""#, 1);
    assert_eq!(refused_jwks(&twice), KeySetError::Malformed);
}

#[test]
fn a_signing_key_with_anything_wrong_spoils_the_published_set() {
    let jwk =
        |kid: &str, x: &str| format!(r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","kid":{kid},"x":{x}}}]}}"#);
    let x = format!("\"{}\"", crate::fixtures::device_key());
    assert!(VerifyingKeys::<DeviceFamily>::from_jwks(&jwk("\"a\"", &x)).is_ok());
    assert_eq!(refused_jwks(&jwk("\"\"", &x)), KeySetError::BadKeyId);
    assert_eq!(refused_jwks(&jwk("\"a b\"", &x)), KeySetError::BadKeyId);
    assert_eq!(refused_jwks(&jwk("null", &x)), KeySetError::BadKeyId);
    assert_eq!(refused_jwks(&jwk("1", &x)), KeySetError::BadKeyId);
    assert_eq!(refused_jwks(&jwk("\"a\"", "null")), KeySetError::BadKey);
    for bytes in [[0; 32].as_slice(), &[2; 32], &[1; 31], &[0xff; 32]] {
        assert_eq!(refused_jwks(&jwk("\"a\"", &format!("\"{}\"", b64(bytes)))), KeySetError::BadKey);
    }
    let twice = format!(r#"{{"kty":"OKP","crv":"Ed25519","kid":"a","x":{x}}}"#);
    assert_eq!(refused_jwks(&format!(r#"{{"keys":[{twice},{twice}]}}"#)), KeySetError::DuplicateKeyId);
    for json in ["", "{}", "[]", "null", r#"{"keys":{}}"#, r#"{"keys":[1]}"#, r#"{"keys":[["OKP"]]}"#, "[[]]"]
    {
        assert_eq!(refused_jwks(json), KeySetError::Malformed, "{json}");
    }
    assert_eq!(refused_jwks(r#"{"keys":[]}"#), KeySetError::NoKeys);
    assert_eq!(refused_jwks(r#"{"keys":[{"kty":"RSA"},{"kty":1},{}]}"#), KeySetError::NoKeys);
}

#[test]
fn a_published_key_of_low_order_cannot_vouch_for_everything() {
    // With such a key a signature that anybody can write would hold for one message in four or eight.
    let jwks = format!(r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","kid":"d1","x":"{}"}}]}}"#, b64([0; 32]));
    assert_eq!(refused_jwks(&jwks), KeySetError::BadKey);
    assert!(DevicePublicKey::from_bytes([0; 32]).is_err());
}

#[test]
fn debug_of_secret_keys_is_pinned_and_shows_no_secret() {
    let keys = device_keys();
    assert_eq!(
        format!("{keys:?}"),
        r#"SigningKeys { active: "d1", verifying: VerifyingKeys of the family device ["d0", "d1", "d2"], .. }"#
    );
    let links = SigningKeys::<LinkFamily>::from_json(&key_set_json(&[("l1", "active", 21)])).unwrap();
    assert_eq!(
        format!("{links:?}"),
        r#"SigningKeys { active: "l1", verifying: VerifyingKeys of the family link ["l1"], .. }"#
    );
}

#[test]
fn errors_of_a_set_tell_nothing_of_its_text() {
    let secret = b64([11; 31]);
    let error = refused(&format!(r#"[{{"kid":"a","status":"active","seed":"{secret}"}}]"#));
    assert_eq!((format!("{error:?}"), error.to_string()), ("BadKey".into(), "bad_key".into()));
}

#[test]
fn a_set_read_by_the_other_family_does_not_verify_its_tokens() {
    // What is published carries no family; `typ` keeps the kinds apart all the same.
    let published = device_keys().verifying().to_jwks();
    let as_links = VerifyingKeys::<LinkFamily>::from_jwks(&published).unwrap();
    let error = verify::<device_token::Link>(&cookie(), &as_links).unwrap_err();
    assert_eq!(error, TokenError::UnknownHeader);
}
