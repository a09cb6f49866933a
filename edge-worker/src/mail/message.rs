//! The words of a mail, and its MIME form (by mail-builder).

use std::fmt::Write;

use enrollment_rules::html::in_html;
use enrollment_rules::time_text::rfc3339;
use mail_builder::MessageBuilder;
use mail_builder::headers::date::Date;
use mail_builder::headers::text::Text;

use super::{Outgoing, What};

/// The MIME message: a text and an HTML part that say the same.
pub(super) fn write(outgoing: &Outgoing) -> std::io::Result<Vec<u8>> {
    let (subject, text, html) = match &outgoing.what {
        What::Announcement { subject, text, html } => {
            (subject.clone(), text.replace('\n', "\r\n"), html.clone())
        }
        what => {
            let (subject, lines) = words(outgoing, what);
            let text = lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join("\r\n\r\n");
            (subject, text, html(&lines))
        }
    };
    let mut id = String::with_capacity(64);
    for byte in outgoing.message_id {
        _ = write!(id, "{byte:02x}");
    }
    MessageBuilder::new()
        .message_id(format!("{id}@{}", outgoing.sender.domain()))
        .date(Date::new(i64::try_from(outgoing.at.as_seconds()).unwrap_or(0)))
        .from((outgoing.account_name.clone(), outgoing.sender.to_string()))
        .to(outgoing.to.to_string())
        .subject(subject)
        // RFC 3834: no out-of-office notice should answer.
        .header("Auto-Submitted", Text::new("auto-generated"))
        .text_body(text)
        .html_body(html)
        .write_to_vec()
}

struct Line {
    text: String,
    /// Shown large: the code.
    large: bool,
}

fn line(text: impl Into<String>) -> Line {
    Line { text: text.into(), large: false }
}

fn words(outgoing: &Outgoing, what: &What) -> (String, Vec<Line>) {
    let account = &outgoing.account_name;
    match what {
        What::Code { digits, minutes } => (
            format!("{digits} is your code for {account}"),
            code(outgoing, format!("Your code to confirm this browser for {account}:"), digits, *minutes),
        ),
        What::ChangeCode { digits, minutes } => (
            format!("{digits} is your code to change your devices at {account}"),
            code(outgoing, format!("Your code to change your devices at {account}:"), digits, *minutes),
        ),
        What::AliasUsed { primary_masked } => (
            format!("Use your primary address for {account}"),
            vec![
                line(format!(
                    "Somebody, probably you, typed this address to confirm a browser for {account}."
                )),
                line(format!(
                    "This address is an alias. Browsers are confirmed with the primary address you log in with: \
                     {primary_masked}"
                )),
                line(format!(
                    "Open the link in your mail again, or go to {}/enroll, and type that one.",
                    outgoing.origin
                )),
                line("If it was not you, you need do nothing."),
            ],
        ),
        What::Revoked { at } => (
            format!("Your browsers were signed out at {account}"),
            vec![
                line(format!(
                    "An administrator of {account} signed out one or more of your browsers, or all of them, on {}.",
                    rfc3339(*at).replace('T', " at ").replace('Z', " UTC")
                )),
                line(
                    "The next time you click a link in your mail, such a browser asks for your mail address and a \
                     code again.",
                ),
                line(format!(
                    "You can also confirm it now: {}/enroll. Your devices are listed at {}/devices",
                    outgoing.origin, outgoing.origin
                )),
                line("If you do not know why, ask your organization's help desk."),
            ],
        ),
        // Its words are its own.
        What::Announcement { subject, .. } => (subject.clone(), Vec::new()),
    }
}

fn code(outgoing: &Outgoing, what_for: String, digits: &str, minutes: u64) -> Vec<Line> {
    vec![
        line(what_for),
        Line { text: digits.to_owned(), large: true },
        line(format!("Type it into the page that asked for it. It is good for {minutes} minutes, once.")),
        line(format!(
            "That page is at {}. Never give the code to anybody, and type it nowhere else.",
            outgoing.origin
        )),
        line("If you did not ask for a code, you need do nothing: without it nobody gets further."),
    ]
}

fn html(lines: &[Line]) -> String {
    let mut body = String::from(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"color-scheme\" content=\"light dark\"></head>\
         <body style=\"font:16px/1.5 sans-serif;max-width:36em\">",
    );
    for line in lines {
        let style = if line.large { " style=\"font-size:28px;letter-spacing:3px\"" } else { "" };
        body.push_str("<p");
        body.push_str(style);
        body.push('>');
        body.push_str(&in_html(&line.text));
        body.push_str("</p>");
    }
    body.push_str("</body></html>");
    body
}
