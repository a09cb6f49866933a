//! Chromium, as Debian has it.

use std::path::Path;

use serde_json::json;

use super::webdriver::Session;
use super::{Chromium, Outcome};
use crate::chromedriver;

pub(super) fn open(manner: &Chromium, profile: &Path) -> Outcome<Session> {
    let mut arguments: Vec<_> = chromedriver::ARGUMENTS.map(str::to_owned).to_vec();
    arguments.extend(manner.arguments.iter().map(|&argument| argument.to_owned()));
    arguments.push(format!("--user-data-dir={}", profile.display()));
    let mut options = json!({ "args": arguments });
    if let Some(cookies) = manner.cookies {
        options["prefs"] = json!({ "profile.default_content_setting_values.cookies": cookies });
    }
    let capabilities =
        json!({ "browserName": "chrome", "acceptInsecureCerts": true, "goog:chromeOptions": options });
    Session::start(chromedriver::start(), capabilities)
}
