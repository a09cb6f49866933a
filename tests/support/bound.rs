//! A browser that keeps a device key and a token, and proves with them.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};

use super::{Answer, Site, Wire};

/// Where a code is confirmed.
pub(crate) const CONFIRM: &str = "/api/v1/enrollments/confirm";
/// Where a proof is given.
pub(crate) const PROVE: &str = "/api/v1/device/prove";

/// A browser on the wire with a device key.
#[derive(Debug, Clone)]
pub(crate) struct Bound {
    pub(crate) wire: Wire,
    pub(crate) key: SigningKey,
    pub(crate) token: String,
}

pub(crate) fn b64(bytes: impl AsRef<[u8]>) -> String {
    Base64UrlUnpadded::encode_string(bytes.as_ref())
}

impl Bound {
    pub(crate) async fn enroll(site: &Site, address: &str, seed: u8) -> Self {
        let mut wire = Wire::to(&site.origin);
        let code = wire.ask(site, address).await.code();
        Self::confirm(wire, &code, SigningKey::from_bytes(&[seed; 32])).await
    }

    /// Confirms a code with this key, which must work.
    pub(crate) async fn confirm(mut wire: Wire, code: &str, key: SigningKey) -> Self {
        let body = json!({ "code": code, "kind": "own", "device_key": b64(key.verifying_key()) });
        let confirmed = wire.post(CONFIRM, &body).await;
        assert_eq!(confirmed.status, 200, "{}", confirmed.text());
        let token = confirmed.json()["device_token"].as_str().unwrap().to_owned();
        Self { wire, key, token }
    }

    pub(crate) async fn challenge(&mut self) -> String {
        let answer = self.wire.post("/api/v1/device/challenge", &json!({})).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["challenge"].as_str().unwrap().to_owned()
    }

    /// The body of a proof for this challenge.
    pub(crate) fn proof(&self, challenge: &str) -> Value {
        let origin = &self.wire.origin;
        let message = ["device-proof", origin, challenge, &self.token].join("\n");
        json!({
            "origin": origin,
            "device_key": b64(self.key.verifying_key()),
            "challenge": challenge,
            "device_token": self.token,
            "signature": b64(self.key.sign(message.as_bytes()).to_bytes()),
        })
    }

    pub(crate) async fn offer(&mut self, proof: &Value) -> Answer {
        self.wire.post(PROVE, proof).await
    }

    pub(crate) async fn prove(&mut self) -> Answer {
        let challenge = self.challenge().await;
        let proof = self.proof(&challenge);
        self.offer(&proof).await
    }

    pub(crate) async fn device_id(&mut self) -> Value {
        self.wire.get("/api/v1/device").await.json()["device_id"].clone()
    }
}
