//! Fixed keys and claims, and a signer that signs whatever it is told: the crate's own would refuse.

use std::sync::LazyLock;

use base64ct::{Base64UrlUnpadded, Encoding};
use device_token::{
    Audience, Binding, Carrier, Challenge, ChallengeClaims, ChallengeId, ChallengeParts, DeviceCookie,
    DeviceFamily, DeviceId, DevicePublicKey, DeviceToken, DeviceTokenClaims, Link, LinkClaims, LinkFamily,
    LinkId, LinkParts, RecipientId, SigningKeys, Statement, StatementParts, Timestamp, TokenError,
    Unverified, UserId, Verified, VerifyingKeys,
};
use ed25519_dalek::{Signer, SigningKey};

pub(crate) const ISSUER: &str = "https://enroll.example.com";
pub(crate) const ACCOUNT: &str = "example";
pub(crate) const DEVICE_SEED: [u8; 32] = [11; 32];
pub(crate) const LINK_SEED: [u8; 32] = [21; 32];

pub(crate) fn b64(bytes: impl AsRef<[u8]>) -> String {
    Base64UrlUnpadded::encode_string(bytes.as_ref())
}

pub(crate) fn unb64(text: &str) -> Vec<u8> {
    Base64UrlUnpadded::decode_vec(text).unwrap()
}

/// `(kid, status, seed byte)` of each key.
pub(crate) fn key_set_json(keys: &[(&str, &str, u8)]) -> String {
    let entries: Vec<String> = keys
        .iter()
        .map(|(kid, status, seed)| {
            format!(r#"{{"kid":"{kid}","status":"{status}","seed":"{}"}}"#, b64([*seed; 32]))
        })
        .collect();
    format!("[{}]", entries.join(","))
}

pub(crate) fn device_keys() -> &'static SigningKeys<DeviceFamily> {
    static KEYS: LazyLock<SigningKeys<DeviceFamily>> = LazyLock::new(|| {
        let keys = [("d0", "retired", 10), ("d1", "active", 11), ("d2", "next", 12)];
        SigningKeys::from_json(&key_set_json(&keys)).unwrap()
    });
    &KEYS
}

pub(crate) fn link_keys() -> &'static SigningKeys<LinkFamily> {
    static KEYS: LazyLock<SigningKeys<LinkFamily>> = LazyLock::new(|| {
        SigningKeys::from_json(&key_set_json(&[("l0", "retired", 20), ("l1", "active", 21)])).unwrap()
    });
    &KEYS
}

pub(crate) fn audience() -> Audience {
    Audience { issuer: ISSUER.parse().unwrap(), account: ACCOUNT.parse().unwrap() }
}

pub(crate) fn at(seconds: u64) -> Timestamp {
    Timestamp::from_seconds(seconds).unwrap()
}

pub(crate) fn parts() -> StatementParts {
    StatementParts {
        issuer: ISSUER.parse().unwrap(),
        account: ACCOUNT.parse().unwrap(),
        user: UserId::from_bytes([1; 16]),
        device: DeviceId::from_bytes([2; 16]),
        auth_time: at(1_800_000_000),
        issued_at: at(1_800_086_400),
        expires_at: at(1_802_678_400),
        binding: Binding::None,
        acted_at: at(1_800_000_100),
    }
}

pub(crate) fn unbound() -> Statement {
    Statement::new(parts()).unwrap()
}

pub(crate) fn bound() -> Statement {
    Statement::new(StatementParts { binding: Binding::Key { proven_at: at(1_800_086_390) }, ..parts() })
        .unwrap()
}

pub(crate) fn device_key() -> DevicePublicKey {
    DevicePublicKey::from_bytes(SigningKey::from_bytes(&[31; 32]).verifying_key().to_bytes()).unwrap()
}

pub(crate) fn token_claims() -> DeviceTokenClaims {
    DeviceTokenClaims::new(bound(), device_key()).unwrap()
}

pub(crate) fn challenge_parts() -> ChallengeParts {
    ChallengeParts {
        issuer: ISSUER.parse().unwrap(),
        account: ACCOUNT.parse().unwrap(),
        challenge: ChallengeId::from_bytes([5; 16]),
        issued_at: at(1_800_172_800),
        expires_at: at(1_800_172_860),
    }
}

pub(crate) fn challenge_claims() -> ChallengeClaims {
    ChallengeClaims::new(challenge_parts()).unwrap()
}

