//! The best public detector of private windows, npm's `detectincognitojs`, on a page without any policy; and a page that
//! sets a cookie and one that tells which cookies came.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::Arc;

use xtask::checkout::Checkout;

use crate::engines::{Outcome, Window};

/// Its answer, or that it had none within 10 s, in an attribute.
const ASK: &str = "
const answer = (words) => { document.documentElement.dataset.peer = words; };
setTimeout(answer, 10000, 'error');
detectIncognito().then((found) => answer(found.isPrivate ? 'yes' : 'no'), () => answer('error'));";

/// A server on a loopback address; it answers as long as the process runs.
#[derive(Debug)]
pub(crate) struct Peer {
    pub(crate) port: u16,
}

impl Peer {
    pub(crate) fn open(checkout: &Checkout) -> Self {
        let script = checkout.npm_package("detectincognitojs").join("dist/es5/detectIncognito.min.js");
        let script = fs::read_to_string(script).unwrap();
        let page = Arc::new(format!("<script>{script}</script><script>{ASK}</script>"));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let page = Arc::clone(&page);
                // A browser opens connections ahead of need; none may hold up another.
                std::thread::spawn(move || answer(&stream, &page));
            }
        });
        Self { port }
    }
}

fn answer(mut stream: &TcpStream, page: &str) -> Option<()> {
    let mut head = String::new();
    let mut lines = BufReader::new(stream.try_clone().ok()?);
    while lines.read_line(&mut head).ok()? > 2 {}
    let cookies = head.lines().filter_map(|line| line.split_once(": "));
    let cookies = cookies.filter(|(name, _)| name.eq_ignore_ascii_case("cookie")).map(|(_, value)| value);
    let (cookie, body) = match head.split(' ').nth(1)? {
        "/ask" => ("", page.to_owned()),
        "/keep" => ("Set-Cookie: kept=1; Max-Age=86400; Path=/; HttpOnly; SameSite=Lax\r\n", String::new()),
        // No value of a cookie of ours has a character with a meaning in HTML.
        _ => ("", cookies.collect::<Vec<_>>().join("; ")),
    };
    let body =
        format!("<!doctype html><html lang=en><title>Page</title><link rel=icon href=data:,><body>{body}");
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n{cookie}Cache-Control: no-store\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
    .ok()
}

/// What the peer says of this window: yes, no or error.
pub(crate) fn ask(window: &mut Window, origin: &str) -> Outcome<String> {
    window.goto(&format!("{origin}/ask"))?;
    let found = "return document.documentElement.dataset.peer ?? null;";
    window.eventually("the peer's verdict", found).map(|found| found.as_str().unwrap_or_default().to_owned())
}

/// Has a server set a cookie for weeks.
pub(crate) fn keep(window: &mut Window, origin: &str) -> Outcome {
    window.goto(&format!("{origin}/keep"))
}

/// Which cookies the browser sends, by name.
pub(crate) fn cookies(window: &mut Window, origin: &str) -> Outcome<Vec<String>> {
    window.goto(&format!("{origin}/cookies"))?;
    let text = window.script("return document.body.textContent;")?;
    let pairs = text.as_str().unwrap_or_default().split("; ").map(str::trim).filter(|pair| !pair.is_empty());
    Ok(pairs.map(|pair| pair.split('=').next().unwrap_or_default().to_owned()).collect())
}
