//! Firefox, as Debian has it.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Map, Value, json};

use super::webdriver::Session;
use super::{Firefox, Outcome};
use crate::driver::Driver;

pub(super) fn open(manner: &Firefox, profile: &Path, origins: &[&str]) -> Outcome<Session> {
    let tools = xtask::setup::firefox().map_err(|missing| missing.to_string())?;
    let mut preferences: Map<String, Value> =
        manner.preferences.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    // Nothing is asked of the network but what the test asks.
    preferences.insert("network.proxy.type".to_owned(), json!(0));
    if let Some(permission) = manner.site_cookies {
        // The file a vendor ships exceptions in: read at each start, like those a person made.
        let file = profile.join("permissions.txt");
        let lines: Vec<_> =
            origins.iter().map(|origin| format!("origin\tcookie\t{permission}\t{origin}\n")).collect();
        fs::write(&file, lines.concat()).unwrap();
        preferences.insert(
            "permissions.manager.defaultsUrl".to_owned(),
            json!(format!("file://{}", file.display())),
        );
    }
    let options = json!({
        "binary": tools.firefox,
        "args": ["-headless", "-profile", profile],
        "prefs": preferences,
    });
    let capabilities =
        json!({ "browserName": "firefox", "acceptInsecureCerts": true, "moz:firefoxOptions": options });
    // Each driver serves one browser.
    let driver =
        Driver::start(Command::new(tools.geckodriver).args(["--port", "0"]), "Listening on 127.0.0.1:");
    Session::start(driver, capabilities)
}
