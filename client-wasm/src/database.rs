//! IndexedDB with promises: one object store, keys given by the caller, one request per transaction.
//!
//! A write counts once its transaction is complete, not when the request succeeded: a full disk or a closing window shows only
//! there.

use js_sys::{Function, Reflect};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{IdbDatabase, IdbObjectStore, IdbOpenDbRequest, IdbRequest};

use crate::browser::{self, DurableDatabase, Pending, either, expected, property};

const STORE: &str = "device";

/// An open database; closed when dropped, so that deleting it is never held up.
#[derive(Debug)]
pub struct Database(IdbDatabase);

impl Database {
    /// Opens the database, made if there is none.
    ///
    /// # Errors
    /// What the browser threw.
    #[must_use]
    pub fn open(name: &str) -> Pending<Self> {
        opened(opening(name, true))
    }

    /// Opens a database that there is. Looking for one that there is not leaves none behind.
    ///
    /// # Errors
    /// What the browser threw; an `AbortError` where there is none.
    #[must_use]
    pub fn open_existing(name: &str) -> Pending<Self> {
        opened(opening(name, false))
    }

    /// The value kept under `key`, or `undefined`.
    ///
    /// # Errors
    /// What the browser threw.
    #[must_use]
    pub fn get(&self, key: &str) -> Pending<JsValue> {
        result_of(self.store("readonly", "default").and_then(|store| store.get(&key.into())))
    }

    /// Keeps `value` under `key`, unless there is one already: then it is an error and the old value stays.
    ///
    /// # Errors
    /// What the browser threw.
    #[must_use]
    pub fn add(&self, key: &str, value: &JsValue) -> Pending<()> {
        written(self.writable().and_then(|store| store.add_with_key(value, &key.into())))
    }

    /// Keeps `value` under `key`, in place of an older one.
    ///
    /// # Errors
    /// What the browser threw.
    #[must_use]
    pub fn put(&self, key: &str, value: &JsValue) -> Pending<()> {
        written(self.writable().and_then(|store| store.put_with_key(value, &key.into())))
    }

    /// Removes what is kept under `key`, if anything.
    ///
    /// # Errors
    /// What the browser threw.
    #[must_use]
    pub fn remove(&self, key: &str) -> Pending<()> {
        written(self.writable().and_then(|store| store.delete(&key.into())))
    }

    /// Writes something and waits until it is as durable as asked for: `strict` or `relaxed`.
    ///
    /// # Errors
    /// What the browser threw.
    #[must_use]
    pub fn commit(&self, durability: &str) -> Pending<()> {
        let store = self.store("readwrite", durability);
        written(store.and_then(|store| store.put_with_key(&JsValue::TRUE, &"commit".into())))
    }

    fn writable(&self) -> Result<IdbObjectStore, JsValue> {
        self.store("readwrite", "default")
    }

    fn store(&self, mode: &str, durability: &str) -> Result<IdbObjectStore, JsValue> {
        let options = browser::object(&[("durability", durability.into())]);
        let database: &DurableDatabase = self.0.unchecked_ref();
        database.transaction(STORE, mode, &options)?.object_store(STORE)
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
    result_of(browser::delete_database(name).and_then(expected)).await.map(drop)
}

fn opened(begun: Result<IdbRequest, JsValue>) -> Pending<Database> {
    Box::pin(async { Ok(Database(expected(result_of(begun).await?)?)) })
}

fn opening(name: &str, or_make: bool) -> Result<IdbRequest, JsValue> {
    let request: IdbOpenDbRequest = expected(browser::open_database(name, 1)?)?;
    let handler = Closure::once_into_js(move |event| make_store(event, or_make));
    Reflect::set(&request, &"onupgradeneeded".into(), &handler)?;
    Ok(request.into())
}

/// The handler of `upgradeneeded`. What it throws aborts the upgrade, which is then an error of the open request.
#[expect(clippy::needless_pass_by_value, reason = "what a handler is called with")]
fn make_store(event: JsValue, or_make: bool) -> Result<(), JsValue> {
    let request = property(&event, "target");
    if !or_make {
        let transaction = property(&request, "transaction");
        let abort: Function = property(&transaction, "abort").unchecked_into();
        return abort.call1(&transaction, &JsValue::UNDEFINED).map(drop);
    }
    let database: IdbDatabase = property(&request, "result").unchecked_into();
    database.create_object_store(STORE).map(drop)
}

/// Boxed, as [`written`] is, so that what waits for a request is in the module once and not once per use.
fn result_of(begun: Result<IdbRequest, JsValue>) -> Pending<JsValue> {
    Box::pin(async move {
        let request = begun?;
        match either(&request, "onsuccess", "onerror").await {
            Ok(_event) => Ok(property(&request, "result")),
            Err(_event) => Err(property(&request, "error")),
        }
    })
}

/// The request's own error is the better evidence: an aborted transaction may have none.
fn written(begun: Result<IdbRequest, JsValue>) -> Pending<()> {
    Box::pin(async move {
        let request = begun?;
        let transaction = property(&request, "transaction");
        let error_of = |failed| Some(property(failed, "error")).filter(JsValue::is_object);
        match either(&transaction, "oncomplete", "onabort").await {
            Ok(_event) => Ok(()),
            Err(event) => Err(error_of(&request).or_else(|| error_of(&transaction)).unwrap_or(event)),
        }
    })
}
