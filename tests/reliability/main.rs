//! What the product promises when things go wrong: how soon a revocation is known, whatever KV does; what becomes of calls that are
//! lost half-way; what a power failure leaves; how keys are replaced.
//!
//! In scope: the running product at several places at once, over a KV, a mail server and a network whose faults the tests choose,
//! with its times scaled down by configuration. Not in scope: anything that needs a browser.

#[cfg(test)]
mod chance;
#[cfg(test)]
mod faulty_accounts;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod http_service;
#[cfg(test)]
mod inject;
#[cfg(test)]
mod kill;
#[cfg(test)]
mod kv;
#[cfg(test)]
mod places;
#[cfg(test)]
mod revocation;
#[cfg(test)]
mod rotation;
#[cfg(test)]
mod scale;
#[cfg(test)]
mod silent;
#[cfg(test)]
#[expect(dead_code, unused_imports, reason = "hands for other suites")]
#[path = "../support/mod.rs"]
mod support;
#[cfg(test)]
mod unsure;
#[cfg(test)]
mod verify;
