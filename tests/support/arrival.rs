//! Where links lead: a tiny page on a loopback address that remembers who came.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use super::eventually;

/// A destination. It answers as long as the process runs.
#[derive(Debug, Clone)]
pub(crate) struct Arrival {
    pub(crate) url: String,
    visits: Arc<Mutex<Vec<String>>>,
}

/// What the page says.
pub(crate) const WORDS: &str = "You have arrived.";

impl Arrival {
    pub(crate) fn open() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let url =
            format!("http://127.0.0.1:{}/offer?id=7&from=mail#part", listener.local_addr().unwrap().port());
        let visits = Arc::new(Mutex::new(vec![]));
        let seen = Arc::clone(&visits);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let seen = Arc::clone(&seen);
                // A browser opens connections ahead of need; none may hold up another.
                std::thread::spawn(move || answer(&stream, &seen));
            }
        });
        Self { url, visits }
    }

    /// Waits until somebody came, in whichever window.
    pub(crate) async fn is_visited(&self) {
        eventually("somebody to arrive", async || (!self.visits().is_empty()).then_some(())).await;
    }

    /// The requests for the page so far, each with its headers.
    pub(crate) fn visits(&self) -> Vec<String> {
        self.visits.lock().unwrap().clone()
    }
}

fn answer(mut stream: &TcpStream, seen: &Mutex<Vec<String>>) -> Option<()> {
    let mut head = String::new();
    let mut lines = BufReader::new(stream.try_clone().ok()?);
    while lines.read_line(&mut head).ok()? > 2 {}
    if head.starts_with("GET /offer") {
        seen.lock().unwrap().push(head);
    }
    let page = format!(
        "<!doctype html><html lang=en><title>Offer</title><link rel=icon href=data:,><h1>{WORDS}</h1>"
    );
    let length = page.len();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{page}"
    )
    .ok()
}
