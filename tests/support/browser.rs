//! Chromium as a person uses it: one window of a new profile, an ordinary one unless said otherwise.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use serde_json::{Value, json};
use thirtyfour::session::handle::SessionHandle;
use thirtyfour::{By, Capabilities, Cookie, Key, WebDriver, WebElement};

use super::driver::Driver;
use super::folder::Folder;
use super::{Kind, Site, chromedriver, eventually, wire};

/// What is special about the browser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    Ordinary,
    /// 320 CSS pixels wide.
    Narrow,
    /// Its window is a private one.
    Private,
    /// Cookies are blocked in its settings.
    WithoutCookies,
    /// JavaScript is switched off.
    WithoutScripts,
}

/// A running browser. Dropping it closes it and removes its profile.
#[derive(Debug)]
pub(crate) struct Browser {
    driver: Arc<SessionHandle>,
    _profile: Folder,
}

/// How long closing may take; what takes longer is ended with the driver.
const CLOSE_LIMIT: Duration = Duration::from_secs(10);

/// Makes the page stay at its last step, whose timer would otherwise go on by itself, until somebody presses.
const HOLD_TIMERS: &str = "window.setTimeout = () => 0;";

const KEPT: &str =
    "return indexedDB.databases().then((all) => all.some((one) => one.name === 'device-enrollment')
    ? new Promise((resolve, reject) => {
        const opening = indexedDB.open('device-enrollment');
        opening.onerror = reject;
        opening.onsuccess = () => {
          const keys = opening.result.transaction('device').objectStore('device').getAllKeys();
          keys.onsuccess = () => { opening.result.close(); resolve(keys.result); };
        };
      })
    : []);";
/// Requests of scripts for addresses that end so do not leave before they are let through, page by page.
const HOLD_BACK: &str = "{
  const fetch = window.fetch;
  const passed = new Promise((resolve) => { window.letThrough = resolve; });
  window.fetch = async (address, options) => {
    if (String(address).endsWith(ENDING)) await passed;
    return fetch(address, options);
  };
}";
const FITS: &str = "const root = document.documentElement; return [root.scrollWidth, root.clientWidth];";

impl Browser {
    pub(crate) async fn open() -> Self {
        Self::open_as(Manner::Ordinary).await
    }

    pub(crate) async fn open_as(manner: Manner) -> Self {
        let profile = Folder::new("profile");
        let mut arguments: Vec<_> =
            chromedriver::ARGUMENTS.iter().map(|&argument| argument.to_owned()).collect();
        arguments.push(format!("--user-data-dir={}", profile.path().display()));
        let mut options = json!({ "args": arguments });
        match manner {
            Manner::Ordinary => {}
            Manner::Narrow => {
                let metrics = json!({ "width": 320, "height": 640, "pixelRatio": 1.0, "touch": false });
                options["mobileEmulation"] = json!({ "deviceMetrics": metrics });
            }
            Manner::Private => options["args"].as_array_mut().unwrap().push(json!("--incognito")),
            Manner::WithoutCookies => {
                options["prefs"] = json!({ "profile.default_content_setting_values.cookies": 2 });
            }
            Manner::WithoutScripts => {
                options["prefs"] = json!({ "profile.managed_default_content_settings.javascript": 2 });
            }
        }
        let capabilities = json!({
            "browserName": "chrome",
            "goog:chromeOptions": options,
            "goog:loggingPrefs": { "browser": "ALL" },
        });
        let Value::Object(capabilities) = capabilities else { unreachable!() };
        let driver = WebDriver::builder(driver(), Capabilities::from(capabilities))
            .client(wire::client())
            .connect()
            .await
            .unwrap();
        let session = Arc::clone(driver.handle());
        // Closed below instead, which works wherever and however a test ends.
        driver.leak().unwrap();
        Self { driver: session, _profile: profile }
    }

    /// What its driver has no words for.
    pub(crate) async fn devtools(&self, command: &str, parameters: Value) {
        self.tell_driver("goog/cdp/execute", &json!({ "cmd": command, "params": parameters })).await;
    }

    /// A command of its driver's.
    pub(crate) async fn tell_driver(&self, command: &str, body: &Value) {
        let address = format!("{}/session/{}/{command}", driver(), self.driver.session_id());
        let answer = wire::client().post(address).json(body).send().await.unwrap();
        assert!(answer.status().is_success(), "{body}: {}", answer.text().await.unwrap());
    }

    /// From now on this runs in each page before its own scripts.
    pub(crate) async fn before_pages(&self, script: &str) {
        self.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": script })).await;
    }

    /// From now on pages may run scripts from anywhere, as a browser's extensions may.
    pub(crate) async fn allow_foreign_scripts(&self) {
        self.devtools("Page.setBypassCSP", json!({ "enabled": true })).await;
    }

