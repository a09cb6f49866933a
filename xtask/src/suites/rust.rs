//! The suite `rust`: everything that needs no browser.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::log_file;
use super::tally::Tally;
use crate::checkout::Checkout;
use crate::failure::{Explain as _, Failure, Outcome};
use crate::process::{run, run_for};
use crate::setup::{self, TestTools};

const WASM: &str = "wasm32-unknown-unknown";

/// What decides may not know where it runs.
const PURE: [&str; 2] = ["device-token", "enrollment-rules"];
const FORBIDDEN_IN_PURE: [&str; 6] = ["worker", "wasm-bindgen", "js-sys", "web-sys", "getrandom", "tokio"];

/// The database of advisories comes from one site only, which not every machine reaches.
const ADVISORIES_LIMIT: Duration = Duration::from_mins(1);

pub(super) fn run_suite(checkout: &Checkout, tally: &mut Tally) {
    let cargo = |arguments: &[&str]| {
        let mut cargo = Command::new("cargo");
        cargo.args(arguments).current_dir(checkout.root());
        cargo
    };
    tally.check("rust: formatting", || run(&mut cargo(&["fmt", "--all", "--check"])).map(drop));
    tally.check("rust: lints", || {
        run(&mut cargo(&["clippy", "--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"]))
            .map(drop)
    });
    tally.check("rust: lints for wasm32", || {
        let packages =
            ["-p", "device-token", "-p", "enrollment-rules", "-p", "client-wasm", "-p", "edge-worker"];
        let mut clippy = cargo(&["clippy", "--quiet", "--target", WASM]);
        run(clippy.args(packages).args(["--", "-D", "warnings"])).map(drop)
    });
    tally.check("rust: documentation", || {
        let mut doc = cargo(&["doc", "--quiet", "--workspace", "--no-deps"]);
        run(doc.env("RUSTDOCFLAGS", "-D warnings")).map(drop)
    });
    tally.tests("rust", &mut cargo(&["test", "--workspace", "--exclude", "tests", "--no-fail-fast"]));
    tally.check("rust: purity", || purity(checkout));
    match setup::for_tests(checkout) {
        Ok(tools) => {
            dependencies(checkout, &tools, tally);
            scripts(checkout, &tools, tally);
        }
        Err(failure) => tally.fail("rust: set-up", &failure),
    }
}

/// The pure rooms name no platform, on neither target.
fn purity(checkout: &Checkout) -> Outcome {
    let about = run(Command::new("rustc").arg("-vV").current_dir(checkout.root()))?;
    let native = about.lines().find_map(|line| line.strip_prefix("host: "));
    let native = native.ok_or_else(|| Failure::new("rustc does not name its host"))?;
    for target in [native, WASM] {
        let mut tree = Command::new("cargo");
        tree.args(["tree", "-e", "normal", "--prefix", "none", "--target", target])
            .current_dir(checkout.root());
        let packages = run(tree.args(PURE.iter().flat_map(|package| ["-p", package])))?;
        if let Some(found) = forbidden(&packages) {
            return Err(Failure::new(format!(
                "{} must not depend on {found} ({target})",
                PURE.join(" and ")
            )));
        }
    }
    Ok(())
}

/// The first forbidden package of `cargo tree --prefix none`.
fn forbidden(packages: &str) -> Option<&str> {
    packages.lines().filter_map(|line| line.split(' ').next()).find(|name| FORBIDDEN_IN_PURE.contains(name))
}

fn dependencies(checkout: &Checkout, tools: &TestTools, tally: &mut Tally) {
    let deny = |what: &[&str]| {
        let mut deny = Command::new(&tools.cargo_deny);
        deny.args(["--workspace", "--log-level", "error", "check"]).args(what).current_dir(checkout.root());
        deny
    };
    tally.check("rust: dependencies (bans, licenses, sources)", || {
        run(&mut deny(&["bans", "licenses", "sources"])).map(drop)
    });
    let name = "rust: dependencies (advisories)";
    let mut unreachable = false;
    let mut check = || {
        let log = log_file(checkout, "advisories.log")?;
        let status = run_for(&mut deny(&["advisories"]), ADVISORIES_LIMIT, &log)?;
        let said = fs::read_to_string(&log).explain(log.display())?;
        match status {
            Some(status) if status.success() => Ok(()),
            Some(_) if !said.contains("failed to fetch advisory database") => Err(Failure::new(said)),
            _ => {
                unreachable = true;
                Ok(())
            }
        }
    };
    match check() {
        Ok(()) if unreachable => tally.skip(name, "the database cannot be fetched from here"),
        outcome => {
            tally.check(name, || outcome);
        }
    }
}

/// The pages' scripts, by TypeScript's compiler.
fn scripts(checkout: &Checkout, tools: &TestTools, tally: &mut Tally) {
    let project = checkout.www().join("jsconfig.json");
    if !project.is_file() && !has_scripts(&checkout.www()) {
        return tally.skip("rust: types of the pages' scripts", "there are none yet");
    }
    tally.check("rust: types of the pages' scripts", || {
        let mut tsc = Command::new("node");
        run(tsc.arg(&tools.tsc).args(["--noEmit", "--project"]).arg(project)).map(drop)
    });
}

fn has_scripts(folder: &Path) -> bool {
    let Ok(entries) = fs::read_dir(folder) else { return false };
    entries.flatten().map(|entry| entry.path()).any(|path| {
        if path.is_dir() { has_scripts(&path) } else { path.extension().is_some_and(|kind| kind == "js") }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn purity_sees_the_package_and_not_a_name_that_contains_it() {
        assert_eq!(forbidden("serde v1.0.228\nworker-thing v1.0.0\n"), None);
        assert_eq!(forbidden("serde v1.0.228\ngetrandom v0.4.3 (*)\n"), Some("getrandom"));
    }
}
