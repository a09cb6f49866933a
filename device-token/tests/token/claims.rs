//! Payloads that are properly signed and still not the claims of their carrier.
//!
//! Nobody but the issuer can make one; they are refused so that a fault of the issuer, or of another program that
//! got hold of a key, does not become an enrollment.

use device_token::{Carrier, Challenge, DeviceCookie, DeviceToken, Link, TokenError};

use crate::fixtures::{
    ACCOUNT, ISSUER, bound, challenge, cookie, link, payload_of, refusal, sign_payload, token, unbound,
    verify_cookie,
};

/// The members of a payload, in order, each with its raw JSON value.
type Members = Vec<(&'static str, String)>;

fn cookie_members() -> Members {
    let quoted = |text: &str| format!("\"{text}\"");
    vec![
        ("iss", quoted(ISSUER)),
        ("aud", quoted(ACCOUNT)),
        ("sub", quoted("AQEBAQEBAQEBAQEBAQEBAQ")),
        ("did", quoted("AgICAgICAgICAgICAgICAg")),
        ("auth_time", "1800000000".into()),
        ("iat", "1800086400".into()),
        ("exp", "1802678400".into()),
        ("bnd", quoted("key")),
        ("prf", "1800086390".into()),
        ("act", "1800000100".into()),
    ]
}

fn jwk_members() -> Members {
    vec![
        ("kty", "\"OKP\"".into()),
        ("crv", "\"Ed25519\"".into()),
        ("x", format!("\"{}\"", crate::fixtures::device_key())),
    ]
}

fn token_members() -> Members {
    let mut members = cookie_members();
    members.push(("cnf", format!("{{\"jwk\":{}}}", object(&jwk_members()))));
    members
}

fn challenge_members() -> Members {
    let quoted = |text: &str| format!("\"{text}\"");
    vec![
        ("iss", quoted(ISSUER)),
        ("aud", quoted(ACCOUNT)),
        ("jti", quoted("BQUFBQUFBQUFBQUFBQUFBQ")),
        ("iat", "1800172800".into()),
        ("exp", "1800172860".into()),
    ]
}

fn link_members() -> Members {
    let quoted = |text: &str| format!("\"{text}\"");
    vec![
        ("iss", quoted(ISSUER)),
        ("aud", quoted(ACCOUNT)),
        ("lid", quoted("AwMDAwMDAwMDAwMDAwMDAw")),
        ("iat", "1800000000".into()),
        ("exp", "1834560000".into()),
        ("dst", quoted("https://intranet.example.org/report?week=46#top")),
        ("rcp", quoted("BAQEBAQEBAQEBAQEBAQEBA")),
    ]
}

fn object(members: &Members) -> String {
    let members: Vec<String> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}", members.join(","))
}

fn with(members: &Members, name: &str, value: &str) -> Members {
    assert!(members.iter().any(|(n, _)| *n == name), "no member {name}");
    members.iter().map(|(n, v)| (*n, if *n == name { value.to_owned() } else { v.clone() })).collect()
}

fn without(members: &Members, name: &str) -> Members {
    members.iter().filter(|(n, _)| *n != name).cloned().collect()
}

