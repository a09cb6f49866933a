//! An administrator, by the HTTP interface.

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

use super::{Answer, eventually, wire};

/// The warnings that have to be confirmed.
const CONFIRMED: [&str; 2] = ["authentication_off", "awareness_without_authentication"];

/// Administration of one account.
#[derive(Debug, Clone)]
pub(crate) struct Admin {
    client: Client,
    base: String,
    token: String,
}

impl Admin {
    pub(crate) fn of(origin: &str, token: &str) -> Self {
        Self::behind(origin, origin, token)
    }

    /// The same for an origin that is spoken to at `base`.
    pub(crate) fn behind(base: &str, origin: &str, token: &str) -> Self {
        let client = wire::client_behind(base, origin);
        Self { client, base: format!("{base}/api/v1/admin"), token: token.to_owned() }
    }

    /// Whatever comes of it.
    pub(crate) async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        Answer::to(self.calling(method, path, body)).await
    }

    /// The same where the server may end before it answers.
    pub(crate) async fn attempt(&self, method: Method, path: &str, body: &Value) -> Option<Answer> {
        Answer::perhaps(self.calling(method, path, Some(body))).await
    }

    fn calling(&self, method: Method, path: &str, body: Option<&Value>) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.base)).bearer_auth(&self.token);
        if let Some(body) = body { request.json(body) } else { request }
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let answer = self.call(Method::GET, path, None).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    pub(crate) async fn post(&self, path: &str, body: &Value, status: u16) -> Value {
        let answer = self.call(Method::POST, path, Some(body)).await;
        assert_eq!(answer.status, status, "{}", answer.text());
        answer.json()
    }

    pub(crate) async fn settings(&self) -> Value {
        self.get("/settings").await
    }

    /// Whatever there is to be warned of.
    pub(crate) async fn set(&self, patch: &Value) -> Value {
        let mut patch = patch.clone();
        patch["confirm"] = json!(CONFIRMED);
        let answer = self.call(Method::PATCH, "/settings", Some(&patch)).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    }

    pub(crate) async fn add_domain(&self, name: &str) {
        self.post("/domains", &json!({ "name": name }), 201).await;
    }

    /// Returns the person's id.
    pub(crate) async fn add_user(&self, address: &str, aliases: &[&str]) -> String {
        let user = self.post("/users", &json!({ "address": address, "aliases": aliases }), 201).await;
        assert_eq!(user["address"], address);
        user["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn disable(&self, user: &str) {
        let answer =
            self.call(Method::PATCH, &format!("/users/{user}"), Some(&json!({ "disabled": true }))).await;
        assert_eq!((answer.status, &answer.json()["disabled"]), (200, &json!(true)), "{}", answer.text());
    }

    /// What came of revoking `what`.
    pub(crate) async fn revoke(&self, what: &Value) -> Value {
        let revoked = self.post("/revocations", what, 200).await;
        assert!(revoked["effective_by"].as_str().is_some_and(|at| at.ends_with('Z')), "{revoked}");
        revoked
    }

    /// Returns how many devices it reached.
    pub(crate) async fn revoke_user(&self, user: &str) -> u64 {
        self.revoke(&json!({ "users": [user] })).await["revoked_devices"].as_u64().unwrap()
    }

    /// Returns how many devices it reached.
    pub(crate) async fn revoke_device(&self, device: &str) -> u64 {
        self.revoke(&json!({ "devices": [device] })).await["revoked_devices"].as_u64().unwrap()
    }

    pub(crate) async fn user(&self, user: &str) -> Value {
        self.get(&format!("/users/{user}")).await
    }

    pub(crate) async fn devices(&self, user: &str) -> Vec<Value> {
        self.get(&format!("/users/{user}/devices")).await["devices"].as_array().unwrap().clone()
    }

    /// The address of a new protected link.
    pub(crate) async fn link(&self, destination: &str, recipient: &str) -> String {
        self.link_with_id(destination, recipient).await.0
    }

    /// The address and the id of a new protected link.
    pub(crate) async fn link_with_id(&self, destination: &str, recipient: &str) -> (String, String) {
        let body = json!({ "destination": destination, "recipient": recipient });
        let made = self.post("/links", &body, 201).await;
        (made["url"].as_str().unwrap().to_owned(), made["link_id"].as_str().unwrap().to_owned())
    }

    /// What is recorded of one link, the newest first.
    pub(crate) async fn interactions(&self, link_id: &str) -> Vec<Value> {
        let all = self.get("/interactions?limit=200").await;
        let all = all["interactions"].as_array().unwrap().iter();
        all.filter(|interaction| interaction["link_id"] == link_id).cloned().collect()
    }

    /// Waits until so much is recorded of one link: it is written after the answer has left.
    pub(crate) async fn recorded(&self, link_id: &str, count: usize) -> Vec<Value> {
        eventually(&format!("{count} interactions of link {link_id}"), async || {
            let found = self.interactions(link_id).await;
            assert!(found.len() <= count, "more than was done: {found:?}");
            (found.len() == count).then_some(found)
        })
        .await
    }

    /// What was done, the newest first.
    pub(crate) async fn audit(&self) -> Vec<Value> {
        self.get("/audit?limit=200").await["events"].as_array().unwrap().clone()
    }
}
