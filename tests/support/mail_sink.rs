//! A mail server that keeps everything in memory: for tests that need codes by the thousand.
//!
//! In scope: the part of SMTP (RFC 5321) that a sender needs, one mail at a time on each connection. Not in scope: refusing anything; what
//! a server that refuses does is told by the mail catcher.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;

use mail_parser::MessageParser;
use tokio::sync::watch;

use super::{Mail, eventually};

/// It answers as long as the process runs.
#[derive(Debug, Clone)]
pub(crate) struct MailSink {
    /// What `MAIL_OUT` must say.
    pub(crate) address: String,
    kept: Kept,
}

/// Mails by the recipient of the envelope, the oldest first; told to whoever waits.
type Kept = Arc<watch::Sender<BTreeMap<String, Vec<Mail>>>>;

impl MailSink {
    pub(crate) fn open() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = format!("smtp://{}", listener.local_addr().unwrap());
        let kept = Kept::new(watch::Sender::new(BTreeMap::new()));
        let keeps = Arc::clone(&kept);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let keeps = Arc::clone(&keeps);
                // A sender that was killed half-way must not hold up the next one.
                std::thread::spawn(move || dialogue(&stream, &keeps));
            }
        });
        Self { address, kept }
    }

    /// All mail to this address so far, the oldest first.
    pub(crate) fn to(&self, address: &str) -> Vec<Mail> {
        self.kept.borrow().get(address).cloned().unwrap_or_default()
    }

    /// Waits for the mail that comes after `before` others of those somebody asked for.
    pub(crate) async fn nth(&self, address: &str, before: usize) -> Mail {
        let mut news = self.kept.subscribe();
        eventually(&format!("mail number {} to {address}", before + 1), async || {
            let of = |kept: &BTreeMap<String, Vec<Mail>>| {
                kept.get(address)?.iter().filter(|mail| !mail.is_news()).nth(before).cloned()
            };
            let kept = news.wait_for(|kept| of(kept).is_some()).await.unwrap();
            of(&kept)
        })
        .await
    }
}

/// One connection, until either side has enough of it.
fn dialogue(stream: &TcpStream, kept: &Kept) -> Option<()> {
    let mut lines = BufReader::new(stream);
    let answer = |words: &str| {
        let mut stream = stream;
        stream.write_all(format!("{words}\r\n").as_bytes()).ok()
    };
    let (mut from, mut to) = (String::new(), String::new());
    answer("220 sink ready")?;
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let path = || {
            let (_, path) = line.split_once('<')?;
            Some(path.split_once('>')?.0.to_owned())
        };
        match line.get(..4)?.to_ascii_uppercase().as_str() {
            "MAIL" => from = path()?,
            "RCPT" => to = path()?,
            "DATA" => {
                answer("354 go on")?;
                let message = message(&mut lines)?;
                let mail = read(&from, &message)?;
                kept.send_modify(|kept| kept.entry(to.clone()).or_default().push(mail));
            }
            "QUIT" => return answer("221 bye"),
            _ => {}
        }
        answer("250 done")?;
    }
}

/// The message, without the dots that keep its lines from ending it; `None` if the connection ends first.
fn message(lines: &mut BufReader<&TcpStream>) -> Option<Vec<u8>> {
    let mut message = vec![];
    loop {
        let mut line = vec![];
        lines.read_until(b'\n', &mut line).ok()?;
        match line.as_slice() {
            [.., b'\n'] if line == b".\r\n" => return Some(message),
            [b'.', rest @ .., b'\n'] => message.extend(rest.iter().chain(b"\n")),
            [.., b'\n'] => message.extend(&line),
            _ => return None,
        }
    }
}

fn read(from: &str, message: &[u8]) -> Option<Mail> {
    let parsed = MessageParser::default().parse(message)?;
    Some(Mail {
        from: from.to_owned(),
        subject: parsed.subject()?.to_owned(),
        text: parsed.body_text(0)?.into_owned(),
        html: parsed.body_html(0)?.into_owned(),
    })
}