    /// From now on, what scripts ask for at an address with this ending waits until [`Browser::let_through`].
    pub(crate) async fn hold_back(&self, ending: &str) {
        self.before_pages(&HOLD_BACK.replace("ENDING", &json!(ending).to_string())).await;
    }

    /// Lets through what the page asked for and will ask for.
    pub(crate) async fn let_through(&self) {
        self.script("window.letThrough();").await;
    }

    /// Opens an address, as typing it or a click in a mail program does; waits until something is loaded.
    pub(crate) async fn goto(&self, url: &str) {
        self.driver.goto(url).await.unwrap();
    }

    pub(crate) async fn url(&self) -> String {
        self.driver.current_url().await.unwrap().to_string()
    }

    /// Waits until the browser is at exactly this address.
    pub(crate) async fn is_at(&self, url: &str) {
        eventually(&format!("the browser at {url}"), async || (self.url().await == url).then_some(())).await;
    }

    /// Waits until the element is to be seen.
    pub(crate) async fn see(&self, css: &str) -> WebElement {
        eventually(&format!("{css} to be seen"), async || self.displayed(By::Css(css)).await).await
    }

    /// The first such element that is to be seen now.
    pub(crate) async fn displayed(&self, by: By) -> Option<WebElement> {
        for element in self.driver.find_all(by).await.ok()? {
            // It may go while it is looked at: pages follow one another.
            if element.is_displayed().await.unwrap_or(false) {
                return Some(element);
            }
        }
        None
    }

    /// Whether the element is there and to be seen now.
    pub(crate) async fn shows(&self, css: &str) -> bool {
        self.displayed(By::Css(css)).await.is_some()
    }

    /// What a person can read on the page.
    pub(crate) async fn text(&self) -> String {
        self.driver.find(By::Css("body")).await.unwrap().text().await.unwrap()
    }

    /// Waits until a person can read this.
    pub(crate) async fn reads(&self, words: &str) {
        eventually(&format!("{words:?} to be read"), async || {
            let body = self.driver.find(By::Css("body")).await.ok()?;
            body.text().await.ok()?.contains(words).then_some(())
        })
        .await;
    }

    pub(crate) async fn press(&self, css: &str) {
        self.see(css).await.click().await.unwrap();
    }

    /// Replaces what is in a field.
    pub(crate) async fn write(&self, css: &str, text: &str) {
        let field = self.see(css).await;
        field.clear().await.unwrap();
        field.send_keys(text).await.unwrap();
    }

    /// Presses a key, wherever the focus is.
    pub(crate) async fn key(&self, key: Key) {
        self.focused().await.send_keys(key.value().to_string()).await.unwrap();
    }

    /// Types, wherever the focus is.
    pub(crate) async fn keys(&self, text: &str) {
        self.focused().await.send_keys(text).await.unwrap();
    }

    async fn focused(&self) -> WebElement {
        self.driver.active_element().await.unwrap()
    }

    /// Whether the element has the focus now.
    pub(crate) async fn focuses(&self, css: &str) -> bool {
        self.script(&format!("return document.activeElement.matches({});", json!(css))).await == json!(true)
    }

    /// Presses Tab until the element has the focus.
    pub(crate) async fn tab_to(&self, css: &str) {
        let mut passed = vec![];
        while !self.focuses(css).await {
            passed.push(self.script("return document.activeElement.outerHTML.slice(0, 80);").await);
            assert!(passed.len() < 20, "Tab does not lead to {css}, but to {passed:?}");
            self.key(Key::Tab).await;
        }
    }

    /// What the clipboard holds, as pasting it shows.
    pub(crate) async fn clipboard(&self) -> String {
        self.script("document.body.append(document.createElement('textarea'));").await;
        let field = self.driver.find(By::Css("body > textarea")).await.unwrap();
        field.send_keys(Key::Control + "v").await.unwrap();
        let text = eventually("something to be pasted", async || {
            field.value().await.unwrap().filter(|text| !text.is_empty())
        })
        .await;
        self.script("document.querySelector('body > textarea').remove();").await;
        text
    }

    /// Loads the page again, as phones do with pages that they dropped.
    pub(crate) async fn reload(&self) {
        self.driver.refresh().await.unwrap();
    }

    /// What a script in the page returns.
    pub(crate) async fn script(&self, script: &str) -> Value {
        self.driver.execute(script, vec![]).await.unwrap().json().clone()
    }

    /// The names of what the page's module keeps on this origin.
    pub(crate) async fn kept(&self, site: &Site) -> Value {
        self.goto(&format!("{}/", site.origin)).await;
        self.script(KEPT).await
    }

