//! `vectors/tokens.json`: tokens that verifiers in other languages can be held to (docs/TOKEN.md, "Vectors").
//!
//! Ed25519 signs without randomness, so the file is made anew and compared. To rewrite it after a deliberate change:
//! `DEVICE_TOKEN_WRITE_VECTORS=1 cargo test -p device-token vectors`.

use std::path::PathBuf;
use std::sync::LazyLock;

use device_token::{
    Audience, Carrier, Challenge, DeviceCookie, DeviceFamily, DeviceToken, Link, LinkFamily, TokenError,
    Unverified, VerifyingKeys,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::fixtures::{
    ACCOUNT, DEVICE_SEED, ISSUER, b64, challenge, cookie, device_keys, header_json, key_set_json, link,
    link_keys, one_of_each, payload_of, respelled, segments, sign_payload, sign_segments, signer_of, token,
    unb64, unbound,
};
use crate::proofs::{Proof, proofs};

#[derive(Serialize, Deserialize, PartialEq, Debug)]
#[serde(deny_unknown_fields)]
pub(crate) struct Vectors {
    about: String,
    issuer: String,
    account: String,
    device_seeds: Value,
    link_seeds: Value,
    device_jwks: Value,
    link_jwks: Value,
    valid: Vec<Valid>,
    refused: Vec<Refused>,
    device_key_seed: String,
    pub(crate) proofs: Vec<Proof>,
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
#[serde(deny_unknown_fields)]
struct Valid {
    name: String,
    typ: String,
    kid: String,
    payload: String,
    claims: Value,
    token: String,
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
#[serde(deny_unknown_fields)]
struct Refused {
    name: String,
    typ: String,
    error: String,
    token: String,
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn valid(name: &str, typ: &str, token: String) -> Valid {
    let header = json(&String::from_utf8(unb64(segments(&token)[0])).unwrap());
    let payload = payload_of(&token);
    Valid {
        name: name.into(),
        typ: typ.into(),
        kid: header["kid"].as_str().unwrap().into(),
        claims: json(&payload),
        payload,
        token,
    }
}

fn refused(name: &str, typ: &str, error: TokenError, token: String) -> Refused {
    Refused { name: name.into(), typ: typ.into(), error: error.code().into(), token }
}

fn valid_tokens() -> Vec<Valid> {
    let cookie = cookie();
    let signed_by = |seed, kid| {
        sign_segments(seed, &b64(header_json(DeviceCookie::TYP).replace("d1", kid)), segments(&cookie)[1])
    };
    vec![
        valid("device cookie, not bound", DeviceCookie::TYP, device_keys().sign::<DeviceCookie>(&unbound())),
        valid("device cookie, bound", DeviceCookie::TYP, cookie.clone()),
        valid("device cookie, signed by the retired key", DeviceCookie::TYP, signed_by([10; 32], "d0")),
        valid("device cookie, signed by the next key", DeviceCookie::TYP, signed_by([12; 32], "d2")),
        valid("device token", DeviceToken::TYP, token()),
        valid("challenge", Challenge::TYP, challenge()),
        valid("link", Link::TYP, link()),
    ]
}

fn altered_forms() -> Vec<Refused> {
    let typ = DeviceCookie::TYP;
    let cookie = cookie();
    let [header, payload, signature] = segments(&cookie);
    let forged = |forged: String| format!("{header}.{payload}.{forged}");
    let mut flipped = unb64(signature);
    flipped[0] ^= 1;
    vec![
        refused("longer than 2048 bytes", typ, TokenError::TooLong, format!("{cookie}{}", "A".repeat(2048))),
        refused("empty", typ, TokenError::NotCompact, String::new()),
        refused("two parts", typ, TokenError::NotCompact, format!("{header}.{payload}")),
        refused("four parts", typ, TokenError::NotCompact, format!("{cookie}.{signature}")),
        refused("no signature", typ, TokenError::NotCompact, forged(String::new())),
        refused("padding", typ, TokenError::NotCompact, format!("{cookie}==")),
        refused("a line break at the end", typ, TokenError::NotCompact, format!("{cookie}\n")),
        refused("bits left over", typ, TokenError::NotCompact, forged(respelled(signature))),
        refused("signature of 63 bytes", typ, TokenError::NotCompact, forged(b64(&flipped[..63]))),
        refused("a bit of the signature flipped", typ, TokenError::BadSignature, forged(b64(&flipped))),
        refused("a signature of zeros", typ, TokenError::BadSignature, forged(b64([0; 64]))),
        refused("signed by another key of the set", typ, TokenError::BadSignature, {
            sign_segments([12; 32], header, payload)
        }),
        refused("another payload under the signature", typ, TokenError::BadSignature, {
            format!("{header}.{}.{signature}", b64(payload_of(&cookie).replace("1802678400", "1902678400")))
        }),
    ]
}

fn foreign_headers() -> Vec<Refused> {
    let typ = DeviceCookie::TYP;
    let payload = b64(payload_of(&cookie()));
    [
        ("alg none", r#"{"alg":"none","kid":"d1","typ":"device-cookie+jwt"}"#),
        ("alg HS256", r#"{"alg":"HS256","kid":"d1","typ":"device-cookie+jwt"}"#),
        ("alg Ed25519", r#"{"alg":"Ed25519","kid":"d1","typ":"device-cookie+jwt"}"#),
        ("unknown kid", r#"{"alg":"EdDSA","kid":"d9","typ":"device-cookie+jwt"}"#),
        ("no kid", r#"{"alg":"EdDSA","typ":"device-cookie+jwt"}"#),
        ("typ JWT", r#"{"alg":"EdDSA","kid":"d1","typ":"JWT"}"#),
        ("crit", r#"{"alg":"EdDSA","kid":"d1","typ":"device-cookie+jwt","crit":["b64"],"b64":false}"#),
        ("jku", r#"{"alg":"EdDSA","kid":"d1","typ":"device-cookie+jwt","jku":"https://attacker.example/"}"#),
        ("members in another order", r#"{"typ":"device-cookie+jwt","alg":"EdDSA","kid":"d1"}"#),
        ("white space", r#"{"alg": "EdDSA", "kid": "d1", "typ": "device-cookie+jwt"}"#),
    ]
    .map(|(name, header)| {
        let token = sign_segments(DEVICE_SEED, &b64(header), &payload);
        refused(&format!("header: {name}"), typ, TokenError::UnknownHeader, token)
    })
    .into()
}

fn other_kinds() -> Vec<Refused> {
    let made = one_of_each();
    let mut all = Vec::new();
    for (made_as, token) in &made {
        for (taken_as, _) in made.iter().filter(|(taken_as, _)| taken_as != made_as) {
            let name = format!("{made_as} where {taken_as} belongs");
            all.push(refused(&name, taken_as, TokenError::UnknownHeader, token.clone()));
        }
    }
    all.push(refused("link+jwt signed with a device key", Link::TYP, TokenError::UnknownHeader, {
        let header = header_json(Link::TYP).replace("l1", "d1");
        sign_segments(DEVICE_SEED, &b64(header), segments(&link())[1])
    }));
    all.push(refused(
        "link+jwt signed with a device key under a link's kid",
        Link::TYP,
        TokenError::BadSignature,
        sign_segments(DEVICE_SEED, &b64(header_json(Link::TYP)), segments(&link())[1]),
    ));
    all
}

fn wrong_claims() -> Vec<Refused> {
    let cookie =
        |name: &str, from: &str, to: &str| wrong(name, DeviceCookie::TYP, &payload_of(&cookie()), from, to);
    let token =
        |name: &str, from: &str, to: &str| wrong(name, DeviceToken::TYP, &payload_of(&token()), from, to);
    let challenge =
        |name: &str, from: &str, to: &str| wrong(name, Challenge::TYP, &payload_of(&challenge()), from, to);
    let link = |name: &str, from: &str, to: &str| wrong(name, Link::TYP, &payload_of(&link()), from, to);
    vec![
        cookie("exp is a string", "1802678400", "\"1802678400\""),
        cookie("exp is a fraction", "1802678400", "1802678400.5"),
        cookie("exp is written as a fraction", "1802678400", "1802678400.0"),
        cookie("exp has an exponent", "1802678400", "18026784e2"),
        cookie("exp is negative", "1802678400", "-1"),
        cookie("exp is null", "1802678400", "null"),
        cookie("exp is missing", ",\"exp\":1802678400", ""),
        cookie("exp is given twice", "\"exp\":1802678400", "\"exp\":1802678400,\"exp\":1902678400"),
        cookie("exp is after the year 9999", "1802678400", "253402300800"),
        cookie("exp is not after iat", "1802678400", "1800086400"),
        cookie("auth_time is after iat", "\"auth_time\":1800000000", "\"auth_time\":1800086401"),
        cookie("act is after iat", "1800000100", "1800086401"),
        cookie("prf is before auth_time", "1800086390", "1799999999"),
        cookie("prf is null", "1800086390", "null"),
        cookie("bound without prf", ",\"prf\":1800086390", ""),
        cookie("not bound with prf", "\"bnd\":\"key\"", "\"bnd\":\"none\""),
        cookie("unknown binding", "\"bnd\":\"key\"", "\"bnd\":\"dbsc\""),
        cookie("a claim has an escape", "\"bnd\":\"key\"", "\"bnd\":\"k\\u0065y\""),
        cookie("a claim's name has an escape", "\"bnd\"", "\"\\u0062nd\""),
        cookie("an unknown claim", "{", "{\"email\":\"person@example.com\","),
        cookie("sub is 15 bytes", "AQEBAQEBAQEBAQEBAQEBAQ", "AQEBAQEBAQEBAQEBAQEB"),
        cookie("sub has bits left over", "AQEBAQEBAQEBAQEBAQEBAQ", "AQEBAQEBAQEBAQEBAQEBAR"),
        cookie("aud is an array", "\"aud\":\"example\"", "\"aud\":[\"example\"]"),
        cookie("iss ends with a slash", "enroll.example.com", "enroll.example.com/"),
        cookie(
            "a device key in a cookie",
            "}",
            ",\"cnf\":{\"jwk\":{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}}}",
        ),
        token("the device key is of low order", &crate::fixtures::device_key().to_string(), &b64([0; 32])),
        token("the device key is an X25519 key", "Ed25519", "X25519"),
        token("the device key has its secret beside it", "\"kty\"", "\"d\":\"AQ\",\"kty\""),
        challenge("jti is a number", "\"BQUFBQUFBQUFBQUFBQUFBQ\"", "5"),
        challenge("exp is not after iat", "1800172860", "1800172800"),
        link("dst is a script", "https://intranet.example.org/report?week=46#top", "javascript:alert(1)"),
        link("dst has a user", "https://intranet", "https://user@intranet"),
        link("dst is not normalized", "https://intranet", "HTTPS://intranet"),
        refused("the payload is an array", DeviceCookie::TYP, TokenError::BadClaims, {
            sign_payload(DeviceCookie::TYP, "[]")
        }),
        refused("the payload is empty", DeviceCookie::TYP, TokenError::NotCompact, {
            sign_payload(DeviceCookie::TYP, "")
        }),
        refused("text after the payload", DeviceCookie::TYP, TokenError::BadClaims, {
            sign_payload(DeviceCookie::TYP, format!("{}{{}}", payload_of(&crate::fixtures::cookie())))
        }),
    ]
}

fn wrong(name: &str, typ: &str, payload: &str, from: &str, to: &str) -> Refused {
    assert!(payload.contains(from), "{name}: {from} is not in the payload");
    refused(name, typ, TokenError::BadClaims, sign_payload(typ, payload.replacen(from, to, 1)))
}

fn foreign() -> Vec<Refused> {
    let mut all = Vec::new();
    for (typ, token) in one_of_each() {
        let payload = payload_of(&token);
        let issuer = payload.replacen(ISSUER, "https://enroll.example.net", 1);
        all.push(refused("another issuer", typ, TokenError::ForeignIssuer, sign_payload(typ, issuer)));
        let account = payload.replacen("\"aud\":\"example\"", "\"aud\":\"example2\"", 1);
        all.push(refused("another account", typ, TokenError::ForeignAccount, sign_payload(typ, account)));
    }
    all
}

fn generate() -> Vectors {
    Vectors {
        about:
            "Tokens of the four carriers and proofs; docs/TOKEN.md, section Vectors, says how to use them. \
                The seeds are public and good for nothing else."
                .into(),
        issuer: ISSUER.into(),
        account: ACCOUNT.into(),
        device_seeds: json(&key_set_json(&[("d0", "retired", 10), ("d1", "active", 11), ("d2", "next", 12)])),
        link_seeds: json(&key_set_json(&[("l0", "retired", 20), ("l1", "active", 21)])),
        device_jwks: json(&device_keys().verifying().to_jwks()),
        link_jwks: json(&link_keys().verifying().to_jwks()),
        valid: valid_tokens(),
        refused: [altered_forms(), foreign_headers(), other_kinds(), wrong_claims(), foreign()]
            .into_iter()
            .flatten()
            .collect(),
        device_key_seed: b64([31; 32]),
        proofs: proofs(),
    }
}

fn path() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "vectors", "tokens.json"].iter().collect()
}

/// What the file holds, once it has been rewritten if that was asked for.
pub(crate) fn vectors() -> Vectors {
    static STORED: LazyLock<String> = LazyLock::new(|| {
        if std::env::var_os("DEVICE_TOKEN_WRITE_VECTORS").is_some() {
            let text = serde_json::to_string_pretty(&generate()).unwrap();
            std::fs::write(path(), format!("{text}\n")).unwrap();
        }
        std::fs::read_to_string(path()).unwrap()
    });
    serde_json::from_str(&STORED).unwrap()
}

#[test]
fn the_file_of_vectors_is_what_the_crate_makes_today() {
    assert!(vectors() == generate(), "run with DEVICE_TOKEN_WRITE_VECTORS=1 if the change is meant");
}

/// As a stranger would run the file: nothing but its own text.
fn outcome<C: Carrier>(
    token: &str,
    keys: &Value,
    audience: &Audience,
) -> Result<(String, C::Claims), TokenError> {
    let keys = VerifyingKeys::<C::Family>::from_jwks(&keys.to_string()).unwrap();
    let verified = Unverified::<C>::parse(token)?.verify(&keys, audience)?;
    Ok((verified.key_id().to_string(), verified.into_claims()))
}

#[test]
fn every_vector_comes_out_as_the_file_says() {
    let vectors = vectors();
    let audience =
        Audience { issuer: vectors.issuer.parse().unwrap(), account: vectors.account.parse().unwrap() };
    let run = |typ: &str, token: &str| match typ {
        DeviceCookie::TYP => {
            outcome::<DeviceCookie>(token, &vectors.device_jwks, &audience).map(|(kid, _)| kid)
        }
        DeviceToken::TYP => {
            outcome::<DeviceToken>(token, &vectors.device_jwks, &audience).map(|(kid, _)| kid)
        }
        Challenge::TYP => outcome::<Challenge>(token, &vectors.device_jwks, &audience).map(|(kid, _)| kid),
        Link::TYP => outcome::<Link>(token, &vectors.link_jwks, &audience).map(|(kid, _)| kid),
        other => panic!("no carrier is called {other}"),
    };
    for vector in &vectors.valid {
        assert_eq!(run(&vector.typ, &vector.token).as_ref(), Ok(&vector.kid), "{}", vector.name);
    }
    for vector in &vectors.refused {
        let error = run(&vector.typ, &vector.token).unwrap_err();
        assert_eq!(error.code(), vector.error, "{}", vector.name);
    }
    for code in [
        "too_long",
        "not_compact",
        "unknown_header",
        "bad_signature",
        "bad_claims",
        "foreign_issuer",
        "foreign_account",
    ] {
        assert!(vectors.refused.iter().any(|vector| vector.error == code), "no vector for {code}");
    }
}

#[test]
fn the_seeds_of_the_file_make_its_public_keys_and_valid_tokens() {
    let vectors = vectors();
    let device =
        device_token::SigningKeys::<DeviceFamily>::from_json(&vectors.device_seeds.to_string()).unwrap();
    let links = device_token::SigningKeys::<LinkFamily>::from_json(&vectors.link_seeds.to_string()).unwrap();
    assert_eq!(json(&device.verifying().to_jwks()), vectors.device_jwks);
    assert_eq!(json(&links.verifying().to_jwks()), vectors.link_jwks);
    for vector in &vectors.valid {
        assert_eq!(payload_of(&vector.token), vector.payload, "{}", vector.name);
        assert_eq!(json(&vector.payload), vector.claims, "{}", vector.name);
        if vector.kid == signer_of(&vector.typ).1 {
            assert_eq!(sign_payload(&vector.typ, &vector.payload), vector.token, "{}", vector.name);
        }
    }
}
