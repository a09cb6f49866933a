//! The JWK Set of a family's public keys (RFC 7517, 5; RFC 8037, 2).

use ed25519_dalek::VerifyingKey;
use serde::Deserialize;

use crate::base64url;
use crate::device_key::read_public_key;
use crate::error::KeySetError;
use crate::json::Object;
use crate::keys::KeyId;

#[derive(Deserialize)]
struct JwkSet {
    keys: Vec<Object<Jwk>>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    crv: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    alg: Option<String>,
    kid: Option<String>,
    x: Option<String>,
}

impl Jwk {
    /// Whether it verifies Ed25519 signatures; everything else in the set is none of our business.
    fn is_for_signatures(&self) -> bool {
        self.kty == "OKP"
            && self.crv.as_deref() == Some("Ed25519")
            && matches!(self.purpose.as_deref(), None | Some("sig"))
            && matches!(self.alg.as_deref(), None | Some("EdDSA" | "Ed25519"))
    }
}

pub(crate) fn read(text: &str) -> Result<Vec<(KeyId, VerifyingKey)>, KeySetError> {
    let Object(set) = serde_json::from_str::<Object<JwkSet>>(text).map_err(|_| KeySetError::Malformed)?;
    let mut keys = Vec::new();
    for Object(jwk) in set.keys {
        if !jwk.is_for_signatures() {
            continue;
        }
        let id = KeyId::parse(jwk.kid.as_deref().unwrap_or_default()).map_err(|_| KeySetError::BadKeyId)?;
        let bytes = jwk.x.as_deref().and_then(base64url::decode_array).ok_or(KeySetError::BadKey)?;
        keys.push((id, read_public_key(&bytes).ok_or(KeySetError::BadKey)?));
    }
    Ok(keys)
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
