//! A mail server that does what a test tells it, and writes down every byte.
//!
//! In scope: submission (RFC 6409) in plain, by STARTTLS and in TLS from the first byte, AUTH PLAIN and LOGIN, and everything a
//! server can do wrong at each step. It refuses `MAIL FROM:<>` as Office 365 does, always. Not in scope: what a sender should
//! make of it; the tests say that.

mod connection;
mod transcript;

use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Instant;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

pub(crate) use self::transcript::{Said, Taken, Told};
use crate::authority::{Identity, Shown};
use crate::support::eventually;

/// How the line is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protection {
    Plain,
    StartTls,
    Implicit,
}

/// What the client has just done; for [`Step::Greeting`] and [`Step::Tls`], come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// The handshake of TLS.
    Tls,
    Greeting,
    Ehlo,
    StartTls,
    /// `EHLO` again, in TLS.
    SecureEhlo,
    Auth,
    Mail,
    Rcpt,
    Data,
    /// The dot that ends the message.
    Message,
    Quit,
}

/// What to do about it.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// What a server does that has nothing against it.
    Go,
    /// This reply.
    Say(&'static str),
    /// The same as [`Act::Go`], byte by byte, in a reply of more than a thousand.
    Chopped,
    /// Nothing, until the server is told something else to do.
    Hang,
    /// The connection is closed.
    Drop,
    /// A reply that goes on for ever.
    Endless,
    /// A line of 10 MB.
    LongLine,
    /// The mail is kept, and the connection closed without a word.
    TakeAndDrop,
    /// The mail is kept, and nothing said.
    TakeAndHang,
    /// `EHLO` is answered as if there were no TLS.
    HideStartTls,
}

impl Act {
    /// Whether a mail whose end is answered so is kept.
    pub(crate) fn takes(&self) -> bool {
        match self {
            Self::Go | Self::Chopped | Self::TakeAndDrop | Self::TakeAndHang => true,
            Self::Say(words) => words.starts_with('2'),
            _ => false,
        }
    }
}

/// What is to be done at the step of a connection; connections are counted from 0.
type Script = Arc<dyn Fn(usize, Step) -> Act + Send + Sync>;

/// What a server is besides its script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Manner {
    pub(crate) protection: Protection,
    /// Who may sign in, and must.
    pub(crate) credentials: Option<(&'static str, &'static str)>,
    /// Of `AUTH`.
    pub(crate) mechanisms: &'static str,
}

impl Manner {
    pub(crate) const PLAIN: Self =
        Self { protection: Protection::Plain, credentials: None, mechanisms: "PLAIN LOGIN" };
    pub(crate) const START_TLS: Self = Self {
        protection: Protection::StartTls,
        credentials: Some(("mailer", "correct horse battery staple")),
        ..Self::PLAIN
    };
    pub(crate) const IMPLICIT: Self = Self { protection: Protection::Implicit, ..Self::START_TLS };
}

/// What becomes of whoever wants to connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    /// Served.
    Open,
    /// Refused.
    Shut,
    /// Left without an answer, as by a firewall.
    Silent,
}

/// It listens as long as the process runs, unless it is told to be down.
#[derive(Clone)]
pub(crate) struct MailServer {
    pub(crate) port: u16,
    manner: Manner,
    shared: Arc<Shared>,
}

struct Shared {
    script: watch::Sender<Script>,
    /// As it was told to be.
    wanted: watch::Sender<Door>,
    /// As it is.
    door: watch::Sender<Door>,
    tls: Mutex<TlsAcceptor>,
    told: watch::Sender<Vec<Told>>,
    taken: watch::Sender<Vec<Taken>>,
}

