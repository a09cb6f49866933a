//! A passkey in software: it does what authenticator and browser do, and says whatever a test has it say.

use std::sync::atomic::{AtomicU32, Ordering};

use base64ct::{Base64UrlUnpadded, Encoding as _};
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::RsaKey;

/// Flags of authenticator data: somebody touched it, and it made sure who.
pub(crate) const PRESENT: u8 = 1;
pub(crate) const VERIFIED: u8 = 1 << 2;
const MADE: u8 = 1 << 6;

/// A credential and its key.
#[derive(Debug)]
pub(crate) struct Passkey {
    key: Key,
    id: Vec<u8>,
}

#[derive(Debug)]
enum Key {
    Ed25519(Box<SigningKey>),
    Rs256(Box<RsaKey>),
}

/// What is said of page, person and purpose: right, unless a test changes it.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    pub(crate) kind: &'static str,
    pub(crate) challenge: String,
    pub(crate) origin: String,
    pub(crate) cross_origin: bool,
    pub(crate) relying_party: String,
    pub(crate) flags: u8,
    /// 0 does not count.
    pub(crate) counter: u32,
}

impl Said {
    /// The right answer to these options on a page of `origin`.
    pub(crate) fn to(options: &Value, origin: &str) -> Self {
        let (kind, relying_party) = match options.get("rpId") {
            Some(id) => ("webauthn.get", id),
            None => ("webauthn.create", &options["rp"]["id"]),
        };
        Self {
            kind,
            challenge: options["challenge"].as_str().unwrap().to_owned(),
            origin: origin.to_owned(),
            cross_origin: false,
            relying_party: relying_party.as_str().unwrap().to_owned(),
            flags: PRESENT | VERIFIED,
            counter: 0,
        }
    }

    fn client_data(&self) -> Vec<u8> {
        let data = json!({
            "type": self.kind,
            "challenge": self.challenge,
            "origin": self.origin,
            "crossOrigin": self.cross_origin,
            "other_keys_can_be_added_here": "as browsers do",
        });
        data.to_string().into_bytes()
    }

    fn authenticator_data(&self, more_flags: u8, rest: &[u8]) -> Vec<u8> {
        let hash = Sha256::digest(self.relying_party.as_bytes());
        [&hash[..], &[self.flags | more_flags], &self.counter.to_be_bytes(), rest].concat()
    }
}

impl Passkey {
    /// With an Ed25519 key.
    pub(crate) fn new() -> Self {
        let id = next();
        Self { key: Key::Ed25519(Box::new(SigningKey::from_bytes(&id))), id: id.into() }
    }

    /// With an RSA key, as older Windows Hello has it.
    pub(crate) fn rs256() -> Self {
        Self { key: Key::Rs256(Box::new(RsaKey::new())), id: next().into() }
    }

    /// The same key under the id of another.
    pub(crate) fn under_the_id_of(self, other: &Self) -> Self {
        Self { id: other.id.clone(), ..self }
    }

    pub(crate) fn id(&self) -> String {
        Base64UrlUnpadded::encode_string(&self.id)
    }

    /// As `navigator.credentials.create()` gives it.
    pub(crate) fn made(&self, said: &Said) -> Value {
        let length = u16::try_from(self.id.len()).unwrap().to_be_bytes();
        let rest = [&[0; 16], &length[..], &self.id, &self.cose_key()].concat();
        json!({
            "id": self.id(),
            "authenticator_data": Base64UrlUnpadded::encode_string(&said.authenticator_data(MADE, &rest)),
            "client_data": Base64UrlUnpadded::encode_string(&said.client_data()),
        })
    }

    /// As `navigator.credentials.get()` gives it.
    pub(crate) fn used(&self, said: &Said) -> Value {
        let (data, client_data) = (said.authenticator_data(0, &[]), said.client_data());
        let message = [&data[..], &Sha256::digest(&client_data)[..]].concat();
        json!({
            "id": self.id(),
            "authenticator_data": Base64UrlUnpadded::encode_string(&data),
            "client_data": Base64UrlUnpadded::encode_string(&client_data),
            "signature": Base64UrlUnpadded::encode_string(&self.sign(&message)),
        })
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        match &self.key {
            Key::Ed25519(key) => key.sign(message).to_bytes().to_vec(),
            Key::Rs256(key) => key.sign(message),
        }
    }

    /// The public key in its one CTAP2 canonical form.
    fn cose_key(&self) -> Vec<u8> {
        match &self.key {
            Key::Ed25519(key) => {
                let head = [0xa4, 0x01, 0x01, 0x03, 0x27, 0x20, 0x06, 0x21, 0x58, 0x20];
                [&head[..], key.verifying_key().as_bytes()].concat()
            }
            Key::Rs256(key) => {
                let head = [0xa4, 0x01, 0x03, 0x03, 0x39, 0x01, 0x00, 0x20, 0x59, 0x01, 0x00];
                [&head[..], &key.modulus(), &[0x21, 0x43, 0x01, 0x00, 0x01]].concat()
            }
        }
    }
}

/// Another one for each passkey of this run.
fn next() -> [u8; 32] {
    static COUNT: AtomicU32 = AtomicU32::new(1);
    let mut bytes = [7; 32];
    bytes[..4].copy_from_slice(&COUNT.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    bytes
}
