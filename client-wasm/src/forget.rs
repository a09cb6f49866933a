//! Forgetting this device: key and token are one database, so nothing can be left over.

use wasm_bindgen::JsValue;

use crate::{Failure, device_key};

/// Deletes all that this module ever kept.
///
/// # Errors
/// [`Failure::StorageFailed`].
pub async fn everything() -> Result<JsValue, Failure> {
    device_key::delete().await.map(|()| JsValue::UNDEFINED)
}
