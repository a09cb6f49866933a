//! Whatever a mail server says, and however it is cut: the dialogue comes to an end, by the same words, with one mail at most
//! and without a password where there is no TLS.

#![no_main]

use enrollment_rules::address::Address;
use enrollment_rules::mail::credentials::Credentials;
use enrollment_rules::mail::dialogue::{Act, Dialogue, Errand, Failure};
use enrollment_rules::mail::fate::{Fate, Line};
use enrollment_rules::mail::way::Security;
use libfuzzer_sys::fuzz_target;

#[derive(Debug, PartialEq)]
struct Told {
    written: Vec<(bool, Vec<u8>)>,
    fate: Fate,
    lines: Vec<Line>,
}

// The first byte chooses the way and whether somebody signs in, the second the length of the pieces, the third how much is said
// before TLS, the fourth how much of the rest is the message.
fuzz_target!(|input: &[u8]| {
    let [choice, length, before, message, rest @ ..] = input else { return };
    let (message, said) = rest.split_at(usize::from(*message).saturating_mul(4).min(rest.len()));
    let security = match choice % 3 {
        0 => Security::Implicit,
        1 => Security::StartTls,
        _ => Security::Loopback,
    };
    let credentials = Credentials::new("anna".to_owned(), "hunter2".to_owned());
    let credentials = credentials.as_ref().filter(|_| choice / 3 % 2 == 0);
    let secure_from = usize::from(*before).saturating_mul(4).min(said.len());
    let (before, after) = match security {
        Security::StartTls => said.split_at(secure_from),
        Security::Implicit => (&[][..], said),
        Security::Loopback => (said, &[][..]),
    };
    let tell = |length| tell(security, credentials, message, before, after, length);
    let (cut, bytes) = (tell(usize::from(*length).max(1)), tell(1));
    // What a server says ahead of TLS is seen only where it comes in one piece with the reply.
    if security != Security::StartTls {
        assert_eq!(cut, bytes);
    }
    for told in [cut, bytes] {
        check(security, credentials.is_some(), &told);
        // What follows DATA: its last line is ours, and no other ends it.
        let mut after_data = told.written.iter().skip_while(|(_, bytes)| bytes != b"DATA\r\n").skip(1);
        if let (Some((_, body)), Some((_, dot))) = (after_data.next(), after_data.next()) {
            assert_eq!(dot, b".\r\n");
            assert!(body.is_empty() || body.ends_with(b"\r\n"));
            for line in body.split_inclusive(|byte| *byte == b'\n') {
                assert!(line.ends_with(b"\r\n") && line != b".\r\n" && line.len() <= 1_001, "{line:?}");
                let text = &line[..line.len() - 2];
                assert!(!text.contains(&b'\r') && !text.contains(&0), "{line:?}");
            }
        }
    }
});

fn check(security: Security, has_password: bool, told: &Told) {
    for (verb, most) in [
        ("EHLO ", 2),
        ("STARTTLS", 1),
        ("AUTH ", 1),
        ("MAIL FROM:<p", 1),
        ("RCPT TO:<a", 1),
        ("DATA", 1),
        ("QUIT", 1),
    ] {
        // The message, which comes in one piece, may say anything.
        let is_message = |at: usize| at > 0 && told.written[at - 1].1 == b"DATA\r\n";
        let said = told.written.iter().enumerate().filter(|(at, _)| !is_message(*at));
        let count = said.filter(|(_, (_, bytes))| bytes.starts_with(verb.as_bytes())).count();
        assert!(count <= most, "{verb}: {:?}", told.written);
    }
    let commands = told.written.iter().take_while(|(_, bytes)| bytes != b"DATA\r\n");
    for (secured, bytes) in commands {
        assert!(bytes.ends_with(b"\r\n"));
        assert!(*secured || !bytes.starts_with(b"AUTH"));
        let allowed = bytes.starts_with(b"EHLO") || bytes == b"STARTTLS\r\n" || bytes == b"QUIT\r\n";
        assert!(*secured || security == Security::Loopback || allowed, "{bytes:?}");
    }
    assert!(told.lines.len() <= 200);
    assert!(told.lines.iter().all(|line| line.text.chars().count() <= 301));
    // Where nobody signs in, a server that says it says nothing that was a secret.
    assert!(!has_password || told.lines.iter().all(|line| !line.text.contains("hunter2")));
}

fn tell(
    security: Security,
    credentials: Option<&Credentials>,
    message: &[u8],
    before: &[u8],
    after: &[u8],
    length: usize,
) -> Told {
    let [sender, recipient] = ["postmaster@example.com", "anna@example.com"].map(address);
    let mail = Some((&recipient, message));
    let client = "enroll.example.com";
    let errand = Errand { security, credentials, client, sender: &sender, mail, step_seconds: 15 };
    let mut dialogue = Dialogue::new(&errand);
    let mut secured = false;
    let mut pieces = [before.chunks(length), after.chunks(length)];
    let mut written = vec![];
    loop {
        match dialogue.act() {
            Act::Connect { .. } => {}
            Act::StartTls { .. } => secured = true,
            Act::Write { bytes, .. } => written.push((secured, bytes)),
            Act::Read { .. } => match pieces[usize::from(secured)].next() {
                Some(piece) => _ = dialogue.heard(piece),
                None => dialogue.failed(Failure::HungUp, "the server hung up"),
            },
            Act::End => break,
        }
    }
    let (fate, lines) = dialogue.end();
    Told { written, fate, lines }
}

fn address(text: &str) -> Address {
    text.parse().expect("an address")
}
