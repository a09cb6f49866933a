//! Chance that can be had again: the same numbers for the same seed (`SplitMix64`), which is told by what has the run done again.

use std::time::Duration;

use ring::rand::{SecureRandom as _, SystemRandom};

/// A sequence of numbers. As text it is the variable and the seed that it began with.
#[derive(Debug)]
pub(crate) struct Chance {
    variable: &'static str,
    seed: u64,
    state: u64,
}

impl Chance {
    /// By the seed in this variable of the environment, else by one of its own.
    pub(crate) fn of_this_run(variable: &'static str) -> Self {
        let mut bytes = [0; 8];
        SystemRandom::new().fill(&mut bytes).unwrap();
        let seed = number(variable).unwrap_or(u64::from_le_bytes(bytes));
        Self { variable, seed, state: seed }
    }

    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }

    /// A time shorter than `limit`.
    pub(crate) fn shorter_than(&mut self, limit: Duration) -> Duration {
        Duration::from_micros(self.below(u64::try_from(limit.as_micros()).unwrap()))
    }

    pub(crate) fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::try_from(self.below(choices.len().try_into().unwrap())).unwrap()]
    }
}

impl std::fmt::Display for Chance {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}={}", self.variable, self.seed)
    }
}

/// The number in this variable of the environment, if there is one.
pub(crate) fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is a number")))
}
