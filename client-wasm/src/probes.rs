//! The probes: each asks the browser one question and says what it saw. None of them prompts the person, and each removes what
//! it made.

pub mod cookies;
pub mod engine;
pub mod private_window;
pub mod storage;
pub mod web_crypto;
