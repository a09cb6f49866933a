//! What a device is tied to, attacked: real browsers that are copied, cleaned, raced, lied to and robbed.
//!
//! In scope: Chromium, Firefox and `WebKitGTK` over https with profiles that last, what becomes of each attack in them, and how long
//! an invisible proof takes. Not in scope: each wrong proof by its code (suite `journey`), and what a proof is (the rooms' own tests).
#[cfg(test)]
mod at_once;
#[cfg(test)]
mod bare;
#[cfg(test)]
mod bench;
#[cfg(test)]
mod counter;
#[cfg(test)]
mod documented;
#[cfg(test)]
mod drill;
#[cfg(test)]
#[expect(dead_code, reason = "hands for windows of the suite `browsers`")]
#[path = "../support/engines/mod.rs"]
mod engines;
#[cfg(test)]
mod forged;
#[cfg(test)]
mod keys_only;
#[cfg(test)]
mod life;
#[cfg(test)]
mod nothing_kept;
#[cfg(test)]
mod press;
#[cfg(test)]
mod product;
#[cfg(test)]
mod run;
#[cfg(test)]
mod seen;
#[cfg(test)]
mod shared;
#[cfg(test)]
mod statement;
#[cfg(test)]
mod subject;
#[cfg(test)]
#[expect(dead_code, unused_imports, reason = "hands for the suite `journey`")]
#[path = "../support/mod.rs"]
mod support;
#[cfg(test)]
#[path = "../support/tls_front.rs"]
mod tls_front;
#[cfg(test)]
mod visit;
#[cfg(test)]
mod wired;

#[cfg(test)]
use support::{chromedriver, driver, leash};

#[cfg(test)]
fn main() -> std::process::ExitCode {
    run::run()
}

#[cfg(not(test))]
fn main() {}
