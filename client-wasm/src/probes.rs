//! The probes: each asks the browser one question and gathers what it saw; `enrollment_rules::readiness` says what that proves.
//! None of them prompts the person in an ordinary window, and each removes what it made.

pub mod cookies;
pub mod identity;
pub mod private_window;
pub mod storage;
pub mod turn;
pub mod web_crypto;
pub mod worker;
