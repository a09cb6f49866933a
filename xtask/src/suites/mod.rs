//! `test`: runs suites, counts every test and every check, and says the sum in the last line.

mod fuzz;
mod rust;
mod tally;

use std::fs;
use std::process::Command;

use crate::artifacts;
use crate::checkout::Checkout;
use crate::failure::{Explain as _, Failure, Outcome};
use crate::process;
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
    /// Mail from outside: whatever its server does, whatever is in it, how it looks; and what strangers say at random.
    Mail,
    /// What is promised when things go wrong: revocation, lost calls, power failures, keys. The longest walks are shorter than in `check`.
    Reliability,
}

impl Suite {
    /// In the order they run.
    pub const ALL: [Self; 8] = [
        Self::Rust,
        Self::Wasm,
        Self::Journey,
        Self::Browsers,
        Self::Binding,
        Self::Admin,
        Self::Mail,
        Self::Reliability,
    ];

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
            Self::Mail => "mail",
            Self::Reliability => "reliability",
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
    let asked = |suite: &Suite| suites.contains(suite);
    if asked(&Suite::Rust) {
        println!("\n== rust ==");
        rust::run_suite(checkout, &mut tally);
    }
    if asked(&Suite::Wasm) {
        println!("\n== wasm ==");
        wasm(checkout, &tools, &mut tally);
    }
    let is_outside = |suite: &Suite| !matches!(suite, Suite::Rust | Suite::Wasm);
    let outside: Vec<_> = suites.iter().copied().filter(is_outside).collect();
    if !outside.is_empty() && is_built(checkout, &tools, &outside, &mut tally) {
        if asked(&Suite::Mail) {
            fuzz::run_targets(checkout, &mut tally);
        }
        for suite in outside {
            println!("\n== {} ==", suite.name());
            if let Some(mut command) = command(suite, checkout, &mut tally) {
                tally.tests(suite.name(), &mut command);
            }
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

/// What runs a suite from outside, without those of its tests that cannot run here; none where that is all of them.
fn command(suite: Suite, checkout: &Checkout, tally: &mut Tally) -> Option<Command> {
    let chromium = || setup::browsers().map(drop);
    // What is needed, and by which tests: those with this in their names.
    let needed = match suite {
        Suite::Rust | Suite::Wasm => return None,
        Suite::Journey | Suite::Admin => vec![("", chromium())],
        Suite::Browsers | Suite::Binding => vec![
            ("Chromium", chromium()),
            ("Firefox", setup::firefox().map(drop)),
            ("WebKit", setup::webkit().map(drop)),
        ],
        Suite::Mail => {
            vec![("rendered::", chromium()), ("pages::", chromium()), ("debian::", setup::mail_server())]
        }
        Suite::Reliability => vec![],
    };
    let mut arguments = vec!["--no-fail-fast", "--"];
    for (tests, found) in needed {
        let Err(missing) = found else { continue };
        if tests.is_empty() {
            cannot_run(tally, suite.name(), &missing);
            return None;
        }
        cannot_run(tally, &format!("{}: {tests}", suite.name()), &missing);
        arguments.extend(["--skip", tests]);
    }
    let mut command = outside(checkout, suite.name(), &arguments);
    if suite == Suite::Reliability {
        // `check` goes through all rounds of what is random, and all that KV can do wrong; here as many as show that nothing broke.
        command.env("KILL_ROUNDS", "20").env("REVOCATION_ROUNDS", "200").env("INJECT_FAULTS", "2");
    }
    Some(command)
}

/// A promise that can be checked by itself: some of the outside tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Check {
    /// Who may do what, for each address of the administration.
    Authz,
    /// How soon a revocation is known everywhere, whatever KV does and whatever else happens at the same time.
    Revocation,
    /// What becomes of calls that are lost half-way.
    Inject,
    /// What a power failure leaves.
    Kill,
    /// What becomes of mail whatever its server does.
    Mail,
    /// How signing keys are replaced.
    Rotation,
}

impl Check {
    const ALL: [Self; 6] =
        [Self::Authz, Self::Revocation, Self::Inject, Self::Kill, Self::Mail, Self::Rotation];

    /// The check of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|check| check.name() == name)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Authz => "authz",
            Self::Revocation => "revocation",
            Self::Inject => "inject",
            Self::Kill => "kill",
            Self::Mail => "mail",
            Self::Rotation => "rotation",
        }
    }

    /// The suite, and the modules in it.
    const fn tests(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::Authz => ("admin", &["authz::"]),
            Self::Revocation => ("reliability", &["revocation::"]),
            Self::Inject => ("reliability", &["inject::"]),
            Self::Kill => ("reliability", &["kill::"]),
            // All but what needs a browser.
            Self::Mail => ("mail", &["faults::", "naughty::", "ways::", "service::", "debian::"]),
            Self::Rotation => ("reliability", &["rotation::"]),
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
    let (suite, modules) = check.tests();
    if check == Check::Mail {
        fuzz::run_targets(checkout, &mut tally);
        if let Err(missing) = setup::mail_server() {
            tally.fail("mail: debian::", &missing);
        }
    }
    // What was measured is printed, too.
    let arguments = [&["--no-fail-fast", "--", "--show-output"], modules].concat();
    let mut command = outside(checkout, suite, &arguments);
    if check == Check::Mail {
        // A test only shows how long a person waits.
        command.env("HOLD_TO_PROMISE", "1");
    }
    tally.tests(check.name(), &mut command);
    Ok(tally.close_check())
}

/// Builds what the outside tests test, and the tests. Over a budget, the product still works and is still tested.
fn is_built(checkout: &Checkout, tools: &BuildTools, suites: &[Suite], tally: &mut Tally) -> bool {
    println!("\n== release build ==");
    let built = artifacts::build(checkout, tools);
    let sizes = built.and_then(|built| built.report_sizes(checkout));
    let ready = tally.check("release build within its budgets", || sizes)
        || checkout.worker_build().join("index.js").is_file();
    let mut tests = Command::new("cargo");
    tests.args(["test", "--quiet", "-p", "tests", "--no-run"]).current_dir(checkout.root());
    let ready = ready && tally.check("outside tests compile", || process::run(&mut tests).map(drop));
    if !ready {
        for suite in suites {
            tally.skip(&format!("{}: all tests", suite.name()), "there is nothing to test, or no test");
        }
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
