//! A message as it goes over the line.

/// The longest line, in bytes, without its end (RFC 5321 section 4.5.3.1.6).
const MAX_LINE: usize = 998;

/// What follows `DATA`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Body {
    /// All of it but the dot that ends it.
    pub(super) bytes: Vec<u8>,
    /// Whether there is a byte that only a server with `8BITMIME` takes.
    pub(super) eight_bit: bool,
    /// As it is declared by `SIZE` (RFC 1870): without the dots that were added.
    pub(super) size: usize,
}

/// Lines that end in CRLF, whatever ended them, and another dot before each that begins with one (RFC 5321 section 4.5.2):
/// only our own dot ends the message, for any server. None if no server has to take such a message.
pub(super) fn body(message: &[u8]) -> Option<Body> {
    let mut bytes = Vec::with_capacity(message.len().saturating_add(64));
    let mut size = 0_usize;
    for line in lines(message) {
        if line.len() > MAX_LINE || line.contains(&0) {
            return None;
        }
        if line.first() == Some(&b'.') {
            bytes.push(b'.');
        }
        bytes.extend(line);
        bytes.extend(b"\r\n");
        size = size.saturating_add(line.len()).saturating_add(2);
    }
    Some(Body { bytes, eight_bit: !message.is_ascii(), size })
}

/// A CR without LF and a LF without CR end a line, too: servers that disagree about them were talked into a second mail.
fn lines(message: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = message;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n')).unwrap_or(rest.len());
        let (line, ending) = rest.split_at_checked(end)?;
        rest = match ending {
            [b'\r', b'\n', after @ ..] | [_, after @ ..] => after,
            [] => ending,
        };
        Some(line)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_of_a_message_ends_it() {
        for (message, bytes) in [
            (&b""[..], &b""[..]),
            (b"a", b"a\r\n"),
            (b"a\r\n", b"a\r\n"),
            (b".\r\n..a\r\nb.\r\n", b"..\r\n...a\r\nb.\r\n"),
            (b"a\n.\nb", b"a\r\n..\r\nb\r\n"),
            (b"a\r.\rb", b"a\r\n..\r\nb\r\n"),
            (b"a\r\n.\rb\n.\r\n", b"a\r\n..\r\nb\r\n..\r\n"),
            (b"\r\n\r\na", b"\r\n\r\na\r\n"),
            (b"\n\r", b"\r\n\r\n"),
        ] {
            assert_eq!(body(message).unwrap().bytes, bytes, "{message:?}");
        }
    }

    #[test]
    fn what_no_server_must_take_is_not_sent() {
        assert!(body(&b"a".repeat(998)).is_some());
        assert_eq!(body(&b"a".repeat(999)), None);
        assert_eq!(body(b"a\0b"), None);
    }

    #[test]
    fn the_size_is_the_messages_own() {
        let body = body(".\r\nä".as_bytes()).unwrap();
        assert_eq!((body.size, body.eight_bit), (7, true));
    }
}
