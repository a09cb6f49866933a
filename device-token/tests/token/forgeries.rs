//! Tokens that were altered, cut, grown, or taken for another kind.

use device_token::{
    AccountId, Audience, Carrier, Challenge, DeviceCookie, DeviceFamily, DeviceToken, Link, LinkFamily,
    Origin, SigningKeys, TokenError, UnverifiedDeviceCookie, UnverifiedLink,
};

use crate::fixtures::{
    audience, b64, bound, challenge, challenge_claims, cookie, device_keys, key_set_json, link, link_claims,
    link_keys, one_of_each, refusal, respelled, segments, token, token_claims, unb64, verify,
    verify_challenge, verify_cookie, verify_link, verify_token,
};

#[test]
fn untouched_tokens_verify_and_give_back_their_claims() {
    assert_eq!(verify_cookie(&cookie()).unwrap().claims(), &bound());
    assert_eq!(verify_token(&token()).unwrap().into_claims(), token_claims());
    assert_eq!(verify_challenge(&challenge()).unwrap().claims(), &challenge_claims());
    assert_eq!(verify_link(&link()).unwrap().claims(), &link_claims());
    assert_eq!(verify_cookie(&cookie()).unwrap().key_id().as_str(), "d1");
}

#[test]
fn every_flipped_bit_of_the_text_is_refused() {
    for (typ, token) in one_of_each() {
        for position in 0..token.len() {
            for bit in 0..7 {
                let mut bytes = token.clone().into_bytes();
                bytes[position] ^= 1 << bit;
                let altered = String::from_utf8(bytes).unwrap();
                assert!(refusal(typ, &altered).is_some(), "{typ}: bit {bit} of byte {position}");
            }
        }
    }
}

#[test]
fn every_flipped_bit_of_payload_and_signature_is_a_bad_signature() {
    for (typ, token) in one_of_each() {
        let [header, payload, signature] = segments(&token);
        let (payload, signature) = (unb64(payload), unb64(signature));
        for bit in 0..(payload.len() + signature.len()) * 8 {
            let (mut payload, mut signature) = (payload.clone(), signature.clone());
            match bit.checked_sub(payload.len() * 8) {
                None => payload[bit / 8] ^= 1 << (bit % 8),
                Some(bit) => signature[bit / 8] ^= 1 << (bit % 8),
            }
            let altered = format!("{header}.{}.{}", b64(payload), b64(signature));
            assert_eq!(refusal(typ, &altered), Some(TokenError::BadSignature), "{typ}: bit {bit}");
        }
    }
}

#[test]
fn every_truncation_at_either_end_is_refused() {
    for (typ, token) in one_of_each() {
        for length in 0..token.len() {
            assert!(refusal(typ, token.get(..length).unwrap()).is_some(), "{typ}: first {length} bytes");
        }
        for start in 1..token.len() {
            assert!(refusal(typ, token.get(start..).unwrap()).is_some(), "{typ}: from byte {start}");
        }
    }
}

#[test]
fn a_token_of_one_kind_is_none_of_another_even_where_both_families_have_the_same_key() {
    let same = key_set_json(&[("k1", "active", 77)]);
    let device = SigningKeys::<DeviceFamily>::from_json(&same).unwrap();
    let links = SigningKeys::<LinkFamily>::from_json(&same).unwrap();
    let tokens = [
        device.sign::<DeviceCookie>(&bound()),
        device.sign::<DeviceToken>(&token_claims()),
        device.sign::<Challenge>(&challenge_claims()),
        links.sign::<Link>(&link_claims()),
    ];
    for (made_as, token) in tokens.iter().enumerate() {
        let taken_as = [
            verify::<DeviceCookie>(token, device.verifying()).err(),
            verify::<DeviceToken>(token, device.verifying()).err(),
            verify::<Challenge>(token, device.verifying()).err(),
            verify::<Link>(token, links.verifying()).err(),
        ];
        for (place, error) in taken_as.into_iter().enumerate() {
            let expected = (place != made_as).then_some(TokenError::UnknownHeader);
            assert_eq!(error, expected, "kind {made_as} where kind {place} belongs");
        }
    }
}

#[test]
fn parts_of_two_authentic_tokens_do_not_make_a_third() {
    let later = device_keys().sign::<DeviceCookie>(
        &bound().renewed(crate::fixtures::at(1_900_000_000), crate::fixtures::at(1_900_000_001)).unwrap(),
    );
    let (first, second) = (cookie(), later);
    let ([header, payload, _], [_, _, signature]) = (segments(&first), segments(&second));
    let mixed = format!("{header}.{payload}.{signature}");
    assert_eq!(verify_cookie(&mixed).unwrap_err(), TokenError::BadSignature);
}

#[test]
fn a_signature_of_zeros_does_not_hold() {
    let text = cookie();
    let [header, payload, _] = segments(&text);
    let forged = format!("{header}.{payload}.{}", b64([0; 64]));
    assert_eq!(verify_cookie(&forged).unwrap_err(), TokenError::BadSignature);
}

