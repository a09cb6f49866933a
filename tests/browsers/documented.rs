//! Whether the page for people says what the data file says.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::engines::Outcome;
use crate::table;

/// The one data file of the support matrix.
const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../enrollment-rules/support.json");
const BEGIN: &str = "<!-- support matrix: begin -->\n";
const END: &str = "<!-- support matrix: end -->";

/// The support matrix in the documentation has exactly the rows of the data file.
pub(crate) fn support_matrix() -> Outcome {
    let said = |error: std::io::Error| error.to_string();
    let page = fs::read_to_string(table::docs()).map_err(said)?;
    let (before, rest) = page.split_once(BEGIN).ok_or("BROWSERS.md has no place for the support matrix")?;
    let (written, after) = rest.split_once(END).ok_or("the support matrix in BROWSERS.md has no end")?;
    let data = fs::read_to_string(Path::new(DATA)).map_err(said)?;
    let expected =
        format!("\n{}\n", matrix(&serde_json::from_str(&data).map_err(|error| error.to_string())?));
    if written == expected {
        return Ok(());
    }
    if table::is_to_be_written() {
        return fs::write(table::docs(), format!("{before}{BEGIN}{expected}{END}{after}")).map_err(said);
    }
    Err(format!("it should be as follows; BROWSERS_WRITE=1 writes it\n{expected}"))
}

fn matrix(rows: &Value) -> String {
    let mut text = String::from("| Engine | Feature | From version | Because of |\n|---|---|---|---|\n");
    for row in rows.as_array().into_iter().flatten() {
        let cell = |name: &str| row[name].as_str().map_or_else(|| row[name].to_string(), str::to_owned);
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} |",
            cell("engine"),
            cell("feature"),
            cell("minimum"),
            cell("why").replace('|', "\\|"),
        );
    }
    text
}
