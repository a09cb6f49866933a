//! `bench`: measures, prints a table and writes it to `target/bench/NAME.json`. An aim that is missed is shown, and is no
//! failure: what a machine needs depends on what else it does.

use std::fs;

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
}

impl Measure {
    /// In the order they run.
    pub const ALL: [Self; 2] = [Self::Readiness, Self::Prove];

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
        // Where browsers are driven.
        let (suite, variable) = match measure {
            Measure::Readiness => ("browsers", "READINESS_BENCH"),
            Measure::Prove => ("binding", "PROVE_BENCH"),
        };
        setup::browsers()?;
        setup::firefox()?;
        setup::webkit()?;
        let mut command = outside(checkout, suite, &[]);
        let status = run_by_line(command.env(variable, &file), |line| println!("{line}"))?;
        if !status.success() {
            return Err(Failure::new(format!("{} could not be measured", measure.name())));
        }
        println!("written to {}", file.display());
    }
    Ok(())
}
