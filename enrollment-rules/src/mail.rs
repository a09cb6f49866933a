//! Mail: which way it takes, what is said on the way, how it fared, when it is tried again, and what it says.

pub mod binding;
pub mod credentials;
pub mod dialogue;
pub mod fate;
mod form;
pub mod outbox;
pub mod way;
pub mod words;
