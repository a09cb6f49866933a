//! What came back over the wire.

use reqwest::header::HeaderMap;
use serde_json::Value;

/// A whole HTTP response.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) async fn to(request: reqwest::RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, body: response.bytes().await.unwrap().to_vec() }
    }

    /// What came of it, if anything came. What was told before the line broke has been told.
    pub(crate) async fn perhaps(request: reqwest::RequestBuilder) -> Option<Self> {
        let response = request.send().await.ok()?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes().await.map(|bytes| bytes.to_vec()).unwrap_or_default();
        Some(Self { status, headers, body })
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn location(&self) -> Option<&str> {
        self.header("Location")
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// The `Set-Cookie` for this name.
    pub(crate) fn set_cookie(&self, name: &str) -> Option<&str> {
        let all = self.headers.get_all("Set-Cookie").iter().map(|value| value.to_str().unwrap());
        let mut of_name = all.filter(|cookie| cookie.split_once('=').is_some_and(|(key, _)| key == name));
        let found = of_name.next();
        assert_eq!(of_name.next(), None, "two cookies of one name in {self:?}");
        found
    }

    /// Asserts an RFC 9457 problem of this status and code, and returns it.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(self.header("Content-Type"), Some("application/problem+json"));
        let problem = self.json();
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["status"], status, "{problem}");
        assert_eq!(problem["type"], "about:blank", "{problem}");
        assert!(problem["title"].as_str().is_some_and(|title| !title.is_empty()), "{problem}");
        if let Some(seconds) = problem.get("retry_after_seconds") {
            assert_eq!(self.header("Retry-After"), Some(seconds.to_string().as_str()));
        }
        assert_eq!(self.header("Cache-Control"), Some("no-store"));
        self.leads_nowhere();
        problem
    }

    /// Asserts a page for a person of this status with these words in it.
    #[track_caller]
    pub(crate) fn page(&self, status: u16, words: &str) {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(self.header("Content-Type"), Some("text/html; charset=utf-8"));
        assert!(self.text().contains(words), "no {words:?} in {}", self.text());
        self.leads_nowhere();
    }

    /// Asserts that no browser goes anywhere because of this.
    #[track_caller]
    pub(crate) fn leads_nowhere(&self) {
        assert!(self.location().is_none() && self.header("Refresh").is_none(), "{self:?}");
        assert!(!(300..400).contains(&self.status), "{self:?}");
    }

    /// Asserts a redirection to exactly there.
    #[track_caller]
    pub(crate) fn leads_to(&self, location: &str) {
        assert_eq!((self.status, self.location()), (303, Some(location)), "{}", self.text());
    }

    /// All that an eavesdropping stranger could compare: the status, the headers but for the date and the random part of
    /// cookies, the body.
    pub(crate) fn comparable(&self) -> (u16, Vec<(String, String)>, String) {
        let mut headers: Vec<_> = self
            .headers
            .iter()
            .filter(|(name, _)| name.as_str() != "date")
            .map(|(name, value)| {
                let value = value.to_str().unwrap();
                let value = match value.split_once(['=', ';']) {
                    Some((key, rest)) if name == "set-cookie" => {
                        let (random, attributes) = rest.split_once(';').unwrap();
                        format!("{key}=<{} bytes>;{attributes}", random.len())
                    }
                    _ => value.to_owned(),
                };
                (name.to_string(), value)
            })
            .collect();
        headers.sort();
        (self.status, headers, self.text())
    }
}
