//! The line to an SMTP server: a Worker's socket. What is said on it is decided in `enrollment_rules::mail::dialogue`.

use std::cell::Cell;

use enrollment_rules::mail::dialogue::{Act, Dialogue, Errand, Failure};
use enrollment_rules::mail::fate::Step;
use enrollment_rules::mail::way::{Security, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use wasm_bindgen::JsValue;
use worker::js_sys::{Object, Reflect};
use worker::{Socket, worker_sys};

use super::way_out::{Report, within};

/// What went wrong with the line, and what the platform says about it.
type Trouble = (Failure, String);

/// Has the dialogue with the server, in the time there is for it; tells how far it has come.
pub(super) async fn converse(
    server: &Server,
    errand: &Errand<'_>,
    step: &Cell<Step>,
    seconds: u64,
) -> Report {
    let mut dialogue = Dialogue::new(errand);
    let mut line = Line { server, raw: None, socket: None, step };
    let seconds = errand.whole_seconds().min(seconds);
    if within(seconds, line.follow(&mut dialogue)).await.is_none() {
        dialogue.failed(Failure::TimedOut, &format!("no end within {seconds} seconds"));
    }
    if let Some(mut socket) = line.socket {
        // Whatever there was is the server's by now; and nobody waits long for a line to close.
        _ = within(1, socket.close()).await;
    }
    let (fate, dialogue) = dialogue.end();
    Report { fate, dialogue }
}

struct Line<'a> {
    server: &'a Server,
    /// The socket as the platform has it, for `startTls`: that throws where the server has just hung up, which `worker`'s own
    /// method takes for impossible.
    raw: Option<worker_sys::Socket>,
    socket: Option<Socket>,
    step: &'a Cell<Step>,
}

impl Line<'_> {
    /// Does what the dialogue says, to its end.
    async fn follow(&mut self, dialogue: &mut Dialogue) {
        loop {
            let act = dialogue.act();
            self.step.set(dialogue.step());
            let (seconds, done) = match act {
                Act::Connect { seconds } => (seconds, within(seconds, self.connect()).await),
                Act::StartTls { seconds } => (seconds, within(seconds, self.start_tls()).await),
                Act::Write { bytes, seconds } => (seconds, within(seconds, self.write(&bytes)).await),
                Act::Read { seconds } => (seconds, within(seconds, self.read(dialogue)).await),
                Act::End => return,
            };
            match done {
                Some(Ok(())) => {}
                Some(Err((failure, detail))) => dialogue.failed(failure, &detail),
                None => dialogue.failed(Failure::TimedOut, &format!("nothing within {seconds} seconds")),
            }
        }
    }

    async fn connect(&mut self) -> Result<(), Trouble> {
        let raw = connect(self.server).map_err(|error| (Failure::Unreachable, words(&error)))?;
        // Kept first: what is given up half-way is closed, too.
        let opened = self.keep(raw).opened().await;
        opened.map(drop).map_err(|error| (Failure::Unreachable, error.to_string()))
    }

    async fn start_tls(&mut self) -> Result<(), Trouble> {
        let raw = self.raw.take().ok_or_else(closed)?;
        let raw = raw.start_tls().map_err(|error| (Failure::HungUp, words(&error)))?;
        // What was wrong with the certificate the platform keeps to itself.
        let opened = self.keep(raw).opened().await;
        opened.map(drop).map_err(|_| (Failure::Tls, "TLS did not come about".to_owned()))
    }

    fn keep(&mut self, raw: worker_sys::Socket) -> &Socket {
        self.raw = Some(raw.clone());
        self.socket.insert(raw.into())
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<(), Trouble> {
        let socket = self.socket.as_mut().ok_or_else(closed)?;
        socket.write_all(bytes).await.map_err(|error| lost(&error))
    }

    /// Until the dialogue has enough.
    async fn read(&mut self, dialogue: &mut Dialogue) -> Result<(), Trouble> {
        let socket = self.socket.as_mut().ok_or_else(closed)?;
        let mut chunk = [0; 1_024];
        loop {
            let length = socket.read(&mut chunk).await.map_err(|error| lost(&error))?;
            let heard = chunk.get(..length).filter(|heard| !heard.is_empty()).ok_or_else(closed)?;
            if dialogue.heard(heard) {
                return Ok(());
            }
        }
    }
}

fn connect(server: &Server) -> Result<worker_sys::Socket, JsValue> {
    // "on" would not tell a wrong certificate from a server that is not there.
    let transport = match server.security() {
        Security::Implicit | Security::StartTls => "starttls",
        Security::Loopback => "off",
    };
    let (address, options) = (Object::new(), Object::new());
    Reflect::set(&address, &"hostname".into(), &server.host().into())?;
    Reflect::set(&address, &"port".into(), &server.port().into())?;
    Reflect::set(&options, &"secureTransport".into(), &transport.into())?;
    worker_sys::connect(address.into(), options.into())
}

fn words(error: &JsValue) -> String {
    worker::Error::from(error.clone()).to_string()
}

fn closed() -> Trouble {
    (Failure::HungUp, "the server hung up".to_owned())
}

fn lost(error: &std::io::Error) -> Trouble {
    (Failure::HungUp, error.to_string())
}
