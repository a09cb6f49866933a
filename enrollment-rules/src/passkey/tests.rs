use super::*;

fn origin() -> Origin {
    Origin::parse("https://enroll.example.com:8443").unwrap()
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_seconds(seconds).unwrap()
}

fn asked(origin: &Origin, ceremony: Ceremony) -> Asked<'_> {
    Asked { origin, ceremony, subject: "s" }
}

fn client_data(kind: &str, origin: &Origin, cross_origin: bool) -> ClientData {
    let (r#type, origin) = (kind.to_owned(), origin.as_str().to_owned());
    ClientData { r#type, challenge: String::new(), origin, cross_origin }
}

/// As an authenticator writes them.
fn data(relying_party: &str, flags: u8, counter: u32, rest: &[u8]) -> Vec<u8> {
    [Sha256::digest(relying_party.as_bytes()).as_slice(), &[flags], &counter.to_be_bytes(), rest].concat()
}

fn credential(id: &[u8], key: &[u8]) -> Vec<u8> {
    let length = u16::try_from(id.len()).unwrap().to_be_bytes();
    [[0; 16].as_slice(), &length, id, key].concat()
}

fn ed_dsa() -> Vec<u8> {
    [[0xa4, 1, 1, 3, 0x27, 0x20, 6, 0x21, 0x58, 0x20].as_slice(), &[9; 32]].concat()
}

fn es256() -> Vec<u8> {
    let start = [0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 0x20];
    [start.as_slice(), &[7; 32], &[0x22, 0x58, 0x20], &[8; 32]].concat()
}

fn rs256() -> Vec<u8> {
    let start = [0xa4, 1, 3, 3, 0x39, 1, 0, 0x20, 0x59, 1, 0];
    [start.as_slice(), &[5; 256], &[0x21, 0x43, 1, 0, 1]].concat()
}

const HOST: &str = "enroll.example.com";
const GOOD: u8 = 0b0100_0101;

#[test]
fn the_relying_party_is_the_host() {
    for (origin, host) in [
        ("https://enroll.example.com:8443", HOST),
        ("https://enroll.example.com", HOST),
        ("http://localhost:8787", "localhost"),
    ] {
        let origin = Origin::parse(origin).unwrap();
        assert_eq!(asked(&origin, Ceremony::SignIn).relying_party_id(), host);
    }
}

#[test]
fn a_challenge_is_good_for_its_purpose_its_subject_and_five_minutes() {
    let (origin, key, bounds) = (origin(), HashKey::new(&[1; 32]), Bounds::default());
    let here = asked(&origin, Ceremony::Touch);
    let challenge = here.challenge([2; 16], &key, &bounds, at(1_000));
    let check = |asked: &Asked<'_>, challenge: &str, now| {
        let data = client_data(asked.ceremony.client_data_type(), &origin, false);
        data.check(asked, challenge.as_bytes(), &key, at(now))
    };
    let answered = check(&here, &challenge, 1_299).unwrap();
    assert_eq!(answered.expires_at, at(1_300));
    assert_eq!(check(&here, &challenge, 1_300), Err(Refusal::ChallengeExpired));
    for ceremony in [Ceremony::SignIn, Ceremony::Add, Ceremony::SetUp] {
        assert_eq!(check(&asked(&origin, ceremony), &challenge, 1_000), Err(Refusal::Challenge));
    }
    assert_eq!(check(&Asked { subject: "t", ..here }, &challenge, 1_000), Err(Refusal::Challenge));
    for altered in [challenge.replacen("1300", "9300", 1), format!("{challenge}."), String::new()] {
        assert_eq!(check(&here, &altered, 1_000), Err(Refusal::Challenge), "{altered}");
    }
}

#[test]
fn the_page_and_the_ceremony_must_be_the_ones_asked_for() {
    let (origin, key, bounds) = (origin(), HashKey::new(&[1; 32]), Bounds::default());
    let asked = asked(&origin, Ceremony::SignIn);
    let challenge = asked.challenge([2; 16], &key, &bounds, at(1_000)).into_bytes();
    let check = |data: &ClientData| data.check(&asked, &challenge, &key, at(1_000)).map(drop);
    assert_eq!(check(&client_data("webauthn.get", &origin, false)), Ok(()));
    assert_eq!(check(&client_data("webauthn.create", &origin, false)), Err(Refusal::Ceremony));
    assert_eq!(check(&client_data("webauthn.get", &origin, true)), Err(Refusal::Origin));
    let other = Origin::parse("https://enroll.example.com").unwrap();
    assert_eq!(check(&client_data("webauthn.get", &other, false)), Err(Refusal::Origin));
}

#[test]
fn each_kind_of_key_is_read_in_its_one_form() {
    let origin = origin();
    let asked = asked(&origin, Ceremony::SetUp);
    for (key, read) in [
        (ed_dsa(), PublicKey::EdDsa(vec![9; 32])),
        (es256(), PublicKey::Es256([[7; 32], [8; 32]].concat())),
        (rs256(), PublicKey::Rs256(vec![5; 256])),
    ] {
        let found = made(&data(HOST, GOOD, 3, &credential(b"id", &key)), &asked).unwrap();
        assert_eq!(found, Made { credential_id: b"id".to_vec(), key: read, counter: 3 });
        // Every shorter one, and every one with a wrong first byte, is none.
        for length in 0..key.len() {
            assert!(made(&data(HOST, GOOD, 3, &credential(b"id", &key[..length])), &asked).is_err());
        }
        let longer = [key.as_slice(), &[0]].concat();
        let refused = made(&data(HOST, GOOD, 3, &credential(b"id", &longer)), &asked);
        assert_eq!(refused, Err(Refusal::AuthenticatorData));
        // Extensions may follow where they are announced.
        assert!(made(&data(HOST, GOOD | 0x80, 3, &credential(b"id", &longer)), &asked).is_ok());
    }
    let p384 = [0xa5, 1, 2, 3, 0x38, 0x22, 0x20, 2, 0x21, 0x58, 0x30];
    assert_eq!(made(&data(HOST, GOOD, 3, &credential(b"id", &p384)), &asked), Err(Refusal::Key));
}

#[test]
fn another_party_nobody_there_and_nobody_verified_are_refused() {
    let origin = origin();
    let asked = asked(&origin, Ceremony::SetUp);
    let with = |host, flags| made(&data(host, flags, 0, &credential(b"id", &ed_dsa())), &asked).map(drop);
    assert_eq!(with(HOST, GOOD), Ok(()));
    assert_eq!(with("example.com", GOOD), Err(Refusal::RelyingParty));
    assert_eq!(with(HOST, 0b0100_0001), Err(Refusal::UserVerification));
    assert_eq!(with(HOST, 0b0100_0100), Err(Refusal::UserVerification));
    assert_eq!(with(HOST, 0b0000_0101), Err(Refusal::AuthenticatorData));
    let long = data(HOST, GOOD, 0, &credential(&[1; 1_024], &ed_dsa()));
    assert_eq!(made(&long, &asked), Err(Refusal::AuthenticatorData));
    let empty = data(HOST, GOOD, 0, &credential(&[], &ed_dsa()));
    assert_eq!(made(&empty, &asked), Err(Refusal::AuthenticatorData));
}

#[test]
fn what_is_verified_is_what_was_signed() {
    let origin = origin();
    let asked = asked(&origin, Ceremony::SignIn);
    let bytes = data(HOST, 0b101, 7, &[]);
    let found = used(&bytes, b"{}", &[1; 64], &PublicKey::EdDsa(vec![9; 32]), &asked).unwrap();
    assert_eq!(found.message, [bytes.as_slice(), Sha256::digest(b"{}").as_slice()].concat());
    assert_eq!((found.signature, found.counter), (vec![1; 64], 7));
    assert!(used(&bytes[..36], b"{}", &[1; 64], &PublicKey::EdDsa(vec![9; 32]), &asked).is_err());
}

#[test]
fn a_signature_in_der_becomes_two_numbers() {
    let key = PublicKey::Es256(vec![0; 64]);
    let short = [0x30, 6, 2, 1, 1, 2, 1, 0x7f];
    let expected = [[0; 31].as_slice(), &[1], &[0; 31], &[0x7f]].concat();
    assert_eq!(key.signature(&short), Some(expected));
    let long = [[0x30, 0x46, 2, 0x21, 0].as_slice(), &[0xff; 32], &[2, 0x21, 0], &[0x80; 32]].concat();
    assert_eq!(key.signature(&long), Some([[0xff; 32], [0x80; 32]].concat()));
    for wrong in [
        &[][..],
        &[0x30, 6, 2, 1, 0x80, 2, 1, 1],
        &[0x30, 7, 2, 2, 0, 1, 2, 1, 1],
        &[0x30, 6, 2, 1, 1, 2, 1, 1, 0],
        &[0x30, 5, 2, 1, 1, 2, 1],
        &[0x30, 5, 2, 0, 2, 1, 1],
        &[[0x30, 0x26, 2, 0x21, 1].as_slice(), &[0xff; 32], &[2, 1, 1]].concat(),
    ] {
        assert_eq!(key.signature(wrong), None, "{wrong:?}");
    }
}

#[test]
fn a_counter_goes_up_or_is_not_kept_at_all() {
    for (kept, counter, fine) in
        [(0, 0, true), (0, 1, true), (1, 2, true), (2, 2, false), (2, 1, false), (2, 0, false)]
    {
        assert_eq!(counts_on(kept, counter), fine, "{kept} {counter}");
    }
}
