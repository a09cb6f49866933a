//! The device key and the device token in a real browser: what is kept, what is refused, what is forgotten.

#![cfg(target_arch = "wasm32")]
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may fail by panicking"
)]

mod tokens;

use client_wasm::{Failure, database::Database, device_key, forget, kept_token};
use device_token::TokenError;
use js_sys::{Array, Error, Function, Promise, Reflect};
use tokens::{another_key, key_set, nothing_kept, own_issuer, own_key, settled, strange_issuer, token};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};
use web_sys::CryptoKey;

wasm_bindgen_test_configure!(run_in_browser);

const ORIGIN: &str = "https://enroll.example.com";

async fn kept_private_key() -> CryptoKey {
    let database = Database::open(device_key::DATABASE).await.unwrap();
    let pair = database.get("key").await.unwrap();
    Reflect::get(&pair, &"privateKey".into()).unwrap().dyn_into().unwrap()
}

#[wasm_bindgen_test]
async fn the_key_is_made_once_and_then_loaded() {
    nothing_kept().await;
    let made = own_key().await;
    assert_eq!(own_key().await, made);
    assert_eq!(device_key::load().await, Ok(Some(made)));
    assert_eq!(device_key::public_key_text().await.unwrap().as_string(), Some(made.to_string()));
}

#[wasm_bindgen_test]
async fn loading_makes_no_key() {
    nothing_kept().await;
    assert_eq!(device_key::load().await, Ok(None));
    assert_eq!(device_key::load().await, Ok(None));
}

#[wasm_bindgen_test]
async fn two_at_once_end_with_the_same_key() {
    nothing_kept().await;
    let both = Promise::all(&Array::of2(&client_wasm::device_key(), &client_wasm::device_key()));
    let both: Array = settled(both.into()).await.unwrap().unchecked_into();
    assert!(both.get(0).is_string());
    assert_eq!(both.get(0), both.get(1));
}

#[wasm_bindgen_test]
async fn the_private_key_cannot_be_read_by_any_script() {
    nothing_kept().await;
    own_key().await;
    let private_key = kept_private_key().await;
    assert!(!private_key.extractable());
    let export = js_sys::eval("(format, key) => crypto.subtle.exportKey(format, key)").unwrap();
    let export: Function = export.unchecked_into();
    for format in ["pkcs8", "jwk", "raw"] {
        let exported = export.call2(&JsValue::UNDEFINED, &format.into(), &private_key).unwrap();
        assert!(settled(exported).await.is_err(), "{format}");
    }
}

#[wasm_bindgen_test]
async fn something_else_in_the_keys_place_is_replaced_by_a_key() {
    nothing_kept().await;
    let database = Database::open(device_key::DATABASE).await.unwrap();
    database.put("key", &JsValue::from_str("planted")).await.unwrap();
    drop(database);
    let made = own_key().await;
    assert_eq!(device_key::load().await, Ok(Some(made)));
}

#[wasm_bindgen_test]
async fn an_extractable_key_in_its_place_is_replaced() {
    nothing_kept().await;
    let planted = js_sys::eval("crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])").unwrap();
    let planted = settled(planted).await.unwrap();
    let database = Database::open(device_key::DATABASE).await.unwrap();
    database.put("key", &planted).await.unwrap();
    drop(database);
    own_key().await;
    assert!(!kept_private_key().await.extractable());
}

#[wasm_bindgen_test]
async fn a_good_token_is_kept() {
    nothing_kept().await;
    let key = own_key().await;
    let good = token(&own_issuer(), ORIGIN, "example", key);
    assert_eq!(kept_token::verify(&good, &key_set(&own_issuer(), ORIGIN, "example"), ORIGIN, &key), Ok(()));
    kept_token::store(&good).await.unwrap();
    assert_eq!(kept_token::load().await, Ok(Some(good)));
    assert_eq!(device_key::load().await, Ok(Some(key)), "the key stays beside it");
}

