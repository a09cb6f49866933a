//! An SMTP dialogue (RFC 5321) over a Worker's socket. Replies are parsed by smtp-proto. The dialogue itself is written
//! by hand: the SMTP clients there are need an operating system's sockets, which a Worker does not have.

use enrollment_rules::address::Address;
use smtp_proto::Response;
use smtp_proto::response::parser::ResponseReceiver;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use worker::{SecureTransport, Socket};

use super::Trouble;

/// A reply longer than this, in bytes, is no reply.
const MAX_REPLY: usize = 8_192;

/// Hands one message for one recipient to the server; without one, goes as far as the sender's acceptance.
pub(super) async fn dialogue(
    host: &str,
    port: u16,
    client: &str,
    sender: &Address,
    mail: Option<(&Address, &[u8])>,
) -> Result<(), Trouble> {
    let of_server = |step, what: String| Trouble { step, what, of_server: true };
    if !matches!(host, "127.0.0.1" | "localhost" | "[::1]") {
        return Err(of_server("connect", "SMTP without TLS is for a server on this machine only".to_owned()));
    }
    let socket = Socket::builder().secure_transport(SecureTransport::Off).connect(host, port);
    let socket = socket.map_err(|error| of_server("connect", error.to_string()))?;
    let mut line = Line { socket, reply: Vec::new(), of_server: true };
    line.expect("greeting", &[220]).await?;
    line.command("EHLO", &format!("EHLO {client}\r\n"), &[250]).await?;
    line.command("MAIL", &format!("MAIL FROM:<{sender}>\r\n"), &[250]).await?;
    if let Some((to, message)) = mail {
        line.of_server = false;
        // 251: not here, but forwarded (RFC 5321 section 3.4).
        line.command("RCPT", &format!("RCPT TO:<{to}>\r\n"), &[250, 251]).await?;
        line.command("DATA", "DATA\r\n", &[354]).await?;
        line.write("message", &dot_stuffed(message)).await?;
        line.expect("message", &[250]).await?;
    }
    // Whatever there was is the server's now, whatever becomes of the farewell.
    _ = line.write("QUIT", b"QUIT\r\n").await;
    _ = line.socket.close().await;
    Ok(())
}

/// The line to the server.
struct Line {
    socket: Socket,
    /// What has come of the present reply.
    reply: Vec<u8>,
    /// Whether trouble is now the server's as a whole.
    of_server: bool,
}

impl Line {
    fn trouble(&self, step: &'static str, what: impl Into<String>) -> Trouble {
        Trouble { step, what: what.into(), of_server: self.of_server }
    }

    async fn command(&mut self, step: &'static str, line: &str, codes: &[u16]) -> Result<(), Trouble> {
        self.write(step, line.as_bytes()).await?;
        self.expect(step, codes).await
    }

    async fn write(&mut self, step: &'static str, bytes: &[u8]) -> Result<(), Trouble> {
        let written = self.socket.write_all(bytes).await;
        written.map_err(|error| self.trouble(step, error.to_string()))
    }

    /// Reads one whole reply, of however many lines and pieces, and compares its code.
    async fn expect(&mut self, step: &'static str, codes: &[u16]) -> Result<(), Trouble> {
        self.reply.clear();
        let mut chunk = [0; 1_024];
        loop {
            let read = self.socket.read(&mut chunk).await;
            let read = read.map_err(|error| self.trouble(step, error.to_string()))?;
            if read == 0 {
                return Err(self.trouble(step, "the server hung up"));
            }
            self.reply.extend(chunk.iter().take(read));
            if self.reply.len() > MAX_REPLY {
                return Err(self.trouble(step, "an endless reply"));
            }
            let reply: Result<Response<String>, smtp_proto::Error> =
                ResponseReceiver::default().parse(&mut self.reply.iter());
            match reply {
                Ok(reply) if codes.contains(&reply.code) => return Ok(()),
                Ok(reply) => {
                    let [class, subject, detail] = reply.esc;
                    return Err(self.trouble(step, format!("{} {class}.{subject}.{detail}", reply.code)));
                }
                // Not all of it is here yet.
                Err(smtp_proto::Error::NeedsMoreData { .. }) => {}
                Err(_) => return Err(self.trouble(step, "not an SMTP reply")),
            }
        }
    }
}

/// RFC 5321 section 4.5.2: a line that begins with a dot gets another, and the end is a dot alone.
fn dot_stuffed(message: &[u8]) -> Vec<u8> {
    let mut stuffed = Vec::with_capacity(message.len().saturating_add(64));
    let mut at_line_start = true;
    for &byte in message {
        if at_line_start && byte == b'.' {
            stuffed.push(b'.');
        }
        stuffed.push(byte);
        at_line_start = byte == b'\n';
    }
    if !stuffed.ends_with(b"\r\n") {
        stuffed.extend(b"\r\n");
    }
    stuffed.extend(b".\r\n");
    stuffed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_a_dot_does_not_end_the_message() {
        assert_eq!(dot_stuffed(b".\r\n..a\r\nb.\r\n"), b"..\r\n...a\r\nb.\r\n.\r\n");
        assert_eq!(dot_stuffed(b"a"), b"a\r\n.\r\n");
    }
}
