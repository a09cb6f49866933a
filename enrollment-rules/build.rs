//! Turns `support.json` into a constant, so that no JSON parser is sent to a browser. Bad data fails the build.

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

use serde_json::Value;

const ENGINES: [(&str, &str); 3] = [("chromium", "Chromium"), ("gecko", "Gecko"), ("webkit", "WebKit")];
const FEATURES: [&str; 3] = ["page", "wasm", "device_key"];
/// Without these a browser is too old; a missing device key only makes an enrollment unbound.
const REQUIRED: [&str; 2] = ["page", "wasm"];
const COLUMNS: [&str; 4] = ["engine", "feature", "minimum", "why"];

fn main() {
    println!("cargo::rerun-if-changed=support.json");
    println!("cargo::rerun-if-changed=build.rs");
    if let Err(wrong) = generate() {
        println!("cargo::error=support.json: {wrong}");
    }
}

fn generate() -> Result<(), String> {
    let text = fs::read_to_string("support.json").map_err(|error| error.to_string())?;
    let rows: Vec<Value> = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    for row in &rows {
        check(row)?;
    }
    let mut table = "const MINIMUM: [(Engine, Version); 3] = [\n".to_owned();
    for (engine, variant) in ENGINES {
        for feature in FEATURES {
            minimum(&rows, engine, feature)?;
        }
        let versions: Result<Vec<_>, _> =
            REQUIRED.iter().map(|feature| minimum(&rows, engine, feature)).collect();
        let (major, minor) = versions?.into_iter().max().ok_or("no feature is required")?;
        writeln!(table, "(Engine::{variant}, Version {{ major: {major}, minor: {minor} }}),")
            .map_err(|error| error.to_string())?;
    }
    table.push_str("];\n");
    let folder = env::var_os("OUT_DIR").ok_or("there is no OUT_DIR")?;
    fs::write(Path::new(&folder).join("support.rs"), table).map_err(|error| error.to_string())
}

/// Four columns of text, with known names in the first two.
fn check(row: &Value) -> Result<(), String> {
    let columns = row.as_object().ok_or_else(|| format!("{row} is not an object"))?;
    if columns.len() != COLUMNS.len() {
        return Err(format!("{row} must have exactly {}", COLUMNS.join(", ")));
    }
    for name in COLUMNS {
        if columns.get(name).and_then(Value::as_str).is_none_or(str::is_empty) {
            return Err(format!("{row} needs a text in {name}"));
        }
    }
    let is = |name, wanted: &str| columns.get(name).and_then(Value::as_str) == Some(wanted);
    if !ENGINES.iter().any(|(engine, _)| is("engine", engine)) {
        return Err(format!("{row} has an unknown engine"));
    }
    if !FEATURES.iter().any(|feature| is("feature", feature)) {
        return Err(format!("{row} has an unknown feature"));
    }
    Ok(())
}

/// The one minimum of `feature` in `engine`.
fn minimum(rows: &[Value], engine: &str, feature: &str) -> Result<(u16, u16), String> {
    let mut found = rows.iter().filter(|row| row["engine"] == engine && row["feature"] == feature);
    let (Some(row), None) = (found.next(), found.next()) else {
        return Err(format!("there must be exactly one row for {engine} and {feature}"));
    };
    let text = row["minimum"].as_str().unwrap_or_default();
    let (major, minor) = text.split_once('.').unwrap_or((text, "0"));
    match (major.parse(), minor.parse()) {
        (Ok(major), Ok(minor)) => Ok((major, minor)),
        _ => Err(format!("{text:?} is not a version such as 15 or 15.1 ({engine}, {feature})")),
    }
}
