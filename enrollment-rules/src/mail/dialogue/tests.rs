use proptest::prelude::*;

use super::*;

const MESSAGE: &[u8] = b"Subject: 12345678\r\n\r\n.\r\n";

fn address(text: &str) -> Address {
    text.parse().unwrap()
}

/// What was done, and what was made of it.
struct Told {
    /// What was written, and whether TLS was on.
    written: Vec<(bool, String)>,
    fate: Fate,
    lines: Vec<Line>,
}

impl Told {
    fn commands(&self) -> Vec<&str> {
        self.written.iter().map(|(_, text)| text.trim_end()).collect()
    }

    fn cause(&self) -> (Step, Cause) {
        let trouble = self.fate.trouble().unwrap();
        (trouble.step, trouble.cause)
    }
}

/// A server that says all this, one piece each time it is listened to, without TLS and then with it, and hangs up.
fn tell(security: Security, credentials: Option<&Credentials>, before: &[&[u8]], after: &[&[u8]]) -> Told {
    let (anna, postmaster) = (address("anna@example.com"), address("postmaster@example.com"));
    let errand = Errand {
        security,
        credentials,
        client: "enroll.example.com",
        sender: &postmaster,
        mail: Some((&anna, MESSAGE)),
        step_seconds: 15,
    };
    tell_of(&errand, before, after)
}

