//! What the browser says of itself.

use enrollment_rules::readiness::{
    Finding,
    browser::{Browser, Identity},
    in_app, secure_context, support,
};
use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};

use crate::browser::{of_navigator, property};

/// This browser, and what follows from its name alone.
#[derive(Debug)]
pub struct Introduction {
    /// Engine, brand, version.
    pub browser: Browser,
    /// Whether it is a view inside another app.
    pub in_app_view: Finding,
    /// Whether it is in the support matrix.
    pub supported: Finding,
    /// Whether it takes this page for a secure context.
    pub secure_context: Finding,
    /// Whether the page came over https.
    pub over_tls: bool,
}

/// Reads the names.
#[must_use]
pub fn introduction() -> Introduction {
    let vendor = of_navigator("vendor").as_string();
    let user_agent = of_navigator("userAgent").as_string().unwrap_or_default();
    let brands = brands();
    let identity = Identity { vendor: vendor.as_deref(), user_agent: &user_agent, brands: &brands };
    let browser = Browser::recognize(&identity);
    Introduction {
        browser,
        in_app_view: in_app::finding(&identity, &browser),
        supported: support::finding(&browser),
        secure_context: secure_context(property(&js_sys::global(), "isSecureContext").as_bool()),
        over_tls: property(&property(&js_sys::global(), "location"), "protocol") == "https:",
    }
}

fn brands() -> String {
    let data = of_navigator("userAgentData");
    if !data.is_object() {
        return String::new();
    }
    let Ok(brands) = property(&data, "brands").dyn_into::<Array>() else { return String::new() };
    let mut names = String::new();
    for brand in brands.iter().filter(JsValue::is_object) {
        names.push_str(&property(&brand, "brand").as_string().unwrap_or_default());
        names.push(';');
    }
    names
}
