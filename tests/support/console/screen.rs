//! The console in Chromium, as somebody uses it who reads the words on the screen: with a passkey in the machine.

use serde_json::json;
use thirtyfour::{By, Key, WebElement};

use super::recovery_address;
use crate::support::{Browser, Product, Site, eventually, fresh_address};

/// A window with a virtual authenticator.
#[derive(Debug)]
pub(crate) struct Screen {
    pub(crate) browser: Browser,
}

/// What can be pressed.
const PRESSABLE: &str = "//*[self::button or self::a or self::summary]";
/// What can be read beside a field.
const LABEL: &str = "//label";

impl Screen {
    /// With an authenticator that holds nothing yet.
    pub(crate) async fn open() -> Self {
        Self::of(Browser::open().await).await
    }

    pub(crate) async fn of(browser: Browser) -> Self {
        let authenticator = json!({
            "protocol": "ctap2", "transport": "internal",
            "hasResidentKey": true, "hasUserVerification": true, "isUserVerified": true,
        });
        browser.tell_driver("webauthn/authenticator", &authenticator).await;
        Self { browser }
    }

    /// Signed in as an administrator nobody else is, at the console's first page.
    pub(crate) async fn signed_in(product: &Product, site: &Site) -> Self {
        let screen = Self::open().await;
        screen.set_up(site, &recovery_address(product, site)).await;
        screen
    }

    /// Uses a set-up address.
    pub(crate) async fn set_up(&self, site: &Site, set_up_address: &str) {
        self.browser.goto(set_up_address).await;
        self.write("Your name", "Grace Example").await;
        // Of an invitation it is known.
        if self.shows_field("Your mail address").await {
            self.write("Your mail address", &fresh_address("screen")).await;
        }
        self.press("Create the passkey").await;
        self.browser.is_at(&format!("{}/admin", site.origin)).await;
    }

    /// Waits for what can be pressed and says this.
    pub(crate) async fn pressable(&self, words: &str) -> WebElement {
        self.find(words, &format!("{PRESSABLE}[normalize-space()={}]", quoted(words))).await
    }

    /// Whether something that can be pressed and says this is to be seen now.
    pub(crate) async fn offers(&self, words: &str) -> bool {
        let xpath = format!("{PRESSABLE}[normalize-space()={}]", quoted(words));
        self.browser.displayed(By::XPath(xpath)).await.is_some()
    }

    /// Presses the button or link that says this; in a dialog, if there is one.
    pub(crate) async fn press(&self, words: &str) {
        self.pressable(words).await.click().await.unwrap();
    }

    /// The same with the keyboard alone.
    pub(crate) async fn enter(&self, words: &str) {
        self.pressable(words).await;
        let mut passed = vec![];
        while self.focused().await != words {
            passed.push(self.focused().await);
            assert!(passed.len() < 60, "Tab does not lead to {words}, but to {passed:?}");
            self.browser.key(Key::Tab).await;
        }
        self.browser.key(Key::Enter).await;
    }

    /// Leads the focus to a field with the keyboard alone.
    pub(crate) async fn reach(&self, field: &str) {
        let has_focus = format!("return document.activeElement.matches({field:?});");
        let mut passed = 0;
        while self.browser.script(&has_focus).await != true {
            passed += 1;
            assert!(passed < 60, "Tab does not lead to {field}");
            self.browser.key(Key::Tab).await;
        }
    }

    /// What has the focus says this.
    pub(crate) async fn focused(&self) -> String {
        let words = self.browser.script("return document.activeElement.innerText ?? '';").await;
        words.as_str().unwrap().split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Waits until the page has asked for everything it shows.
    pub(crate) async fn is_settled(&self) {
        let state = "const asked = performance.getEntriesByType('resource').length;
            return [document.readyState, asked];";
        let mut before = self.browser.script(state).await;
        let mut calm = 0;
        eventually("the page to be settled", async || {
            let now = self.browser.script(state).await;
            calm = if now == before && now[0] == "complete" { calm + 1 } else { 0 };
            before = now;
            (calm > 8).then_some(())
        })
        .await;
    }

    /// Whether the dialog has something to press that says this.
    pub(crate) async fn offers_in_dialog(&self, words: &str) -> bool {
        let xpath = format!("//dialog[@open]{PRESSABLE}[normalize-space()={}]", quoted(words));
        self.browser.displayed(By::XPath(xpath)).await.is_some()
    }

    /// The field whose label begins with this.
    pub(crate) async fn field(&self, label: &str) -> WebElement {
        let found = self.find(label, &label_path(label)).await;
        match found.attr("for").await.unwrap() {
            Some(id) => self.browser.see(&format!("[id='{id}']")).await,
            None => found.find(By::Css("input, select, textarea")).await.unwrap(),
        }
    }

    async fn shows_field(&self, label: &str) -> bool {
        self.browser.displayed(By::XPath(label_path(label))).await.is_some()
    }

    /// Replaces what is in a field.
    pub(crate) async fn write(&self, label: &str, text: &str) {
        let field = self.field(label).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Whether a box is ticked.
    pub(crate) async fn is_ticked(&self, label: &str) -> bool {
        self.field(label).await.is_selected().await.unwrap()
    }

    /// Ticks a box, or takes the tick away.
    pub(crate) async fn tick(&self, label: &str) {
        self.find(label, &label_path(label)).await.click().await.unwrap();
    }

    pub(crate) async fn value(&self, label: &str) -> String {
        self.field(label).await.value().await.unwrap().unwrap_or_default()
    }

    pub(crate) async fn reads(&self, words: &str) {
        self.browser.reads(words).await;
    }

    /// What is asked right now.
    pub(crate) async fn dialog(&self) -> String {
        self.browser.see("dialog[open]").await.text().await.unwrap()
    }

    /// Waits until what was asked is answered, and the page knows.
    pub(crate) async fn no_dialog(&self) {
        let gone = async || (!self.browser.shows("dialog[open]").await).then_some(());
        eventually("the dialog to be gone", gone).await;
        // Chromium tells the page with the next frame, before what is to be done in that frame.
        let told = "return new Promise((done) => requestAnimationFrame(() => done(true)));";
        assert_eq!(self.browser.script(told).await, true);
    }

    async fn find(&self, what: &str, xpath: &str) -> WebElement {
        eventually(&format!("{what:?} on the page"), async || {
            let root = if self.browser.shows("dialog[open]").await { "//dialog[@open]" } else { "" };
            self.browser.displayed(By::XPath(format!("{root}{xpath}"))).await
        })
        .await
    }
}

fn label_path(label: &str) -> String {
    format!("{LABEL}[starts-with(normalize-space(), {})]", quoted(label))
}

/// A literal of `XPath`, which has no escapes.
fn quoted(text: &str) -> String {
    assert!(!text.contains('"'), "{text}");
    format!("\"{text}\"")
}