fn tell_of(errand: &Errand<'_>, before: &[&[u8]], after: &[&[u8]]) -> Told {
    let mut dialogue = Dialogue::new(errand);
    let mut secured = false;
    let mut pieces = [before.iter(), after.iter()];
    let mut written = vec![];
    loop {
        match dialogue.act() {
            Act::Connect { .. } => {}
            Act::StartTls { .. } => {
                assert!(!secured);
                secured = true;
            }
            Act::Write { bytes, .. } => written.push((secured, String::from_utf8(bytes).unwrap())),
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

fn implicit(replies: &[&str]) -> Told {
    let pieces: Vec<_> = replies.iter().map(|reply| reply.as_bytes()).collect();
    tell(Security::Implicit, None, &[], &pieces)
}

fn credentials() -> Credentials {
    Credentials::new("anna".to_owned(), "hunter2".to_owned()).unwrap()
}

const GOOD: [&str; 6] = [
    "220 ready\r\n",
    "250 hello\r\n",
    "250 sender\r\n",
    "250 recipient\r\n",
    "354 go on\r\n",
    "250 taken\r\n",
];

#[test]
fn a_mail_is_one_sender_one_recipient_and_one_message() {
    let told = implicit(&GOOD);
    assert_eq!(told.fate, Fate::Accepted);
    assert_eq!(
        told.written.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>(),
        [
            "EHLO enroll.example.com\r\n",
            "MAIL FROM:<postmaster@example.com>\r\n",
            "RCPT TO:<anna@example.com>\r\n",
            "DATA\r\n",
            "Subject: 12345678\r\n\r\n..\r\n",
            ".\r\n",
            "QUIT\r\n",
        ]
    );
}

#[test]
fn without_a_mail_it_goes_as_far_as_the_sender() {
    let postmaster = address("postmaster@example.com");
    let errand = Errand {
        security: Security::Implicit,
        credentials: None,
        client: "127.0.0.1",
        sender: &postmaster,
        mail: None,
        step_seconds: 15,
    };
    let told = tell_of(&errand, &[], &GOOD.map(str::as_bytes));
    assert_eq!(told.fate, Fate::Accepted);
    assert_eq!(told.commands(), ["EHLO [127.0.0.1]", "MAIL FROM:<postmaster@example.com>", "QUIT"]);
}

#[test]
fn nothing_is_said_to_a_server_that_does_not_offer_starttls() {
    let told = tell(
        Security::StartTls,
        Some(&credentials()),
        &[b"220 ready\r\n", b"250-hello\r\n250 AUTH PLAIN\r\n"],
        &[],
    );
    assert_eq!(told.cause(), (Step::StartTls, Cause::NoStartTls));
    assert_eq!(told.commands(), ["EHLO enroll.example.com"]);
}

#[test]
fn after_starttls_everything_is_asked_again_and_only_then_somebody_signs_in() {
    let before: [&[u8]; 3] =
        [b"220 ready\r\n", b"250-hello\r\n250-AUTH LOGIN\r\n250 STARTTLS\r\n", b"220 go ahead\r\n"];
    let after: [&[u8]; 3] =
        [b"250-hello\r\n250 AUTH GSSAPI plain\r\n", b"235 welcome\r\n", b"550 5.7.60 no\r\n"];
    let told = tell(Security::StartTls, Some(&credentials()), &before, &after);
    assert_eq!(
        told.written,
        [
            (false, "EHLO enroll.example.com\r\n".to_owned()),
            (false, "STARTTLS\r\n".to_owned()),
            (true, "EHLO enroll.example.com\r\n".to_owned()),
            (true, "AUTH PLAIN AGFubmEAaHVudGVyMg==\r\n".to_owned()),
            (true, "MAIL FROM:<postmaster@example.com>\r\n".to_owned()),
            (true, "QUIT\r\n".to_owned()),
        ]
    );
    assert_eq!(told.cause(), (Step::Mail, Cause::SenderRefused));
    assert!(told.lines.iter().any(|line| line.text == "AUTH PLAIN ***"));
}

#[test]
fn what_was_said_ahead_of_tls_is_not_believed() {
    let injected = b"220 go ahead\r\n250-hello\r\n250 AUTH PLAIN\r\n";
    let before: [&[u8]; 3] = [b"220 ready\r\n", b"250-hello\r\n250 STARTTLS\r\n", injected];
    let told = tell(Security::StartTls, Some(&credentials()), &before, &[b"235 welcome\r\n"]);
    assert_eq!(told.cause(), (Step::StartTls, Cause::NotSmtp));
    assert_eq!(told.commands(), ["EHLO enroll.example.com", "STARTTLS"]);
}

#[test]
fn by_login_the_user_and_the_password_are_answers_and_nobody_reads_them() {
    let after: [&[u8]; 5] = [
        b"220 ready\r\n",
        b"250-hello\r\n250 AUTH LOGIN\r\n",
        b"334 VXNlcm5hbWU6\r\n",
        b"334 UGFzc3dvcmQ6\r\n",
        b"535 5.7.8 not hunter2\r\n",
    ];
    let told = tell(Security::Implicit, Some(&credentials()), &[], &after);
    assert_eq!(
        told.commands(),
        ["EHLO enroll.example.com", "AUTH LOGIN", "YW5uYQ==", "aHVudGVyMg==", "QUIT"]
    );
    assert_eq!(
        told.fate,
        Fate::Refused(Trouble {
            step: Step::Auth,
            cause: Cause::AuthRefused,
            reply: Some("535 5.7.8".to_owned())
        })
    );
    let shown = told.lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join("\n");
    assert!(!shown.contains("hunter2") && !shown.contains("YW5u") && !shown.contains("aHVu"), "{shown}");
}

#[test]
fn a_password_that_does_not_fit_a_command_is_an_answer() {
    let long = Credentials::new("anna".to_owned(), "p".repeat(2_000)).unwrap();
    let after: [&[u8]; 4] =
        [b"220 ready\r\n", b"250-hello\r\n250 AUTH PLAIN LOGIN\r\n", b"334 \r\n", b"235 welcome\r\n"];
    let told = tell(Security::Implicit, Some(&long), &[], &after);
    assert_eq!(told.commands()[1], "AUTH PLAIN");
    assert_eq!(told.commands()[2], long.plain());
}

#[test]
fn without_a_mechanism_that_is_known_here_and_without_tls_nobody_signs_in() {
    let replies: [&[u8]; 2] = [b"220 ready\r\n", b"250-hello\r\n250 AUTH CRAM-MD5 XOAUTH2\r\n"];
    let told = tell(Security::Implicit, Some(&credentials()), &[], &replies);
    assert_eq!(told.cause(), (Step::Auth, Cause::NoAuth));
    let replies: [&[u8]; 2] = [b"220 ready\r\n", b"250-hello\r\n250 AUTH PLAIN\r\n"];
    let told = tell(Security::Loopback, Some(&credentials()), &replies, &[]);
    assert_eq!(told.cause(), (Step::Auth, Cause::NoAuth));
    assert_eq!(told.commands(), ["EHLO enroll.example.com"]);
}

#[test]
fn the_size_is_declared_to_whoever_asks_and_too_much_is_not_sent() {
    let hello = |size: &str| format!("250-hello\r\n250 SIZE {size}\r\n");
    for (size, command) in [
        ("1000", "MAIL FROM:<postmaster@example.com> SIZE=24"),
        ("0", "MAIL FROM:<postmaster@example.com> SIZE=24"),
        ("", "MAIL FROM:<postmaster@example.com> SIZE=24"),
        ("23", "QUIT"),
    ] {
        assert_eq!(implicit(&["220 ready\r\n", &hello(size)]).commands()[1], command, "{size:?}");
    }
    assert_eq!(implicit(&["220 ready\r\n", &hello("23")]).cause(), (Step::Message, Cause::MessageRefused));
}

#[test]
fn a_message_that_no_server_must_take_is_not_begun() {
    let (anna, long) = (address("anna@example.com"), b"a".repeat(999));
    let errand = Errand {
        security: Security::Implicit,
        credentials: None,
        client: "enroll.example.com",
        sender: &anna,
        mail: Some((&anna, &long)),
        step_seconds: 15,
    };
    let told = tell_of(&errand, &[], &[]);
    assert_eq!(told.cause(), (Step::Message, Cause::MessageRefused));
    assert!(told.written.is_empty());
}

#[test]
fn a_line_that_ends_is_tried_again_until_the_dot_and_unsure_after_it() {
    let steps = [Step::Greeting, Step::Ehlo, Step::Mail, Step::Rcpt, Step::Data, Step::Message];
    for (number, step) in steps.into_iter().enumerate() {
        let told = implicit(&GOOD[..number]);
        let trouble = Trouble { step, cause: Cause::HungUp, reply: None };
        let unsure = step == Step::Message;
        assert_eq!(told.fate, if unsure { Fate::Unsure(trouble) } else { Fate::Later(trouble) });
        assert_ne!(told.commands().last(), Some(&"QUIT"));
    }
}

#[test]
fn a_message_that_was_not_written_to_its_end_was_not_sent() {
    let anna = address("anna@example.com");
    let errand = Errand {
        security: Security::Loopback,
        credentials: None,
        client: "enroll.example.com",
        sender: &anna,
        mail: Some((&anna, MESSAGE)),
        step_seconds: 15,
    };
    for (failing, unsure) in [("Subject", false), (".\r\n", true)] {
        let mut dialogue = Dialogue::new(&errand);
        let mut replies = GOOD.iter();
        loop {
            match dialogue.act() {
                Act::Read { .. } => assert!(dialogue.heard(replies.next().unwrap().as_bytes())),
                Act::Write { bytes, .. } if bytes.starts_with(failing.as_bytes()) => {
                    dialogue.failed(Failure::TimedOut, "no end");
                }
                Act::End => break,
                _ => {}
            }
        }
        let (fate, _) = dialogue.end();
        assert_eq!(matches!(fate, Fate::Unsure(_)), unsure, "{failing:?}: {fate:?}");
        assert_eq!(fate.trouble().unwrap().step, Step::Message);
    }
}

#[test]
fn a_postponement_is_later_and_a_refusal_for_good_at_each_step() {
    for number in 0..GOOD.len() {
        for (reply, later) in [("421 closing\r\n", true), ("450 busy\r\n", true), ("550 no\r\n", false)] {
            let mut replies = GOOD[..number].to_vec();
            replies.push(reply);
            let told = implicit(&replies);
            assert_eq!(matches!(told.fate, Fate::Later(_)), later, "{number} {reply}");
            assert_eq!(matches!(told.fate, Fate::Refused(_)), !later, "{number} {reply}");
            assert_eq!(told.commands().last(), Some(&"QUIT"));
        }
    }
}

#[test]
fn the_code_is_not_in_what_an_administrator_reads() {
    let told = implicit(&GOOD);
    assert!(told.lines.iter().all(|line| !line.text.contains("12345678")));
    assert!(told.lines.iter().any(|line| line.text == "the message, 24 bytes"));
}

#[test]
fn the_end_of_the_message_may_take_twice_as_long_as_any_other_step() {
    let anna = address("anna@example.com");
    let errand = Errand {
        security: Security::Loopback,
        credentials: None,
        client: "enroll.example.com",
        sender: &anna,
        mail: Some((&anna, MESSAGE)),
        step_seconds: 7,
    };
    let mut dialogue = Dialogue::new(&errand);
    let mut replies = GOOD.iter();
    let mut times = vec![];
    loop {
        match dialogue.act() {
            Act::Read { seconds } => {
                times.push(seconds);
                dialogue.heard(replies.next().unwrap().as_bytes());
            }
            Act::End => break,
            _ => {}
        }
    }
    assert_eq!(times, [7, 7, 7, 7, 7, 14]);
}

/// Something that a server might say, from the right thing to noise.
fn utterance() -> impl Strategy<Value = Vec<u8>> {
    let reply = prop_oneof![
        Just("220 ready"),
        Just("250-hello\r\n250-STARTTLS\r\n250-SIZE 100000\r\n250 AUTH PLAIN LOGIN"),
        Just("250-hello\r\n250 AUTH LOGIN"),
        Just("250 2.1.0 OK"),
        Just("250-going\r\n250-on\r\n250 OK"),
        Just("334 VXNlcm5hbWU6"),
        Just("235 2.7.0 welcome"),
        Just("354 go on"),
        Just("421 4.3.2 closing"),
        Just("450 4.7.1 later"),
        Just("535 5.7.8 no"),
        Just("550 5.7.501 banned"),
        Just("HTTP/1.1 400 Bad Request"),
        Just(""),
    ];
    prop_oneof![
        8 => (reply, prop_oneof![Just("\r\n"), Just("\n"), Just("")]).prop_map(|(reply, end)| [reply, end].concat().into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..64),
        1 => (1_usize..12_000).prop_map(|length| [&b"250 "[..], &vec![b'a'; length]].concat()),
    ]
}

/// What a good server says, with something else in one place.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let good = (0..=GOOD.len(), utterance()).prop_map(|(place, odd)| {
        let mut stream: Vec<_> = GOOD.iter().map(|reply| reply.as_bytes().to_vec()).collect();
        stream.insert(place, odd);
        stream.concat()
    });
    prop_oneof![good, prop::collection::vec(utterance(), 0..12).prop_map(|all| all.concat())]
}

