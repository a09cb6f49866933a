//! Mail from outside: what becomes of it whatever the mail server does, what is in it whatever people type, and how it looks.
//!
//! In scope: the running product against a mail server that is told what to do wrong, and against one of Debian's; each mail in a
//! browser. Not in scope: the mails' words, and the dialogue without a line; the rooms' own tests have those.

#[cfg(test)]
mod authority;
#[cfg(test)]
#[expect(dead_code, unused_imports, reason = "hands for the suite `admin`")]
#[path = "../support/console/mod.rs"]
mod console;
#[cfg(test)]
mod console_pages;
#[cfg(test)]
mod debian;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod harness;
#[cfg(test)]
#[expect(dead_code, reason = "hands for the suite `reliability`")]
#[path = "../reliability/http_service.rs"]
mod http_service;
#[cfg(test)]
mod letter;
#[cfg(test)]
mod naughty;
#[cfg(test)]
mod post;
#[cfg(test)]
mod rendered;
#[cfg(test)]
mod server;
#[cfg(test)]
mod service;
#[cfg(test)]
#[expect(dead_code, unused_imports, reason = "hands for other suites")]
#[path = "../support/mod.rs"]
mod support;
#[cfg(test)]
mod trouble_pages;
#[cfg(test)]
mod ways;
