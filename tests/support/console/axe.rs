//! axe-core over the page that is shown.

use std::sync::OnceLock;

use serde_json::{Value, json};
use xtask::checkout::Checkout;

use crate::support::Browser;

/// Which colors a person asks for.
#[derive(Debug, Clone, Copy)]
enum Light {
    Light,
    Dark,
}

impl Light {
    const BOTH: [Self; 2] = [Self::Light, Self::Dark];

    fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// What is no page of its own says by `window.rules` which rules are for it.
const RUN: &str = "return window.axe.run(document, { resultTypes: ['violations'], ...window.rules }).then((found) => found.violations.map((one) => ({
  rule: one.id, help: one.help, at: one.nodes.map((node) => [node.target.join(' '), node.failureSummary]),
})));";

fn source() -> &'static str {
    static SOURCE: OnceLock<String> = OnceLock::new();
    SOURCE.get_or_init(|| {
        let file = Checkout::find().unwrap().npm_package("axe-core").join("axe.min.js");
        std::fs::read_to_string(file).unwrap()
    })
}

/// Asserts that axe-core finds nothing to complain of in what is shown, in light and in dark.
pub(crate) async fn assert_accessible(browser: &Browser, what: &str) {
    browser.script(&format!("if (!window.axe) {{ {} }}", source())).await;
    for light in Light::BOTH {
        let feature = json!({ "name": "prefers-color-scheme", "value": light.name() });
        browser.devtools("Emulation.setEmulatedMedia", json!({ "features": [feature] })).await;
        let found = browser.script(RUN).await;
        assert_eq!(found, Value::Array(vec![]), "{what}, {}: {found:#}", light.name());
    }
}
