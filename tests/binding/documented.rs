//! Whether every test that the threat model names is there.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::engines::Outcome;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
/// Where tests are functions; those of this suite are named by their trials.
const ROOMS: [&str; 9] = [
    "tests/admin",
    "tests/journey",
    "tests/mail",
    "tests/reliability",
    "client-wasm/tests",
    "device-token",
    "edge-worker/src",
    "enrollment-rules",
    "xtask/src",
];
const COLUMN: &str = "shown by";

/// Each name in the column exists: as a trial, whatever stands before its colon, or as a test function.
pub(crate) fn threat_model(trials: &[String]) -> Outcome {
    let page = Path::new(ROOT).join("docs/THREATS.md");
    let page = fs::read_to_string(&page).map_err(|error| error.to_string())?;
    let named = named(&page);
    if named.is_empty() {
        return Err("docs/THREATS.md names no test".to_owned());
    }
    let mut functions = BTreeSet::new();
    for room in ROOMS {
        for file in sources(&Path::new(ROOT).join(room)) {
            let text = fs::read_to_string(&file).map_err(|error| error.to_string())?;
            functions.extend(tests_of(&text));
        }
    }
    let trials: BTreeSet<_> =
        trials.iter().map(|name| name.split_once(": ").map_or(name.as_str(), |(_, rest)| rest)).collect();
    let exists = |name: &&String| trials.contains(name.as_str()) || functions.contains(*name);
    let missing: Vec<_> = named.iter().filter(|name| !exists(name)).collect();
    if missing.is_empty() { Ok(()) } else { Err(format!("no test is called so: {missing:#?}")) }
}

/// What stands in backticks in the last column of the tables that have it.
fn named(page: &str) -> Vec<String> {
    let mut names = vec![];
    let mut applies = false;
    for line in page.lines() {
        let cells: Vec<_> = line.trim().trim_matches('|').split('|').collect();
        let last = cells.last().copied().unwrap_or_default().trim();
        if !line.starts_with('|') {
            applies = false;
        } else if last.eq_ignore_ascii_case(COLUMN) {
            applies = true;
        } else if applies {
            names.extend(last.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    names
}

/// The functions below an attribute that makes them tests.
fn tests_of(text: &str) -> Vec<String> {
    let mut names = vec![];
    let mut marked = false;
    for line in text.lines().map(str::trim) {
        let is_mark = ["#[test]", "#[tokio::test]", "#[wasm_bindgen_test]"].contains(&line);
        if is_mark || line.starts_with("#[tokio::test(") {
            marked = true;
        } else if let Some((_, rest)) = line.split_once("fn ").filter(|_| marked && !line.starts_with("#[")) {
            names.extend(rest.split(['(', '<']).next().map(str::to_owned));
            marked = false;
        }
    }
    names
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = vec![];
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            files.push(path);
        }
    }
    files
}

/// The reader would notice a name that is missing, and reads no other column.
pub(crate) fn self_check() {
    let page = "| attack | Shown by |\n|---|---|\n| a `b` | `one`, `two words` |\n\n| x | y |\n|---|---|\n| `z` | `w` |\n";
    assert_eq!(named(page), ["one", "two words"]);
    let text = "#[test]\nfn first() {}\nfn helper() {}\n#[tokio::test]\n#[should_panic]\nasync fn second() {}\n\
         #[tokio::test(flavor = \"multi_thread\")]\nasync fn third() {}\n";
    assert_eq!(tests_of(text), ["first", "second", "third"]);
}
