//! Storage: can a script write here, read it back and delete it?

use enrollment_rules::readiness::Outcome;
use wasm_bindgen::JsValue;

use crate::{
    browser::{self, outcome, present, property, settled},
    database::{self, Database},
};

/// The probes' own database; it never outlives a probe.
pub const DATABASE: &str = "readiness-probe";
/// The probe's own entry in localStorage.
const ENTRY: &str = "readiness-probe";

/// Opens a database, writes, reads, removes, deletes the database.
pub async fn indexed_db() -> Outcome {
    if let Err(missing) = present(&["indexedDB"]) {
        return missing;
    }
    let attempt = write_and_remove().await;
    // Also after a failure: a database may have been made before it.
    let deleted = database::delete(DATABASE).await;
    outcome(&attempt.and(deleted))
}

async fn write_and_remove() -> Result<(), JsValue> {
    let database = Database::open(DATABASE).await?;
    database.put("probe", &JsValue::TRUE).await?;
    as_written(database.get("probe").await?.is_truthy())?;
    database.remove("probe").await
}

/// The same in localStorage.
#[must_use]
pub fn local_storage() -> Outcome {
    if let Err(missing) = present(&["localStorage"]) {
        return missing;
    }
    let attempt = browser::set_item(ENTRY, "1").and_then(|()| browser::get_item(ENTRY));
    let read = attempt.and_then(|value| as_written(value == "1"));
    outcome(&read.and(browser::remove_item(ENTRY)))
}

/// Asks for the directory of the private file system.
pub async fn directory() -> Outcome {
    if let Err(missing) = present(&["navigator", "storage", "getDirectory"]) {
        return missing;
    }
    let directory = settled(browser::get_directory()).await;
    outcome(&directory.and_then(|directory| {
        as_written(directory.is_object() && property(&directory, "kind") == "directory")
    }))
}

/// An error that stands for nonsense, unless it holds.
fn as_written(holds: bool) -> Result<(), JsValue> {
    if holds { Ok(()) } else { Err(JsValue::UNDEFINED) }
}
