//! How long a verdict takes in ordinary windows, and how long it takes until the panel shows it.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::engines::{Engine, Outcome, Window};
use crate::folder::Folder;
use crate::report::Report;
use crate::sites::{Scheme, Sites};

/// Measured loads of each engine; one more comes first and is not counted, as it fills the caches.
const LOADS: usize = 20;

/// Milliseconds from the start of the navigation until the panel was seen to be filled.
const FILLED: &str = "return document.getElementById('checked')?.dataset.verdict ? performance.now() : null;";

/// The page's own check once more, and how long it took in milliseconds.
const CHECK: &str = "
const { load, check } = await import('/assets/client.js');
const loaded = await load();
const before = performance.now();
const report = await check(loaded);
return { took: performance.now() - before, verdict: report.verdict };";

fn aim_ms(engine: Engine) -> u32 {
    match engine {
        Engine::Chromium | Engine::Firefox => 150,
        Engine::WebKit => 1_000,
    }
}

/// Prints the table and writes the same to a file.
pub(crate) fn readiness(sites: &Sites, file: &Path) -> Outcome {
    println!(
        "{LOADS} loads of each engine, ordinary windows over https; one load before them is not counted."
    );
    println!(
        "{:<10}{:>16}{:>12}{:>10}{:>22}",
        "engine", "verdict, median", "worst", "aim", "panel filled, median"
    );
    let mut lines = vec![];
    for engine in Engine::ALL {
        let (checks, panels) = measure(sites, engine)?;
        let (check, worst, panel) = (median(&checks), worst(&checks), median(&panels));
        let aim = aim_ms(engine);
        let ms = |value: f64| format!("{value:.0} ms");
        println!(
            "{engine:<10}{:>16}{:>12}{:>10}{:>22}",
            ms(check),
            ms(worst),
            format!("{aim} ms"),
            ms(panel)
        );
        lines.push(json!({
            "engine": engine.to_string(), "loads": LOADS, "aim_ms": aim, "verdict_median_ms": check,
            "verdict_worst_ms": worst, "panel_filled_median_ms": panel, "verdict_ms": checks, "panel_filled_ms": panels,
        }));
    }
    println!("The panel is looked at every 25 ms and counts from the start of the navigation.");
    let said = |error: std::io::Error| error.to_string();
    fs::create_dir_all(file.parent().ok_or("a file without a folder")?).map_err(said)?;
    let text = serde_json::to_string_pretty(&Value::from(lines)).map_err(|error| error.to_string())?;
    fs::write(file, text).map_err(said)
}

fn measure(sites: &Sites, engine: Engine) -> Outcome<(Vec<f64>, Vec<f64>)> {
    let folder = Folder::new("data");
    let mut window = Window::open(&engine.ordinary(), folder.path(), &[])?;
    let origin = sites.product(Scheme::Https);
    Report::of(&mut window, &origin)?;
    let (mut checks, mut panels) = (vec![], vec![]);
    for load in 0..LOADS {
        window.goto(&format!("{origin}/enroll?load={load}"))?;
        let filled = window.eventually("the page's verdict", FILLED)?;
        let check = window.script(CHECK)?;
        if check["verdict"].as_str().is_none_or(|verdict| !verdict.starts_with("ready")) {
            return Err(format!("{engine} answered {check}"));
        }
        checks.push(check["took"].as_f64().ok_or("no time")?);
        panels.push(filled.as_f64().ok_or("no time")?);
    }
    Ok((checks, panels))
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    f64::midpoint(sorted[middle], sorted[(sorted.len() - 1) / 2])
}

fn worst(values: &[f64]) -> f64 {
    values.iter().copied().fold(0.0, f64::max)
}
