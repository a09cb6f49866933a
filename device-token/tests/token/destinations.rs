//! Destinations: what a link may lead to, and the spellings that readers of URLs quarrel about.

use device_token::{Destination, DestinationError};
use proptest::prelude::{ProptestConfig, proptest};
use proptest::prop_assert;

fn refused(text: &str) -> DestinationError {
    match Destination::parse(text) {
        Ok(read) => panic!("{text:?} was read as {}", read.as_str()),
        Err(error) => error,
    }
}

#[test]
fn ordinary_addresses_are_read_and_normalized() {
    for (text, normal, host) in [
        ("https://example.org/", "https://example.org/", "example.org"),
        ("http://example.org/a?b=c&d=%20#e", "http://example.org/a?b=c&d=%20#e", "example.org"),
        ("HTTPS://Example.ORG", "https://example.org/", "example.org"),
        ("https://example.org:443/", "https://example.org/", "example.org"),
        ("https://example.org:8443", "https://example.org:8443/", "example.org"),
        ("https://example.org/a/../b/./c", "https://example.org/b/c", "example.org"),
        ("https://example.org/?q=\"x\"", "https://example.org/?q=%22x%22", "example.org"),
        ("https://bücher.example/ü", "https://xn--bcher-kva.example/%C3%BC", "xn--bcher-kva.example"),
        ("https://xn--bcher-kva.example/", "https://xn--bcher-kva.example/", "xn--bcher-kva.example"),
        ("https://under_score.example.org/", "https://under_score.example.org/", "under_score.example.org"),
        ("https://192.0.2.1/", "https://192.0.2.1/", "192.0.2.1"),
        ("https://[2001:DB8::1]:8443/", "https://[2001:db8::1]:8443/", "[2001:db8::1]"),
        ("https://example.org/@user", "https://example.org/@user", "example.org"),
        ("https://example.org/?mail=a@b.example", "https://example.org/?mail=a@b.example", "example.org"),
        ("https://example.org#@other.example", "https://example.org/#@other.example", "example.org"),
        ("https://example.org?@other.example", "https://example.org/?@other.example", "example.org"),
        (
            "https://example.org/https://other.example",
            "https://example.org/https://other.example",
            "example.org",
        ),
    ] {
        let destination = Destination::parse(text).unwrap();
        assert_eq!((destination.as_str(), destination.host()), (normal, host));
    }
}

#[test]
fn the_dot_of_the_root_does_not_make_another_host() {
    assert_eq!(Destination::parse("https://example.org./x").unwrap().host(), "example.org");
    assert_eq!(Destination::parse("https://example.org/x").unwrap().host(), "example.org");
    assert_eq!(refused("https://example.org../"), DestinationError::BadHost);
    assert_eq!(refused("https://./"), DestinationError::BadHost);
}

#[test]
fn addresses_in_numbers_have_one_host() {
    for text in [
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0177.0.0.1/",
        "http://１２７.0.0.1/",
    ] {
        assert_eq!(Destination::parse(text).unwrap().host(), "127.0.0.1", "{text}");
    }
}

#[test]
fn other_schemes_and_shortened_ones_are_refused() {
    for text in [
        "",
        "javascript:alert(1)",
        "JavaScript://example.org/%0aalert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "ftp://example.org/",
        "ws://example.org/",
        "mailto:a@example.org",
        "blob:https://example.org/1",
        "view-source:https://example.org/",
        "example.org",
        "/path",
        "//example.org/",
        "https:example.org",
        "https:/example.org",
        "http:/example.org",
        "https:",
        "://example.org/",
        "x-https://example.org/",
        "javascript:https://example.org/",
        "ｈttps://example.org/",
    ] {
        assert_eq!(refused(text), DestinationError::SchemeNotAllowed, "{text:?}");
    }
}

#[test]
fn user_information_is_refused_even_when_empty() {
    for text in [
        "https://user@example.org/",
        "https://user:password@example.org/",
        "https://:@example.org/",
        "https://@example.org/",
        "https://:password@example.org/",
        "https://example.com@example.org",
        "https://example.com%40@example.org/",
        "https://a@b@example.org/",
        "HTTP://user@[::1]/",
    ] {
        assert_eq!(refused(text), DestinationError::UserInfo, "{text:?}");
    }
}

#[test]
fn white_space_controls_and_backslashes_are_refused_wherever_they_stand() {
    let characters = [
        '\0', '\t', '\n', '\r', '\x0b', '\x1f', ' ', '\x7f', '\u{85}', '\u{a0}', '\u{2028}', '\u{3000}', '\\',
    ];
    for character in characters {
        for text in [
            format!("{character}https://example.org/"),
            format!("https{character}://example.org/"),
            format!("https:/{character}/example.org/"),
            format!("https://exam{character}ple.org/"),
            format!("https://example.org{character}/"),
            format!("https://example.org/a{character}b"),
            format!("https://example.org/?a{character}b"),
            format!("https://example.org/#a{character}b"),
            format!("https://example.org/{character}"),
        ] {
            assert_eq!(refused(&text), DestinationError::ForbiddenCharacter, "{text:?}");
        }
    }
    assert_eq!(refused("https:\\\\example.org"), DestinationError::ForbiddenCharacter);
    assert_eq!(refused("https://example.org\\@other.example"), DestinationError::ForbiddenCharacter);
}

