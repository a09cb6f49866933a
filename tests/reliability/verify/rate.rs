//! As many requests as fit into a second: several connections that are kept, one request at a time on each, written and read as bytes,
//! so that the one who asks is not what is measured.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use crate::kv::now;

const CONNECTIONS: usize = 4;

/// Sends `count` requests, these in turn, each of which must be answered with this status.
pub(super) fn requests_per_second(port: u16, status: u16, requests: &[Vec<u8>], count: usize) -> f64 {
    let began = now();
    std::thread::scope(|threads| {
        for connection in 0..CONNECTIONS {
            threads.spawn(move || {
                let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
                stream.set_nodelay(true).unwrap();
                let mut buffer = vec![0; 16_384];
                for number in (connection..count).step_by(CONNECTIONS) {
                    stream.write_all(&requests[number % requests.len()]).unwrap();
                    read_answer(&mut stream, &mut buffer, status);
                }
            });
        }
    });
    let count = u32::try_from(count).unwrap();
    f64::from(count) / began.elapsed().as_secs_f64()
}

/// Reads to the end of one answer, which is small and says how long it is, if it is not empty.
fn read_answer(stream: &mut TcpStream, buffer: &mut [u8], status: u16) {
    let mut filled = 0;
    loop {
        let read = stream.read(&mut buffer[filled..]).unwrap();
        assert!(read > 0, "the connection was closed");
        filled += read;
        let text = &buffer[..filled];
        let Some(head) = text.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let lines = String::from_utf8_lossy(&text[..head]).to_ascii_lowercase();
        assert!(lines.starts_with(&format!("http/1.1 {status}")), "{lines}");
        let length = lines.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.map_or(0, |length| length.parse().unwrap());
        if filled >= head + 4 + length {
            return;
        }
    }
}

pub(super) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}
