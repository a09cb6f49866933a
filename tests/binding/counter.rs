//! A plain way to a port that counts what passes: what HTTP/1.1 puts on the wire, before TLS.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// It works as long as the process runs.
#[derive(Debug, Clone)]
pub(crate) struct Counter {
    pub(crate) port: u16,
    sent: Arc<AtomicU64>,
    answered: Arc<AtomicU64>,
}

/// Bytes so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bytes {
    pub(crate) sent: u64,
    pub(crate) answered: u64,
}

impl Counter {
    pub(crate) fn before(port: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let counter = Self {
            port: listener.local_addr().unwrap().port(),
            sent: Arc::default(),
            answered: Arc::default(),
        };
        let counts = counter.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else { continue };
                // Each waits for the other's answer, so nothing may be held back to be sent with more.
                _ = (client.set_nodelay(true), server.set_nodelay(true));
                let (Ok(back), Ok(forth)) = (client.try_clone(), server.try_clone()) else { continue };
                let (sent, answered) = (Arc::clone(&counts.sent), Arc::clone(&counts.answered));
                std::thread::spawn(move || pass(client, forth, &sent));
                std::thread::spawn(move || pass(server, back, &answered));
            }
        });
        counter
    }

    pub(crate) fn bytes(&self) -> Bytes {
        Bytes { sent: self.sent.load(Ordering::SeqCst), answered: self.answered.load(Ordering::SeqCst) }
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, count: &AtomicU64) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        count.fetch_add(u64::try_from(length).unwrap(), Ordering::SeqCst);
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    _ = to.shutdown(Shutdown::Both);
}