#[test]
fn hosts_that_are_none_are_refused() {
    for text in [
        "https://",
        "https:///",
        "https:///example.org",
        "https://?x",
        "https://#x",
        "https://xn--example-.org/",
        "https://xn--/",
        "https://exa%6Dple.org%00/",
        "https://example.org%2f.other.example/",
        "https://example.org%40other.example/",
        "https://a..b/",
        "https://.a/",
        "https://a\"b.example/",
        "https://a{b}.example/",
        "https://a'b.example/",
        "https://a,b.example/",
        "https://a<b.example/",
        "https://a^b.example/",
        "https://256.256.256.256/",
        "https://1.2.3.4.5/",
        "https://[::1",
        "https://[::1%25eth0]/",
        "https://[v1.x]/",
        "https://\u{ad}/",
        "https://example.org／other.example/",
    ] {
        assert_eq!(refused(text), DestinationError::BadHost, "{text:?}");
    }
}

#[test]
fn ports_that_are_none_are_refused() {
    for text in [
        "https://:443/",
        "https://example.org:port/",
        "https://example.org:65536/",
        "https://example.org:-1/",
    ] {
        assert!(matches!(refused(text), DestinationError::NotAUrl | DestinationError::BadHost), "{text:?}");
    }
}

#[test]
fn the_limit_counts_what_is_given_and_what_is_written() {
    let longest = format!("https://example.org/{}", "a".repeat(2048 - 20));
    assert_eq!(Destination::parse(&longest).unwrap().as_str().len(), 2048);
    assert_eq!(refused(&format!("{longest}a")), DestinationError::TooLong);
    assert_eq!(refused(&" ".repeat(2049)), DestinationError::TooLong);
    // Two bytes in, six bytes out.
    assert_eq!(refused(&format!("https://example.org/{}", "ü".repeat(400))), DestinationError::TooLong);
    // As given it is over the limit, though what is written would not be.
    assert_eq!(refused(&format!("https://example.org/{}", "a/../".repeat(500))), DestinationError::TooLong);
}

#[test]
fn debug_shows_the_host_and_keeps_the_rest() {
    let destination = Destination::parse("https://example.org/reset?secret=hunter2#x").unwrap();
    assert_eq!(format!("{destination:?}"), r#"Destination { host: "example.org", .. }"#);
}

#[test]
fn serde_reads_and_writes_the_text() {
    let destination: Destination = serde_json::from_str("\"https://Example.org\"").unwrap();
    assert_eq!(serde_json::to_string(&destination).unwrap(), "\"https://example.org/\"");
    assert!(serde_json::from_str::<Destination>("\"javascript:x\"").is_err());
}

#[track_caller]
fn assert_sound(text: &str) -> Result<(), proptest::test_runner::TestCaseError> {
    let Ok(destination) = Destination::parse(text) else { return Ok(()) };
    let written = destination.as_str();
    prop_assert!(Destination::parse(written).as_ref() == Ok(&destination));
    prop_assert!(written.len() <= Destination::MAX_LENGTH);
    prop_assert!(written.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\'));
    let rest = written.strip_prefix("https://").or_else(|| written.strip_prefix("http://")).unwrap();
    let authority = rest.split(['/', '?', '#']).next().unwrap();
    prop_assert!(!authority.contains('@'));
    prop_assert!(!destination.host().is_empty());
    prop_assert!(authority.starts_with(destination.host()));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_refused_or_sound(text in ".{0,60}") {
        assert_sound(&text)?;
    }

    #[test]
    fn any_authority_is_refused_or_sound(authority in "\\PC{0,20}", rest in "([/?#]\\PC{0,20})?") {
        assert_sound(&format!("https://{authority}{rest}"))?;
    }

    #[test]
    fn pieces_that_confuse_readers_are_refused_or_sound(
        pieces in proptest::collection::vec(
            proptest::sample::select(vec![
                "http", "https", "://", ":", "/", "//", "\\", "@", "?", "#", ".", "..", "%2e", "%2f", "%40", "%00", "[", "]",
                "::1", "example.org", "xn--", "xn--bcher-kva", "1", "0x7f", "é", "。", "／", "\u{200b}", "\u{ad}", ";", "\"", "{", "ß",
            ]),
            0..10,
        )
    ) {
        assert_sound(&pieces.concat())?;
        assert_sound(&format!("https://{}", pieces.concat()))?;
        assert_sound(&format!("https://example.org{}", pieces.concat()))?;
    }
}
