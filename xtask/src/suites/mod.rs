//! `test`: runs suites, counts every test and every check, and says the sum in the last line.

mod rust;
mod tally;

use std::fs;
use std::process::Command;

use crate::artifacts;
use crate::checkout::Checkout;
use crate::failure::{Explain as _, Failure, Outcome};
use crate::setup::{self, BuildTools};

use self::tally::Tally;

/// What can be run by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suite {
    /// Formatting, lints, documentation, unit tests, purity, dependencies and the types of the pages' scripts.
    Rust,
    /// The client module's own tests, in a browser.
    Wasm,
    /// The product from outside: a browser, mail and HTTP.
    Journey,
}

impl Suite {
    /// In the order they run.
    pub const ALL: [Self; 3] = [Self::Rust, Self::Wasm, Self::Journey];

    /// The suite of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|suite| suite.name() == name)
    }

    /// As it is typed and printed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::Wasm => "wasm",
            Self::Journey => "journey",
        }
    }
}

/// Runs the suites, the next one also after a failure; the last line printed is `N passed, N failed, N skipped`.
///
/// # Errors
/// When the tools of every suite cannot be set up: then nothing ran.
pub fn run(checkout: &Checkout, suites: &[Suite]) -> Outcome<bool> {
    let tools = setup::for_build(checkout)?;
    let mut tally = Tally::default();
    for suite in suites {
        println!("\n== {} ==", suite.name());
        match suite {
            Suite::Rust => rust::run_suite(checkout, &mut tally),
            Suite::Wasm => wasm(checkout, &tools, &mut tally),
            Suite::Journey => journey(checkout, &tools, &mut tally),
        }
    }
    Ok(tally.close())
}

fn wasm(checkout: &Checkout, tools: &BuildTools, tally: &mut Tally) {
    let (browsers, test_tools) = match (setup::browsers(), setup::for_tests(checkout)) {
        (Err(missing), _) => return cannot_run(tally, "wasm", &missing),
        (_, Err(failure)) => return tally.fail("wasm: set-up", &failure),
        (Ok(browsers), Ok(tools)) => (browsers, tools),
    };
    let mut command = Command::new(&test_tools.wasm_pack);
    // It would download what it does not find on the path.
    command.args(["test", "--mode", "no-install", "--headless", "--chrome", "--chromedriver"]);
    command.arg(&browsers.chromedriver).arg(checkout.root().join("client-wasm"));
    let mut path =
        tools.wasm_bindgen.parent().map(|folder| folder.as_os_str().to_owned()).unwrap_or_default();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    tally.tests("wasm", command.env("PATH", path).current_dir(checkout.root()));
}

fn journey(checkout: &Checkout, tools: &BuildTools, tally: &mut Tally) {
    if let Err(missing) = setup::browsers() {
        return cannot_run(tally, "journey", &missing);
    }
    let built = artifacts::build(checkout, tools);
    let sizes = built.and_then(|built| built.report_sizes(checkout));
    let ready = tally.check("journey: release build within its budgets", || sizes);
    // Over a budget, the product still works and is still tested.
    if !ready && !checkout.worker_build().join("index.js").is_file() {
        return tally.skip("journey: all tests", "there is no Worker to test");
    }
    let mut command = Command::new("cargo");
    command.args(["test", "-p", "tests", "--test", "journey", "--no-fail-fast"]).current_dir(checkout.root());
    tally.tests("journey", &mut command);
}

/// A suite whose browser is missing is skipped on somebody's machine, and said so. Where it decides what is accepted, it
/// must not be missing.
fn cannot_run(tally: &mut Tally, suite: &str, missing: &Failure) {
    if std::env::var_os("CI").is_some() {
        tally.fail(suite, missing);
    } else {
        tally.skip(suite, &missing.to_string());
    }
}

/// A file for the output of a program that has a time limit.
fn log_file(checkout: &Checkout, name: &str) -> Outcome<std::path::PathBuf> {
    fs::create_dir_all(checkout.scratch()).explain(checkout.scratch().display())?;
    Ok(checkout.scratch().join(name))
}
