//! The device key: WebCrypto Ed25519, non-extractable, one per browser profile, kept in IndexedDB as the `CryptoKey` objects
//! themselves. This module never sees the private key's bytes, and nor does any script.

use device_token::DevicePublicKey;
use js_sys::{Array, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::CryptoKey;

use crate::{
    Failure, browser,
    database::{self, Database},
};

/// The database of the device key and the device token.
pub const DATABASE: &str = "device-enrollment";
/// Where the key pair is, as `{publicKey, privateKey}`.
const KEY: &str = "key";
/// As WebCrypto names it.
pub(crate) const ALGORITHM: &str = "Ed25519";

/// The export's body.
///
/// # Errors
/// As [`load_or_create`].
pub async fn public_key_text() -> Result<JsValue, Failure> {
    Ok(JsValue::from_str(&load_or_create().await?.to_string()))
}

/// The device key, made if there is none.
///
/// Two tabs may get here at once: adding never replaces, so both end with the key of the one that was first.
///
/// # Errors
/// [`Failure::KeyUnavailable`], [`Failure::StorageFailed`].
pub async fn load_or_create() -> Result<DevicePublicKey, Failure> {
    if let Some(public_key) = load().await? {
        return Ok(public_key);
    }
    let pair = generate().await.map_err(|_thrown| Failure::KeyUnavailable)?;
    let database = Database::open(DATABASE).await.map_err(storage_failed)?;
    let _another_tab_was_first = database.add(KEY, &pair).await;
    drop(database);
    load().await?.ok_or(Failure::StorageFailed)
}

/// The device key of this browser profile, if there is one.
///
/// Something else under the key's name, a key that a script could read included, is no device key: it is removed.
///
/// # Errors
/// [`Failure::StorageFailed`].
pub async fn load() -> Result<Option<DevicePublicKey>, Failure> {
    let database = Database::open(DATABASE).await.map_err(storage_failed)?;
    let kept = database.get(KEY).await.map_err(storage_failed)?;
    if kept.is_undefined() {
        return Ok(None);
    }
    let public_key = public_key_of(&kept).await;
    if public_key.is_none() {
        database.remove(KEY).await.map_err(storage_failed)?;
    }
    Ok(public_key)
}

/// A new key pair, as WebCrypto makes it.
///
/// # Errors
/// What the browser threw.
#[must_use]
pub fn generate() -> JsFuture {
    let usages = Array::of2(&"sign".into(), &"verify".into());
    browser::settled(browser::generate_key(ALGORITHM, false, &usages))
}

/// Whether this is a private key that no script can read.
pub(crate) fn is_unreadable(key: &CryptoKey) -> bool {
    browser::property(key, "extractable") == false && browser::property(key, "type") == "private"
}

async fn public_key_of(kept: &JsValue) -> Option<DevicePublicKey> {
    let private_key: CryptoKey = browser::property(kept, "privateKey").dyn_into().ok()?;
    let public_key: CryptoKey = browser::property(kept, "publicKey").dyn_into().ok()?;
    if !is_unreadable(&private_key) {
        return None;
    }
    let raw = browser::settled(browser::export_key("raw", &public_key)).await.ok()?;
    let bytes: [u8; 32] = Uint8Array::new(&raw).to_vec().try_into().ok()?;
    DevicePublicKey::from_bytes(bytes).ok()
}

/// Deletes the key and all that is kept beside it.
///
/// # Errors
/// [`Failure::StorageFailed`].
pub async fn delete() -> Result<(), Failure> {
    database::delete(DATABASE).await.map_err(storage_failed)
}

pub(crate) fn storage_failed(_thrown: JsValue) -> Failure {
    Failure::StorageFailed
}