#[wasm_bindgen_test]
async fn every_altered_character_of_the_signature_is_refused() {
    let key = another_key();
    let good = token(&own_issuer(), ORIGIN, "example", key);
    let keys = key_set(&own_issuer(), ORIGIN, "example");
    let signature = good.rfind('.').unwrap() + 1;
    for position in signature..good.len() {
        let mut bytes = good.clone().into_bytes();
        bytes[position] = if bytes[position] == b'A' { b'B' } else { b'A' };
        let altered = String::from_utf8(bytes).unwrap();
        let refused = kept_token::verify(&altered, &keys, ORIGIN, &key);
        assert!(
            matches!(refused, Err(Failure::Token(TokenError::BadSignature | TokenError::NotCompact))),
            "{position}: {refused:?}"
        );
    }
}

#[wasm_bindgen_test]
async fn every_truncation_is_refused() {
    let key = another_key();
    let good = token(&own_issuer(), ORIGIN, "example", key);
    let keys = key_set(&own_issuer(), ORIGIN, "example");
    for length in 0..good.len() {
        let refused = kept_token::verify(&good[..length], &keys, ORIGIN, &key);
        assert!(matches!(refused, Err(Failure::Token(_))), "{length}: {refused:?}");
    }
}

#[wasm_bindgen_test]
async fn a_strangers_token_of_the_same_kid_is_refused() {
    let key = another_key();
    let forged = token(&strange_issuer(), ORIGIN, "example", key);
    assert_eq!(
        kept_token::verify(&forged, &key_set(&own_issuer(), ORIGIN, "example"), ORIGIN, &key),
        Err(Failure::Token(TokenError::BadSignature))
    );
}

#[wasm_bindgen_test]
async fn a_token_for_another_devices_key_is_refused() {
    nothing_kept().await;
    let key = own_key().await;
    let stolen = token(&own_issuer(), ORIGIN, "example", another_key());
    let refused = kept_token::verify(&stolen, &key_set(&own_issuer(), ORIGIN, "example"), ORIGIN, &key);
    assert_eq!(refused, Err(Failure::ForeignKey));
    assert_eq!(Failure::ForeignKey.code(), "token_foreign_key");
}

#[wasm_bindgen_test]
async fn another_origins_or_accounts_token_is_refused() {
    let key = another_key();
    let keys = key_set(&own_issuer(), ORIGIN, "example");
    let elsewhere = token(&own_issuer(), "https://enroll.example.net", "example", key);
    assert_eq!(
        kept_token::verify(&elsewhere, &keys, ORIGIN, &key),
        Err(Failure::Token(TokenError::ForeignIssuer))
    );
    let others = token(&own_issuer(), ORIGIN, "another", key);
    assert_eq!(
        kept_token::verify(&others, &keys, ORIGIN, &key),
        Err(Failure::Token(TokenError::ForeignAccount))
    );
}

#[wasm_bindgen_test]
async fn a_key_set_of_another_origin_or_without_its_members_is_refused() {
    let key = another_key();
    let good = token(&own_issuer(), ORIGIN, "example", key);
    let foreign = key_set(&own_issuer(), "https://enroll.example.net", "example");
    assert_eq!(kept_token::verify(&good, &foreign, ORIGIN, &key), Err(Failure::ForeignIssuerKeys));
    for bad in [own_issuer().verifying().to_jwks().as_str(), "", "[]", "null", "<html>"] {
        assert_eq!(
            kept_token::verify(&good, bad, ORIGIN, &key),
            Err(Failure::IssuerKeysUnavailable),
            "{bad}"
        );
    }
}

#[wasm_bindgen_test]
async fn without_the_edges_keys_a_token_is_refused_with_a_code_and_not_kept() {
    nothing_kept().await;
    let key = own_key().await;
    let good = token(&own_issuer(), ORIGIN, "example", key);
    let refused: Error = settled(client_wasm::keep_token(good).into()).await.unwrap_err().dyn_into().unwrap();
    assert_eq!(String::from(refused.message()), "issuer_keys_unavailable");
    assert_eq!(kept_token::load().await, Ok(None));
}

#[wasm_bindgen_test]
async fn forgetting_removes_key_and_token() {
    nothing_kept().await;
    let key = own_key().await;
    kept_token::store(&token(&own_issuer(), ORIGIN, "example", key)).await.unwrap();
    forget::everything().await.unwrap();
    assert_eq!(device_key::load().await, Ok(None));
    assert_eq!(kept_token::load().await, Ok(None));
    assert_ne!(own_key().await, key);
}

#[wasm_bindgen_test]
async fn forgetting_twice_is_no_error() {
    forget::everything().await.unwrap();
    forget::everything().await.unwrap();
}
