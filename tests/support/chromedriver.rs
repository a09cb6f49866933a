//! Chromium's driver, and how Chromium is started by it.

use std::process::Command;

use super::driver::Driver;

/// How Chromium is started, whatever its profile: in a container, without a screen, and without calls of its own.
pub(crate) const ARGUMENTS: [&str; 11] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-breakpad",
    "--disable-dev-shm-usage",
    "--no-proxy-server",
];

/// A new one.
pub(crate) fn start() -> Driver {
    let program = xtask::setup::browsers().unwrap().chromedriver;
    Driver::start(Command::new(program).arg("--port=0"), "was started successfully on port ")
}
