//! The JWK Set of a family's public keys (RFC 7517, 5; RFC 8037, 2).

use ed25519_dalek::VerifyingKey;

use crate::base64url;
use crate::device_key::read_public_key;
use crate::error::KeySetError;
use crate::json::{Members, Value};
use crate::keys::KeyId;

pub(crate) fn read(text: &str) -> Result<Vec<(KeyId, VerifyingKey)>, KeySetError> {
    let set = Value::read(text.as_bytes()).and_then(Value::object);
    let values = set.and_then(|mut set| set.take("keys")?.array()).ok_or(KeySetError::Malformed)?;
    let mut keys = Vec::new();
    for value in values {
        let mut jwk = value.object().ok_or(KeySetError::Malformed)?;
        if !is_for_signatures(&mut jwk) {
            continue;
        }
        let id = KeyId::parse(jwk.text("kid").unwrap_or_default()).map_err(|_| KeySetError::BadKeyId)?;
        let bytes = jwk.text("x").and_then(base64url::decode_array).ok_or(KeySetError::BadKey)?;
        keys.push((id, read_public_key(&bytes).ok_or(KeySetError::BadKey)?));
    }
    Ok(keys)
}

/// Whether it verifies Ed25519 signatures; everything else in the set is none of our business (RFC 7517, 5).
fn is_for_signatures(jwk: &mut Members<'_>) -> bool {
    jwk.text("kty") == Some("OKP")
        && jwk.text("crv") == Some("Ed25519")
        && matches!(jwk.take("use"), None | Some(Value::Null | Value::Text("sig")))
        && matches!(jwk.take("alg"), None | Some(Value::Null | Value::Text("EdDSA" | "Ed25519")))
}

pub(crate) fn write(keys: &[(KeyId, VerifyingKey)]) -> String {
    let mut json = String::from("{\"keys\":[");
    for (index, (id, key)) in keys.iter().enumerate() {
        if index > 0 {
            json.push(',');
        }
        for part in [
            "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"use\":\"sig\",\"kid\":\"",
            id.as_str(),
            "\",\"x\":\"",
            &base64url::encode(key.as_bytes()),
            "\"}",
        ] {
            json.push_str(part);
        }
    }
    json.push_str("]}");
    json
}
