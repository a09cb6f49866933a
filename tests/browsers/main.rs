//! The enrollment page in real engines: what it says of each kind of window, beside what is true.
//!
//! In scope: Chromium, Firefox and `WebKitGTK` in every manner that changes what a page can find out, over http and https; the
//! peer's verdict in the same windows; how long a verdict takes. Not in scope: what is judged of which findings; the rules'
//! own tests go through every combination.
#[cfg(test)]
mod bench;
#[cfg(test)]
#[path = "../support/chromedriver.rs"]
mod chromedriver;
#[cfg(test)]
mod configurations;
#[cfg(test)]
mod documented;
#[cfg(test)]
#[path = "../support/driver.rs"]
mod driver;
#[cfg(test)]
#[expect(dead_code, reason = "hands for the cookies and buttons of the suite `binding`")]
#[path = "../support/engines/mod.rs"]
mod engines;
#[cfg(test)]
#[path = "../support/findings.rs"]
mod findings;
#[cfg(test)]
#[path = "../support/folder.rs"]
mod folder;
#[cfg(test)]
mod judge;
#[cfg(test)]
#[path = "../support/leash.rs"]
mod leash;
#[cfg(test)]
mod load;
#[cfg(test)]
mod look;
#[cfg(test)]
mod peer;
#[cfg(test)]
mod place;
#[cfg(test)]
mod report;
#[cfg(test)]
mod run;
#[cfg(test)]
mod self_check;
#[cfg(test)]
mod sites;
#[cfg(test)]
mod special;
#[cfg(test)]
mod table;
#[cfg(test)]
#[path = "../support/tls_front.rs"]
mod tls_front;

#[cfg(test)]
fn main() -> std::process::ExitCode {
    run::run()
}

#[cfg(not(test))]
fn main() {}
