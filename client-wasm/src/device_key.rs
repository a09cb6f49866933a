//! The device key: WebCrypto Ed25519, non-extractable, one per browser profile, kept in IndexedDB as the `CryptoKey` objects
//! themselves. This module never sees the private key's bytes, and nor does any script.

use device_token::{DevicePublicKey, ProofSignature};
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
    let database = Database::open(DATABASE).await.map_err(storage_failed)?;
    if let Some(pair) = load_from(&database).await? {
        return Ok(pair.public_key);
    }
    let pair = generate().await.map_err(|_thrown| Failure::KeyUnavailable)?;
    let _another_tab_was_first = database.add(KEY, &pair).await;
    Ok(load_from(&database).await?.ok_or(Failure::StorageFailed)?.public_key)
}

/// The device key of this browser profile, if there is one.
///
/// Something else under the key's name, a key that a script could read included, is no device key: it is removed.
///
/// # Errors
/// [`Failure::StorageFailed`].
pub async fn load() -> Result<Option<DevicePublicKey>, Failure> {
    let database = Database::open(DATABASE).await.map_err(storage_failed)?;
    Ok(load_from(&database).await?.map(|pair| pair.public_key))
}

/// The device key, as far as it can be had: the private one signs, and shows its bytes to nobody.
#[derive(Debug)]
pub struct KeyPair {
    /// Whose proofs these are.
    pub public_key: DevicePublicKey,
    /// Non-extractable.
    pub private_key: CryptoKey,
}

/// As [`load`], from a database that is open.
///
/// # Errors
/// [`Failure::StorageFailed`].
pub async fn load_from(database: &Database) -> Result<Option<KeyPair>, Failure> {
    let kept = database.get(KEY).await.map_err(storage_failed)?;
    if kept.is_undefined() {
        return Ok(None);
    }
    let pair = pair_of(&kept).await;
    if pair.is_none() {
        database.remove(KEY).await.map_err(storage_failed)?;
    }
    Ok(pair)
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

/// The private key's signature over these bytes.
///
/// # Errors
/// [`Failure::KeyUnavailable`].
pub async fn sign(private_key: &CryptoKey, bytes: &[u8]) -> Result<ProofSignature, Failure> {
    let signed = browser::sign(ALGORITHM, private_key, &Uint8Array::from(bytes));
    let signature = browser::settled(signed).await.map_err(|_thrown| Failure::KeyUnavailable)?;
    let bytes = Uint8Array::new(&signature).to_vec().try_into();
    bytes.map(ProofSignature::from_bytes).map_err(|_nonsense| Failure::KeyUnavailable)
}

async fn pair_of(kept: &JsValue) -> Option<KeyPair> {
    let private_key: CryptoKey = browser::property(kept, "privateKey").dyn_into().ok()?;
    let public_key: CryptoKey = browser::property(kept, "publicKey").dyn_into().ok()?;
    if !is_unreadable(&private_key) {
        return None;
    }
    let raw = browser::settled(browser::export_key("raw", &public_key)).await.ok()?;
    let bytes: [u8; 32] = Uint8Array::new(&raw).to_vec().try_into().ok()?;
    let public_key = DevicePublicKey::from_bytes(bytes).ok()?;
    Some(KeyPair { public_key, private_key })
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
