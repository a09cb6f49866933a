//! One connection, from the greeting to its end.

use std::sync::Arc;

use base64ct::{Base64, Encoding as _};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use super::transcript::{By, Said, Taken, Told};
use super::{Act, Manner, Protection, Script, Shared, Step};

/// As Office 365 says it.
const NULL_SENDER: &str = "550 5.7.1 Service unavailable, message from null sender <> refused";
/// More than anybody reads of one reply.
const ENDLESS: usize = 64 * 1_024 * 1_024;
const LONG_LINE: usize = 10_000_000;
const PIECES: usize = 1_000;

trait Line: AsyncRead + AsyncWrite + Send + Sync + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Line for T {}

/// `None` where it ended early.
pub(super) async fn converse(stream: TcpStream, manner: Manner, shared: Arc<Shared>) -> Option<()> {
    let mut number = 0;
    shared.told.send_modify(|told| {
        number = told.len();
        told.push(Told::default());
    });
    // Pieces must stay pieces.
    stream.set_nodelay(true).ok()?;
    let stream: Box<dyn Line> = Box::new(stream);
    let line = BufReader::new(stream);
    let mut connection = Connection { number, manner, shared, line, secured: false, signed_in: false };
    if manner.protection == Protection::Implicit {
        connection = connection.secure().await?;
    }
    connection.greet_and_serve().await
}

struct Connection {
    number: usize,
    manner: Manner,
    shared: Arc<Shared>,
    line: BufReader<Box<dyn Line>>,
    secured: bool,
    signed_in: bool,
}

impl Connection {
    async fn greet_and_serve(mut self) -> Option<()> {
        self.reply(Step::Greeting, "220 server of the tests ready").await?;
        let (mut from, mut to) = (String::new(), String::new());
        loop {
            let command = self.hear().await?;
            match command.get(..4)?.to_ascii_uppercase().as_str() {
                "EHLO" => self.hello().await?,
                "STAR" => {
                    if self.reply(Step::StartTls, "220 go on in TLS").await? < 300 {
                        self = self.secure().await?;
                    }
                }
                "AUTH" => self.sign_in(&command).await?,
                "MAIL" => {
                    from = path(&command)?;
                    self.sender(&from).await?;
                }
                "RCPT" => {
                    to = path(&command)?;
                    self.reply(Step::Rcpt, "250 2.1.5 recipient ok").await?;
                }
                "DATA" => {
                    if self.reply(Step::Data, "354 go on").await? == 354 {
                        self.message(&from, &to).await?;
                    }
                }
                "QUIT" => return self.reply(Step::Quit, "221 bye").await.map(drop),
                _ => self.say(b"500 5.5.1 no such command\r\n").await?,
            }
        }
    }

    /// The same in TLS.
    async fn secure(self) -> Option<Self> {
        match self.told_to(Step::Tls) {
            Act::Go => {}
            Act::Hang => {
                self.hang(Step::Tls).await;
                return None;
            }
            act => {
                assert!(matches!(act, Act::Drop), "no part of a handshake: {act:?}");
                return None;
            }
        }
        let acceptor = self.shared.tls.lock().unwrap().clone();
        // What came before the handshake was said by somebody who had no right to.
        assert!(self.line.buffer().is_empty(), "said too early: {:?}", self.line.buffer());
        let secured = acceptor.accept(self.line.into_inner()).await.ok()?;
        let secured: Box<dyn Line> = Box::new(secured);
        let line = BufReader::new(secured);
        Some(Self { line, secured: true, signed_in: false, ..self })
    }

    async fn hello(&mut self) -> Option<()> {
        let step = if self.secured { Step::SecureEhlo } else { Step::Ehlo };
        let hides = matches!(self.told_to(step), Act::HideStartTls);
        let mut lines =
            vec!["server of the tests".to_owned(), "SIZE 10000000".to_owned(), "8BITMIME".to_owned()];
        if self.manner.protection == Protection::StartTls && !self.secured && !hides {
            lines.push("STARTTLS".to_owned());
        }
        if self.secured && self.manner.credentials.is_some() {
            lines.push(format!("AUTH {}", self.manner.mechanisms));
        }
        let last = lines.len() - 1;
        let lines: Vec<_> = lines
            .iter()
            .enumerate()
            .map(|(number, line)| format!("250{}{line}", if number == last { ' ' } else { '-' }))
            .collect();
        self.reply(step, &lines.join("\r\n")).await.map(drop)
    }

    /// RFC 4954, with the questions of LOGIN.
    async fn sign_in(&mut self, command: &str) -> Option<()> {
        let mut words = command.split_ascii_whitespace().skip(1);
        let mechanism = words.next()?.to_ascii_uppercase();
        let first = words.next().map(str::to_owned);
        let decoded = |text: &str| String::from_utf8(Base64::decode_vec(text.trim_end()).ok()?).ok();
        let (user, password) = if mechanism == "PLAIN" {
            let answer = if let Some(answer) = first { answer } else { self.ask("334 ").await? };
            let answer = decoded(&answer)?;
            let mut parts = answer.split('\0').skip(1).map(str::to_owned);
            (parts.next()?, parts.next()?)
        } else {
            let user = self.ask("334 VXNlcm5hbWU6").await?;
            (decoded(&user)?, decoded(&self.ask("334 UGFzc3dvcmQ6").await?)?)
        };
        self.signed_in = self.manner.credentials == Some((&user, &password));
        let reply = if self.signed_in { "235 2.7.0 signed in" } else { "535 5.7.8 wrong user or password" };
        self.reply(Step::Auth, reply).await.map(drop)
    }

