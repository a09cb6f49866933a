//! Replies, out of pieces of any size. They are read by smtp-proto, a line at a time, so that how the bytes were cut
//! makes no difference.

use smtp_proto::Error;
use smtp_proto::response::parser::ResponseReceiver;

/// A reply longer than this, in bytes, is none. RFC 5321 section 4.5.3.1.5 allows 512 for a line; the longest replies
/// are lists of what a server can do.
pub(super) const MAX_REPLY: usize = 8_192;

/// A class, a subject and a detail (RFC 3463).
pub(super) type Enhanced = [u16; 3];

/// A whole reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) code: u16,
    pub(super) enhanced: Option<Enhanced>,
    /// Each line, with its code and without its end.
    pub(super) lines: Vec<String>,
}

impl Reply {
    /// The first digit of the code, which is all that a client has to understand (RFC 5321 section 4.2).
    pub(super) const fn class(&self) -> u16 {
        self.code / 100
    }

    /// What each line says after its code.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(|line| line.get(4..).unwrap_or_default().trim())
    }

    /// `550 5.7.60`.
    pub(super) fn numbers(&self) -> String {
        match self.enhanced {
            Some([class, subject, detail]) => format!("{} {class}.{subject}.{detail}", self.code),
            None => self.code.to_string(),
        }
    }
}

/// Why no reply will come of what was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoReply {
    /// It is not SMTP.
    NotSmtp,
    /// It does not end.
    TooLong,
}

/// What the server has said and nobody has read.
#[derive(Default)]
pub(super) struct Replies {
    heard: Vec<u8>,
    /// How much of it the receiver has.
    received: usize,
    receiver: ResponseReceiver,
}

impl Replies {
    pub(super) fn hear(&mut self, bytes: &[u8]) {
        self.heard.extend(bytes);
    }

    /// Whether there is more than what was read.
    pub(super) fn more(&self) -> bool {
        !self.heard.is_empty()
    }

    /// The next whole reply; none while it has not come to its end.
    pub(super) fn next(&mut self) -> Result<Option<Reply>, NoReply> {
        loop {
            let rest = self.heard.get(self.received..).unwrap_or_default();
            let line = rest.iter().position(|byte| *byte == b'\n').and_then(|end| rest.get(..=end));
            let end = self.received.saturating_add(line.map_or(rest.len(), <[u8]>::len));
            if end > MAX_REPLY {
                return Err(NoReply::TooLong);
            }
            let Some(line) = line else { return Ok(None) };
            let received = self.receiver.parse(&mut line.iter());
            self.received = end;
            match received {
                Ok(response) => {
                    let after = self.heard.split_off(end);
                    let bytes = std::mem::replace(&mut self.heard, after);
                    self.received = 0;
                    self.receiver = ResponseReceiver::default();
                    return reply(response.code, &bytes).map(Some);
                }
                // A line that goes on.
                Err(Error::NeedsMoreData { .. }) => {}
                Err(Error::ResponseTooLong) => return Err(NoReply::TooLong),
                Err(_) => return Err(NoReply::NotSmtp),
            }
        }
    }
}

fn reply(code: u16, bytes: &[u8]) -> Result<Reply, NoReply> {
    if !(200..=599).contains(&code) {
        return Err(NoReply::NotSmtp);
    }
    let lines: Vec<String> = bytes
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| String::from_utf8_lossy(line).trim_end_matches('\r').to_owned())
        .collect();
    // RFC 5321 section 4.2.1: all lines have the same code. smtp-proto takes the first one's; a server that takes a mail in one line
    // and refuses it in the next has said nothing.
    let digits = code.to_string();
    if !lines.iter().all(|line| line.starts_with(&digits)) {
        return Err(NoReply::NotSmtp);
    }
    let enhanced = lines.first().and_then(|line| enhanced(line.get(4..)?));
    Ok(Reply { code, enhanced: enhanced.filter(|[class, ..]| *class == code / 100), lines })
}

/// By hand: smtp-proto keeps each number in a byte, and 5.7.501 is a banned sender while 5.7.255 is nothing.
fn enhanced(text: &str) -> Option<Enhanced> {
    let mut numbers = text.split([' ', '\t']).next()?.split('.').map(|digits| {
        let fits = matches!(digits.len(), 1..=3) && digits.bytes().all(|byte| byte.is_ascii_digit());
        fits.then(|| digits.parse().ok()).flatten()
    });
    let enhanced = [numbers.next()??, numbers.next()??, numbers.next()??];
    numbers.next().is_none().then_some(enhanced)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Option<Reply>, NoReply> {
        let mut replies = Replies::default();
        replies.hear(text.as_bytes());
        replies.next()
    }

    #[test]
    fn a_code_of_three_numbers_is_read_whatever_their_size() {
        for (text, numbers) in [
            ("250 OK\r\n", "250"),
            ("250\r\n", "250"),
            ("550 5.7.1 no\r\n", "550 5.7.1"),
            ("550 5.7.501 Access denied, banned sender\r\n", "550 5.7.501"),
            ("550-5.7.26 This mail\r\n550 5.7.26 is unauthenticated\r\n", "550 5.7.26"),
            ("554 5.2.252 SendAsDenied\r\n", "554 5.2.252"),
            ("550 4.7.1 of another class\r\n", "550"),
            ("550 5.7.1234 too much\r\n", "550"),
            ("550 5.7 too little\r\n", "550"),
            ("550 192.0.2.1 is an address\r\n", "550"),
            ("354\n", "354"),
        ] {
            assert_eq!(read(text).unwrap().unwrap().numbers(), numbers, "{text}");
        }
    }

    #[test]
    fn what_is_not_a_reply_is_told_from_what_has_not_ended() {
        for text in ["", "2", "250", "250 OK", "250 OK\r", "250-first\r\n", "250-first\r\n250"] {
            assert_eq!(read(text), Ok(None), "{text:?}");
        }
        for text in [
            "\r\n",
            "HTTP/1.1 400 Bad Request\r\n",
            "25O OK\r\n",
            "250x\r\n",
            "999 no\r\n",
            "100 no\r\n",
            "250-taken\r\n550 5.7.1 refused\r\n",
        ] {
            assert_eq!(read(text), Err(NoReply::NotSmtp), "{text:?}");
        }
        let endless_line = format!("250 {}", "a".repeat(MAX_REPLY));
        assert_eq!(read(&endless_line), Err(NoReply::TooLong));
        assert_eq!(read(&"250-more\r\n".repeat(MAX_REPLY)), Err(NoReply::TooLong));
    }

    #[test]
    fn two_replies_in_one_piece_are_two() {
        let mut replies = Replies::default();
        replies.hear(b"250 one\r\n550 two\r\n2");
        assert_eq!(replies.next().unwrap().unwrap().code, 250);
        assert_eq!(replies.next().unwrap().unwrap().code, 550);
        assert_eq!(replies.next(), Ok(None));
        assert!(replies.more());
    }
}
