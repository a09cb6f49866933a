//! Signatures that the platform verifies (`WebCrypto`): of passkeys and of Cloudflare Access.

use base64ct::{Base64UrlUnpadded, Encoding};
use enrollment_rules::passkey::PublicKey;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Crypto, CryptoKey, SubtleCrypto};
use worker::js_sys::{Array, Object, Reflect, Uint8Array, global};
use worker::wasm_bindgen_futures::JsFuture;

use crate::failure::Failure;

/// Is it this key's signature over this message? A key that is none, such as a point that is not on the curve, has none.
pub(crate) async fn verify(key: &PublicKey, signature: &[u8], message: &[u8]) -> Result<bool, Failure> {
    let algorithm = match key {
        PublicKey::Es256(_) => object(&[("name", "ECDSA"), ("namedCurve", "P-256"), ("hash", "SHA-256")])?,
        PublicKey::EdDsa(_) => object(&[("name", "Ed25519")])?,
        PublicKey::Rs256(_) => object(&[("name", "RSASSA-PKCS1-v1_5"), ("hash", "SHA-256")])?,
    };
    let crypto: Crypto =
        Reflect::get(&global(), &"crypto".into()).map_err(unavailable)?.dyn_into().map_err(unavailable)?;
    let subtle = crypto.subtle();
    let Some(key) = import(&subtle, key, &algorithm).await? else { return Ok(false) };
    let (signature, message) = (Uint8Array::from(signature), Uint8Array::from(message));
    let verifying = subtle
        .verify_with_object_and_js_u8_array_and_js_u8_array(&algorithm, &key, &signature, &message)
        .map_err(unavailable)?;
    Ok(JsFuture::from(verifying).await.is_ok_and(|holds| holds.is_truthy()))
}

async fn import(
    subtle: &SubtleCrypto,
    key: &PublicKey,
    algorithm: &Object,
) -> Result<Option<CryptoKey>, Failure> {
    let text = |bytes: &[u8]| Base64UrlUnpadded::encode_string(bytes);
    let jwk = match key {
        PublicKey::Es256(point) => {
            let (x, y) = point.split_at_checked(32).ok_or(Failure::Internal("a stored public key"))?;
            object(&[("kty", "EC"), ("crv", "P-256"), ("x", &text(x)), ("y", &text(y))])?
        }
        PublicKey::EdDsa(x) => object(&[("kty", "OKP"), ("crv", "Ed25519"), ("x", &text(x))])?,
        PublicKey::Rs256(modulus) => object(&[("kty", "RSA"), ("n", &text(modulus)), ("e", "AQAB")])?,
    };
    let usages = Array::of1(&"verify".into());
    let importing =
        subtle.import_key_with_object("jwk", &jwk, algorithm, false, &usages).map_err(unavailable)?;
    Ok(JsFuture::from(importing).await.ok().and_then(|key| key.dyn_into().ok()))
}

fn object(members: &[(&str, &str)]) -> Result<Object, Failure> {
    let object = Object::new();
    for (name, value) in members {
        Reflect::set(&object, &(*name).into(), &(*value).into()).map_err(unavailable)?;
    }
    Ok(object)
}

fn unavailable(_: JsValue) -> Failure {
    Failure::Unavailable("WebCrypto")
}
