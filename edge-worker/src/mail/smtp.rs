//! An SMTP dialogue (RFC 5321) over a Worker's socket. Replies are parsed by smtp-proto. The dialogue itself is written
//! by hand: the SMTP clients there are need an operating system's sockets, which a Worker does not have.

use enrollment_rules::address::Address;
use smtp_proto::Response;
use smtp_proto::response::parser::ResponseReceiver;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use worker::{SecureTransport, Socket};

/// A reply longer than this, in bytes, is no reply.
const MAX_REPLY: usize = 8_192;

/// Hands one message for one recipient to the server. The error is a line for the audit.
pub(super) async fn deliver(
    host: &str,
    port: u16,
    client: &str,
    sender: &Address,
    to: &Address,
    message: &[u8],
) -> Result<(), String> {
    if !matches!(host, "127.0.0.1" | "localhost" | "[::1]") {
        return Err("SMTP without TLS is for a server on this machine only".to_owned());
    }
    let mut socket = Socket::builder()
        .secure_transport(SecureTransport::Off)
        .connect(host, port)
        .map_err(|error| format!("connect: {error}"))?;
    let mut buffer = Vec::new();
    expect(&mut socket, &mut buffer, "greeting", 220).await?;
    command(&mut socket, &mut buffer, "EHLO", &format!("EHLO {client}\r\n"), 250).await?;
    command(&mut socket, &mut buffer, "MAIL", &format!("MAIL FROM:<{sender}>\r\n"), 250).await?;
    command(&mut socket, &mut buffer, "RCPT", &format!("RCPT TO:<{to}>\r\n"), 250).await?;
    command(&mut socket, &mut buffer, "DATA", "DATA\r\n", 354).await?;
    write(&mut socket, "message", &dot_stuffed(message)).await?;
    expect(&mut socket, &mut buffer, "message", 250).await?;
    // The message is the server's now, whatever becomes of the farewell.
    _ = write(&mut socket, "QUIT", b"QUIT\r\n").await;
    _ = socket.close().await;
    Ok(())
}

async fn command(
    socket: &mut Socket,
    buffer: &mut Vec<u8>,
    step: &str,
    line: &str,
    code: u16,
) -> Result<(), String> {
    write(socket, step, line.as_bytes()).await?;
    expect(socket, buffer, step, code).await
}

async fn write(socket: &mut Socket, step: &str, bytes: &[u8]) -> Result<(), String> {
    socket.write_all(bytes).await.map_err(|error| format!("{step}: {error}"))
}

/// Reads one whole reply, of however many lines and pieces, and compares its code.
async fn expect(socket: &mut Socket, buffer: &mut Vec<u8>, step: &str, code: u16) -> Result<(), String> {
    buffer.clear();
    let mut chunk = [0; 1_024];
    loop {
        let read = socket.read(&mut chunk).await.map_err(|error| format!("{step}: {error}"))?;
        if read == 0 {
            return Err(format!("{step}: the server hung up"));
        }
        buffer.extend(chunk.iter().take(read));
        if buffer.len() > MAX_REPLY {
            return Err(format!("{step}: an endless reply"));
        }
        let reply: Result<Response<String>, smtp_proto::Error> =
            ResponseReceiver::default().parse(&mut buffer.iter());
        match reply {
            Ok(reply) if reply.code == code => return Ok(()),
            Ok(reply) => {
                let text: String = reply.message.chars().filter(|c| !c.is_control()).take(200).collect();
                return Err(format!("{step}: {} {text}", reply.code));
            }
            // Not all of it is here yet.
            Err(smtp_proto::Error::NeedsMoreData { .. }) => {}
            Err(_) => return Err(format!("{step}: not an SMTP reply")),
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
