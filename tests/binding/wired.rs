//! A device on the wire: a key and a token without a browser.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};

use crate::product::{Account, Somebody, run};
use crate::support::{Answer, Wire};

const CONFIRM: &str = "/api/v1/enrollments/confirm";
pub(crate) const CHALLENGE: &str = "/api/v1/device/challenge";
pub(crate) const PROVE: &str = "/api/v1/device/prove";

/// One that is enrolled.
#[derive(Debug)]
pub(crate) struct Wired {
    pub(crate) wire: Wire,
    key: SigningKey,
    pub(crate) token: String,
}

impl Wired {
    pub(crate) fn enroll(account: &Account, somebody: &Somebody, seed: u8) -> Self {
        let key = SigningKey::from_bytes(&[seed; 32]);
        let mut wire = account.wire();
        let confirmed = run(async {
            let code = wire.ask(account.site(), &somebody.person.address).await.code();
            let body = json!({ "code": code, "kind": "own", "device_key": public(&key) });
            wire.post(CONFIRM, &body).await
        });
        assert_eq!(confirmed.status, 200, "{}", confirmed.text());
        let token = confirmed.json()["device_token"].as_str().unwrap().to_owned();
        Self { wire, key, token }
    }

    /// A proof with this token for a challenge that was asked for now.
    pub(crate) fn proof(&mut self, account: &Account, token: &str) -> Value {
        let challenge = challenge(&mut self.wire);
        proof(&self.key, &account.origin, &challenge, token)
    }

    pub(crate) fn offer(&mut self, proof: &Value) -> Answer {
        run(self.wire.post(PROVE, proof))
    }
}

fn public(key: &SigningKey) -> String {
    Base64UrlUnpadded::encode_string(key.verifying_key().as_bytes())
}

/// Something to sign.
pub(crate) fn challenge(wire: &mut Wire) -> String {
    let answer = run(wire.post(CHALLENGE, &json!({})));
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["challenge"].as_str().unwrap().to_owned()
}

/// What is posted.
pub(crate) fn proof(key: &SigningKey, origin: &str, challenge: &str, token: &str) -> Value {
    let message = ["device-proof", origin, challenge, token].join("\n");
    json!({
        "origin": origin,
        "device_key": public(key),
        "challenge": challenge,
        "device_token": token,
        "signature": Base64UrlUnpadded::encode_string(&key.sign(message.as_bytes()).to_bytes()),
    })
}
