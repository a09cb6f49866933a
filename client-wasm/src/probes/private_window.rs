//! Private windows: gathers what each engine does differently in one. The rules say what it proves.

use enrollment_rules::readiness::{
    Answer, Outcome,
    browser::Engine,
    private_window::{Commits, Evidence, Gecko, WebKit},
};
use js_sys::{Array, Function};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Blob;

use super::{storage::DATABASE, worker};
use crate::{
    browser::{self, outcome},
    database::{self, Database},
};

/// How long `storage.persist()` may take, in milliseconds: a private window of Firefox refuses at once; an ordinary one would ask
/// the person, and is never asked unless it is suspicious already.
const PERSIST_LIMIT_MS: u32 = 700;

/// How many commits of each kind are timed.
const COMMITS: u8 = 12;

/// Gathers the evidence in Chromium, from the worker that `start` makes.
pub async fn in_chromium(start: &Function) -> Evidence {
    Evidence::Chromium(worker::message(start).await)
}

/// Gathers it in the other engines, from what the storage probes found.
pub async fn elsewhere(engine: Engine, writes: Answer, directory: Outcome) -> Evidence {
    match engine {
        Engine::Gecko => Evidence::Gecko(gecko(writes, directory).await),
        Engine::WebKit => Evidence::WebKit(webkit(writes, directory).await),
        Engine::Chromium | Engine::Other => Evidence::Other,
    }
}

async fn gecko(writes: Answer, directory: Outcome) -> Gecko {
    let mut gecko = Gecko { writes, directory, persisted: None };
    if gecko.is_suspicious()
        && let Ok(asked) = browser::persist()
    {
        let answer = browser::within(&asked, PERSIST_LIMIT_MS).await;
        gecko.persisted = answer.and_then(|answer| answer.as_bool());
    }
    gecko
}

async fn webkit(writes: Answer, directory: Outcome) -> WebKit {
    let mut webkit = WebKit { writes, directory, blob: None, commits: None };
    if writes == Answer::Yes {
        webkit.blob = Some(outcome(&keep_blob().await));
        if webkit.needs_commits() {
            // Too few prove nothing, as many as there are.
            let mut commits = Commits::default();
            let _cut_short = time_commits(&mut commits).await;
            webkit.commits = Some(commits);
        }
        // The storage probe has shown that deleting works; a failure here could not be mended either.
        let _deleted = database::delete(DATABASE).await;
    }
    webkit
}

async fn keep_blob() -> Result<(), JsValue> {
    let blob = Blob::new_with_str_sequence(&Array::of1(&"probe".into()))?;
    Database::open(DATABASE).await?.put("blob", blob.unchecked_ref()).await
}

/// By turns, so that what else the machine does falls on both; the first two are not timed.
async fn time_commits(commits: &mut Commits) -> Result<(), JsValue> {
    let database = Database::open(DATABASE).await?;
    for round in 0..=COMMITS {
        for (durability, times) in [("strict", &mut commits.strict), ("relaxed", &mut commits.relaxed)] {
            let start = browser::now()?;
            database.commit(durability).await?;
            if round > 0 {
                times.push(browser::now()? - start);
            }
        }
    }
    Ok(())
}
