//! Every page of the console: axe-core finds nothing in light and in dark, nothing runs out of a narrow screen, and strings of
//! whatever kind are text.

use reqwest::Method;
use serde_json::json;

use crate::console::{Desk, Screen, assert_accessible, recovery_address};
use crate::support::{Answer, Arrival, Browser, Kind, Manner, Product, Site, Wire};

pub(crate) const PAGES: [&str; 15] = [
    "/admin",
    "/admin/sign-in",
    "/admin/set-up",
    "/admin/settings",
    "/admin/directories",
    "/admin/users",
    "/admin/user",
    "/admin/import",
    "/admin/audit",
    "/admin/interactions",
    "/admin/administrators",
    "/admin/tokens",
    "/admin/mail",
    "/admin/announcement",
    "/admin/account",
];

/// Something to see on every page; returns the id of a person with devices.
async fn filled(product: &Product, site: &Site) -> String {
    let ada = site.person("a.rather.long.name.that.does.not.break.anywhere.at.all").await;
    let arrival = Arrival::open();
    let link = site.admin.link(&arrival.url, &ada.address).await;
    for name in [ODD, "Firefox at the desk in the second room on the left, behind door"] {
        let mut wire = Wire::to(&site.origin);
        let code = wire.ask(site, &ada.address).await.code();
        let body = json!({ "code": code, "kind": "own", "name": name });
        let confirmed = wire.post("/api/v1/enrollments/confirm", &body).await;
        assert_eq!(confirmed.status, 200, "{}", confirmed.text());
        wire.click(&link).await.leads_to(&arrival.url);
    }
    let mut lost = Wire::to(&site.origin);
    lost.enroll(site, &ada.address, Kind::Shared).await;
    let devices = site.admin.devices(&ada.id).await;
    site.admin.revoke_device(devices[0]["id"].as_str().unwrap()).await;
    let mut desk = Desk::open(product, site).await;
    let body = json!({ "name": ODD, "address": "odd@example.org", "role": "help_desk" });
    desk.post("/administrators", &body, 201).await;
    let body =
        json!({ "name": ODD, "scopes": ["read", "people", "revoke", "settings"], "expires_in_days": 9 });
    let made = desk.post("/tokens", &body, 201).await;
    let program = Wire::to(&site.origin).bare(Method::POST, "/api/v1/admin/users");
    let body = json!({ "address": "=odd@example.com" });
    assert_eq!(
        Answer::to(program.bearer_auth(made["token"].as_str().unwrap()).json(&body)).await.status,
        201
    );
    ada.id
}

const ODD: &str = "<img src=x onerror=alert(1)>\"'{n}&lt;";

/// Who looks at the pages: an administrator, and at the one for signing in somebody who has not done that.
struct Viewers {
    administrator: Screen,
    stranger: Screen,
}

impl Viewers {
    async fn open(manner: Manner, product: &Product, site: &Site) -> Self {
        let screen = async || Screen::of(Browser::open_as(manner).await).await;
        let (administrator, stranger) = (screen().await, screen().await);
        administrator.set_up(site, &recovery_address(product, site)).await;
        Self { administrator, stranger }
    }

    /// Goes to a page, and waits until it shows what it has to show.
    async fn visit(&self, site: &Site, page: &str, language: &str, person: &str) -> &Browser {
        let screen = if page.ends_with("/sign-in") { &self.stranger } else { &self.administrator };
        let about = if page.ends_with("/user") { format!("&id={person}") } else { String::new() };
        screen.browser.goto(&format!("{}{page}?lang={language}{about}", site.origin)).await;
        screen.is_settled().await;
        &screen.browser
    }
}

#[tokio::test]
async fn axe_finds_nothing_on_any_page_in_light_and_in_dark_and_no_string_is_markup() {
    let product = Product::start(&[("RESEND_AFTER_SECONDS", "0")]).await;
    let site = product.demo();
    let person = filled(&product, &site).await;
    let viewers = Viewers::open(Manner::Ordinary, &product, &site).await;
    for language in ["en", "de"] {
        for page in PAGES {
            let browser = viewers.visit(&site, page, language, &person).await;
            assert_accessible(browser, &format!("{page} in {language}")).await;
            let images = browser.script("return document.querySelectorAll('img').length;").await;
            assert_eq!(images, 0, "{page} in {language}");
        }
    }
    for page in ["/admin/user", "/admin/tokens", "/admin/administrators", "/admin/audit"] {
        viewers.visit(&site, page, "en", &person).await.reads(ODD).await;
    }
    viewers.administrator.browser.complained_only_of(&[400, 401, 404]).await;
}

#[tokio::test]
async fn axe_finds_nothing_in_any_dialog() {
    let product = Product::start(&[("RESEND_AFTER_SECONDS", "0")]).await;
    let site = product.demo();
    let person = filled(&product, &site).await;
    let viewers = Viewers::open(Manner::Ordinary, &product, &site).await;
    for page in PAGES {
        let browser = viewers.visit(&site, page, "en", &person).await;
        let ids =
            browser.script("return [...document.querySelectorAll('dialog[id]')].map((one) => one.id);").await;
        for id in ids.as_array().unwrap() {
            browser.script(&format!("document.getElementById({id}).showModal();")).await;
            assert_accessible(browser, &format!("{page} {id}")).await;
            browser.script(&format!("document.getElementById({id}).close();")).await;
        }
    }
}

#[tokio::test]
async fn on_a_narrow_screen_nobody_scrolls_sideways() {
    let product = Product::start(&[("RESEND_AFTER_SECONDS", "0")]).await;
    let site = product.demo();
    let person = filled(&product, &site).await;
    let viewers = Viewers::open(Manner::Narrow, &product, &site).await;
    for language in ["en", "de"] {
        for page in PAGES {
            let browser = viewers.visit(&site, page, language, &person).await;
            browser.fits(&format!("{page} in {language}")).await;
        }
    }
}
