//! One transaction around a synchronous piece of work.
//!
//! The runtime has it as `storage.transactionSync`, which the `worker` crate does not bind; its `transaction` is for
//! asynchronous work, which is what is to be avoided here.

use std::cell::RefCell;
use std::rc::Rc;

use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use worker::Storage;
use worker::js_sys::{Function, Reflect};

use crate::failure::Failure;

/// Runs `work`; what it wrote is kept if it succeeds or refuses (a refusal counts tries), and undone if it fails.
pub(super) fn atomically<T: 'static>(
    storage: &Storage,
    work: impl FnOnce() -> Result<T, Failure> + 'static,
) -> Result<T, Failure> {
    let outcome = Rc::new(RefCell::new(None));
    let kept = Rc::clone(&outcome);
    let body = Closure::once(move || {
        let result = work();
        let undo = !matches!(result, Ok(_) | Err(Failure::Refused(_)));
        kept.replace(Some(result));
        // What is thrown here makes the runtime roll back, and comes out of the call below.
        if undo { Err(JsValue::from_str("undone")) } else { Ok(()) }
    });
    let unavailable = |_| Failure::Unavailable("transactions");
    let storage: &JsValue = storage.as_raw().as_ref();
    let transaction: Function = Reflect::get(storage, &JsValue::from_str("transactionSync"))
        .and_then(JsCast::dyn_into)
        .map_err(unavailable)?;
    let called = transaction.call1(storage, body.as_ref());
    match (outcome.take(), called) {
        (Some(Ok(_)), Err(_)) => Err(Failure::Unavailable("the transaction was not kept")),
        (Some(result), _) => result,
        (None, _) => Err(Failure::Unavailable("the transaction did not begin")),
    }
}
