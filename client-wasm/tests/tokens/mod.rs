//! Tokens of an issuer of these tests' own, and the key of the browser that they run in.

use client_wasm::{device_key, forget};
use device_token::{
    Binding, DeviceFamily, DeviceId, DevicePublicKey, DeviceToken, DeviceTokenClaims, SigningKeys, Statement,
    StatementParts, Timestamp, UserId,
};
use js_sys::Promise;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

fn issuer(seed: &str) -> SigningKeys<DeviceFamily> {
    let key = [r#"[{"kid":"k1","status":"active","seed":""#, seed, r#""}]"#].concat();
    SigningKeys::from_json(&key).unwrap()
}

pub(crate) fn own_issuer() -> SigningKeys<DeviceFamily> {
    issuer("AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE")
}

pub(crate) fn strange_issuer() -> SigningKeys<DeviceFamily> {
    issuer("AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI")
}

/// The key set as the edge serves it: RFC 7517 with the members `issuer` and `account`.
pub(crate) fn key_set(keys: &SigningKeys<DeviceFamily>, origin: &str, account: &str) -> String {
    let keys = keys.verifying().to_jwks();
    let members = [r#"{"issuer":""#, origin, r#"","account":""#, account, r#"","#].concat();
    keys.replacen('{', &members, 1)
}

pub(crate) fn token(
    keys: &SigningKeys<DeviceFamily>,
    origin: &str,
    account: &str,
    device_key: DevicePublicKey,
) -> String {
    let now = Timestamp::from_seconds(1_800_000_000).unwrap();
    let statement = Statement::new(StatementParts {
        issuer: origin.parse().unwrap(),
        account: account.parse().unwrap(),
        user: UserId::from_bytes([1; 16]),
        device: DeviceId::from_bytes([2; 16]),
        auth_time: now,
        issued_at: now,
        expires_at: now.plus_seconds(30 * 86_400),
        binding: Binding::Key { proven_at: now },
        acted_at: now,
    })
    .unwrap();
    keys.sign::<DeviceToken>(&DeviceTokenClaims::new(statement, device_key).unwrap())
}

/// A key that is on the curve and nobody's here: RFC 8032, 7.1, test 1.
pub(crate) fn another_key() -> DevicePublicKey {
    DevicePublicKey::parse("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").unwrap()
}

pub(crate) async fn own_key() -> DevicePublicKey {
    device_key::load_or_create().await.unwrap()
}

pub(crate) async fn settled(promise: JsValue) -> Result<JsValue, JsValue> {
    JsFuture::from(promise.unchecked_into::<Promise>()).await
}

/// Tests of one browser share its storage, so each begins with none.
pub(crate) async fn nothing_kept() {
    forget::everything().await.unwrap();
}
