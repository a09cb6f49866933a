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
    /// The client module's own tests, in two browsers.
    Wasm,
    /// The product from outside: a browser, mail and HTTP.
    Journey,
    /// What the enrollment page says of every kind of window, in three engines.
    Browsers,
    /// What a device is tied to, attacked in three engines.
    Binding,
    /// The administration from outside: its interface, its console and who may use them.
    Admin,
}

impl Suite {
    /// In the order they run.
    pub const ALL: [Self; 6] =
        [Self::Rust, Self::Wasm, Self::Journey, Self::Browsers, Self::Binding, Self::Admin];

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
            Self::Browsers => "browsers",
            Self::Binding => "binding",
            Self::Admin => "admin",
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
            Suite::Journey | Suite::Admin => chromium(suite.name(), checkout, &tools, &mut tally),
            Suite::Browsers => engines("browsers", checkout, &tools, &mut tally),
            Suite::Binding => engines("binding", checkout, &tools, &mut tally),
        }
    }
    Ok(tally.close())
}

fn wasm(checkout: &Checkout, tools: &BuildTools, tally: &mut Tally) {
    let test_tools = match setup::for_tests(checkout) {
        Err(failure) => return tally.fail("wasm: set-up", &failure),
        Ok(tools) => tools,
    };
    let mut path =
        tools.wasm_bindgen.parent().map(|folder| folder.as_os_str().to_owned()).unwrap_or_default();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let engines = [
        ("wasm (Chromium)", ["--chrome", "--chromedriver"], setup::browsers().map(|it| it.chromedriver)),
        ("wasm (Firefox)", ["--firefox", "--geckodriver"], setup::firefox().map(|it| it.geckodriver)),
    ];
    for (name, arguments, driver) in engines {
        let driver = match driver {
            Ok(driver) => driver,
            Err(missing) => {
                cannot_run(tally, name, &missing);
                continue;
            }
        };
        let mut command = Command::new(&test_tools.wasm_pack);
        // It would download what it does not find on the path.
        command.args(["test", "--mode", "no-install", "--headless"]).args(arguments);
        command.arg(driver).arg(checkout.root().join("client-wasm"));
        // All tests of a file are one page's work, and some wait for the limits of what they test; the runner's own is 20 seconds.
        command.env("PATH", &path).env("WASM_BINDGEN_TEST_TIMEOUT", "120");
        tally.tests(name, command.current_dir(checkout.root()));
    }
}

/// A suite that needs Chromium.
fn chromium(suite: &str, checkout: &Checkout, tools: &BuildTools, tally: &mut Tally) {
    if let Err(missing) = setup::browsers() {
        return cannot_run(tally, suite, &missing);
    }
    if is_built(checkout, tools, suite, tally) {
        tally.tests(suite, &mut outside(checkout, suite, &["--no-fail-fast"]));
    }
}

/// A promise that can be checked by itself: some of the outside tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// Who may do what, for each address of the administration.
    Authz,
}

impl Check {
    const ALL: [Self; 1] = [Self::Authz];

    /// The check of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|check| check.name() == name)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Authz => "authz",
        }
    }

    /// The suite, and the module in it.
    const fn tests(self) -> [&'static str; 2] {
        match self {
            Self::Authz => ["admin", "authz::"],
        }
    }
}

/// Runs one check; the last line printed is `N passed, N failed`.
///
/// # Errors
/// When the tools cannot be set up: then nothing ran.
pub fn check(checkout: &Checkout, check: Check) -> Outcome<bool> {
    let tools = setup::for_build(checkout)?;
    artifacts::build(checkout, &tools)?;
    let mut tally = Tally::default();
    let [suite, tests] = check.tests();
    tally.tests(check.name(), &mut outside(checkout, suite, &["--no-fail-fast", tests]));
    Ok(tally.close_check())
}

/// A suite of trials named after the engine they need.
fn engines(suite: &str, checkout: &Checkout, tools: &BuildTools, tally: &mut Tally) {
    let engines = [
        ("Chromium", setup::browsers().map(drop)),
        ("Firefox", setup::firefox().map(drop)),
        ("WebKit", setup::webkit().map(drop)),
    ];
    let mut arguments = vec!["--"];
    for (engine, found) in &engines {
        if let Err(missing) = found {
            cannot_run(tally, &format!("{suite}: {engine}"), missing);
            arguments.extend(["--skip", engine]);
        }
    }
    if is_built(checkout, tools, suite, tally) {
        tally.tests(suite, &mut outside(checkout, suite, &arguments));
    }
}

/// Builds what the outside tests test. Over a budget, the product still works and is still tested.
fn is_built(checkout: &Checkout, tools: &BuildTools, suite: &str, tally: &mut Tally) -> bool {
    let built = artifacts::build(checkout, tools);
    let sizes = built.and_then(|built| built.report_sizes(checkout));
    let ready = tally.check(&format!("{suite}: release build within its budgets"), || sizes)
        || checkout.worker_build().join("index.js").is_file();
    if !ready {
        tally.skip(&format!("{suite}: all tests"), "there is no Worker to test");
    }
    ready
}

/// One of the outside tests' programs.
pub(crate) fn outside(checkout: &Checkout, suite: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new("cargo");
    command.args(["test", "-p", "tests", "--test", suite]).args(arguments).current_dir(checkout.root());
    command
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