fn all_carriers() -> [(&'static str, Members); 4] {
    [
        (DeviceCookie::TYP, cookie_members()),
        (DeviceToken::TYP, token_members()),
        (Challenge::TYP, challenge_members()),
        (Link::TYP, link_members()),
    ]
}

#[track_caller]
fn assert_refused(typ: &str, payload: &str) {
    assert_eq!(refusal(typ, &sign_payload(typ, payload)), Some(TokenError::BadClaims), "{typ}: {payload}");
}

#[test]
fn the_untouched_members_are_the_very_payloads_that_the_crate_writes() {
    let [cookie_payload, token_payload, challenge_payload, link_payload] =
        all_carriers().map(|(_, members)| object(&members));
    assert_eq!(cookie_payload, payload_of(&cookie()));
    assert_eq!(token_payload, payload_of(&token()));
    assert_eq!(challenge_payload, payload_of(&challenge()));
    assert_eq!(link_payload, payload_of(&link()));
    for (typ, members) in all_carriers() {
        assert_eq!(refusal(typ, &sign_payload(typ, object(&members))), None);
    }
}

/// What no claim may be, whatever its type.
fn wrong_for_all(valid: &str) -> Vec<String> {
    let mut wrong: Vec<String> = [
        "null",
        "true",
        "false",
        "-1",
        "-0",
        "1.5",
        "1800000000.0",
        "1.8e9",
        "1e400",
        "-1e400",
        "[]",
        "{}",
        "\"\"",
        "\"\\u0000\"",
        "0x1",
        "01",
        "NaN",
        "Infinity",
        "18446744073709551616",
        "253402300800",
        "undefined",
    ]
    .map(str::to_owned)
    .into();
    wrong.push(format!("[{valid}]"));
    wrong.push(format!("{{\"{}\":null}}", valid.trim_matches('"')));
    wrong.push(if valid.starts_with('"') { "1800000000".into() } else { format!("\"{valid}\"") });
    wrong
}

#[test]
fn every_claim_of_a_wrong_type_is_refused() {
    for (typ, members) in all_carriers() {
        for (name, valid) in &members {
            for wrong in wrong_for_all(valid) {
                assert_refused(typ, &object(&with(&members, name, &wrong)));
            }
        }
    }
}

#[test]
fn every_missing_claim_is_refused() {
    for (typ, members) in all_carriers() {
        for (name, _) in &members {
            assert_refused(typ, &object(&without(&members, name)));
        }
    }
}

#[test]
fn every_claim_given_twice_is_refused_even_with_equal_values() {
    for (typ, members) in all_carriers() {
        for member in members.clone() {
            let mut twice = members.clone();
            twice.push(member);
            assert_refused(typ, &object(&twice));
        }
    }
}

#[test]
fn an_unknown_claim_is_refused() {
    for (typ, members) in all_carriers() {
        for name in ["nbf", "nonce", "email", "sub ", "Sub", "__proto__", ""] {
            let mut more = members.clone();
            more.push((name, "1".into()));
            assert_refused(typ, &object(&more));
        }
    }
}

#[test]
fn values_of_the_right_type_that_no_claim_can_have_are_refused() {
    let wrong_ids = [
        "\"AQEBAQEBAQEBAQEBAQEBA\"",
        "\"AQEBAQEBAQEBAQEBAQEBAR\"",
        "\"AQEBAQEBAQEBAQEBAQEBAQ==\"",
        "\"AQEBAQEBAQEBAQEBAQEBAQE\"",
        "\" AQEBAQEBAQEBAQEBAQEBAQ\"",
        "\"person@example.com\"",
    ];
    for (typ, members) in all_carriers() {
        for issuer in
            ["http://enroll.example.com", "https://enroll.example.com/", "HTTPS://enroll.example.com"]
        {
            assert_refused(typ, &object(&with(&members, "iss", &format!("\"{issuer}\""))));
        }
        for account in ["Example", "-example", "exam.ple", "someone@example.com"] {
            assert_refused(typ, &object(&with(&members, "aud", &format!("\"{account}\""))));
        }
        for (name, _) in members.iter().filter(|(name, _)| ["sub", "did", "jti", "lid", "rcp"].contains(name))
        {
            for id in wrong_ids {
                assert_refused(typ, &object(&with(&members, name, id)));
            }
        }
    }
}

#[test]
fn an_array_of_audiences_is_refused_though_rfc_7519_knows_it() {
    for (typ, members) in all_carriers() {
        assert_refused(typ, &object(&with(&members, "aud", &format!("[\"{ACCOUNT}\"]"))));
        assert_refused(typ, &object(&with(&members, "aud", &format!("[\"{ACCOUNT}\",\"other\"]"))));
    }
}

#[test]
fn binding_and_proof_go_together() {
    for (typ, members) in all_carriers().into_iter().take(2) {
        for binding in ["\"none\"", "\"dbsc\"", "\"Key\"", "\"key \"", "\"k\"", "{\"key\":null}"] {
            assert_refused(typ, &object(&with(&members, "bnd", binding)));
        }
    }
    let unbound_members = without(&with(&cookie_members(), "bnd", "\"none\""), "prf");
    assert_eq!(object(&unbound_members), {
        payload_of(&crate::fixtures::device_keys().sign::<DeviceCookie>(&unbound()))
    });
    assert_refused(DeviceCookie::TYP, &object(&with(&without(&cookie_members(), "prf"), "bnd", "\"key\"")));
    assert_refused(DeviceToken::TYP, &object(&without(&with(&token_members(), "bnd", "\"none\""), "prf")));
}

#[test]
fn the_key_of_a_device_is_in_the_token_and_nowhere_else() {
    // With the token's header the cookie's claims are no token, and the other way round.
    assert_refused(DeviceCookie::TYP, &object(&token_members()));
    assert_refused(DeviceToken::TYP, &object(&cookie_members()));
    assert_refused(DeviceCookie::TYP, &object(&link_members()));
    assert_refused(Link::TYP, &object(&cookie_members()));
    assert_refused(Challenge::TYP, &object(&cookie_members()));
    assert_refused(DeviceCookie::TYP, &object(&challenge_members()));
}

#[test]
fn every_member_of_the_device_key_is_held_to_its_one_form() {
    let typ = DeviceToken::TYP;
    let refuse = |cnf: &str| assert_refused(typ, &object(&with(&token_members(), "cnf", cnf)));
    let refuse_jwk = |members: &Members| refuse(&format!("{{\"jwk\":{}}}", object(members)));
    for (name, valid) in jwk_members() {
        for wrong in wrong_for_all(&valid) {
            refuse_jwk(&with(&jwk_members(), name, &wrong));
        }
        refuse_jwk(&without(&jwk_members(), name));
        let mut twice = jwk_members();
        twice.push((name, valid));
        refuse_jwk(&twice);
    }
    for (name, value) in [("d", "\"AQ\""), ("kid", "\"k\""), ("alg", "\"EdDSA\""), ("y", "\"AQ\"")] {
        let mut more = jwk_members();
        more.push((name, value.into()));
        refuse_jwk(&more);
    }
    refuse_jwk(&with(&jwk_members(), "kty", "\"EC\""));
    refuse_jwk(&with(&jwk_members(), "crv", "\"X25519\""));
    // Order 4, not on the curve, one byte short.
    for x in [[0; 32].as_slice(), &[2; 32], &[1; 31]] {
        refuse_jwk(&with(&jwk_members(), "x", &format!("\"{}\"", crate::fixtures::b64(x))));
    }
    let jwk = object(&jwk_members());
    let array = jwk_members().iter().map(|(_, value)| value.as_str()).collect::<Vec<_>>().join(",");
    refuse(&jwk);
    refuse(&format!("[{jwk}]"));
    refuse(&format!("{{\"jwk\":[{array}]}}"));
    refuse(&format!("{{\"jwk\":{jwk},\"jku\":\"https://attacker.example\"}}"));
    refuse(&format!("{{\"jwk\":{jwk},\"jwk\":{jwk}}}"));
    refuse("{\"kid\":\"d1\"}");
}

#[test]
fn times_out_of_order_are_refused() {
    for (typ, members) in all_carriers().into_iter().take(2) {
        for (name, value) in [
            ("auth_time", "1800086401"),
            ("exp", "1800086400"),
            ("exp", "1800000000"),
            ("exp", "0"),
            ("iat", "1802678400"),
            ("prf", "1799999999"),
            ("prf", "1800086401"),
            ("act", "1799999999"),
            ("act", "1800086401"),
        ] {
            assert_refused(typ, &object(&with(&members, name, value)));
        }
    }
    assert_refused(Challenge::TYP, &object(&with(&challenge_members(), "exp", "1800172800")));
    assert_refused(Challenge::TYP, &object(&with(&challenge_members(), "iat", "1800172860")));
    assert_refused(Link::TYP, &object(&with(&link_members(), "exp", "1800000000")));
    assert_refused(Link::TYP, &object(&with(&link_members(), "iat", "1834560000")));
}

#[test]
fn a_destination_that_the_signer_would_not_have_written_is_refused() {
    for destination in [
        "https://example.org",
        "HTTPS://example.org/",
        "https://EXAMPLE.org/",
        "https://example.org:443/",
        "https://example.org/a/../b",
        "https://bücher.example/",
        "https://user@example.org/",
        "https://@example.org/",
        "javascript:alert(1)",
        "data:text/html,x",
        "/s/other",
        "//example.org/",
        "https:/example.org/",
        "https://example.org/\\\\x",
        "https://example.org/\\r\\nSet-Cookie: a=b",
        " https://example.org/",
    ] {
        assert_refused(Link::TYP, &object(&with(&link_members(), "dst", &format!("\"{destination}\""))));
    }
    let long = format!("\"https://example.org/{}\"", "a".repeat(2048));
    assert_refused(Link::TYP, &object(&with(&link_members(), "dst", &long)));
}

#[test]
fn a_payload_that_is_not_one_object_is_refused() {
    for (typ, members) in all_carriers() {
        let payload = object(&members);
        let values = members.iter().map(|(_, value)| value.as_str()).collect::<Vec<_>>().join(",");
        for wrong in [
            format!("[{values}]"),
            format!("[{payload}]"),
            format!("{payload}{payload}"),
            format!("{payload} x"),
            format!("{payload}\0"),
            format!("\u{feff}{payload}"),
            format!("// comment\n{payload}"),
            payload.replacen('}', ",}", 1),
            payload.replace('"', "'"),
            payload.get(..payload.len() - 1).unwrap().to_owned(),
            "{}".into(),
            "[]".into(),
            "null".into(),
            "1".into(),
            "\"\"".into(),
            "[".repeat(500),
        ] {
            assert_refused(typ, &wrong);
        }
        let mut not_utf8 = payload.into_bytes();
        not_utf8[10] = 0xff;
        assert_eq!(refusal(typ, &sign_payload(typ, not_utf8)), Some(TokenError::BadClaims));
    }
}

#[test]
fn order_and_white_space_are_json_and_do_not_change_the_claims() {
    let mut members = cookie_members();
    members.reverse();
    let spaced = object(&members).replace(',', " ,\n");
    let read = verify_cookie(&sign_payload(DeviceCookie::TYP, spaced)).unwrap();
    assert_eq!(read.into_claims(), bound());
}

#[test]
fn an_escape_is_refused_in_every_text_and_name_even_where_it_spells_the_right_one() {
    for (typ, members) in all_carriers() {
        for (name, value) in members.iter().filter(|(_, value)| value.starts_with('"')) {
            let [quote, first, rest @ ..] = value.as_bytes() else { panic!("{name} is empty") };
            let escaped = format!("{}\\u{first:04x}{}", char::from(*quote), str::from_utf8(rest).unwrap());
            assert_refused(typ, &object(&with(&members, name, &escaped)));
        }
        for (name, _) in &members {
            let [first, rest @ ..] = name.as_bytes() else { panic!("a member without a name") };
            let escaped = format!("\"\\u{first:04x}{}\"", str::from_utf8(rest).unwrap());
            assert_refused(typ, &object(&members).replacen(&format!("\"{name}\""), &escaped, 1));
        }
    }
    let slashes = object(&with(&link_members(), "dst", "\"https:\\/\\/intranet.example.org\\/\""));
    assert_refused(Link::TYP, &slashes);
}

#[test]
fn claims_are_not_read_before_the_signature_holds() {
    let by_a_stranger = crate::fixtures::sign_segments(
        [99; 32],
        &crate::fixtures::b64(crate::fixtures::header_json(DeviceCookie::TYP)),
        &crate::fixtures::b64("{}"),
    );
    assert_eq!(verify_cookie(&by_a_stranger).unwrap_err(), TokenError::BadSignature);
}
