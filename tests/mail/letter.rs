//! A mail as its bytes have it.

use mail_parser::MessageParser;

use crate::server::Taken;

/// Every header that a mail of ours may have.
const OURS: [&str; 11] = [
    "auto-submitted",
    "content-language",
    "content-transfer-encoding",
    "content-type",
    "date",
    "from",
    "message-id",
    "mime-version",
    "subject",
    "to",
    "x-auto-response-suppress",
];

/// What a mail program shows.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    pub(crate) message_id: String,
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
}

impl Letter {
    /// Asserts what holds for each mail: one sender, who is the envelope's, one recipient, headers of ours alone and each once,
    /// lines that every server takes, nothing but ASCII.
    #[track_caller]
    pub(crate) fn read(mail: &Taken) -> Self {
        let raw = String::from_utf8_lossy(&mail.message);
        assert!(mail.message.is_ascii(), "{raw}");
        for line in mail.message.split_inclusive(|byte| *byte == b'\n') {
            assert!(line.len() <= 1_000 && line.ends_with(b"\r\n"), "{raw}");
            assert!(!line[..line.len() - 2].iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)), "{raw}");
        }
        let parsed = MessageParser::default().parse(&mail.message).unwrap();
        let mut names: Vec<_> =
            parsed.headers().iter().map(|it| it.name.as_str().to_ascii_lowercase()).collect();
        for name in &names {
            assert!(OURS.contains(&name.as_str()), "the header {name} in {raw}");
        }
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count, "a header twice in {raw}");
        let only = |addresses: Option<&mail_parser::Address<'_>>| {
            let all: Vec<_> =
                addresses.unwrap().iter().map(|one| one.address().unwrap().to_owned()).collect();
            assert_eq!(all.len(), 1, "{all:?} in {raw}");
            all[0].clone()
        };
        assert_eq!((only(parsed.from()), only(parsed.to())), (mail.from.clone(), mail.to.clone()), "{raw}");
        let automatic = parsed.header_raw("Auto-Submitted").unwrap();
        assert_eq!(automatic.trim(), "auto-generated", "{raw}");
        assert!(parsed.date().is_some(), "{raw}");
        assert_eq!(
            (parsed.text_body_count(), parsed.html_body_count(), parsed.attachment_count()),
            (1, 1, 0),
            "{raw}"
        );
        Self {
            message_id: parsed.message_id().unwrap().to_owned(),
            subject: parsed.subject().unwrap().to_owned(),
            text: parsed.body_text(0).unwrap().into_owned(),
            html: parsed.body_html(0).unwrap().into_owned(),
        }
    }

    /// The 8 digits, as a person finds them.
    #[track_caller]
    pub(crate) fn code(&self) -> String {
        let is_code = |word: &&str| word.len() == 8 && word.bytes().all(|byte| byte.is_ascii_digit());
        self.text.split_whitespace().find(is_code).unwrap_or_else(|| panic!("no code in {self:?}")).to_owned()
    }
}
