//! What happens to a page in an ordinary window when something it counts on is not there, and what it leaves behind.

use serde_json::json;

use crate::engines::{Chromium, Engine, Firefox, Manner, Outcome, WebKit, Window};
use crate::folder::Folder;
use crate::report::{Answer, Report};
use crate::sites::{Scheme, Sites};
use crate::{judge, peer};

/// Databases, stored values and files of this origin.
const STORED: &str = "
const names = [];
for (const { name } of await indexedDB.databases()) names.push('database ' + name);
for (const name of Object.keys(localStorage)) names.push('value ' + name);
if (navigator.storage?.getDirectory) {
  for await (const name of (await navigator.storage.getDirectory()).keys()) names.push('file ' + name);
}
return names;";

/// Over https, where all three engines take the product's cookies.
const SCHEME: Scheme = Scheme::Https;

/// The check of an ordinary window leaves neither storage nor a cookie.
pub(crate) fn leaves_nothing(sites: &Sites, engine: Engine) -> Outcome {
    let folder = Folder::new("data");
    let manner = match engine {
        // With every kind of storage that Safari has.
        Engine::WebKit => Manner::WebKit(WebKit { like_safari: true, ..WebKit::default() }),
        Engine::Chromium | Engine::Firefox => engine.ordinary(),
    };
    let mut window = Window::open(&manner, folder.path(), &[])?;
    Report::of(&mut window, &sites.product(SCHEME))?;
    let stored = window.script(STORED)?;
    if stored != json!([]) {
        return Err(format!("left behind: {stored}"));
    }
    let cookies = peer::cookies(&mut window, &sites.peer(SCHEME))?;
    let probes: Vec<_> = cookies.iter().filter(|name| name.contains("probe")).collect();
    if probes.is_empty() { Ok(()) } else { Err(format!("left behind: {probes:?}")) }
}

/// A browser that cannot run the module enrolls all the same, with the cookie alone.
pub(crate) fn without_wasm(sites: &Sites, engine: Engine) -> Outcome {
    let folder = Folder::new("data");
    let manner = match engine {
        Engine::Chromium => {
            Manner::Chromium(Chromium { arguments: vec!["--js-flags=--jitless"], cookies: None })
        }
        Engine::Firefox => {
            let preferences = vec![("javascript.options.wasm", json!(false))];
            Manner::Firefox(Firefox { preferences, site_cookies: None })
        }
        Engine::WebKit => Manner::WebKit(WebKit { without_wasm: true, ..WebKit::default() }),
    };
    let mut window = Window::open(&manner, folder.path(), &[])?;
    window.goto(&format!("{}/enroll", sites.product(SCHEME)))?;
    if window.script("return typeof WebAssembly;")? != "undefined" {
        return Err("WebAssembly is not switched off".to_owned());
    }
    let form = "return document.getElementById('address-form')?.checkVisibility() || null;";
    window.eventually("the form that asks for the address", form)?;
    let verdict = "return document.getElementById('checked')?.dataset.verdict ?? null;";
    let verdict = window.eventually("the page's verdict", verdict)?;
    if verdict == "unchecked" { Ok(()) } else { Err(format!("the verdict is {verdict}")) }
}

/// A site that may store nothing more is told nothing untrue.
pub(crate) fn storage_full(sites: &Sites) -> Outcome {
    let folder = Folder::new("data");
    let mut window = Window::open(&Engine::Chromium.ordinary(), folder.path(), &[])?;
    let origin = sites.product(SCHEME);
    window.leave_room(&origin, 1)?;
    let report = Report::of(&mut window, &origin)?;
    let known = judge::Known { private_window: false, cookies: true, kept: Some(true), needs_https: false };
    let mut words = judge::wrong(&report, known);
    words.extend(judge::inconsistent(&report, known));
    // Full for now is neither working nor missing.
    if report.answer("indexed_db") != Some(Answer::Unknown) {
        words.push("indexed_db must be unknown".to_owned());
    }
    if words.is_empty() { Ok(()) } else { Err(format!("{}\n{}", words.join("\n"), report.evidence())) }
}