fn cut<'a>(stream: &'a [u8], cuts: &[prop::sample::Index]) -> Vec<&'a [u8]> {
    let mut ends: Vec<_> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
    ends.push(stream.len());
    ends.sort_unstable();
    let mut start = 0;
    ends.into_iter().map(|end| &stream[std::mem::replace(&mut start, end)..end]).collect()
}

proptest! {
    #[test]
    fn how_the_bytes_are_cut_makes_no_difference(
        stream in stream(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..40),
    ) {
        let credentials = credentials();
        for credentials in [None, Some(&credentials)] {
            let whole = tell(Security::Implicit, credentials, &[], &[&stream]);
            let cut = tell(Security::Implicit, credentials, &[], &cut(&stream, &cuts));
            let bytes: Vec<_> = stream.chunks(1).collect();
            let bytes = tell(Security::Implicit, credentials, &[], &bytes);
            prop_assert_eq!(&whole.fate, &cut.fate);
            prop_assert_eq!(&whole.written, &cut.written);
            prop_assert_eq!(&whole.lines, &cut.lines);
            prop_assert_eq!(&whole.fate, &bytes.fate);
            prop_assert_eq!(&whole.written, &bytes.written);
        }
    }

    #[test]
    fn whatever_a_server_says_one_mail_at_most_leaves_and_no_password_without_tls(
        before in prop::collection::vec(utterance(), 0..6),
        after in stream(),
        security in prop_oneof![Just(Security::Implicit), Just(Security::StartTls), Just(Security::Loopback)],
    ) {
        let before: Vec<_> = before.iter().map(Vec::as_slice).collect();
        let told = tell(security, Some(&credentials()), &before, &[&after]);
        let count = |verb: &str| told.commands().iter().filter(|command| command.starts_with(verb)).count();
        for (verb, most) in [("EHLO", 2), ("STARTTLS", 1), ("AUTH", 1), ("MAIL", 1), ("RCPT", 1), ("DATA", 1), ("QUIT", 1)] {
            prop_assert!(count(verb) <= most, "{:?}", told.written);
        }
        prop_assert!(told.written.iter().all(|(secured, text)| *secured || !text.starts_with("AUTH")));
        if security == Security::StartTls {
            let plain = told.written.iter().filter(|(secured, _)| !secured);
            prop_assert!(plain.clone().all(|(_, text)| text.starts_with("EHLO") || text == "STARTTLS\r\n" || text == "QUIT\r\n"));
        }
        prop_assert!(told.lines.len() <= 200);
    }
}
