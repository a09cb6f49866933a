//! The workbench: sets up what is missing, builds the Worker and the page's wasm module, runs the whole product
//! on one machine and runs its tests.
//!
//! In scope: tools, artefacts and their sizes, the local [`stack`] (Worker, KV, mail catcher), development data.
//! Not in scope: anything that is deployed. No other room may depend on this crate, except the outside tests,
//! which start a [`stack::Stack`] and know nothing of it but addresses.
//!
//! The list of commands is the text that `cargo xtask` prints ([`USAGE`]).
#![expect(clippy::print_stdout, reason = "a command-line tool speaks on standard output")]
#![expect(
    clippy::disallowed_methods,
    reason = "the workbench waits for processes and times its steps by the clock"
)]

pub mod admin_link;
pub mod artifacts;
pub mod bench;
pub mod checkout;
pub mod dev;
pub mod failure;
mod imports;
pub mod keys;
pub mod process;
pub mod setup;
pub mod sizes;
pub mod stack;
pub mod suites;

/// What `cargo xtask` understands.
pub const USAGE: &str = "\
cargo xtask dev [--port N]   set up what is missing, build, start everything, print the addresses
cargo xtask test [SUITE...]  no SUITE = all; suites: rust, wasm, journey, browsers, binding,
                             admin, mail, reliability
cargo xtask check NAME       one promise by itself: authz, revocation, inject, kill, mail or rotation
cargo xtask bench [NAME]     no NAME = all; measures: readiness, prove, verify, revocations; written to
                             target/bench/NAME.json
cargo xtask build            release artefacts and their sizes
cargo xtask admin-link [--recover] ORIGIN
                             a set-up address for the first administrator of the account at ORIGIN, or for one
                             more; reads the Worker's secret ADMIN_LINK_KEY from the environment
cargo xtask keys show | add KID | activate KID | remove KID
                             reads a set of signing keys from standard input, prints what becomes of it";
