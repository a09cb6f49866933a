//! Private windows: a first, honest check, from the way Firefox and WebKit are built.
//!
//! Their private windows have no private file system (and WebKit's keeps no blobs), which shows as exact errors. The same
//! errors come from a full or broken disk, so they count only where ordinary writes to IndexedDB succeed. Chromium shows
//! nothing of the kind on the main thread and is always unknown, as is everything that does not fit.

use enrollment_rules::readiness::{Answer, Finding};
use js_sys::{Array, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

use super::{engine::Engine, storage::DATABASE};
use crate::{
    browser::{self, Thrown, settled},
    database::{self, Database},
};

/// How long `storage.persist()` may take, in milliseconds: a private window of Firefox refuses at once; an ordinary one would ask
/// the person, and is never asked unless it is suspicious already.
const PERSIST_LIMIT_MS: u32 = 700;

const GECKO_REFUSAL: (&str, &str) = ("SecurityError", "Security error when calling GetDirectory");
const WEBKIT_REFUSAL: (&str, &str) =
    ("UnknownError", "The operation failed for an unknown transient reason (e.g. out of memory).");
const WEBKIT_BLOB_REFUSALS: [(&str, &str); 2] = [
    ("UnknownError", "Error preparing Blob/File data to be stored in object store"),
    ("DataCloneError", "BlobURLs are not yet supported"),
];

/// What the browser did when asked for its private file system and, in WebKit, to keep a blob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The engine.
    pub engine: Engine,
    /// Whether ordinary writes to IndexedDB succeed.
    pub storage: Answer,
    /// `navigator.storage.getDirectory()`.
    pub directory: Result<(), Thrown>,
    /// Keeping a blob in IndexedDB; not tried outside of WebKit.
    pub blob: Option<Result<(), Thrown>>,
    /// What `navigator.storage.persist()` said in time; not asked unless suspicious.
    pub persisted: Option<bool>,
}

/// Gathers the evidence and judges it. `storage` is the storage probe's answer.
pub async fn probe(storage: Answer) -> Finding {
    let engine = Engine::here();
    let directory =
        settled(browser::get_directory()).await.map(drop).map_err(|thrown| Thrown::from_value(&thrown));
    let blob =
        if engine == Engine::WebKit && storage == Answer::Yes { Some(keep_blob().await) } else { None };
    let mut evidence = Evidence { engine, storage, directory, blob, persisted: None };
    if evidence.is_suspicious_gecko() {
        evidence.persisted = persisted().await;
    }
    evidence.finding()
}

impl Evidence {
    fn is_suspicious_gecko(&self) -> bool {
        self.engine == Engine::Gecko && self.storage == Answer::Yes && refused(&self.directory, GECKO_REFUSAL)
    }

    /// What the evidence proves.
    #[must_use]
    pub fn finding(&self) -> Finding {
        Finding::new(self.answer(), self.seen())
    }

    fn answer(&self) -> Answer {
        let blob_refused = self
            .blob
            .as_ref()
            .is_some_and(|outcome| WEBKIT_BLOB_REFUSALS.iter().any(|refusal| refused(outcome, *refusal)));
        match self.engine {
            Engine::Gecko if self.directory.is_ok() => Answer::No,
            Engine::Gecko if self.is_suspicious_gecko() && self.persisted == Some(false) => Answer::Yes,
            Engine::WebKit if self.directory.is_ok() && !blob_refused => Answer::No,
            Engine::WebKit
                if self.directory.is_err()
                    && self.storage == Answer::Yes
                    && (blob_refused || refused(&self.directory, WEBKIT_REFUSAL)) =>
            {
                Answer::Yes
            }
            _ => Answer::Unknown,
        }
    }

    fn seen(&self) -> String {
        let outcome = |outcome: &Result<(), Thrown>| match outcome {
            Ok(()) => "ok".to_owned(),
            Err(thrown) => thrown.seen(),
        };
        let blob = self.blob.as_ref().map_or_else(|| "not tried".to_owned(), outcome);
        let persisted = match self.persisted {
            Some(true) => "true",
            Some(false) => "false",
            None => "not asked or not answered",
        };
        [
            self.engine.name(),
            "; directory ",
            &outcome(&self.directory),
            "; blob ",
            &blob,
            "; persist ",
            persisted,
        ]
        .concat()
    }
}

fn refused(outcome: &Result<(), Thrown>, (name, message): (&str, &str)) -> bool {
    outcome.as_ref().is_err_and(|thrown| thrown.name == name && thrown.message == message)
}

async fn keep_blob() -> Result<(), Thrown> {
    let outcome = put_blob().await;
    // The storage probe has shown that deleting works; a failure here could not be mended either.
    let _deleted = database::delete(DATABASE).await;
    outcome.map_err(|thrown| Thrown::from_value(&thrown))
}

async fn put_blob() -> Result<(), JsValue> {
    let blob = Blob::new_with_str_sequence(&Array::of1(&"probe".into()))?;
    Database::open(DATABASE).await?.put("blob", blob.unchecked_ref()).await
}

async fn persisted() -> Option<bool> {
    let asked = browser::persist().ok()?;
    let race = Promise::race(&Array::of2(&asked, &browser::timer(PERSIST_LIMIT_MS)));
    JsFuture::from(race).await.ok()?.as_bool()
}
