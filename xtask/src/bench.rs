//! `bench`: measures, prints a table and writes it to `target/bench/NAME.json`. An aim that is missed is shown, and is no
//! failure: what a machine needs depends on what else it does.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::artifacts;
use crate::checkout::Checkout;
use crate::failure::{Explain as _, Failure, Outcome};
use crate::process::run_by_line;
use crate::setup;
use crate::suites::outside;

/// What can be measured by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// The time to a verdict on the enrollment page, per engine.
    Readiness,
    /// The time of a proof that nobody sees, per engine, and its bytes on the wire.
    Prove,
    /// How many verifications a second, beside a Worker that answers "hi", and how often KV is read for them.
    Verify,
    /// What publishing, remembering and looking up take with up to a million revocations.
    Revocations,
}

impl Measure {
    /// In the order they run.
    pub const ALL: [Self; 4] = [Self::Readiness, Self::Prove, Self::Verify, Self::Revocations];

    /// The measure of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|measure| measure.name() == name)
    }

    /// As it is typed and printed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Readiness => "readiness",
            Self::Prove => "prove",
            Self::Verify => "verify",
            Self::Revocations => "revocations",
        }
    }
}

/// Builds what is measured and measures it.
///
/// # Errors
/// When something is missing or does not answer.
pub fn run(checkout: &Checkout, measures: &[Measure]) -> Outcome {
    let tools = setup::for_build(checkout)?;
    artifacts::build(checkout, &tools)?;
    let folder = checkout.target().join("bench");
    fs::create_dir_all(&folder).explain(folder.display())?;
    for measure in measures {
        let file = folder.join(measure.name()).with_extension("json");
        println!("\n== {} ==", measure.name());
        let mut command = match measure {
            Measure::Readiness => in_browsers(checkout, "browsers", "READINESS_BENCH", &file)?,
            Measure::Prove => in_browsers(checkout, "binding", "PROVE_BENCH", &file)?,
            Measure::Verify => {
                let hi = artifacts::hi_worker(checkout, &tools)?;
                let mut command = of_the_wire(checkout, "verify::", "VERIFY_BENCH", &file);
                command.env("HI_WORKER", hi);
                command
            }
            Measure::Revocations => of_the_wire(checkout, "scale::", "REVOCATIONS_BENCH", &file),
        };
        let status = run_by_line(&mut command, |line| println!("{line}"))?;
        if !status.success() {
            return Err(Failure::new(format!("{} could not be measured", measure.name())));
        }
        println!("written to {}", file.display());
    }
    Ok(())
}

/// Where browsers are driven, by a program that measures instead of testing where this variable names a file.
fn in_browsers(checkout: &Checkout, suite: &str, variable: &str, file: &Path) -> Outcome<Command> {
    setup::browsers()?;
    setup::firefox()?;
    setup::webkit()?;
    let mut command = outside(checkout, suite, &[]);
    command.env(variable, file);
    Ok(command)
}

/// Tests that show what they measure beside what they assert.
fn of_the_wire(checkout: &Checkout, tests: &str, variable: &str, file: &Path) -> Command {
    let mut command = outside(checkout, "reliability", &[tests, "--", "--nocapture", "--test-threads", "1"]);
    command.env(variable, file);
    command
}
