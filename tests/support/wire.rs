//! A browser on the wire: no page, no rules, and a cookie jar that tests can write in.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::header::{HOST, HeaderValue};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

use super::{Answer, Mail, Site};

/// The device cookie.
pub(crate) const DEVICE: &str = "__Host-device";
/// The cookie that ties a code to a browser.
pub(crate) const TICKET: &str = "__Host-ticket";

/// Whose computer it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Own,
    Shared,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Shared => "shared",
        }
    }
}

/// One browser, as far as the server can see.
#[derive(Debug, Clone)]
pub(crate) struct Wire {
    client: Client,
    /// Where requests go: the origin itself, or a plain way to the server behind its TLS.
    base: String,
    pub(crate) origin: String,
    pub(crate) jar: BTreeMap<String, String>,
}

/// A client that speaks to nobody but the address it is given, follows nothing and keeps nothing.
pub(crate) fn client() -> Client {
    client_behind("", "")
}

/// The same for an origin that is spoken to at `base`. Where that is a plain way behind its TLS, the origin's host is named.
pub(crate) fn client_behind(base: &str, origin: &str) -> Client {
    let host = origin.split_once("://").filter(|_| base != origin).map(|(_, host)| host);
    let headers = host.map(|host| (HOST, HeaderValue::from_str(host).unwrap())).into_iter().collect();
    let builder = Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
    // Servers hang up connections on which nothing was asked for 5 seconds: none is used that may be about to go.
    let builder = builder.default_headers(headers).pool_idle_timeout(Duration::from_secs(2));
    // What hangs fails, instead of holding up everything.
    builder.timeout(Duration::from_secs(30)).build().unwrap()
}

impl Wire {
    /// Without cookies.
    pub(crate) fn to(origin: &str) -> Self {
        Self::behind(origin, origin)
    }

    /// The same for an origin that is spoken to at `base`.
    pub(crate) fn behind(base: &str, origin: &str) -> Self {
        let client = client_behind(base, origin);
        Self { client, base: base.to_owned(), origin: origin.to_owned(), jar: BTreeMap::new() }
    }

    /// The same browser, on new connections: those to a server that ended are broken.
    pub(crate) fn anew(&self) -> Self {
        Self { client: client_behind(&self.base, &self.origin), ..self.clone() }
    }

    /// A bare request, without cookies and without the headers that browsers add. `at` is a path or an address.
    pub(crate) fn bare(&self, method: Method, at: &str) -> RequestBuilder {
        let path = at.strip_prefix(&self.origin).unwrap_or(at);
        let url = if path.starts_with('/') { format!("{}{path}", self.base) } else { at.to_owned() };
        self.client.request(method, url)
    }

    /// The same with the cookies of the jar.
    pub(crate) fn request(&self, method: Method, at: &str) -> RequestBuilder {
        let cookies: Vec<_> = self.jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self.bare(method, at);
        if cookies.is_empty() { request } else { request.header("Cookie", cookies.join("; ")) }
    }

    /// Sends it and keeps what it is told to keep.
    pub(crate) async fn send(&mut self, request: RequestBuilder) -> Answer {
        let answer = Answer::to(request).await;
        self.keep(&answer);
        answer
    }

    /// The same where the server may end before it answers.
    pub(crate) async fn attempt(&mut self, request: RequestBuilder) -> Option<Answer> {
        let answer = Answer::perhaps(request).await?;
        self.keep(&answer);
        Some(answer)
    }

    /// Keeps what an answer tells to keep.
    fn keep(&mut self, answer: &Answer) {
        for cookie in answer.headers.get_all("Set-Cookie") {
            let cookie = cookie.to_str().unwrap();
            let (pair, attributes) = cookie.split_once(';').unwrap_or((cookie, ""));
            let (name, value) = pair.split_once('=').unwrap();
            if attributes.split(';').any(|attribute| attribute.trim() == "Max-Age=0") {
                self.jar.remove(name);
            } else {
                self.jar.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    /// A click.
    pub(crate) async fn click(&mut self, at: &str) -> Answer {
        self.send(self.clicking(at)).await
    }

    /// The request of a click.
    pub(crate) fn clicking(&self, at: &str) -> RequestBuilder {
        let request = self.request(Method::GET, at).header("Sec-Fetch-Mode", "navigate");
        request.header("Sec-Fetch-Dest", "document")
    }

    /// What a page's script gets.
    pub(crate) async fn get(&mut self, path: &str) -> Answer {
        let request = self.request(Method::GET, path).header("Sec-Fetch-Site", "same-origin");
        self.send(request.header("Sec-Fetch-Mode", "cors")).await
    }

    /// What a page's script posts.
    pub(crate) async fn post(&mut self, path: &str, body: &Value) -> Answer {
        self.call(Method::POST, path, Some(body)).await
    }

    /// What a page's script asks for, in whichever way.
    pub(crate) async fn call(&mut self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        self.send(self.calling(method, path, body)).await
    }

    /// The request of what a page's script asks for.
    pub(crate) fn calling(&self, method: Method, path: &str, body: Option<&Value>) -> RequestBuilder {
        let request = self.request(method, path).header("Sec-Fetch-Site", "same-origin");
        let request = request.header("Origin", &self.origin);
        if let Some(body) = body { request.json(body) } else { request }
    }

    pub(crate) async fn start(&mut self, address: &str) -> Answer {
        self.post("/api/v1/enrollments", &json!({ "address": address })).await
    }

    pub(crate) async fn start_for(&mut self, address: &str, to: &str) -> Answer {
        self.post("/api/v1/enrollments", &json!({ "address": address, "to": to })).await
    }

    pub(crate) async fn resend(&mut self) -> Answer {
        self.post("/api/v1/enrollments/resend", &json!({})).await
    }

    pub(crate) async fn confirm(&mut self, code: &str) -> Answer {
        self.confirm_as(Kind::Own, code).await
    }

    pub(crate) async fn confirm_as(&mut self, kind: Kind, code: &str) -> Answer {
        let body = json!({ "code": code, "kind": kind.name() });
        self.post("/api/v1/enrollments/confirm", &body).await
    }

    /// Asks for a code, which must work, and reads the mail.
    pub(crate) async fn ask(&mut self, site: &Site, address: &str) -> Mail {
        let before = site.mail.to(address).await.len();
        let started = self.start(address).await;
        assert_eq!(started.status, 202, "{}", started.text());
        site.mail.nth(address, before).await
    }

    /// Enrolls, which must work; returns the answer that set the cookie.
    pub(crate) async fn enroll(&mut self, site: &Site, address: &str, kind: Kind) -> Answer {
        let mail = self.ask(site, address).await;
        let confirmed = self.confirm_as(kind, &mail.code()).await;
        assert_eq!(confirmed.status, 200, "{}", confirmed.text());
        confirmed
    }
}
