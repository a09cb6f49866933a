//! WebCrypto: can it make an Ed25519 key that no script can read? The key of this probe is used once and dropped.

use enrollment_rules::readiness::Outcome;
use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::JsValue;
use web_sys::CryptoKey;

use crate::{
    browser::{self, expected, outcome, present, property, settled},
    device_key,
};

/// An Ed25519 signature.
const SIGNATURE_BYTES: u32 = 64;

/// Makes such a key, looks whether it is one, and signs.
pub async fn probe() -> Outcome {
    match present(&["crypto", "subtle"]) {
        Ok(_subtle) => outcome(&make_and_sign().await),
        Err(missing) => missing,
    }
}

async fn make_and_sign() -> Result<(), JsValue> {
    let pair = device_key::generate().await?;
    let key = if pair.is_object() { property(&pair, "privateKey") } else { JsValue::UNDEFINED };
    let key: CryptoKey = expected(key)?;
    let is_ed25519 = property(&property(&key, "algorithm"), "name") == device_key::ALGORITHM;
    if !device_key::is_unreadable(&key) || !is_ed25519 {
        return Err(JsValue::UNDEFINED);
    }
    let bytes = Uint8Array::new_with_length(SIGNATURE_BYTES);
    let signature = settled(browser::sign(device_key::ALGORITHM, &key, &bytes)).await?;
    let signature: ArrayBuffer = expected(signature)?;
    if property(&signature, "byteLength") == SIGNATURE_BYTES { Ok(()) } else { Err(JsValue::UNDEFINED) }
}