impl MailServer {
    /// One that has nothing against anybody but the null sender and who does not sign in.
    pub(crate) fn open(manner: Manner) -> Self {
        let script: Script = Arc::new(|_, _| Act::Go);
        let shared = Arc::new(Shared {
            script: watch::Sender::new(script),
            wanted: watch::Sender::new(Door::Open),
            door: watch::Sender::new(Door::Shut),
            tls: Mutex::new(Identity::new(Shown::Right).acceptor()),
            told: watch::Sender::new(vec![]),
            taken: watch::Sender::new(vec![]),
        });
        let place = bound((Ipv4Addr::LOCALHOST, 0).into());
        let port = place.local_addr().unwrap().port();
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let serves = Arc::clone(&shared);
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(serve(&place, listener, manner, &serves));
        });
        Self { port, manner, shared }
    }

    /// What `MAIL_OUT` must say.
    pub(crate) fn way(&self) -> String {
        match self.manner.protection {
            Protection::Plain => format!("smtp://127.0.0.1:{}", self.port),
            Protection::StartTls => format!("smtp+starttls://localhost:{}", self.port),
            Protection::Implicit => format!("smtps://localhost:{}", self.port),
        }
    }

    /// From now on it does this; what hangs is let go by closing it.
    pub(crate) fn script(&self, script: impl Fn(usize, Step) -> Act + Send + Sync + 'static) {
        self.shared.script.send_replace(Arc::new(script));
    }

    /// Always the same at one step, and nothing wrong at the others. A mail that is taken without a word is taken once, however
    /// often it is tried before the server heals: how many copies there are shall not depend on that.
    pub(crate) fn fault(&self, at: Step, act: Act) {
        let first = OnceLock::new();
        self.script(move |connection, step| match &act {
            _ if step != at => Act::Go,
            Act::TakeAndDrop if *first.get_or_init(|| connection) != connection => Act::Drop,
            Act::TakeAndHang if *first.get_or_init(|| connection) != connection => Act::Hang,
            act => act.clone(),
        });
    }

    /// From now on connections are refused; those there are end.
    pub(crate) async fn go_down(&self) {
        self.turn(Door::Shut).await;
    }

    /// From now on nobody who wants to connect hears anything; connections there are end.
    pub(crate) async fn go_silent(&self) {
        self.turn(Door::Silent).await;
    }

    async fn turn(&self, door: Door) {
        self.shared.wanted.send_replace(door);
        self.shared.door.subscribe().wait_for(|now| *now == door).await.unwrap();
    }

    /// From now on it shows this of itself.
    pub(crate) fn show(&self, shown: Shown) {
        *self.shared.tls.lock().unwrap() = Identity::new(shown).acceptor();
    }

    /// Nothing is wrong any more.
    pub(crate) async fn heal(&self) {
        self.show(Shown::Right);
        self.script(|_, _| Act::Go);
        self.turn(Door::Open).await;
    }

    /// All connections so far.
    pub(crate) fn told(&self) -> Vec<Told> {
        self.shared.told.borrow().clone()
    }

    /// All mails so far.
    pub(crate) fn all_taken(&self) -> Vec<Taken> {
        self.shared.taken.borrow().clone()
    }

    /// All mails to this address so far.
    pub(crate) fn taken(&self, address: &str) -> Vec<Taken> {
        self.shared.taken.borrow().iter().filter(|mail| mail.to == address).cloned().collect()
    }

    /// Waits for the mail that comes after `before` others.
    pub(crate) async fn nth(&self, address: &str, before: usize) -> Taken {
        let mut news = self.shared.taken.subscribe();
        eventually(&format!("mail number {} to {address}", before + 1), async || {
            let of = |all: &[Taken]| all.iter().filter(|mail| mail.to == address).nth(before).cloned();
            let all = news.wait_for(|all| of(all).is_some()).await.unwrap();
            of(&all)
        })
        .await
    }

    /// Asserts what holds whatever a server does: in a connection at most one mail from somebody to somebody, and no password
    /// in plain.
    #[track_caller]
    pub(crate) fn was_treated_well(&self) {
        for told in self.told() {
            told.is_one_mail_at_most();
        }
    }
}

/// The moment it is, for everything here that is measured.
#[expect(clippy::disallowed_methods, reason = "what is shown here is how long things take")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Takes connections while its door is open. Its place is nobody else's, whether it listens there or not.
async fn serve(place: &TcpSocket, listener: std::net::TcpListener, manner: Manner, shared: &Arc<Shared>) {
    let address = place.local_addr().unwrap();
    let mut listener = Some(TcpListener::from_std(listener).unwrap());
    let mut wanted = shared.wanted.subscribe();
    loop {
        let door = *wanted.borrow_and_update();
        let turns = wanted.wait_for(|wanted| *wanted != door);
        match door {
            Door::Open => {
                let listens = match listener.take() {
                    Some(listens) => listens,
                    None => TcpListener::bind(address).await.unwrap(),
                };
                shared.door.send_replace(door);
                take_all(&listens, manner, shared, turns).await;
            }
            Door::Shut => {
                shared.door.send_replace(door);
                _ = turns.await;
            }
            Door::Silent => {
                // A queue for one connection, and the one that waits in it: the kernel leaves all others without an answer.
                let _listens = bound(address).listen(0).unwrap();
                let _waits = TcpStream::connect(address).await.unwrap();
                shared.door.send_replace(door);
                _ = turns.await;
            }
        }
    }
}

/// Has a place, and does not listen yet. Several may have the same one, of which one may listen.
fn bound(address: SocketAddr) -> TcpSocket {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_reuseaddr(true).unwrap();
    socket.bind(address).unwrap();
    socket
}

/// Serves whoever connects, until this comes; then all connections end.
async fn take_all(listens: &TcpListener, manner: Manner, shared: &Arc<Shared>, until: impl Future) {
    let mut until = pin!(until);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listens.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                connections.spawn(connection::converse(stream, manner, Arc::clone(shared)));
            }
            _ = &mut until => break,
        }
    }
    connections.shutdown().await;
}
