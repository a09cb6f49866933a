//! The product from outside: an administrator switches it on, a person clicks, confirms and arrives; and everybody who
//! tries to get there otherwise.
//!
//! In scope: what the pages, the mail and the HTTP interface promise, on the whole running product. Not in scope: rules
//! that need a clock or an inside to be seen; the rooms' own tests have those.
#![cfg_attr(
    test,
    expect(clippy::string_slice, reason = "links and codes are ASCII; where not, the test should fail")
)]

#[cfg(test)]
mod addresses;
#[cfg(test)]
mod administration;
#[cfg(test)]
mod advice;
#[cfg(test)]
#[path = "../support/console/axe.rs"]
mod axe;
#[cfg(test)]
mod codes;
#[cfg(test)]
mod cookies;
#[cfg(test)]
mod crashes;
#[cfg(test)]
mod destinations;
#[cfg(test)]
mod devices;
#[cfg(test)]
mod devices_page;
#[cfg(test)]
mod healing;
#[cfg(test)]
mod languages;
#[cfg(test)]
mod links;
#[cfg(test)]
mod not_me;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod proofs;
#[cfg(test)]
mod readiness;
#[cfg(test)]
mod requests;
#[cfg(test)]
mod sentence;
#[cfg(test)]
mod services;
#[cfg(test)]
#[expect(dead_code, unused_imports, reason = "hands for the suite `reliability`")]
#[path = "../support/mod.rs"]
mod support;
