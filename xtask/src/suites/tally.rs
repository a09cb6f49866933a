//! Counting. A suite that did not run is counted and named; a run in which no test was found is a failure.

use std::process::Command;

use crate::failure::{Failure, Outcome};
use crate::process::{run_by_line, step};

/// What happened so far.
#[derive(Debug, Default)]
pub(super) struct Tally {
    passed: u64,
    failed: Vec<String>,
    skipped: Vec<String>,
}

impl Tally {
    /// Runs one check that counts as one test; returns whether it passed.
    pub(super) fn check(&mut self, name: &str, work: impl FnOnce() -> Outcome) -> bool {
        match step(name, work) {
            Ok(()) => {
                self.passed = self.passed.saturating_add(1);
                true
            }
            Err(failure) => {
                self.fail(name, &failure);
                false
            }
        }
    }

    /// Runs a command that ends in libtest's words, and counts its tests.
    pub(super) fn tests(&mut self, name: &str, command: &mut Command) {
        let mut results = Results::default();
        let status = run_by_line(command, |line| {
            println!("{line}");
            results.read(line);
        });
        self.passed = self.passed.saturating_add(results.passed);
        self.failed.extend(results.failed.iter().map(|test| format!("{name}: {test}")));
        self.skipped.extend(results.ignored.iter().map(|test| format!("{name}: {test}")));
        match status {
            Err(failure) => self.fail(name, &failure),
            // A build that fails, or a browser that does not start, has no line for it.
            Ok(status) if !status.success() && results.failed.is_empty() => {
                self.fail(name, &Failure::new(format!("ended with {status} before any test failed")));
            }
            Ok(_) if results.is_empty() => self.fail(name, &Failure::new("no test was run")),
            Ok(_) => {}
        }
    }

    /// Counts something as failed.
    pub(super) fn fail(&mut self, name: &str, failure: &Failure) {
        println!("{failure}");
        self.failed.push(name.to_owned());
    }

    /// Counts something as not run, and says why.
    pub(super) fn skip(&mut self, name: &str, why: &str) {
        println!("{name}: skipped: {why}");
        self.skipped.push(format!("{name}: {why}"));
    }

    /// Prints what failed and the sum; returns whether nothing failed. What a check could not look at, it has not found right.
    pub(super) fn close_check(self) -> bool {
        println!();
        let failed: Vec<_> = self.failed.iter().chain(&self.skipped).collect();
        for name in &failed {
            println!("failed:  {name}");
        }
        println!("{} passed, {} failed", self.passed, failed.len());
        failed.is_empty()
    }

    /// Prints what failed, what was skipped and the sum; returns whether nothing failed.
    pub(super) fn close(self) -> bool {
        println!();
        for name in &self.failed {
            println!("failed:  {name}");
        }
        for name in &self.skipped {
            println!("skipped: {name}");
        }
        println!("{} passed, {} failed, {} skipped", self.passed, self.failed.len(), self.skipped.len());
        self.failed.is_empty()
    }
}

/// What libtest's output says, also as wasm-bindgen's test runner writes it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Results {
    passed: u64,
    failed: Vec<String>,
    ignored: Vec<String>,
    /// Those named since the last sum.
    named: Named,
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Named {
    failed: Vec<String>,
    ignored: Vec<String>,
}

impl Results {
    fn read(&mut self, line: &str) {
        if let Some(test) = line.strip_prefix("test ") {
            if let Some((name, outcome)) = test.rsplit_once(" ... ") {
                // Some harnesses align the outcomes.
                let name = name.trim_end();
                if outcome.starts_with("FAIL") {
                    self.named.failed.push(name.to_owned());
                } else if outcome.starts_with("ignored") {
                    self.named.ignored.push(name.to_owned());
                }
            } else if let Some(sums) = test.strip_prefix("result: ") {
                self.sum(sums);
            }
        }
    }

    /// `ok. 3 passed; 0 failed; 1 ignored; …`: the sums are the truth, the names go with them as far as they do.
    fn sum(&mut self, sums: &str) {
        let count = |what: &str| -> usize {
            sums.split([';', '.'])
                .find_map(|part| part.trim().strip_suffix(what))
                .and_then(|number| number.trim().parse().ok())
                .unwrap_or_default()
        };
        self.passed = self.passed.saturating_add(u64::try_from(count("passed")).unwrap_or(u64::MAX));
        let named = std::mem::take(&mut self.named);
        self.failed.extend(of_length(named.failed, count("failed"), "a failed test"));
        self.ignored.extend(of_length(named.ignored, count("ignored"), "an ignored test"));
    }

    fn is_empty(&self) -> bool {
        self.passed == 0 && self.failed.is_empty() && self.ignored.is_empty()
    }
}

fn of_length(mut names: Vec<String>, count: usize, unnamed: &str) -> Vec<String> {
    names.resize(count, unnamed.to_owned());
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Results {
        let mut results = Results::default();
        text.lines().for_each(|line| results.read(line));
        results
    }

    #[test]
    fn the_sums_of_several_binaries_add_up_and_ignored_tests_are_named() {
        let results = read(
            "test a ... ok\ntest slow ... ignored, needs a day\ntest b    ... FAILED\n\n\
             test result: FAILED. 1 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\
             test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s",
        );
        assert_eq!(results.passed, 13);
        assert_eq!(results.failed, ["b"]);
        assert_eq!(results.ignored, ["slow"]);
    }

    #[test]
    fn a_failure_nobody_named_still_counts() {
        let results = read("test result: FAILED. 0 passed; 2 failed; 0 ignored; 0 filtered out");
        assert_eq!(results.failed, ["a failed test", "a failed test"]);
    }

    #[test]
    fn a_command_that_fails_without_a_failed_test_is_a_failure() {
        let mut tally = Tally::default();
        let words = "echo 'test result: ok. 3 passed; 0 failed; 0 ignored'; exit 1";
        tally.tests("suite", Command::new("sh").args(["-c", words]));
        assert_eq!((tally.passed, tally.failed.len()), (3, 1));
    }

    #[test]
    fn a_run_that_finds_no_test_is_a_failure() {
        let mut tally = Tally::default();
        tally.tests(
            "suite",
            Command::new("sh").args(["-c", "echo 'test result: ok. 0 passed; 0 failed; 0 ignored'"]),
        );
        assert_eq!(tally.failed, ["suite"]);
    }

    #[test]
    fn a_skipped_suite_does_not_count_as_passed() {
        let mut tally = Tally::default();
        tally.skip("suite", "no browser");
        assert_eq!((tally.passed, tally.skipped.len()), (0, 1));
        assert!(tally.close());
    }

    #[test]
    fn a_check_that_could_not_look_has_failed() {
        let mut tally = Tally::default();
        tally.skip("check", "no browser");
        assert!(!tally.close_check());
    }
}