#[test]
fn a_signature_with_the_group_order_added_does_not_hold() {
    // RFC 8032, 5.1.7: S must be below the order, or every signature has a second spelling.
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let text = cookie();
    let [header, payload, signature] = segments(&text);
    let mut signature = unb64(signature);
    let mut carry = 0_u16;
    for (byte, order) in signature[32..].iter_mut().zip(ORDER) {
        carry += u16::from(*byte) + u16::from(order);
        *byte = carry.to_le_bytes()[0];
        carry >>= 8;
    }
    let forged = format!("{header}.{payload}.{}", b64(signature));
    assert_eq!(verify_cookie(&forged).unwrap_err(), TokenError::BadSignature);
}

#[test]
fn another_issuer_or_account_is_foreign_though_the_key_is_ours() {
    let other_issuer: Origin = "https://enroll.example.net".parse().unwrap();
    let other_account: AccountId = "example2".parse().unwrap();
    let at_other_issuer = Audience { issuer: other_issuer.clone(), ..audience() };
    let at_other_account = Audience { account: other_account.clone(), ..audience() };
    let at_both = Audience { issuer: other_issuer, account: other_account };

    let cookie = UnverifiedDeviceCookie::parse(&cookie()).unwrap();
    let keys = device_keys();
    let error = |audience| cookie.verify(keys.verifying(), audience).unwrap_err();
    assert_eq!(error(&at_other_issuer), TokenError::ForeignIssuer);
    assert_eq!(error(&at_other_account), TokenError::ForeignAccount);
    assert_eq!(error(&at_both), TokenError::ForeignIssuer);

    let link = UnverifiedLink::parse(&link()).unwrap();
    let keys = link_keys();
    let error = |audience| link.verify(keys.verifying(), audience).unwrap_err();
    assert_eq!(error(&at_other_issuer), TokenError::ForeignIssuer);
    assert_eq!(error(&at_other_account), TokenError::ForeignAccount);
}

#[test]
fn the_length_is_looked_at_before_anything_else() {
    let limits =
        [(DeviceCookie::TYP, 2048), (DeviceToken::TYP, 2048), (Challenge::TYP, 1024), (Link::TYP, 8192)];
    for (typ, limit) in limits {
        assert_eq!(refusal(typ, &"a".repeat(limit)), Some(TokenError::NotCompact));
        assert_eq!(refusal(typ, &"a".repeat(limit + 1)), Some(TokenError::TooLong));
        assert_eq!(refusal(typ, &"\0".repeat(limit + 1)), Some(TokenError::TooLong));
    }
}

#[test]
fn only_three_parts_of_canonical_base64url_are_compact() {
    for (typ, token) in one_of_each() {
        let [header, payload, signature] = segments(&token);
        let json = format!(r#"{{"protected":"{header}","payload":"{payload}","signature":"{signature}"}}"#);
        for (what, text) in [
            ("empty", String::new()),
            ("dots", "..".into()),
            ("no signature", format!("{header}.{payload}.")),
            ("no payload", format!("{header}..{signature}")),
            ("no header", format!(".{payload}.{signature}")),
            ("two parts", format!("{header}.{payload}")),
            ("four parts", format!("{token}.{signature}")),
            (
                "five parts, as an encrypted one has",
                format!("{header}.{payload}.{payload}.{payload}.{signature}"),
            ),
            ("a dot at the end", format!("{token}.")),
            ("a dot at the start", format!(".{token}")),
            ("JSON serialization", json),
            ("padded signature", format!("{token}==")),
            ("padded payload", format!("{header}.{payload}=.{signature}")),
            ("a space at the end", format!("{token} ")),
            ("a space at the start", format!(" {token}")),
            ("a line break at the end", format!("{token}\n")),
            ("a line break inside", format!("{header}.\n{payload}.{signature}")),
            ("quotation marks", format!("\"{token}\"")),
            ("a NUL at the end", format!("{token}\0")),
            ("another letter at the end", format!("{token}A")),
            ("bits left over in the signature", format!("{header}.{payload}.{}", respelled(signature))),
            ("a full-width letter", token.replacen('e', "ｅ", 1)),
            ("letters beyond ASCII", format!("{header}.{payload}.{signature}é")),
            ("the other alphabet", format!("{header}.{payload}.{}+/", signature.get(..84).unwrap())),
            ("percent encoding", token.replace('.', "%2E")),
            ("a signature of 63 bytes", format!("{header}.{payload}.{}", b64([1; 63]))),
            ("a signature of 65 bytes", format!("{header}.{payload}.{}", b64([1; 65]))),
        ] {
            assert_eq!(refusal(typ, &text), Some(TokenError::NotCompact), "{typ}: {what}");
        }
    }
}
