//! Keeping the device token: only one that the issuer signed for this origin and account, and only beside its own key.
//!
//! A page that was tampered with could hand over somebody else's token; what is kept here is later proved with, so it is checked
//! as strictly as the edge checks it. Whether it is still good at this hour is the edge's business: there is no clock here.

use core::{future::Future, pin::Pin};

use device_token::{
    AccountId, Audience, DeviceFamily, DevicePublicKey, Origin, UnverifiedDeviceToken, VerifyingKeys,
};
use js_sys::JSON;
use wasm_bindgen::JsValue;

use crate::{
    Failure, browser,
    database::Database,
    device_key::{self, DATABASE, storage_failed},
    edge,
};

/// Where the token is, beside the key.
const TOKEN: &str = "token";
const ISSUER_KEYS: &str = "/.well-known/jwks.json";

/// The export's body.
///
/// # Errors
/// As [`verify`] and [`store`], and [`Failure::IssuerKeysUnavailable`].
pub async fn keep(device_token: String) -> Result<JsValue, Failure> {
    let key_set = key_set().await?;
    let origin = browser::origin().ok_or(Failure::ForeignIssuerKeys)?;
    let database = Database::open(DATABASE).await.map_err(storage_failed)?;
    let own_key = device_key::load_from(&database).await?.ok_or(Failure::KeyMissing)?.public_key;
    verify(&device_token, &key_set, &origin, &own_key)?;
    store_in(&database, &device_token).await.map(|()| JsValue::UNDEFINED)
}

/// Asks the edge for its public keys: [`verify`]'s key set.
///
/// # Errors
/// [`Failure::IssuerKeysUnavailable`].
pub(crate) fn key_set() -> Pin<Box<dyn Future<Output = Result<String, Failure>>>> {
    let asked = edge::get(ISSUER_KEYS);
    Box::pin(async {
        let answer = asked.await.ok().filter(|answer| answer.status == 200);
        answer.map(|answer| answer.text).ok_or(Failure::IssuerKeysUnavailable)
    })
}

/// Checks the token against the key set (with its members `issuer` and `account`), the page's origin and the device key.
///
/// # Errors
/// [`Failure::IssuerKeysUnavailable`], [`Failure::ForeignIssuerKeys`], [`Failure::Token`], [`Failure::ForeignKey`].
pub fn verify(
    device_token: &str,
    key_set: &str,
    origin: &str,
    own_key: &DevicePublicKey,
) -> Result<(), Failure> {
    let keys =
        VerifyingKeys::<DeviceFamily>::from_jwks(key_set).map_err(|_error| Failure::IssuerKeysUnavailable)?;
    let members = JSON::parse(key_set).map_err(|_thrown| Failure::IssuerKeysUnavailable)?;
    let member = |name| browser::property(&members, name).as_string().ok_or(Failure::IssuerKeysUnavailable);
    if member("issuer")? != origin {
        return Err(Failure::ForeignIssuerKeys);
    }
    let audience = Audience {
        issuer: Origin::parse(origin).map_err(|_error| Failure::ForeignIssuerKeys)?,
        account: AccountId::parse(&member("account")?).map_err(|_error| Failure::IssuerKeysUnavailable)?,
    };
    let token = UnverifiedDeviceToken::parse(device_token)?.verify(&keys, &audience)?;
    if token.claims().device_key() == own_key { Ok(()) } else { Err(Failure::ForeignKey) }
}

/// Writes the token beside the key; where that is gone, there is nothing to write it beside.
///
/// # Errors
/// [`Failure::StorageFailed`].
pub async fn store(device_token: &str) -> Result<(), Failure> {
    let database = Database::open_existing(DATABASE).await.map_err(storage_failed)?;
    store_in(&database, device_token).await
}

async fn store_in(database: &Database, device_token: &str) -> Result<(), Failure> {
    database.put(TOKEN, &device_token.into()).await.map_err(storage_failed)
}

/// The kept token, if there is one.
///
/// # Errors
/// [`Failure::StorageFailed`].
pub async fn load() -> Result<Option<String>, Failure> {
    load_from(&Database::open(DATABASE).await.map_err(storage_failed)?).await
}

/// As [`load`], from a database that is open.
///
/// # Errors
/// [`Failure::StorageFailed`].
pub async fn load_from(database: &Database) -> Result<Option<String>, Failure> {
    Ok(database.get(TOKEN).await.map_err(storage_failed)?.as_string())
}
