//! The mail server of these tests does what it is told: otherwise what the tests say would mean nothing.

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

use crate::server::{Act, MailServer, Manner, Step};
use crate::support::eventually;

/// A client that has no manners.
struct Talker(BufReader<TcpStream>);

impl Talker {
    async fn to(server: &MailServer) -> Self {
        Self(BufReader::new(TcpStream::connect(("127.0.0.1", server.port)).await.unwrap()))
    }

    /// A whole reply; empty where the server has hung up.
    async fn hear(&mut self) -> String {
        let mut reply = String::new();
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).await.unwrap();
            reply.push_str(&line);
            if line.as_bytes().get(3) != Some(&b'-') {
                return reply;
            }
        }
    }

    async fn say(&mut self, line: &str) -> String {
        self.0.write_all(format!("{line}\r\n").as_bytes()).await.unwrap();
        self.hear().await
    }

    /// Up to the end of a mail; the last reply.
    async fn mail(&mut self, to: &str) -> String {
        self.say("EHLO tests").await;
        assert!(self.say("MAIL FROM:<postmaster@example.com>").await.starts_with("250"));
        assert!(self.say(&format!("RCPT TO:<{to}>")).await.starts_with("250"));
        assert!(self.say("DATA").await.starts_with("354"));
        self.say("Subject: one\r\n\r\n..two\r\n.").await
    }
}

#[tokio::test]
async fn a_mail_is_kept_as_it_was_before_its_dots_and_every_line_is_written_down() {
    let server = MailServer::open(Manner::PLAIN);
    let mut talker = Talker::to(&server).await;
    assert!(talker.hear().await.starts_with("220 "));
    assert_eq!(talker.mail("a@example.com").await, "250 2.0.0 taken\r\n");
    let mail = server.nth("a@example.com", 0).await;
    assert_eq!((mail.message.as_slice(), mail.secured), (b"Subject: one\r\n\r\n.two\r\n".as_slice(), false));
    assert_eq!(mail.from, "postmaster@example.com");
    let told = &server.told()[0];
    assert_eq!((told.count("MAIL "), told.count("DATA"), told.commands().len()), (1, 1, 4));
    server.was_treated_well();
}

#[tokio::test]
async fn the_null_sender_is_refused_and_not_forgotten() {
    let server = MailServer::open(Manner::PLAIN);
    let mut talker = Talker::to(&server).await;
    talker.hear().await;
    talker.say("EHLO tests").await;
    assert!(talker.say("MAIL FROM:<>").await.starts_with("550 5.7.1 "));
    let server = std::panic::AssertUnwindSafe(&server);
    std::panic::catch_unwind(|| server.was_treated_well()).unwrap_err();
}

#[tokio::test]
async fn each_fault_comes_at_its_step_and_goes_when_the_server_heals() {
    let server = MailServer::open(Manner::PLAIN);
    server.fault(Step::Greeting, Act::Drop);
    assert_eq!(Talker::to(&server).await.hear().await, "");
    server.fault(Step::Greeting, Act::Say("421 not now"));
    assert_eq!(Talker::to(&server).await.hear().await, "421 not now\r\n");
    server.fault(Step::Greeting, Act::Chopped);
    let reply = Talker::to(&server).await.hear().await;
    assert!(reply.len() > 1_000 && reply.ends_with("\r\n220 server of the tests ready\r\n"), "{reply}");
    server.fault(Step::Greeting, Act::LongLine);
    let mut long = Talker::to(&server).await;
    let mut line = String::new();
    long.0.read_line(&mut line).await.unwrap();
    assert!(line.len() >= 10_000_000);
    server.fault(Step::Greeting, Act::Endless);
    let mut endless = Talker::to(&server).await;
    let mut some = vec![0; 20_000_000];
    endless.0.read_exact(&mut some).await.unwrap();

    server.fault(Step::Message, Act::TakeAndDrop);
    let mut talker = Talker::to(&server).await;
    talker.hear().await;
    assert_eq!(talker.mail("taken@example.com").await, "");
    assert_eq!(server.taken("taken@example.com").len(), 1);
    server.fault(Step::Message, Act::Drop);
    let mut talker = Talker::to(&server).await;
    talker.hear().await;
    assert_eq!(
        (talker.mail("lost@example.com").await, server.taken("lost@example.com").len()),
        (String::new(), 0)
    );

    server.fault(Step::Greeting, Act::Hang);
    let mut silent = Talker::to(&server).await;
    tokio::select! {
        reply = silent.hear() => panic!("{reply}"),
        () = eventually("the connection", async || (server.told().len() == 8).then_some(())) => {}
    }
    server.heal().await;
    assert_eq!(silent.hear().await, "", "what hung is let go");
    server.go_down().await;
    TcpStream::connect(("127.0.0.1", server.port)).await.unwrap_err();
    server.heal().await;
    assert!(Talker::to(&server).await.hear().await.starts_with("220 "));
}
