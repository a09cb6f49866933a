//! The administration from outside: who may do what, what each address answers, and the console as an administrator walks through it.
//!
//! In scope: what docs/API.md promises under "Administration", on the whole running product, by programs, people and browsers that
//! should and should not; the console by its words, by keyboard, in light and dark. Not in scope: rules that need a clock or an
//! inside to be seen; the rooms' own tests have those.
#![cfg_attr(
    test,
    expect(clippy::string_slice, reason = "links and codes are ASCII; where not, the test should fail")
)]

#[cfg(test)]
mod access;
#[cfg(test)]
mod announcement;
#[cfg(test)]
mod authz;
#[cfg(test)]
mod awareness;
#[cfg(test)]
#[path = "../support/console/mod.rs"]
mod console;
#[cfg(test)]
mod import;
#[cfg(test)]
mod many_devices;
#[cfg(test)]
mod naughty;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod passkeys;
#[cfg(test)]
mod people;
#[cfg(test)]
mod records;
#[cfg(test)]
mod revocations;
#[cfg(test)]
mod roles;
#[cfg(test)]
mod set_up;
#[cfg(test)]
mod settings;
#[cfg(test)]
#[expect(dead_code, unused_imports, reason = "hands for the suite `journey`")]
#[path = "../support/mod.rs"]
mod support;
#[cfg(test)]
mod table;
#[cfg(test)]
mod walk_directories;
#[cfg(test)]
mod walk_session;
#[cfg(test)]
mod walk_settings;
