//! How the workbench fails: with words for the person at the terminal, never with a type for a program to match.

use std::fmt::{self, Display};

/// What went wrong and, where it is known, how to go on.
#[derive(Debug)]
pub struct Failure(String);

/// The result of everything the workbench does.
pub type Outcome<T = ()> = Result<T, Failure>;

impl Failure {
    /// A failure in these words.
    pub fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }
}

impl Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Failure {}

/// Says of any error what was being done.
pub trait Explain<T> {
    /// `doing`, then the error's own words.
    ///
    /// # Errors
    /// The error, with `doing` in front.
    fn explain(self, doing: impl Display) -> Outcome<T>;
}

impl<T, E: Display> Explain<T> for Result<T, E> {
    fn explain(self, doing: impl Display) -> Outcome<T> {
        self.map_err(|error| Failure::new(format!("{doing}: {error}")))
    }
}
