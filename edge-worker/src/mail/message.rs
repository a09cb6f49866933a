//! The words of a mail, and its MIME form (by mail-builder).

use std::fmt::Write;

use mail_builder::MessageBuilder;
use mail_builder::headers::date::Date;
use mail_builder::headers::text::Text;

use super::{Outgoing, What};

/// The MIME message: a text and an HTML part that say the same.
pub(super) fn write(outgoing: &Outgoing) -> std::io::Result<Vec<u8>> {
    let (subject, lines) = words(outgoing);
    let mut id = String::with_capacity(64);
    for byte in outgoing.message_id {
        _ = write!(id, "{byte:02x}");
    }
    let text = lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join("\r\n\r\n");
    MessageBuilder::new()
        .message_id(format!("{id}@{}", outgoing.sender.domain()))
        .date(Date::new(i64::try_from(outgoing.at.as_seconds()).unwrap_or(0)))
        .from((outgoing.account_name.clone(), outgoing.sender.to_string()))
        .to(outgoing.to.to_string())
        .subject(subject)
        // RFC 3834: no out-of-office notice should answer.
        .header("Auto-Submitted", Text::new("auto-generated"))
        .text_body(text)
        .html_body(html(&lines))
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

fn words(outgoing: &Outgoing) -> (String, Vec<Line>) {
    let account = &outgoing.account_name;
    match &outgoing.what {
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
        for c in line.text.chars() {
            match c {
                '&' => body.push_str("&amp;"),
                '<' => body.push_str("&lt;"),
                '>' => body.push_str("&gt;"),
                '"' => body.push_str("&quot;"),
                _ => body.push(c),
            }
        }
        body.push_str("</p>");
    }
    body.push_str("</body></html>");
    body
}
