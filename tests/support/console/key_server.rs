//! A team of Cloudflare Access: its keys on a loopback address, and the tokens it signs.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde_json::{Value, json};

use super::RsaKey;

/// Answers as long as the process runs.
#[derive(Debug, Clone)]
pub(crate) struct KeyServer {
    pub(crate) issuer: String,
    answer: Arc<Mutex<Option<String>>>,
}

impl KeyServer {
    /// Without an answer for anybody yet.
    pub(crate) fn open() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let issuer = format!("http://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let answer = Arc::new(Mutex::new(None));
        let shown = Arc::clone(&answer);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shown = shown.lock().unwrap().clone();
                reply(&stream, shown.as_deref());
            }
        });
        Self { issuer, answer }
    }

    /// From now on these are the team's keys; each is named by its place.
    pub(crate) fn show(&self, keys: &[&RsaKey]) {
        let keys = keys.iter().enumerate().map(|(number, key)| {
            json!({
                "kid": kid(number), "kty": "RSA", "alg": "RS256", "use": "sig",
                "n": Base64UrlUnpadded::encode_string(&key.modulus()), "e": "AQAB",
            })
        });
        *self.answer.lock().unwrap() = Some(json!({ "keys": keys.collect::<Vec<_>>() }).to_string());
    }

    /// A token as Access makes it for `address`; `change` sees header and claims before it is signed.
    pub(crate) fn token(
        &self,
        key: &RsaKey,
        address: &str,
        change: impl FnOnce(&mut Value, &mut Value),
    ) -> String {
        let signed = self.signed_part(address, change);
        format!("{signed}.{}", Base64UrlUnpadded::encode_string(&key.sign(signed.as_bytes())))
    }

    /// Header and claims, not signed yet.
    pub(crate) fn signed_part(&self, address: &str, change: impl FnOnce(&mut Value, &mut Value)) -> String {
        let mut header = json!({ "alg": "RS256", "kid": kid(0), "typ": "JWT" });
        let now = now();
        let mut claims = json!({
            "iss": self.issuer, "aud": [AUDIENCE], "email": address, "type": "app", "sub": "0000",
            "iat": now, "nbf": now, "exp": now + 3_600,
        });
        change(&mut header, &mut claims);
        let part = |value: &Value| Base64UrlUnpadded::encode_string(value.to_string().as_bytes());
        format!("{}.{}", part(&header), part(&claims))
    }

    /// What `ACCESS` says of it.
    pub(crate) fn variable(&self, account: &str) -> String {
        json!({ account: { "issuer": self.issuer, "audience": AUDIENCE } }).to_string()
    }
}

const AUDIENCE: &str = "administration";

pub(crate) fn kid(number: usize) -> String {
    format!("key-{number}")
}

#[expect(clippy::disallowed_methods, reason = "the product runs on the machine's own clock")]
pub(crate) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// Without keys to show, the connection ends without a word.
fn reply(mut stream: &TcpStream, keys: Option<&str>) -> Option<()> {
    let mut head = String::new();
    let mut lines = BufReader::new(stream.try_clone().ok()?);
    while lines.read_line(&mut head).ok()? > 2 {}
    let keys = keys.filter(|_| head.starts_with("GET /cdn-cgi/access/certs "))?;
    let length = keys.len();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close";
    write!(stream, "{head}\r\nContent-Length: {length}\r\n\r\n{keys}").ok()
}