    /// From now on the page does not go on by itself.
    pub(crate) async fn hold(&self) {
        self.script(HOLD_TIMERS).await;
    }

    /// The cookie of this name for the page's host.
    pub(crate) async fn cookie(&self, name: &str) -> Option<Cookie> {
        let cookies = self.driver.get_all_cookies().await.unwrap();
        cookies.into_iter().find(|cookie| cookie.name == name)
    }

    /// Loses a cookie, as cleaning extensions make it.
    pub(crate) async fn lose_cookie(&self, name: &str) {
        self.driver.delete_cookie(name).await.unwrap();
    }

    /// Opens the address in so many tabs at once, and waits until each is at `destination`.
    pub(crate) async fn open_tabs(&self, url: &str, count: usize, destination: &str) {
        let before = self.driver.windows().await.unwrap();
        let script = "for (let tab = 0; tab < arguments[1]; tab += 1) window.open(arguments[0], '_blank');";
        self.driver.execute(script, vec![json!(url), json!(count)]).await.unwrap();
        let tabs = eventually("all tabs to be open", async || {
            let tabs = self.driver.windows().await.unwrap();
            (tabs.len() == before.len() + count).then_some(tabs)
        })
        .await;
        for tab in tabs.into_iter().filter(|tab| !before.contains(tab)) {
            self.driver.switch_to_window(tab).await.unwrap();
            self.is_at(destination).await;
        }
    }

    /// Asserts that nobody has to scroll sideways.
    pub(crate) async fn fits(&self, step: &str) {
        let widths = self.script(FITS).await;
        assert!(widths[0].as_u64() <= widths[1].as_u64(), "{step}: {widths} wide");
        assert_eq!(widths[1], 320, "{step}");
    }

    /// What is to be seen, as a PNG.
    pub(crate) async fn picture(&self) -> Vec<u8> {
        self.driver.screenshot_as_png().await.unwrap()
    }

    /// What the browser complained of since this was last asked.
    pub(crate) async fn complaints(&self) -> Vec<String> {
        let entries = self.driver.browser_log().await.unwrap().into_iter();
        // A policy that only reports does so as a warning.
        let is_complaint = |level: &str, words: &str| level == "SEVERE" || words.contains("Security Policy");
        entries
            .filter(|entry| is_complaint(&entry.level, &entry.message))
            .map(|entry| entry.message)
            .collect()
    }

    /// Asserts that the browser complained of nothing but refusals that `expected` names by status.
    pub(crate) async fn complained_only_of(&self, expected: &[u16]) {
        for complaint in self.complaints().await {
            let is_expected = |status: &u16| complaint.contains(&format!("with a status of {status} "));
            assert!(expected.iter().any(is_expected), "{complaint}");
        }
    }

    /// Types the address into the page that asks for it, and comes to the page that asks for the code; returns the code.
    pub(crate) async fn ask(&self, site: &Site, address: &str) -> String {
        let before = site.mail.to(address).await.len();
        self.write("#address", address).await;
        self.press("#address-form button").await;
        self.see("#code-form").await;
        site.mail.nth(address, before).await.code()
    }

    /// Types the code, and comes to the end of enrolling.
    pub(crate) async fn confirm(&self, kind: Kind, code: &str) {
        self.write("#code", code).await;
        if kind == Kind::Shared {
            self.press("label[for=kind-shared]").await;
        }
        self.press("#code-form button").await;
    }

    /// From the page that asks for the address to `destination`.
    pub(crate) async fn enroll(&self, site: &Site, address: &str, kind: Kind, destination: &str) {
        let code = self.ask(site, address).await;
        self.confirm(kind, &code).await;
        self.is_at(destination).await;
    }

    /// Enrolls a device of one's own and stays at the last step: where something is due seconds later, it may be due on arrival.
    pub(crate) async fn enroll_and_stay(&self, site: &Site, address: &str) {
        let code = self.ask(site, address).await;
        self.hold().await;
        self.confirm(Kind::Own, &code).await;
        self.see("#continue").await;
    }
}

/// Where the driver of all these windows listens.
fn driver() -> &'static str {
    static DRIVER: OnceLock<Driver> = OnceLock::new();
    &DRIVER.get_or_init(chromedriver::start).address
}

impl Drop for Browser {
    fn drop(&mut self) {
        _ = close(driver(), &self.driver.session_id().to_string());
    }
}

fn close(driver: &str, session: &str) -> std::io::Result<()> {
    let host = driver.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(CLOSE_LIMIT))?;
    write!(stream, "DELETE /session/{session} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")?;
    // Its answer tells that it is done; it does not close the connection.
    BufReader::new(stream).read_line(&mut String::new()).map(drop)
}
