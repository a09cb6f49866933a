//! Proving: with the key and the token kept here, a fresh cookie and a fresh token from the edge.
//!
//! The kept token is what is signed, so it is checked as strictly as when it was kept: another person's, put in its place, must not
//! make this browser prove for them. What a device key signs is device-token's business; what follows from it, the edge's.

use core::{future::Future, pin::Pin};

use device_token::{Origin, proof_message};
use js_sys::JSON;
use wasm_bindgen::JsValue;

use crate::{
    Failure,
    browser::{self, object},
    database::Database,
    device_key::{self, DATABASE, KeyPair},
    edge::{self, said},
    kept_token,
};

const CHALLENGE: &str = "/api/v1/device/challenge";
const PROVE: &str = "/api/v1/device/prove";

/// What a browser proves with, for whom, and what else it says.
struct Proof {
    key: KeyPair,
    token: String,
    origin: String,
    pressed: bool,
    to: JsValue,
}

/// The export's body. `pressed` says that the person pressed something for it; `to` is where they go on to, and what comes of it.
///
/// # Errors
/// [`Failure::NothingKept`]; as [`kept_token::verify`]; [`Failure::KeyUnavailable`]; [`Failure::EdgeUnreachable`], [`Failure::EdgeUnavailable`],
/// [`Failure::Refused`].
pub async fn prove(pressed: bool, to: JsValue) -> Result<JsValue, Failure> {
    let (key, token) = load().await.ok_or(Failure::NothingKept)?;
    let origin = browser::origin().ok_or(Failure::ForeignIssuerKeys)?;
    let proof = Proof { key, token, origin, pressed, to };
    // Both are asked for before either is awaited.
    let (asked, key_set) = (challenge(), kept_token::key_set());
    let made = asked.await?;
    let key_set = key_set.await?;
    let is_ours = |token: &str| kept_token::verify(token, &key_set, &proof.origin, &proof.key.public_key);
    is_ours(&proof.token)?;

    let (fresh, path) = proof.offered(&made).await?;
    // The cookie counts, and the former token proves as well: one that cannot be kept costs nothing.
    if is_ours(&fresh).is_ok() {
        let _kept = kept_token::store(&fresh).await;
    }
    Ok(path)
}

/// The key and the token. However it is that there are none: there is nothing to prove with.
async fn load() -> Option<(KeyPair, String)> {
    let database = Database::open_existing(DATABASE).await.ok()?;
    let key = device_key::load_from(&database).await.ok()??;
    Some((key, kept_token::load_from(&database).await.ok()??))
}

/// Something to sign.
fn challenge() -> Pin<Box<dyn Future<Output = Result<String, Failure>>>> {
    let asked = edge::post(CHALLENGE, "{}");
    Box::pin(async {
        let (_answer, challenge) = said(asked.await, "challenge")?;
        challenge.as_string().ok_or(Failure::EdgeUnavailable)
    })
}

impl Proof {
    /// Signs the challenge and sends it: the new token, and the path to go on to.
    async fn offered(&self, challenge: &str) -> Result<(String, JsValue), Failure> {
        let origin = Origin::parse(&self.origin).map_err(|_error| Failure::ForeignIssuerKeys)?;
        let message = proof_message(&origin, challenge, &self.token);
        let signature = device_key::sign(&self.key.private_key, message.as_bytes()).await?;
        let body = object(&[
            ("origin", self.origin.as_str().into()),
            ("device_key", self.key.public_key.to_string().into()),
            ("challenge", challenge.into()),
            ("device_token", self.token.as_str().into()),
            ("signature", signature.to_string().into()),
            ("pressed", self.pressed.into()),
            ("to", self.to.clone()),
        ]);
        // Strings and a boolean: there is nothing in it that could not be written.
        let body = JSON::stringify(&body).map(String::from).unwrap_or_default();
        let (answer, path) = said(edge::post(PROVE, &body).await, "to")?;
        Ok((answer.member("device_token").as_string().unwrap_or_default(), path))
    }
}