pub(crate) fn link_parts() -> LinkParts {
    LinkParts {
        issuer: ISSUER.parse().unwrap(),
        account: ACCOUNT.parse().unwrap(),
        link: LinkId::from_bytes([3; 16]),
        issued_at: at(1_800_000_000),
        expires_at: at(1_834_560_000),
        destination: "https://intranet.example.org/report?week=46#top".parse().unwrap(),
        recipient: RecipientId::from_bytes([4; 16]),
    }
}

pub(crate) fn link_claims() -> LinkClaims {
    LinkClaims::new(link_parts()).unwrap()
}

pub(crate) fn cookie() -> String {
    device_keys().sign::<DeviceCookie>(&bound())
}

pub(crate) fn token() -> String {
    device_keys().sign::<DeviceToken>(&token_claims())
}

pub(crate) fn challenge() -> String {
    device_keys().sign::<Challenge>(&challenge_claims())
}

/// One of each kind.
pub(crate) fn one_of_each() -> [(&'static str, String); 4] {
    [
        (DeviceCookie::TYP, cookie()),
        (DeviceToken::TYP, token()),
        (Challenge::TYP, challenge()),
        (Link::TYP, link()),
    ]
}

pub(crate) fn link() -> String {
    link_keys().sign::<Link>(&link_claims())
}

pub(crate) fn verify<C: Carrier>(
    token: &str,
    keys: &VerifyingKeys<C::Family>,
) -> Result<Verified<C>, TokenError> {
    Unverified::<C>::parse(token)?.verify(keys, &audience())
}

pub(crate) fn verify_cookie(token: &str) -> Result<Verified<DeviceCookie>, TokenError> {
    verify(token, device_keys().verifying())
}

pub(crate) fn verify_token(token: &str) -> Result<Verified<DeviceToken>, TokenError> {
    verify(token, device_keys().verifying())
}

pub(crate) fn verify_challenge(token: &str) -> Result<Verified<Challenge>, TokenError> {
    verify(token, device_keys().verifying())
}

pub(crate) fn verify_link(token: &str) -> Result<Verified<Link>, TokenError> {
    verify(token, link_keys().verifying())
}

/// The error that the carrier of this `typ` is refused with, `None` if it is accepted.
pub(crate) fn refusal(typ: &str, token: &str) -> Option<TokenError> {
    match typ {
        DeviceCookie::TYP => verify_cookie(token).err(),
        DeviceToken::TYP => verify_token(token).err(),
        Challenge::TYP => verify_challenge(token).err(),
        Link::TYP => verify_link(token).err(),
        _ => panic!("no carrier is called {typ}"),
    }
}

/// Seed and `kid` that sign this carrier in the fixed key sets.
pub(crate) fn signer_of(typ: &str) -> ([u8; 32], &'static str) {
    if typ == Link::TYP { (LINK_SEED, "l1") } else { (DEVICE_SEED, "d1") }
}

pub(crate) fn header_json(typ: &str) -> String {
    format!(r#"{{"alg":"EdDSA","kid":"{}","typ":"{typ}"}}"#, signer_of(typ).1)
}

/// Signs any two segments.
pub(crate) fn sign_segments(seed: [u8; 32], header: &str, payload: &str) -> String {
    let input = format!("{header}.{payload}");
    let signature = SigningKey::from_bytes(&seed).sign(input.as_bytes()).to_bytes();
    format!("{input}.{}", b64(signature))
}

/// Signs any payload properly for this carrier.
pub(crate) fn sign_payload(typ: &str, payload: impl AsRef<[u8]>) -> String {
    sign_segments(signer_of(typ).0, &b64(header_json(typ)), &b64(payload))
}

pub(crate) fn segments(token: &str) -> [&str; 3] {
    token.split('.').collect::<Vec<_>>().try_into().unwrap()
}

pub(crate) fn payload_of(token: &str) -> String {
    String::from_utf8(unb64(segments(token)[1])).unwrap()
}

/// The segment with the letter after its last one: where bits are left over, the same bytes in a second spelling.
pub(crate) fn respelled(segment: &str) -> String {
    let (rest, last) = segment.split_at(segment.len() - 1);
    let next = match last.as_bytes()[0] {
        b'Z' => 'a',
        b'z' => '0',
        b'9' => '-',
        b'-' => '_',
        b'_' => 'A',
        letter => char::from(letter + 1),
    };
    format!("{rest}{next}")
}
