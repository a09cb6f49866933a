//! IndexedDB with promises: one object store, keys given by the caller, one request per transaction.
//!
//! A write counts once its transaction is complete, not when the request succeeded: a full disk or a closing window shows only
//! there.

use js_sys::Promise;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    IdbDatabase, IdbObjectStore, IdbOpenDbRequest, IdbRequest, IdbTransaction, IdbTransactionMode,
};

use crate::browser;

const STORE: &str = "device";

/// An open database; closed when dropped, so that deleting it is never held up.
#[derive(Debug)]
pub struct Database(IdbDatabase);

impl Database {
    /// Opens the database, made if there is none.
    ///
    /// # Errors
    /// What the browser threw.
    pub async fn open(name: &str) -> Result<Self, JsValue> {
        let request = browser::open_database(name, 1)?;
        request.set_onupgradeneeded(Some(Closure::once_into_js(make_store).unchecked_ref()));
        Ok(Self(result_of(&request).await?.unchecked_into()))
    }

    /// The value kept under `key`, or `undefined`.
    ///
    /// # Errors
    /// What the browser threw.
    pub async fn get(&self, key: &str) -> Result<JsValue, JsValue> {
        let (_transaction, store) = self.store(IdbTransactionMode::Readonly)?;
        result_of(&store.get(&key.into())?).await
    }

    /// Keeps `value` under `key`, unless there is one already: then it is an error and the old value stays.
    ///
    /// # Errors
    /// What the browser threw.
    pub async fn add(&self, key: &str, value: &JsValue) -> Result<(), JsValue> {
        let (transaction, store) = self.store(IdbTransactionMode::Readwrite)?;
        written(&transaction, &store.add_with_key(value, &key.into())?).await
    }

    /// Keeps `value` under `key`, in place of an older one.
    ///
    /// # Errors
    /// What the browser threw.
    pub async fn put(&self, key: &str, value: &JsValue) -> Result<(), JsValue> {
        let (transaction, store) = self.store(IdbTransactionMode::Readwrite)?;
        written(&transaction, &store.put_with_key(value, &key.into())?).await
    }

    /// Removes what is kept under `key`, if anything.
    ///
    /// # Errors
    /// What the browser threw.
    pub async fn remove(&self, key: &str) -> Result<(), JsValue> {
        let (transaction, store) = self.store(IdbTransactionMode::Readwrite)?;
        written(&transaction, &store.delete(&key.into())?).await
    }

    fn store(&self, mode: IdbTransactionMode) -> Result<(IdbTransaction, IdbObjectStore), JsValue> {
        let transaction = self.0.transaction_with_str_and_mode(STORE, mode)?;
        let store = transaction.object_store(STORE)?;
        Ok((transaction, store))
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.0.close();
    }
}

/// Deletes a database; one that is not there is deleted already.
///
/// # Errors
/// What the browser threw.
pub async fn delete(name: &str) -> Result<(), JsValue> {
    let request = browser::delete_database(name)?;
    result_of(&request).await.map(drop)
}

/// The handler of `upgradeneeded`. What it throws aborts the upgrade, which is then an error of the open request.
#[expect(clippy::needless_pass_by_value, reason = "what a handler is called with")]
fn make_store(event: JsValue) -> Result<(), JsValue> {
    let request: IdbOpenDbRequest = browser::property(&event, "target").unchecked_into();
    let database: IdbDatabase = request.result()?.unchecked_into();
    database.create_object_store(STORE).map(drop)
}

async fn result_of(request: &IdbRequest) -> Result<JsValue, JsValue> {
    let settled = Promise::new(&mut |resolve, reject| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
    });
    match JsFuture::from(settled).await {
        Ok(_event) => request.result(),
        Err(event) => Err(request.error()?.map_or(event, JsValue::from)),
    }
}

/// The request's own error is the better evidence: an aborted transaction may have none.
async fn written(transaction: &IdbTransaction, request: &IdbRequest) -> Result<(), JsValue> {
    let settled = Promise::new(&mut |resolve, reject| {
        transaction.set_oncomplete(Some(&resolve));
        transaction.set_onabort(Some(&reject));
    });
    match JsFuture::from(settled).await {
        Ok(_event) => Ok(()),
        Err(event) => Err(request.error()?.or_else(|| transaction.error()).map_or(event, JsValue::from)),
    }
}