    async fn ask(&mut self, question: &str) -> Option<String> {
        self.say(format!("{question}\r\n").as_bytes()).await?;
        self.hear().await
    }

    async fn sender(&mut self, from: &str) -> Option<()> {
        let reply = if self.manner.credentials.is_some() && !self.signed_in {
            "530 5.7.0 authentication required"
        } else if from.is_empty() {
            NULL_SENDER
        } else {
            "250 2.1.0 sender ok"
        };
        self.reply(Step::Mail, reply).await.map(drop)
    }

    async fn message(&mut self, from: &str, to: &str) -> Option<()> {
        let (mut raw, mut message) = (vec![], vec![]);
        loop {
            let mut line = vec![];
            self.line.read_until(b'\n', &mut line).await.ok()?;
            raw.extend(&line);
            match line.as_slice() {
                b".\r\n" => break,
                [b'.', rest @ .., b'\n'] => message.extend(rest.iter().chain(b"\n")),
                [.., b'\n'] => message.extend(&line),
                // The connection ended within the message.
                _ => return None,
            }
        }
        self.note(By::Client, raw);
        if self.told_to(Step::Message).takes() {
            let mail = Taken {
                from: from.to_owned(),
                to: to.to_owned(),
                message,
                secured: self.secured,
                at: super::now(),
            };
            self.shared.taken.send_modify(|taken| taken.push(mail));
        }
        self.reply(Step::Message, "250 2.0.0 taken").await.map(drop)
    }

    /// Does what the script says; the code of what was replied.
    async fn reply(&mut self, step: Step, good: &str) -> Option<u16> {
        let words = match self.told_to(step) {
            Act::Go | Act::HideStartTls => good,
            Act::Say(words) => words,
            Act::Chopped => return self.chop(good).await,
            Act::Hang | Act::TakeAndHang => {
                self.hang(step).await;
                return None;
            }
            Act::Drop | Act::TakeAndDrop => return None,
            Act::Endless => {
                let piece = format!("{}-and another thing\r\n", code(good)?).repeat(1_000);
                return self.flood(&piece, ENDLESS).await;
            }
            Act::LongLine => {
                let start = format!("{}-", code(good)?);
                self.line.write_all(start.as_bytes()).await.ok()?;
                self.flood(&"a".repeat(10_000), LONG_LINE).await?;
                "\r\n250 and that was it"
            }
        };
        self.say(format!("{words}\r\n").as_bytes()).await?;
        code(words)
    }

    /// Each byte by itself.
    async fn chop(&mut self, good: &str) -> Option<u16> {
        let code = code(good)?;
        let line = format!("{code}-piece by piece\r\n");
        let mut text = line.repeat(PIECES.saturating_sub(good.len()).div_ceil(line.len()));
        text.push_str(good);
        text.push_str("\r\n");
        self.note(By::Server, text.clone().into());
        for byte in text.bytes() {
            self.line.write_all(&[byte]).await.ok()?;
            self.line.flush().await.ok()?;
            tokio::task::yield_now().await;
        }
        Some(code)
    }

    /// `None` when the client has had enough.
    async fn flood(&mut self, piece: &str, most: usize) -> Option<u16> {
        let mut sent = 0;
        while sent < most {
            self.line.write_all(piece.as_bytes()).await.ok()?;
            sent += piece.len();
        }
        code(piece).or(Some(250))
    }

    /// Until the server is told something else to do at this step.
    async fn hang(&self, step: Step) {
        let hangs = |script: &Script| matches!(script(self.number, step), Act::Hang | Act::TakeAndHang);
        _ = self.shared.script.subscribe().wait_for(|script| !hangs(script)).await;
    }

    fn told_to(&self, step: Step) -> Act {
        let script = self.shared.script.borrow().clone();
        script(self.number, step)
    }

    async fn hear(&mut self) -> Option<String> {
        let mut line = vec![];
        if self.line.read_until(b'\n', &mut line).await.ok()? == 0 {
            return None;
        }
        self.note(By::Client, line.clone());
        Some(String::from_utf8_lossy(&line).into_owned())
    }

    async fn say(&mut self, bytes: &[u8]) -> Option<()> {
        self.note(By::Server, bytes.into());
        self.line.write_all(bytes).await.ok()?;
        self.line.flush().await.ok()
    }

    fn note(&self, by: By, bytes: Vec<u8>) {
        let said = Said { by, secured: self.secured, bytes };
        self.shared.told.send_modify(|told| told[self.number].said.push(said));
    }
}

fn code(reply: &str) -> Option<u16> {
    reply.get(..3)?.parse().ok()
}

/// What stands between the angle brackets; the null sender is empty.
fn path(command: &str) -> Option<String> {
    let (_, path) = command.split_once('<')?;
    Some(path.split_once('>')?.0.to_owned())
}
