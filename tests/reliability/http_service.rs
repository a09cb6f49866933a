//! A small HTTP/1.1 server: for what the Worker calls, so that a test says what it gets.
//!
//! In scope: whole messages on connections that stay open, answers that come late, never, or not at all. Not in scope: anything
//! that workerd does not send.

use std::net::{Ipv4Addr, TcpListener as Listener};
use std::pin::Pin;
use std::sync::{Arc, LazyLock};

use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::task::{JoinHandle, JoinSet};

/// Apart from the tests' own, which stand still while a product starts.
static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap());

/// What came.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    pub(crate) body: Vec<u8>,
}

/// What is answered.
#[derive(Debug)]
pub(crate) enum Reply {
    /// With this status and body.
    With(u16, Arc<[u8]>),
    /// Nothing, for as long as the other side waits.
    Never,
    /// Nothing: the connection ends.
    Close,
}

type Answering = Pin<Box<dyn Future<Output = Reply> + Send>>;
type Answerer = Arc<dyn Fn(Received) -> Answering + Send + Sync>;

/// Listens until it is dropped.
#[derive(Debug)]
pub(crate) struct HttpService {
    pub(crate) port: u16,
    task: JoinHandle<()>,
}

impl HttpService {
    /// On a free port of the loopback address.
    pub(crate) fn start<F: Future<Output = Reply> + Send + 'static>(
        answer: impl Fn(Received) -> F + Send + Sync + 'static,
    ) -> Self {
        let answer: Answerer = Arc::new(move |received| Box::pin(answer(received)));
        let listener = Listener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        Self { port, task: RUNTIME.spawn(listen(listener, answer)) }
    }
}

impl Drop for HttpService {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn listen(listener: Listener, answer: Answerer) {
    let listener = TcpListener::from_std(listener).unwrap();
    // Their end is this one's.
    let mut connections = JoinSet::new();
    loop {
        let Ok((stream, _)) = listener.accept().await else { return };
        connections.spawn(converse(stream, Arc::clone(&answer)));
        while connections.try_join_next().is_some() {}
    }
}

/// Until either side has enough of it.
async fn converse(stream: TcpStream, answer: Answerer) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut stream = BufReader::new(stream);
    loop {
        let received = receive(&mut stream).await?;
        let message = match answer(received).await {
            Reply::With(status, body) => message(status, &body),
            Reply::Never => std::future::pending().await,
            Reply::Close => return None,
        };
        stream.get_mut().write_all(&message).await.ok()?;
    }
}

async fn receive(stream: &mut (impl AsyncBufRead + Unpin)) -> Option<Received> {
    let first = line(stream).await?;
    let mut words = first.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let (mut length, mut chunked) = (0, false);
    loop {
        let line = line(stream).await?;
        let Some((name, value)) = line.split_once(':') else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().ok()?,
            "transfer-encoding" => chunked = value.trim() == "chunked",
            _ => {}
        }
    }
    let mut body = vec![];
    while chunked {
        let size = usize::from_str_radix(&line(stream).await?, 16).ok()?;
        append(stream, size, &mut body).await?;
        line(stream).await?;
        chunked = size > 0;
    }
    append(stream, length, &mut body).await?;
    Some(Received { method, target, body })
}

async fn append(stream: &mut (impl AsyncBufRead + Unpin), size: usize, body: &mut Vec<u8>) -> Option<()> {
    let start = body.len();
    body.resize(start + size, 0);
    stream.read_exact(&mut body[start..]).await.ok().map(drop)
}

/// Without its end; `None` at the end of everything.
async fn line(stream: &mut (impl AsyncBufRead + Unpin)) -> Option<String> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok()?;
    line.strip_suffix("\r\n").map(str::to_owned)
}

fn message(status: u16, body: &[u8]) -> Vec<u8> {
    // An answer of this status has no body, and says nothing of one.
    let length = if status == 204 { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    let mut message = format!("HTTP/1.1 {status} so\r\n{length}\r\n").into_bytes();
    message.extend(body);
    message
}
