//! The MIME form of a mail (by mail-builder).

use enrollment_rules::address::Address;
use enrollment_rules::language::Language;
use mail_builder::MessageBuilder;
use mail_builder::headers::date::Date;
use mail_builder::headers::text::Text;

use super::Message;

/// What is in the head besides who, whom, when and which.
pub(super) fn headers(language: Language) -> [(&'static str, &'static str); 3] {
    [
        // RFC 3834: no out-of-office notice should answer. Exchange goes by a field of its own (MS-OXCMAIL, 2.1.3.2.20), whose "All"
        // would suppress the report that a mail could not be delivered, too.
        ("Auto-Submitted", "auto-generated"),
        ("X-Auto-Response-Suppress", "DR, RN, NRN, OOF, AutoReply"),
        // RFC 3282.
        ("Content-Language", language.tag()),
    ]
}

/// The whole of it: a text and an HTML part that say the same.
pub(super) fn mime(message: &Message, sender: &Address) -> std::io::Result<Vec<u8>> {
    let Message { id, to, from_name, at, words, language } = message;
    let mail = MessageBuilder::new()
        .message_id(id.as_str())
        .date(Date::new(i64::try_from(at.as_seconds()).unwrap_or(0)))
        .from((from_name.clone(), sender.to_string()))
        .to(to.to_string())
        .subject(words.subject.as_str())
        .text_body(words.text.as_str())
        .html_body(words.html.as_str());
    let headers = headers(*language).into_iter();
    headers.fold(mail, |mail, (name, value)| mail.header(name, Text::new(value))).write_to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use device_token::Timestamp;
    use enrollment_rules::mail::words::{self, Asked, Frame, Mail};

    fn written(account: &str, browser: &str, language: Language) -> String {
        let at = Timestamp::from_seconds(1_795_341_600).unwrap();
        let asked = Asked { browser: browser.to_owned(), place: Some(browser.to_owned()), at };
        let mail = Mail::Code { digits: "01234567".to_owned(), minutes: 10, asked };
        let origin = "https://enroll.example.com".to_owned();
        let frame = Frame { account: account.to_owned(), origin, help: None, language };
        let message = Message {
            id: format!("{}@enroll.example.com", "ab".repeat(16)),
            to: "anna@example.com".parse().unwrap(),
            from_name: account.to_owned(),
            at,
            words: words::write(&mail, &frame),
            language,
        };
        String::from_utf8(mime(&message, &"postmaster@example.com".parse().unwrap()).unwrap()).unwrap()
    }

    fn names(headers: &str) -> Vec<&str> {
        let is_folded = |line: &str| line.starts_with([' ', '\t']);
        let lines = headers.split("\r\n").filter(|line| !is_folded(line));
        let mut names: Vec<_> = lines.map(|line| line.split_once(':').expect("a header").0).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn a_mail_has_these_headers_and_no_others_whatever_names_hold() {
        for name in [
            "Example",
            "Beispiel GmbH – Süd",
            "a\r\nBcc: eve@example.net\r\n\r\nx",
            "\"<eve@example.net>\\",
            "\0",
        ] {
            let message = written(name, name, Language::German);
            let headers = message.split_once("\r\n\r\n").unwrap().0;
            let expected = [
                "Auto-Submitted",
                "Content-Language",
                "Content-Type",
                "Date",
                "From",
                "MIME-Version",
                "Message-ID",
                "Subject",
                "To",
                "X-Auto-Response-Suppress",
            ];
            assert_eq!(names(headers), expected, "{headers}");
            for line in [
                "Auto-Submitted: auto-generated",
                "X-Auto-Response-Suppress: DR, RN, NRN, OOF, AutoReply",
                "Content-Language: de",
            ] {
                assert!(headers.split("\r\n").any(|one| one == line), "{line} in {headers}");
            }
            assert!(
                headers.contains(&format!("Message-ID: <{}@enroll.example.com>", "ab".repeat(16))),
                "{headers}"
            );
            assert!(headers.contains("<postmaster@example.com>") && !headers.contains("<>"), "{headers}");
        }
    }

    #[test]
    fn lines_are_short_and_ascii_whatever_they_hold() {
        for name in ["Example", "ü", &"\u{1f5a5}".repeat(2_000), &"W".repeat(2_000)] {
            for language in [Language::English, Language::German] {
                let message = written(name, name, language);
                assert!(message.is_ascii());
                for line in message.split("\r\n") {
                    assert!(line.len() <= 998 && !line.contains(['\r', '\n']), "{line:?}");
                }
            }
        }
    }
}
