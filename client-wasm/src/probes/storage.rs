//! Storage: can a script write to IndexedDB here, and would it stay?

use enrollment_rules::readiness::{Answer, Finding};
use wasm_bindgen::JsValue;

use super::engine::Engine;
use crate::{
    browser::Thrown,
    database::{self, Database},
};

/// The probes' own database; it never outlives a probe.
pub const DATABASE: &str = "readiness-probe";

/// Opens a database, writes, removes, deletes the database.
pub async fn probe() -> Finding {
    let outcome = write_and_remove().await;
    // Also after a failure: a database may have been made before it.
    let deleted = database::delete(DATABASE).await;
    match outcome.and(deleted) {
        Ok(()) => Finding::new(Answer::Yes, "opened, wrote, deleted"),
        Err(thrown) => Finding::new(Answer::No, Thrown::from_value(&thrown).seen()),
    }
}

async fn write_and_remove() -> Result<(), JsValue> {
    let database = Database::open(DATABASE).await?;
    database.put("probe", &JsValue::TRUE).await?;
    database.remove("probe").await
}

/// Whether what is stored would stay until the next visit. WebKit removes what a script wrote seven days after the last time
/// the person used the site; of the others nothing can be said beforehand.
#[must_use]
pub fn kept() -> Finding {
    let engine = Engine::here();
    let answer = if engine == Engine::WebKit { Answer::No } else { Answer::Unknown };
    Finding::new(answer, engine.name())
}
